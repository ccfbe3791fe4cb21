"""The token (Manage Key) of an account, and reading it from its configured source.

The token is a gateway's system access token, a full-power credential. An invalid one
(an `sk-` inference key, an incomplete copy) is rejected before anything is sent. A token
file that others may read is refused, as ssh does. A token command runs without a shell;
neither its output nor its arguments appear in an error. The token is the first non-empty
line of a file or an output, as in `pass`.
"""

import base64
import os
import re
import shlex
import stat
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from usage_tracker.config.accounts import TokenFromCommand, TokenFromEnv, TokenFromFile, TokenSource
from usage_tracker.errors import ConfigError
from usage_tracker.fs import error_reason, open_regular, read_all
from usage_tracker.process import OutputTooLargeError, run

COMMAND_TIMEOUT = 15.0
_LIMIT = 64 * 1024
MASK = "***"
_BEARER = re.compile(r"(?i)^bearer(?:\s+|$)")
_UNSENDABLE = re.compile(r"[^!-~]")
_SHORTEST_SHOWN = 16
_RUN_LENGTH = 8
_ENCODED_RUN_LENGTH = 12
_URL_SAFE = str.maketrans("+/", "-_")
_KEY = re.compile(
    r"sk-\S{8,}"  # an inference key
    r"|(?i:[0-9a-f]{32,})"
    r"|(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[0-9A-Za-z+/=]{24,}"
    r"|(?=(?:.*[0-9]){4})[0-9A-Za-z+/=]{24,}"
    r"|(?=(?:.*[0-9]){3})(?=.*[a-z])(?=.*[A-Z])[0-9A-Za-z+/=_-]{28,}"
)


class EmptyTokenError(ConfigError):
    """An empty token."""

    def __init__(self) -> None:
        super().__init__("the token is empty: give the account's Manage Key (system access token)")


class InferenceKeyError(ConfigError):
    """An `sk-` key, which may spend but not read the balance."""

    def __init__(self) -> None:
        super().__init__(
            "the token is an inference key (sk-…), which cannot read the balance: "
            "use the Manage Key (system access token) from the gateway's settings; nothing was sent"
        )


class UnsendableTokenError(ConfigError):
    """A token with a character that is invalid in a header."""

    def __init__(self, character: str) -> None:
        super().__init__(
            f"the token holds a character that no key has (U+{ord(character):04X}): "
            "copy it again, in full; nothing was sent"
        )


def looks_like_key(text: str) -> bool:
    """Return whether `text` is probably a key rather than a name: long and random."""
    return bool(_KEY.fullmatch(Token.parse(text).reveal()))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Token:
    """A gateway's system access token. Only `reveal()` and `authorization()` return it."""

    _secret: str

    @classmethod
    def parse(cls, text: str) -> "Token":
        """Return `text` as a token, without white space, quotes and a leading `Bearer `."""
        bare = text.strip().strip("\"'").strip()
        return cls(_BEARER.sub("", bare).strip().strip("\"'"))

    def validate(self) -> None:
        """Raise EmptyTokenError, InferenceKeyError or UnsendableTokenError if it is invalid."""
        if not self._secret:
            raise EmptyTokenError
        if invalid := _UNSENDABLE.search(self._secret):
            raise UnsendableTokenError(invalid[0])
        if self._secret.lower().startswith("sk-"):
            raise InferenceKeyError

    def authorization(self, auth: Literal["bearer", "raw"]) -> str:
        """Return the value of the Authorization header. Raises as `validate`."""
        self.validate()
        return f"Bearer {self._secret}" if auth == "bearer" else self._secret

    def reveal(self) -> str:
        """Return the secret itself, to write it to its key file."""
        return self._secret

    def masked(self) -> str:
        """Return the first and last characters, enough to recognise a key."""
        if len(self._secret) < _SHORTEST_SHOWN:
            return MASK
        return f"{self._secret[:2]}…{self._secret[-2:]}"

    def scrub(self, text: str) -> str:
        """Return `text` with the secret masked, also where encoded, reversed or incomplete.

        A gateway may echo a shortened key, so any eight consecutive characters of it are
        masked. Case is ignored.
        """
        plain = {self._secret, quote(self._secret, safe=""), self._secret[::-1]}
        encoded = _encodings(self._secret.encode(errors="surrogateescape"))
        return _mask(_mask(text, plain, _RUN_LENGTH), encoded, _ENCODED_RUN_LENGTH)

    def __bool__(self) -> bool:
        return bool(self._secret)

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__


