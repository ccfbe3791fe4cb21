"""The commands: a name, where it stands in the help, and what it does in one line.

`tracker --help` is printed from here alone. The command itself lives in
`usage_tracker.cli.commands`, in the module of its name (`import` in `import_`).
"""

from collections.abc import Mapping
from typing import Final

EVERY_DAY: Final = "Every day"
LOOK_DEEPER: Final = "Look deeper"
KEEP_RUNNING: Final = "Keep it running"
DATABASE: Final = "The database"
TRY_OUT: Final = "Try it out"

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "snapshot": (EVERY_DAY, "Ask every gateway once and keep the answers."),
    "report": (EVERY_DAY, "Show the balance, the rates, the periods and when it runs out."),
    "status": (EVERY_DAY, "Tell in one line what is left and how long it lasts."),
    "forecast": (EVERY_DAY, "Tell when the credit runs out, and answer what-if questions."),
    "plot": (LOOK_DEEPER, "Draw the burn-down, the spend and the hours of the week."),
    "events": (LOOK_DEEPER, "Show top-ups, refunds, adjustments, gaps and failed attempts."),
    "history": (LOOK_DEEPER, "Show the raw snapshots, newest last."),
    "backtest": (LOOK_DEEPER, "Put the forecast on trial against your own past."),
    "init": (KEEP_RUNNING, "Set up an account and take the first snapshot."),
    "accounts": (KEEP_RUNNING, "List, add, rename and remove accounts."),
    "schedule": (KEEP_RUNNING, "Let cron or systemd take a snapshot every few minutes."),
    "check": (KEEP_RUNNING, "Tell whether there is reason to worry, as a Nagios plug-in does."),
    "doctor": (KEEP_RUNNING, "Look for everything that could be wrong, and tell the cure."),
    "config": (KEEP_RUNNING, "Show the effective settings and where they come from."),
    "import": (DATABASE, "Take in snapshots from a CSV or JSONL file or another database."),
    "export": (DATABASE, "Write the snapshots to a CSV or JSONL file."),
    "db": (DATABASE, "Show, upgrade, back up and check the database."),
    "demo": (TRY_OUT, "Show the whole path with no key: a gateway, snapshots and a report."),
}
