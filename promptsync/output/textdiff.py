"""Two texts of several lines against each other, in the form that `diff -u` made familiar."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from promptsync.output.excerpt import beginning, look_alike, quoted_pair, shorten, too_much, word_hunks
from promptsync.output.style import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

Sign: TypeAlias = Literal["+", "-", " ", "@", ""]
_Opcode: TypeAlias = tuple[str, int, int, int, int]

_CONTEXT = 3


class Row(NamedTuple):
    """One line of a diff, escaped. The sign `@` marks a place in the text, the empty one a remark."""

    sign: Sign
    text: str


def line_rows(old: str, new: str, room: int) -> Iterator[Row]:
    """The lines that differ, with three around them. Texts too large to be matched are told by their sizes."""
    old_lines, new_lines = _lines(old), _lines(new)
    same = _same_at_start(old_lines, new_lines)
    tail = _same_at_end(old_lines, new_lines, same)
    start, drop = max(same - _CONTEXT, 0), max(tail - _CONTEXT, 0)
    old_part, new_part = old_lines[start : len(old_lines) - drop], new_lines[start : len(new_lines) - drop]
    if too_much(old_part, new_part):
        yield from _by_size(old_lines, new_lines, same, room)
    elif old_part != new_part:
        matcher = SequenceMatcher(None, old_part, new_part, autojunk=False)
        for group in matcher.get_grouped_opcodes(_CONTEXT):
            yield Row("@", _place(group, start))
            for opcode in group:
                yield from _block(opcode, old_part, new_part, room)
    if old.endswith("\n") != new.endswith("\n"):
        more, less = ("service", "file") if old.endswith("\n") else ("file", "service")
        yield Row("", f"(the {more}'s text ends with a newline, the {less}'s does not)")


def _lines(text: str) -> list[str]:
    """Split at newlines alone: what else ends a line somewhere is shown as an escape."""
    lines = text.split("\n")
    return lines[:-1] if not lines[-1] else lines


def _same_at_start(old: list[str], new: list[str]) -> int:
    return next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _same_at_end(old: list[str], new: list[str], start: int) -> int:
    limit = min(len(old), len(new)) - start
    return next((index for index in range(limit) if old[-1 - index] != new[-1 - index]), limit)


def _by_size(old: list[str], new: list[str], same: int, room: int) -> Iterator[Row]:
    yield Row("", f"({counted(len(old), 'line')} → {counted(len(new), 'line')}, too large to compare line by line)")
    yield Row("@", f"@@ first difference in line {same + 1} @@")
    for sign, lines in (("-", old), ("+", new)):
        if same < len(lines):
            yield Row("-" if sign == "-" else "+", shorten(lines[same], room))


def _place(group: list[_Opcode], start: int) -> str:
    old_from, old_to = group[0][1] + start, group[-1][2] + start
    new_from, new_to = group[0][3] + start, group[-1][4] + start
    return f"@@ -{_range(old_from, old_to)} +{_range(new_from, new_to)} @@"


def _range(start: int, end: int) -> str:
    length = end - start
    return f"{start + 1 if length else start},{length}"


def _block(opcode: _Opcode, old: list[str], new: list[str], room: int) -> Iterator[Row]:
    kind, old_from, old_to, new_from, new_to = opcode
    if kind == "equal":
        yield from (Row(" ", beginning(line, room)) for line in old[old_from:old_to])
    elif kind == "replace":
        yield from _replaced(old[old_from:old_to], new[new_from:new_to], room)
    else:
        yield from (Row("-", beginning(line, room)) for line in old[old_from:old_to])
        yield from (Row("+", beginning(line, room)) for line in new[new_from:new_to])


def _replaced(old: list[str], new: list[str], room: int) -> Iterator[Row]:
    """Lines that fit are told one block after the other; where one is long, line by line with the words that differ."""
    paired = list(zip(old, new, strict=False))
    if all(len(a) <= room and len(b) <= room and not look_alike(a, b) for a, b in paired):
        yield from (Row("-", beginning(line, room)) for line in old)
        yield from (Row("+", beginning(line, room)) for line in new)
        return
    for pair in paired:
        yield from _pair(*pair, room)
    yield from (Row("-", beginning(line, room)) for line in old[len(paired) :])
    yield from (Row("+", beginning(line, room)) for line in new[len(paired) :])


def _pair(old: str, new: str, room: int) -> Iterator[Row]:
    if len(old) <= room and len(new) <= room:
        shown = quoted_pair(old, new, room) if look_alike(old, new) else (beginning(old, room), beginning(new, room))
        yield Row("-", shown[0])
        yield Row("+", shown[1])
        return
    for hunk in word_hunks(old, new, room):
        yield Row("-", hunk.old)
        yield Row("+", hunk.new)
