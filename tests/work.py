"""How much work something is, counted and not timed: the same on every machine."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def calls(action: Callable[[], object]) -> int:
    """How many functions an action calls, built-in ones included."""
    counted: Counter[str] = Counter()

    def count(_frame: Any, event: str, _argument: Any) -> None:
        counted[event] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(before)
    return counted["call"] + counted["c_call"]
