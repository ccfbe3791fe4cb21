"""The address of a gateway: `https://host[:port][/path]`, without query or fragment.

The key is sent there, so the connection must be encrypted: plain `http` is allowed for
the machine itself and for accounts with `allow_http`.
"""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from usage_tracker.errors import ConfigError

AIHUBMIX, SAME_BACKEND = "aihubmix.com", "api.inferera.com"
"""The default gateway's host, and the one that is documented as the same backend."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*", re.ASCII)
_PATH = re.compile(r"[!-~]*", re.ASCII)


class BaseUrlError(ConfigError):
    """A base_url that is not a gateway's address."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"base_url {problem}: write it like https://aihubmix.com")


class PlainHttpError(ConfigError):
    """A base_url to which the key would be sent unencrypted."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"base_url http://{host} would send the key unencrypted: use https, "
            "or set allow_http = true if this gateway is in your own network"
        )


def check_base_url(url: str, allow_http: bool = False) -> str:  # noqa: FBT001, FBT002
    """Return `url` normalised: lower-case host, no `..` and no trailing slash.

    Raises:
        BaseUrlError: It is not an address, or carries user info, a query or a fragment.
        PlainHttpError: It is `http`, not loopback, and not allowed.
    """
    parts = _split(url.strip())
    scheme, host = parts.scheme, _host(parts)
    if scheme == "http" and not (allow_http or _is_loopback_host(host)):
        raise PlainHttpError(host)
    port = _port(parts)
    netloc = f"[{host}]" if ":" in host else host
    if port not in {None, _DEFAULT_PORTS[scheme]}:
        netloc += f":{port}"
    return f"{scheme}://{netloc}{_remove_dots(parts.path)}"


def gateway(url: str) -> str:
    """Return what the normalised addresses of one gateway have in common."""
    address = url.partition("://")[2]
    return AIHUBMIX if address == SAME_BACKEND else address


def is_loopback(url: str) -> bool:
    """Return whether the normalised `url` is on this machine."""
    return _is_loopback_host(urlsplit(url).hostname or "")


def _split(url: str) -> SplitResult:
    if "\\" in url or not url.isprintable() or " " in url:  # urlsplit drops line breaks silently
        raise BaseUrlError("contains a character that is invalid in an address")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BaseUrlError("is not an address") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise BaseUrlError("does not begin with https://")
    if "@" in parts.netloc:
        raise BaseUrlError("contains a user name")
    if "?" in url or "#" in url:
        raise BaseUrlError("contains a query or a fragment")
    if not _PATH.fullmatch(parts.path):
        raise BaseUrlError("contains a character that is invalid in an address")
    return parts


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc:
        return _ipv6(host)
    if not host.isascii():
        host = _punycode(host)
    if not _HOST_NAME.fullmatch(host):
        raise BaseUrlError("has no valid host")
    return host


def _remove_dots(path: str) -> str:
    """Resolve the segments `.` and `..` of `path`."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[max(1, len(segments) - 1) :]
        elif segment != ".":
            segments.append(segment)
    return "/".join(segments).rstrip("/")


def _punycode(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise BaseUrlError("has no valid host") from None


def _ipv6(host: str) -> str:
    try:
        return ipaddress.IPv6Address(host).compressed
    except ValueError:
        raise BaseUrlError("has no valid host") from None


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        raise BaseUrlError("has an invalid port") from None
    if port == 0:
        raise BaseUrlError("has an invalid port")
    return port


def _is_loopback_host(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
