from itertools import pairwise

from usage_tracker.ledger.events import Event
from usage_tracker.ledger.sampling import CHART_STEPS, chart_moments
from usage_tracker.times import DAY, HOUR


def test_of_too_many_credits_a_chart_draws_the_largest_not_the_newest() -> None:
    count = CHART_STEPS + 10
    edges = [day * DAY + HOUR + 1 for day in range(count + 1)]
    events = [
        Event(at, after, "top_up", 1_000_000 - i) for i, (after, at) in enumerate(pairwise(edges))
    ]
    shown = set(chart_moments(0, count * DAY + 2 * HOUR, 0, events).tolist())
    assert shown >= set(edges[: CHART_STEPS + 1])
    assert not shown & set(edges[CHART_STEPS + 1 :])
