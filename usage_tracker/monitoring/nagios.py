"""Findings as the output of a Nagios plug-in: one line with performance data.

`STATUS - text|'label'=value[unit];[warning];[critical]`, see
https://www.monitoring-plugins.org/doc/guidelines.html.
"""

from collections.abc import Iterable, Mapping, Sequence

from usage_tracker.formatting import count_noun, visible
from usage_tracker.monitoring.rules import Finding, decimal
from usage_tracker.store.alerts import Level

MOST_PROBLEMS = 20
"""More problems are only counted: schedulers truncate a long line."""

Findings = Mapping[str, Sequence[Finding]]
"""The findings by account name."""


def status(findings: Findings) -> Level:
    """Return the most severe level, which is the exit code; UNKNOWN without findings."""
    levels = (finding.level for each in findings.values() for finding in each)
    return max(levels, key=_severity, default=Level.UNKNOWN)


def status_line(findings: Findings) -> str:
    """Return the line: the problems, most severe first, or the texts of an account that is OK."""
    texts = _problems(findings) or [_all_ok(findings)]
    data = " ".join(_performance_data(findings))
    line = f"{status(findings).name} - {_escape('; '.join(texts))}"
    return f"{line}|{data}" if data else line


def unknown(reason: str) -> str:
    """Return the line of a check that failed."""
    return f"{Level.UNKNOWN.name} - {_escape(reason)}"


def _severity(level: Level) -> int:
    return (Level.OK, Level.UNKNOWN, Level.WARNING, Level.CRITICAL).index(level)


def _problems(findings: Findings) -> list[str]:
    bad = [(name, each) for name, some in findings.items() for each in some if each.level]
    bad.sort(key=lambda pair: _severity(pair[1].level), reverse=True)
    shown = [f"{name}: {finding.text}" for name, finding in bad[:MOST_PROBLEMS]]
    if len(bad) > MOST_PROBLEMS:
        shown.append(count_noun(len(bad) - MOST_PROBLEMS, "more problem"))
    ok = len(findings) - len({name for name, _ in bad})
    return [*shown, f"{ok} more OK"] if bad and ok else shown


def _all_ok(findings: Findings) -> str:
    if not findings:
        return "no account"
    if len(findings) > 1:
        return f"{len(findings)} accounts"
    ((name, each),) = findings.items()
    return f"{name}: {', '.join(finding.text for finding in each)}"


def _performance_data(findings: Findings) -> Iterable[str]:
    for name, each in findings.items():
        for finding in each:
            measure = finding.measure
            if measure.value is not None:
                label = _label(f"{name}_{finding.rule}")
                limits = f"{measure.warning};{measure.critical}"
                yield f"{label}={decimal(measure.value)}{measure.unit};{limits}".rstrip(";")


def _label(text: str) -> str:
    label = _escape(text).replace("'", "_").replace("=", "_")
    return f"'{label}'" if " " in label else label


def _escape(text: str) -> str:
    return visible(text).replace("|", "/")
