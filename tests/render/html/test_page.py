import base64
import datetime as dt
import hashlib
import html
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.examples import examples
from tests.render import sample
from tests.render.anything import reports
from tests.render.html.reading import page, rows, text
from usage_tracker import formatting
from usage_tracker.forecast.depletion import Chance
from usage_tracker.render import summary
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html import render
from usage_tracker.reporting.model import Reconciliation, Report

KB = 1000
ACTIVE = {"script", "img", "image", "iframe", "object", "embed", "link", "base", "form", "input"}
LEADING = {"src", "href", "srcset", "action", "data", "poster", "xlink:href"}


def tiles(report: Report) -> dict[str, str]:
    facts = page(report).iterfind(".//dl/div")
    return {text(fact[0]): text(fact[1]) for fact in facts}


def acts(attribute: str, value: str) -> bool:
    leads_away = attribute in LEADING and not value.startswith("#")
    return attribute == "style" or attribute.startswith("on") or leads_away


def test_the_figures_at_a_glance_are_the_reports() -> None:
    assert tiles(sample.lived_in()) == {
        "Left": "$125.48$572.81 used in all",
        "Runs out about": "Sun 6 Dec80 %: Tue 1 Dec to Sat 12 Dec",
        "Daily spend": "$10.90last 7 days",
        "Spent": "$312.44since Sat 24 Oct",
        "Runs out within 7 days": "4 %99 % within 30 days",
    }


def test_the_figures_of_a_window_that_has_ended_name_its_end() -> None:
    now = sample.lived_in()
    shown = tiles(replace(now, until=now.as_of - dt.timedelta(days=5)))
    assert shown["Daily spend"] == "$10.907 days to Wed 18 Nov"
    assert shown["Spent"] == "$312.44Sat 24 Oct to Wed 18 Nov"


def test_the_spend_of_a_lone_snapshot_is_unknown() -> None:
    assert tiles(sample.lone_snapshot())["Spent"].startswith("—")
    tree = page(sample.lone_snapshot())
    assert [text(name) for name in tree.iterfind(".//figcaption/h2")] == ["Balance"]
    assert tree.findall(".//details") == []


def test_an_account_that_is_used_up_has_no_chances() -> None:
    (account,) = sample.overdrawn().accounts
    sure = replace(account.depletion, probability=(Chance(7, 1.0),))
    report = replace(sample.overdrawn(), accounts=(replace(account, depletion=sure),))
    assert not any(name.startswith("Runs out within") for name in tiles(report))


def test_no_chance_is_certain() -> None:
    (account,) = sample.lived_in().accounts
    sure = replace(account.depletion, probability=(Chance(7, 0.0), Chance(30, 1.0)))
    report = replace(sample.lived_in(), accounts=(replace(account, depletion=sure),))
    assert tiles(report)["Runs out within 7 days"] == "<1 %>99 % within 30 days"


def test_the_sentences_are_those_of_every_other_format() -> None:
    report = sample.lived_in()
    outlook = summary.depletion_sentence(report.accounts[0].depletion, Calendar.of(report))
    standing = summary.balance_sentence(report.accounts[0], report)
    assert text(page(report).findall(".//p[@class='outlook']")[0]) == f"{standing} {outlook}"


def test_the_header_has_the_window() -> None:
    (shown,) = page(sample.lived_in()).iterfind(".//header/p")
    window = "Sat 24 Oct 13:15 to Mon 23 Nov 2026 13:15, Asia/Taipei"
    assert text(shown) == f"{window}. Data as of Mon 23 Nov 2026 13:15."


def test_several_accounts_begin_with_an_overview_that_leads_to_each() -> None:
    tree = page(sample.several())
    shown = rows(tree, "Accounts by days left")
    assert [row[0] for row in shown] == ["batch jobs", "alice", "idle", "never polled"]
    targets = [link.get("href", "") for link in tree.iterfind(".//table//a")]
    assert [f"#{article.get('id')}" for article in tree.iterfind(".//article")] == targets
    (total,) = tree.iterfind(".//tfoot/tr")
    assert text(total) == "All$1,647$52.92"


def test_the_sum_says_what_is_not_counted() -> None:
    report = sample.several()
    first, *rest = report.accounts
    retired = replace(report, accounts=(replace(first, retired=True), *rest))
    shown = text(page(retired))
    assert f"{first.account} is not configured: not counted." in shown


