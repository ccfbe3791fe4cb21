"""`GET /api/status`, which is public: the gateway's clock and its units per dollar."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from usage_tracker import __version__
from usage_tracker.capture.body import parse_json
from usage_tracker.capture.response import NoResponse, Response
from usage_tracker.capture.transport import Deadlines, http_get
from usage_tracker.money import as_quota_per_unit, parse_quota_per_unit

PATH: Final = "/api/status"


def fetch_status(base_url: str, deadline: float) -> Response | NoResponse:
    """Return the answer of the gateway, within `deadline` seconds. No key is sent."""
    headers = {"User-Agent": f"usage-tracker/{__version__}", "Accept": "application/json"}
    end = time.monotonic() + deadline
    return http_get(base_url + PATH, headers, Deadlines(end, end))


def declared_quota_per_unit(response: Response | NoResponse) -> float | None:
    """Return the units per dollar in the gateway's answer; None if it has no valid number."""
    if (
        isinstance(response, NoResponse)
        or response.status != HTTPStatus.OK
        or response.body is None
    ):
        return None
    body = parse_json(response.body)
    data = body.get("data") if isinstance(body, Mapping) else None
    unit = data.get("quota_per_unit") if isinstance(data, Mapping) else None
    return parse_quota_per_unit(unit) if isinstance(unit, str) else as_quota_per_unit(unit)
