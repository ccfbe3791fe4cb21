from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.monitoring.findings import Finding, Level, Measure
from usage_tracker.monitoring.hysteresis import Notice, State, advance, lapsed, told

OK, WARNING, CRITICAL, UNKNOWN = Level
KNOWN = st.sampled_from([OK, WARNING, CRITICAL])


def finding(level: Level, hold: Level | None = None) -> Finding:
    return Finding("days", level, level if hold is None else hold, "because", Measure(None))


def tell(findings: Iterable[Finding]) -> list[tuple[int, Level, Level]]:
    """(moment, was, level) of each notice if each reaches somebody; a finding a tick."""
    state, notices = State(), []
    for now, each in enumerate(findings, 1):
        state, notice = advance(state, each, now)
        if notice is not None:
            notices.append((now, notice.was, notice.level))
            state = told(state, now)
    return notices


def test_each_change_is_told_once() -> None:
    course = [OK, OK, WARNING, WARNING, CRITICAL, CRITICAL, WARNING, OK, OK]
    assert tell(map(finding, course)) == [
        (3, OK, WARNING),
        (5, WARNING, CRITICAL),
        (7, CRITICAL, WARNING),
        (8, WARNING, OK),
    ]


def test_what_wavers_around_a_threshold_is_told_once() -> None:
    wavering = [finding(WARNING), finding(OK, hold=WARNING)] * 20
    assert tell(wavering) == [(1, OK, WARNING)]
    assert tell([*wavering, finding(OK)]) == [(1, OK, WARNING), (41, WARNING, OK)]


def test_holding_never_worsens() -> None:
    assert tell([finding(OK, hold=WARNING)]) == []
    assert tell([finding(WARNING, hold=CRITICAL)]) == [(1, OK, WARNING)]


def test_the_unknown_changes_nothing() -> None:
    course = [finding(WARNING), finding(UNKNOWN), finding(WARNING), finding(UNKNOWN)]
    assert tell(course) == [(1, OK, WARNING)]


def test_a_state_knows_since_when_it_is() -> None:
    state, _ = advance(State(), finding(WARNING), 10)
    state, notice = advance(state, finding(WARNING), 20)
    assert notice == Notice("days", OK, WARNING, 10, "because")
    assert told(state, 20) == State(WARNING, 10, WARNING, 20)


def wavering(level: Level, worsens: int = 0, improves: int = 0) -> Finding:
    return Finding("days", level, level, "because", Measure(None), worsens, improves)


def test_a_finding_that_asks_for_patience_must_last() -> None:
    course = [wavering(WARNING, worsens=3, improves=5)] * 5 + [wavering(OK, 3, 5)] * 7
    assert tell(course) == [(4, OK, WARNING), (11, WARNING, OK)]


def test_a_finding_that_turns_back_starts_over() -> None:
    short = [*[wavering(WARNING, worsens=3)] * 3, wavering(OK)]
    assert tell(short * 10) == []
    spell = [wavering(WARNING), *[wavering(OK, improves=3)] * 3, wavering(CRITICAL, worsens=3)]
    assert tell([*spell, *[wavering(OK, improves=3)] * 4]) == [(1, OK, WARNING), (9, WARNING, OK)]


def test_the_side_to_which_it_leans_counts_and_not_how_far() -> None:
    course = [wavering(level, worsens=2) for level in (WARNING, CRITICAL, CRITICAL)]
    assert tell(course) == [(3, OK, CRITICAL)]


def test_the_unknown_does_not_interrupt_patience() -> None:
    course = [wavering(WARNING, worsens=2), finding(UNKNOWN), wavering(WARNING, worsens=2)]
    assert tell(course) == [(3, OK, WARNING)]


def test_a_notice_that_reached_nobody_stays_due() -> None:
    state, first = advance(State(), finding(WARNING), 1)
    state, again = advance(state, finding(WARNING), 2)
    assert first == again
    state, both = advance(state, finding(CRITICAL), 3)
    assert both == Notice("days", OK, CRITICAL, 3, "because")


def test_a_notice_that_became_pointless_is_dropped() -> None:
    state, _ = advance(State(), finding(WARNING), 1)
    assert advance(state, finding(OK), 2) == (State(OK, 2, OK, None), None)


def test_an_outage_that_nobody_could_tell_of_makes_the_recovery_news() -> None:
    state, notice = advance(lapsed(State(), 5), finding(OK), 9)
    assert notice == Notice("days", CRITICAL, OK, 9, "because")
    state = told(state, 9)
    assert lapsed(state, 5) == state
    assert advance(state, finding(OK), 10) == (state, None)


def test_an_outage_that_was_told_is_not_told_again() -> None:
    known = State(CRITICAL, 3, CRITICAL, 3)
    assert lapsed(known, 1) == known


@given(st.lists(st.tuples(KNOWN, KNOWN)))
def test_no_two_notices_in_a_row_tell_the_same(course: list[tuple[Level, Level]]) -> None:
    notices = tell(finding(level, max(level, hold)) for level, hold in course)
    assert all(was != level for _, was, level in notices)
    assert [was for _, was, _ in notices[1:]] == [level for _, _, level in notices[:-1]]


@given(st.lists(st.tuples(KNOWN, KNOWN), min_size=1))
def test_what_is_told_is_between_the_level_and_its_hold(course: list[tuple[Level, Level]]) -> None:
    state = State()
    for now, (level, slack) in enumerate(course):
        hold = max(level, slack)
        state, _ = advance(state, finding(level, hold), now)
        assert level <= state.level <= hold
