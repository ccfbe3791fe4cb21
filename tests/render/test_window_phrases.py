import datetime as dt
from dataclasses import replace

from tests.render import sample
from usage_tracker.render import window_phrases

NOW = sample.lived_in()
ENDED = replace(NOW, until=NOW.as_of - dt.timedelta(days=5))
WEEK = NOW.accounts[0].rates[2]


def test_a_window_that_reaches_to_the_reports_moment_is_the_last() -> None:
    assert window_phrases.lately(WEEK, NOW) == "last 7 days"
    assert window_phrases.heading(NOW) == "Last"
    assert window_phrases.span(NOW.since, NOW) == "since Sat 24 Oct"


def test_a_window_that_has_ended_is_told_with_its_end() -> None:
    assert window_phrases.lately(WEEK, ENDED) == "7 days to Wed 18 Nov"
    assert window_phrases.heading(ENDED) == "To Wed 18 Nov"
    assert window_phrases.span(ENDED.since, ENDED) == "Sat 24 Oct to Wed 18 Nov"


def test_a_window_without_a_name_in_words_keeps_its_own() -> None:
    assert window_phrases.name(replace(WEEK, window="90m")) == "90m"
