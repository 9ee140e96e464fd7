"""A text that is joined from several, with an empty line between."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BETWEEN = "\n\n"


def joined(parts: Iterable[str]) -> str:
    """The parts as one text."""
    return _BETWEEN.join(parts)


def start_of_next(text: str) -> int:
    """Where a part begins that is joined to `text`."""
    return len(text) + len(_BETWEEN)


def changed_alone(parts: Sequence[str], text: str) -> dict[int, str]:
    """The parts of which each, were it another text, would alone make them to `text`; with that other text."""
    found: dict[int, str] = {}
    for at in range(len(parts)):
        before, after = joined([*parts[:at], ""]), joined(["", *parts[at + 1 :]])
        if text.startswith(before) and text.endswith(after) and len(text) >= len(before) + len(after):
            found[at] = text[len(before) : len(text) - len(after)]
    return found
