"""Alembic, in the only module that imports it: it costs more than a whole snapshot."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES: Final = (_PACKAGE / "migrations", _PACKAGE.parent / "migrations")


def scripts() -> Path:
    """Where the migrations are: inside the package when it is installed, else in the checkout."""
    return next(place for place in _PLACES if (place / "env.py").is_file())


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the schema up to `revision`, inside the transaction that `connection` is in."""
    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
