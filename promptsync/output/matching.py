"""What two long sequences have in common, in about linear time: difflib alone takes minutes where much is repeated."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from difflib import Match, SequenceMatcher
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MAX_ITEMS = 2_000
_MAX_PAIRS = 100_000
_MAX_DEPTH = 8


class Matcher(SequenceMatcher[str]):
    """difflib's way of telling what differs, over blocks that are found in a way that has an end.

    Where nothing better is found in time, all is told as taken away and put in: never too little.
    """

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, "", "")
        self.old, self.new = old, new

    def get_matching_blocks(self) -> list[Match]:
        """The blocks that both have, in order, with an empty one at the end."""
        found: list[_Block] = []
        for block in _blocks(self.old, self.new, _Block(0, 0, 0), _MAX_DEPTH):
            if found and (found[-1].old + found[-1].size, found[-1].new + found[-1].size) == block[:2]:
                block = _Block(found[-1].old, found[-1].new, found.pop().size + block.size)
            found.append(block)
        return [Match(*block) for block in found] + [Match(len(self.old), len(self.new), 0)]


class _Block(NamedTuple):
    """`size` items that are equal, at these places."""

    old: int
    new: int
    size: int


def too_much(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether matching these words or lines would take difflib too long: its work grows with the equal pairs."""
    if len(old) > _MAX_ITEMS or len(new) > _MAX_ITEMS:
        return True
    counts = Counter(old)
    return sum(counts[item] for item in new) > _MAX_PAIRS


def same_at_start(old: Sequence[str], new: Sequence[str]) -> int:
    """How many items are equal at the beginning."""
    shorter = min(len(old), len(new))
    if old[:shorter] == new[:shorter]:
        return shorter
    return next(index for index in range(shorter) if old[index] != new[index])


def same_at_end(old: Sequence[str], new: Sequence[str]) -> int:
    """How many items are equal at the end."""
    shorter = min(len(old), len(new))
    return next((index for index in range(shorter) if old[-1 - index] != new[-1 - index]), shorter)


def _blocks(old: Sequence[str], new: Sequence[str], at: _Block, depth: int) -> Iterator[_Block]:
    """The equal blocks of two parts that begin at `at`: both their ends, and what is found between."""
    start = same_at_start(old, new)
    if start:
        yield _Block(at.old, at.new, start)
    old, new = old[start:], new[start:]
    tail = same_at_end(old, new)
    middle = _Block(at.old + start, at.new + start, 0)
    yield from _between(old[: len(old) - tail], new[: len(new) - tail], middle, depth)
    if tail:
        yield _Block(middle.old + len(old) - tail, middle.new + len(new) - tail, tail)


def _between(old: Sequence[str], new: Sequence[str], at: _Block, depth: int) -> Iterator[_Block]:
    if not old or not new:
        return
    if not too_much(old, new):
        for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()[:-1]:
            yield _Block(at.old + block.a, at.new + block.b, block.size)
        return
    anchors = _anchors(old, new) if depth else []
    if not anchors:
        yield from _side_by_side(old, new, at)
        return
    old_from = new_from = 0
    for old_to, new_to in [*anchors, (len(old), len(new))]:
        if old_from < old_to and new_from < new_to:
            begin = _Block(at.old + old_from, at.new + new_from, 0)
            yield from _blocks(old[old_from:old_to], new[new_from:new_to], begin, depth - 1)
        if old_to < len(old):
            yield _Block(at.old + old_to, at.new + new_to, 1)
        old_from, new_from = old_to + 1, new_to + 1


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The longest row of items that stand once on either side, in the order of both."""
    places = _once(old)
    pairs = [(places[item], index) for item, index in _once(new).items() if item in places]
    lasts: list[int] = []
    rows: list[tuple[int, int, int]] = []
    ends: list[int] = []
    for old_at, new_at in pairs:
        length = bisect_left(lasts, old_at)
        rows.append((old_at, new_at, ends[length - 1] if length else -1))
        lasts[length : length + 1] = [old_at]
        ends[length : length + 1] = [len(rows) - 1]
    found: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        old_at, new_at, number = rows[number]
        found.append((old_at, new_at))
    return found[::-1]


def _once(items: Sequence[str]) -> dict[str, int]:
    """The items that stand there once, with their places, in order."""
    counts = Counter(items)
    return {item: index for index, item in enumerate(items) if counts[item] == 1}


def _side_by_side(old: Sequence[str], new: Sequence[str], at: _Block) -> Iterator[_Block]:
    """What is equal in the same place, where both are as long: a few changes among many repeated items."""
    if len(old) != len(new):
        return
    equal = [index for index, (a, b) in enumerate(zip(old, new, strict=True)) if a == b]
    for _, run in groupby(enumerate(equal), key=lambda numbered: numbered[1] - numbered[0]):
        places = [index for _, index in run]
        yield _Block(at.old + places[0], at.new + places[0], len(places))
