import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import BROWSER, DRIVER, Chromium, chromium

AXE = "TRACKER_TEST_AXE"
_AXE = os.environ.get(AXE)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if not (BROWSER and DRIVER):
        pytest.skip("chromium and chromedriver (Debian: chromium-driver) are not installed")
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="session")
def axe() -> str:
    if _AXE is None:
        pytest.skip(f"{AXE} does not name an axe.min.js (npm install axe-core)")
    return Path(_AXE).read_text(encoding="utf-8")
