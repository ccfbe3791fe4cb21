"""Runs a command, and writes what that took into an open file.

Its arguments are the number of that file, and the command.

A process begins as a copy of the one that starts it, and the kernel counts that copy's memory
as its own. So the benchmark, which is large, lets this small one start what is measured.
"""

import os
import sys
import time


def main(told: int, command: list[str]) -> None:
    """Write the seconds, the wait status and the highest resident memory in KiB."""
    os.set_inheritable(told, False)
    started = time.perf_counter()
    _, status, usage = os.wait4(os.posix_spawnp(command[0], command, os.environ), 0)
    seconds = time.perf_counter() - started
    os.write(told, f"{seconds} {status} {usage.ru_maxrss}".encode())


main(int(sys.argv[1]), sys.argv[2:])
