"""How this program was installed, and the command that installs an extra of it.

The distribution is named here and in pyproject.toml only: another project owns the name of
the package on the index.
"""

import json
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from shlex import quote
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from usage_tracker.errors import TrackerError

DISTRIBUTION: Final = "aihubmix-usage-tracker"

_CACHES: Final = {".cache", "Caches", "archive-v0", "environments-v2"}
_TEMPORARY: Final = ("/tmp", "/var/tmp", "/dev/shm", "/run")  # noqa: S108 (only compared)


class MissingExtraError(TrackerError):
    """A package of an extra that is not installed."""

    def __init__(self, need: str, extra: str) -> None:
        super().__init__(f"{need}: run `{install_command(extra)}`")


def install_command(extra: str) -> str:
    """Return the command that adds `extra` to this installation."""
    editable = editable_source()
    target = (
        f"-e {quote(f'{editable}[{extra}]')}" if editable else quote(_requirement(_origin(), extra))
    )
    prefix = Path(sys.prefix)
    if (prefix / "uv-receipt.toml").is_file():
        return f"uv tool install --force {target}"
    if (prefix / "pipx_metadata.json").is_file():
        return f"pipx install --force {target}"
    if _is_made_by_uv(prefix):
        return f"uv pip install --python {quote(str(prefix))} {target}"
    return f"{quote(str(prefix / 'bin' / 'pip'))} install {target}"


def is_passing() -> bool:
    """Return whether the installation is in a cache or a temporary directory."""
    prefix = Path(sys.prefix).resolve()
    temporary = (Path(tempfile.gettempdir()), *map(Path, _TEMPORARY))
    return not _CACHES.isdisjoint(prefix.parts) or any(
        prefix.is_relative_to(directory.resolve()) for directory in temporary
    )


def editable_source() -> Path | None:
    """Return the clone of an editable installation, None if it is not one."""
    origin = _origin()
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(origin["url"]).path))


def _origin() -> dict[str, Any]:
    """Return what the installer noted in `direct_url.json`; empty for one from an index."""
    try:
        text = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return {}
    found = json.loads(text or "{}")
    return found if isinstance(found, dict) else {}


def _requirement(origin: dict[str, Any], extra: str) -> str:
    name = f"{DISTRIBUTION}[{extra}]"
    if "url" not in origin:
        return name
    vcs = origin.get("vcs_info", {}).get("vcs")
    return f"{name} @ {vcs}+{origin['url']}" if vcs else f"{name} @ {origin['url']}"


def _is_made_by_uv(prefix: Path) -> bool:
    try:
        lines = (prefix / "pyvenv.cfg").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    return any(line.partition("=")[0].strip() == "uv" for line in lines)
