"""Reports: everything that is shown, computed once."""

from usage_tracker.analysis.calendar import By
from usage_tracker.reporting.model import (
    AccountReport,
    Amount,
    BalancePoint,
    Coverage,
    Detail,
    Period,
    Rate,
    Reconciliation,
    Report,
    ReportedEvent,
)

__all__ = [
    "AccountReport",
    "Amount",
    "BalancePoint",
    "By",
    "Coverage",
    "Detail",
    "Period",
    "Rate",
    "Reconciliation",
    "Report",
    "ReportedEvent",
]
