import datetime as dt
import time
import zoneinfo
from pathlib import Path
from types import SimpleNamespace

import pytest
import tzlocal

from usage_tracker.config import zone
from usage_tracker.config.zone import unnamed, zone_or_local
from usage_tracker.times import UnknownZoneError, midnight, parse_zone, zone_name

ZONES = Path("/usr/share/zoneinfo")
WINTER, SUMMER = dt.date(2026, 1, 15), dt.date(2026, 7, 15)
BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"


def offsets(tz: dt.tzinfo) -> list[float]:
    """Return the hours east of Greenwich in winter and in summer."""
    found = (midnight(day, tz).utcoffset() for day in (WINTER, SUMMER))
    return [offset.total_seconds() / 3600 for offset in found if offset is not None]


def test_the_zone_asked_for_is_taken() -> None:
    assert str(zone_or_local("Asia/Taipei")) == "Asia/Taipei"


def test_a_fixed_offset_is_a_zone_too() -> None:
    assert zone_or_local("+08:00") == dt.timezone(dt.timedelta(hours=8))


@pytest.mark.parametrize("name", ["Mars/Base", "CST-8", "UTC+8", "CET-1CEST", "A,B"])
def test_an_unknown_one_is_refused_and_so_is_a_rule_that_reads_like_an_offset(name: str) -> None:
    with pytest.raises(UnknownZoneError):
        zone_or_local(name)


@pytest.mark.parametrize(
    ("tz", "name"),
    [
        ("Asia/Kathmandu", "Asia/Kathmandu"),
        (":America/New_York", "America/New_York"),
        ("/usr/share/zoneinfo/Europe/Paris", "Europe/Paris"),
        (":/usr/share/zoneinfo/Europe/Paris", "Europe/Paris"),
        ("UTC", "UTC"),
    ],
)
def test_tz_names_the_machine_s(monkeypatch: pytest.MonkeyPatch, tz: str, name: str) -> None:
    monkeypatch.setenv("TZ", tz)
    assert str(zone_or_local(None)) == name
    assert unnamed() is None


@pytest.mark.parametrize(
    ("tz", "name", "hours"),
    [
        ("CST-8", "+08:00", [8, 8]),
        ("<+0545>-5:45", "+05:45", [5.75, 5.75]),
        ("<-03>3", "-03:00", [-3, -3]),
        (BERLIN, BERLIN, [1, 2]),
        (f":{BERLIN}", BERLIN, [1, 2]),
        ("CET-1CEST", "CET-1CEST,M3.2.0,M11.1.0", [1, 2]),
        ("NZST-12NZDT,M9.5.0,M4.1.0/3", "NZST-12NZDT,M9.5.0,M4.1.0/3", [13, 12]),
    ],
)
def test_a_posix_rule_is_the_machine_s_zone_without_a_name(
    monkeypatch: pytest.MonkeyPatch, tz: str, name: str, hours: list[float]
) -> None:
    monkeypatch.setenv("TZ", tz)
    found = zone_or_local(None)
    assert zone_name(found) == name
    assert offsets(found) == offsets(parse_zone(name)) == hours
    assert unnamed() == "the machine's time zone has no name"


@pytest.mark.parametrize(
    "tz", ["nonsense", "+08:00", "Mars/Base", ":", "/nowhere", "/etc", "/etc/passwd", "XXX-99"]
)
def test_an_unreadable_tz_is_utc_as_the_c_library_has_it_and_is_named(
    monkeypatch: pytest.MonkeyPatch, tz: str
) -> None:
    monkeypatch.setenv("TZ", tz)
    assert zone_name(zone_or_local(None)) == "UTC"
    assert unnamed() == f"TZ is {tz!r}, which is not a time zone"


@pytest.mark.parametrize("tz", ["", "UTC0", "<UTC>0"])
def test_an_empty_tz_and_a_rule_of_utc_are_utc(monkeypatch: pytest.MonkeyPatch, tz: str) -> None:
    monkeypatch.setenv("TZ", tz)
    assert zone_name(zone_or_local(None)) == "UTC"
    assert unnamed() is None


