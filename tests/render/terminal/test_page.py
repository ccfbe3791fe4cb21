import datetime as dt
import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.examples import examples
from tests.render import sample
from tests.render.anything import reports
from usage_tracker.render.terminal import render, show
from usage_tracker.render.terminal.page import LONG, takes_color
from usage_tracker.reporting.model import Amount, Report

SAMPLES = sample.everything()


def page(report: Report, width: int = 80, *, unicode: bool = True) -> str:
    return render(report, width=width, color=False, unicode=unicode)


class Screen(io.TextIOWrapper):
    """A stream that says it is a terminal, in some encoding."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = True) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def text(self) -> str:
        self.seek(0)
        return self.read()


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("width", [60, 80, 119, 120, 140, 200])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    assert max(map(cell_len, page(SAMPLES[name], width).splitlines())) <= width


def test_what_was_in_flight_is_explained_if_something_was() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    shown = [
        page(replace(report, accounts=(replace(account, reconciliation=lines),)))
        for lines in (replace(account.reconciliation, in_flight=n) for n in (0, -12_500))
    ]
    assert ["In flight: " in text for text in shown] == [False, True]


def test_an_overdrawn_account_has_no_forecast_sentence() -> None:
    report = sample.overdrawn()
    (account,) = report.accounts
    assert "Overdrawn by $161.00" in page(report)
    assert "Used up" not in page(report)
    empty = replace(account, balance=Amount(0, 0.0))
    assert "Used up" in page(replace(report, accounts=(empty,)))


@pytest.mark.parametrize("width", [30, 40, 59])
def test_a_narrow_page_has_no_picture(width: int) -> None:
    lines = page(sample.lived_in(), width).splitlines()
    assert "Balance" not in lines
    assert all(cell_len(line) <= width for line in lines)


@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(report=reports(), width=st.integers(60, 200), unicode=st.booleans())
def test_no_report_is_wider_than_the_terminal(
    report: Report,
    width: int,
    unicode: bool,  # noqa: FBT001
) -> None:
    text = page(report, width, unicode=unicode)
    assert max(map(cell_len, text.splitlines())) <= width
    assert unicode or text.isascii()


@pytest.mark.parametrize("name", SAMPLES)
def test_without_unicode_all_is_ascii(name: str) -> None:
    assert page(SAMPLES[name], unicode=False).isascii()


def test_without_colour_there_is_no_escape() -> None:
    assert "\x1b" not in page(sample.lived_in())
    assert "\x1b[" in render(sample.lived_in(), width=80, color=True, unicode=True)


def test_colours_are_the_terminals_own_so_that_light_and_dark_themes_can_show_them() -> None:
    text = render(sample.overdrawn(), width=80, color=True, unicode=True)
    codes = {code for part in text.split("\x1b[")[1:] for code in part.split("m")[0].split(";")}
    assert codes <= {"0", "1", "2", "31", "32", "35", "36"}


def test_colour_takes_no_character_away() -> None:
    plain = page(sample.lived_in())
    coloured = render(sample.lived_in(), width=80, color=True, unicode=True)
    assert [line.rstrip() for line in _bare(coloured)] == plain.splitlines()


def _bare(text: str) -> list[str]:
    first, *rest = text.split("\x1b[")
    return (first + "".join(part.split("m", 1)[1] for part in rest)).splitlines()


def test_the_zone_is_named_once() -> None:
    assert page(sample.several()).count("Asia/Taipei") == 1


def test_a_window_that_ends_before_the_report_says_so() -> None:
    report = sample.lived_in()
    later = replace(report, as_of=report.as_of + dt.timedelta(days=2))
    assert "as of" not in page(report)
    assert "to Mon 23 Nov 2026 13:15, Asia/Taipei, as of Wed 25 Nov 13:15" in page(later)


def test_the_first_sentences_have_balance_daily_spend_and_depletion() -> None:
    text = " ".join(page(sample.lived_in()).split())
    assert "$125.48 left, $10.90 a day (last 7 days). 80 % chance that it runs out between" in text
    assert "even odds by Sun 6 Dec (without further credit)." in text


def test_an_account_that_was_never_captured_has_no_empty_tables() -> None:
    text = page(sample.no_snapshots())
    assert "No snapshot yet." in text
    assert "Spend by" not in text
    assert "Daily spend" not in text


def test_a_young_history_begins_with_its_first_day() -> None:
    text = page(sample.first_hours())
    assert "Mon 23 Nov" in text
    assert "Sun 22 Nov" not in text
    assert "nothing known before Mon 23 Nov" in text


def test_no_account_is_said_so() -> None:
    assert "There are no accounts." in page(sample.no_accounts())


def test_several_accounts_begin_with_an_overview_and_come_in_its_order() -> None:
    text = page(sample.several())
    overview, *details = text.split("─" * 80)
    names = ["batch jobs", "alice", "idle", "never polled"]
    assert sorted(names, key=overview.index) == names
    assert len(details) == len(names)


def test_a_fleet_is_one_line_each() -> None:
    lines = page(sample.many(60)).splitlines()
    assert sum(line.startswith("team-") for line in lines) == 60
    assert len(lines) < 70


def test_a_long_report_is_plain() -> None:
    assert len(sample.hourly().accounts[0].periods) > LONG
    assert "\x1b" not in render(sample.hourly(), width=80, color=True, unicode=True)


def test_hostile_names_are_neither_markup_nor_control() -> None:
    text = page(sample.hostile())
    assert "[red]not red[/red] [/]" in text
    assert all(line.isprintable() for line in text.splitlines())
    assert "x" * 41 not in text


def test_a_stream_that_is_no_terminal_gets_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    screen, pipe = Screen(), Screen(terminal=False)
    show(sample.lived_in(), screen)
    show(sample.lived_in(), pipe)
    assert "\x1b[" in screen.text()
    assert "\x1b[" not in pipe.text()


def test_no_color_outweighs_force_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert takes_color(Screen(terminal=False))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not takes_color(Screen())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_a_stream_that_cannot_encode_the_chart_gets_ascii(encoding: str) -> None:
    screen = Screen(encoding, terminal=False)
    show(sample.lived_in(), screen)
    assert screen.text().isascii()


def test_show_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "132")
    screen = Screen(terminal=False)
    show(sample.lived_in(), screen)
    assert max(map(cell_len, screen.text().splitlines())) == 132
