"""`tracker doctor`: everything that could be wrong, each with its cure."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from usage_tracker.cli import options
from usage_tracker.cli.output import echo, echo_json, plain
from usage_tracker.cli.session import Session, pass_session

if TYPE_CHECKING:
    from usage_tracker.watch.doctor import Symptom

MARKS = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


@click.command()
@options.shared
@pass_session
@click.pass_context
def command(ctx: click.Context, session: Session) -> None:
    """Look for everything that could be wrong, and tell the cure.

    Token, network, clock, permissions, schema, disk, schedule, the age of the last
    snapshot, and what the gateway says of itself. Every account is asked; nothing
    is stored. It exits with 1 if something is wrong.
    """
    from usage_tracker.times import now_ms
    from usage_tracker.watch.doctor import examine

    session.say_notes()
    symptoms = []
    for symptom in examine(session.settings, now_ms()):
        symptoms.append(symptom)
        if not session.json:
            _tell(session, symptom)
    if session.json:
        echo_json("doctor", {"findings": [asdict(symptom) for symptom in symptoms]})
    ctx.exit(int(any(symptom.gravity == "wrong" for symptom in symptoms)))


def _tell(session: Session, symptom: "Symptom") -> None:
    if session.quiet and symptom.gravity == "ok":
        return
    whose = f"{symptom.account}: " if symptom.account else ""
    echo(plain(f"{MARKS[symptom.gravity]} {symptom.subject:14} {whose}{symptom.text}"))
    if symptom.cure:
        echo(plain(f"{'':20} -> {symptom.cure}"))
