"""Checks for problems, each with a suggested fix."""

from collections.abc import Iterator
from functools import partial

from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Channels
from usage_tracker.doctor.database import check_channels, check_database, explain_block
from usage_tracker.doctor.diagnostic import Diagnostic, problem
from usage_tracker.doctor.gateway import check_gateways
from usage_tracker.doctor.machine import check_machine

__all__ = ["Diagnostic", "diagnose"]


def diagnose(settings: Settings, now: int) -> Iterator[Diagnostic]:
    """Check everything at `now` (UTC ms). Sends requests to the gateways; stores nothing."""
    if not settings.accounts:
        cure = "run `tracker init`, or set TRACKER_TOKEN"
        yield problem("configuration", "no account is configured", cure)
    clock_ahead = yield from check_gateways(
        settings.accounts, explain=partial(explain_block, settings)
    )
    # Snapshots have the gateway's time where the machine's clock is wrong.
    yield from check_database(settings, now - clock_ahead)
    yield from check_machine(settings)
    yield from check_channels(Channels.read(settings.document))
