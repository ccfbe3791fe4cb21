import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.forecast.samples import START, readings, shifted, steady
from tests.store.samples import T0, account, answer, contents, save
from tests.store.test_samples import stored
from tests.test_pruning import prune
from usage_tracker.capture.user import UserSelf
from usage_tracker.store import checkpoints, failures, snapshots
from usage_tracker.store.accounts import UnknownAccountError
from usage_tracker.store.database import Database
from usage_tracker.store.export import Format, export, export_file
from usage_tracker.store.failures import Failure
from usage_tracker.store.importing.run import import_history
from usage_tracker.store.schema import Source
from usage_tracker.times import DAY, LAST_MOMENT, SECOND, now_ms

QUOTA = st.integers(-(2**62), 2**62 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ANSWERS = st.lists(
    st.builds(
        answer,
        captured_at=st.integers(0, T0) | st.integers(LAST_MOMENT - 9, LAST_MOMENT - 8),
        quota=QUOTA,
        used=QUOTA,
        request_count=st.none() | st.integers(0, 2**63 - 1),
        id=st.just(7),
        display_name=TEXT,
        notify=st.none() | st.booleans(),
        novelty=TEXT,
    ),
    max_size=8,
)
FAILURES = st.lists(
    st.builds(
        Failure,
        attempted_at=st.integers(0, LAST_MOMENT),
        kind=st.sampled_from(["timeout", "tls"]),
        http_status=st.none() | st.integers(100, 599),
        detail=st.none() | TEXT.filter(lambda text: "\0" not in text),
    ),
    max_size=3,
    unique=True,
)


@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answers=ANSWERS, failed=FAILURES, imported=st.sets(st.integers(0, 7)))
def test_json_lines_out_and_in_again_lose_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    answers: list[UserSelf],
    failed: list[Failure],
    imported: set[int],
) -> None:
    directory = tmp_path_factory.mktemp("round")
    with (
        Database.open(directory / "here.db") as here,
        Database.open(directory / "there.db") as there,
    ):
        stored = save(here, to=account("work", base_url="https://x.example", quota_per_unit=3))
        with here.write() as connection:
            for number, one in enumerate(answers):
                source = Source.IMPORT if number in imported else Source.GATEWAY
                snapshots.save(connection, stored, one, source)
            for failure in failed:
                failures.record(connection, stored.account_id, failure)
        export_file(here, "work", directory / "out.jsonl", "jsonl")
        import_history(there, directory / "out.jsonl")
        assert contents(there) == contents(here)
        again = io.StringIO()
        export(there, "work", again, "jsonl")
        assert again.getvalue() == (directory / "out.jsonl").read_text()


@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answers=ANSWERS)
def test_csv_out_and_in_again_keeps_the_counters(
    tmp_path_factory: pytest.TempPathFactory, answers: list[UserSelf]
) -> None:
    directory = tmp_path_factory.mktemp("round")
    with (
        Database.open(directory / "here.db") as here,
        Database.open(directory / "there.db") as there,
    ):
        save(here, *answers)
        export_file(here, "default", directory / "out.csv", "csv")
        import_history(there, directory / "out.csv")
        kept = [row[:5] for row in contents(there, "snapshot")["snapshot"]]
        assert kept == [row[:5] for row in contents(here, "snapshot")["snapshot"]]


def test_csv_is_what_import_wants_and_people_read(database_url: str) -> None:
    out = io.StringIO()
    with Database.open(database_url) as database:
        save(database, answer(T0, 5, 6, request_count=7), answer(T0 + 1, -5, 6))
        assert export(database, "default", out, "csv") == 2
    assert out.getvalue() == (
        "captured_at,quota,used_quota,request_count\n"
        "2025-11-30T10:53:20.000Z,5,6,7\n"
        "2025-11-30T10:53:20.001Z,-5,6,\n"
    )


