import dataclasses
import datetime as dt
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import get_args

import matplotlib as mpl
import pytest
from hypothesis import HealthCheck, given, settings
from matplotlib.colors import to_hex

from tests.examples import examples
from tests.render import sample
from tests.render.account import AS_OF
from tests.render.anything import reports
from tests.render.mpl.reading import drawn, overlapping, texts_of
from usage_tracker.errors import MisuseError
from usage_tracker.render import summary
from usage_tracker.render.chart_data.kinds import Kind
from usage_tracker.render.chart_data.palette import DARK, LIGHT
from usage_tracker.render.mpl import UnknownPictureError, picture, plot, save
from usage_tracker.render.mpl.figure import Chart
from usage_tracker.reporting.model import Report

HOUR = dt.timedelta(hours=1)
SIZES = ((400, 250), (1000, 625))
SAMPLES = sample.everything()
WEEK = tuple(tuple(1_000.0 * day * hour for hour in range(24)) for day in range(6))
HEAT = (*WEEK, (None,) * 24)


def with_heat(report: Report) -> Report:
    accounts = (dataclasses.replace(account, heat=HEAT) for account in report.accounts)
    return dataclasses.replace(report, accounts=tuple(accounts))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", SAMPLES)
def test_no_label_overlaps_another_or_leaves_the_picture(name: str, size: tuple[int, int]) -> None:
    width, height = size
    texts = drawn(plot(with_heat(SAMPLES[name]), width=width, height=height))
    assert [t for t, box in texts if box.x0 < 0 or box.y0 < 0] == []
    assert [t for t, box in texts if box.x1 > width or box.y1 > height] == []
    assert overlapping(texts) == []


@pytest.mark.parametrize("size", [(640, 400), (1600, 1000), (1000, 300), (300, 700)], ids=str)
def test_shapes_between_and_beyond_are_as_tidy(size: tuple[int, int]) -> None:
    for name in ("lived_in", "several"):
        test_no_label_overlaps_another_or_leaves_the_picture(name, size)


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("name", ["lived_in", "several", "no_snapshots", "no_accounts"])
def test_each_kind_of_chart_can_stand_alone(kind: Kind, name: str) -> None:
    texts = drawn(plot(with_heat(SAMPLES[name]), kind, width=640, height=400))
    assert texts
    assert overlapping(texts) == []


def test_a_chart_shows_the_balance_the_date_and_the_moment_of_the_report() -> None:
    words = " ".join(text for text, _ in drawn(plot(sample.lived_in())))
    assert "$125.48 left" in words
    assert "runs out about Sun 6 Dec" in words
    assert "80 %: Tue 1 Dec to Sat 12 Dec" in words
    assert "as of Mon 23 Nov 2026 13:15, Asia/Taipei" in words
    assert "+$100" in words


def test_what_a_picture_shows_is_named_where_the_default_size_has_room_for_it() -> None:
    words = {text for text, _ in drawn(plot(with_heat(sample.lived_in())))}
    assert {"uncertain", "not whole", "top-up", "refund", "adjustment", "gap"} <= words
    large = {text for text, _ in drawn(plot(sample.lived_in(), "spend", width=1400))}
    assert {"in part estimated or unknown", "not a whole day"} <= large


def test_a_small_picture_has_room_for_the_burn_down_alone() -> None:
    assert len(plot(with_heat(sample.lived_in()), width=400, height=250).axes) == 1
    assert len(plot(with_heat(sample.lived_in()), width=1000, height=625).axes) == 3


def test_where_no_hour_is_known_the_bars_have_the_room_of_the_week() -> None:
    (account,) = sample.lived_in().accounts
    blank = dataclasses.replace(account, heat=((None,) * 24,) * 7)
    figure = plot(dataclasses.replace(sample.lived_in(), accounts=(blank,)))
    balance, spend = figure.axes
    assert balance.get_position().width == pytest.approx(spend.get_position().width)


@pytest.mark.parametrize("days", [38, 40, 42, 44])
def test_a_date_with_its_year_does_not_leave_the_picture_on_the_right(days: int) -> None:
    (account,) = sample.lived_in().accounts
    end = AS_OF + days * 24 * HOUR
    depletion = dataclasses.replace(account.depletion, low=AS_OF, median=end, high=end)
    late = dataclasses.replace(account, depletion=depletion)
    figure = plot(dataclasses.replace(sample.lived_in(), accounts=(late,)), "balance")
    assert [text for text, box in drawn(figure) if box.x1 > 1000] == []


def test_a_thumbnail_has_no_labels_beside_its_lines_but_shows_the_end() -> None:
    figure = plot(with_heat(sample.lived_in()), width=240, height=160)
    words = [text for text, _ in drawn(figure)]
    assert "$125.48 left  ·  runs out about Sun 6 Dec" in words
    assert not any(text.startswith(("+", "80 %", "Balance")) for text in words)


def test_accounts_that_run_out_first_come_first_and_the_rest_is_counted() -> None:
    words = [text for text, _ in drawn(plot(sample.many()))]
    shown = [text for text in words if text.startswith("team-")]
    assert 4 <= len(shown) < 60
    assert shown[0] == "team-008"
    assert any(f"the {len(shown)} that run out first" in text for text in words)


