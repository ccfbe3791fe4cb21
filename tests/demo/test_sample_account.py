import numpy as np
import pytest

from tests.simulator.account import TrueAccount, with_resets
from usage_tracker.demo.sample_account import history, sample
from usage_tracker.money import units
from usage_tracker.times import DAY, HOUR, MINUTE

NOW = 20_780 * DAY + 9 * HOUR + 12_345
NOWS = [NOW + k * (DAY + 5 * HOUR) for k in range(7)]


@pytest.fixture(scope="module", params=NOWS)
def now(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def account(now: int) -> TrueAccount:
    return with_resets(sample(now, utc_offset=8 * HOUR))


def test_it_is_polled_every_ten_minutes_for_eleven_weeks(account: TrueAccount, now: int) -> None:
    past = account.snapshots["t"][account.snapshots["t"] <= now]
    assert now - past[-1] < 10 * MINUTE + 2_000
    assert now - past[0] == pytest.approx(77 * DAY, abs=10 * MINUTE)
    assert len(past) == pytest.approx(77 * 144 - 9 * 6 - 5, abs=2)


def test_its_credit_lasts_nine_days_from_now(account: TrueAccount, now: int) -> None:
    left = account.at(now)[0]["quota"] + account.reserved(now)
    a_day = account.spend(now - 14 * DAY, now) / 14
    assert left / a_day == pytest.approx(9, abs=0.01)


def test_it_buys_fifty_to_a_hundred_dollars_when_low_and_never_runs_dry(
    account: TrueAccount,
) -> None:
    purchases = [h for h in account.events if h.kind == "top_up"]
    assert len(purchases) > 5
    assert all(units(50) <= purchase.quota <= units(100) for purchase in purchases)
    before = account.at([purchase.at - 1 for purchase in purchases])["quota"]
    assert np.all(before < units(15))
    assert account.snapshots["quota"].min() > 0


def test_it_spends_five_to_twenty_dollars_on_a_working_day_and_less_at_weekends(
    account: TrueAccount, now: int
) -> None:
    last_midnight = (now + 8 * HOUR) // DAY * DAY - 8 * HOUR
    midnights = last_midnight - DAY * np.arange(28, -1, -1)
    spend = np.diff(account.spent(midnights))
    weekday = (midnights[:-1] + 8 * HOUR - 4 * DAY) // DAY % 7
    working, weekend = spend[weekday < 5], spend[weekday >= 5]
    assert units(5) < np.median(working) < units(20)
    assert np.median(weekend) < 0.5 * np.median(working)


def test_its_past_has_a_refund_two_outages_and_failed_polls(account: TrueAccount, now: int) -> None:
    refunds = [h for h in account.events if h.kind == "refund"]
    assert [now - 20 * DAY < refund.at < now for refund in refunds] == [True]
    assert [(refund.at + 8 * HOUR) % DAY // HOUR for refund in refunds] == [15]
    pauses = np.diff(account.snapshots["t"][account.snapshots["t"] <= now])
    long = sorted(pauses[pauses > 11 * MINUTE])
    assert long == pytest.approx([HOUR, 9 * HOUR + 10 * MINUTE], abs=11 * MINUTE)
    assert len(account.failures) == 5
    assert np.all(account.failures < now)


def test_the_same_moment_gives_the_same_account() -> None:
    one, two = sample(NOW, utc_offset=0), sample(NOW, utc_offset=0)
    assert one.snapshots.tobytes() == two.snapshots.tobytes()
    assert sample(NOW, utc_offset=0, seed=1).snapshots.tobytes() != two.snapshots.tobytes()


def test_its_history_ends_now_and_knows_the_failures(account: TrueAccount, now: int) -> None:
    past = history(now, utc_offset=8 * HOUR)
    assert np.array_equal(
        past.readings.times, account.snapshots["t"][account.snapshots["t"] <= now]
    )
    assert np.array_equal(past.failures, account.failures)


def test_the_ledger_finds_each_purchase_and_the_refund_and_nothing_else(
    account: TrueAccount, now: int
) -> None:
    events = history(now, utc_offset=8 * HOUR).ledger.events
    found = [event for event in events if event.kind != "gap"]
    true = [happening for happening in account.events if happening.at <= now]
    assert [event.kind for event in found] == [happening.kind for happening in true]
    for event, happening in zip(found, true, strict=True):
        assert event.after < happening.at <= event.at
        # Between two polls, a refund shows only by what it is more than was spent meanwhile.
        hidden = account.spend(event.after, event.at) if happening.kind == "refund" else 0
        assert event.credit == happening.quota - hidden


def test_the_poller_s_outage_is_a_gap_and_nothing_but_an_outage_is(
    account: TrueAccount, now: int
) -> None:
    gaps = [e for e in history(now, utc_offset=8 * HOUR).ledger.events if e.kind == "gap"]
    of_outages = [
        [outage.of for outage in account.scenario.outages if gap.after < outage.start < gap.at]
        for gap in gaps
    ]
    assert of_outages.count(["poller"]) == 1
    assert all(of_outages)
