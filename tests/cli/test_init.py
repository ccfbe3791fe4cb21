import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Tracker
from tests.gateway_server import (
    TOKEN,
    USER_SELF,
    Gateway,
    Script,
    answers,
    http_reply,
    json_reply,
    reset,
    unused_url,
)
from usage_tracker.config.credentials import read_token
from usage_tracker.config.settings import load
from usage_tracker.store.database import Database

OTHER = "fdfedcba9876543210fedcba98765432"


@pytest.fixture(autouse=True)
def _bare(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gateway.url
    monkeypatch.delenv("TRACKER_TOKEN")
    monkeypatch.delenv("TRACKER_BASE_URL")


def count(database: Path) -> int:
    with Database.open(database, create=False) as opened, opened.read() as connection:
        found: int = connection.exec_driver_sql("select count(*) from snapshot").scalar_one()
        return found


def test_a_key_from_stdin_becomes_a_configuration_and_the_first_snapshot(
    tracker: Tracker, gateway: Gateway, config: Path, database: Path
) -> None:
    result = tracker("init", "--base-url", gateway.url, input=f"Bearer {TOKEN}\n")
    assert result.exit_code == 0
    assert result.stdout == "default: $58.14 left, $572.81 used\n"
    assert "tracker status" in result.stderr
    assert TOKEN not in result.output + config.read_text()
    assert gateway.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    (account,) = load().accounts
    assert (account.name, account.base_url) == ("default", gateway.url)
    key = config.parent / "keys" / "default"
    assert key.read_text() == f"{TOKEN}\n"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (config, key)] == [0o600, 0o600]
    assert stat.S_IMODE(config.parent.stat().st_mode) == 0o700
    assert count(database) == 1
    assert tracker("snapshot").exit_code == 0


@pytest.mark.parametrize("mode", ["", "?journal_mode=delete"])
def test_a_database_is_found_again_from_anywhere(
    tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gateway: Gateway, mode: str
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ("--db", f"sqlite:///own.db{mode}", "init", "--base-url", gateway.url)
    assert tracker(*options, input=TOKEN).exit_code == 0
    monkeypatch.chdir("/")
    assert tracker("db", "path").stdout == f"{tmp_path / 'own.db'}\n"
    assert tracker("status").exit_code == 0


def test_without_stdin_the_environment_gives_gateway_and_key(
    tracker: Tracker, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, config: Path
) -> None:
    monkeypatch.setenv("TRACKER_TOKEN", TOKEN)
    monkeypatch.setenv("TRACKER_BASE_URL", gateway.url)
    assert tracker("init").exit_code == 0
    monkeypatch.delenv("TRACKER_TOKEN")
    assert load().accounts[0].base_url == gateway.url
    assert (config.parent / "keys" / "default").read_text() == f"{TOKEN}\n"


def test_run_again_it_replaces_the_key_and_keeps_everything_else(
    tracker: Tracker, gateway: Gateway, config: Path, database: Path
) -> None:
    tracker("init", "--base-url", gateway.url, "-a", "home", "--auth", "raw", input=TOKEN)
    config.write_text(f'# mine\ntimezone = "Asia/Taipei"\n{config.read_text()}')
    before = config.read_text()
    assert tracker("init", input=OTHER).exit_code == 0
    assert config.read_text() == before
    assert gateway.requests[2].headers["authorization"] == OTHER
    assert (config.parent / "keys" / "home").read_text() == f"{OTHER}\n"
    assert count(database) == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [(http_reply(401, b"{}"), 77), (http_reply(200, b"<html>"), 76), (http_reply(500), 69)],
)
def test_nothing_is_written_if_the_call_fails(
    tracker: Tracker,
    gateway: Gateway,
    config: Path,
    database: Path,
    answer: object,
    code: int,
) -> None:
    gateway.script = answer  # type: ignore[assignment]
    result = tracker("init", "--base-url", gateway.url, input=TOKEN)
    assert result.exit_code == code
    assert result.stderr.count("\n") == 1
    assert not config.parent.exists()
    assert not database.exists()


@pytest.mark.parametrize("given", ["", "\n", "sk-0123456789", "two words"])
def test_what_is_no_key_is_refused_before_it_is_sent(
    tracker: Tracker, gateway: Gateway, config: Path, given: str
) -> None:
    result = tracker("init", "--base-url", gateway.url, input=given)
    assert result.exit_code == 78
    assert gateway.requests == []
    assert not config.parent.exists()