def test_no_account_pays_the_debt_of_another() -> None:
    both = (*sample.lived_in().accounts, *sample.overdrawn().accounts)
    report = dataclasses.replace(sample.lived_in(), accounts=both)
    assert summary.total_balance(both) in [text for text, _ in drawn(plot(report))]


@pytest.mark.parametrize(("dark", "palette"), [(False, LIGHT), (True, DARK)])
def test_light_and_dark_have_their_own_ground(dark: bool, palette: object) -> None:  # noqa: FBT001
    figure = plot(sample.lived_in(), dark=dark)
    assert to_hex(figure.get_facecolor()) == getattr(palette, "surface", None)


def test_a_name_is_text_and_never_mathematics() -> None:
    report = sample.lived_in(name="$x^2$ and $\\frac{1}{0$")
    assert "$x^2$ and $\\frac{1}{0$" in picture(plot(report), "svg").decode()


@pytest.mark.parametrize("name", sample.HOSTILE_NAMES)
def test_a_hostile_name_is_shown_harmless_and_short(name: str) -> None:
    texts = [text for text, _ in drawn(plot(sample.lived_in(name=name), width=400, height=250))]
    assert all(text.isprintable() and len(text) <= 100 for text in texts)


def test_the_users_own_matplotlib_settings_change_nothing() -> None:
    plain = picture(plot(sample.lived_in()), "png")
    with mpl.rc_context({"font.size": 40, "axes.facecolor": "red", "text.usetex": True}):
        assert picture(plot(sample.lived_in()), "png") == plain
        assert mpl.rcParams["font.size"] == 40


def test_pyplot_is_never_loaded() -> None:
    script = "import sys, usage_tracker.render.mpl; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


@settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(report=reports())
def test_no_report_is_too_odd_to_be_drawn(report: Report) -> None:
    for kind in get_args(Kind):
        assert picture(plot(report, kind, width=480, height=300), "svg")


def test_the_hours_of_the_week_are_captioned_with_the_time_that_they_cover() -> None:
    words = texts_of(plot(with_heat(sample.lived_in()), "heat"))
    assert {"Spend by hour of the week", "8 weeks to Mon 23 Nov"} <= set(words)
    assert any("8 weeks" in text for text in texts_of(plot(with_heat(sample.several()), "heat")))


def test_a_window_of_the_past_is_shown_at_the_foot() -> None:
    report = sample.lived_in()
    past = dataclasses.replace(report, until=report.until - 72 * HOUR)
    assert any("to Fri 20 Nov" in text for text in texts_of(plot(past)))
    assert not any("to Fri 20 Nov" in text for text in texts_of(plot(report)))


@pytest.mark.parametrize("kind", ["overview", "spend"])
def test_dates_of_a_short_history_among_others_do_not_overprint(kind: Kind) -> None:
    (account,) = sample.lived_in().accounts
    short = dataclasses.replace(account, account="short", periods=account.periods[-3:])
    crowd = (short, *sample.many(11).accounts)
    texts = drawn(plot(dataclasses.replace(sample.lived_in(), accounts=crowd), kind))
    assert overlapping(texts) == []


def pixels(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize(("width", "height"), [(400, 250), (1000, 625), (1600, 1000)])
def test_a_png_has_the_pixels_asked_for(width: int, height: int, tmp_path: Path) -> None:
    save(plot(sample.lived_in(), width=width, height=height), tmp_path / "chart.png")
    assert pixels((tmp_path / "chart.png").read_bytes()) == (width, height)


def test_density_multiplies_the_pixels_and_not_the_layout() -> None:
    figure = plot(sample.lived_in(), width=400, height=250)
    assert pixels(picture(figure, "png", density=2)) == (800, 500)


def test_an_svg_is_well_formed_and_its_words_are_text(tmp_path: Path) -> None:
    save(plot(sample.lived_in(), width=800, height=500), tmp_path / "chart.SVG")
    root = ET.parse(tmp_path / "chart.SVG").getroot()  # noqa: S314  (our own file)
    words = "".join(root.itertext())
    assert root.get("viewBox") == "0 0 800 500"
    assert "$125.48 left" in words
    assert "Spend by day" in words


@pytest.mark.parametrize("file_format", ["png", "svg"])
def test_the_same_report_makes_the_same_bytes(file_format: str) -> None:
    first, second = (picture(plot(sample.lived_in()), file_format) for _ in range(2))
    assert first == second
    assert b"dc:date" not in first


@pytest.mark.parametrize("name", ["chart.jpg", "chart", "chart.png.txt"])
def test_any_other_ending_is_refused_with_the_ones_that_work(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownPictureError, match=r"end it in \.png or \.svg") as refused:
        save(plot(sample.lived_in()), tmp_path / name)
    assert isinstance(refused.value, MisuseError)
    assert not (tmp_path / name).exists()


def test_any_other_format_is_refused_as_well() -> None:
    with pytest.raises(UnknownPictureError, match=r"\.pdf"):
        picture(plot(sample.lived_in()), "pdf")


def test_a_notebook_shows_a_figure_sharp_and_in_its_size() -> None:
    figure = plot(sample.lived_in(), width=400, height=250)
    assert isinstance(figure, Chart)
    png, size = figure._repr_png_()
    assert pixels(png) == (800, 500)
    assert size == {"width": 400, "height": 250}
