import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tests.capture.calls import fetch_error, fetch_from
from tests.gateway_server import Gateway, http_reply, serve, unused_url
from usage_tracker.capture import proxy
from usage_tracker.capture.errors import Kind

ELSEWHERE = "https://gateway.example"
PASSWORD = "proxy-password"


class _Socks5(socketserver.StreamRequestHandler):
    """A SOCKS5 proxy that notes the name it is asked for and connects to one address."""

    target: tuple[str, int]
    names: list[str]

    def handle(self) -> None:
        self.rfile.read(self.rfile.read(2)[1])
        self.wfile.write(b"\x05\x00")
        head = self.rfile.read(5)
        self.names.append(self.rfile.read(head[4]).decode())
        self.rfile.read(2)
        self.wfile.write(b"\x05\x00\x00\x01" + b"\x00" * 6)
        with socket.create_connection(self.target) as gateway:
            threading.Thread(
                target=self._copy, args=(self.connection, gateway), daemon=True
            ).start()
            self._copy(gateway, self.connection)

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(4096):
                target.sendall(data)
        except OSError:
            return


@contextmanager
def socks_proxy(gateway: Gateway) -> Iterator[tuple[str, list[str]]]:
    names: list[str] = []
    target = (urlsplit(gateway.url).hostname, urlsplit(gateway.url).port)
    with listening(type("Handler", (_Socks5,), {"target": target, "names": names})) as address:
        yield address, names


class _PlainHttp(socketserver.StreamRequestHandler):
    """A port of HTTP that is asked for TLS."""

    def handle(self) -> None:
        self.rfile.read(5)
        self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


@contextmanager
def listening(handler: type[socketserver.BaseRequestHandler]) -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("variable", ["ALL_PROXY", "http_proxy"])
def test_a_socks_proxy_reaches_the_gateway_and_looks_up_its_name(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with socks_proxy(gateway) as (address, names):
        monkeypatch.setenv(variable, f"socks5h://{address}")
        assert fetch_from("http://gateway.example", allow_http=True).quota == 29071257
    assert names == ["gateway.example"]


def test_a_socks_proxy_that_is_not_there_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", unused_url().replace("http:", "socks5h:"))
    error = fetch_error(ELSEWHERE)
    assert (error.kind, error.detail) == (Kind.NETWORK, "proxy: Connection refused")


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "SOCKS5", "socks4", "socks4a"])
def test_a_socks_proxy_without_pysocks_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setattr(proxy, "find_spec", lambda _: None)
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://ann:{PASSWORD}@127.0.0.1:9")
    error = fetch_error(ELSEWHERE)
    assert error.kind == Kind.NETWORK
    assert error.detail == "ALL_PROXY is a SOCKS proxy, and PySocks is not installed"
    assert "[socks]" in str(error)
    assert PASSWORD not in str(error)


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("socks://127.0.0.1:9", "https_proxy says socks:// without a version"),
        ("sock5://127.0.0.1:9", "https_proxy begins with sock5://"),
        (f"ftp://ann:{PASSWORD}@proxy:21", "https_proxy begins with ftp://"),
        ("http://", "https_proxy is not an address"),
        (f"http://ann:{PASSWORD}@[proxy", "https_proxy is not an address"),
        ("http://proxy:99999", "https_proxy is not an address"),
        ("proxy:port", "https_proxy is not an address"),
        ("//", "https_proxy is not an address"),
    ],
)
def test_a_proxy_setting_that_no_request_can_use_is_named_with_its_fix(
    monkeypatch: pytest.MonkeyPatch, value: str, detail: str
) -> None:
    monkeypatch.setenv("https_proxy", value)
    error = fetch_error(ELSEWHERE)
    assert (error.kind, error.detail) == (Kind.NETWORK, detail)
    assert "socks5h://" in str(error)
    assert PASSWORD not in str(error)


def test_an_unusable_proxy_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(proxy, "find_spec", asked.append)
    monkeypatch.setenv("https_proxy", "socks5://proxy:1")
    fetch_error(ELSEWHERE)
    assert asked == ["socks"]


def test_https_on_a_port_of_http_says_so() -> None:
    with listening(_PlainHttp) as address:
        error = fetch_error(f"https://{address}")
    assert error.kind == Kind.TLS
    assert "this port answers without TLS" in str(error)


def test_an_https_proxy_that_speaks_http_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(_PlainHttp) as address:
        monkeypatch.setenv("https_proxy", f"https://{address}")
        assert "the proxy answers without TLS: write http://" in str(fetch_error(ELSEWHERE))


def test_http_on_a_port_of_https_says_so() -> None:
    reply = http_reply(400, b"<h1>The plain HTTP request was sent to HTTPS port</h1>")
    with serve(reply) as gateway:
        error = fetch_error(gateway.url)
    assert (error.kind, error.detail) == (Kind.REFUSED, "this port expects https://")
