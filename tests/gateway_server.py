"""A gateway on loopback that answers exactly as it is told, down to the bytes.

    with serve(json_reply(USER_SELF)) as gateway:
        ...  # GET gateway.url + "/api/user/self" answers; gateway.requests tells who asked
        gateway.script = in_turn(http_reply(503), json_reply(USER_SELF))

A script is called with each `Call` once the request's head has been read, and
answers on its socket. `serve(..., tls=True)` speaks HTTPS with a certificate for
localhost; `gateway.ca_file` is what REQUESTS_CA_BUNDLE has to name for it.
"""

import gzip
import json
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

TOKEN = "fd0123456789abcdef0123456789abcd"
PASSWORD = "hunter2-hunter2"
ACCESS_TOKEN = "1f2e3d4c5b6a79880123456789abcdef"
VERIFICATION_CODE = "verify-314159"
UNDOCUMENTED = "nobody-documented-this"
SECRETS = (TOKEN, PASSWORD, ACCESS_TOKEN, VERIFICATION_CODE, UNDOCUMENTED)

USER_SELF: dict[str, Any] = {
    "success": True,
    "message": "",
    "data": {
        "id": 42,
        "username": "ann",
        "password": PASSWORD,
        "display_name": "Ann",
        "role": 1,
        "status": 1,
        "email": "ann@example.org",
        "github_id": "",
        "google_id": "",
        "wechat_id": "",
        "lark_id": "",
        "oidc_id": "",
        "clerk_id": "",
        "migrated_at": "",
        "verification_code": VERIFICATION_CODE,
        "access_token": ACCESS_TOKEN,
        "quota": 29071257,
        "used_quota": 286403484,
        "group": "default",
        "aff_code": "XyZ1",
        "inviter_id": 0,
        "created_at": 1700000000,
        "notify": True,
        "quota_remind_threshold": 10000000,
        "notify_email": True,
    },
}
"""The documented form with everything in it, secrets included."""

NEWER_USER_SELF: dict[str, Any] = {
    "success": True,
    "data": {
        "username": "ann",
        "display_name": "Ann",
        "role": 1,
        "status": 1,
        "email": "ann@example.org",
        "quota": 29071257,
        "used_quota": 286403484,
        "request_count": 614422,
        "group": "default",
        "aff_code": "XyZ1",
        "notify": True,
        "quota_remind_threshold": 10000000,
        "notify_email": "ann@example.org",
        "ext": {"free": UNDOCUMENTED},
    },
}
"""The newer documented form: no ids, a request count, and a free-form `ext`."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """A request and the socket to answer it on."""

    request: Request
    sock: socket.socket
    stopping: threading.Event

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the server's end."""
        self.stopping.wait(seconds)


Script = Callable[[Call], None]


@dataclass(slots=True)
class Gateway:
    """The running server; `script` may be set anew at any time.

    `greeting` is sent as soon as a client has connected, TLS or not.
    """

    url: str
    script: Script
    greeting: bytes = b""
    ca_file: Path | None = None
    requests: list[Request] = field(default_factory=list)


def user_self(**fields: Any) -> dict[str, Any]:
    """The newer documented form with these `fields` in its data."""
    return {**NEWER_USER_SELF, "data": {**NEWER_USER_SELF["data"], **fields}}


def http_reply(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Script:
    """A whole HTTP answer, the connection closed after it."""
    fields = {"Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
    lines = [f"HTTP/1.1 {status} Because", *(f"{name}: {fields[name]}" for name in fields)]
    return raw("\r\n".join([*lines, "", ""]).encode("utf-8") + body)


def json_reply(
    answer: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Script:
    """An HTTP answer with `answer` as JSON."""
    body = json.dumps(answer).encode()
    return http_reply(status, body, {"Content-Type": "application/json", **(headers or {})})


def gzip_reply(body: bytes, status: int = 200) -> Script:
    """An HTTP answer with `body` compressed."""
    return http_reply(status, gzip.compress(body), {"Content-Encoding": "gzip"})


def raw(*pieces: bytes, every: float = 0.0) -> Script:
    """These bytes and then the end, with a pause of `every` seconds before each later piece."""

    def answer(call: Call) -> None:
        for number, piece in enumerate(pieces):
            if number:
                call.pause(every)
            call.sock.sendall(piece)

    return answer


def drip(start: bytes, piece: bytes, every: float) -> Script:
    """`start`, and then `piece` for ever."""

    def answer(call: Call) -> None:
        call.sock.sendall(start)
        while not call.stopping.is_set():
            call.pause(every)
            call.sock.sendall(piece)

    return answer


def silence() -> Script:
    """Nothing at all, until the client leaves."""

    def answer(call: Call) -> None:
        with suppress(TimeoutError):
            call.sock.settimeout(30)
            call.sock.recv(1)

    return answer


def after(seconds: float, script: Script) -> Script:
    """`script`, later."""

    def answer(call: Call) -> None:
        call.pause(seconds)
        script(call)

    return answer


def reset() -> Script:
    """The connection reset (RST)."""

    def answer(call: Call) -> None:
        call.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        call.sock.close()

    return answer


def in_turn(*scripts: Script) -> Script:
    """One script for each request; the last one for all that follow."""
    waiting, lock = list(scripts), threading.Lock()

    def answer(call: Call) -> None:
        with lock:
            script = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        script(call)

    return answer


def answers(user: Script, status: Script) -> Script:
    """Answer GET /api/user/self with `user` and GET /api/status with `status`."""

    def answer(call: Call) -> None:
        (status if call.request.path.endswith("/api/status") else user)(call)

    return answer


def unused_url() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return f"http://127.0.0.1:{sock.getsockname()[1]}"


@contextmanager
def serve(script: Script, *, tls: bool = False, folder: Path | None = None) -> Iterator[Gateway]:
    """A gateway that answers with `script`; `folder` is where a TLS one puts its `ca_file`."""
    context, ca_file = _certificate(folder) if tls and folder else (None, None)
    with _Server(("127.0.0.1", 0), _Handler) as server:
        port = server.server_address[1]
        url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
        server.gateway, server.context = Gateway(url, script, ca_file=ca_file), context
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.gateway
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    gateway: Gateway
    context: ssl.SSLContext | None

    def __init__(self, *args: Any) -> None:
        self.stopping = threading.Event()
        super().__init__(*args)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave are what these tests are about."""


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        sock: socket.socket = self.request
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(self.server.gateway.greeting)
        if self.server.context:
            sock = self.server.context.wrap_socket(sock, server_side=True)
        with sock:
            request = _read_request(sock)
            if request is not None:
                gateway = self.server.gateway
                gateway.requests.append(request)
                gateway.script(Call(request, sock, self.server.stopping))


def _read_request(sock: socket.socket) -> Request | None:
    head = b""
    while b"\r\n\r\n" not in head:
        received = sock.recv(65536)
        if not received:
            return None
        head += received
    first, *lines = head.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    method, path, _ = first.split(" ")
    return Request(method, path, dict(_headers(lines)))


def _headers(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()


def _certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    return context, ca_file
