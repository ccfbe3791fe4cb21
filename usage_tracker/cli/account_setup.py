"""Setup of an account: a key, one real call with it, and only then the configuration.

`init`, `accounts add` and `accounts set-token` share it.
"""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

import click

from usage_tracker.capture.client import fetch
from usage_tracker.capture.errors import GatewayError
from usage_tracker.capture.user import UserSelf
from usage_tracker.cli.account_unit import find_quota_per_unit
from usage_tracker.cli.hidden_input import read_hidden
from usage_tracker.cli.output import can_prompt, echo_json, print_stderr
from usage_tracker.cli.session import Session
from usage_tracker.config import editing
from usage_tracker.config.accounts import (
    DEFAULT_BASE_URL,
    TOKEN_KEYS,
    Account,
    TokenFromFile,
    read_accounts,
)
from usage_tracker.config.base_url import PlainHttpError, check_base_url
from usage_tracker.config.credentials import parse_token, read_token
from usage_tracker.config.file import SCHEMA
from usage_tracker.config.schema import validate
from usage_tracker.config.settings import (
    TOKEN_VARIABLE,
    base_url_from_environment,
    get_variable,
    token_variable,
)
from usage_tracker.config.zone import zone_or_local
from usage_tracker.errors import ConfigError, MisuseError
from usage_tracker.formatting import dollars, visible
from usage_tracker.money import UNITS_PER_USD, usd
from usage_tracker.recording import DEADLINE, store_answer
from usage_tracker.store import accounts
from usage_tracker.store.accounts import OtherAccountError
from usage_tracker.store.database import Database
from usage_tracker.store.same_user import same_users
from usage_tracker.times import SECOND, iso, now_ms, zone_name

if TYPE_CHECKING:
    from pathlib import Path

    from usage_tracker.config.credentials import Token
    from usage_tracker.config.settings import Settings

Table = Mapping[str, Any]

LONGEST_KEY: Final = 64 * 1024
_WHERE_THE_KEY_IS: Final = (
    "The Manage Key (system access token) is in the personal settings of the gateway's website; "
    "an sk-... key cannot read the balance."
)


class InvalidAddressError(MisuseError):
    """--base-url is no address of a gateway."""

    def __init__(self, error: ConfigError) -> None:
        super().__init__(f"--base-url is invalid: {error}")