def test_json_lines_tell_the_rest_where_it_changes(database_url: str) -> None:
    out = io.StringIO()
    with Database.open(database_url) as database:
        save(database, *(answer(T0 + i, group=group) for i, group in enumerate("aab")))
        export(database, "default", out, "jsonl")
    head, *lines = map(json.loads, out.getvalue().splitlines())
    assert head["schema"] == "usage-tracker.export/1"
    assert [line.get("rest", "whole") for line in lines] == ["whole", "same", "whole"]
    assert [line["response"]["data"]["quota"] for line in lines] == [1000, 1000, 1000]
    assert lines[0]["response"]["data"]["group"] == "a"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_file_is_private_and_replaced_as_a_whole(tmp_path: Path, form: Format) -> None:
    target, seen = tmp_path / "out", list[int]()
    target.write_text("old")
    with Database.open(tmp_path / "usage.db") as database:
        save(database, answer())
        assert export_file(database, "default", target, form, seen.append) == sum(seen) == 1
        with pytest.raises(UnknownAccountError):
            export_file(database, "nobody", target, form)
    assert "2025-11-30" in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"home", "usage.db", "out"}


def comes_back(database: Database, form: str, folder: Path) -> None:
    """Assert that an import of the database, or of its export, gives what it holds."""
    source = database.location.path
    if form != "db":
        source = folder / f"history.{form}"
        export_file(database, "default", source, form)  # type: ignore[arg-type]
    with Database.open(folder / "there.db") as there:
        import_history(there, source)
        assert import_history(there, source).added == 0
        columns = 5 if form == "csv" else None
        here, back = contents(database), contents(there)
        assert [row[:columns] for row in back["snapshot"]] == [
            row[:columns] for row in here["snapshot"]
        ]
        assert form == "csv" or back == here


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "here.db") as opened:
        yield opened


FORMS = ("jsonl", "csv", "db")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ahead", [2 * 3_600_000, DAY, 400 * DAY, 20_000 * DAY])
def test_rows_of_the_future_come_back(
    here: Database, tmp_path: Path, form: str, ahead: int
) -> None:
    known = save(here, answer(T0), answer(now_ms() + ahead, 5), answer(LAST_MOMENT, -5))
    with here.write() as connection:
        for moment in (0, now_ms() + ahead, LAST_MOMENT):
            failures.record(connection, known.account_id, Failure(moment, "timeout", None, None))
    comes_back(here, form, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_a_history_that_begins_in_the_future_comes_back(
    here: Database, tmp_path: Path, form: str
) -> None:
    save(here, answer(now_ms() + DAY))
    with here.write() as connection:
        connection.exec_driver_sql("UPDATE account SET created_at = ?", (LAST_MOMENT,))
    comes_back(here, form, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_the_names_of_a_renamed_user_come_back_in_any_order(
    here: Database, tmp_path: Path, form: str
) -> None:
    renamed = (answer(T0 + 2 * SECOND, id=1, username=name) for name in ("ann", "bea"))
    save(here, *renamed, answer(T0, username="bea"))  # the last one by a clock that was behind
    comes_back(here, form, tmp_path)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("jump", [2**62, 2**63 - 1 - 10**10, -(2**62)])
def test_the_events_of_a_pruned_account_without_a_limit_come_back(
    here: Database, tmp_path: Path, form: str, jump: int
) -> None:
    history = readings(shifted(steady(24 * 60), 24 * 20, quota=jump))
    assert prune(here, stored(here, history, "default"), START + 40 * DAY)
    comes_back(here, form, tmp_path)
    with here.read() as connection:
        events = checkpoints.list_events(connection, 1)
    assert jump in [event.quota for event in events]
    if form != "csv":
        with Database.open(tmp_path / "there.db") as there, there.read() as connection:
            assert checkpoints.list_events(connection, 1) == events


def test_no_character_that_a_terminal_obeys_is_written_raw(tmp_path: Path) -> None:
    name = "x\x1b[31m\x9b31m\u202e\u2066\u200f余"
    with Database.open(tmp_path / "usage.db") as database:
        save(database, answer(T0, display_name=name))
        export_file(database, "default", tmp_path / "out.jsonl", "jsonl")
    text = (tmp_path / "out.jsonl").read_text()
    assert all(character.isprintable() for character in text.replace("\n", ""))
    assert "余" in text
    assert json.loads(text.splitlines()[1])["response"]["data"]["display_name"] == name
