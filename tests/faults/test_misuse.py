"""Every command, called as it should not be: a clear line, the right code, no defect."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.files import used
from tests.faults.tally import Tally
from tests.faults.warm import Warm

LONG = "n" * 10_000
MISUSE, FAILED, NOTHING = 2, 1, 3

REFUSED = [
    (MISUSE, "--db sqlite:// status"),
    (MISUSE, "--db sqlite:///x.db?evil=1 status"),
    (MISUSE, "--db sqlite:///x.db?journal_mode=evil status"),
    (MISUSE, "--db mysql://ann:secret@host/x status"),
    (MISUSE, "--db :// status"),
    (MISUSE, "--db ~nobody-knows/x.db status"),
    (NOTHING, "--db /nonexistent/x.db report"),
    (FAILED, "--db {folder} status"),
    (FAILED, f"--db {'n' * 300} status"),
    (FAILED, "--config /nonexistent config"),
    (FAILED, "--config {folder} config"),
    (FAILED, "--config /dev/zero config"),
    (FAILED, f"--config {'n' * 300} config"),
    (MISUSE, "report --since nonsense"),
    (MISUSE, "report --since 2026-13-45"),
    (MISUSE, "report --since 999999999w"),
    (MISUSE, "report --since now --until 7d"),
    (MISUSE, "report --since 19700101 --by hour"),
    (MISUSE, "report --as-of 00010101"),
    (MISUSE, "report --tz Mars/Olympus"),
    (MISUSE, "report --tz ../../etc/passwd"),
    (MISUSE, f"report --tz {LONG}"),
    (MISUSE, "report --account nobody"),
    (MISUSE, f"report --account {LONG}"),
    (FAILED, "report -o /nonexistent/x"),
    (FAILED, f"report -o {'n' * 300}"),
    (MISUSE, f"history --since {LONG}"),
    (MISUSE, "status --format {{"),
    (MISUSE, "status --format {{}}"),
    (MISUSE, "status --format {{balance.__class__}}"),
    (MISUSE, "status --format {{balance_usd!r}}"),
    (MISUSE, "status --format {{balance_usd:999999999999}}"),
    (MISUSE, "status --format {{balance_usd:.999999999f}}"),
    (MISUSE, "forecast --level nan"),
    (MISUSE, "forecast --level 5"),
    (MISUSE, "forecast --confidence 0.5"),
    (MISUSE, "forecast --until 90000101"),
    (MISUSE, "backtest --level 7"),
    (FAILED, "import {folder}"),
    (FAILED, "import /nonexistent"),
    (FAILED, "import /dev/null"),
    (FAILED, "import /dev/zero"),
    (FAILED, f"import {'n' * 300}"),
    (MISUSE, "import foo://x"),
    (MISUSE, f"import good.csv --account {LONG}"),
    (MISUSE, "import good.csv --account a\x1b[31m"),
    (FAILED, "export {folder}"),
    (FAILED, "export /nonexistent/x"),
    (FAILED, f"export {'n' * 300}"),
    (FAILED, "db backup {folder}"),
    (FAILED, "db backup usage.db"),
    (FAILED, "db backup /nonexistent/x"),
    (FAILED, f"db backup {'n' * 300}"),
    (MISUSE, "schedule install --every nonsense"),
    (MISUSE, "schedule install --every 7m"),
    (MISUSE, "accounts remove nobody"),
    (MISUSE, "accounts remove default --purge"),
    (MISUSE, "accounts rename nobody x"),
    (MISUSE, f"accounts rename --history default {LONG}"),
    (MISUSE, "accounts set-token nobody"),
    (MISUSE, "accounts add x --base-url evil"),
    (MISUSE, "accounts add x --base-url http://example.com"),
    (FAILED, "accounts add x --token-command nonexistent"),
    (FAILED, "accounts add x --token-file /nonexistent"),
    (FAILED, "accounts add x --token-env NOT_SET"),
    (MISUSE, "evil"),
    (MISUSE, "--evil"),
    (MISUSE, "report --by eon"),
    (MISUSE, "report --format evil"),
    (MISUSE, "history -n -1"),
    (MISUSE, "history -n 1e3"),
    (MISUSE, "snapshot --deadline nan"),
    (MISUSE, "snapshot --deadline 0"),
    (MISUSE, "forecast --balance nan"),
    (MISUSE, "forecast --balance 1e300"),
    (MISUSE, "forecast --top-up inf"),
    (MISUSE, "plot -o x.png --width 1"),
    (MISUSE, "db evil"),
    (MISUSE, "accounts add x --header evil"),
    (MISUSE, "accounts add x --quota-per-unit 0"),
]


@pytest.fixture
def folder(program: Warm, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program is run: there is a database with a snapshot, and its file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Etc/UTC")
    Path("good.csv").write_text("captured_at,quota,used_quota\n1764500000,100,5\n")
    program.run("import", "good.csv").succeeds()
    assert database.parent == tmp_path
    (tmp_path / "folder").mkdir()
    return tmp_path


def test_what_makes_no_sense_is_refused_in_one_line(
    program: Warm, folder: Path, tally: Tally
) -> None:
    endings = program.together(*(words.format(folder="folder") for _, words in REFUSED))
    for (code, _), ending in zip(REFUSED, endings, strict=True):
        ending.complains(code)
        assert "secret" not in ending.err
    assert used(folder / "usage.db") == [5]
    tally.add("misuse", refused=len(REFUSED))


@pytest.mark.usefixtures("gateway")
def test_names_that_nobody_can_read_are_the_users_to_choose(program: Warm, tmp_path: Path) -> None:
    for name in (b"\xff\xfe", "\u202e\n\x1b[31m".encode(), b"-x", b" ", b"%00?#", "公司".encode()):
        path = tmp_path / os.fsdecode(name)
        program.run("--db", path, "snapshot").succeeds()
        program.run("--db", path, "status").succeeds()
        path.unlink()
        path.mkdir()
        program.run("--db", path, "status").complains(FAILED)


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home that everybody can reach, as the directories of these tests cannot be."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "home").mkdir()
        (folder / "home").chmod(0o777)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "home"))
        monkeypatch.setenv("TZ", "Etc/UTC")
        monkeypatch.chdir(folder / "home")
        yield folder


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run something as somebody else")
@pytest.mark.usefixtures("gateway")
def test_what_somebody_may_not_touch_is_told(program: Warm, open_folder: Path) -> None:
    locked, config = open_folder / "locked", open_folder / "locked" / "config.toml"
    locked.mkdir(mode=0o700)
    config.touch()
    for database in (locked / "usage.db", locked / "none" / "usage.db", open_folder / "usage.db"):
        program.run("--db", database, "snapshot", nobody=True).complains(74, str(database))
    for words in ("status", "report", "db check", "history", "db backup x.db"):
        options = ["--db", str(locked / "usage.db"), *words.split()]
        program.run(*options, nobody=True).complains(FAILED, str(locked))
    for words, code in (("config", FAILED), ("status", FAILED), ("snapshot", 78)):
        ending = program.run("--config", config, words, nobody=True)
        ending.complains(code, "Permission denied")
    assert list(open_folder.glob("usage.db*")) == []
