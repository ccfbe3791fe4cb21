"""Locations of a database: None (the default file), a path, or an SQLAlchemy URL.

SQLite and PostgreSQL are supported. A password in a URL is used and never shown.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from usage_tracker.config.database_name import is_url, url_problem
from usage_tracker.config.paths import database_path
from usage_tracker.errors import DatabaseError

JOURNAL_MODES: Final = ("wal", "delete", "truncate", "persist")
_POSTGRESQL_NAMES = {"postgresql+psycopg", "postgresql", "postgres"}
_SQLITE_NAMES = {"sqlite", "sqlite+pysqlite"}
_SECRETS = {"password", "sslpassword"}


class InvalidDatabaseNameError(DatabaseError):
    """The name of the database is invalid."""

    exit_code = 2
    sysexit = 78

    def __init__(self, why: str) -> None:
        super().__init__(
            f"{why}; name a file, or a URL such as sqlite:////var/lib/usage.db "
            "or postgresql+psycopg://user@host/database"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Location:
    """The location of a database. `str()` shows it without its password.

    A `journal_mode` of None leaves the mode of a file unchanged.
    """

    url: URL
    journal_mode: str | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is an SQLite file, not a server's database."""
        return self.url.drivername == "sqlite"

    @property
    def path(self) -> Path:
        """The SQLite file, absolute."""
        return Path(self.url.database or "")

    @property
    def has_password(self) -> bool:
        """Whether `name` contains a password."""
        return not self.is_sqlite and self.name != str(self)

    @property
    def name(self) -> str:
        """The absolute path or the URL, with its password."""
        if self.is_sqlite and self.journal_mode is None:
            return str(self.path)
        url = self.url.render_as_string(hide_password=False)
        return f"{url}?journal_mode={self.journal_mode}" if self.is_sqlite else url

    def __str__(self) -> str:
        if self.is_sqlite:
            return str(self.path)
        shown = {name: "***" for name in self.url.query if name.lower() in _SECRETS}
        return self.url.update_query_dict(shown).render_as_string(hide_password=True)

    def __repr__(self) -> str:
        return f"Location({self}, {self.journal_mode})"

    def scrub(self, text: str) -> str:
        """Return `text`, such as a server's message, without the password."""
        options = self.url.query.items()
        secrets = [value for name, value in options if name.lower() in _SECRETS]
        for secret in (self.url.password, *secrets):
            text = text.replace(str(secret), "***") if secret else text
        return text


def resolve(where: str | Path | None) -> Location:
    """Return the location of the database `where`; None is the default file."""
    if where is None:
        return _file(database_path())
    return _from_url(where) if isinstance(where, str) and is_url(where) else _file(Path(where))


def _file(path: Path, journal_mode: str | None = None) -> Location:
    if path.name == ":memory:":
        raise InvalidDatabaseNameError("a database in memory stores no history")
    if path == Path() or "\0" in str(path):
        raise InvalidDatabaseNameError(f"{str(path)!r} is not the name of a file")
    try:
        absolute = path.expanduser().absolute()
    except RuntimeError:
        raise InvalidDatabaseNameError(f"{str(path)!r} has an unknown home directory") from None
    return Location(URL.create("sqlite", database=str(absolute)), journal_mode)


def _from_url(text: str) -> Location:
    problem = url_problem(text)  # before anything takes part of a password for a host
    if problem is not None:
        raise InvalidDatabaseNameError(problem)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The text is not shown, because it may contain a password.
        raise InvalidDatabaseNameError("the database's URL cannot be understood") from None
    if url.drivername in _SQLITE_NAMES:
        return _from_sqlite_url(url)
    if url.drivername in _POSTGRESQL_NAMES:
        return Location(url.set(drivername="postgresql+psycopg"))
    raise InvalidDatabaseNameError(f"{url.drivername} databases are not supported")


def _from_sqlite_url(url: URL) -> Location:
    options = {name: value for name, value in url.query.items() if name != "journal_mode"}
    if options:
        raise InvalidDatabaseNameError(f"unknown option {min(options)!r} in the database's URL")
    if not url.database:
        raise InvalidDatabaseNameError("a database in memory stores no history")
    if "journal_mode" not in url.query:
        return _file(Path(url.database))
    journal_mode = str(url.query["journal_mode"]).lower()
    if journal_mode not in JOURNAL_MODES:
        raise InvalidDatabaseNameError(f"journal_mode is one of {', '.join(JOURNAL_MODES)}")
    return _file(Path(url.database), journal_mode)
