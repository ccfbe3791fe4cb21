"""What came over the wire, before anybody understood it."""

import email.utils
from collections.abc import Mapping
from dataclasses import dataclass

from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.capture.sanitise import plain
from usage_tracker.config.token import Token
from usage_tracker.times import SECOND, now_ms, to_ms

_ID_LENGTH = 64
_REQUEST_IDS = ("x-oneapi-request-id", "x-request-id")


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer that came whole.

    `headers` have lower-case names; `body` is decompressed, `None` if it was too large
    to be read, and empty if it is `packed` beyond unpacking; `received_at` is when its
    last byte came, in UTC milliseconds.
    """

    host: str
    status: int
    headers: Mapping[str, str]
    body: bytes | None
    received_at: int
    packed: bool = False

    @property
    def server_time(self) -> int | None:
        """The gateway's clock (its `Date`), in UTC milliseconds."""
        return _http_date(self.headers.get("date", ""))

    @property
    def retry_after(self) -> float | None:
        """The seconds for which the gateway asks to be left alone."""
        asked = self.headers.get("retry-after", "").strip()
        if asked.isascii() and asked.isdigit():
            return float(asked)
        moment = _http_date(asked)
        return None if moment is None else max(0.0, (moment - now_ms()) / SECOND)

    def failure(self, kind: Kind, detail: str, token: Token | None) -> GatewayError:
        """This answer as a failure, with the id by which the gateway's operator finds it."""
        ids = (self.headers[name] for name in _REQUEST_IDS if name in self.headers)
        request_id = plain(next(ids, ""), token, _ID_LENGTH)
        return GatewayError(kind, self.status, plain(detail, token), request_id or None)


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why no whole HTTP answer came. With a `status`, one had begun to come."""

    kind: Kind
    reason: str
    status: int | None = None


def _http_date(text: str) -> int | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return None if moment.tzinfo is None else to_ms(moment)
    except (ValueError, TypeError, OverflowError):
        return None
