"""Findings as a monitoring plug-in tells them: one line, then performance data.

The conventions are those of https://www.monitoring-plugins.org/doc/guidelines.html:
`STATUS - text|'label'=value[unit];[warning];[critical]`.
"""

from collections.abc import Iterable, Mapping, Sequence

from usage_tracker.formatting import counted, visible
from usage_tracker.monitoring.findings import Finding, Level, figure, gravity, worst

MOST_PROBLEMS = 20
"""So many are told; of more, the gravest. What calls a plug-in cuts what is much longer."""

Findings = Mapping[str, Sequence[Finding]]
"""The findings on each account, by its name."""


def status(findings: Findings) -> Level:
    """The gravest level of all, which is the exit code; UNKNOWN if there is nothing to judge."""
    return worst(finding.level for each in findings.values() for finding in each)


def status_line(findings: Findings) -> str:
    """All of it in one line: what is wrong, gravest first, or what is well."""
    texts = _problems(findings) or [_well(findings)]
    data = " ".join(_data(findings))
    line = f"{status(findings).name} - {_safe('; '.join(texts))}"
    return f"{line}|{data}" if data else line


def unknown(reason: str) -> str:
    """The line when there is nothing to judge by."""
    return f"{Level.UNKNOWN.name} - {_safe(reason)}"


def _problems(findings: Findings) -> list[str]:
    bad = [(name, each) for name, some in findings.items() for each in some if each.level]
    bad.sort(key=lambda pair: gravity(pair[1].level), reverse=True)
    told = [f"{name}: {finding.text}" for name, finding in bad[:MOST_PROBLEMS]]
    untold = len(bad) - len(told)
    well = len(findings) - len({name for name, _ in bad})
    rest = counted(untold, "more problem") if untold else ""
    more = (rest, f"{well} more OK" if bad and well else "")
    return [*told, *filter(None, more)]


def _well(findings: Findings) -> str:
    if not findings:
        return "no account"
    if len(findings) > 1:
        return f"{len(findings)} accounts"
    return "; ".join(
        f"{name}: {', '.join(finding.text for finding in each)}" for name, each in findings.items()
    )


def _data(findings: Findings) -> Iterable[str]:
    for name, each in findings.items():
        for finding in each:
            measure = finding.measure
            if measure.value is not None:
                label = _label(f"{name}_{finding.rule}")
                limits = f"{measure.warning};{measure.critical}".rstrip(";")
                yield f"{label}={figure(measure.value)}{measure.unit};{limits}".rstrip(";")


def _label(text: str) -> str:
    plain = _safe(text).replace("'", "_").replace("=", "_")
    return f"'{plain}'" if " " in plain else plain


def _safe(text: str) -> str:
    return visible(text).replace("|", "/")
