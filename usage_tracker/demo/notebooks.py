"""The notebooks, and the history that they show without a database.

The executed notebooks are at the top of the repository, and inside the package when it is
installed.
"""

import datetime as dt
from dataclasses import replace
from pathlib import Path

from usage_tracker.config.paths import expand
from usage_tracker.demo import sample_account
from usage_tracker.errors import MisuseError
from usage_tracker.fs import exists
from usage_tracker.history import History
from usage_tracker.store.errors import CannotCreateError
from usage_tracker.times import HOUR, to_ms

_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "notebooks", _PACKAGE.parent / "notebooks")
_NOW = to_ms(dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC))
_ZONE, _OFFSET = "Asia/Taipei", 8 * HOUR


class NotebookExistsError(MisuseError):
    """A notebook that already exists."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists already: name another folder, or remove it")


def history() -> History:
    """Return the history that the shipped notebooks show, the same on every machine."""
    return replace(sample_account.history(_NOW, utc_offset=_OFFSET), timezone=_ZONE)


def shipped() -> list[Path]:
    """Return the notebooks in reading order."""
    return next(found for place in _PLACES if (found := sorted(place.glob("*.ipynb"))))


def write_out(directory: Path) -> list[Path]:
    """Copy the notebooks into `directory`, created if missing, and return the copies.

    Raises:
        NotebookExistsError: one of them already exists; none is written.
        CannotCreateError: the directory cannot be created or written to.
    """
    folder = expand(str(directory))
    copies = [(one, folder / one.name) for one in shipped()]
    for _, copy in copies:
        if exists(copy):
            raise NotebookExistsError(copy)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for original, copy in copies:
            copy.write_bytes(original.read_bytes())
    except OSError as error:
        raise CannotCreateError(folder, error) from None
    return [copy for _, copy in copies]
