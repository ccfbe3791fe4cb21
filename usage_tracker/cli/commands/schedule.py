"""`tracker schedule`: regular snapshots by cron or systemd."""

import os
from typing import TYPE_CHECKING

import click

from usage_tracker.cli.groups import Group
from usage_tracker.cli.options import shared
from usage_tracker.cli.output import echo, echo_json
from usage_tracker.cli.session import Session, pass_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usage_tracker.schedule.install import Schedule
    from usage_tracker.schedule.scheduler import Change, Kind

every_option = click.option(
    "--every",
    metavar="DURATION",
    default="10m",
    show_default=True,
    help="The interval: 1m, 10m, 1h, 1d.",
)
kind_option = click.option(
    "--with",
    "kind",
    type=click.Choice(["cron", "systemd"]),
    help="The scheduler.  [default: the one that runs on this machine]",
)


@click.group(cls=Group, invoke_without_command=True)
@shared
@click.pass_context
def command(ctx: click.Context) -> None:
    """Take a snapshot every few minutes with cron or systemd.

    Without a command it shows what is installed.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@command.command()
@every_option
@kind_option
@shared
@pass_session
def show(session: Session, every: str = "10m", kind: "Kind | None" = None) -> None:
    """Show the installed schedule, or the one that would be installed."""
    from usage_tracker.schedule.install import create_schedule, installed_schedulers

    installed = installed_schedulers(kind)
    if installed:
        session.info(f"scheduled ({' and '.join(each.kind for each in installed)}):")
        texts = {each.kind: each.installed() or "" for each in installed}
    else:
        schedule = create_schedule(session.settings, os.environ, every, kind)
        session.info(
            f"not scheduled; `tracker schedule install` would write ({_describe(schedule)}):"
        )
        texts = {schedule.scheduler.kind: schedule.text}
    _print(session, texts, installed=bool(installed))


@command.command()
@every_option
@kind_option
@shared
@pass_session
def install(session: Session, every: str, kind: "Kind | None") -> None:
    """Install the schedule, or change its interval.

    Adds one line to your crontab, or a systemd timer of yours; nothing else is changed,
    and the previous state is backed up. The command is tried first as cron will run it,
    without your shell's environment: a token in a variable is refused here.

    \b
    Example:  tracker schedule install --every 10m
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.schedule.install import create_schedule, install_schedule

    schedule = create_schedule(session.settings, os.environ, every, kind)
    change = install_schedule(schedule, session.settings)
    already = "" if change.changed else "already "
    session.info(f"{already}scheduled every {schedule.every} ({_describe(schedule)}):")
    _print(session, {schedule.scheduler.kind: schedule.text}, installed=True)
    _print_backups(session, change)
    for concern in schedule.concerns(os.environ):
        session.info(f"note: {concern}")


@command.command()
@kind_option
@shared
@pass_session
def remove(session: Session, kind: "Kind | None") -> None:
    """Remove the schedule, and nothing else."""
    from usage_tracker.schedule.install import remove_schedule

    change = remove_schedule(kind)
    session.info("removed" if change.changed else "nothing was scheduled")
    _print_backups(session, change)
    if session.json:
        backups = [str(path) for path in change.backups]
        echo_json("schedule-remove", {"removed": change.changed, "backups": backups})


def _describe(schedule: "Schedule") -> str:
    """Return the scheduler, and where errors are logged."""
    if schedule.scheduler.kind == "cron":
        return f"cron; errors are logged to {schedule.job.log}"
    return "systemd; see journalctl --user"


def _print(session: Session, texts: "Mapping[Kind, str]", *, installed: bool) -> None:
    """Print the text of each scheduler."""
    if session.json:
        schedules = [
            {"scheduler": kind, "installed": installed, "text": text}
            for kind, text in texts.items()
        ]
        echo_json("schedule", {"schedules": schedules})
    elif texts:
        echo("\n".join(texts.values()))


def _print_backups(session: Session, change: "Change") -> None:
    for path in change.backups:
        session.info(f"the previous state is kept in {path}")
