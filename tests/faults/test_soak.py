"""Many runs of `snapshot --notify` while the gateway, the ping and the notices fail at random.

TRACKER_TEST_SOAK is the number of runs on each kind of database.
"""

import json
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.faults.tally import Tally
from tests.faults.warm import Warm
from tests.gateway_server import (
    TOKEN,
    Call,
    Script,
    drip,
    http_reply,
    json_reply,
    raw,
    reset,
    serve,
    silence,
    user_self,
)
from usage_tracker.store.database import Database

RUNS = int(os.environ.get("TRACKER_TEST_SOAK", "3"))
NAMES = ("a", "b", "c", "d", "e")
DEADLINE = 2
BUDGET = DEADLINE + 40
"""Seconds of a run: the calls, the ping with the outcome, and the notices (docs/operations.md)."""

PLENTY, LITTLE = 10**8, 10**6
GATEWAY: dict[str, tuple[Script, int]] = {
    "good": (json_reply({}), 60),  # replaced by the account's own answer
    "out of order": (http_reply(500), 10),
    "unavailable": (http_reply(503), 5),
    "refused": (http_reply(401), 5),
    "no JSON": (http_reply(200, b"<html>"), 5),
    "reset": (reset(), 5),
    "silent": (silence(), 4),
    "drips": (drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", 0.1), 3),
    "broken off": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"), 3),
}
PING: dict[str, tuple[Script, int]] = {
    "received": (http_reply(200), 88),
    "out of order": (http_reply(500), 5),
    "reset": (reset(), 5),
    "endless 100": (drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.1), 1),
    "silent": (silence(), 1),
}
NOTICES = {"accept": 60, "refuse": 39, "hang": 1}
COMMAND = """
case $(cat "$1") in
    accept) cat >> "$2" ;;
    refuse) cat > /dev/null; exit 1 ;;
    hang) sleep 100 ;;
esac
"""


class Peers:
    """The gateway and the ping's service, which draw each of their answers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.used: Counter[str] = Counter()
        self.balance = dict.fromkeys(NAMES, PLENTY)
        self.good: list[tuple[str, int, int]] = []
        self.steady = False

    def draw(self, choices: dict[str, tuple[Script, int]]) -> str:
        if self.steady:
            return next(iter(choices))
        weights = [weight for _, weight in choices.values()]
        return self.random.choices([*choices], weights)[0]

    def notices(self) -> str:
        """Draw what becomes of the notices of a run."""
        if self.steady:
            return "accept"
        return self.random.choices([*NOTICES], [*NOTICES.values()])[0]

    def gateway(self, call: Call) -> None:
        kind = self.draw(GATEWAY)
        if kind != "good":
            GATEWAY[kind][0](call)
            return
        name = call.request.path.split("/")[1]
        self.used[name] += 1
        answer = (name, self.balance[name], self.used[name])
        json_reply(user_self(quota=answer[1], used_quota=answer[2], id=NAMES.index(name)))(call)
        self.good.append(answer)

    def ping(self, call: Call) -> None:
        PING[self.draw(PING)][0](call)


@contextmanager
def configured(folder: Path, peers: Peers, database: str) -> Iterator[Path]:
    """A configuration of all accounts; yield the file that says what becomes of a notice."""
    mode, sent, script = folder / "mode", folder / "sent", folder / "notify.sh"
    script.write_text(COMMAND)
    sent.touch()
    with serve(peers.gateway) as gateway, serve(peers.ping) as ping:
        accounts = "".join(
            f'[[account]]\nname = "{name}"\nbase_url = "{gateway.url}/{name}"\n'
            'token_env = "SOAK_KEY"\n'
            for name in NAMES
        )
        command = json.dumps(["sh", str(script), str(mode), str(sent)])
        (folder / "config.toml").write_text(
            f"database = {json.dumps(database)}\n[check]\nwarning_balance = 10\n"
            f'[notify]\nping_url = "{ping.url}"\ncommand = {command}\n{accounts}'
        )
        yield mode


def stored(database: str) -> set[tuple[str, int, int]]:
    query = "SELECT a.name, s.quota, s.used_quota FROM snapshot s NATURAL JOIN account a"
    with Database.open(database) as opened, opened.read() as connection:
        return {tuple(row) for row in connection.exec_driver_sql(query)}


def levels(sent: Path) -> dict[tuple[str, str], list[str]]:
    """Return the accepted levels of each account and rule, in order."""
    found = defaultdict(list)
    for line in sent.read_text().splitlines():
        notice = json.loads(line)
        found[notice["account"], notice["rule"]].append(notice["level"])
    return found


def is_running(word: str) -> bool:
    commands = (path / "cmdline" for path in Path("/proc").iterdir() if path.name.isdigit())
    return any(word.encode() in each.read_bytes() for each in commands if each.exists())


def test_nothing_is_lost_and_nothing_piles_up(
    program: Warm,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    tally: Tally,
) -> None:
    seed = int(os.environ.get("TRACKER_TEST_SEED", "20261201"))
    peers, folder = Peers(seed), tmp_path / "soak"
    folder.mkdir()
    monkeypatch.setenv("SOAK_KEY", TOKEN)
    words = ("snapshot", "--notify", "--deadline", DEADLINE, "--config", folder / "config.toml")
    with configured(folder, peers, database_url) as mode:
        for number in range(RUNS + 1):
            peers.steady = number == RUNS  # the last run finds all in order
            mode.write_text(peers.notices())
            for name in NAMES:
                peers.balance[name] = peers.random.choice((PLENTY, LITTLE))
            began = time.monotonic()
            ending = program.run(*words)
            assert time.monotonic() - began < BUDGET, (seed, number, ending)
            assert "a bug in this program" not in ending.err, (seed, number, ending)
            tally.add("soak", runs=1)
    assert set(peers.good) <= stored(database_url)
    accepted = levels(folder / "sent")
    assert all(one != next_ for each in accepted.values() for one, next_ in pairwise(each)), (
        accepted
    )
    now = {name: "warning" if peers.balance[name] == LITTLE else "ok" for name in NAMES}
    assert {name: accepted.get((name, "balance"), ["ok"])[-1] for name in NAMES} == now
    assert {each.name for each in folder.iterdir()} == {"config.toml", "mode", "notify.sh", "sent"}
    assert not [each for each in tmp_path.iterdir() if each.name.endswith(".tmp")]
    assert not is_running(str(mode))
    tally.add("soak", good_answers=len(peers.good), notices=sum(map(len, accepted.values())))
