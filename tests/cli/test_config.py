import json
from pathlib import Path

import pytest

from tests.cli.conftest import Tracker
from usage_tracker.config.paths import log_path

PASSWORD = "hunter2"


@pytest.fixture(autouse=True)
def _zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Taipei")


def test_it_tells_what_holds_and_why(
    tracker: Tracker, config: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_TOKEN", "fd0123")
    lines = tracker("config").stdout.splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        *(
            "config",
            "database",
            "timezone",
            "account default",
            "",
            "",
            "check",
            "notify",
            "backups",
            "log",
        ),
    ]
    assert str(config) in lines[0]
    assert "(default, missing)" in lines[0]
    assert str(database) in lines[1]
    assert "Asia/Taipei" in lines[2]
    assert "(the machine)" in lines[2]
    assert lines[3].endswith("(the environment)")
    assert lines[4].split() == ["token", "***", "from", "TRACKER_TOKEN", "(env)"]
    assert lines[5].endswith("auth = bearer, allow_http = false, quota_per_unit = 500000")
    assert "warning_days = 7, critical_days = 2" in lines[6]
    assert "urls = 0, command = false" in lines[7]
    assert lines[8].split(maxsplit=1)[1].startswith(f"{database}.before-*")
    assert str(log_path()) in lines[9]


def test_how_an_account_is_asked_is_told_without_its_secrets(
    tracker: Tracker, config: Path, tmp_path: Path
) -> None:
    config.parent.mkdir(parents=True)
    config.write_text(
        '[[account]]\nname = "a"\nallow_http = true\nauth = "raw"\nquota_per_unit = 68493.15\n'
        f'headers = {{ X-B = "{PASSWORD}", X-A = "7" }}\n'
        f'token_command = ["touch", "{tmp_path}/t"]\n'
    )
    told = tracker("config").stdout
    assert "(not run) from touch  (command)" in told
    assert "auth = raw, allow_http = true, quota_per_unit = 68493.15" in told
    assert "X-A, X-B" in told
    assert PASSWORD not in told
    assert not (tmp_path / "t").exists()


@pytest.mark.usefixtures("empty_database")
def test_a_zone_that_the_machine_tells_by_a_rule_is_a_note(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "CST-8")
    result = tracker("config")
    assert result.exit_code == 0
    assert "note: the machine's time zone has no name: set timezone" in result.stderr
    document = json.loads(tracker("config", "-j").stdout)
    assert document["timezone"] == {"value": "+08:00", "origin": "the machine"}
    assert "the machine's time zone has no name" in document["notes"][0]


def test_what_is_watched_and_who_is_told_is_shown_without_addresses(
    tracker: Tracker, config: Path
) -> None:
    config.parent.mkdir(parents=True)
    config.write_text(
        '[check]\nwarning_days = 14\nmax_age = "1h"\n[notify]\nurls = ["ntfy://hush"]\n'
        '[[account]]\nname = "work"\ntoken_env = "X"\n[account.check]\ncritical_balance = 5\n'
    )
    told = tracker("config").stdout
    assert "warning_days = 14, max_age = 1h" in told
    assert "check work  " in told
    assert "critical_balance = 5" in told
    document = json.loads(tracker("config", "-j").stdout)
    assert document["check"]["max_age"] == {"value": "1h", "origin": str(config)}
    assert document["check"]["critical_days"] == {"value": 2.0, "origin": "default"}
    assert document["accounts"][0]["check"] == {"critical_balance": 5}
    assert document["notify"]["urls"] == 1
    assert "hush" not in told + json.dumps(document)


def test_the_json_tells_the_same_and_no_secret(
    tracker: Tracker, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.parent.mkdir(parents=True)
    config.write_text(
        'timezone = "Europe/Berlin"\n[[account]]\nname = "a"\ntoken_env = "KEY"\n'
        f'headers = {{ X-Secret = "{PASSWORD}" }}\n'
    )
    monkeypatch.setenv("KEY", PASSWORD)
    monkeypatch.setenv("TRACKER_TOKEN", PASSWORD)
    monkeypatch.setenv("TRACKER_DATABASE", f"postgresql://u:{PASSWORD}@h/d")
    for words in (("config",), ("config", "-j"), ("accounts", "-j"), ("db", "path")):
        assert PASSWORD not in tracker(*words).output
    document = json.loads(tracker("config", "--json").stdout)
    assert document["schema"] == "usage-tracker.config/1"
    assert document["config"] == {"path": str(config), "exists": True, "origin": "default"}
    assert document["database"]["origin"] == "TRACKER_DATABASE"
    assert document["timezone"] == {"value": "Europe/Berlin", "origin": str(config)}
    assert document["accounts"][0]["headers"] == ["X-Secret"]
    assert document["accounts"][0]["token"] == {"source": "env", "from": "KEY"}
    assert "TRACKER_TOKEN is ignored" in document["notes"][0]


def test_an_error_in_the_file_is_told(tracker: Tracker, config: Path) -> None:
    config.parent.mkdir(parents=True)
    config.write_text('[[account]]\nname = "a"\ntokn_env = "x"')
    result = tracker("config")
    assert result.exit_code == 1
    assert "account 'a': unknown key 'tokn_env': did you mean token_env?" in result.stderr


@pytest.mark.parametrize(
    "words",
    [("snapshot",), ("config",), ("check",), ("doctor",), ("accounts",)],
)
def test_every_command_refuses_a_file_that_others_can_write(
    tracker: Tracker, config: Path, words: tuple[str, ...]
) -> None:
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("")
    config.chmod(0o666)
    result = tracker(*words)
    assert result.exit_code == {"snapshot": 78, "check": 3}.get(words[0], 1)
    assert f"{config} can be written by other users" in result.output
    assert config.read_text() == ""
