"""What the environment says: one account at most, and where database and configuration are."""

import os
from urllib.parse import urlsplit

from usage_tracker.config.accounts import DEFAULT_BASE_URL, DEFAULT_NAME, Account, TokenFromEnv
from usage_tracker.config.base_url import check_base_url
from usage_tracker.errors import ConfigError

TOKEN = "TRACKER_TOKEN"  # noqa: S105 (the variable's name)
BASE_URL = "TRACKER_BASE_URL"
DATABASE = "TRACKER_DATABASE"
CONFIG = "TRACKER_CONFIG"
STAND_INS = ("AIHUBMIX_ACCESS_TOKEN", "AIHUBMIX_TOKEN", "AIHUBMIX_ACCESS_KEY")

_AIHUBMIX = "aihubmix.com"
_SAME_BACKEND = "api.inferera.com"


class VariableInvalidError(ConfigError):
    """An environment variable that makes no sense."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")


def variable(name: str) -> str | None:
    """The value of an environment variable; one that is empty is not there."""
    return os.environ.get(name, "").strip() or None


def account() -> tuple[Account | None, tuple[str, ...]]:
    """The account `default`, if a token is there, and notes on what is not used."""
    url = base_url()
    name = token_variable(url)
    if name is not None:
        return Account(DEFAULT_NAME, TokenFromEnv(name), url), ()
    held_back = next(filter(variable, STAND_INS), None)
    note = f"{held_back} is not sent to {url}: set {TOKEN}"
    return None, (note,) if held_back else ()


def token_variable(base_url: str) -> str | None:
    """The variable with a token for `base_url`: TRACKER_TOKEN or, for AIHubMix, a stand-in."""
    names = (TOKEN, *STAND_INS) if is_aihubmix(base_url) else (TOKEN,)
    return next(filter(variable, names), None)


def base_url() -> str:
    """The gateway that TRACKER_BASE_URL names, or AIHubMix."""
    try:
        return check_base_url(variable(BASE_URL) or DEFAULT_BASE_URL)
    except ConfigError as error:
        raise VariableInvalidError(BASE_URL, str(error)) from None


def ignored(path: object) -> tuple[str, ...]:
    """Notes on the variables that mean nothing beside the accounts configured in `path`."""
    there = [name for name in (TOKEN, BASE_URL) if variable(name)]
    verb = "is" if len(there) == 1 else "are"
    return (f"{' and '.join(there)} {verb} ignored: {path} has accounts",) if there else ()


def is_aihubmix(base_url: str) -> bool:
    """Whether a key of AIHubMix may be sent there: its own hosts, over https."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    own = host in {_AIHUBMIX, _SAME_BACKEND} or host.endswith(f".{_AIHUBMIX}")
    return own and parts.scheme == "https"
