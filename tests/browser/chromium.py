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
_TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Chromium:
    """One browser session."""

    url: str
    http: requests.Session

    def open(self, page: Path) -> None:
        """Load the file `page`."""
        self._ask("url", url=page.as_uri())

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Set the window to `width` by `height` CSS pixels."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.command("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])

    def run(self, script: str, *arguments: Any) -> Any:
        """Return the value of `script`, the body of a function, in the page."""
        return self._ask("execute/sync", script=script, args=list(arguments))

    def wait_for(self, script: str, *arguments: Any) -> Any:
        """Return the value that `script` passes to its last argument, a callback."""
        return self._ask("execute/async", script=script, args=list(arguments))

    def command(self, name: str, **parameters: Any) -> Any:
        """Return the result of a command of the DevTools protocol."""
        return self._ask("goog/cdp/execute", cmd=name, params=parameters)

    def console(self) -> list[str]:
        """Return the new messages of the console."""
        return [entry["message"] for entry in self._ask("se/log", type="browser")]

    def requested(self, page: Path) -> list[str]:
        """Return the addresses that the file `page` requested, its own included."""
        entries = self._ask("se/log", type="performance")
        messages = (json.loads(entry["message"])["message"] for entry in entries)
        requests_ = (m["params"] for m in messages if m["method"] == "Network.requestWillBeSent")
        return [a["request"]["url"] for a in requests_ if a["documentURL"] == page.as_uri()]

    def screenshot(self) -> bytes:
        """Return the whole page as PNG."""
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.command("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(shot["data"])

    def _ask(self, what: str, **body: Any) -> Any:
        answer = self.http.post(f"{self.url}/{what}", json=body, timeout=_TIMEOUT)
        value = answer.json()["value"]
        assert answer.ok, value["message"]
        return value


@contextmanager
def chromium(profile: Path) -> Iterator[Chromium]:
    """Start a browser with an empty `profile` that can open local files only."""
    driver = subprocess.Popen([str(DRIVER), "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        with requests.Session() as http:
            http.trust_env = False
            root = f"http://127.0.0.1:{_port(driver)}/session"
            answer = http.post(root, json=_capabilities(profile), timeout=_TIMEOUT).json()["value"]
            assert "sessionId" in answer, answer
            session = f"{root}/{answer['sessionId']}"
            try:
                yield Chromium(session, http)
            finally:
                http.delete(session, timeout=_TIMEOUT)
    finally:
        driver.terminate()
        driver.communicate(timeout=_TIMEOUT)


def _port(driver: "subprocess.Popen[str]") -> int:
    assert driver.stdout is not None
    for line in driver.stdout:
        if found := _LISTENING.search(line):
            return int(found[1])
    raise AssertionError("chromedriver did not start")


def _capabilities(profile: Path) -> dict[str, Any]:
    dead_proxy = "--proxy-server=127.0.0.1:9"
    options = {"binary": BROWSER, "args": [*_FLAGS, dead_proxy, f"--user-data-dir={profile}"]}
    capabilities = {
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
    }
    return {"capabilities": {"alwaysMatch": capabilities}}
