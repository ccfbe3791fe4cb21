import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.store.samples import T0, answer, save
from usage_tracker.capture.user import UserSelf
from usage_tracker.config.settings import load
from usage_tracker.config.thresholds import Channels
from usage_tracker.doctor.database import check_channels, check_database
from usage_tracker.doctor.diagnostic import Diagnostic
from usage_tracker.installation import install_command
from usage_tracker.store import accounts, alerts, snapshots
from usage_tracker.store.alerts import Alert, Level
from usage_tracker.store.database import Database
from usage_tracker.store.integrity import quick_check
from usage_tracker.times import DAY, HOUR, MINUTE, iso

NOW = 1_800_000_000_000


def check(config: Path) -> dict[str, Diagnostic]:
    return {diagnostic.subject: diagnostic for diagnostic in check_database(load(str(config)), NOW)}


def store(config: Path, *ages: int) -> None:
    """Store snapshots that are `ages` milliseconds old."""
    settings = load(str(config))
    with Database.open(settings.database) as database, database.write() as connection:
        account = accounts.get_or_create(connection, settings.accounts[0])
        for age in ages:
            snapshots.save(connection, account, UserSelf(NOW - age, 1, 1, None, {}))


def test_a_missing_database_is_a_problem(config: Path) -> None:
    found = check(config)["database"]
    assert found.gravity == "wrong"
    assert "`tracker snapshot` begins one" in found.text
    assert not (config.parent / "usage.db").exists()


def test_a_recent_history_is_ok(config: Path) -> None:
    store(config, 20 * MINUTE, 10 * MINUTE)
    found = check(config)
    assert {diagnostic.gravity for diagnostic in found.values()} == {"ok"}
    assert found["history"].text == "the last snapshot is 10 min old"


def test_a_unit_that_the_history_does_not_use_yet_is_a_note(config: Path) -> None:
    store(config, MINUTE)
    assert "quota_per_unit" not in check(config)
    config.write_text(config.read_text() + "quota_per_unit = 1000\n")
    found = check(config)["quota_per_unit"]
    assert (found.gravity, found.account) == ("note", "work")
    assert found.text == ("the history counts 500000 units to the dollar, the configuration 1000")


def test_an_account_without_a_snapshot_is_a_problem(config: Path) -> None:
    store(config)
    assert check(config)["history"].cure == "run `tracker snapshot`"


@pytest.mark.parametrize(
    ("ages", "gravity"),
    [
        ([80 * MINUTE, 70 * MINUTE, 60 * MINUTE], "ok"),
        ([85 * MINUTE, 75 * MINUTE, 65 * MINUTE], "wrong"),
        ([15 * HOUR, 10 * HOUR, 5 * HOUR], "ok"),
        ([85 * MINUTE, 65 * MINUTE], "ok"),
        ([24 * HOUR], "ok"),
        ([25 * HOUR], "wrong"),
        ([2 * DAY, 30 * MINUTE], "ok"),
        ([-HOUR // 2], "ok"),
    ],
)
def test_the_maximum_age_depends_on_the_usual_interval(
    ages: list[int], gravity: str, config: Path
) -> None:
    store(config, *ages)
    assert check(config)["history"].gravity == gravity


@pytest.mark.parametrize(
    ("ages", "gravity"),
    [([-2 * HOUR], None), ([-30 * DAY, -DAY, MINUTE], "ok"), ([-HOUR - 1, 3 * DAY], "wrong")],
)
def test_snapshots_of_the_future_are_a_problem_of_their_own(
    config: Path, ages: list[int], gravity: str | None
) -> None:
    store(config, *ages)
    future, *others = (
        each for each in check_database(load(str(config)), NOW) if each.subject == "history"
    )
    number = sum(age < 0 for age in ages)
    assert f"{number} snapshot" in future.text
    last = iso(NOW - min(ages))
    assert future.text.endswith(f"in the future, up to {last}")
    assert future.cure == (
        "if this machine's clock is right, remove the last one: "
        f"`tracker history remove {last} --account work`"
    )
    assert [each.gravity for each in others] == ([gravity] if gravity else [])


def test_a_configured_maximum_age_is_the_limit(config: Path) -> None:
    store(config, 3 * MINUTE)
    config.write_text(config.read_text() + '\ncheck = { max_age = "2m" }\n')
    assert check(config)["history"].gravity == "wrong"


def test_a_notice_that_no_channel_accepted_is_a_problem(config: Path) -> None:
    store(config, MINUTE)
    with Database.open(config.parent / "usage.db") as database, database.write() as connection:
        account = accounts.get(connection, "work")
        alerts.upsert(connection, account.account_id, "spike", Alert(Level.OK, 1, Level.OK, 1))
        alerts.upsert(
            connection,
            account.account_id,
            "days",
            Alert(Level.WARNING, 1, Level.OK, None, "urls[1] failed"),
        )
    found = check(config)["notify"]
    assert (found.gravity, found.text) == ("wrong", "the last notice (days): urls[1] failed")


def test_unusable_and_missing_channels_are_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not list(check_channels(Channels(urls=("json://x",))))
    assert not list(check_channels(Channels(ping_url="https://x")))
    assert [each.gravity for each in check_channels(Channels())] == ["note"]
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "apprise", raising=False)
    (found,) = check_channels(Channels(urls=("json://x",)))
    assert found.cure == f"run `{install_command('notify')}`"


def test_an_unsupported_url_is_reported_without_the_url() -> None:
    assert not list(check_channels(Channels(urls=("json://127.0.0.1/x",))))
    (found,) = check_channels(Channels(urls=("json://127.0.0.1/x", "tellgram://hush/1")))
    assert found.gravity == "wrong"
    assert "urls[2] is not a URL that Apprise supports" in str(found)
    assert "hush" not in str(found)


def test_one_user_under_two_names_is_noted(config: Path) -> None:
    config.write_text(config.read_text() + '[[account]]\nname = "twin"\ntoken_env = "X"\n')
    settings = load(str(config))
    profile = {"data": {"id": 7}}
    with Database.open(settings.database) as database, database.write() as connection:
        for each in settings.accounts:
            account = accounts.get_or_create(
                connection, replace(each, base_url="https://a.example")
            )
            snapshots.save(connection, account, UserSelf(NOW, 1, 1, None, profile))
    found = check(config)["accounts"]
    assert found.gravity == "note"
    assert found.text == "twin, work are the same user of the same gateway"
    assert "`tracker accounts remove work`" in (found.cure or "")


def test_the_check_of_a_large_file_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Database.open(tmp_path / "usage.db") as database:
        save(database, *(answer(T0 + each) for each in range(3000)))
        with database.read() as connection:
            assert quick_check(connection, 60) is True
            monkeypatch.setattr("usage_tracker.store.integrity._STEPS", 10)
            assert quick_check(connection, 0) is None
            assert snapshots.latest(connection)
