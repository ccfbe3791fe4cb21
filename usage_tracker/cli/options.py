"""Options that several commands share, so that one name means one thing everywhere."""

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import click

from usage_tracker.cli.output import color_of_environment
from usage_tracker.cli.session import Session
from usage_tracker.errors import MisuseError

Command = TypeVar("Command", bound=Callable[..., Any])


def shared(function: Command) -> Command:
    """The options that stand before or after the command's name."""
    return shared_with_formats(_format(function))


def shared_with_formats(function: Command) -> Command:
    """The same for a command that has a --format of its own."""
    for option in reversed(_SHARED):
        function = option(function)
    return function


def _keep(ctx: click.Context, param: click.Parameter, value: str | bool | None) -> None:  # noqa: FBT001
    session = ctx.ensure_object(Session)
    if isinstance(value, str):
        not_empty(ctx, param, value)
    if value:
        setattr(session, str(param.name), value)


def not_empty(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Refuse what is nothing: a script's variable that is not set is not a wish for the default."""
    if value is not None and not value.strip():
        raise click.BadParameter("it is empty", ctx, param)
    return value


def _names(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        not_empty(ctx, param, name)
    return value


def _one_name(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> str | None:
    if len(set(_names(ctx, param, value))) > 1:
        raise click.BadParameter("give one account, and run it again for another", ctx, param)
    return value[0] if value else None


def _keep_format(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value == JSON:
        ctx.ensure_object(Session).json = True


def _choose_color(ctx: click.Context, _param: click.Parameter, no_color: bool) -> None:  # noqa: FBT001
    if no_color:
        ctx.color = False
    elif ctx.parent is None:
        ctx.color = color_of_environment()


class TwoFormatsError(MisuseError):
    """Two formats for one answer."""

    def __init__(self, form: str) -> None:
        super().__init__(f"--json and --format {form} contradict each other: give one of them")


def one_format(session: Session, form: str | None) -> None:
    """Refuse a --format of another kind beside --json."""
    if session.json and form not in {None, JSON}:
        raise TwoFormatsError(str(form))


JSON = "json"

_SHORT_FLAGS = re.compile("-[qj]*j[qj]*")


def want_json(args: Sequence[str]) -> bool:
    """Whether arguments that cannot be understood as a whole ask for JSON all the same."""
    asked = any(arg in {"--json", "--format=json"} or _SHORT_FLAGS.fullmatch(arg) for arg in args)
    return asked or ("--format", JSON) in pairwise(args)


_format = click.option(
    "--format", type=click.Choice([JSON]), expose_value=False, callback=_keep_format, hidden=True
)
_SHARED = (
    click.option(
        "--db",
        "database",
        metavar="FILE|URL",
        expose_value=False,
        callback=_keep,
        help="The database: a file, or a URL.",
    ),
    click.option(
        "--config",
        metavar="FILE",
        expose_value=False,
        callback=_keep,
        help="The configuration file.",
    ),
    click.option(
        "-j",
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_keep,
        help="Show the result as JSON; short for --format json.",
    ),
    click.option(
        "--no-color",
        is_flag=True,
        expose_value=False,
        callback=_choose_color,
        help="Use no colour (as NO_COLOR does).",
    ),
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_keep,
        help="Say nothing that is not data or an error.",
    ),
)


class Number(click.FloatRange):
    """A number within a range, which what is no number is not in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read `value`."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


class Place(click.Path):
    """A path in which `~` is the reader's home, where the shell has not seen to that."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read `value`."""
        from usage_tracker.config.paths import expand

        if param is not None and ctx is not None:
            not_empty(ctx, param, str(value))
        return super().convert(str(expand(value)), param, ctx)


DOLLARS = Number(-1e12, 1e12)

accounts = click.option(
    "-a",
    "--account",
    "names",
    multiple=True,
    callback=_names,
    metavar="NAME",
    help="Only this account; may be repeated.",
)

one_account = click.option(
    "-a",
    "--account",
    "name",
    multiple=True,
    callback=_one_name,
    metavar="NAME",
    help="The account, if there are several.",
)

zone = click.option(
    "-z",
    "--tz",
    "zone",
    metavar="ZONE",
    callback=not_empty,
    help="The time zone: Asia/Taipei, +08:00.",
)
