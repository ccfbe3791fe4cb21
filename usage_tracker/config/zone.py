"""The default time zone: the machine's."""

import datetime as dt
import os
import zoneinfo

import tzlocal

from usage_tracker.errors import ConfigError, MisuseError
from usage_tracker.times import parse_iana_zone, parse_zone


class MachineZoneError(ConfigError):
    """A machine whose zone has no IANA name, as when TZ is a rule (`CST-8`)."""

    def __init__(self) -> None:
        super().__init__(
            "cannot tell the machine's time zone: set timezone in the configuration, "
            "or TZ to an IANA name such as Asia/Taipei"
        )


def zone_or_local(name: str | None) -> dt.tzinfo:
    """Return the zone called `name`, or the machine's if it is empty."""
    return parse_zone(name) if name else local_zone()


def local_zone() -> zoneinfo.ZoneInfo:
    """Return the machine's zone; TZ has precedence over the system's setting."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if named.startswith("/"):  # a file, often /etc/localtime, a link to the zone's file
        named = os.path.realpath(named).rpartition("zoneinfo/")[2]
    try:
        return parse_iana_zone(named or tzlocal.get_localzone_name() or "UTC")
    except (MisuseError, LookupError, ValueError, OSError):
        raise MachineZoneError from None
