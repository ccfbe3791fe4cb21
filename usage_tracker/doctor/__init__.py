"""Everything that could be wrong, each with its cure."""

from collections.abc import Iterator

from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Channels
from usage_tracker.doctor.database import examine_channels, examine_database
from usage_tracker.doctor.diagnostic import Symptom, wrong
from usage_tracker.doctor.gateway import examine_gateways
from usage_tracker.doctor.machine import examine_machine

__all__ = ["Symptom", "examine"]


def examine(settings: Settings, now: int) -> Iterator[Symptom]:
    """Look at everything, as it is at `now` (UTC ms); the gateways are asked, nothing is stored."""
    if not settings.accounts:
        cure = "run `tracker init`, or set TRACKER_TOKEN"
        yield wrong("configuration", "no account is configured", cure)
    yield from examine_gateways(settings.accounts)
    yield from examine_database(settings, now)
    yield from examine_machine(settings)
    yield from examine_channels(Channels.read(settings.document))
