"""What holds in the end, and where each setting comes from.

An option goes before the environment, the environment before the
configuration file, the file before the default. The environment's account
counts only where the file has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from usage_tracker.config import environment, paths
from usage_tracker.config.account_tables import read_accounts, table_of
from usage_tracker.config.accounts import Account
from usage_tracker.config.file import read_config
from usage_tracker.config.paths import expand
from usage_tracker.config.schema import NAME_LIMIT
from usage_tracker.errors import ConfigError, MisuseError
from usage_tracker.fs import exists
from usage_tracker.times import parse_zone

DEFAULT = "default"
OPTION = "--db"


class ConfigMissingError(ConfigError):
    """A configuration file that was named does not exist."""

    def __init__(self, path: Path, origin: str) -> None:
        super().__init__(f"there is no {path} (named by {origin}): `tracker init` writes one")


class TimezoneInvalidError(ConfigError):
    """The configured time zone is none."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: timezone: {problem}")


class NothingConfiguredError(ConfigError):
    """There is no account to ask."""

    def __init__(self, notes: tuple[str, ...]) -> None:
        hints = "".join(f" ({note})" for note in notes)
        super().__init__(
            f"no account is configured{hints}: run `tracker init`, or set TRACKER_TOKEN"
        )


class NoSuchAccountError(MisuseError):
    """An account that is not configured was asked for."""

    def __init__(self, name: str, known: list[str]) -> None:
        there = ", ".join(known) if known else "none"
        super().__init__(f"no account {name[:NAME_LIMIT]!r} is configured (there is: {there})")


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective settings.

    `database` is a path or an SQLAlchemy URL, None for the user's own; `timezone`
    an IANA name, None for the machine's. `path` is the configuration file, whether
    it exists or not, `document` what it says, checked. `notes` are worth saying
    aloud. `origins` tells what decided `config`, `database`, `timezone` and `account`.
    """

    path: Path
    database: str | None
    timezone: str | None
    accounts: tuple[Account, ...]
    notes: tuple[str, ...]
    origins: Mapping[str, str]
    document: Mapping[str, Any]

    def account(self, name: str) -> Account:
        """The configured account called `name`."""
        for account in self.accounts:
            if account.name == name:
                return account
        raise NoSuchAccountError(name, [account.name for account in self.accounts])

    def table(self, name: str) -> Mapping[str, Any]:
        """The `[[account]]` called `name` as it is written; empty, if there is none."""
        return table_of(self.document, name)

    def select(self, names: tuple[str, ...] = ()) -> tuple[Account, ...]:
        """The accounts called `names`, each once, or all of them. There must be one."""
        if not self.accounts:
            raise NothingConfiguredError(self.notes)
        return tuple(self.account(name) for name in dict.fromkeys(names)) or self.accounts


def load(
    config: str | None = None, database: str | None = None, *, creating: bool = False
) -> Settings:
    """The settings, with the options `--config` and `--db` as given.

    With `creating`, a configuration file that was named need not exist yet.

    Raises:
        ConfigError: The file is named but missing, unreadable, or says nonsense.
    """
    path, origin = locate(config)
    if origin != DEFAULT and not creating and not exists(path):
        raise ConfigMissingError(path, origin)
    document = read_config(path)
    accounts, notes, account_origin = _accounts(document, path)
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
    """The configuration file, and what names it."""
    if config:
        return expand(config), "--config"
    if named := environment.variable(environment.CONFIG):
        return expand(named), environment.CONFIG
    return paths.config_path(), DEFAULT


def _database(
    option: str | None, document: Mapping[str, Any], path: Path
) -> tuple[str | None, str]:
    if option:
        return _place(option), OPTION
    if named := environment.variable(environment.DATABASE):
        return _place(named), environment.DATABASE
    if "database" in document:
        return _place(document["database"], path.parent), str(path)
    return None, DEFAULT


def _place(where: str, folder: Path = Path()) -> str:
    return where if "://" in where else str(folder / expand(where))


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
        return read_accounts(tables, path), environment.ignored(path), str(path)
    account, notes = environment.account()
    if account is None:
        return (), notes, DEFAULT
    return (account,), notes, "the environment"
