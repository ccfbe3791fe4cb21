import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Tracker
from tests.gateway_server import TOKEN, Gateway
from usage_tracker import __version__
from usage_tracker.cli import commands
from usage_tracker.cli.groups import Group, LazyGroup, module_name
from usage_tracker.cli.root import COMMANDS
from usage_tracker.cli.root import tracker as program
from usage_tracker.cli.session import Session
from usage_tracker.errors import TrackerError


def every_command(group: Group, *above: str) -> Iterator[tuple[tuple[str, ...], Group]]:
    """The words of each command, and the group that lists it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        yield (*above, name), group
        command = group.get_command(context, name)
        if isinstance(command, Group):
            yield from every_command(command, *above, name)


assert isinstance(program, LazyGroup)
EVERY = list(every_command(program))
WORDS = [words for words, _ in EVERY]


@pytest.mark.parametrize(("words", "group"), EVERY, ids=map(" ".join, WORDS))
def test_the_table_says_what_the_command_says_of_itself(
    words: tuple[str, ...], group: Group
) -> None:
    command = group.get_command(click.Context(group), words[-1])
    assert command is not None
    assert (command.help or "").splitlines()[0] == group.summaries()[words[-1]][1]


def test_every_module_is_in_the_table() -> None:
    modules = {module.name for module in pkgutil.iter_modules(commands.__path__)}
    assert modules == set(map(module_name, COMMANDS))


def test_a_group_lists_its_commands_in_their_order_with_their_summaries(tracker: Tracker) -> None:
    text = tracker("accounts", "--help").stdout
    _, _, listed = text.partition("Commands:\n")
    names = [line.split()[0] for line in listed.partition("\n\n")[0].splitlines()]
    assert names == ["list", "add", "set-token", "rename", "move", "remove"]
    assert "  remove     Remove an account; keep its history unless purged.\n" in text


@pytest.mark.parametrize("words", WORDS, ids=map(" ".join, WORDS))
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_explains_itself(
    tracker: Tracker, words: tuple[str, ...], option: str
) -> None:
    result = tracker(*words, option)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: tracker {' '.join(words)}")
    assert "--db" in result.stdout


@pytest.mark.parametrize("words", ["", "status", "accounts add"])
def test_help_shows_what_the_option_shows(tracker: Tracker, words: str) -> None:
    shown = tracker("help", *words.split())
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout == tracker(*words.split(), "--help").stdout


@pytest.mark.parametrize("words", ["statsu", "accounts lst"])
def test_help_for_an_unknown_command_suggests_one(tracker: Tracker, words: str) -> None:
    shown = tracker("help", *words.split())
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "did you mean" in shown.stderr


def test_the_help_groups_the_commands(tracker: Tracker) -> None:
    text = tracker("--help").stdout
    headings = [line for line in text.splitlines() if line.endswith(":") and line[0] != " "]
    assert headings == [
        *("Every day:", "Look deeper:", "Keep it running:", "The database:", "Try it out:"),
        "Options:",
    ]
    for name, (_, summary) in COMMANDS.items():
        assert f"  {name} " in text
        assert summary in text


def test_the_version_is_told(tracker: Tracker) -> None:
    assert tracker("--version").stdout == f"tracker {__version__}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("nonsense", "no such command 'nonsense' (see `tracker --help`)"),
        ("statsu", "no such command 'statsu' (did you mean 'status'?)"),
        ("accounts lst", "no such command 'lst' (did you mean 'list'?)"),
        ("--nonsense", "no such option '--nonsense' (see `tracker --help`)"),
        ("status --nonsense", "no such option '--nonsense' (see `tracker status --help`)"),
        ("status --jsn", "no such option '--jsn'. Did you mean '--json'?"),
        ("accounts rename", "missing argument 'NAME' (see `tracker accounts rename --help`)"),
        ("report -o", "option '-o' requires an argument"),
        ("snapshot more", "got unexpected extra argument (more) (see `tracker snapshot --help`)"),
    ],
)
def test_misuse_is_told_in_one_line_with_its_cure_and_exits_with_2(
    tracker: Tracker, words: str, told: str
) -> None:
    result = tracker(*words.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"tracker: {told}\n"


@pytest.mark.parametrize("words", ["history -n x", "report --by year", "plot", "accounts add"])
def test_a_bad_or_missing_value_is_one_line_too(tracker: Tracker, words: str) -> None:
    result = tracker(*words.split())
    assert result.exit_code == 2
    assert result.stderr.startswith("tracker: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("words", ["status", "export -", "import x.csv", "db path", "init"])
@pytest.mark.parametrize("option", ["--db", "--config", "-a"])
def test_an_option_that_is_empty_is_no_wish_for_the_default(
    tracker: Tracker, words: str, option: str
) -> None:
    if (words, option) == ("db path", "-a"):
        return
    result = tracker(*words.split(), option, "")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("tracker: invalid value for '-")
    assert "it is empty" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        *(f"accounts add x {each}" for each in ("--base-url", "--token-env", "--token-command")),
        *("report --tz", "status --tz", "history --since", "history --until"),
    ],
)
def test_nor_is_any_other(tracker: Tracker, words: str) -> None:
    result = tracker(*words.split(), "", input=TOKEN)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "it is empty" in result.stderr


@pytest.mark.parametrize("words", ["export -", "import x.csv", "init"])
def test_a_second_account_where_one_is_meant_is_not_dropped(tracker: Tracker, words: str) -> None:
    result = tracker(*words.split(), "-a", "one", "-a", "two")
    assert result.exit_code == 2
    assert "give one account" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_word_with_control_characters_is_told_without_them(tracker: Tracker) -> None:
    result = tracker("status", "\x1b[2J\n")
    assert result.stderr.count("\n") == 1
    assert result.stderr.rstrip("\n").isprintable()


def test_alone_it_tells_how_to_begin(tracker: Tracker) -> None:
    result = tracker()
    assert result.exit_code == 0
    assert "tracker init" in result.stdout


def test_alone_it_shows_the_status_if_there_is_a_history(
    tracker: Tracker, gateway: Gateway
) -> None:
    tracker("snapshot")
    assert gateway.requests
    assert tracker().stdout.startswith("default: $58.14 left")
    assert json.loads(tracker("-j").stdout)["schema"] == "usage-tracker.status/1"


def test_alone_with_json_it_never_talks_prose(tracker: Tracker) -> None:
    result = tracker("--json")
    assert (result.exit_code, result.stdout) == (3, "")


def test_shared_options_stand_before_or_after_the_name_and_the_later_counts(
    tracker: Tracker, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.db", tmp_path / "two.db"
    assert tracker("--db", str(one), "db", "path").stdout == f"{one}\n"
    assert tracker("db", "path", "--db", str(one)).stdout == f"{one}\n"
    assert tracker("db", "--db", str(one)).stdout == f"{one}\n"
    assert tracker("--db", str(one), "db", "--db", str(two), "path").stdout == f"{two}\n"
    for words in (("-j", "db", "path"), ("db", "-j", "path"), ("db", "path", "-j"), ("db", "-j")):
        assert json.loads(tracker(*words).stdout)["schema"] == "usage-tracker.db-path/1"


def test_json_is_a_format_of_every_command_that_has_no_others(tracker: Tracker) -> None:
    for words in (("db", "path"), ("config",), ("accounts", "list")):
        told = tracker(*words, "--format", "json")
        assert told.stdout == tracker(*words, "-j").stdout
        assert json.loads(told.stdout)
        assert tracker(*words, "--format", "xml").exit_code == 2


def test_what_may_stand_before_a_command_is_an_option_of_every_command() -> None:
    shared = {param.name for param in program.params} - {"version", "format"}
    assert shared == {"database", "config", "json", "no_color", "quiet"}
    for words, group in EVERY:
        command = group.get_command(click.Context(group), words[-1])
        assert command is not None
        assert shared <= {param.name for param in command.params}


@pytest.mark.parametrize(
    ("variables", "option", "expected"),
    [
        ({}, (), None),
        ({"NO_COLOR": "1"}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, (), False),
        ({"FORCE_COLOR": "1"}, ("--no-color",), False),
        ({"TERM": "dumb"}, (), False),
        ({"NO_COLOR": "", "FORCE_COLOR": ""}, (), None),
    ],
)
def test_colour_is_the_reader_s_choice(
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    option: tuple[str, ...],
    expected: bool | None,  # noqa: FBT001
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with program.make_context("tracker", [*option, "status"]) as context:
        assert context.color is expected


class TestErrorHandling:
    def fail(self, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
        def settings(_: Session) -> None:
            raise error

        monkeypatch.setattr(Session, "settings", property(settings))

    def test_an_error_is_one_line_without_control_characters(
        self, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fail(monkeypatch, TrackerError("no\x1b[2J\u202e such\nthing"))
        result = tracker("db", "path")
        assert result.exit_code == 1
        assert result.stderr == "tracker: no\ufffd[2J\ufffd such thing\n"

    def test_a_bug_tells_its_place_and_not_its_words(
        self, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fail(monkeypatch, ValueError(TOKEN))
        result = tracker("db", "path")
        assert result.exit_code == 1
        assert result.stderr.count("\n") == 1
        assert re.search(r"ValueError in cli/commands/db\.py:\d+\)", result.stderr)
        assert TOKEN not in result.output

    def test_a_bug_that_shows_in_a_library_is_placed_where_the_program_called_it(
        self, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Session, "load", lambda _: json.loads("{"))
        assert "JSONDecodeError in cli/session.py:" in tracker("db", "path").stderr

    def test_a_bug_shows_its_traceback_when_debugging(
        self, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fail(monkeypatch, ValueError("why"))
        monkeypatch.setenv("TRACKER_DEBUG", "1")
        assert "Traceback" in tracker("db", "path").stderr

    @pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
    def test_an_interruption_is_quiet(
        self, tracker: Tracker, monkeypatch: pytest.MonkeyPatch, error: BaseException
    ) -> None:
        self.fail(monkeypatch, error)
        result = tracker("db", "path")
        assert (result.exit_code, result.output) == (130, "")

    def test_a_reader_who_left_is_no_reason_to_complain(
        self, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fail(monkeypatch, BrokenPipeError())
        result = tracker("db", "path")
        assert (result.exit_code, result.output) == (1, "")


def run(*words: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "usage_tracker", *words]
    return subprocess.run(
        program, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=30
    )


class TestTheProcess:
    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    @pytest.mark.parametrize("words", [("--help",), ("db", "path")])
    def test_a_full_disk_under_stdout_is_told(self, words: tuple[str, ...]) -> None:
        with Path("/dev/full").open("w") as full:
            result = run(*words, stdout=full.fileno())
        assert result.returncode == 1
        assert result.stderr == "tracker: cannot write the output: No space left on device\n"

    @pytest.mark.parametrize("words", [("--help",), ("db", "path")])
    def test_a_closed_stdout_is_told(self, words: tuple[str, ...]) -> None:
        program = [sys.executable, "-m", "usage_tracker", *words]
        result = subprocess.run(
            ["sh", "-c", 'exec "$@" >&-', "sh", *program],
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=30,
        )
        assert result.returncode == 1
        assert result.stderr == "tracker: cannot write the output: Bad file descriptor\n"

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    @pytest.mark.parametrize("words", [("check",), ("check", "--json"), ("check", "--nonsense")])
    def test_check_tells_on_stderr_that_it_cannot_tell(
        self, words: tuple[str, ...], empty_database: Path
    ) -> None:
        with Path("/dev/full").open("w") as full:
            result = run("--db", str(empty_database), *words, stdout=full.fileno())
        assert result.returncode == 3
        assert result.stderr == "tracker: cannot write the output: No space left on device\n"

    def test_a_locale_without_the_letters_does_no_harm(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
        monkeypatch.setenv("TRACKER_TOKEN", TOKEN)
        result = run("accounts")
        assert result.returncode == 0
        assert "fd...cd from TRACKER_TOKEN" in result.stdout

    def test_a_closed_stdin_is_nobody_to_ask(self) -> None:
        program = [sys.executable, "-m", "usage_tracker", "init"]
        shell = ["sh", "-c", '"$@" <&-', "sh", *program]
        result = subprocess.run(shell, capture_output=True, text=True, check=False, timeout=30)
        assert result.returncode == 78
        assert "\ntracker: no key was given" in result.stderr

    def test_a_closed_pipe_under_stdout_is_not(self) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        result = run("db", "path", stdout=writing)
        os.close(writing)
        assert (result.returncode, result.stderr) == (1, "")
