"""Weeks of accounts whose credit comes by itself, $4 a day, and the notices sent."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from tests.monitoring.test_scenario import STEP, at, levels, notices
from tests.receiver import receiving
from usage_tracker.config.settings import load
from usage_tracker.store.database import Database

Rule = Callable[[dt.datetime, float], float]
STOP, END = at(9, 20), at(9, 24)
SPEND = {6: 0.5, 12: 1.5, 18: 2.0}


def daily(now: dt.datetime, left: float) -> float:
    return 12 - left if now.hour == 0 else 0.0


def recharge(_now: dt.datetime, left: float) -> float:
    return 10.0 if left < 5 else 0.0


def sent(folder: Path, rule: Rule, opening: float) -> list[tuple[str, str]]:
    """Return the level and the day of the notices about the days left."""

    def polls() -> list[tuple[dt.datetime, float, float]]:
        now, left, used, found = at(9, 1), opening, 0.0, []
        while now < END:
            spent = SPEND.get(now.hour, 0.0)
            left, used = left - spent, used + spent
            left += rule(now, left) if now < STOP else 0.0
            found.append((now, left, used))
            now += STEP
        return found

    with receiving() as receiver, Database.open(folder / "usage.db") as database:
        config = folder / "config.toml"
        url = f"json://127.0.0.1:{receiver.port}/"
        config.write_text(f'timezone = "Asia/Taipei"\n[notify]\nurls = ["{url}"]\n')
        received = notices(database, load(str(config)), receiver, polls())
    return [(level, f"{when:%m-%d %H}") for level, when in levels(received, "days left")]


def test_a_daily_refill_warns_only_until_it_is_known_and_once_it_stops(tmp_path: Path) -> None:
    assert sent(tmp_path, daily, 12.0) == [
        ("CRITICAL", "09-02 06"),
        ("OK", "09-05 00"),
        ("CRITICAL", "09-20 12"),
    ]


def test_a_recharge_warns_only_until_it_is_known_and_once_it_stops(tmp_path: Path) -> None:
    assert sent(tmp_path, recharge, 12.0) == [
        ("CRITICAL", "09-02 06"),
        ("WARNING", "09-07 18"),
        ("CRITICAL", "09-09 00"),
        ("OK", "09-10 12"),
        ("CRITICAL", "09-20 18"),
    ]