def test_bytes_that_are_no_text_are_no_key(
    gateway: Gateway, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUTF8", "1")
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8:strict")
    program = [sys.executable, "-m", "usage_tracker", "init", "--base-url", gateway.url]
    result = subprocess.run(program, input=b"\xff\xfe\n", capture_output=True, check=False)
    assert result.returncode == 78
    assert result.stderr.startswith(b"tracker: the key contains a byte that is not text")
    assert gateway.requests == []
    assert not config.parent.exists()


def test_another_user_s_key_does_not_take_the_place_of_the_right_one(
    tracker: Tracker, gateway: Gateway, config: Path
) -> None:
    tracker("init", "--base-url", gateway.url, input=TOKEN)
    gateway.script = json_reply({**USER_SELF, "data": {**USER_SELF["data"], "id": 43}})
    assert tracker("init", input=OTHER).exit_code == 78
    assert (config.parent / "keys" / "default").read_text() == f"{TOKEN}\n"


def test_a_command_for_the_key_is_kept_instead_of_the_key(
    tracker: Tracker, gateway: Gateway, config: Path
) -> None:
    result = tracker("init", "--base-url", gateway.url, "--token-command", f"echo {TOKEN}")
    assert result.exit_code == 0
    assert f'token_command = ["echo", "{TOKEN}"]' in config.read_text()
    assert not (config.parent / "keys").exists()


def test_of_several_accounts_one_is_proposed_as_the_shell_takes_it(
    tracker: Tracker, gateway: Gateway
) -> None:
    for name in ("two words", "b"):
        tracker("init", "-a", name, "--base-url", gateway.url, input=TOKEN)
    assert "`--account 'two words'` sets it up again" in tracker("init", input=TOKEN).stderr


def test_a_key_file_of_one_s_home_is_found(tracker: Tracker, gateway: Gateway, home: Path) -> None:
    (home / "key").touch(mode=0o600)
    (home / "key").write_text(TOKEN)
    words = ("init", "--base-url", gateway.url, "--token-file=~/key")
    assert tracker(*words).exit_code == 0
    assert read_token(load().account("default").token).reveal() == TOKEN


def test_a_database_that_was_named_is_written_down(
    tracker: Tracker, gateway: Gateway, tmp_path: Path
) -> None:
    where = str(tmp_path / "mine.db")
    for given in (where, f"sqlite:///{where}?journal_mode=delete"):
        tracker("init", "--base-url", gateway.url, "--db", given, input=TOKEN)
        assert load().database == given


def test_another_configuration_is_made_where_it_was_named(
    tracker: Tracker, gateway: Gateway, tmp_path: Path, config: Path
) -> None:
    named = tmp_path / "mine" / "config.toml"
    result = tracker("--config", str(named), "init", "--base-url", gateway.url, input=TOKEN)
    assert result.exit_code == 0
    assert load(str(named)).accounts[0].name == "default"
    assert not config.exists()


def test_of_several_accounts_one_has_to_be_named(tracker: Tracker, gateway: Gateway) -> None:
    for name in ("a", "b"):
        tracker("init", "-a", name, "--base-url", gateway.url, input=TOKEN)
    result = tracker("init", input=TOKEN)
    assert result.exit_code == 2
    assert "a, b" in result.stderr


def test_the_json_tells_where_everything_is(
    tracker: Tracker, gateway: Gateway, config: Path, database: Path
) -> None:
    result = tracker("init", "-j", "-q", "--base-url", gateway.url, input=TOKEN)
    document = json.loads(result.stdout)
    assert document["schema"] == "usage-tracker.init/1"
    assert (document["config"], document["database"]) == (str(config), str(database))
    assert (document["quota"], document["used_quota"]) == (29071257, 286403484)
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("declared", "left"),
    [(1_000_000, "$29.07 left"), (68493.15, "$424.44 left"), (250_000.0, "$116.29 left")],
)
def test_the_gateway_s_unit_is_taken_over(
    tracker: Tracker, gateway: Gateway, config: Path, declared: float, left: str
) -> None:
    status = json_reply({"data": {"quota_per_unit": declared}})
    gateway.script = answers(json_reply(USER_SELF), status)
    result = tracker("init", "--base-url", gateway.url, input=TOKEN)
    assert left in result.stdout
    assert f"quota_per_unit = {declared:.10g} now" in result.stderr
    assert f"quota_per_unit = {declared:.10g}\n" in config.read_text()
    assert TOKEN not in str(gateway.requests[1])
    assert "units to the dollar" not in tracker("snapshot").stderr
    again = tracker("init", "-j", input=TOKEN)  # the configuration has it: nothing is asked
    assert json.loads(again.stdout)["quota_per_unit"] == declared
    assert [request.path for request in gateway.requests].count("/api/status") == 1


def test_the_usual_unit_is_not_worth_a_word(
    tracker: Tracker, gateway: Gateway, config: Path
) -> None:
    status = json_reply({"data": {"quota_per_unit": 500_000.0}})
    gateway.script = answers(json_reply(USER_SELF), status)
    result = tracker("init", "--base-url", gateway.url, input=TOKEN)
    assert "quota_per_unit" not in result.stderr + config.read_text()


