"""`tracker config`: the effective settings and their origins."""

from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import echo_columns, echo_json
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.money import int_if_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usage_tracker.config.accounts import Account
    from usage_tracker.config.settings import Settings

DEFAULT = "default"


@click.command()
@options.shared
@pass_session
def command(session: Session) -> None:
    """Show the effective settings and where they come from.

    Options override the environment, which overrides the configuration file, which
    overrides the defaults. Tokens are masked, and a token_command is not run; passwords
    and the values of headers are not shown.
    """
    settings = session.settings
    if session.json:
        echo_json("config", _as_json(settings))
        return
    echo_columns(
        [(name, f"{value}  ({why})" if why else value) for name, value, why in _rows(settings)]
    )
    for note in _notes(settings):
        session.info(f"note: {note}")


def _rows(settings: "Settings") -> list[tuple[str, str, str]]:
    from usage_tracker.fs import exists

    origins = settings.origins
    missing = "" if exists(settings.path) else ", missing"
    return [
        ("config", str(settings.path), origins["config"] + missing),
        ("database", _database(settings), origins["database"]),
        ("timezone", _timezone(settings), origins["timezone"]),
        *(row for account in settings.accounts for row in _account_rows(settings, account)),
        *_check_rows(settings),
        ("notify", _listed(_channels(settings)), _origin(settings, "notify")),
        *_file_rows(settings),
    ]


def _file_rows(settings: "Settings") -> "Iterator[tuple[str, str, str]]":
    """Yield where backups and the log are."""
    from usage_tracker.config.paths import log_path
    from usage_tracker.store.location import resolve

    location = resolve(settings.database)
    if location.is_sqlite:
        yield "backups", f"{location.path}.before-*", "made before upgrades and removals"
    yield "log", str(log_path()), "of scheduled runs"


def _account_rows(settings: "Settings", account: "Account") -> "Iterator[tuple[str, str, str]]":
    """Yield the account's gateway, and below it how it is called."""
    from usage_tracker.cli import account_list

    yield f"account {account.name}", account.base_url, settings.origins["account"]
    token = account_list.read(account.token)
    yield "  token", account_list.describe(token), token.source
    keys = {name: getattr(account, name) for name in ("auth", "allow_http", "quota_per_unit")}
    yield "  settings", _listed(keys), ""
    if account.headers:
        yield "  headers", ", ".join(sorted(account.headers)), ""
    if account.fallback_urls:
        yield "  fallback_urls", ", ".join(account.fallback_urls), ""


def _check_rows(settings: "Settings") -> "Iterator[tuple[str, str, str]]":
    """Yield the thresholds of all accounts, then those set for one of them."""
    own, defaults = _thresholds(settings)
    if own:
        yield "check", _listed(own), _origin(settings, "check")
    yield "check", _listed(defaults), DEFAULT
    for table in settings.document.get("account", ()):
        if "check" in table:
            yield f"check {table['name']}", _listed(table["check"]), str(settings.path)


def _thresholds(settings: "Settings") -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the thresholds that [check] sets, and the defaults of the others."""
    from dataclasses import asdict

    from usage_tracker.config.thresholds import Thresholds

    own = dict(settings.document.get("check", {}))
    defaults = asdict(Thresholds())
    return own, {n: value for n, value in defaults.items() if value is not None and n not in own}


def _channels(settings: "Settings") -> dict[str, int | bool]:
    """Return the configured notification channels without their addresses, which may be secret."""
    from usage_tracker.config.thresholds import Channels

    channels = Channels.read(settings.document)
    return {
        "urls": len(channels.urls),
        "command": bool(channels.command),
        "ping_url": channels.ping_url is not None,
    }


def _origin(settings: "Settings", table: str) -> str:
    return str(settings.path) if table in settings.document else DEFAULT


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {_text(value)}" for name, value in values.items())


def _text(value: object) -> str:
    return str(int_if_whole(value) if isinstance(value, float) else value).lower()


def _as_json(settings: "Settings") -> dict[str, Any]:
    from usage_tracker.fs import exists

    origins = settings.origins
    return {
        "config": {
            "path": str(settings.path),
            "exists": exists(settings.path),
            "origin": origins["config"],
        },
        "database": {"value": _database(settings), "origin": origins["database"]},
        "timezone": {"value": _timezone(settings), "origin": origins["timezone"]},
        "accounts": [_account(settings, account) for account in settings.accounts],
        "check": _check_json(settings),
        "notify": {**_channels(settings), "origin": _origin(settings, "notify")},
        "notes": list(_notes(settings)),
    }


def _check_json(settings: "Settings") -> dict[str, Any]:
    own, defaults = _thresholds(settings)
    origin = _origin(settings, "check")
    return {
        **{name: {"value": value, "origin": origin} for name, value in own.items()},
        **{name: {"value": value, "origin": DEFAULT} for name, value in defaults.items()},
    }


def _account(settings: "Settings", account: "Account") -> dict[str, Any]:
    from usage_tracker.cli import account_list

    token = account_list.read(account.token)
    return {
        "account": account.name,
        "base_url": account.base_url,
        "auth": account.auth,
        "headers": sorted(account.headers),
        "quota_per_unit": account.quota_per_unit,
        "allow_http": account.allow_http,
        "fallback_urls": list(account.fallback_urls),
        "token": {"source": token.source, "from": token.where},
        "check": settings.table(account.name).get("check", {}),
        "origin": settings.origins["account"],
    }


def _database(settings: "Settings") -> str:
    from usage_tracker.store.location import resolve

    return str(resolve(settings.database))


def _timezone(settings: "Settings") -> str:
    from usage_tracker.config.zone import zone_or_local
    from usage_tracker.times import zone_name

    return zone_name(zone_or_local(settings.timezone))


def _notes(settings: "Settings") -> "Iterator[str]":
    from usage_tracker.config.zone import SET_TIMEZONE, unnamed

    yield from settings.notes
    if not settings.timezone and (why := unnamed()):
        yield f"{why}: {SET_TIMEZONE}"
