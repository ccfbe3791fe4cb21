"""The `[[account]]` tables of the configuration, made into accounts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from usage_tracker.config.accounts import (
    DEFAULT_BASE_URL,
    Account,
    TokenFromCommand,
    TokenFromEnv,
    TokenFromFile,
    TokenSource,
)
from usage_tracker.config.base_url import check_base_url
from usage_tracker.config.paths import expand
from usage_tracker.errors import ConfigError
from usage_tracker.money import UNITS_PER_USD

TOKEN_KEYS = ("token_env", "token_file", "token_command")


class AccountInvalidError(ConfigError):
    """An `[[account]]` that cannot be used as it is."""

    def __init__(self, path: Path, account: str | int, problem: str) -> None:
        super().__init__(f"{path}: account {account!r}: {problem}")


def index_of(document: Mapping[str, Any], name: str) -> int | None:
    """Which of the `[[account]]` tables of `document` is called `name`."""
    tables = document.get("account", ())
    return next((at for at, table in enumerate(tables) if table.get("name") == name), None)


def table_of(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The `[[account]]` called `name`; empty, if there is none."""
    index = index_of(document, name)
    return {} if index is None else document["account"][index]


def read_accounts(tables: list[dict[str, Any]], path: Path) -> tuple[Account, ...]:
    """The accounts that the checked `tables` of the file `path` describe."""
    accounts: dict[str, Account] = {}
    for number, table in enumerate(tables, 1):
        if "name" not in table:
            raise AccountInvalidError(path, number, 'it has no name: add name = "…"')
        name = table["name"]
        if name in accounts:
            raise AccountInvalidError(path, name, "there are two of that name: rename one")
        accounts[name] = _account(table, path)
    return tuple(accounts.values())


def _account(table: Mapping[str, Any], path: Path) -> Account:
    name, allow_http = table["name"], table.get("allow_http", False)
    fallbacks = table.get("fallback_urls", ())
    try:
        base_url = check_base_url(table.get("base_url", DEFAULT_BASE_URL), allow_http)
        fallback_urls = tuple(check_base_url(url, allow_http) for url in fallbacks)
    except ConfigError as error:
        raise AccountInvalidError(path, name, str(error)) from None
    return Account(
        name=name,
        token=_token(table, path),
        base_url=base_url,
        auth=table.get("auth", "bearer"),
        headers=table.get("headers", {}),
        quota_per_unit=table.get("quota_per_unit", UNITS_PER_USD),
        allow_http=allow_http,
        fallback_urls=fallback_urls,
    )


def _token(table: Mapping[str, Any], path: Path) -> TokenSource:
    given = [key for key in TOKEN_KEYS if key in table]
    if len(given) != 1:
        problem = f"it has {' and '.join(given) or 'no token'}: give one of {', '.join(TOKEN_KEYS)}"
        raise AccountInvalidError(path, table["name"], problem)
    match given[0]:
        case "token_env":
            return TokenFromEnv(table["token_env"])
        case "token_file":
            return TokenFromFile(path.parent / expand(table["token_file"]))
        case _:
            return TokenFromCommand(tuple(table["token_command"]))
