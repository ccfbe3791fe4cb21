from dataclasses import replace

from tests.render import sample
from usage_tracker.render.happened import by_period, credits_of, told


def test_the_credit_of_all_periods_is_that_of_the_reconciliation() -> None:
    (account,) = sample.lived_in().accounts
    lines = account.reconciliation
    added = [lines.top_ups, lines.refunds, lines.adjustments]
    assert sum(credits_of(account.periods, account.events)) == sum(line or 0 for line in added)


def test_a_gap_happened_in_every_period_it_reaches_into_and_all_else_in_one() -> None:
    (account,) = sample.lived_in().accounts
    kinds = [
        event.kind for events in by_period(account.periods, account.events) for event in events
    ]
    assert kinds.count("gap") == 2
    assert len(kinds) == len(account.events) + 1


def test_what_is_seen_as_a_period_ends_is_of_that_period_as_its_balance_is() -> None:
    (account,) = sample.lived_in().accounts
    top_up = next(event for event in account.events if event.kind == "top_up")
    edge = next(period for period in account.periods if period.end > top_up.at)
    at_the_edge = replace(top_up, at=edge.end)
    (before,) = [
        period
        for period, events in zip(
            account.periods, by_period(account.periods, [at_the_edge]), strict=True
        )
        if events
    ]
    assert before == edge


def test_an_event_is_told_with_what_is_to_be_known_of_it() -> None:
    (account,) = sample.lived_in().accounts
    assert [told(event) for event in account.events] == [
        "top-up",
        "refund",
        "gap of 10 h",
        "adjustment",
        "top-up, not confirmed",
    ]
