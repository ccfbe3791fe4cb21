"""Configured accounts: a label, a gateway and the source of its token."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from usage_tracker.config.base_url import check_base_url
from usage_tracker.config.paths import expand
from usage_tracker.errors import ConfigError
from usage_tracker.money import UNITS_PER_USD, int_if_whole

DEFAULT_NAME = "default"
DEFAULT_BASE_URL = "https://aihubmix.com"
TOKEN_KEYS = ("token_env", "token_file", "token_command")


@dataclass(frozen=True, slots=True)
class TokenFromEnv:
    """A token in an environment variable."""

    variable: str


@dataclass(frozen=True, slots=True)
class TokenFromFile:
    """A token in a file that only its owner can read."""

    path: Path


@dataclass(frozen=True, slots=True)
class TokenFromCommand:
    """A token printed by a command, which runs without a shell."""

    command: tuple[str, ...]


TokenSource = TokenFromEnv | TokenFromFile | TokenFromCommand


@dataclass(frozen=True, slots=True)
class Account:
    """A validated `[[account]]` of the configuration, or the account of the environment."""

    name: str
    token: TokenSource
    base_url: str = DEFAULT_BASE_URL
    auth: Literal["bearer", "raw"] = "bearer"
    headers: Mapping[str, str] = field(default_factory=dict)
    quota_per_unit: float = UNITS_PER_USD
    allow_http: bool = False
    fallback_urls: tuple[str, ...] = ()


class AccountInvalidError(ConfigError):
    """An invalid `[[account]]`."""

    def __init__(self, path: Path, account: str | int, problem: str) -> None:
        super().__init__(f"{path}: account {account!r}: {problem}")


def retired(configured: Iterable[Account], stored: Iterable[str]) -> set[str]:
    """Return those of the `stored` names that are no longer configured.

    Histories of which none is configured, as those of another machine, are not retired.
    """
    names, known = set(stored), {account.name for account in configured}
    return names - known if names & known else set()


def account_index(document: Mapping[str, Any], name: str) -> int | None:
    """Return the index of the `[[account]]` called `name` in `document`."""
    tables = document.get("account", ())
    return next((at for at, table in enumerate(tables) if table.get("name") == name), None)


def account_table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the `[[account]]` called `name`; empty if there is none."""
    index = account_index(document, name)
    return {} if index is None else document["account"][index]


def read_accounts(tables: list[dict[str, Any]], path: Path) -> tuple[Account, ...]:
    """Return the accounts of the validated `tables` of the file `path`."""
    accounts: dict[str, Account] = {}
    for number, table in enumerate(tables, 1):
        if "name" not in table:
            raise AccountInvalidError(path, number, 'it has no name: add name = "…"')
        name = table["name"]
        if name in accounts:
            raise AccountInvalidError(path, name, "two accounts have this name: rename one")
        accounts[name] = _parse_account(table, path)
    return tuple(accounts.values())


def _parse_account(table: Mapping[str, Any], path: Path) -> Account:
    name, allow_http = table["name"], table.get("allow_http", False)
    fallbacks = table.get("fallback_urls", ())
    try:
        base_url = check_base_url(table.get("base_url", DEFAULT_BASE_URL), allow_http)
        fallback_urls = tuple(check_base_url(url, allow_http) for url in fallbacks)
    except ConfigError as error:
        raise AccountInvalidError(path, name, str(error)) from None
    return Account(
        name=name,
        token=_parse_token_source(table, path),
        base_url=base_url,
        auth=table.get("auth", "bearer"),
        headers=table.get("headers", {}),
        quota_per_unit=int_if_whole(table.get("quota_per_unit", UNITS_PER_USD)),
        allow_http=allow_http,
        fallback_urls=fallback_urls,
    )


def _parse_token_source(table: Mapping[str, Any], path: Path) -> TokenSource:
    keys = [key for key in TOKEN_KEYS if key in table]
    if len(keys) != 1:
        problem = f"it has {' and '.join(keys) or 'no token'}: give one of {', '.join(TOKEN_KEYS)}"
        raise AccountInvalidError(path, table["name"], problem)
    match keys[0]:
        case "token_env":
            return TokenFromEnv(table["token_env"])
        case "token_file":
            return TokenFromFile(path.parent / expand(table["token_file"]))
        case _:
            return TokenFromCommand(tuple(table["token_command"]))
