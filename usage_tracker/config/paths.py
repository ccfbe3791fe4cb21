"""Where things are when nobody says otherwise: the platform's own directories."""

from pathlib import Path

from platformdirs import user_config_path, user_data_path, user_state_path

APP = "usage-tracker"
KEYS = "keys"
"""The directory beside the configuration with the key files that are written here."""


def config_path() -> Path:
    """The configuration: `~/.config/usage-tracker/config.toml` on Linux."""
    return user_config_path(APP, appauthor=False) / "config.toml"


def database_path() -> Path:
    """The database: `~/.local/share/usage-tracker/usage.db` on Linux."""
    return user_data_path(APP, appauthor=False) / "usage.db"


def state_path() -> Path:
    """Logs, and what was in files before they were edited: `~/.local/state/usage-tracker`."""
    return user_state_path(APP, appauthor=False)


def expand(path: str | Path) -> Path:
    """`path` with `~` expanded, unless it is somebody's whom the machine does not know."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)