def _encodings(secret: bytes) -> set[str]:
    """Return `secret` with every byte percent-encoded, and in Base64 at each alignment."""
    found = {"".join(f"%{byte:02x}" for byte in secret)}
    for before in range(3):
        # The first characters depend on what precedes the secret, the last on what follows.
        inner = slice(before + 1 if before else 0, -2)
        encoded = base64.b64encode(bytes(before) + secret).rstrip(b"=").decode()[inner]
        found |= {encoded, encoded.translate(_URL_SAFE)}
    return {encoded for encoded in found if len(encoded) >= _ENCODED_RUN_LENGTH}


def _mask(text: str, secrets: Collection[str], run_length: int) -> str:
    """Mask every run of at least `run_length` characters (or all) of `secrets` in `text`."""
    pieces = {
        re.escape(secret[at : at + size])
        for secret in secrets
        if (size := min(run_length, len(secret)))
        for at in range(len(secret) - size + 1)
    }
    if not pieces:
        return text
    masked, end = "", 0
    for piece in re.finditer(f"(?=({'|'.join(pieces)}))", text, re.IGNORECASE):
        if piece.start() > end or not masked:
            masked += text[end : piece.start()] + MASK
        end = max(end, piece.end(1))
    return masked + text[end:]


class TokenMissingError(ConfigError):
    """A token variable that is not set."""

    def __init__(self, variable: str) -> None:
        super().__init__(
            f"no token: the environment variable {variable} is not set; set it, "
            "or run `tracker accounts set-token` (cron does not see a shell's environment)"
        )


class TokenFileError(ConfigError):
    """A token file that cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"cannot read the token file {path}: {reason}")


class TokenExposedError(ConfigError):
    """A token file that others may read."""

    def __init__(self, path: Path, mode: int) -> None:
        super().__init__(
            f"the token file {path} can be read by others (mode {mode:04o}): "
            f"chmod 600 {shlex.quote(str(path))}"
        )


class TokenCommandError(ConfigError):
    """A token command that failed."""

    def __init__(self, program: str, reason: str) -> None:
        super().__init__(f"token_command {program!r} {reason}; run it by hand to see why")


def read_token(source: TokenSource, timeout: float = COMMAND_TIMEOUT) -> Token:
    """Return the token from `source`; a token command may take `timeout` seconds.

    Raises:
        ConfigError: The token is missing or invalid.
    """
    match source:
        case TokenFromEnv(variable):
            return parse_token(_from_env(variable))
        case TokenFromFile(path):
            return parse_token(_from_file(path))
        case TokenFromCommand(command):
            return parse_token(_from_command(command, timeout))


def parse_token(text: str) -> Token:
    """Return the first non-empty line of `text` as a token. Raises ConfigError if invalid."""
    token = Token.parse(next((line for line in text.split("\n") if line.strip()), ""))
    token.validate()
    return token


def _from_env(variable: str) -> str:
    text = os.environ.get(variable, "")
    if not text:
        raise TokenMissingError(variable)
    return text


def _from_file(path: Path) -> str:
    try:
        with open_regular(path) as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & 0o077:
                raise TokenExposedError(path, mode)
            return read_all(file, _LIMIT).decode(errors="replace")
    except (OSError, ValueError) as error:
        raise TokenFileError(path, error_reason(error)) from None


def _from_command(command: tuple[str, ...], timeout: float) -> str:
    program = command[0]
    try:
        done = run(command, timeout, discard_stderr=True)
    except OutputTooLargeError as error:
        raise TokenCommandError(program, f"wrote {error}") from None
    except (OSError, ValueError) as error:
        raise TokenCommandError(program, f"cannot be run: {error_reason(error)}") from None
    except subprocess.TimeoutExpired:
        raise TokenCommandError(program, f"took longer than {timeout:.3g} s") from None
    if done.returncode:
        raise TokenCommandError(program, f"failed with status {done.returncode}")
    return done.stdout.decode(errors="replace")
