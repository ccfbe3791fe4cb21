"""The effective settings and the origin of each.

Precedence: option, environment, configuration file, default. The environment's account
is used only if the file has none.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from usage_tracker.config import paths
from usage_tracker.config.accounts import (
    DEFAULT_BASE_URL,
    DEFAULT_NAME,
    Account,
    TokenFromEnv,
    account_table,
    read_accounts,
)
from usage_tracker.config.base_url import AIHUBMIX, SAME_BACKEND, check_base_url
from usage_tracker.config.database_name import is_url
from usage_tracker.config.file import read_config
from usage_tracker.config.paths import expand
from usage_tracker.config.schema import NAME_LIMIT
from usage_tracker.environment import withhold
from usage_tracker.errors import ConfigError, MisuseError
from usage_tracker.fs import exists
from usage_tracker.times import parse_zone

DEFAULT = "default"
OPTION = "--db"
TOKEN_VARIABLE = "TRACKER_TOKEN"  # noqa: S105 (the variable's name)
BASE_URL_VARIABLE = "TRACKER_BASE_URL"
DATABASE_VARIABLE = "TRACKER_DATABASE"
CONFIG_VARIABLE = "TRACKER_CONFIG"
AIHUBMIX_VARIABLES = ("AIHUBMIX_ACCESS_TOKEN", "AIHUBMIX_TOKEN", "AIHUBMIX_ACCESS_KEY")


class ConfigMissingError(ConfigError):
    """A named configuration file that does not exist."""

    def __init__(self, path: Path, origin: str) -> None:
        super().__init__(f"there is no {path} (named by {origin}): `tracker init` writes one")


class TimezoneInvalidError(ConfigError):
    """An invalid configured time zone."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: timezone: {problem}")


class VariableInvalidError(ConfigError):
    """An environment variable with an invalid value."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")


class NothingConfiguredError(ConfigError):
    """No configured account."""

    def __init__(self, notes: tuple[str, ...]) -> None:
        hints = "".join(f" ({note})" for note in notes)
        super().__init__(
            f"no account is configured{hints}: run `tracker init`, or set TRACKER_TOKEN"
        )


class NoSuchAccountError(MisuseError):
    """An account that is not configured."""

    def __init__(self, name: str, known: list[str]) -> None:
        there = ", ".join(known) if known else "none"
        super().__init__(f"no account {name[:NAME_LIMIT]!r} is configured (there is: {there})")


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective settings.

    `database` is a path or an SQLAlchemy URL, None for the default; `timezone` an IANA
    name or an offset, None for the machine's. `path` is the configuration file, which may
    not exist, `document` its validated content. `notes` are warnings to show. `origins`
    has the origins of `config`, `database`, `timezone` and `account`.
    """

    path: Path
    database: str | None
    timezone: str | None
    accounts: tuple[Account, ...]
    notes: tuple[str, ...]
    origins: Mapping[str, str]
    document: Mapping[str, Any]

    def account(self, name: str) -> Account:
        """Return the configured account called `name`. Raises NoSuchAccountError."""
        for account in self.accounts:
            if account.name == name:
                return account
        raise NoSuchAccountError(name, [account.name for account in self.accounts])

    def table(self, name: str) -> Mapping[str, Any]:
        """Return the `[[account]]` called `name` as written; empty if there is none."""
        return account_table(self.document, name)

    def select(self, names: tuple[str, ...] = ()) -> tuple[Account, ...]:
        """Return the accounts called `names`, each once, or all. Raises if none is configured."""
        if not self.accounts:
            raise NothingConfiguredError(self.notes)
        return tuple(self.account(name) for name in dict.fromkeys(names)) or self.accounts


def load(
    config: str | None = None, database: str | None = None, *, creating: bool = False
) -> Settings:
    """Return the settings, with the values of the options `--config` and `--db`.

    With `creating`, a named configuration file need not exist yet.

    Raises:
        ConfigError: The named file is missing, or the file is unreadable or invalid.
    """
    path, origin = locate(config)
    if origin != DEFAULT and not creating and not exists(path):
        raise ConfigMissingError(path, origin)
    document = read_config(path)
    accounts, notes, account_origin = _accounts(document, path)
    withhold(key_variables(accounts))
    where, database_origin = _database(database, document, path)
    return Settings(
        path=path,
        database=where,
        timezone=_timezone(document, path),
        accounts=accounts,
        notes=notes,
        origins={
            "config": origin,
            "database": database_origin,
            "timezone": str(path) if "timezone" in document else "the machine",
            "account": account_origin,
        },
        document=document,
    )


