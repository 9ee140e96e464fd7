"""Which element of one list is which of another: messages are recognised by what they say, not by their number."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from promptsync.model.canonical import canonical_json

_TOLD = ("role", "type", "content", "text", "id", "tool_call_id", "model")
_LARGEST = 40_000
"""Pairs of elements that are worth comparing by likeness; beyond that the order decides."""


def pairs(one: list[Any], other: list[Any]) -> dict[int, int]:
    """The index in `other` of each element of `one` that is still there, changed or not; order is kept."""
    matcher = SequenceMatcher(None, [_signature(item) for item in one], [_signature(item) for item in other], False)
    found: dict[int, int] = {}
    for tag, from_one, to_one, from_other, to_other in matcher.get_opcodes():
        if tag == "equal" or to_one - from_one == to_other - from_other:
            found |= dict(zip(range(from_one, to_one), range(from_other, to_other), strict=True))
        elif tag == "replace":
            likely = _alike(one[from_one:to_one], other[from_other:to_other])
            found |= {from_one + index: from_other + at for index, at in likely}
    return found


def is_list_of_objects(*values: Any) -> bool:
    """Whether all of these are lists of objects, which are compared element by element."""
    return all(isinstance(value, list) and all(isinstance(item, dict) for item in value) for value in values)


def _signature(item: Any) -> bytes:
    told = {name: item[name] for name in _TOLD if name in item}
    return canonical_json(told or item)


def _alike(one: list[Any], other: list[Any]) -> list[tuple[int, int]]:
    """The pairs, in order, that together are most alike."""
    if len(one) * len(other) > _LARGEST:
        return list(zip(range(len(one)), range(len(other)), strict=False))
    best = [[0.0] * (len(other) + 1) for _ in range(len(one) + 1)]
    likeness = [[_likeness(left, right) for right in other] for left in one]
    for i in reversed(range(len(one))):
        for j in reversed(range(len(other))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + likeness[i][j])
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(one) and j < len(other):
        if likeness[i][j] and best[i][j] == best[i + 1][j + 1] + likeness[i][j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _likeness(one: Any, other: Any) -> float:
    """Between 0 and 1: the same role or type counts half, the words that both have the rest."""
    kind = any(name in one and one[name] == other.get(name) for name in ("role", "type"))
    left, right = _words(one), _words(other)
    shared = len(left & right) / len(left | right) if left | right else 0.0
    return (0.5 if kind else 0.0) + 0.5 * shared


def _words(item: Any) -> set[str]:
    if isinstance(item, str):
        return set(item.split())
    values = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return set().union(*map(_words, values))