class Machine:
    """A machine without TZ, whose clock is that of `real` and whose files are in `directory`."""

    def __init__(self, directory: Path, patch: pytest.MonkeyPatch) -> None:
        self.localtime, self._patch = directory / "localtime", patch
        patch.delenv("TZ", raising=False)
        patch.setattr(zone, "LOCALTIME", self.localtime)
        self.named(None)

    def named(self, name: str | None) -> None:
        """Let /etc/timezone name a zone."""
        self._patch.setattr(tzlocal, "get_localzone_name", lambda: name)

    def clock(self, real: str) -> None:
        def localtime(at: float) -> time.struct_time:
            moment = dt.datetime.fromtimestamp(at, zoneinfo.ZoneInfo(real))
            offset = moment.utcoffset() or dt.timedelta()
            fields = (*moment.timetuple(), real, int(offset.total_seconds()))
            return time.struct_time(fields)

        clock = SimpleNamespace(time=time.time, tzset=time.tzset, localtime=localtime)
        self._patch.setattr(zone, "time", clock)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_the_system_s_name_is_used_where_it_fits(machine: Machine) -> None:
    machine.named("Asia/Taipei")
    machine.clock("Asia/Taipei")
    assert zone_name(zone_or_local(None)) == "Asia/Taipei"


@pytest.mark.parametrize("real", ["Asia/Shanghai", "America/New_York", "Europe/Paris"])
@pytest.mark.parametrize("named", [None, "Australia/Lord_Howe", "Mars/Base"])
def test_a_copied_file_has_the_name_of_the_zone_that_it_equals(
    machine: Machine, real: str, named: str | None
) -> None:
    machine.localtime.write_bytes((ZONES / real).read_bytes())
    machine.clock(real)
    machine.named(named)
    assert zone_name(zone_or_local(None)) == real


def test_a_link_counts_and_not_a_stale_name(machine: Machine) -> None:
    machine.localtime.symlink_to(ZONES / "Asia/Taipei")
    machine.clock("Asia/Taipei")
    machine.named("Europe/Berlin")
    assert zone_name(zone_or_local(None)) == "Asia/Taipei"


@pytest.mark.parametrize(
    ("real", "name"), [("Europe/Berlin", BERLIN), ("Asia/Shanghai", "+08:00"), ("UTC", "UTC")]
)
def test_a_file_like_no_other_gives_its_rule(machine: Machine, real: str, name: str) -> None:
    content = (ZONES / real).read_bytes().replace(b"TZif2" + b"\0" * 8, b"TZif2" + b"\1" * 8)
    machine.localtime.write_bytes(content)
    machine.clock(real)
    found = zone_or_local(None)
    assert zone_name(found) == name
    assert offsets(found) == offsets(zoneinfo.ZoneInfo(real))


@pytest.mark.parametrize("content", [None, b"", b"not a zone file"])
def test_without_a_fitting_name_or_file_the_clock_s_offset_is_used(
    machine: Machine, content: bytes | None
) -> None:
    if content is not None:
        machine.localtime.write_bytes(content)
    machine.named("Asia/Taipei")
    machine.clock("Asia/Kathmandu")
    assert zone_name(zone_or_local(None)) == "+05:45"
    assert unnamed() == "the machine's time zone has no name"
    machine.clock("UTC")
    assert zone_name(zone_or_local(None)) == "UTC"


def test_sources_that_contradict_each_other_are_no_failure(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contradict() -> str:
        raise zoneinfo.ZoneInfoNotFoundError

    machine.localtime.symlink_to(ZONES / "Asia/Taipei")
    machine.clock("Asia/Taipei")
    monkeypatch.setattr(tzlocal, "get_localzone_name", contradict)
    assert zone_name(zone_or_local(None)) == "Asia/Taipei"
