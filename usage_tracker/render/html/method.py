"""How the figures came about, in words, at the foot of the page."""

from usage_tracker.render.html.markup import Markup, element
from usage_tracker.reporting.model import Report

_LEDGER = (
    "The gateway tells two counters: what is left and what was ever spent. Spend is what the"
    " second one rose by between two snapshots; where the sum of both has changed for good,"
    " money came or went otherwise: a top-up, a refund or an adjustment. So every report adds up"
    " to the unit: opening balance + top-ups + refunds ± adjustments - spend ± in flight ="
    " closing balance. In flight is what requests under way have reserved."
)
_UNKNOWN = (
    "— marks what is not known, which may be anything; nothing spent is $0.00. ~ marks an"
    " estimate: the snapshots around the period lie further apart than the period or than is"
    " usual, and the spend between them is taken as even; a balance with ~ was seen before the"
    " period. Coverage is the share of"
    " the time with snapshots close enough to be trusted."
)
_FORECAST = (
    "The forecast learns from spend, never from the balance, so a top-up changes what is left"
    " and nothing else. At even odds the balance is as likely used up by then as not; an"
    " 80 % interval is meant to contain the true date in 80 of 100 forecasts. The straight line,"
    " for comparison, is what is left divided by the rate of the last seven days."
)


def footer(report: Report) -> Markup:
    """The method, and the names of the forecasts' methods where they are told."""
    names = sorted({a.depletion.method for a in report.accounts if a.depletion.method})
    named = f" Method: {', '.join(names)}." if names else ""
    paragraphs = (
        ("Where the figures come from", _LEDGER),
        ("What is not known", _UNKNOWN),
        ("When it runs out", _FORECAST + named),
    )
    told = (element("p", element("strong", f"{title}. "), text) for title, text in paragraphs)
    return element("footer", *told)
