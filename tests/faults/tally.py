"""How often each fault was injected, and what came of it, for the summary of the test run."""

from collections import Counter
from collections.abc import Iterator


class Tally:
    """Counts by family of faults."""

    def __init__(self) -> None:
        self._families: dict[str, Counter[str]] = {}

    def add(self, family: str, **counts: int) -> None:
        """Add `counts` to those of `family`; their names are words for the reader."""
        self._families.setdefault(family, Counter()).update(counts)

    def lines(self) -> Iterator[str]:
        """A line for each family, and one for all kills."""
        width = max(map(len, self._families), default=0)
        for family, counts in self._families.items():
            told = ", ".join(f"{n} {word.replace('_', ' ')}" for word, n in counts.items())
            yield f"{family.ljust(width)}  {told}"
        kills = sum(counts["kills"] for counts in self._families.values())
        if kills:
            yield f"{'in all'.ljust(width)}  {kills} kills"
