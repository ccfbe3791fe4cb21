"""The default time zone: the machine's.

The C library is right about it: it reads TZ, else the file /etc/localtime. A name found
elsewhere, as in /etc/timezone, counts only if its offsets are those of the machine.

| TZ, or /etc/localtime                      | zone                                        |
|--------------------------------------------|---------------------------------------------|
| a name, or a file or link below zoneinfo/  | that name                                   |
| a copy of such a file                      | the name of the file that it equals         |
| another zone file, or a rule (`CST-8`)     | its rule: a fixed offset, or one with DST   |
| an empty or unreadable TZ                  | UTC, as `date` has it                       |
| none of these                              | the offset of the machine's clock now       |
"""

import datetime as dt
import os
import time
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import tzlocal

from usage_tracker.errors import MisuseError
from usage_tracker.formatting import visible
from usage_tracker.times import parse_iana_zone, parse_rule, parse_zone

LOCALTIME = Path("/etc/localtime")
_HALF_A_YEAR = 183 * 86_400
_MAX_FILE = 65_536
_SHOWN = 60

SET_TIMEZONE = 'set timezone in the configuration, for example timezone = "Asia/Taipei"'
"""The cure of a zone without a name."""


def zone_or_local(name: str | None) -> dt.tzinfo:
    """Return the zone called `name`, or the machine's if it is empty."""
    return parse_zone(name) if name else local_zone()


def local_zone() -> dt.tzinfo:
    """Return the machine's zone; TZ has precedence over the system's setting."""
    tz = os.environ.get("TZ")
    if tz is not None:
        return _named_by(tz) or dt.UTC
    time.tzset()  # a process that has changed TZ has the old one's clock until then
    return next(filter(_is_machines, _candidates()), None) or _machine_offset(time.time())


def unnamed() -> str | None:
    """Return why the machine's zone has no name, None if it has one."""
    tz, zone = os.environ.get("TZ"), local_zone()
    if tz and _named_by(tz) is None:
        return f"TZ is {visible(tz)[:_SHOWN]!r}, which is not a time zone"
    if isinstance(zone, zoneinfo.ZoneInfo) and "," not in zone.key:
        return None
    return None if zone == dt.UTC else "the machine's time zone has no name"


def _named_by(tz: str) -> dt.tzinfo | None:
    name = tz.removeprefix(":")
    if name.startswith("/"):
        return _of_file(Path(name))
    return _find(name) or parse_rule(name)


def _candidates() -> Iterator[dt.tzinfo]:
    try:
        found = _find(tzlocal.get_localzone_name())
    except (LookupError, ValueError, OSError):  # its sources contradict each other
        found = None
    for zone in (found, _of_file(LOCALTIME)):
        if zone is not None:
            yield zone


def _find(name: str | None) -> dt.tzinfo | None:
    try:
        return parse_iana_zone(name) if name else None
    except MisuseError:
        return None


def _of_file(path: Path) -> dt.tzinfo | None:
    """Return the zone of a zone file: by its path, else by its content, else its rule."""
    named = _find(os.path.realpath(path).rpartition("zoneinfo/")[2])
    if named is not None:
        return named
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE)
    except OSError:
        return None
    if not content.startswith(b"TZif"):
        return None
    rule = content.rstrip(b"\n").rpartition(b"\n")[2]
    return _find(_name_of(content)) or parse_rule(rule.decode("ascii", "replace"))


def _name_of(content: bytes) -> str | None:
    """Return the name of the zone whose file has this content."""
    for root in map(Path, zoneinfo.TZPATH):
        for name in _listed(root):
            file = root / name
            try:
                if file.stat().st_size == len(content) and file.read_bytes() == content:
                    return name
            except OSError:
                continue
    return None


def _listed(root: Path) -> list[str]:
    """Return the names in the table of zones, which has one of the names that a zone has."""
    try:
        lines = (root / "zone.tab").read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [line.split("\t")[2] for line in lines if line.count("\t") > 1 and line[0] != "#"]


def _is_machines(zone: dt.tzinfo) -> bool:
    now = time.time()
    return all(
        dt.datetime.fromtimestamp(at, zone).utcoffset() == _machine_offset(at).utcoffset(None)
        for at in (now, now - _HALF_A_YEAR)
    )


def _machine_offset(at: float) -> dt.timezone:
    return dt.timezone(dt.timedelta(seconds=time.localtime(at).tm_gmtoff))
