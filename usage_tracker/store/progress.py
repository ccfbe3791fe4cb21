"""How long work says that it goes on."""

from collections.abc import Callable

Progress = Callable[[int], None]
"""Called with the number of rows that were done since it was last called."""
