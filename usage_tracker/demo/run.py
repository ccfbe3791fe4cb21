"""`tracker demo`: everything without a key; only the gateway is simulated.

The demo has its own directory with a configuration, a key and a database, written by the same
code as real ones. The account's past is stored at once; then the gateway is polled over HTTP,
also during an outage.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from usage_tracker import recording
from usage_tracker.capture.client import fetch
from usage_tracker.config import editing
from usage_tracker.config.accounts import Account, read_accounts
from usage_tracker.config.credentials import Token, read_token
from usage_tracker.config.file import read_config
from usage_tracker.config.paths import expand
from usage_tracker.demo import sample_account
from usage_tracker.demo.gateway import Gateway, accelerated
from usage_tracker.errors import MisuseError
from usage_tracker.recording import Result
from usage_tracker.store.database import Database
from usage_tracker.store.files import make_directories
from usage_tracker.times import now_ms

ACCOUNT = "demo"
_CONFIG, _DATABASE = "config.toml", "usage.db"
_DEADLINE = 3.0


class DemoFolderTakenError(MisuseError):
    """A directory that already has a configuration or a database."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"{directory} holds a configuration or a database already: name another folder"
        )


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The files and the account of a demo.

    `past_snapshots` is the number of simulated snapshots; `results` are those of the polls
    over HTTP, one of them a failure.
    """

    config: Path
    database: Path
    account: str
    base_url: str
    past_snapshots: int
    results: tuple[Result, ...]


def run(directory: Path | None = None) -> DemoResult:
    """Set up a demo in `directory`, created if missing, or in a new temporary one.

    Raises DemoFolderTakenError if it already has a configuration or a database.
    """
    with serving(directory) as result:
        return result


@contextmanager
def serving(directory: Path | None = None, *, speed: float = 1.0) -> Iterator[DemoResult]:
    """Set up a demo as `run` does, with a gateway that answers until the block ends.

    Its account's time passes `speed` times as fast as the clock, for thirty days.
    """
    home = _home(directory)
    config = home / _CONFIG
    now = now_ms()
    simulated = sample_account.sample(now)
    with Gateway(simulated) as gateway:
        account = _configure(config, gateway)
        with Database.open(home / _DATABASE) as database:
            user = fetch(account, read_token(account.token))
            count = sample_account.store(database, account, simulated, now, user.profile)
            results = tuple(_poll(database, account, gateway))
        gateway.clock = accelerated(now_ms(), speed)
        yield DemoResult(config, home / _DATABASE, account.name, account.base_url, count, results)


def _home(directory: Path | None) -> Path:
    if directory is None:
        return Path(tempfile.mkdtemp(prefix="tracker-demo-"))
    home = expand(directory).absolute()
    make_directories(home)
    if any(os.path.lexists(home / name) for name in (_CONFIG, _DATABASE)):
        raise DemoFolderTakenError(home)
    return home


def _configure(config: Path, gateway: Gateway) -> Account:
    key = editing.choose_key_file(config, ACCOUNT)
    editing.write_key(config, key, Token(gateway.token))
    editing.set_value(config, "database", _DATABASE)
    editing.add_account(config, {"name": ACCOUNT, "base_url": gateway.url, "token_file": key})
    (account,) = read_accounts(read_config(config)["account"], config)
    return account


def _poll(database: Database, account: Account, gateway: Gateway) -> Iterator[Result]:
    """Poll as `tracker snapshot` does: a failure between two snapshots."""
    for state in (nullcontext, gateway.outage, nullcontext):
        with state():
            yield from recording.capture(database, [account], deadline=_DEADLINE)
