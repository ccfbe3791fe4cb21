"""`tracker config`: what holds, and why."""

from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import columns, echo, echo_json
from usage_tracker.cli.session import Session, pass_session

if TYPE_CHECKING:
    from usage_tracker.config.account import Account
    from usage_tracker.config.settings import Settings


@click.command()
@options.shared
@pass_session
def command(session: Session) -> None:
    """Show the effective settings and where they come from.

    An option goes before the environment, the environment before the configuration
    file, the file before the default. Tokens and passwords are not shown.
    """
    settings = session.settings
    if session.json:
        echo_json("config", _as_json(settings))
        return
    for line in columns([(name, value, f"({why})") for name, value, why in _rows(settings)]):
        echo(line)
    session.say_notes()


def _rows(settings: "Settings") -> list[tuple[str, str, str]]:
    from usage_tracker.config.places import is_there

    origins = settings.origins
    there = "" if is_there(settings.path) else ", not there"
    return [
        ("config", str(settings.path), origins["config"] + there),
        ("database", _database(settings), origins["database"]),
        ("timezone", _timezone(settings), origins["timezone"]),
        *((f"account {a.name}", a.base_url, origins["account"]) for a in settings.accounts),
    ]


def _as_json(settings: "Settings") -> dict[str, Any]:
    from usage_tracker.config.places import is_there

    origins = settings.origins
    return {
        "config": {
            "path": str(settings.path),
            "exists": is_there(settings.path),
            "origin": origins["config"],
        },
        "database": {"value": _database(settings), "origin": origins["database"]},
        "timezone": {"value": _timezone(settings), "origin": origins["timezone"]},
        "accounts": [_account(a, origins["account"]) for a in settings.accounts],
        "notes": list(settings.notes),
    }


def _account(account: "Account", origin: str) -> dict[str, Any]:
    from usage_tracker.cli.roster import origin as token_origin

    token = token_origin(account.token)
    return {
        "account": account.name,
        "base_url": account.base_url,
        "auth": account.auth,
        "headers": sorted(account.headers),
        "quota_per_unit": account.quota_per_unit,
        "allow_http": account.allow_http,
        "fallback_urls": list(account.fallback_urls),
        "token": {"source": token.source, "from": token.where},
        "origin": origin,
    }


def _database(settings: "Settings") -> str:
    from usage_tracker.store.location import resolve

    return str(resolve(settings.database))


def _timezone(settings: "Settings") -> str:
    from usage_tracker.config.zone import zone_named

    return zone_named(settings.timezone).key