def locate(config: str | None = None) -> tuple[Path, str]:
    """Return the configuration file and the origin of its path."""
    if config:
        return expand(config), "--config"
    if named := get_variable(CONFIG_VARIABLE):
        return expand(named), CONFIG_VARIABLE
    return paths.config_path(), DEFAULT


def _database(
    option: str | None, document: Mapping[str, Any], path: Path
) -> tuple[str | None, str]:
    if option:
        return _resolve(option), OPTION
    if named := get_variable(DATABASE_VARIABLE):
        return _resolve(named), DATABASE_VARIABLE
    if "database" in document:
        return _resolve(document["database"], path.parent), str(path)
    return None, DEFAULT


def _resolve(where: str, folder: Path = Path()) -> str:
    return where if is_url(where) else str(folder / expand(where))


def _timezone(document: Mapping[str, Any], path: Path) -> str | None:
    name: str | None = document.get("timezone")
    if name is not None:
        try:
            parse_zone(name)
        except MisuseError as error:
            raise TimezoneInvalidError(path, str(error)) from None
    return name


def _accounts(
    document: Mapping[str, Any], path: Path
) -> tuple[tuple[Account, ...], tuple[str, ...], str]:
    tables = document.get("account", ())
    if tables:
        return read_accounts(tables, path), ignored_variables(path), str(path)
    account, notes = account_from_environment()
    if account is None:
        return (), notes, DEFAULT
    return (account,), notes, "the environment"


def get_variable(name: str) -> str | None:
    """Return the value of an environment variable; None if it is unset or empty."""
    return os.environ.get(name, "").strip() or None


def account_from_environment() -> tuple[Account | None, tuple[str, ...]]:
    """Return the account `default`, if a token is set, and notes on unused variables."""
    url = base_url_from_environment()
    name = token_variable(url)
    if name is not None:
        return Account(DEFAULT_NAME, TokenFromEnv(name), url), ()
    unused = next(filter(get_variable, AIHUBMIX_VARIABLES), None)
    note = f"{unused} is not sent to {url}: set {TOKEN_VARIABLE}"
    return None, (note,) if unused else ()


def token_variable(base_url: str) -> str | None:
    """Return the variable with a token for `base_url`; AIHubMix has names of its own too."""
    names = (TOKEN_VARIABLE, *AIHUBMIX_VARIABLES) if is_aihubmix(base_url) else (TOKEN_VARIABLE,)
    return next(filter(get_variable, names), None)


def base_url_from_environment() -> str:
    """Return the gateway in TRACKER_BASE_URL, or AIHubMix."""
    try:
        return check_base_url(get_variable(BASE_URL_VARIABLE) or DEFAULT_BASE_URL)
    except ConfigError as error:
        raise VariableInvalidError(BASE_URL_VARIABLE, str(error)) from None


def key_variables(accounts: Iterable[Account]) -> set[str]:
    """Return the variables that hold keys: those of `accounts` and the known ones."""
    sources = (account.token for account in accounts)
    named = {source.variable for source in sources if isinstance(source, TokenFromEnv)}
    return {TOKEN_VARIABLE, *AIHUBMIX_VARIABLES} | named


def ignored_variables(path: object) -> tuple[str, ...]:
    """Return notes on the variables that the accounts configured in `path` override."""
    names = [name for name in (TOKEN_VARIABLE, BASE_URL_VARIABLE) if get_variable(name)]
    verb = "is" if len(names) == 1 else "are"
    return (f"{' and '.join(names)} {verb} ignored: {path} has accounts",) if names else ()


def is_aihubmix(base_url: str) -> bool:
    """Return whether a key of AIHubMix may be sent there: its own hosts, over https."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    own = host in {AIHUBMIX, SAME_BACKEND} or host.endswith(f".{AIHUBMIX}")
    return own and parts.scheme == "https"
