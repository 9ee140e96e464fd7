"""One field that differs: in one line where that is enough, else as a diff below its name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from promptsync.output.cells import width as cells
from promptsync.output.escape import terminal
from promptsync.output.excerpt import beginning, one_line, quoted_pair, word_hunks
from promptsync.output.style import Colour, Style, counted
from promptsync.output.textdiff import Row, line_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.compare import FieldDiff

_MIN_ROOM = 40
_UNCUT = 10_000
_MAX_ROWS = 40
_MAX_NEW_ROWS = 12
_MAX_VERBOSE_ROWS = 2_000
_SIGNS = {"add": "+", "remove": "-", "replace": "~"}
_COLOURS: dict[str, Colour] = {"+": "green", "-": "red", "~": "yellow", "@": "cyan", "": "dim", " ": "dim"}


@dataclass(frozen=True, slots=True)
class FieldLayout:
    """How to lay out: `width` in columns, `indent` of the field's sign, `verbose` for texts in full."""

    style: Style
    width: int
    indent: int
    verbose: bool

    @property
    def inner(self) -> int:
        """The indent of the lines below a field's name."""
        return self.indent + 4

    def room(self, indent: int) -> int:
        """The columns left beside an indent."""
        return max(self.width - indent, _MIN_ROOM)


def field_lines(item: FieldDiff, layout: FieldLayout) -> Iterator[str]:
    """The lines that tell one difference, the service's value before the file's; see `mask.masked` for its data."""
    before, after = item.before, item.after
    head = f"{_SIGNS[item.op]} {terminal(item.field)}:"
    line = _inline(item.op, before, after, layout.room(layout.indent + cells(head) + 1))
    margin = " " * layout.indent
    colour = _COLOURS[_SIGNS[item.op]]
    if line is not None:
        yield f"{margin}{layout.style(colour, head)} {line}"
        return
    yield margin + layout.style(colour, head)
    rows = _rows(item, before, after, layout)
    yield from _bounded(rows, _limit(item, layout), layout)


def _inline(op: str, before: Any, after: Any, room: int) -> str | None:
    """The difference in one line, or None where it takes more."""
    if op != "replace":
        value = after if op == "add" else before
        if _has_lines(value):
            return None
        shown = one_line(value, _UNCUT)
        return shown if cells(shown) <= room else None
    if any(isinstance(value, str) and "\n" in value for value in (before, after)):
        return None
    if isinstance(before, str) and isinstance(after, str):
        old, new = quoted_pair(before[: room + 1], after[: room + 1], _UNCUT)
    else:
        old, new = one_line(before, _UNCUT), one_line(after, _UNCUT)
    return f"{old} → {new}" if cells(old) + cells(new) + 3 <= room else None


def _rows(item: FieldDiff, before: Any, after: Any, layout: FieldLayout) -> Iterator[Row]:
    room = layout.room(layout.inner + 2)
    if item.op == "add":
        return _one_sided("+", after, room)
    if item.op == "remove":
        return _one_sided("-", before, room)
    if isinstance(before, str) and isinstance(after, str):
        if "\n" in before or "\n" in after:
            return line_rows(before, after, room)
        short = len(before) < room - 1 and len(after) < room - 1
        hunks = iter([quoted_pair(before, after, room)]) if short else word_hunks(before, after, room)
        return (row for hunk in hunks for row in (Row("-", hunk.old), Row("+", hunk.new)))
    if isinstance(before, dict | list) and isinstance(after, dict | list):
        return line_rows(_indented(before), _indented(after), room)
    return iter([Row("-", one_line(before, room)), Row("+", one_line(after, room))])


def _one_sided(sign: Literal["+", "-"], value: Any, room: int) -> Iterator[Row]:
    if not _has_lines(value):
        return iter([Row(sign, one_line(value, room))])
    return (Row(sign, beginning(line, room)) for line in value.rstrip("\n").split("\n"))


def _has_lines(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value.rstrip("\n")


def _indented(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str)


def _limit(item: FieldDiff, layout: FieldLayout) -> int:
    if layout.verbose:
        return _MAX_VERBOSE_ROWS
    return _MAX_ROWS if item.op == "replace" else _MAX_NEW_ROWS


def _bounded(rows: Iterator[Row], limit: int, layout: FieldLayout) -> Iterator[str]:
    margin = " " * layout.inner
    for row in islice(rows, limit):
        text = f"{row.sign} {row.text}" if row.sign in ("+", "-", " ") else row.text
        yield margin + layout.style(_COLOURS[row.sign], text.rstrip())
    left = sum(1 for _ in rows)
    if left:
        yield margin + layout.style("dim", f"… {counted(left, 'more line')}")
