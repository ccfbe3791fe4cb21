"""Where it is measured: a temporary folder, an environment that is nobody's own, and the data."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.process import Command

MINUTE = 60_000
HOUR = 60 * MINUTE
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much data there is."""

    decade: int = 5_256_000
    accounts: int = 1000
    imported: int = 1_000_000
    year: int = 8760


QUICK = Sizes(decade=525_600, accounts=100, imported=100_000)
"""A tenth of it."""


@dataclass(frozen=True)
class Workplace:
    """The folder, and how the commands that are measured are called."""

    folder: Path
    sizes: Sizes
    gateway: str
    now: int = field(default_factory=lambda: int(time.time() * 1000))

    @property
    def environment(self) -> Mapping[str, str]:
        """What every measured process sees: little, but an account to take snapshots of."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        places = ("HOME", *(f"XDG_{name}_HOME" for name in ("CONFIG", "DATA", "STATE", "CACHE")))
        account = {"TRACKER_BASE_URL": self.gateway, "TRACKER_TOKEN": "f" * 32}
        return kept | dict.fromkeys(places, str(self.folder)) | account | {"TZ": "Asia/Taipei"}

    def path(self, name: str) -> Path:
        """A file in the folder, there or not."""
        return self.folder / name

    def tracker(self, database: str | Path, *arguments: str | Path) -> Command:
        """A command of the program, in whole."""
        return [sys.executable, "-m", "usage_tracker", "--db", str(database), *arguments]

    def imports(self, modules: str) -> Command:
        """The floor under a command: to import what it cannot do without."""
        return [sys.executable, "-c", f"import {modules}"]

    def year(self) -> str:
        """The database of an account that was polled hourly for a year."""
        return self.database("year", rows=self.sizes.year, every=HOUR)

    def log(self) -> str:
        """A database like that, to which snapshots from the gateway are added."""
        return self.database("log", rows=self.sizes.year, every=HOUR, gateway=self.gateway)

    def decade(self) -> str:
        """The database of an account that was polled each minute for ten years."""
        return self.database("decade", rows=self.sizes.decade, every=MINUTE)

    def fleet(self) -> str:
        """The database of many accounts, all polled hourly for a year."""
        accounts = self.sizes.accounts
        return self.database("fleet", rows=self.sizes.year, every=HOUR, accounts=accounts)

    def empty(self) -> str:
        """A database of an account without snapshots."""
        return self.database("empty", rows=0)

    def files(self) -> None:
        """`history.csv` and `table.csv`: what is imported, for us and for `sqlite3`."""
        if not self.path("history.csv").exists():
            self.build("files", str(self.folder), rows=self.sizes.imported, until=self.now)

    def database(self, name: str, **options: int | str) -> str:
        """A database whose last snapshots are of this very moment, built at the first call."""
        path = self.path(f"{name}.db")
        if not path.exists():
            self.build("database", str(path), until=self.now, **options)
        return str(path)

    def build(self, what: str, where: str, **options: int | str) -> None:
        """Build data in a process of its own."""
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        command = [sys.executable, "-m", "tests.benchmarks.build", what, where, *words]
        subprocess.run(command, check=True)


@contextmanager
def gateway(delay: float = 0) -> Iterator[str]:
    """The address of a gateway on loopback that takes `delay` seconds to answer."""
    command = [sys.executable, "-m", "tests.benchmarks.gateway", "--delay", str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()
