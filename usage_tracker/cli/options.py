"""Options that several commands share."""

import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Final, TypeVar

import click

from usage_tracker.cli.output import color_of_environment
from usage_tracker.cli.session import Session
from usage_tracker.errors import MisuseError

Command = TypeVar("Command", bound=Callable[..., Any])

JSON: Final = "json"

_SHORT_FLAGS = re.compile("-[qj]*j[qj]*")


class TwoFormatsError(MisuseError):
    """--json and another --format were given."""

    def __init__(self, form: str) -> None:
        super().__init__(f"--json and --format {form} contradict each other: give one of them")


def shared(function: Command) -> Command:
    """Add the options that may precede or follow the command's name."""
    return shared_with_formats(_format(function))


def shared_with_formats(function: Command) -> Command:
    """Add the shared options to a command that has a --format of its own."""
    for option in reversed(_SHARED):
        function = option(function)
    return function


def _store(ctx: click.Context, param: click.Parameter, value: str | bool | None) -> None:  # noqa: FBT001
    session = ctx.ensure_object(Session)
    if isinstance(value, str):
        not_empty(ctx, param, value)
    if value:
        setattr(session, str(param.name), value)


def _store_format(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value == JSON:
        ctx.ensure_object(Session).json = True


def _choose_color(ctx: click.Context, _param: click.Parameter, no_color: bool) -> None:  # noqa: FBT001
    if no_color:
        ctx.color = False
    elif ctx.parent is None:
        ctx.color = color_of_environment()


def not_empty(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return `value`; raise if it is blank, as an unset variable of a script is."""
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


def one_format(session: Session, form: str | None) -> None:
    """Raise TwoFormatsError for another --format beside --json."""
    if session.json and form not in {None, JSON}:
        raise TwoFormatsError(str(form))


def want_json(args: Sequence[str]) -> bool:
    """Return whether `args`, which may be invalid as a whole, ask for JSON."""
    json = any(arg in {"--json", "--format=json"} or _SHORT_FLAGS.fullmatch(arg) for arg in args)
    return json or ("--format", JSON) in pairwise(args)


_format = click.option(
    "--format", type=click.Choice([JSON]), expose_value=False, callback=_store_format, hidden=True
)
_store_option = partial(click.option, expose_value=False, callback=_store)
_SHARED = (
    _store_option("--db", "database", metavar="FILE|URL", help="The database: a file or a URL."),
    _store_option("--config", metavar="FILE", help="The configuration file."),
    _store_option(
        "-j", "--json", is_flag=True, help="Write the result as JSON; short for --format json."
    ),
    click.option(
        "--no-color",
        is_flag=True,
        expose_value=False,
        callback=_choose_color,
        help="Use no colours (as with NO_COLOR).",
    ),
    _store_option("-q", "--quiet", is_flag=True, help="Print only data and errors."),
)


class Number(click.FloatRange):
    """A number within a range; NaN is invalid."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the converted `value`."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


class ExpandedPath(click.Path):
    """A path; `~` is the home directory, where the shell has not replaced it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the converted `value`."""
        from usage_tracker.config.paths import expand

        if param is not None and ctx is not None:
            not_empty(ctx, param, str(value))
        return super().convert(str(expand(value)), param, ctx)


class Dollars(Number):
    """An amount in dollars, also as people write it: `$20`, `1,000`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the converted `value`."""
        written = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) else None
        plain = value if written is None else "".join(written.groups("")).replace(",", "")
        return super().convert(plain, param, ctx)


DOLLARS = Dollars(-1e12, 1e12)
_AMOUNT = re.compile(r"([+-]?)\$?\s*(\d{1,3}(?:,\d{3})+|\d*)(\.\d+|\.?)")

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
    help="The time zone, such as Asia/Taipei or +08:00.",
)
