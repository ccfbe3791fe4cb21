"""`tracker doctor`: checks for problems, each with a suggested fix."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import echo, echo_json, wrapped
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.formatting import visible

if TYPE_CHECKING:
    from usage_tracker.doctor import Diagnostic

# The label of each gravity, most severe first.
MARKS = {"wrong": "WRONG", "note": "note ", "ok": "ok   "}


@click.command()
@options.shared
@pass_session
@click.pass_context
def command(ctx: click.Context, session: Session) -> None:
    """Check for problems and suggest fixes.

    Checks the token, network, clock, permissions, schema, disk, schedule, the age of the
    last snapshot, and the gateway's own settings. Calls every account's gateway; stores
    nothing. Problems come first. The exit code is 1 if there is a problem.
    """
    from usage_tracker.doctor import diagnose
    from usage_tracker.times import now_ms

    session.print_notes()
    diagnostics = list(diagnose(session.settings, now_ms()))
    if session.json:
        echo_json("doctor", {"findings": [asdict(each) for each in diagnostics]})
    else:
        for line in _lines(diagnostics, quiet=session.quiet):
            echo(line)
    ctx.exit(int(any(each.gravity == "wrong" for each in diagnostics)))


def _lines(diagnostics: "Sequence[Diagnostic]", *, quiet: bool) -> Iterator[str]:
    """Yield the diagnostics, problems first, and their counts; if quiet, only what is not OK."""
    shown = [each for each in diagnostics if not (quiet and each.gravity == "ok")]
    width = max((len(each.subject) for each in shown), default=0)
    for each in sorted(shown, key=lambda each: [*MARKS].index(each.gravity)):
        yield from _entry(each, width)
    if not quiet:
        yield ""
        yield _counts(diagnostics)


def _entry(diagnostic: "Diagnostic", width: int) -> Iterator[str]:
    account = f"{diagnostic.account}: " if diagnostic.account else ""
    head = f"{MARKS[diagnostic.gravity]}  {diagnostic.subject:{width}}  "
    yield wrapped(visible(f"{head}{account}{diagnostic.text}"), sys.stdout, len(head))
    if diagnostic.cure:
        cure = f"{'':{len(head)}}-> {diagnostic.cure}"
        yield wrapped(visible(cure), sys.stdout, len(head) + len("-> "))


def _counts(diagnostics: "Sequence[Diagnostic]") -> str:
    """Return the counts, as in `1 problem, 2 notes.`."""
    from usage_tracker.formatting import count_noun

    found = Counter(diagnostic.gravity for diagnostic in diagnostics)
    problems = count_noun(found["wrong"], "problem") if found["wrong"] else "No problems"
    notes = f", {count_noun(found['note'], 'note')}" if found["note"] else ""
    return f"{problems}{notes}."
