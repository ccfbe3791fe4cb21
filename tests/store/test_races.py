"""Many processes at one server at once; `tests.faults` has the races for a file."""

from tests.store.racing import PROCESSES, receive_all, save_once, start
from tests.store.samples import contents
from usage_tracker.store.database import Database


def test_many_at_once_on_an_empty_server_all_succeed(postgres_url: str) -> None:
    ready = PROCESSES.Barrier(12)
    started = [start(save_once, postgres_url, ready) for _ in range(12)]
    received = [line for _, receiver in started for line in receive_all(receiver)]
    for process, _ in started:
        process.join()
    assert received == ["stored"] * 12
    with Database.open(postgres_url) as database:
        assert len(contents(database, "snapshot")["snapshot"]) == 12
