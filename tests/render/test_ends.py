import datetime as dt
from dataclasses import replace

from tests.render import sample
from tests.render.account import AS_OF
from usage_tracker.forecast.depletion import Chance
from usage_tracker.render import ends
from usage_tracker.render.calendar import Calendar

REPORT = sample.lived_in()
DEPLETION = REPORT.accounts[0].depletion
CALENDAR = Calendar.of(REPORT)


def test_the_ends_come_in_the_order_in_which_they_are_read() -> None:
    names = [name for name, _ in ends.moments(DEPLETION)]
    assert names == ["10 % by", "even odds by", "90 % by", "straight line"]
    unbounded = replace(DEPLETION, high=None, linear=None)
    assert [name for name, _ in ends.moments(unbounded)] == ["10 % by", "even odds by"]


def test_of_a_balance_that_is_used_up_there_is_no_end_and_no_chance() -> None:
    gone = replace(DEPLETION, state="depleted")
    assert list(ends.moments(gone)) == []
    assert ends.chances(gone) == ()
    assert ends.chances(DEPLETION) == DEPLETION.probability


def test_an_end_is_told_to_ten_minutes_only_where_it_is_near() -> None:
    assert ends.tell(AS_OF + dt.timedelta(hours=47), CALENDAR) == "Wed 25 Nov 12:20"
    assert ends.tell(AS_OF + dt.timedelta(hours=49), CALENDAR) == "Wed 25 Nov"


def test_a_chance_is_named_by_its_days() -> None:
    assert [ends.within(Chance(days, 0.5)) for days in (1, 7)] == ["within 1 day", "within 7 days"]
