"""History -> Report: everything a reader is told, computed once."""

from usage_tracker.report.model import (
    AccountReport,
    Amount,
    By,
    Coverage,
    Period,
    Rate,
    Reconciliation,
    Report,
    ReportedEvent,
)

__all__ = [
    "AccountReport",
    "Amount",
    "By",
    "Coverage",
    "Period",
    "Rate",
    "Reconciliation",
    "Report",
    "ReportedEvent",
]