class UnencryptedError(MisuseError):
    """--base-url would send the key unencrypted."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"--base-url {url} would send the key unencrypted: use https, or add --allow-http if "
            "this gateway is in your own network"
        )


class NoKeyError(ConfigError):
    """No key was given."""

    def __init__(self) -> None:
        super().__init__(
            "no key was given: pipe it in (`pass show aihubmix | tracker init`), set "
            f"{TOKEN_VARIABLE}, or use --token-file or --token-command"
        )


class UnreadableKeyError(ConfigError):
    """The key on stdin is not text."""

    def __init__(self) -> None:
        super().__init__(
            "the key contains a byte that is not text: copy it again, completely; nothing was sent"
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """An account to set up: the keys to write, and its token, `pasted` if yet without a file.

    `unit_note` is what the user must know about its `quota_per_unit`.
    """

    account: Account
    changes: Table
    token: "Token"
    pasted: bool
    unit_note: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """An account that answered: its first answer is stored, its configuration written.

    `twins` are other names under which the same user of the same gateway is stored.
    """

    account: Account
    answer: UserSelf
    captured_at: int
    config: "Path"
    database: str
    zone: str
    twins: tuple[str, ...]


def set_up(session: Session, name: str, options: Table, *, ask_unit: bool = True) -> Added:
    """Try the account `name` with the keys in `options` over its configured ones, and write it.

    With `ask_unit` the gateway is asked for its `quota_per_unit`, unless one is given.

    Raises:
        TrackerError: The account is invalid, or the call failed; nothing was written.
    """
    settings = session.load(creating=True)
    draft = _draft(settings, name, options)
    _new_text(settings, name, draft.changes)  # raises before anything is sent or stored
    end = time.monotonic() + DEADLINE
    draft, answer = _try(draft)
    if ask_unit and "quota_per_unit" not in {**settings.table(name), **options}:
        draft = _with_declared_unit(draft, max(end - time.monotonic(), 1))
    with Database.open(settings.database, deadline=DEADLINE) as database:
        session.print_upgrade(database)
        captured_at = _save(database, draft.account, answer)
        twins = _twins(database, settings, draft.account)
        where = str(database.location)
    _write(settings, draft)
    if draft.unit_note:
        session.info(f"note: {draft.unit_note}")
    zone = zone_name(zone_or_local(settings.timezone))
    return Added(draft.account, answer, captured_at, settings.path, where, zone, twins)


def _try(draft: Draft) -> tuple[Draft, UserSelf]:
    """Return the answer; ask for a header that the gateway names, if there is a terminal."""
    account = draft.account
    try:
        return draft, fetch(account, draft.token, deadline=DEADLINE)
    except GatewayError as error:
        given = {name.casefold() for name in account.headers}
        if error.header is None or error.header.casefold() in given or not can_prompt():
            error.args = (f"{_host(account)}: {error}",)
            raise
        return _try(_with_header(draft, error.header))


def _with_header(draft: Draft, name: str) -> Draft:
    question = f"{visible(name)} (the number of your user, in the gateway's personal settings)"
    headers = {**draft.account.headers, name: str(click.prompt(question, type=int, err=True))}
    account = replace(draft.account, headers=headers)
    return replace(draft, account=account, changes={**draft.changes, "headers": headers})


def _host(account: Account) -> str:
    """Return the host that gets the key, with its port and path."""
    return account.base_url.partition("://")[2]


def _with_declared_unit(draft: Draft, seconds: float) -> Draft:
    unit, note = find_quota_per_unit(draft.account.base_url, seconds)
    changes = draft.changes if unit == UNITS_PER_USD else {**draft.changes, "quota_per_unit": unit}
    account = replace(draft.account, quota_per_unit=unit)
    return replace(draft, account=account, changes=changes, unit_note=note)


def _save(database: Database, account: Account, answer: UserSelf) -> int:
    try:
        return store_answer(database, account, answer, now_ms() + round(DEADLINE * SECOND))
    except OtherAccountError as error:
        error.replace_fix(
            "run this again with the right key; if it is meant to be another account, "
            f"`tracker accounts rename --history {quote(account.name)} NEW` first"
        )
        raise


def _twins(database: Database, settings: "Settings", account: Account) -> tuple[str, ...]:
    configured = {each.name: each for each in settings.accounts} | {account.name: account}
    with database.read() as connection:
        stored = accounts.list_accounts(connection)
        return same_users(connection, stored, configured.values()).get(account.name, ())


def print_added(session: Session, command: str, added: Added) -> None:
    """Print what `command` stored, and where."""
    arrival = added.answer.arrival
    if arrival is not None and arrival.note is not None:
        print_stderr(f"tracker: {visible(added.account.name)}: {visible(arrival.note)}")
    if session.json:
        echo_json(command, _as_json(added))
        return
    account, answer = added.account, added.answer
    left = dollars(usd(answer.quota, account.quota_per_unit))
    used = dollars(usd(answer.used_quota, account.quota_per_unit))
    session.print_result(f"{visible(account.name)}: {left} left, {used} used")
    session.info(f"\nconfiguration  {added.config}\ndatabase       {added.database}")
    session.info(f"days of        {added.zone}; `timezone` in the configuration changes it")
    if added.twins:
        names = ", ".join(map(visible, added.twins))
        session.info(f"note: this is the same user as {names}: reports count the balance once")


def _draft(settings: "Settings", name: str, options: Table) -> Draft:
    changes = {"name": name, **options}
    pasted = not any(key in options for key in TOKEN_KEYS)
    if pasted:
        changes["token_file"] = editing.choose_key_file(settings.path, name)
    kept = {key: value for key, value in settings.table(name).items() if key not in TOKEN_KEYS}
    table = kept | changes
    _check_address(table)
    validate({"account": [table]}, settings.path, SCHEMA)
    account = read_accounts([table], settings.path)[0]
    token = prompt_for_token(account) if pasted else read_token(account.token)
    return Draft(account, changes, token, pasted)


def _check_address(table: Table) -> None:
    url = table.get("base_url", DEFAULT_BASE_URL)
    try:
        check_base_url(url, table.get("allow_http", False))
    except PlainHttpError:
        raise UnencryptedError(url) from None
    except ConfigError as error:
        raise InvalidAddressError(error) from None


def prompt_for_gateway(session: Session, settings: "Settings", name: str) -> str:
    """Return the configured gateway, or the one that the user enters instead.

    Without a terminal, say where the key goes before it is sent.
    """
    known = next((each.base_url for each in settings.accounts if each.name == name), None)
    if known is None:
        known = base_url_from_environment()
    if not can_prompt():
        session.info(f"note: the key goes to {known}; --base-url names another gateway")
        return known
    answer: str = click.prompt("Gateway", known, err=True)
    return answer


def prompt_for_token(account: Account) -> "Token":
    """Return a token from the terminal (hidden), or from stdin, or else from the environment.

    There is no option for it, because everybody on the machine can read a command line.
    """
    variable = token_variable(account.base_url)
    try:
        text = _key(account, variable)
    except UnicodeDecodeError:
        raise UnreadableKeyError from None
    if not text.strip() and variable:
        text = get_variable(variable) or ""
    if not text.strip():
        raise NoKeyError
    return parse_token(text)


def _key(account: Account, variable: str | None) -> str:
    if not can_prompt():
        return sys.stdin.read(LONGEST_KEY) if sys.stdin is not None else ""
    hint = f"hidden; Enter takes {variable}" if variable else "hidden"
    prompt = f"Manage Key of {visible(account.name)} at {_host(account)} ({hint})"
    print_stderr(_WHERE_THE_KEY_IS)
    return read_hidden(f"{prompt}: ", accept_empty=variable is not None)


def _new_text(settings: "Settings", name: str, changes: Table) -> str:
    """Return the new text of the configuration file."""
    if settings.table(name):
        return editing.text_with_changes(settings.path, name, changes)
    return editing.text_with_account(settings.path, changes)


def _write(settings: "Settings", draft: Draft) -> None:
    name, changes = draft.account.name, dict(draft.changes)
    with editing.locked_config(settings.path):
        if draft.pasted:
            changes["token_file"] = editing.choose_key_file(settings.path, name)
        text = _new_text(settings, name, changes)
        if draft.pasted:
            editing.write_key(settings.path, changes["token_file"], draft.token)
        editing.write_private_file(settings.path, text)
    if settings.table(name):
        previous = settings.account(name).token
        if isinstance(previous, TokenFromFile):
            editing.remove_key(settings.path, previous.path)  # unless an account still uses it


def _as_json(added: Added) -> dict[str, Any]:
    return {
        "account": added.account.name,
        "base_url": added.account.base_url,
        "quota_per_unit": added.account.quota_per_unit,
        "captured_at": iso(added.captured_at),
        "quota": added.answer.quota,
        "used_quota": added.answer.used_quota,
        "config": str(added.config),
        "database": added.database,
    }
