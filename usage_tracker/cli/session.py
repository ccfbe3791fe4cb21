"""What a command starts from: the shared options, and the settings and database they lead to."""

import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import click

from usage_tracker.cli.output import echo, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from usage_tracker.config.settings import Settings
    from usage_tracker.store.database import Database


@dataclass
class Session:
    """The options given before or after the command's name; the later one counts."""

    config: str | None = None
    database: str | None = None
    json: bool = False
    quiet: bool = False

    @cached_property
    def settings(self) -> "Settings":
        """The effective settings."""
        return self.load()

    def load(self, *, creating: bool = False) -> "Settings":
        """The settings read again; `creating` is for commands that write the configuration."""
        from usage_tracker.config.settings import load

        return load(self.config, self.database, creating=creating)

    def zone(self, name: str | None = None) -> dt.tzinfo:
        """The time zone `name`, or the configured one, or the machine's."""
        from usage_tracker.config.zone import zone_or_local

        return zone_or_local(name or self.settings.timezone)

    @contextmanager
    def opened(self, *, create: bool = False) -> "Iterator[Database]":
        """The database; without `create` one that is not there is a NoHistoryError."""
        from usage_tracker.store.database import Database

        with Database.open(self.settings.database, create=create) as database:
            self.say_upgrade(database)
            yield database

    @contextmanager
    def reading(self) -> "Iterator[Connection]":
        """One moment of the database."""
        with self.opened() as database, database.read() as connection:
            yield connection

    def say(self, text: str) -> None:
        """Talk on stderr, unless asked to be quiet."""
        if not self.quiet:
            say(text)

    def tell(self, text: str) -> None:
        """What a command did, in words, for who asked for neither silence nor JSON.

        That is no data: what a command was asked to show is told even so.
        """
        if not (self.quiet or self.json):
            echo(text)

    def say_upgrade(self, database: "Database") -> None:
        """That the database's schema was brought up to date, if there was one."""
        done = database.upgraded
        if done is not None and done.revision is not None:
            backup = f" (what it was is kept in {done.backup})" if done.backup else ""
            self.say(f"upgraded {database.location}{backup}")

    def say_notes(self) -> None:
        """What is worth knowing about the settings."""
        for note in self.settings.notes:
            self.say(f"note: {note}")


pass_session = click.make_pass_decorator(Session, ensure=True)
