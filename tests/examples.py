"""How many examples a property test draws."""

import os

_PERCENT = int(os.environ.get("TRACKER_TEST_EXAMPLES", "100"))


def examples(usual: int) -> int:
    """Return `usual`, or that many percent of it as TRACKER_TEST_EXAMPLES says."""
    return max(1, usual * _PERCENT // 100)
