"""Files of another user, as far as the program can see."""

import os
from pathlib import Path

import pytest

_STRANGER = 12345


def give_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `path` belong to another user; who is not root becomes another user instead."""
    if os.geteuid() == 0:
        os.chown(path, _STRANGER, -1, follow_symlinks=False)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: _STRANGER)
