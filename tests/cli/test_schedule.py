import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Tracker
from tests.gateway_server import TOKEN
from tests.programs import CRONTAB
from usage_tracker.schedule import crontab
from usage_tracker.schedule.scheduler import MARKER

pytestmark = pytest.mark.usefixtures("installed_to_stay")


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The crontab of a machine on which cron runs, and no systemd."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name, text in (("crontab", CRONTAB), ("systemctl", "#!/bin/sh\nexit 1\n")):
        (folder / name).write_text(text.format(folder=folder))
        (folder / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(crontab, "cron_runs", lambda: True)
    return folder / "table"


@pytest.fixture
def config(home: Path) -> Path:
    """One account, whose token is in a file."""
    path = home / "config" / "usage-tracker" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[[account]]\nname = "work"\ntoken_file = "key"\n')
    (path.parent / "key").touch(mode=0o600)
    (path.parent / "key").write_text(TOKEN)
    return path


@pytest.mark.usefixtures("config")
def test_what_would_be_written_is_shown_and_nothing_is_written(
    tracker: Tracker, table: Path
) -> None:
    result = tracker("schedule", "show", "--every", "1h")
    assert result.exit_code == 0
    assert f"{sys.executable} -P -m usage_tracker snapshot --quiet --notify" in result.stdout
    assert result.stdout.endswith(f"{MARKER}\n")
    assert "not scheduled" in result.stderr
    assert not table.exists()


def test_installing_showing_and_removing_go_together(
    tracker: Tracker, table: Path, config: Path, home: Path
) -> None:
    table.write_text("0 5 * * 1 backup\n")
    installed = tracker("schedule", "install", "--every", "1m")
    assert installed.exit_code == 0, installed.output
    assert table.read_text() == f"0 5 * * 1 backup\n{installed.stdout}"
    assert f"--config {config}" in installed.stdout
    assert f">>{home}/state/usage-tracker/snapshot.log" in installed.stdout
    shown = tracker("schedule", "--json")
    assert json.loads(shown.stdout) == {
        "schema": "usage-tracker.schedule/1",
        "schedules": [
            {"scheduler": "cron", "installed": True, "text": installed.stdout.rstrip("\n")}
        ],
    }
    assert "already" in tracker("schedule", "install", "--every", "1m").stderr
    removed = tracker("schedule", "remove", "-j")
    assert removed.exit_code == 0
    document = json.loads(removed.stdout)
    assert document["schema"] == "usage-tracker.schedule-remove/1"
    assert document["removed"] is True
    assert table.read_text() == "0 5 * * 1 backup\n"
    backups = list((home / "state" / "usage-tracker" / "backups").iterdir())
    assert len(backups) == 2
    assert all(str(path) in installed.stderr + removed.stderr for path in backups)
    assert "nothing was scheduled" in tracker("schedule", "remove").stderr


def test_a_token_of_the_shell_is_refused_with_the_cure(
    tracker: Tracker, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_TOKEN", TOKEN)
    result = tracker("schedule", "install")
    assert result.exit_code == 1
    assert "comes from TRACKER_TOKEN" in result.stderr
    assert "tracker init" in result.stderr
    assert not table.exists()
    table.write_text(f"TRACKER_TOKEN={TOKEN}\n")
    assert tracker("schedule", "install").exit_code == 0


@pytest.mark.usefixtures("config")
def test_an_interval_that_cron_cannot_keep_is_misuse(tracker: Tracker) -> None:
    result = tracker("schedule", "install", "--every", "7m")
    assert result.exit_code == 2
    assert "6m or 10m" in result.stderr


@pytest.mark.usefixtures("config")
def test_a_proxy_of_the_shell_is_worth_a_word(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hush@proxy:3128")
    result = tracker("schedule", "install")
    assert "HTTPS_PROXY" in result.stderr
    assert "hush" not in result.output


def test_with_nothing_configured_nothing_is_scheduled(tracker: Tracker, table: Path) -> None:
    result = tracker("schedule", "install")
    assert result.exit_code == 1
    assert "tracker init" in result.stderr
    assert not table.exists()
