"""Options for the keys of an `[[account]]`, shared by the commands that write one."""

import shlex
from functools import wraps
from typing import Any

import click

from usage_tracker.cli.options import Command


def account_table(function: Command) -> Command:
    """Let `function` take, as the mapping `table`, the keys that were given as options."""

    @wraps(function)
    def gather(*args: Any, **kwargs: Any) -> Any:
        table = {key: value for key in _OPTIONS if (value := kwargs.pop(key))}
        return function(*args, table=table, **kwargs)

    decorated: Any = gather
    for option in reversed(_OPTIONS.values()):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def _headers(_ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> Any:
    headers = {}
    for text in texts:
        name, colon, value = text.partition(":")
        if not colon:
            raise click.BadParameter("a header is written 'NAME: VALUE'", param=param)
        headers[name.strip()] = value.strip()
    return headers


def _words(_ctx: click.Context, param: click.Parameter, text: str | None) -> Any:
    try:
        return shlex.split(text) if text else None
    except ValueError as error:
        raise click.BadParameter(str(error), param=param) from None


_OPTIONS = {
    "base_url": click.option(
        "--base-url", metavar="URL", help="The gateway, such as https://aihubmix.com."
    ),
    "auth": click.option(
        "--auth", type=click.Choice(["bearer", "raw"]), help="How the gateway takes the key."
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
        "--allow-http", is_flag=True, help="Send the key unencrypted, in one's own network."
    ),
    "quota_per_unit": click.option(
        "--quota-per-unit",
        type=click.IntRange(min=1),
        metavar="N",
        help="The gateway's units to the dollar (500000).",
    ),
    "token_env": click.option(
        "--token-env", metavar="VARIABLE", help="Take the key from this variable at every run."
    ),
    "token_file": click.option(
        "--token-file",
        type=click.Path(resolve_path=True),
        help="Take the key from this file at every run.",
    ),
    "token_command": click.option(
        "--token-command",
        metavar="COMMAND",
        callback=_words,
        help="Take the key from what this prints at every run, e.g. 'pass show aihubmix'.",
    ),
}
