"""Enrolling an account: a key, one real call with it, and only then anything written down.

`init`, `accounts add` and `accounts set-token` are this with different words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from usage_tracker.capture.client import fetch
from usage_tracker.capture.user import UserSelf
from usage_tracker.cli.key_prompt import ask_for_token
from usage_tracker.cli.output import echo_json
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
from usage_tracker.config.credentials import Token, read_token
from usage_tracker.config.file import SCHEMA
from usage_tracker.config.schema import validate
from usage_tracker.config.settings import Settings
from usage_tracker.errors import ConfigError, MisuseError
from usage_tracker.formatting import dollars, visible
from usage_tracker.money import usd
from usage_tracker.recording import DEADLINE, store_answer
from usage_tracker.store import accounts, profiles
from usage_tracker.store.accounts import OtherAccountError
from usage_tracker.store.database import Database
from usage_tracker.times import SECOND, iso, now_ms

Table = Mapping[str, Any]


class AddressRefusedError(MisuseError):
    """An address that no gateway can have was given."""

    def __init__(self, error: ConfigError) -> None:
        super().__init__(f"--base-url cannot be taken: {error}")


class UnencryptedError(MisuseError):
    """An address was given over which the key would travel unencrypted."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"--base-url {url} would send the key unencrypted: use https, or add --allow-http if "
            "this gateway is in your own network"
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """An account to be: the keys to write, and its token, `pasted` if it has no place yet."""

    account: Account
    changes: Table
    token: Token
    pasted: bool


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An account that answered: its first answer is stored, its configuration written.

    `twins` are other names under which the same user of the same gateway is stored.
    """

    account: Account
    answer: UserSelf
    captured_at: int
    config: Path
    database: str
    twins: tuple[str, ...]


def enrol(session: Session, name: str, given: Table) -> Enrolled:
    """Try the account `name`, the keys `given` put over what is configured, and write it down.

    Raises:
        TrackerError: It cannot be used, or did not answer well; nothing was written.
    """
    settings = session.load(creating=True)
    draft = _draft(settings, name, given)
    _new_text(
        settings, name, draft.changes
    )  # it may be refused, and nothing is asked or stored then
    answer = fetch(draft.account, draft.token, deadline=DEADLINE)
    with Database.open(settings.database, deadline=DEADLINE) as database:
        session.say_upgrade(database)
        captured_at = _save(database, draft.account, answer)
        twins = _twins(database, draft.account, answer)
        where = str(database.location)
    _write(settings, draft)
    return Enrolled(draft.account, answer, captured_at, settings.path, where, twins)


def _save(database: Database, account: Account, answer: UserSelf) -> int:
    try:
        return store_answer(database, account, answer, now_ms() + round(DEADLINE * SECOND))
    except OtherAccountError as error:
        error.replace_fix(
            "run this again with the right key; if it is meant to be another account, "
            f"`tracker accounts rename --history {quote(account.name)} NEW` first"
        )
        raise


def _twins(database: Database, account: Account, answer: UserSelf) -> tuple[str, ...]:
    with database.read() as connection:
        stored = accounts.get(connection, account.name)
        return tuple(profiles.other_accounts_of_user(connection, stored, answer.profile))


def tell(session: Session, command: str, enrolled: Enrolled) -> None:
    """What `command` stored, and where everything is."""
    if session.json:
        echo_json(command, _as_json(enrolled))
        return
    account, answer = enrolled.account, enrolled.answer
    left = dollars(usd(answer.quota, account.quota_per_unit))
    used = dollars(usd(answer.used_quota, account.quota_per_unit))
    session.tell(f"{visible(account.name)}: {left} left, {used} used")
    session.say(f"\nconfiguration  {enrolled.config}\ndatabase       {enrolled.database}")
    if enrolled.twins:
        names = ", ".join(map(visible, enrolled.twins))
        session.say(f"note: this is the same user as {names}: whoever adds them up counts twice")


def _draft(settings: Settings, name: str, given: Table) -> Draft:
    before, changes = settings.table(name), {"name": name, **given}
    pasted = not any(key in given for key in TOKEN_KEYS)
    if pasted:
        changes["token_file"] = editing.choose_key_file(settings.path, name)
    kept = {key: value for key, value in before.items() if key not in TOKEN_KEYS}
    _require_address(kept | changes)
    account = _account(kept | changes, settings.path)
    token = ask_for_token(account) if pasted else read_token(account.token)
    return Draft(account, changes, token, pasted)


def _require_address(table: Table) -> None:
    url = table.get("base_url", DEFAULT_BASE_URL)
    try:
        check_base_url(url, table.get("allow_http", False))
    except PlainHttpError:
        raise UnencryptedError(url) from None
    except ConfigError as error:
        raise AddressRefusedError(error) from None


def _account(table: Table, path: Path) -> Account:
    validate({"account": [table]}, path, SCHEMA)
    return read_accounts([dict(table)], path)[0]


def _new_text(settings: Settings, name: str, changes: Table) -> str:
    """The configuration to be, made from what it says now."""
    if settings.table(name):
        return editing.text_with_changes(settings.path, name, changes)
    return editing.text_with_account(settings.path, changes)


def _write(settings: Settings, draft: Draft) -> None:
    name, changes = draft.account.name, dict(draft.changes)
    with editing.locked_config(settings.path):
        if draft.pasted:
            changes["token_file"] = editing.choose_key_file(settings.path, name)
        text = _new_text(settings, name, changes)
        if draft.pasted:
            editing.write_key(settings.path, changes["token_file"], draft.token)
        editing.write_private_file(settings.path, text)
    if settings.table(name):
        _forget_key(settings, name)


def _forget_key(settings: Settings, name: str) -> None:
    """Delete the key of before, if it is not the account's any more."""
    before = settings.account(name).token
    if isinstance(before, TokenFromFile):
        editing.remove_key(settings.path, before.path)


def _as_json(enrolled: Enrolled) -> dict[str, Any]:
    return {
        "account": enrolled.account.name,
        "base_url": enrolled.account.base_url,
        "captured_at": iso(enrolled.captured_at),
        "quota": enrolled.answer.quota,
        "used_quota": enrolled.answer.used_quota,
        "config": str(enrolled.config),
        "database": enrolled.database,
    }
