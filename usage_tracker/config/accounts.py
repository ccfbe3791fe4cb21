"""An account as configured: a label, a gateway, and where its token comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from usage_tracker.money import UNITS_PER_USD

DEFAULT_NAME = "default"
DEFAULT_BASE_URL = "https://aihubmix.com"


@dataclass(frozen=True, slots=True)
class TokenFromEnv:
    """The token is the value of an environment variable."""

    variable: str


@dataclass(frozen=True, slots=True)
class TokenFromFile:
    """The token is the content of a file that only its owner can read."""

    path: Path


@dataclass(frozen=True, slots=True)
class TokenFromCommand:
    """The token is what a command prints; it is run without a shell."""

    command: tuple[str, ...]


TokenSource = TokenFromEnv | TokenFromFile | TokenFromCommand


@dataclass(frozen=True, slots=True)
class Account:
    """One `[[account]]` of the configuration, checked; or the environment's only one."""

    name: str
    token: TokenSource
    base_url: str = DEFAULT_BASE_URL
    auth: Literal["bearer", "raw"] = "bearer"
    headers: Mapping[str, str] = field(default_factory=dict)
    quota_per_unit: int = UNITS_PER_USD
    allow_http: bool = False
    fallback_urls: tuple[str, ...] = ()
