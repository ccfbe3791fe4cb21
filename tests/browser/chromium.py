"""A real headless Chromium, driven by WebDriver over loopback HTTP."""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars",
)  # fmt: skip
_LISTENING = re.compile(r"started successfully on port (\d+)")
_PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Chromium:
    """One browser session."""

    url: str
    http: requests.Session

    def open(self, page: Path) -> None:
        """Load the file `page`."""
        self._ask("url", url=page.as_uri())

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Look through a window of `width` by `height` CSS pixels."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.command("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of `script`, the body of a function, in the page."""
        return self._ask("execute/sync", script=script, args=list(arguments))

    def wait_for(self, script: str, *arguments: Any) -> Any:
        """The value that `script` hands to its last argument, a callback."""
        return self._ask("execute/async", script=script, args=list(arguments))

    def command(self, name: str, **parameters: Any) -> Any:
        """The result of a command of the DevTools protocol."""
        return self._ask("goog/cdp/execute", cmd=name, params=parameters)

    def console(self) -> list[str]:
        """What the console said since it was last asked."""
        return [entry["message"] for entry in self._ask("se/log", type="browser")]

    def requested(self, page: Path) -> list[str]:
        """The addresses that the file `page` asked for, its own included."""
        entries = self._ask("se/log", type="performance")
        messages = (json.loads(entry["message"])["message"] for entry in entries)
        asked = (m["params"] for m in messages if m["method"] == "Network.requestWillBeSent")
        return [a["request"]["url"] for a in asked if a["documentURL"] == page.as_uri()]

    def picture(self) -> bytes:
        """The whole page as PNG."""
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.command("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(shot["data"])

    def _ask(self, what: str, **body: Any) -> Any:
        answer = self.http.post(f"{self.url}/{what}", json=body, timeout=_PATIENCE)
        value = answer.json()["value"]
        assert answer.ok, value["message"]
        return value


@contextmanager
def chromium(profile: Path) -> Iterator[Chromium]:
    """A browser with nothing in its `profile`, and no way out but to this machine's files."""
    driver = subprocess.Popen([str(DRIVER), "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        with requests.Session() as http:
            http.trust_env = False
            root = f"http://127.0.0.1:{_port(driver)}/session"
            answer = http.post(root, json=_wishes(profile), timeout=_PATIENCE).json()["value"]
            assert "sessionId" in answer, answer
            session = f"{root}/{answer['sessionId']}"
            try:
                yield Chromium(session, http)
            finally:
                http.delete(session, timeout=_PATIENCE)
    finally:
        driver.terminate()
        driver.communicate(timeout=_PATIENCE)


def _port(driver: "subprocess.Popen[str]") -> int:
    assert driver.stdout is not None
    for line in driver.stdout:
        if found := _LISTENING.search(line):
            return int(found[1])
    raise AssertionError("chromedriver did not start")


def _wishes(profile: Path) -> dict[str, Any]:
    nowhere = "--proxy-server=127.0.0.1:9"
    options = {"binary": BROWSER, "args": [*_FLAGS, nowhere, f"--user-data-dir={profile}"]}
    wishes = {
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
    }
    return {"capabilities": {"alwaysMatch": wishes}}
