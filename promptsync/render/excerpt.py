"""Long texts in one line: what matters of them, and how many characters are left out."""

from __future__ import annotations

import json
import re
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import normalize

from promptsync.render.cells import cut, cut_left, width
from promptsync.render.escape import terminal
from promptsync.render.style import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORD = re.compile(r"\s*\S+|\s+")
_CONTEXT = 6
_MAX_HUNKS = 8
_MAX_WORDS = 2_000
_MAX_PAIRS = 100_000


class Pair(NamedTuple):
    """One place where two texts differ, each side ready to be shown."""

    old: str
    new: str


def too_much(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether matching these words or lines would take too long: difflib's work grows with the equal pairs."""
    if len(old) > _MAX_WORDS or len(new) > _MAX_WORDS:
        return True
    counts: dict[str, int] = {}
    for item in old:
        counts[item] = counts.get(item, 0) + 1
    return sum(counts.get(item, 0) for item in new) > _MAX_PAIRS


def one_line(value: Any, room: int) -> str:
    """`value` as compact JSON in about `room` columns; of what is too long, both ends. Escaped."""
    if isinstance(value, str):
        return quoted(value, room)
    return shorten(json.dumps(value, ensure_ascii=False, default=str), room)


def quoted(text: str, room: int, *, plain: bool = False) -> str:
    """`text` in quotes, escaped, in about `room` columns. `plain` shows everything outside ASCII as an escape."""
    if len(text) + 2 <= room and len(shown := _quote(text, plain)) <= room and width(shown) <= room:
        return shown
    head, left_out, tail = _ends(text, max(room - 30, 12))
    if not left_out:
        return _quote(text, plain)
    return f"{_quote(head, plain)} … {_left_out(left_out)} … {_quote(tail, plain)}"


def shorten(text: str, room: int) -> str:
    """`text` escaped, in about `room` columns, with both its ends."""
    if len(text) <= room and width(shown := terminal(text)) <= room:
        return shown
    head, left_out, tail = _ends(text, max(room - 24, 12))
    return f"{terminal(head)} … {_left_out(left_out)} … {terminal(tail)}" if left_out else terminal(text)


def beginning(text: str, room: int) -> str:
    """The beginning of `text`, escaped except for tabs, in about `room` columns."""
    if len(text) <= room and width(shown := terminal(text, tabs=True)) <= room:
        return shown
    head = cut(text, max(room - 20, 12))
    rest = len(text) - len(head)
    return terminal(head, tabs=True) + (f" … {_left_out(rest)}" if rest else "")


def quoted_pair(old: str, new: str, room: int) -> Pair:
    """Both texts in quotes; where they would look alike, with escapes for all that is not ASCII."""
    plain = look_alike(old, new)
    return Pair(quoted(old, room, plain=plain), quoted(new, room, plain=plain))


def look_alike(old: str, new: str) -> bool:
    """Whether a reader would see no difference: a trailing blank, another kind of space, a composed letter."""
    return old != new and _seen(old) == _seen(new)


def word_hunks(old: str, new: str, room: int) -> Iterator[Pair]:
    """The places where two long texts of one line differ, each with some words around it."""
    old_words, new_words = _WORD.findall(old), _WORD.findall(new)
    groups = _groups(old_words, new_words)
    old_at, new_at = _offsets(old_words), _offsets(new_words)
    plain = look_alike(old, new)
    old_done = new_done = 0
    for number, (old_from, old_to, new_from, new_to) in enumerate(groups):
        last = number + 1 == min(len(groups), _MAX_HUNKS)
        piece = old[old_at[old_from] : old_at[old_to]], new[new_at[new_from] : new_at[new_to]]
        skipped = old_at[old_from] - old_done, new_at[new_from] - new_done
        old_done, new_done = old_at[old_to], new_at[new_to]
        rest = (len(old) - old_done, len(new) - new_done) if last else (0, 0)
        yield Pair(*_windows(piece, skipped, rest, room, plain))
        if last:
            return


def _groups(old: list[str], new: list[str]) -> list[tuple[int, int, int, int]]:
    """Ranges of words that hold the differences and some words around them."""
    same = next((index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(same - _CONTEXT, 0)
    rest_old, rest_new = old[start:], new[start:]
    tail = 0
    limit = min(len(old), len(new)) - same
    while tail < limit and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    drop = max(tail - _CONTEXT, 0)
    rest_old, rest_new = rest_old[: len(rest_old) - drop], rest_new[: len(rest_new) - drop]
    if too_much(rest_old, rest_new):
        return [(start, len(old) - drop, start, len(new) - drop)]
    matcher = SequenceMatcher(None, rest_old, rest_new, autojunk=False)
    return [
        (start + group[0][1], start + group[-1][2], start + group[0][3], start + group[-1][4])
        for group in matcher.get_grouped_opcodes(_CONTEXT)
    ]


def _offsets(words: list[str]) -> list[int]:
    return [0, *accumulate(len(word) for word in words)]


def _windows(
    piece: tuple[str, str], skipped: tuple[int, int], rest: tuple[int, int], room: int, plain: bool
) -> tuple[str, str]:
    """Both sides of one hunk, cut around the place where they part."""
    old, new = piece
    room = max(room - 44, 24)
    if len(old) <= room and len(new) <= room:
        ranges = [(0, len(old)), (0, len(new))]
    else:
        before, after = _common(old, new)
        margin = max((room - max(len(old), len(new)) + before + after) // 2, room // 4)
        ranges = [(max(before - margin, 0), len(text) - max(after - margin, 0)) for text in piece]
    shown = [
        _framed(text[start:end], skip + start, left + len(text) - end, room, plain)
        for text, (start, end), skip, left in zip(piece, ranges, skipped, rest, strict=True)
    ]
    return shown[0], shown[1]


def _framed(text: str, before: int, after: int, room: int, plain: bool) -> str:
    parts = [quoted(text, room + 30, plain=plain)]
    if before:
        parts.insert(0, _left_out(before))
    if after:
        parts.append(_left_out(after))
    return " … ".join(parts)


def _common(old: str, new: str) -> tuple[int, int]:
    """How many characters the two have in common at the beginning, and behind that at the end."""
    shorter = min(len(old), len(new))
    before = next((index for index in range(shorter) if old[index] != new[index]), shorter)
    limit = shorter - before
    after = next((index for index in range(limit) if old[-1 - index] != new[-1 - index]), limit)
    return before, after


def _ends(text: str, room: int) -> tuple[str, int, str]:
    head = cut(text, room * 2 // 3)
    tail = cut_left(text[len(head) :], room - room * 2 // 3)
    return head, len(text) - len(head) - len(tail), tail


def _quote(text: str, plain: bool) -> str:
    return terminal(json.dumps(text, ensure_ascii=plain))


def _seen(text: str) -> str:
    return normalize("NFKC", terminal(text)).rstrip()


def _left_out(number: int) -> str:
    return f"({counted(number, 'character')})"
