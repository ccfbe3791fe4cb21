"""What a cron job pays for: modules, not milliseconds."""

import subprocess
import sys
from pathlib import Path

from usage_tracker.store.database import Database

SNAPSHOT = """
import sys
from tests.store.samples import answer, save
from usage_tracker.store.database import Database
from usage_tracker.store import snapshots
with Database.open(sys.argv[1], create=False) as database:
    one = save(database, answer())
    with database.read() as connection:
        snapshots.latest(connection)
        snapshots.at_or_before(connection, [one.account_id], [0])
print(*sys.modules)
"""


def test_a_snapshot_loads_nothing_heavy(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    Database.open(path).close()
    command = [sys.executable, "-c", SNAPSHOT, str(path)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"numpy", "pandas", "alembic", "rich", "psycopg", "mako"}
    modules = set(done.stdout.split())
    assert not modules & {"sqlalchemy.orm", "sqlalchemy.dialects.postgresql"}
