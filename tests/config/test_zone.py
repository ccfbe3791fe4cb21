import datetime as dt

import pytest

from usage_tracker.config.zone import MachineZoneError, zone_or_local
from usage_tracker.times import UnknownZoneError


def test_the_zone_asked_for_is_taken() -> None:
    assert str(zone_or_local("Asia/Taipei")) == "Asia/Taipei"


def test_a_fixed_offset_is_a_zone_too() -> None:
    assert zone_or_local("+08:00") == dt.timezone(dt.timedelta(hours=8))


def test_an_offset_in_tz_is_refused_since_posix_counts_it_the_other_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "+08:00")
    with pytest.raises(MachineZoneError):
        zone_or_local(None)


def test_an_unknown_one_is_refused() -> None:
    with pytest.raises(UnknownZoneError):
        zone_or_local("Mars/Base")


@pytest.mark.parametrize(
    ("tz", "name"),
    [
        ("Asia/Kathmandu", "Asia/Kathmandu"),
        (":America/New_York", "America/New_York"),
        ("/usr/share/zoneinfo/Europe/Paris", "Europe/Paris"),
        ("UTC", "UTC"),
    ],
)
def test_tz_names_the_machine_s(monkeypatch: pytest.MonkeyPatch, tz: str, name: str) -> None:
    monkeypatch.setenv("TZ", tz)
    assert str(zone_or_local(None)) == name


@pytest.mark.parametrize("rule", ["CST-8", "EST5EDT,M3.2.0,M11.1.0", "nonsense"])
def test_a_rule_without_a_name_is_refused_rather_than_guessed(
    monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    monkeypatch.setenv("TZ", rule)
    with pytest.raises(MachineZoneError, match="set timezone"):
        zone_or_local(None)


def test_without_tz_the_system_setting_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ", raising=False)
    assert str(zone_or_local(None))
