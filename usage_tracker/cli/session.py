"""The shared options of a command, and the settings and the database they select."""

import datetime as dt
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import click

from usage_tracker.cli.output import echo, print_stderr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from usage_tracker.config.settings import Settings
    from usage_tracker.store.database import Database


ARGUMENTS_ARE_PUBLIC: Final = (
    "note: every user of this machine can read the password in the command's arguments: write "
    "the URL into config.toml (database = ...) or TRACKER_DATABASE, or the password into ~/.pgpass"
)


@dataclass
class Session:
    """Options given before or after the command's name; the last one wins."""

    config: str | None = None
    database: str | None = None
    json: bool = False
    quiet: bool = False

    @cached_property
    def settings(self) -> "Settings":
        """The effective settings."""
        self.note_password(self.database)
        return self.load()

    def load(self, *, creating: bool = False) -> "Settings":
        """Read the settings again; `creating` is for commands that write the configuration."""
        from usage_tracker.config.settings import load

        return load(self.config, self.database, creating=creating)

    def zone(self, name: str | None = None) -> dt.tzinfo:
        """Return the time zone `name`, or the configured one, or the machine's."""
        from usage_tracker.config.zone import zone_or_local

        return zone_or_local(name or self.settings.timezone)

    @contextmanager
    def opened(self, *, create: bool = False) -> "Iterator[Database]":
        """Open the database; without `create`, raise NoHistoryError if it does not exist."""
        from usage_tracker.store.database import Database

        with Database.open(self.settings.database, create=create) as database:
            self.print_upgrade(database)
            yield database

    @contextmanager
    def reading(self) -> "Iterator[Connection]":
        """Open a read transaction."""
        with self.opened() as database, database.read() as connection:
            yield connection

    def info(self, text: str) -> None:
        """Print a message to stderr, unless --quiet."""
        if not self.quiet:
            print_stderr(text)

    def print_result(self, text: str) -> None:
        """Print what a command did to stdout, unless --quiet or --json.

        Data that a command shows are printed with --quiet, too: see `output.echo`.
        """
        if not (self.quiet or self.json):
            echo(text)

    def print_upgrade(self, database: "Database") -> None:
        """Print that the schema was upgraded, unless the database is new."""
        done = database.upgraded
        if done is not None and done.revision is not None:
            backup = f" (the previous version is kept in {done.backup})" if done.backup else ""
            self.info(f"upgraded {database.location}{backup}")

    def note_password(self, name: str | None) -> None:
        """Print that the password in the database's `name`, given as an argument, is public."""
        if name is not None and "://" in name:
            from usage_tracker.errors import DatabaseError
            from usage_tracker.store.location import resolve

            with suppress(DatabaseError):  # reported where the database is opened
                if resolve(name).has_password:
                    self.info(ARGUMENTS_ARE_PUBLIC)

    def print_notes(self) -> None:
        """Print the notes on the settings."""
        for note in self.settings.notes:
            self.info(f"note: {note}")


pass_session = click.make_pass_decorator(Session, ensure=True)
