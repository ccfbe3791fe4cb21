"""`tracker demo`: the whole path without a key, and nothing in it is a mock but the gateway.

A folder of its own gets a configuration, a key and a database, all through the code
that writes real ones. The account's past is lived through quickly; then it is asked
over HTTP, as cron would, also while its gateway is down.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from usage_tracker import recording
from usage_tracker.capture.client import fetch
from usage_tracker.config import edit
from usage_tracker.config.account_tables import read_accounts
from usage_tracker.config.accounts import Account
from usage_tracker.config.credentials import read_token
from usage_tracker.config.file import read_config
from usage_tracker.config.paths import expand
from usage_tracker.config.token import Token
from usage_tracker.demo import sample_account
from usage_tracker.demo.gateway import Gateway, accelerated
from usage_tracker.errors import MisuseError
from usage_tracker.recording import Result
from usage_tracker.store.database import Database
from usage_tracker.store.files import make_directories
from usage_tracker.times import now_ms

ACCOUNT = "demo"
_CONFIG, _DATABASE = "config.toml", "usage.db"
_PATIENCE = 3.0


class DemoFolderTakenError(MisuseError):
    """A folder that holds a history already."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"{directory} holds a configuration or a database already: name another folder"
        )


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What a demonstration has set up.

    `lived` is the number of snapshots of the past that was lived through quickly;
    `asked` are the results of asking over HTTP, one of them a failure.
    """

    config: Path
    database: Path
    account: str
    base_url: str
    lived: int
    asked: tuple[Result, ...]


def run(directory: Path | None = None) -> DemoResult:
    """Set up a demonstration in `directory`, which may be missing, or in a new temporary one.

    Raises:
        DemoFolderTakenError: There is a history in it.
    """
    with serving(directory) as result:
        return result


@contextmanager
def serving(directory: Path | None = None, *, speed: float = 1.0) -> Iterator[DemoResult]:
    """The same, with a gateway that goes on answering until the block ends.

    Meanwhile its account lives `speed` times as fast as the clock, for thirty days of its own.
    """
    home = _home(directory)
    config = home / _CONFIG
    now = now_ms()
    life = sample_account.account_life(now)
    with Gateway(life) as gateway:
        account = _configure(config, gateway)
        with Database.open(home / _DATABASE) as database:
            told = fetch(account, read_token(account.token))
            lived = sample_account.write(database, account, life, now, told.profile)
            asked = tuple(_ask(database, account, gateway))
        gateway.clock = accelerated(now_ms(), speed)
        yield DemoResult(config, home / _DATABASE, account.name, account.base_url, lived, asked)


def _home(directory: Path | None) -> Path:
    if directory is None:
        return Path(tempfile.mkdtemp(prefix="tracker-demo-"))
    home = expand(directory).absolute()
    make_directories(home)
    if any(os.path.lexists(home / name) for name in (_CONFIG, _DATABASE)):
        raise DemoFolderTakenError(home)
    return home


def _configure(config: Path, gateway: Gateway) -> Account:
    key = edit.key_file(config, ACCOUNT)
    edit.write_key(config, key, Token(gateway.token))
    edit.set_value(config, "database", _DATABASE)
    edit.add_account(config, {"name": ACCOUNT, "base_url": gateway.url, "token_file": key})
    (account,) = read_accounts(read_config(config)["account"], config)
    return account


def _ask(database: Database, account: Account, gateway: Gateway) -> Iterator[Result]:
    """Ask as `tracker snapshot` does: once in vain, between two times that go well."""
    for mood in (nullcontext, gateway.outage, nullcontext):
        with mood():
            yield from recording.record(database, [account], deadline=_PATIENCE)
