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


def test_an_event_is_told_with_what_is_to_be_known_of_it() -> None:
    (account,) = sample.lived_in().accounts
    assert [told(event) for event in account.events] == [
        "top-up",
        "refund",
        "gap of 10 h",
        "adjustment",
        "top-up, not confirmed",
    ]
