"""One field that differs: in one line where that is enough, else as a diff below its name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from promptsync.model.canonical import Ordered
from promptsync.output.cells import width as cells
from promptsync.output.escape import terminal
from promptsync.output.excerpt import beginning, one_line, quoted_pair, word_hunks
from promptsync.output.style import Colour, counted
from promptsync.output.textdiff import Row, line_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.compare import FieldDiff
    from promptsync.output.layout import Layout

_INNER = 4
"""The indent of the lines below a field's name, beyond its own."""

_UNCUT = 10_000
_MAX_ROWS = 40
_MAX_NEW_ROWS = 12
_MAX_VERBOSE_ROWS = 2_000
_SIGNS = {"add": "+", "remove": "-", "replace": "~"}
_COLOURS: dict[str, Colour] = {"+": "green", "-": "red", "~": "yellow", "@": "cyan", "": "dim", " ": "dim"}


@dataclass(frozen=True, slots=True)
class Field:
    """One difference, escaped: the field's name behind its sign, and `line` where one is enough, else `rows` below.

    `left` counts the rows that are left out.
    """

    sign: str
    head: str
    line: str | None = None
    rows: tuple[Row, ...] = ()
    left: int = 0


def field_rows(item: FieldDiff, layout: Layout, indent: int) -> Field:
    """What tells one difference, the service's value before the file's. `item` is masked already."""
    sign = _SIGNS[item.op]
    head = f"{sign} {terminal(item.field)}:"
    line = _inline(item, layout.room(indent + cells(head) + 1))
    if line is not None:
        return Field(sign, head, line)
    rows = _rows(item, layout.room(indent + _INNER + 2))
    kept = tuple(islice(rows, _limit(item, layout)))
    return Field(sign, head, None, kept, sum(1 for _ in rows))


def field_lines(item: FieldDiff, layout: Layout, indent: int) -> Iterator[str]:
    """The same as lines for a terminal."""
    field, style = field_rows(item, layout, indent), layout.style
    yield " " * indent + style(_COLOURS[field.sign], field.head) + (f" {field.line}" if field.line is not None else "")
    margin = " " * (indent + _INNER)
    for row in field.rows:
        text = f"{row.sign} {row.text}" if row.sign in ("+", "-", " ") else row.text
        yield margin + style(_COLOURS[row.sign], text.rstrip())
    if field.left:
        yield margin + style("dim", f"… {counted(field.left, 'more line')}")


def _inline(item: FieldDiff, room: int) -> str | None:
    """The difference in one line, or None where it takes more."""
    before, after = item.before, item.after
    if item.op != "replace":
        value = after if item.op == "add" else before
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


def _rows(item: FieldDiff, room: int) -> Iterator[Row]:
    before, after = item.before, item.after
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
        old, new = _indented(before, after)
        return line_rows(old, new, room)
    return iter([Row("-", one_line(before, room)), Row("+", one_line(after, room))])


def _one_sided(sign: Literal["+", "-"], value: Any, room: int) -> Iterator[Row]:
    if not _has_lines(value):
        return iter([Row(sign, one_line(value, room))])
    return (Row(sign, beginning(line, room)) for line in value.rstrip("\n").split("\n"))


def _has_lines(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value.rstrip("\n")


def _indented(*values: Any) -> list[str]:
    """Each value on lines of its own, its keys by name unless their order is content."""
    by_name = not any(isinstance(value, Ordered) for value in values)
    return [json.dumps(value, ensure_ascii=False, indent=2, sort_keys=by_name, default=str) for value in values]


def _limit(item: FieldDiff, layout: Layout) -> int:
    if layout.verbose:
        return _MAX_VERBOSE_ROWS
    return _MAX_ROWS if item.op == "replace" else _MAX_NEW_ROWS
