import datetime as dt
import io
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render import sample
from usage_tracker import formatting
from usage_tracker.formatting import can_encode, stream_encoding, transliterate
from usage_tracker.render.dates import Calendar

TAIPEI = Calendar(zoneinfo.ZoneInfo("Asia/Taipei"), dt.datetime(2026, 11, 23, 5, 15, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (None, "—"),
        (0.0, "$0.00"),
        (0.0042, "$0.0042"),
        (0.042, "$0.042"),
        (0.42, "$0.42"),
        (12.34, "$12.34"),
        (999.994, "$999.99"),
        (1234.0, "$1,234"),
        (-3.2, "-$3.20"),
        (-1_234_567.8, "-$1,234,568"),
        (0.000002, "$0.000002"),
    ],
)
def test_dollars_are_as_precise_as_their_size_calls_for(usd: float | None, text: str) -> None:
    assert formatting.dollars(usd) == text


def test_a_column_of_dollars_has_one_precision() -> None:
    assert formatting.dollars(3, 2) == "$3.00"
    assert formatting.dollars(1234.5, 2) == "$1,234.50"
    assert formatting.dollars(0.0004, 2) == "<$0.01"
    assert formatting.dollars(-0.0004, 2) == ">-$0.01"


@pytest.mark.parametrize(
    ("amounts", "places"),
    [([], 2), ([None, 0.0], 2), ([0.004, 0.05], 3), ([1.0, 0.004], 2), ([20_000.0, 3.0], 0)],
)
def test_a_column_is_as_precise_as_its_largest_amount_calls_for(
    amounts: list[float | None], places: int
) -> None:
    assert formatting.column_places(amounts) == places


@given(st.floats(1e-6, 1e12), st.none() | st.integers(0, 6))
def test_something_is_never_shown_as_nothing(usd: float, places: int | None) -> None:
    text = formatting.dollars(usd, places)
    assert text.startswith("<") or any(digit in text for digit in "123456789")


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "—"),
        (0.0, "0 %"),
        (0.001, "<1 %"),
        (0.5, "50 %"),
        (0.999, ">99 %"),
        (1.0, "100 %"),
    ],
)
def test_nearly_all_is_not_all_and_little_is_not_nothing(share: float | None, text: str) -> None:
    assert formatting.percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (84, "84 s"),
        (1500, "25 min"),
        (33_000, "9 h"),
        (302_400, "3.5 days"),
        (86_400 * 120, "120 days"),
    ],
)
def test_durations_have_the_usual_unit(seconds: float | None, text: str) -> None:
    assert formatting.duration(seconds) == text


def test_a_whole_hour_is_an_hour() -> None:
    assert [formatting.duration(60 * m) for m in (59, 60, 61, 119.8)] == [
        "59 min",
        "1 h",
        "61 min",
        "2 h",
    ]


def test_utc_has_one_name() -> None:
    assert [formatting.timezone_name(name) for name in ("Etc/UTC", "+08:00")] == [
        "UTC",
        "UTC+08:00",
    ]
    assert formatting.timezone_name("Asia/Taipei") == "Asia/Taipei"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (84, "84 s"),
        (599, "10 min"),
        (86_399, "24 h"),
        (90_000, "25 h"),
        (172_799, "47 h"),
        (172_800, "2 days"),
        (5.9 * 86_400, "5 days"),
        (None, "—"),
    ],
)
def test_ages_over_a_day_are_rounded_down(seconds: float | None, text: str) -> None:
    assert formatting.age(seconds) == text


def test_a_credit_has_its_sign() -> None:
    told = [formatting.signed(usd) for usd in (80.0, -3.2, 0.0, None)]
    assert told == ["+$80.00", "-$3.20", "$0.00", "—"]


def test_counts_agree_with_their_nouns() -> None:
    assert formatting.count_noun(1, "snapshot") == "1 snapshot"
    assert formatting.count_noun(4320, "snapshot") == "4,320 snapshots"
    assert formatting.days(1) == "1.0 day"
    assert formatting.days(None) == formatting.count(None) == "—"


def test_dates_are_those_of_the_zone_and_name_another_year() -> None:
    late = dt.datetime(2026, 12, 31, 17, tzinfo=dt.UTC)
    assert TAIPEI.day(late) == "Fri 1 Jan 2027"
    assert TAIPEI.minute(late, year=False) == "Fri 1 Jan 01:00"
    assert TAIPEI.day(TAIPEI.now) == "Mon 23 Nov"
    assert TAIPEI.day(TAIPEI.now, year=True) == "Mon 23 Nov 2026"
    assert TAIPEI.day(None) == TAIPEI.minute(None) == "—"


