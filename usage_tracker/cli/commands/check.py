"""`tracker check`: a Nagios plug-in."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli import options
from usage_tracker.cli.error_handling import UNKNOWN, discard_output, report_bug, report_error
from usage_tracker.cli.options import Command
from usage_tracker.cli.output import OutputError, echo, echo_json, is_output_error, output_error
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError, TrackerError

if TYPE_CHECKING:
    from usage_tracker.monitoring.rules import Finding


class CriticalFirstError(MisuseError):
    """A warning threshold is beyond the critical one."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"--warning-{what} below --critical-{what} would never warn: make it the larger one"
        )


class Plugin(click.Command):
    """A command that exits with UNKNOWN on any error: 1 and 2 mean WARNING and CRITICAL."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Parse the command line."""
        with _unknown(parent, json=options.want_json(args)):
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _unknown(ctx):
            return super().invoke(ctx)


@contextmanager
def _unknown(ctx: click.Context | None, *, json: bool = False) -> Iterator[None]:
    try:
        yield
    except (click.exceptions.Exit, click.Abort):
        raise
    except BrokenPipeError as error:
        discard_output()
        raise click.exceptions.Exit(UNKNOWN) from error
    except Exception as error:
        session = ctx.find_object(Session) if ctx else None
        _print_unknown(error, json=json or (session is not None and session.json))
        raise click.exceptions.Exit(UNKNOWN) from error


def _print_unknown(error: Exception, *, json: bool) -> None:
    """Print the error for the monitoring system, or to stderr if stdout cannot be written."""
    from usage_tracker.monitoring.nagios import unknown

    try:
        if isinstance(error, OutputError):
            raise error
        if isinstance(error, OSError) and is_output_error(error):
            raise output_error(error)
        reason = _reason(error)
        if json:
            echo_json("check", {"status": "unknown", "reason": reason, "accounts": []})
        else:
            echo(unknown(reason))
    except OutputError as unwritable:
        report_error(unwritable, capturing=False)


def _reason(error: Exception) -> str:
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, TrackerError):
        return str(error)
    report_bug(error)
    return f"a bug in this program: {type(error).__name__}"


def _threshold(ctx: click.Context, param: click.Parameter, text: str | None) -> float | str | None:
    """Return a number or a duration that is also valid in `[check]` of the configuration."""
    from usage_tracker.config.schema import describe_problem
    from usage_tracker.config.thresholds import DURATION, THRESHOLDS

    if text is None:
        return None
    rule = THRESHOLDS[str(param.name)]
    value = text if rule is DURATION else _number(text)
    if not rule.is_valid(value):
        raise click.BadParameter(f"it {describe_problem(rule, value)}", ctx, param)
    return value


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def threshold(name: str, text: str, metavar: str = "N") -> Callable[[Command], Command]:
    """Add an option for a key of `[check]`."""
    return click.option(f"--{name}", callback=_threshold, metavar=metavar, help=text)


@click.command(cls=Plugin)
@options.accounts
@threshold("warning-days", "Warn if the early end of the forecast is fewer days away.")
@threshold("critical-days", "Critical if it is fewer days away.")
@threshold("warning-balance", "Warn below this balance.  [default: the gateway's own threshold]")
@threshold("critical-balance", "Critical below this balance.")
@threshold("monthly-budget", "Warn at 80 % of this spend in a calendar month, critical at 100 %.")
@threshold("spike-factor", "Warn if today's spend is this many deviations above normal.")
@threshold("spike-floor", "Ignore spikes below this daily spend.")
@threshold("max-age", "Critical if the last snapshot is older.", "DURATION")
@options.shared
@pass_session
@click.pass_context
def command(
    ctx: click.Context, session: Session, /, names: tuple[str, ...], **thresholds: Any
) -> None:
    """Check balance, spend and age, as a Nagios plug-in.

    Prints one line with performance data. The exit code is 0 for OK, 1 WARNING, 2
    CRITICAL, 3 UNKNOWN (an error, or an account without snapshots). A rule with too
    little data is skipped. Uses no network. Options override [check] in the
    configuration; amounts are in dollars.

    \b
    Example:  tracker check --warning-days 14 --critical-days 3 --max-age 1h
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.monitoring.nagios import status, status_line

    findings = _findings(session, names, _overrides(thresholds))
    if session.json:
        accounts = [_as_json(name, found) for name, found in findings.items()]
        level = status(findings).name.lower()
        echo_json("check", {"status": level, "reason": None, "accounts": accounts})
    else:
        echo(status_line(findings))
    ctx.exit(int(status(findings)))


def _overrides(thresholds: Mapping[str, Any]) -> dict[str, float | int]:
    from usage_tracker.times import parse_duration

    given = {name: value for name, value in thresholds.items() if value is not None}
    for what in ("days", "balance"):
        warning, critical = given.get(f"warning_{what}"), given.get(f"critical_{what}")
        if warning is not None and critical is not None and warning < critical:
            raise CriticalFirstError(what)
    return {
        name: parse_duration(value) if isinstance(value, str) else value
        for name, value in given.items()
    }


def _findings(
    session: Session, names: tuple[str, ...], overrides: Mapping[str, float]
) -> dict[str, tuple["Finding", ...]]:
    from usage_tracker.monitoring.check import findings_by_account
    from usage_tracker.store.database import Database
    from usage_tracker.times import now_ms

    settings = session.settings
    with Database.open(settings.database, create=False) as database:
        return findings_by_account(database, settings, now_ms(), names, overrides)


def _as_json(name: str, found: tuple["Finding", ...]) -> dict[str, Any]:
    rules = [
        {
            "rule": finding.rule,
            "status": finding.level.name.lower(),
            "text": finding.text,
            "value": finding.measure.value,
        }
        for finding in found
    ]
    return {"account": name, "rules": rules}
