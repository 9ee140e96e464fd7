"""Lists of names in a sentence, of which a long one is not told whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def few(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are: `a, b and 3 more`; empty for none."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
