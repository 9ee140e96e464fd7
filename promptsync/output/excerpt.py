"""Long texts in one line: what matters of them, and how many characters are left out."""

from __future__ import annotations

import json
import re
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import normalize

from promptsync.output.cells import cut, cut_left, width
from promptsync.output.escape import terminal
from promptsync.output.style import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORD = re.compile(r"\s*\S+|\s+")
_MARK = len(" … (1000000 characters) … ")
_FRAME = len("(10000 characters) … ") * 2
_CONTEXT = 4
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
    head, left_out, tail = _ends(text, max(room - _MARK - 4, 12))
    if not left_out:
        return _quote(text, plain)
    return f"{_quote(head, plain)} … {_left_out(left_out)} … {_quote(tail, plain)}"


def shorten(text: str, room: int) -> str:
    """`text` escaped, in about `room` columns, with both its ends."""
    if len(text) <= room and width(shown := terminal(text)) <= room:
        return shown
    head, left_out, tail = _ends(text, max(room - _MARK, 12))
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
    untold = max(len(groups) - _MAX_HUNKS, 0)
    old_at, new_at = _offsets(old_words), _offsets(new_words)
    plain = look_alike(old, new)
    old_done = new_done = 0
    for number, (old_from, old_to, new_from, new_to) in enumerate(groups[:_MAX_HUNKS]):
        old_span, new_span = (old_at[old_from], old_at[old_to]), (new_at[new_from], new_at[new_to])
        lead, trail = _trimmed(old[slice(*old_span)], new[slice(*new_span)], room - _FRAME)
        old_span, new_span = ((start + lead, end - trail) for start, end in (old_span, new_span))
        shown_old = _framed(old, old_done, old_span, room, plain)
        shown_new = _framed(new, new_done, new_span, room, plain)
        if number + 1 == min(len(groups), _MAX_HUNKS):
            shown_old += _rest(len(old) - old_span[1], untold)
            shown_new += _rest(len(new) - new_span[1], untold)
        yield Pair(shown_old, shown_new)
        old_done, new_done = old_span[1], new_span[1]


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


def _trimmed(old: str, new: str, room: int) -> tuple[int, int]:
    """How many characters to leave out on either side of one hunk, so that both sides fit around their difference."""
    room = max(room, 24)
    if len(old) <= room and len(new) <= room:
        return 0, 0
    before, after = _common(old, new)
    if any(_is_wide(text[max(before - room, 0) :][: 2 * room]) for text in (old, new)):
        room //= 2
    margin = max((room - max(len(old), len(new)) + before + after) // 2, room // 4)
    lead, trail = _nearby(old, before, after, margin)
    return before - lead, after - trail


def _framed(text: str, done: int, span: tuple[int, int], room: int, plain: bool) -> str:
    """The span of a text in quotes, behind what is left out since `done`."""
    start, end = span
    shown = quoted(text[start:end], room, plain=plain)
    return f"{_left_out(start - done)} … {shown}" if start > done else shown


def _rest(number: int, untold: int) -> str:
    if untold:
        return f" … ({counted(number, 'character')} with {counted(untold, 'more difference')})"
    return f" … {_left_out(number)}" if number else ""


def _common(old: str, new: str) -> tuple[int, int]:
    """How many characters the two have in common at the beginning, and behind that at the end."""
    shorter = min(len(old), len(new))
    before = next((index for index in range(shorter) if old[index] != new[index]), shorter)
    limit = shorter - before
    after = next((index for index in range(limit) if old[-1 - index] != new[-1 - index]), limit)
    return before, after


def _nearby(text: str, before: int, after: int, margin: int) -> tuple[int, int]:
    """How many characters to show on either side of a difference: about `margin`, and no half of a word."""
    lead, trail = text[max(before - margin, 0) : before], text[len(text) - after :][:margin]
    if before > margin:
        lead = lead[max(lead.find(" "), 0) :]
    if after > margin and " " in trail:
        trail = trail[: trail.rindex(" ")]
    return len(lead), len(trail)


def _is_wide(text: str) -> bool:
    return width(text) > len(text)


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