def test_periods_are_named_after_their_start() -> None:
    assert TAIPEI.period(TAIPEI.now, "hour") == "Mon 23 Nov 13:00"
    assert TAIPEI.period(TAIPEI.now, "day") == "Mon 23 Nov"
    assert TAIPEI.period(TAIPEI.now, "week") == "week of 23 Nov"
    assert TAIPEI.period(TAIPEI.now, "month") == "Nov 2026"


def test_the_edges_of_whole_periods_are_those_of_the_calendar() -> None:
    def local(*parts: int) -> dt.datetime:
        return dt.datetime(*parts, tzinfo=TAIPEI.tz)  # type: ignore[arg-type,misc]

    assert TAIPEI.is_edge(local(2026, 11, 23, 13), "hour")
    assert not TAIPEI.is_edge(local(2026, 11, 23, 13, 15), "hour")
    assert TAIPEI.is_edge(local(2026, 11, 24), "day")
    assert not TAIPEI.is_edge(local(2026, 11, 24, 1), "day")
    assert TAIPEI.is_edge(local(2026, 11, 23), "week")
    assert not TAIPEI.is_edge(local(2026, 11, 24), "week")
    assert TAIPEI.is_edge(local(2026, 11, 1), "month")
    assert not TAIPEI.is_edge(local(2026, 11, 2), "month")


def test_a_day_whose_midnight_the_clocks_skip_begins_when_they_land() -> None:
    beirut = Calendar(zoneinfo.ZoneInfo("Asia/Beirut"), TAIPEI.now)
    assert beirut.is_edge(dt.datetime(2026, 3, 28, 22, tzinfo=dt.UTC), "day")


def test_formats_are_english_in_every_locale() -> None:
    assert Calendar.of(sample.lived_in()).date(TAIPEI.now) == "23 Nov"
    assert formatting.event_name("top_up") == "top-up"
    assert formatting.event_name("reset") == "counter reset"
    assert formatting.event_name("gap") == "gap"


@given(st.text())
def test_foreign_text_is_one_short_printable_line(text: str) -> None:
    tame = formatting.plain(text, 20)
    assert len(tame) <= 20
    assert tame.isprintable()


def test_foreign_text_is_left_alone_where_it_is_harmless() -> None:
    assert formatting.plain("Zoë's [team] <1>, 测试") == "Zoë's [team] <1>, 测试"


def test_what_reverses_or_piles_up_is_stopped() -> None:
    assert formatting.plain("\u202eabc") == "\ufffdabc"
    assert formatting.plain("z" + "\u0301" * 50) == "z\u0301\u0301"
    assert formatting.plain("x" * 10_000) == "x" * 59 + "…"


@given(st.text())
def test_foreign_text_is_not_shortened_within_its_limit(text: str) -> None:
    assert formatting.visible(text).isprintable()
    assert len(formatting.visible(text)) == len(text)
    assert set(formatting.visible(text, "")) <= {*text, " "}


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.8, "80 %"), (0.975, "97.5 %"), (0.9996, ">99.9 %"), (0.0001, "<0.1 %"), (1.0, "100 %")],
)
def test_a_share_has_a_decimal_only_where_there_is_one(share: float, text: str) -> None:
    assert formatting.percent(share, 1) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.8, "80 %"), (1 - 1e-10, ">99 %"), (1e-300, "<1 %"), (1.0, ">99 %")]
)
def test_no_chance_is_ever_certain(share: float, text: str) -> None:
    assert formatting.probability(share) == text


def stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


@pytest.fixture(autouse=True)
def _locale(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.setenv(name, "de_DE.UTF-8")


def test_a_stream_takes_what_its_encoding_has() -> None:
    assert can_encode(stream("utf-8"), "—é▁")
    assert can_encode(stream("latin-1"), "é")
    assert not can_encode(stream("latin-1"), "—")
    assert can_encode(io.StringIO(), "—")


@pytest.mark.parametrize("name", ["C", "POSIX"])
def test_the_c_locale_wants_ascii_whatever_the_stream(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("LC_ALL", name)
    assert stream_encoding(stream("utf-8")) == "ascii"
    assert not can_encode(stream("utf-8"), "é")


def test_missing_characters_are_substituted() -> None:
    assert transliterate("$1 — é ± 2…") == "$1 -- ? +/- 2..."
    assert transliterate("é — x", "latin-1") == "é -- x"


def test_many_names_are_cut_short() -> None:
    assert formatting.shorten(["a", "b"]) == "a, b"
    assert formatting.shorten(list("abcdef")) == "a, b, c, d, e, ..."
