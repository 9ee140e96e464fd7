"""Which element of one list is which of another: messages are recognised by what they say, not by their number."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from promptsync.model.canonical import canonical_json

_RECOGNISED_BY = ("role", "type", "content", "text", "id", "tool_call_id", "model")
_MOST_WORK = 1_000_000
"""Words that are looked at to find which elements are alike (about 0.1 s); beyond that the order decides."""
_WORDS_A_PAIR = 25
"""What comparing two elements costs besides their words."""


def pairs(one: list[Any], other: list[Any]) -> dict[int, int]:
    """The index in `other` of each element of `one` that is still there, changed or not; order is kept."""
    left, right = ([_signature(item) for item in items] for items in (one, other))
    if left == right:
        return {index: index for index in range(len(one))}
    found: dict[int, int] = {}
    for tag, from_one, to_one, from_other, to_other in SequenceMatcher(None, left, right, False).get_opcodes():
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
    """What an element is recognised by: its role or type and its text, without what the service may add to it."""
    known = {name: item[name] for name in _RECOGNISED_BY if name in item}
    return canonical_json(known or item)


def _alike(one: list[Any], other: list[Any]) -> list[tuple[int, int]]:
    """The pairs, in order, that together are most alike."""
    likeness = _likenesses(one, other)
    if likeness is None:
        return list(zip(range(len(one)), range(len(other)), strict=False))
    best = [[0.0] * (len(other) + 1) for _ in range(len(one) + 1)]
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


def _likenesses(one: list[Any], other: list[Any]) -> list[list[float]] | None:
    """How like each element of `one` is to each of `other`; None where finding out would take too long."""
    left, right = ([_words(item) for item in items] for items in (one, other))
    if (len(one) * _WORDS_A_PAIR + sum(map(len, left))) * len(other) > _MOST_WORK:
        return None
    return [[_likeness(one[i], other[j], left[i], right[j]) for j in range(len(other))] for i in range(len(one))]


def _likeness(one: Any, other: Any, words: set[str], other_words: set[str]) -> float:
    """Between 0 and 1: the same role or type counts half, the words that both have the rest."""
    kind = any(name in one and one[name] == other.get(name) for name in ("role", "type"))
    both = len(words & other_words)
    either = len(words) + len(other_words) - both
    return (0.5 if kind else 0.0) + (0.5 * both / either if either else 0.0)


def _words(item: Any) -> set[str]:
    if isinstance(item, str):
        # The service cuts the provider from the name of a model: what is left of it is a word that both have.
        return set(item.replace("/", " ").split())
    values = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return set().union(*map(_words, values))
