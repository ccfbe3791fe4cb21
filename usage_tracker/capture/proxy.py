"""The proxy of a request, from the environment or the system's settings."""

import os
from importlib.util import find_spec
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

from usage_tracker.config.base_url import is_loopback
from usage_tracker.formatting import plain
from usage_tracker.installation import install_command

_HTTP = {"http", "https"}
_SOCKS = {"socks4", "socks4a", "socks5", "socks5h"}
_LONGEST_SCHEME = 20
_FORM = "write it as http://host:port or socks5h://host:port"


class UnusableProxyError(Exception):
    """A proxy setting that no request can use; nothing was sent. It may hold a password."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix


def find_proxies(url: str) -> dict[str, str]:
    """Return the proxies for `url` in requests' form; loopback is reached without one.

    Raises:
        UnusableProxyError: The proxy's address is invalid, or needs a missing package.
    """
    proxies: dict[str, str] = {} if is_loopback(url) else get_environ_proxies(url)
    proxy = select_proxy(url, proxies)
    if proxy:
        _check(proxy)
    return proxies


def _check(proxy: str) -> None:
    name = _setting(proxy)
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise UnusableProxyError(f"{name} is not an address", _FORM) from None
    scheme = plain(parts.scheme, _LONGEST_SCHEME)
    if scheme == "socks":
        fix = "write socks5h:// there, or socks4a:// for an old proxy"
        raise UnusableProxyError(f"{name} says socks:// without a version", fix)
    if not is_address or scheme not in _HTTP | _SOCKS:
        fault = f"begins with {scheme}://" if is_address else "is not an address"
        raise UnusableProxyError(f"{name} {fault}", _FORM)
    if scheme in _SOCKS and find_spec("socks") is None:
        fix = f"run `{install_command('socks')}`"
        raise UnusableProxyError(f"{name} is a SOCKS proxy, and PySocks is not installed", fix)


def _setting(proxy: str) -> str:
    """Return the name of the variable that holds `proxy`."""
    names = (name for name, value in os.environ.items() if value == proxy)
    variables = (name for name in names if name.lower().endswith("_proxy"))
    return next(variables, "the system's proxy setting")