def test_no_account_pays_the_debt_of_another() -> None:
    rich, poor = sample.lived_in().accounts[0], sample.overdrawn().accounts[0]
    report = replace(sample.lived_in(), accounts=(rich, poor))
    (total,) = page(report).iterfind(".//tfoot/tr")
    pooled, debt = summary.total_balance(report.accounts).split("; ")
    assert text(total[1]) == pooled.removesuffix(" left") == "$125.48"
    assert text(total[4]) == debt


def test_a_fleet_is_an_overview_only() -> None:
    tree = page(sample.many())
    assert len(rows(tree, "Accounts by days left")) == 60
    assert tree.findall(".//article") == []
    assert tree.findall(".//a") == []


def test_a_long_list_of_periods_is_folded_and_a_short_one_open() -> None:
    ((short,), (long,)) = (
        page(report).findall(".//details") for report in (sample.lived_in(), sample.a_year())
    )
    assert short.get("open") is not None
    assert long.get("open") is None


def test_periods_before_the_first_snapshot_are_no_rows() -> None:
    assert len(rows(page(sample.first_hours()), "Spend by day: default")) == 1
    assert page(sample.no_snapshots()).findall(".//details") == []


def test_a_window_without_a_snapshot_still_has_daily_spend_and_events() -> None:
    (account,) = sample.lived_in().accounts
    nothing = Reconciliation(*[None] * 9)
    silent = replace(account, reconciliation=nothing)
    tree = page(replace(sample.lived_in(), accounts=(silent,)))
    assert [text(title) for title in tree.iterfind(".//section/h2")] == [
        "Daily spend",
        "Events",
    ]


def test_a_report_without_accounts_says_so() -> None:
    assert "There are no accounts." in text(page(sample.no_accounts()))


def test_omitted_periods_are_counted() -> None:
    (account,) = sample.hourly().accounts
    report = replace(
        sample.hourly(), accounts=(replace(account, periods=(account.periods * 2)[:1200]),)
    )
    (details,) = page(report).findall(".//details")
    assert "The first 200 are left out here" in text(details)
    assert len(rows(page(report), "Spend by hour: default")) == 1000


def test_a_year_of_days_is_a_small_file() -> None:
    assert len(render(sample.a_year()).encode()) < 400 * KB


@pytest.mark.parametrize("name", sample.everything())
def test_the_page_loads_nothing_and_runs_nothing(name: str) -> None:
    written = render(sample.everything()[name])
    style = re.findall(r"<style>(.*?)</style>", written, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    policy = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"/>', written)
    assert len(style) == len(policy) == 1
    style_only = f"style-src 'sha256-{digest}'"
    rules = ["default-src 'none'", style_only, "base-uri 'none'", "form-action 'none'"]
    assert html.unescape(policy[0]).split(";") == rules
    assert re.findall(r"@import|url\([^#]|expression", style[0]) == []
    nodes = list(page(sample.everything()[name]).iter())
    assert {node.tag for node in nodes}.isdisjoint(ACTIVE)
    assert not [item for node in nodes for item in node.items() if acts(*item)]


@pytest.mark.parametrize("name", sample.HOSTILE_NAMES)
def test_a_hostile_name_is_only_text(name: str) -> None:
    tree = page(sample.lived_in(name=name))
    (heading,) = tree.iterfind(".//h1")
    assert text(heading) == f"Usage of {formatting.plain(name)}"
    assert text(tree.findall("head/title")[0]).startswith(f"Usage of {formatting.plain(name)}")
    assert not tree.findall(".//script")
    assert not tree.findall(".//img")


def test_every_chart_has_a_name_and_every_id_is_unique() -> None:
    tree = page(sample.several())
    charts = tree.findall(".//svg[@role='img']")
    assert len(charts) == 9
    assert all(len(chart.get("aria-label", "")) > 20 for chart in charts)
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(ids) == len(set(ids))


def test_times_have_an_iso_form_for_programs() -> None:
    (as_of,) = page(sample.lived_in()).iterfind(".//header//time")
    assert as_of.get("datetime") == "2026-11-23T05:15:00.000Z"
    assert text(as_of) == "Mon 23 Nov 2026 13:15"


def test_a_forecast_that_failed_its_backtest_has_a_warning() -> None:
    (account,) = sample.lived_in().accounts
    doubted = replace(account, trust="Of 40 past forecasts 21 came true.")
    (warning,) = page(replace(sample.lived_in(), accounts=(doubted,))).iterfind(
        ".//p[@class='warning']"
    )
    assert text(warning) == "Of 40 past forecasts 21 came true."


@settings(max_examples=examples(80), deadline=None, suppress_health_check=list(HealthCheck))
@given(report=reports())
def test_any_report_makes_a_well_formed_page(report: Report) -> None:
    tree: Any = page(report)
    assert tree.tag == "html"
