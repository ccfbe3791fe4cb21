"""The balance at the end of a period, as a reader is told it: alike in every text.

After the last snapshot it is not known, and `—`. Where no snapshot fell into the period or
onto its end it is an older one, and has a `~`. The formats csv and json give the balance as
last seen, as their contract says.
"""

from usage_tracker.reporting.model import AccountReport, Period


def closing(period: Period, account: AccountReport) -> int | None:
    """The units left at the end of `period`, None after the last snapshot of all."""
    seen_later = account.snapshots.latest is None or account.snapshots.latest > period.start
    return period.closing if period.spend is not None or seen_later else None


def sign(period: Period, account: AccountReport) -> str:
    """`~` before a balance that was seen before `period` began, else nothing."""
    return "~" if closing(period, account) is not None and _is_older(period, account) else ""


def _is_older(period: Period, account: AccountReport) -> bool:
    return period.coverage == 0 and (
        _is_after_the_last(period, account)
        or any(
            event.kind == "gap" and event.after <= period.start and period.end < event.at
            for event in account.events
        )
    )


def _is_after_the_last(period: Period, account: AccountReport) -> bool:
    """Whether the window's last snapshot is older, as where the window ends within a gap."""
    last = account.snapshots.last
    return last is None or last <= period.start
