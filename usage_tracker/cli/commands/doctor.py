"""`tracker doctor`: everything that could be wrong, each with its cure."""

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
    from usage_tracker.doctor import Symptom

# What is said of each gravity, the worst first.
MARKS = {"wrong": "WRONG", "note": "note ", "ok": "ok   "}


@click.command()
@options.shared
@pass_session
@click.pass_context
def command(ctx: click.Context, session: Session) -> None:
    """Look for everything that could be wrong, and tell the cure.

    Token, network, clock, permissions, schema, disk, schedule, the age of the last
    snapshot, and what the gateway says of itself. Every account is asked; nothing
    is stored. What is wrong comes first. It exits with 1 if something is.
    """
    from usage_tracker.doctor import examine
    from usage_tracker.times import now_ms

    session.say_notes()
    symptoms = list(examine(session.settings, now_ms()))
    if session.json:
        echo_json("doctor", {"findings": [asdict(symptom) for symptom in symptoms]})
    else:
        for line in _lines(symptoms, quiet=session.quiet):
            echo(line)
    ctx.exit(int(any(symptom.gravity == "wrong" for symptom in symptoms)))


def _lines(symptoms: "Sequence[Symptom]", *, quiet: bool) -> Iterator[str]:
    """The symptoms in words, the worst first; how many of each, unless what is well is left out."""
    told = [symptom for symptom in symptoms if not (quiet and symptom.gravity == "ok")]
    width = max((len(symptom.subject) for symptom in told), default=0)
    for symptom in sorted(told, key=lambda symptom: [*MARKS].index(symptom.gravity)):
        yield from _told(symptom, width)
    if not quiet:
        yield ""
        yield _sum(symptoms)


def _told(symptom: "Symptom", width: int) -> Iterator[str]:
    whose = f"{symptom.account}: " if symptom.account else ""
    head = f"{MARKS[symptom.gravity]}  {symptom.subject:{width}}  "
    yield wrapped(visible(f"{head}{whose}{symptom.text}"), sys.stdout, len(head))
    if symptom.cure:
        cure = f"{'':{len(head)}}-> {symptom.cure}"
        yield wrapped(visible(cure), sys.stdout, len(head) + len("-> "))


def _sum(symptoms: "Sequence[Symptom]") -> str:
    """How many of what: `1 problem, 2 notes.`."""
    from usage_tracker.formatting import counted

    found = Counter(symptom.gravity for symptom in symptoms)
    problems = counted(found["wrong"], "problem") if found["wrong"] else "No problems"
    notes = f", {counted(found['note'], 'note')}" if found["note"] else ""
    return f"{problems}{notes}."
