"""How fast, how lean and how small: each number of the design beside the floor it stands on.

    python -m tests.benchmarks [--quick] [--json] [--only ROW]

Whole processes are timed, a command and its floor in turn, so that a busy machine slows
both. Nothing of this is collected by pytest but the tests of its own arithmetic.
"""
