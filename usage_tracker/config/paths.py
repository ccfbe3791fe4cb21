"""Default paths in the platform's directories."""

from pathlib import Path

from platformdirs import user_config_path, user_data_path, user_state_path

APP = "usage-tracker"
KEYS = "keys"
"""The directory, beside the configuration, of the key files that the program writes."""
LOG = "snapshot.log"


def config_path() -> Path:
    """Return the configuration file: `~/.config/usage-tracker/config.toml` on Linux."""
    return user_config_path(APP, appauthor=False) / "config.toml"


def database_path() -> Path:
    """Return the database file: `~/.local/share/usage-tracker/usage.db` on Linux."""
    return user_data_path(APP, appauthor=False) / "usage.db"


def state_path() -> Path:
    """Return the directory of logs and backups: `~/.local/state/usage-tracker` on Linux."""
    return user_state_path(APP, appauthor=False)


def expand(path: str | Path) -> Path:
    """Return `path` with `~` expanded, unless it names an unknown user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def log_path() -> Path:
    """Return the log of scheduled runs."""
    return state_path() / LOG
