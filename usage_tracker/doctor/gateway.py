"""Checks of token, network, clock and the gateway's settings.

Each account sends the request of a snapshot, and each gateway gets a public
`GET /api/status` for its clock and `quota_per_unit`. Nothing is stored.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from usage_tracker.capture.errors import GatewayError
from usage_tracker.capture.gateway_status import declared_quota_per_unit, fetch_status
from usage_tracker.capture.poll import WORKERS, Attempt, poll
from usage_tracker.capture.response import Response
from usage_tracker.capture.user import UserSelf, quota_remind_threshold, unknown_fields
from usage_tracker.config.accounts import Account, TokenFromCommand, TokenFromEnv, TokenFromFile
from usage_tracker.doctor.clock import check_clock
from usage_tracker.doctor.diagnostic import Diagnostic, from_error, note, ok, problem
from usage_tracker.formatting import dollars, plain
from usage_tracker.money import usd

DEADLINE = 20.0


def check_gateways(
    accounts: Sequence[Account],
    deadline: float = DEADLINE,
    explain: Callable[[Attempt], None] = lambda _: None,
) -> Generator[Diagnostic, None, int]:
    """Check every account, then every gateway once; return how far the clock is ahead (ms).

    `explain` may replace the fix in an attempt's error.
    """
    attempts = {attempt.account.name: attempt for attempt in poll(accounts, deadline=deadline)}
    for account in accounts:
        explain(attempts[account.name])
        yield from _check_account(attempts[account.name])
    base_urls = dict.fromkeys(account.base_url for account in accounts)
    with ThreadPoolExecutor(WORKERS) as pool:  # a slow one does not hold up the others
        found = pool.map(partial(fetch_status, deadline=deadline), base_urls)
        answers = dict(zip(base_urls, found, strict=True))
    # The check of the accounts has reported those that do not answer.
    responses = {url: answer for url, answer in answers.items() if isinstance(answer, Response)}
    clock_ahead = yield from check_clock(responses.values())
    units = {url: declared_quota_per_unit(response) for url, response in responses.items()}
    for account in accounts:
        declared = units.get(account.base_url)
        if declared is not None:
            yield _check_units(account, declared)
    return clock_ahead


def _check_account(attempt: Attempt) -> Iterator[Diagnostic]:
    account, outcome = attempt.account, attempt.outcome
    if isinstance(outcome, UserSelf):
        left = dollars(usd(outcome.quota, account.quota_per_unit))
        yield ok("token", f"accepted, from {_token_source(account)}", account.name)
        yield ok("network", f"{account.base_url} answers: {left} left", account.name)
        yield from _check_profile(outcome, account)
    else:
        subject = "network" if isinstance(outcome, GatewayError) else "token"
        yield from_error(subject, outcome, account.name)


def _token_source(account: Account) -> str:
    match account.token:
        case TokenFromEnv(variable):
            return f"the variable {variable}, which cron does not see"
        case TokenFromFile(path):
            return str(path)
        case TokenFromCommand(command):
            return f"the command {command[0]!r}"


def _check_profile(user_self: UserSelf, account: Account) -> Iterator[Diagnostic]:
    user: Mapping[str, Any] = user_self.profile.get("data") or {}
    threshold = quota_remind_threshold(user_self.profile)
    if user.get("notify") is False:
        text = "the gateway sends no mail when the balance is low"
        cure = "enable it in the gateway's settings, or use [notify] in the configuration"
        yield note("reminder", text, cure, account.name)
    elif threshold:
        limit = dollars(usd(threshold, account.quota_per_unit))
        yield ok("reminder", f"the gateway reminds you below {limit}", account.name)
    unknown = unknown_fields(user_self.profile)
    if unknown:
        text = f"unknown fields: {plain(', '.join(unknown), 200)}"
        cure = "look for a newer usage-tracker; the values of these fields are not stored"
        yield note("answer", text, cure, account.name)


def _check_units(account: Account, declared: float) -> Diagnostic:
    if account.quota_per_unit == declared:
        return ok("quota_per_unit", f"{declared}, as on the gateway", account.name)
    text = f"the configuration counts {account.quota_per_unit} units to the dollar, the gateway "
    cure = f"set quota_per_unit = {declared} for this account in the configuration"
    return problem("quota_per_unit", f"{text}{declared}", cure, account.name)
