import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Tracker
from tests.gateway_server import (
    TOKEN,
    USER_SELF,
    Gateway,
    answers,
    http_reply,
    json_reply,
    unused_url,
)
from usage_tracker.config import editing
from usage_tracker.config.credentials import Token, read_token
from usage_tracker.config.settings import load

OTHER = "fdfedcba9876543210fedcba98765432"


@pytest.fixture(autouse=True)
def _home_and_work(tracker: Tracker, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRACKER_TOKEN")
    monkeypatch.delenv("TRACKER_BASE_URL")
    tracker("init", "-a", "home", "--base-url", gateway.url, input=TOKEN)
    tracker("accounts", "add", "work", "--base-url", gateway.url, input=OTHER)


def listed(tracker: Tracker) -> dict[str, dict[str, Any]]:
    document = json.loads(tracker("accounts", "-j").stdout)
    assert document["schema"] == "usage-tracker.accounts/1"
    return {account["account"]: account for account in document["accounts"]}


def test_it_lists_them_with_masked_tokens_and_where_they_come_from(
    tracker: Tracker, config: Path
) -> None:
    result = tracker("accounts")
    header, home, work = result.stdout.splitlines()
    assert header.split() == ["account", "gateway", "last", "snapshot", "token"]
    assert f"fd…cd from {config.parent / 'keys' / 'home'}" in home
    assert work.startswith("work")
    assert TOKEN not in result.output
    assert tracker("accounts", "list").stdout == result.stdout


def test_the_json_tells_the_same(tracker: Tracker, gateway: Gateway, config: Path) -> None:
    account = listed(tracker)["home"]
    assert account["configured"]
    assert account["base_url"] == account["history_base_url"] == gateway.url
    assert account["token"] == {
        "source": "file",
        "from": str(config.parent / "keys" / "home"),
        "masked": "fd…cd",
        "problem": None,
    }
    assert account["last_snapshot"].endswith("Z")


def test_without_any_it_says_how_to_begin(tracker: Tracker, tmp_path: Path) -> None:
    (tmp_path / "empty.toml").touch()
    place = ("--config", str(tmp_path / "empty.toml"), "--db", str(tmp_path / "none.db"))
    result = tracker("accounts", *place)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "tracker init" in result.stderr
    assert not (tmp_path / "none.db").exists()


def test_a_token_that_cannot_be_read_is_told_with_its_cure(tracker: Tracker, config: Path) -> None:
    (config.parent / "keys" / "home").chmod(0o644)
    assert "chmod 600" in tracker("accounts").stdout
    assert "chmod 600" in listed(tracker)["home"]["token"]["problem"]


def test_a_command_is_named_and_not_run(tracker: Tracker, config: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    with config.open("a") as file:
        file.write(f'[[account]]\nname = "c"\ntoken_command = ["touch", "{mark}"]\n')
    assert "(not run) from touch" in tracker("accounts").stdout
    assert not mark.exists()


class TestAdd:
    def test_a_name_that_is_taken_is_refused(self, tracker: Tracker, gateway: Gateway) -> None:
        asked = len(gateway.requests)
        result = tracker("accounts", "add", "work", input=OTHER)
        assert result.exit_code == 2
        assert "set-token" in result.stderr
        assert len(gateway.requests) == asked

    def test_every_key_of_an_account_has_its_option(
        self, tracker: Tracker, gateway: Gateway, tmp_path: Path
    ) -> None:
        key = tmp_path / "key"
        key.touch(mode=0o600)
        key.write_text(OTHER)
        options = ["--base-url", gateway.url, "--auth", "raw", "--quota-per-unit", "68493.15"]
        options += ["--header", "New-Api-User: 7", "--token-file", str(key)]
        assert tracker("accounts", "add", "new", *options).exit_code == 0
        account = load().account("new")
        assert (account.auth, account.quota_per_unit) == ("raw", 68493.15)
        assert account.headers == {"New-Api-User": "7"}
        assert gateway.requests[-1].headers["new-api-user"] == "7"
        assert gateway.requests[-1].headers["authorization"] == OTHER

    @pytest.mark.parametrize(
        "options",
        [
            ("--header", "nonsense"),
            ("--header", "Authorization: x"),
            ("--base-url", "http://gateway.example.com"),
            ("--header", "New-Api-User: ключ"),
            ("--token-command", "'"),
            ("--token-env", "no variable"),
            ("--quota-per-unit", "0"),
            ("--quota-per-unit", "-1"),
            ("--quota-per-unit", "nan"),
            ("--quota-per-unit", "inf"),
            ("--quota-per-unit", "many"),
            ("--quota-per-unit", "1_000"),
            ("--token-env", TOKEN),
            ("--token-env", "A", "--token-file", "b"),
            ("--token-command", "''"),
        ],
    )
    def test_nonsense_is_refused_before_anything_is_sent(
        self, tracker: Tracker, gateway: Gateway, options: tuple[str, ...]
    ) -> None:
        asked = len(gateway.requests)
        result = tracker("accounts", "add", "new", *options, input=OTHER)
        assert result.exit_code == 2
        assert options[0] in result.stderr
        assert "config.toml" not in result.stderr
        assert "allow_http" not in result.stderr
        assert TOKEN not in result.stderr
        assert result.stderr.count("\n") == 1
        assert len(gateway.requests) == asked
        assert "new" not in listed(tracker)

    @pytest.mark.parametrize("name", ["", " a", "x" * 101, "a\x1b"])
    def test_a_name_that_cannot_be_one_is_told_of_the_name(
        self, tracker: Tracker, name: str
    ) -> None:
        added = tracker("accounts", "add", name, input=OTHER)
        assert added.exit_code == 2
        assert added.stderr.startswith("tracker: invalid value for 'NAME': it must be 1 to 100")
        assert "config.toml" not in added.stderr

    def test_a_name_with_a_space_is_quoted_in_what_to_run(self, tracker: Tracker) -> None:
        tracker("accounts", "rename", "work", "it's work")
        result = tracker("accounts", "add", "it's work", input=OTHER)
        assert "`tracker accounts set-token 'it'\"'\"'s work'`" in result.stderr

    def test_a_configuration_that_cannot_be_added_to_is_told_before_anything_is_done(
        self, tracker: Tracker, gateway: Gateway, config: Path
    ) -> None:
        inline = f'account = [{{name = "home", base_url = "{gateway.url}", token_env = "X"}}]\n'
        config.write_text(inline)
        asked = len(gateway.requests)
        result = tracker("accounts", "add", "new", "--base-url", gateway.url, input=OTHER)
        assert result.exit_code != 0
        assert "was left as it is" in result.stderr
        assert config.read_text() == inline
        assert not (config.parent / "keys" / "new").exists()
        assert len(gateway.requests) == asked

    def test_what_was_written_while_the_gateway_was_asked_is_kept(
        self, tracker: Tracker, gateway: Gateway, config: Path
    ) -> None:
        def script(call: Any) -> None:
            editing.add_account(config, {"name": "other", "token_env": "OTHER"})
            json_reply(USER_SELF)(call)

        gateway.script = script
        result = tracker("accounts", "add", "new", "--base-url", gateway.url, input=OTHER)
        assert result.exit_code == 0
        assert set(listed(tracker)) == {"home", "work", "other", "new"}

    def test_who_adds_the_same_name_a_moment_later_takes_nothing_away(
        self, tracker: Tracker, gateway: Gateway, config: Path
    ) -> None:
        def script(call: Any) -> None:
            editing.write_key(config, editing.choose_key_file(config, "new"), Token(TOKEN))
            editing.add_account(config, {"name": "new", "token_file": "keys/new"})
            json_reply(USER_SELF)(call)

        gateway.script = script
        result = tracker("accounts", "add", "new", "--base-url", gateway.url, input=OTHER)
        assert result.exit_code == 1
        assert "[[account]] named 'new'" in result.stderr
        assert read_token(load().account("new").token).reveal() == TOKEN

    def test_a_call_that_fails_adds_nothing(self, tracker: Tracker, gateway: Gateway) -> None:
        gateway.script = http_reply(401, b"{}")
        options = ("--base-url", gateway.url)
        result = tracker("accounts", "add", "new", *options, input=OTHER)
        assert result.exit_code == 77
        assert "run this again" in result.stderr
        assert set(listed(tracker)) == {"home", "work"}

    def test_nobody_there_exits_as_init_does(self, tracker: Tracker) -> None:
        options = ("--base-url", unused_url())
        assert tracker("accounts", "add", "new", *options, input=OTHER).exit_code == 69

    def test_an_address_that_cannot_be_one_blames_the_option(self, tracker: Tracker) -> None:
        result = tracker("accounts", "add", "new", "--base-url", "ftp://x.org", input=OTHER)
        assert result.exit_code == 2
        assert "--base-url" in result.stderr
        assert "config.toml" not in result.stderr

    def test_a_user_who_is_stored_under_another_name_is_worth_a_note(
        self, tracker: Tracker, gateway: Gateway
    ) -> None:
        options = ("--base-url", gateway.url)
        result = tracker("accounts", "add", "again", *options, input=TOKEN)
        assert "note: this is the same user as home, work" in result.stderr
        gateway.script = json_reply({**USER_SELF, "data": {**USER_SELF["data"], "id": 43}})
        other = tracker("accounts", "add", "other", *options, input=OTHER)
        assert (other.exit_code, "same user" in other.stderr) == (0, False)

    def test_a_key_never_takes_the_place_of_a_renamed_account_s(
        self, tracker: Tracker, gateway: Gateway, config: Path
    ) -> None:
        tracker("accounts", "rename", "work", "office")
        assert (
            tracker("accounts", "add", "work", "--base-url", gateway.url, input=TOKEN).exit_code
            == 0
        )
        keys = config.parent / "keys"
        assert read_token(load().account("office").token).reveal() == OTHER
        assert read_token(load().account("work").token).reveal() == TOKEN
        assert tracker("accounts", "remove", "work").exit_code == 0
        assert sorted(path.name for path in keys.iterdir()) == ["home", "work"]
        assert tracker("snapshot", "-a", "office").exit_code == 0

    def test_the_environment_s_account_is_no_longer_asked_and_that_is_told(
        self, tracker: Tracker, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRACKER_TOKEN", TOKEN)
        result = tracker("accounts", "add", "new", "--base-url", gateway.url)
        assert "note: TRACKER_TOKEN is ignored" in result.stderr

    def test_the_gateway_s_unit_is_taken_over(self, tracker: Tracker, gateway: Gateway) -> None:
        status = json_reply({"data": {"quota_per_unit": 68493.15}})
        gateway.script = answers(json_reply(USER_SELF), status)
        options = ("--base-url", gateway.url)
        assert tracker("accounts", "add", "new", *options, input=OTHER).exit_code == 0
        assert load().account("new").quota_per_unit == 68493.15


class TestSetToken:
    def test_a_new_token_is_tried_and_kept(
        self, tracker: Tracker, gateway: Gateway, config: Path
    ) -> None:
        assert tracker("accounts", "set-token", "home", input=OTHER).exit_code == 0
        assert gateway.requests[-1].path == "/api/user/self"  # its unit stays as it is
        assert gateway.requests[-1].headers["authorization"] == f"Bearer {OTHER}"
        assert (config.parent / "keys" / "home").read_text() == f"{OTHER}\n"

    def test_a_token_that_is_refused_changes_nothing(
        self, tracker: Tracker, gateway: Gateway, config: Path
    ) -> None:
        gateway.script = http_reply(401, b"{}")
        assert tracker("accounts", "set-token", "home", input=OTHER).exit_code == 77
        assert (config.parent / "keys" / "home").read_text() == f"{TOKEN}\n"

    def test_one_of_another_source_takes_its_place(self, tracker: Tracker, config: Path) -> None:
        result = tracker("accounts", "set-token", "home", "--token-command", f"echo {OTHER}")
        assert result.exit_code == 0
        assert "keys/home" not in config.read_text()

    def test_a_key_that_is_used_no_longer_is_deleted(self, tracker: Tracker, config: Path) -> None:
        tracker("accounts", "set-token", "home", "--token-command", f"echo {TOKEN}")
        assert [path.name for path in (config.parent / "keys").iterdir()] == ["work"]

    def test_a_renamed_account_s_new_key_takes_the_place_of_its_old_one(
        self, tracker: Tracker, config: Path
    ) -> None:
        tracker("accounts", "rename", "home", "heim")
        assert tracker("accounts", "set-token", "heim", input=OTHER).exit_code == 0
        assert (config.parent / "keys" / "home").read_text() == f"{OTHER}\n"

    def test_another_user_s_token_is_refused_with_its_cure_and_leaves_no_trace(
        self, tracker: Tracker, gateway: Gateway
    ) -> None:
        gateway.script = json_reply({**USER_SELF, "data": {**USER_SELF["data"], "id": 43}})
        result = tracker("accounts", "set-token", "home", input=OTHER)
        assert result.exit_code == 78
        assert "rename --history home NEW" in result.stderr
        assert listed(tracker)["home"]["advice"] is None
        events = json.loads(tracker("report", "-a", "home", "-j").stdout)
        assert events["accounts"][0]["snapshots"]["failures"] == 0

    def test_an_account_that_is_not_configured_is_named(self, tracker: Tracker) -> None:
        result = tracker("accounts", "set-token", "nobody", input=OTHER)
        assert result.exit_code == 2
        assert "'nobody'" in result.stderr


class TestRename:
    def test_configuration_and_history_go_together(self, tracker: Tracker) -> None:
        assert tracker("accounts", "rename", "home", "heim").exit_code == 0
        assert list(listed(tracker)) == ["heim", "work"]
        assert tracker("snapshot").exit_code == 0
        assert tracker("status", "-a", "home").exit_code == 2

    def test_a_name_that_is_taken_changes_neither(self, tracker: Tracker) -> None:
        before = listed(tracker)
        assert tracker("accounts", "rename", "home", "work").exit_code == 2
        assert listed(tracker) == before

    def test_a_name_that_cannot_be_one_changes_neither(self, tracker: Tracker) -> None:
        before = listed(tracker)
        assert tracker("accounts", "rename", "home", "\x1b[2J").exit_code == 2
        assert listed(tracker) == before

    def test_its_own_name_is_no_news(self, tracker: Tracker) -> None:
        result = tracker("accounts", "rename", "home", "home")
        assert (result.exit_code, result.stderr) == (0, "home already has that name\n")

    def test_an_account_that_is_not_there_is_named(self, tracker: Tracker) -> None:
        assert tracker("accounts", "rename", "nobody", "new").exit_code == 2

    def test_without_a_history_the_configuration_alone_is_renamed(
        self, tracker: Tracker, tmp_path: Path
    ) -> None:
        nowhere = ("--db", str(tmp_path / "none.db"))
        assert tracker("accounts", "rename", "home", "heim", *nowhere).exit_code == 0
        assert [account.name for account in load().accounts] == ["heim", "work"]
        assert tracker("accounts", "rename", "nobody", "new", *nowhere).exit_code == 2

    def test_the_environment_s_account_keeps_its_name(
        self, tracker: Tracker, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config.unlink()
        monkeypatch.setenv("TRACKER_TOKEN", TOKEN)
        result = tracker("accounts", "rename", "default", "new")
        assert result.exit_code == 2
        assert "tracker init" in result.stderr


class TestRemove:
    def test_the_history_and_a_key_of_one_s_own_stay(
        self, tracker: Tracker, config: Path, tmp_path: Path
    ) -> None:
        own = tmp_path / "own"
        own.touch(mode=0o600)
        own.write_text(TOKEN)
        tracker("accounts", "set-token", "home", "--token-file", str(own))
        assert tracker("accounts", "remove", "home").exit_code == 0
        assert tracker("accounts", "remove", "work").exit_code == 0
        assert own.exists()
        assert not (config.parent / "keys" / "work").exists()
        assert [account["configured"] for account in listed(tracker).values()] == [False, False]
        assert "history only" in tracker("accounts").stdout
        assert len(tracker("status").stdout.splitlines()) == 2

    def test_to_purge_takes_a_confirmation(self, tracker: Tracker) -> None:
        result = tracker("accounts", "remove", "work", "--purge")
        assert result.exit_code == 2
        assert "--yes" in result.stderr
        assert "work" in listed(tracker)
        purged = tracker("accounts", "remove", "work", "--purge", "-y")
        assert purged.exit_code == 0
        assert "(1 snapshot)" in purged.stderr
        assert list(listed(tracker)) == ["home"]

    def test_an_account_without_a_history_can_be_purged_too(
        self, tracker: Tracker, tmp_path: Path
    ) -> None:
        purge = ("accounts", "remove", "--purge", "--yes")
        nowhere = ("--db", str(tmp_path / "none.db"))
        assert tracker(*purge, "home", *nowhere).exit_code == 0
        assert tracker(*purge, "home", *nowhere).exit_code == 3
        tracker("accounts", "rename", "--history", "work", "old")
        assert tracker(*purge, "work").exit_code == 0
        assert list(listed(tracker)) == ["home", "old"]

    @pytest.mark.parametrize(("answer", "left"), [("n", ["home", "work"]), ("y", ["home"])])
    def test_on_a_terminal_it_asks_before_it_purges(
        self, tracker: Tracker, monkeypatch: pytest.MonkeyPatch, answer: str, left: list[str]
    ) -> None:
        monkeypatch.setattr("usage_tracker.cli.output.can_prompt", lambda: True)
        result = tracker("accounts", "remove", "work", "--purge", input=f"{answer}\n")
        assert "cannot be undone" in result.stderr
        assert result.exit_code == (answer == "n")
        assert list(listed(tracker)) == left

    def test_a_history_alone_can_be_purged(self, tracker: Tracker) -> None:
        removed = tracker("accounts", "remove", "work")
        assert "its history is still stored: --purge deletes it too" in removed.stderr
        again = tracker("accounts", "remove", "work")
        assert again.exit_code == 2
        assert "`tracker accounts remove work --purge` deletes it" in again.stderr
        assert tracker("accounts", "remove", "work", "--purge", "--yes").exit_code == 0
        assert list(listed(tracker)) == ["home"]

    def test_an_account_that_is_not_there_is_named(self, tracker: Tracker) -> None:
        assert tracker("accounts", "remove", "nobody").exit_code == 2
        assert tracker("accounts", "remove", "nobody", "--purge", "--yes").exit_code == 2


class TestAnotherAccount:
    def test_a_gateway_that_moved_is_followed_when_told(
        self, tracker: Tracker, gateway: Gateway, config: Path
    ) -> None:
        text = config.read_text().replace(gateway.url, f"{gateway.url}/new", 1)
        config.write_text(text)
        assert tracker("snapshot", "-a", "home").exit_code == 78
        assert "tracker accounts move home" in tracker("accounts").stdout
        assert tracker("accounts", "move", "home").exit_code == 0
        assert tracker("snapshot", "-a", "home").exit_code == 0
        assert listed(tracker)["home"]["advice"] is None

    def test_another_user_can_begin_a_history_of_its_own(
        self, tracker: Tracker, gateway: Gateway
    ) -> None:
        gateway.script = json_reply({**USER_SELF, "data": {**USER_SELF["data"], "id": 43}})
        assert tracker("snapshot", "-a", "home").exit_code == 78
        advice = listed(tracker)["home"]["advice"]
        assert "set-token home" in advice
        assert "rename --history home NEW" in advice
        assert tracker("accounts", "rename", "--history", "home", "old").exit_code == 0
        assert tracker("snapshot", "-a", "home").exit_code == 0
        assert list(listed(tracker)) == ["home", "work", "old"]


def said(tracker: Tracker, *words: str, **options: str) -> dict[str, Any]:
    """What `tracker accounts` with these words answers in JSON."""
    result = tracker("accounts", *words, "-j", "-q", **options)
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_every_change_is_told_in_json_too(tracker: Tracker, gateway: Gateway) -> None:
    added = said(tracker, "add", "new", "--base-url", gateway.url, input=OTHER)
    assert (added["schema"], added["account"]) == ("usage-tracker.accounts-add/1", "new")
    again = said(tracker, "set-token", "new", input=OTHER)
    assert again["schema"] == "usage-tracker.accounts-set-token/1"
    assert said(tracker, "rename", "new", "newer") == {
        "schema": "usage-tracker.accounts-rename/1",
        "account": "new",
        "name": "newer",
        "configured": True,
        "history": True,
    }
    assert said(tracker, "move", "newer") == {
        "schema": "usage-tracker.accounts-move/1",
        "account": "newer",
        "base_url": gateway.url,
    }
    assert said(tracker, "remove", "newer", "--purge", "--yes") == {
        "schema": "usage-tracker.accounts-remove/1",
        "account": "newer",
        "configured": True,
        "deleted_snapshots": 2,
    }
    assert said(tracker, "remove", "work")["deleted_snapshots"] is None