@pytest.mark.parametrize(
    "status",
    [http_reply(404), http_reply(302, b"", {"Location": "/"}), json_reply({"data": {}}), reset()],
)
def test_a_unit_that_is_assumed_is_said_to_be(
    tracker: Tracker, gateway: Gateway, config: Path, status: Script
) -> None:
    gateway.script = answers(json_reply(USER_SELF), status)
    result = tracker("init", "--base-url", gateway.url, input=TOKEN)
    assert result.exit_code == 0
    assert "500000 is assumed; if the dollar amounts are wrong, set quota_per_unit" in (
        " ".join(result.stderr.split())
    )
    assert "quota_per_unit" not in config.read_text()


def test_a_unit_that_is_given_is_not_asked_for(tracker: Tracker, gateway: Gateway) -> None:
    options = ("--base-url", gateway.url, "--quota-per-unit", "7")
    assert tracker("init", *options, input=TOKEN).exit_code == 0
    assert [request.path for request in gateway.requests] == ["/api/user/self"]


@pytest.mark.parametrize("command", ["init", "accounts add default"])
def test_on_a_terminal_it_asks_for_the_gateway_and_hides_the_key(
    gateway: Gateway, config: Path, command: str
) -> None:
    terminal, end = pty.openpty()
    words = [sys.executable, "-m", "usage_tracker", *command.split()]
    with subprocess.Popen(words, stdin=end, stdout=end, stderr=end, close_fds=True) as process:
        os.close(end)
        shown = ""
        for question, answer in (("Gateway", gateway.url), ("hidden", TOKEN)):
            while question not in shown:
                shown += os.read(terminal, 4096).decode()
            os.write(terminal, f"{answer}\n".encode())
        shown += read_rest(terminal)
    assert process.returncode == 0
    assert "https://aihubmix.com" in shown
    assert f"Manage Key of default at {gateway.url.removeprefix('http://')} (hidden" in shown
    assert "$58.14 left" in shown
    assert TOKEN not in shown
    assert config.exists()


def test_on_a_terminal_it_asks_for_the_header_that_the_gateway_names(gateway: Gateway) -> None:
    refused = json_reply({"success": False, "message": "未提供 New-Api-User"})
    good = json_reply(USER_SELF)
    gateway.script = lambda call: (
        good if call.request.headers.get("new-api-user") == "42" else refused
    )(call)
    terminal, end = pty.openpty()
    words = [sys.executable, "-m", "usage_tracker", "init", "--base-url", gateway.url]
    with subprocess.Popen(words, stdin=end, stdout=end, stderr=end, close_fds=True) as process:
        os.close(end)
        shown = ""
        for question, answer in (("hidden", TOKEN), ("number of your user", "42")):
            while question not in shown:
                shown += os.read(terminal, 4096).decode()
            os.write(terminal, f"{answer}\n".encode())
        shown += read_rest(terminal)
    assert (process.returncode, "$58.14 left" in shown) == (0, True)
    assert load().accounts[0].headers == {"New-Api-User": "42"}


def test_on_a_terminal_an_empty_enter_is_asked_again(gateway: Gateway) -> None:
    terminal, end = pty.openpty()
    words = [sys.executable, "-m", "usage_tracker", "init", "--base-url", gateway.url]
    with subprocess.Popen(words, stdin=end, stdout=end, stderr=end, close_fds=True) as process:
        os.close(end)
        shown = ""
        for question, answer in (("hidden", f"\n \n{TOKEN}"),):
            while question not in shown:
                shown += os.read(terminal, 4096).decode()
            os.write(terminal, f"{answer}\n".encode())
        shown += read_rest(terminal)
    assert (process.returncode, "$58.14 left" in shown) == (0, True)
    assert shown.count("Nothing was entered") == 2
    assert TOKEN not in shown
    assert "personal settings of the gateway's website" in " ".join(shown.split())


def test_it_says_in_which_zone_days_are_counted(
    tracker: Tracker, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Taipei")
    result = tracker("init", "--base-url", gateway.url, input=TOKEN)
    assert "days of        Asia/Taipei; `timezone` in the configuration changes it" in result.stderr


def read_rest(terminal: int) -> str:
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # how a terminal ends
            piece = b""
        if not piece:
            os.close(terminal)
            return shown.decode()
        shown += piece


def test_without_a_terminal_it_says_where_the_key_goes(
    tracker: Tracker, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_BASE_URL", gateway.url)
    note = f"note: the key goes to {gateway.url}; --base-url names another gateway\n"
    assert tracker("accounts", "add", "one", input=TOKEN).stderr.startswith(note)
    assert note not in tracker("init", "--base-url", gateway.url, input=TOKEN).stderr


def test_nobody_there_writes_nothing_and_the_host_is_named(tracker: Tracker, config: Path) -> None:
    url = unused_url()
    result = tracker("init", "--base-url", url, input=TOKEN)
    assert result.exit_code == 69
    assert result.stderr.startswith(f"tracker: {url.removeprefix('http://')}: no answer")
    assert not config.exists()
