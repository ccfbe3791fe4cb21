"""Token, network, clock and the gateway's own settings: what only asking can tell.

Every account is asked as a snapshot would ask, but nothing is stored. The public
`GET /api/status` of each gateway is asked besides, for its clock and its
`quota_per_unit`.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from usage_tracker import __version__
from usage_tracker.capture.body import parse_json
from usage_tracker.capture.errors import GatewayError
from usage_tracker.capture.poll import Attempt, poll
from usage_tracker.capture.response import NoResponse, Response
from usage_tracker.capture.transport import Deadlines, http_get
from usage_tracker.capture.user import UserSelf, parse_int64, quota_remind_threshold, unknown_fields
from usage_tracker.config.accounts import Account, TokenFromCommand, TokenFromEnv, TokenFromFile
from usage_tracker.doctor.diagnostic import Symptom, failed, note, well, wrong
from usage_tracker.formatting import dollars, duration, plain
from usage_tracker.money import usd
from usage_tracker.times import SECOND

DEADLINE = 20.0
LARGEST_SKEW = 30 * SECOND
_STATUS = "/api/status"


def examine_gateways(accounts: Sequence[Account], deadline: float = DEADLINE) -> Iterator[Symptom]:
    """What asking every account, and every gateway once, tells."""
    attempts = {each.account.name: each for each in poll(accounts, deadline=deadline)}
    for account in accounts:
        yield from _account(attempts[account.name])
    for base_url in dict.fromkeys(account.base_url for account in accounts):
        yield from _gateway(base_url, accounts, deadline)


def _account(attempt: Attempt) -> Iterator[Symptom]:
    account, outcome = attempt.account, attempt.outcome
    if isinstance(outcome, UserSelf):
        left = dollars(usd(outcome.quota, account.quota_per_unit))
        yield well("token", f"accepted, from {_source(account)}", account.name)
        yield well("network", f"{account.base_url} answers: {left} left", account.name)
        yield from _profile(outcome, account)
    else:
        subject = "network" if isinstance(outcome, GatewayError) else "token"
        yield failed(subject, outcome, account.name)


def _source(account: Account) -> str:
    match account.token:
        case TokenFromEnv(variable):
            return f"the variable {variable}, which cron does not see"
        case TokenFromFile(path):
            return str(path)
        case TokenFromCommand(command):
            return f"the command {command[0]!r}"


def _profile(answer: UserSelf, account: Account) -> Iterator[Symptom]:
    user: Mapping[str, Any] = answer.profile.get("data") or {}
    threshold = quota_remind_threshold(answer.profile)
    if user.get("notify") is False:
        cure = "switch it on in the gateway's settings, or use [notify] in the configuration"
        yield note("reminder", "the gateway will not mail you on a low balance", cure, account.name)
    elif threshold:
        level = dollars(usd(threshold, account.quota_per_unit))
        yield well("reminder", f"the gateway reminds you below {level}", account.name)
    strange = unknown_fields(answer.profile)
    if strange:
        names = plain(", ".join(strange), 200)
        cure = "see whether there is a newer usage-tracker; their values are not stored"
        yield note("answer", f"fields that are not known here: {names}", cure, account.name)


def _gateway(base_url: str, accounts: Iterable[Account], deadline: float) -> Iterator[Symptom]:
    reply = _ask_status(base_url, deadline)
    if isinstance(reply, NoResponse):
        return  # the accounts have told it already
    yield from _clock(reply)
    declared = _quota_per_unit(reply)
    for account in accounts:
        if account.base_url == base_url and declared is not None:
            yield _divisor(account, declared)


def _ask_status(base_url: str, deadline: float) -> Response | NoResponse:
    headers = {"User-Agent": f"usage-tracker/{__version__}", "Accept": "application/json"}
    done = time.monotonic() + deadline
    return http_get(base_url + _STATUS, headers, Deadlines(done, done))


def _clock(reply: Response) -> Iterator[Symptom]:
    if reply.server_time is None:
        return
    ahead = reply.received_at - reply.server_time
    if abs(ahead) <= LARGEST_SKEW:
        yield well("clock", f"agrees with {reply.host}")
        return
    direction = "fast" if ahead > 0 else "slow"
    text = f"{duration(abs(ahead) / SECOND)} {direction}, compared with {reply.host}"
    yield wrong("clock", text, "set the clock: `sudo timedatectl set-ntp true`")


def _quota_per_unit(reply: Response) -> int | None:
    answer = None if reply.body is None else parse_json(reply.body)
    data = answer.get("data") if isinstance(answer, Mapping) else None
    declared = parse_int64(data.get("quota_per_unit")) if isinstance(data, Mapping) else None
    return declared if declared is not None and declared > 0 else None


def _divisor(account: Account, declared: int) -> Symptom:
    if account.quota_per_unit == declared:
        return well("quota_per_unit", f"{declared}, as the gateway has it", account.name)
    text = f"dollars are computed by {account.quota_per_unit}, the gateway uses {declared}"
    cure = f"set quota_per_unit = {declared} for this account in the configuration"
    return wrong("quota_per_unit", text, cure, account.name)
