"""The page in a real browser."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import Chromium
from tests.render import sample
from usage_tracker import formatting
from usage_tracker.render.html import render

pytestmark = pytest.mark.browser

PHONE, DESK = 390, 1280
SAMPLES = sample.everything()
SIDEWAYS = """
    const wide = [...document.querySelectorAll("body *")].filter(node =>
        node.getBoundingClientRect().right > innerWidth + 0.5 && !node.closest(".scroll, svg"));
    return [document.documentElement.scrollWidth, wide.map(node => node.outerHTML.slice(0, 120))];
"""
CLIPPED = """
    const out = [...document.querySelectorAll("svg.chart text")].filter(node => {
        const box = node.getBoundingClientRect();
        return box.width > 0 && (box.left < 0 || box.right > innerWidth);
    });
    return out.map(node => node.textContent);
"""
OVERLAPPING = """
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
    return [...document.querySelectorAll("svg.chart")].flatMap(chart => {
        const labels = [...chart.querySelectorAll("text")]
            .map(node => [node.textContent, node.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0);
        return labels.flatMap(([a, first], i) => labels.slice(i + 1)
            .filter(([, second]) => meet(first, second)).map(([b]) => a + " / " + b));
    });
"""
AXE = """
    const done = arguments[arguments.length - 1];
    axe.run({resultTypes: ["violations"]}).then(found => done(found.violations.map(
        rule => [rule.impact, rule.id, rule.nodes.slice(0, 3).map(node => node.html)])));
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "report.html"


def show(browser: Chromium, page: Path, name: str, width: int, *, dark: bool = False) -> None:
    page.write_text(render(SAMPLES[name]), encoding="utf-8")
    browser.resize(width, 800, dark=dark)
    browser.open(page)


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_overflows_overlaps_is_fetched_or_logged(
    browser: Chromium, page: Path, name: str, width: int
) -> None:
    show(browser, page, name, width)
    assert browser.run(SIDEWAYS) == [width, []]
    assert browser.run(CLIPPED) == []
    assert browser.run(OVERLAPPING) == []
    assert browser.console() == []
    assert browser.requested(page) == [page.as_uri()]


def test_hostile_names_are_text_and_run_nothing(browser: Chromium, page: Path) -> None:
    show(browser, page, "hostile", DESK)
    assert browser.run("return document.querySelectorAll('script, img, iframe').length") == 0
    shown = browser.run("return [...document.querySelectorAll('h2')].map(node => node.innerText)")
    assert sorted(shown) == sorted(
        " ".join(formatting.plain(name).split()) for name in sample.HOSTILE_NAMES
    )
    reached = browser.run(
        "return [...document.querySelectorAll('h2 bdi')].map(n => n.dir || 'own')"
    )
    assert set(reached) == {"own"}


def test_the_policy_blocks_injected_scripts_and_images(browser: Chromium, page: Path) -> None:
    injected = "<script>document.title = 'run'</script><img src='http://127.0.0.1:9/x'>"
    written = render(SAMPLES["lived_in"]).replace("</main>", f"{injected}</main>")
    page.write_text(written, encoding="utf-8")
    browser.open(page)
    assert browser.run("return document.title").startswith("Usage of default")
    assert len(browser.console()) == 2


def test_light_and_dark_follow_the_screen(browser: Chromium, page: Path) -> None:
    backgrounds = []
    for dark in (False, True):
        show(browser, page, "lived_in", DESK, dark=dark)
        backgrounds.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
    assert backgrounds == ["rgb(255, 255, 255)", "rgb(18, 22, 28)"]


def test_print_is_light_and_shows_folded_tables(browser: Chromium, page: Path) -> None:
    show(browser, page, "a_year", DESK, dark=True)
    browser.command("Emulation.setEmulatedMedia", media="print")
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    height = browser.run("return document.querySelector('details').getBoundingClientRect().height")
    browser.command("Emulation.setEmulatedMedia", media="")
    assert background == "rgb(255, 255, 255)"
    assert height > 366 * 15


def test_a_phone_shows_fewer_dates_in_text_of_the_same_size(browser: Chromium, page: Path) -> None:
    seen: dict[int, Any] = {}
    for width in (PHONE, DESK):
        show(browser, page, "lived_in", width)
        seen[width] = browser.run(
            "const shown = [...document.querySelectorAll('svg.chart text')].filter("
            "node => node.getBoundingClientRect().width > 0);"
            "return [shown.length, getComputedStyle(shown[0]).fontSize]"
        )
    assert seen[PHONE][0] < seen[DESK][0]
    assert seen[PHONE][1] == seen[DESK][1] == "12px"


def test_charts_have_names_in_the_accessibility_tree(browser: Chromium, page: Path) -> None:
    show(browser, page, "lived_in", DESK)
    nodes = browser.command("Accessibility.getFullAXTree")["nodes"]
    names = [n["name"]["value"] for n in nodes if n["role"]["value"] in {"image", "img"}]
    assert [name.split(" ")[0] for name in names] == ["Balance", "Spend", "Mean"]
    assert "runs out between Tue 1 Dec and Sat 12 Dec" in names[0]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["lived_in", "several", "stale", "overdrawn", "first_hours"])
def test_axe_finds_no_violation(
    browser: Chromium, page: Path, axe: str, name: str, dark: bool  # noqa: FBT001
) -> None:  # fmt: skip
    for width in (PHONE, DESK):
        show(browser, page, name, width, dark=dark)
        browser.run(axe)
        assert browser.wait_for(AXE) == []
