"""Exit statuses of every command."""

from typing import Final

FOUND: Final = 0  # or done
NOTHING: Final = 1
FAILED: Final = 2
