"""Options for the keys of an `[[account]]`, shared by the commands that write one.

An error names the option, not the key in the configuration.
"""

import shlex
from collections.abc import Mapping
from functools import wraps
from typing import Any

import click

from usage_tracker.cli.options import Command, ExpandedPath, not_empty
from usage_tracker.errors import MisuseError
from usage_tracker.money import parse_quota_per_unit

LOOKS_LIKE_KEY = (
    "it says where the key is, and this looks like the key itself: leave it out, and paste the "
    "key at the prompt"
)


class TwoSourcesError(MisuseError):
    """A key has two sources."""

    def __init__(self, options: list[str]) -> None:
        super().__init__(f"{' and '.join(options)} contradict each other: give one of them")


def account_table(function: Command) -> Command:
    """Add the options; pass those given to `function` as the mapping `table`."""

    @wraps(function)
    def gather(*args: Any, **kwargs: Any) -> Any:
        table = {key: value for key in _OPTIONS if (value := kwargs.pop(key))}
        _validate(click.get_current_context(), kwargs["name"], table)
        return function(*args, table=table, **kwargs)

    decorated: Any = gather
    for option in reversed(_OPTIONS.values()):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def _validate(context: click.Context, name: str | None, table: Mapping[str, Any]) -> None:
    from usage_tracker.config.accounts import TOKEN_KEYS
    from usage_tracker.config.file import ACCOUNT
    from usage_tracker.config.schema import Value, contains_key, describe_problem

    sources = [_option(key) for key in TOKEN_KEYS if key in table]
    if len(sources) > 1:
        raise TwoSourcesError(sources)
    params = {param.name: param for param in context.command.params}
    for key, value in {"name": name, **table}.items():
        rule = ACCOUNT.keys[key]
        if value is None or not isinstance(rule, Value):
            continue
        if rule.placeholder and contains_key(value):
            raise click.BadParameter(LOOKS_LIKE_KEY, context, params[key])
        if not rule.is_valid(value):
            raise click.BadParameter(f"it {describe_problem(rule, value)}", context, params[key])


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _headers(_ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> Any:
    from usage_tracker.config.schema import is_header

    headers = {}
    for text in texts:
        name, colon, value = (part.strip() for part in text.partition(":"))
        if not colon:
            raise click.BadParameter("a header is written 'NAME: VALUE'", param=param)
        if not is_header((name, value)):
            raise click.BadParameter(
                f"{name[:40]!r} is not an extra header: write an ASCII name other than "
                "Authorization and Host, and a value in ASCII",
                param=param,
            )
        headers[name] = value
    return headers


def _units(_ctx: click.Context, param: click.Parameter, text: str | None) -> float | None:
    units = None if text is None else parse_quota_per_unit(text)
    if text is not None and units is None:
        raise click.BadParameter(
            f"{text[:40]!r} is not a number of units above 0, such as 500000 or 68493.15",
            param=param,
        )
    return units


def _words(ctx: click.Context, param: click.Parameter, text: str | None) -> Any:
    not_empty(ctx, param, text)
    try:
        return None if text is None else shlex.split(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param=param) from None


_OPTIONS = {
    "base_url": click.option(
        "--base-url",
        metavar="URL",
        callback=not_empty,
        help="The gateway, such as https://aihubmix.com.",
    ),
    "auth": click.option(
        "--auth", type=click.Choice(["bearer", "raw"]), help="How the gateway expects the key."
    ),
    "headers": click.option(
        "--header",
        "headers",
        multiple=True,
        metavar="'NAME: VALUE'",
        callback=_headers,
        help="An extra header, such as new-api's New-Api-User; may be repeated.",
    ),
    "allow_http": click.option(
        "--allow-http", is_flag=True, help="Send the key unencrypted, in your own network."
    ),
    "quota_per_unit": click.option(
        "--quota-per-unit",
        metavar="N",
        callback=_units,
        help="Units to the dollar.  [default: those in its /api/status, or 500000]",
    ),
    "token_env": click.option(
        "--token-env",
        metavar="VARIABLE",
        callback=not_empty,
        help="Read the key from this variable at every run.",
    ),
    "token_file": click.option(
        "--token-file",
        type=ExpandedPath(resolve_path=True),
        help="Read the key from this file at every run.",
    ),
    "token_command": click.option(
        "--token-command",
        metavar="COMMAND",
        callback=_words,
        help="Run this at every run to print the key, for example 'pass show aihubmix'.",
    ),
}
