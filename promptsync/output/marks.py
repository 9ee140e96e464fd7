"""Which words of a changed line changed, for papers that can mark them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from promptsync.output.matching import Matcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptsync.output.textdiff import Row

_WORD = re.compile(r"\w+|\s+|[^\w\s]")

_ALIKE = 0.4
"""The share of a line that must stand in its other side too: below it, marks are more confusing than none."""


class Piece(NamedTuple):
    """A part of a line, and whether the other side lacks it."""

    text: str
    is_marked: bool


class Line(NamedTuple):
    """A row of a diff in pieces."""

    sign: str
    pieces: tuple[Piece, ...]


class Block(NamedTuple):
    """Rows that belong together: lines that went and lines that came in their place, or rows of any other kind."""

    is_change: bool
    lines: tuple[Line, ...]


def blocks(rows: Iterable[Row]) -> Iterator[Block]:
    """The rows of a diff in blocks; in a block of changes the lines that went come first."""
    held: list[tuple[str, str]] = []
    for row in rows:
        if row.sign in ("+", "-"):
            if row.sign == "-" and held and held[-1][0] == "+":
                yield _changed(held)
                held = []
            held.append((row.sign, row.text))
            continue
        if held:
            yield _changed(held)
            held = []
        yield Block(False, (Line(row.sign, (Piece(row.text, False),)),))
    if held:
        yield _changed(held)


def _changed(rows: list[tuple[str, str]]) -> Block:
    old = [text for sign, text in rows if sign == "-"]
    new = [text for sign, text in rows if sign == "+"]
    pairs = [_marked(one, other) for one, other in zip(old, new, strict=False)]
    gone = [pair[0] for pair in pairs] + [(Piece(text, False),) for text in old[len(pairs) :]]
    came = [pair[1] for pair in pairs] + [(Piece(text, False),) for text in new[len(pairs) :]]
    return Block(True, (*(Line("-", pieces) for pieces in gone), *(Line("+", pieces) for pieces in came)))


def _marked(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    here, there = _WORD.findall(old), _WORD.findall(new)
    least = _ALIKE * max(len(old), len(new))
    # What is counted takes far less time than what is matched, and cannot be less.
    if sum(len(word) * number for word, number in (Counter(here) & Counter(there)).items()) < least:
        return (Piece(old, False),), (Piece(new, False),)
    gone: list[Piece] = []
    came: list[Piece] = []
    for kind, old_from, old_to, new_from, new_to in Matcher(here, there).get_opcodes():
        for pieces, text in ((gone, "".join(here[old_from:old_to])), (came, "".join(there[new_from:new_to]))):
            if text:
                pieces.append(Piece(text, kind != "equal"))
    alike = sum(len(piece.text) for piece in gone if not piece.is_marked)
    if alike < least:
        return (Piece(old, False),), (Piece(new, False),)
    return tuple(gone), tuple(came)
