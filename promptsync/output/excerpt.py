"""Long texts in one line: what differs in them, and how many characters are left out around it."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import normalize

from promptsync.output.cells import cut, cut_left, width
from promptsync.output.escape import terminal
from promptsync.output.matching import Matcher, same_at_end, same_at_start
from promptsync.output.style import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(r"\s*\S+|\s+")
_MARK = len(" … (1000000 characters) … ")
_FRAME = len("(100000 unchanged) … ") * 2
_CONTEXT = 4
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


class Pair(NamedTuple):
    """One place where two texts differ, each side ready to be shown."""

    old: str
    new: str


def one_line(value: Any) -> str:
    """`value` as compact JSON, escaped."""
    return terminal(as_json(value))


def as_json(value: Any) -> str:
    """`value` as JSON in one line."""
    return _ENCODER.encode(value)


def quoted(text: str, *, plain: bool = False) -> str:
    """`text` in quotes, escaped. `plain` shows everything outside ASCII as an escape."""
    return terminal(json.dumps(text, ensure_ascii=plain))


def shorten(text: str, room: int) -> str:
    """`text` escaped, in about `room` columns, with both its ends."""
    if len(text) <= room and width(shown := terminal(text)) <= room:
        return shown
    head, left_out, tail = _ends(text, max(room - _MARK, 12))
    return f"{terminal(head)} … ({counted(left_out, 'character')}) … {terminal(tail)}" if left_out else terminal(text)


def beginning(text: str, room: int) -> str:
    """The beginning of a line that is the same on both sides, escaped except for tabs, in about `room` columns."""
    if len(text) <= room and width(shown := terminal(text, tabs=True)) <= room:
        return shown
    head = cut(text, max(room - 20, 12))
    rest = len(text) - len(head)
    return terminal(head, tabs=True) + (f" … {_unchanged(rest)}" if rest else "")


def quoted_pair(old: str, new: str) -> Pair:
    """Both texts in quotes; where they would look alike, with escapes for all that is not ASCII."""
    plain = look_alike(old, new)
    return Pair(quoted(old, plain=plain), quoted(new, plain=plain))


def look_alike(old: str, new: str) -> bool:
    """Whether a reader would see no difference: a trailing blank, another kind of space, a composed letter."""
    return old != new and _seen(old) == _seen(new)


def word_hunks(old: str, new: str, room: int) -> Iterator[Pair]:
    """All places where two long texts of one line differ, each whole, with as many words around it as `room` holds."""
    old_words, new_words = _WORD.findall(old), _WORD.findall(new)
    old_at, new_at = _offsets(old_words), _offsets(new_words)
    groups = list(Matcher(old_words, new_words).get_grouped_opcodes(_CONTEXT))
    old_done = new_done = 0
    for number, group in enumerate(groups, 1):
        old_span, new_span = (old_at[group[0][1]], old_at[group[-1][2]]), (new_at[group[0][3]], new_at[group[-1][4]])
        lead, trail = _trimmed(old[slice(*old_span)], new[slice(*new_span)], room - _FRAME)
        old_span, new_span = ((start + lead, end - trail) for start, end in (old_span, new_span))
        shown = quoted_pair(old[slice(*old_span)], new[slice(*new_span)])
        is_last = number == len(groups)
        yield Pair(
            _framed(shown.old, old_span[0] - old_done, len(old) - old_span[1] if is_last else 0),
            _framed(shown.new, new_span[0] - new_done, len(new) - new_span[1] if is_last else 0),
        )
        old_done, new_done = old_span[1], new_span[1]


def _offsets(words: list[str]) -> list[int]:
    return [0, *accumulate(len(word) for word in words)]


def _trimmed(old: str, new: str, room: int) -> tuple[int, int]:
    """How many characters that are equal to leave out on either side of one hunk, so that it fits where it can."""
    room = max(room, 24)
    if len(old) <= room and len(new) <= room:
        return 0, 0
    before = same_at_start(old, new)
    after = same_at_end(old[before:], new[before:])
    if any(_is_wide(text[max(before - room, 0) :][: 2 * room]) for text in (old, new)):
        room //= 2
    margin = max((room - max(len(old), len(new)) + before + after) // 2, room // 4)
    lead, trail = _nearby(old, before, after, margin)
    return before - lead, after - trail


def _framed(shown: str, before: int, after: int) -> str:
    """A hunk between what is left out before it and, if it is the last, behind it."""
    lead, trail = (f"{_unchanged(before)} … " if before else ""), (f" … {_unchanged(after)}" if after else "")
    return lead + shown + trail


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


def _seen(text: str) -> str:
    return normalize("NFKC", terminal(text)).rstrip()


def _unchanged(number: int) -> str:
    return f"({number} unchanged)"
