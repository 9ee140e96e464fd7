"""Two texts of several lines against each other, in the form that `diff -u` made familiar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from promptsync.output.escape import terminal
from promptsync.output.excerpt import beginning, look_alike, quoted_pair, word_hunks
from promptsync.output.matching import Matcher

if TYPE_CHECKING:
    from collections.abc import Iterator

Sign: TypeAlias = Literal["+", "-", " ", "@", "!", ""]
_Opcode: TypeAlias = tuple[str, int, int, int, int]

_CONTEXT = 3


class Row(NamedTuple):
    """One line of a diff, escaped. The sign `@` marks a place in the text, `!` a warning, the empty one a remark."""

    sign: Sign
    text: str


def line_rows(old: str, new: str, room: int) -> Iterator[Row]:
    """All lines that differ, each whole, with three around them."""
    old_lines, new_lines = _lines(old), _lines(new)
    if old_lines != new_lines:
        for group in Matcher(old_lines, new_lines).get_grouped_opcodes(_CONTEXT):
            yield Row("@", _place(group))
            for opcode in group:
                yield from _block(opcode, old_lines, new_lines, room)
    if old.endswith("\n") != new.endswith("\n"):
        more, less = ("old", "new") if old.endswith("\n") else ("new", "old")
        yield Row("", f"(the {more} text ends with a newline, the {less} one does not)")


def whole(sign: Literal["+", "-"], lines: list[str]) -> Iterator[Row]:
    """Each line as it is."""
    return (Row(sign, terminal(line, tabs=True)) for line in lines)


def _lines(text: str) -> list[str]:
    """Split at newlines alone: what else ends a line somewhere is shown as an escape."""
    lines = text.split("\n")
    return lines[:-1] if not lines[-1] else lines


def _place(group: list[_Opcode]) -> str:
    first, last = group[0], group[-1]
    return f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"


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
        yield from whole("-", old[old_from:old_to])
        yield from whole("+", new[new_from:new_to])


def _replaced(old: list[str], new: list[str], room: int) -> Iterator[Row]:
    """Lines that fit are told one block after the other; where one is long, line by line with the words that differ."""
    paired = list(zip(old, new, strict=False))
    if all(_fits(*pair, room) and not look_alike(*pair) for pair in paired):
        yield from whole("-", old)
        yield from whole("+", new)
        return
    for pair in paired:
        yield from _pair(*pair, room)
    yield from whole("-", old[len(paired) :])
    yield from whole("+", new[len(paired) :])


def _pair(old: str, new: str, room: int) -> Iterator[Row]:
    if not _fits(old, new, room):
        for hunk in word_hunks(old, new, room):
            yield Row("-", hunk.old)
            yield Row("+", hunk.new)
    elif look_alike(old, new):
        shown = quoted_pair(old, new)
        yield Row("-", shown.old)
        yield Row("+", shown.new)
    else:
        yield from whole("-", [old])
        yield from whole("+", [new])


def _fits(old: str, new: str, room: int) -> bool:
    return len(old) <= room and len(new) <= room
