"""What notebooks show: fragments of HTML that stand by themselves.

They take the text's colour and size from the page around them, so that they are light or
dark as it is, and hold no style sheet, script or picture. Everything foreign is escaped.
"""

from functools import singledispatch

from usage_tracker.forecast.backtest import Backtest
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.history import History
from usage_tracker.render.html.markup import element
from usage_tracker.render.notebook import forecast, history, report
from usage_tracker.reporting.model import Report


@singledispatch
def html(value: object) -> str:
    """`value` as a fragment of HTML."""
    return element("pre", repr(value))


html.register(Backtest, forecast.of_backtest)
html.register(Depletion, forecast.of_depletion)
html.register(History, history.of_history)
html.register(Report, report.of_report)
