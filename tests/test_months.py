"""Simulated months of a gateway, through `tracker import` and `tracker report --json`.

One-api's reservations and both orders of settlement; top-ups from $2 to $300, refunds, an
adjustment, a counter reset and a nine-hour outage; polled every minute and every ten.
"""

import datetime as dt
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.account import TrueAccount, simulate
from usage_tracker.demo.simulated_account import (
    Booking,
    Event,
    Outage,
    Polls,
    Scenario,
    Traffic,
)
from usage_tracker.money import units
from usage_tracker.times import DAY, HOUR, MINUTE, from_ms, iso, to_ms

START = 1_780_000_000_000
TOP_UPS = (300, 2, 20, 5, 100, 50, 10, 2)
SMALL = units(0.05)


def account(every: int, requests_per_day: float, used_first: float, seed: int) -> TrueAccount:
    """Two months with everything in them, at moments that differ from seed to seed."""
    moments = random.Random(seed)
    days = iter(range(3, 60))

    def next_day() -> int:
        return START + next(days) * DAY + moments.randrange(DAY)

    events = [Event(next_day(), "top_up", units(usd)) for usd in TOP_UPS[:4]]
    events += [Event(next_day(), "refund", units(usd)) for usd in (3.5, 12.0)]
    events += [Event(next_day(), "adjustment", -units(40))]
    resets = [next_day()]
    events += [Event(next_day(), "top_up", units(usd)) for usd in TOP_UPS[4:]]
    events += [Event(next_day(), "refund", units(8.0))]
    outage = next_day()
    scenario = Scenario(
        start=START,
        length=60 * DAY,
        seed=seed,
        quota=units(400),
        used=units(900),
        traffic=Traffic(requests_per_day=requests_per_day, usd_per_day=9, streams=0.3),
        booking=Booking(used_first=used_first, delay=400),
        polls=Polls(every=every),
        events=tuple(events),
        outages=(Outage(outage, outage + 9 * HOUR),),
    )
    return simulate(scenario, resets)


ACCOUNTS = [
    pytest.param((MINUTE, 900.0, 0.1, 1), id="each minute, quota first"),
    pytest.param((MINUTE, 900.0, 0.9, 2), id="each minute, used first"),
    pytest.param((10 * MINUTE, 900.0, 0.1, 3), id="every ten, quota first"),
    pytest.param((10 * MINUTE, 300.0, 0.9, 4), id="every ten, used first"),
    pytest.param((10 * MINUTE, 2000.0, 0.5, 5), id="every ten, busier"),
]


@pytest.fixture(scope="module", params=ACCOUNTS)
def imported(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrueAccount, Path]:
    """An account, and the database into which its snapshots were imported."""
    folder = tmp_path_factory.mktemp("months")
    simulated = account(*request.param)
    rows = ["captured_at,quota,used_quota,request_count"]
    rows += [",".join(map(str, row)) for row in simulated.snapshots.tolist()]
    (folder / "log.csv").write_text("\n".join(rows) + "\n")
    tracker(folder / "usage.db", "import", str(folder / "log.csv"))
    return simulated, folder / "usage.db"


def tracker(database: Path, *words: str) -> str:
    command = [sys.executable, "-m", "usage_tracker", "--db", str(database), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def report(
    imported: tuple[TrueAccount, Path], since: int, until: int, by: str = "day"
) -> dict[str, Any]:
    simulated, database = imported
    as_of = max(until, int(simulated.snapshots["t"][-1]) + 1)
    window = ("--since", iso(since), "--until", iso(until), "--as-of", iso(as_of), "--by", by)
    document = json.loads(tracker(database, "report", "--json", "--tz", "Asia/Taipei", *window))
    account: dict[str, Any] = document["accounts"][0]
    return account


def ms(text: str) -> int:
    return to_ms(dt.datetime.fromisoformat(text))


def test_every_event_is_found_and_none_invented(imported: tuple[TrueAccount, Path]) -> None:
    simulated, _ = imported
    told = [e for e in report(imported, START, START + 60 * DAY)["events"] if e["kind"] != "gap"]
    true = simulated.events
    assert [e["kind"] for e in told] == [h.kind for h in true]
    for event, happening in zip(told, true, strict=True):
        after, at = ms(event["after"]), ms(event["at"])
        assert after <= happening.at <= at + 1000, happening
        if event["kind"] == "reset":
            assert event["quota"] is None
        elif event["kind"] == "refund":
            hidden = simulated.spend(after, at)
            assert abs(event["quota"] - happening.quota + hidden) <= SMALL
        else:
            assert abs(event["quota"] - happening.quota) <= SMALL


def test_the_outage_is_the_only_gap(imported: tuple[TrueAccount, Path]) -> None:
    simulated, _ = imported
    [outage] = simulated.scenario.outages
    gaps = [e for e in report(imported, START, START + 60 * DAY)["events"] if e["kind"] == "gap"]
    assert [(ms(g["after"]) < outage.start, ms(g["at"]) >= outage.end) for g in gaps] == [
        (True, True)
    ]


def test_spend_is_exact_but_for_what_a_refund_or_a_reset_hides(
    imported: tuple[TrueAccount, Path],
) -> None:
    simulated, _ = imported
    told = report(imported, START, START + 60 * DAY)
    first, last = (int(simulated.snapshots["t"][i]) for i in (0, -1))
    hidden = sum(
        simulated.spend(ms(event["after"]), ms(event["at"]))
        for event in told["events"]
        if event["kind"] in {"refund", "reset"}
    )
    spent = told["reconciliation"]["spend"]
    assert 0 <= simulated.spend(first, last) - spent <= hidden
    assert sum(p["spend"] or 0 for p in told["periods"]) == spent


@pytest.mark.parametrize("window", range(4))
def test_any_window_reconciles_with_little_in_flight(
    imported: tuple[TrueAccount, Path], window: int
) -> None:
    simulated, _ = imported
    moments = random.Random(window)
    since = START + moments.randrange(50 * DAY)
    told = report(imported, since, since + moments.randrange(HOUR, 20 * DAY), by="hour")
    lines = told["reconciliation"]
    assert lines["closing"] == (
        lines["opening"]
        + lines["top_ups"]
        + lines["refunds"]
        + lines["adjustments"]
        - lines["spend"]
        + lines["in_flight"]
    )
    reserved = simulated.reserved(simulated.snapshots["t"])
    assert abs(lines["in_flight"]) <= max(int(reserved.max()), SMALL)
    assert sum(p["spend"] or 0 for p in told["periods"]) == lines["spend"]


def test_the_past_is_told_as_it_was_known(imported: tuple[TrueAccount, Path]) -> None:
    simulated, database = imported
    moment = START + 30 * DAY
    document = json.loads(tracker(database, "report", "-j", "--as-of", from_ms(moment).isoformat()))
    [account] = document["accounts"]
    known = simulated.snapshots[simulated.snapshots["t"] <= moment][-1]
    assert account["balance"]["quota"] == known["quota"]
    assert account["used"]["quota"] == known["used"]
    assert all(ms(event["at"]) <= moment for event in account["events"])
