"""One field that differs: in one line where that is enough, else as a diff below its name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from promptsync.model.canonical import Ordered
from promptsync.output.cells import cut
from promptsync.output.cells import width as cells
from promptsync.output.escape import terminal
from promptsync.output.excerpt import as_json, one_line, quoted, quoted_pair, word_hunks
from promptsync.output.lookalikes import mixed_words
from promptsync.output.style import Colour, counted
from promptsync.output.textdiff import CONTEXT, Row, line_rows, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptsync.model.compare import FieldDiff
    from promptsync.output.layout import Layout
    from promptsync.output.style import Style

_INNER = 4
"""The indent of the lines below a field's name, beyond its own."""

_ENDLESS = 1 << 40
"""Columns of a page that breaks its lines by itself."""

_MAX_ROWS = 40
_MAX_NEW_ROWS = 12
_SIGNS = {"add": "+", "remove": "-", "replace": "~"}
_COLOURS: dict[str, Colour] = {
    "+": "green",
    "-": "red",
    "~": "yellow",
    "@": "cyan",
    "!": "yellow",
    "": "dim",
    " ": "dim",
}


def legend(sides: str) -> str:
    """What the signs mean, and which side stands before the arrow."""
    return f"Fields are told as {sides}: ~ is changed, + is added, - is taken away."


@dataclass(frozen=True, slots=True)
class Field:
    """One difference, escaped: the field's name behind its sign, and `line` where one is enough, else `rows` below."""

    sign: str
    head: str
    line: str | None = None
    rows: tuple[Row, ...] = ()


def field_rows(item: FieldDiff, layout: Layout, indent: int) -> Field:
    """What tells one difference, the service's value before the file's. `item` is masked already."""
    sign = _SIGNS[item.op]
    head = f"{sign} {terminal(item.field)}:"
    line = _inline(item, layout.room(indent + cells(head) + 1))
    room = _ENDLESS if layout.uncut else layout.room(indent + _INNER + 2)
    rows = _rows(item, room, _ENDLESS if layout.uncut else CONTEXT) if line is None else iter(())
    if not (layout.whole or layout.uncut):
        rows = _shortened(rows, room, _MAX_ROWS if item.op == "replace" else _MAX_NEW_ROWS)
    return Field(sign, head, line, (*rows, *_look_alikes(item)))


def field_lines(item: FieldDiff, layout: Layout, indent: int) -> Iterator[str]:
    """The same as lines for a terminal."""
    field, style = field_rows(item, layout, indent), layout.style
    yield " " * indent + style(_COLOURS[field.sign], field.head) + (f" {field.line}" if field.line is not None else "")
    margin = " " * (indent + _INNER)
    yield from (margin + row_line(row, style) for row in field.rows)


def row_line(row: Row, style: Style) -> str:
    """One row of a diff as a line for a terminal."""
    text = f"{row.sign} {row.text}" if row.sign in ("+", "-", " ") else row.text
    return style(_COLOURS[row.sign], text.rstrip())


def _shortened(rows: Iterable[Row], room: int, limit: int) -> Iterator[Row]:
    """The first rows, each as far as there is room, and how much is left out."""
    rows = iter(rows)
    characters = 0
    for row in islice(rows, limit):
        kept = cut(row.text, room) if row.sign in ("+", "-") else row.text
        characters += len(row.text) - len(kept)
        yield Row(row.sign, kept + " …" * (kept != row.text))
    lines = sum(1 for _ in rows)
    left = [counted(number, noun) for number, noun in ((lines, "more line"), (characters, "more character")) if number]
    if left:
        yield Row("", f"… {' and '.join(left)}: -v shows {'it' if lines + characters == 1 else 'them'}")


def _look_alikes(item: FieldDiff) -> Iterator[Row]:
    old, new = _text_of(item.before), _text_of(item.after)
    for mixed in mixed_words(old, new):
        where = f"line {mixed.line}: " if "\n" in new else ""
        yield Row("!", f"warning: {where}“{terminal(mixed.word)}” mixes {' and '.join(mixed.scripts)} letters")


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else as_json(value)


def _inline(item: FieldDiff, room: int) -> str | None:
    """The difference in one line, or None where it takes more."""
    before, after = item.before, item.after
    if item.op != "replace":
        value = after if item.op == "add" else before
        if _has_lines(value):
            return None
        shown = one_line(value)
        return shown if cells(shown) <= room else None
    if any(isinstance(value, str) and "\n" in value for value in (before, after)):
        return None
    if isinstance(before, str) and isinstance(after, str):
        old, new = quoted_pair(before[: room + 1], after[: room + 1])
    else:
        old, new = one_line(before), one_line(after)
    return f"{old} → {new}" if cells(old) + cells(new) + 3 <= room else None


def _rows(item: FieldDiff, room: int, context: int) -> Iterator[Row]:
    before, after = item.before, item.after
    if item.op == "add":
        return _one_sided("+", after)
    if item.op == "remove":
        return _one_sided("-", before)
    if isinstance(before, str) and isinstance(after, str):
        if "\n" in before or "\n" in after:
            return line_rows(before, after, room, context)
        short = len(before) < room - 1 and len(after) < room - 1
        hunks = iter([quoted_pair(before, after)]) if short else word_hunks(before, after, room)
        return (row for hunk in hunks for row in (Row("-", hunk.old), Row("+", hunk.new)))
    if isinstance(before, dict | list) and isinstance(after, dict | list):
        return line_rows(*_indented_pair(before, after), room, context)
    return iter([Row("-", one_line(before)), Row("+", one_line(after))])


def _one_sided(sign: Literal["+", "-"], value: Any) -> Iterator[Row]:
    if isinstance(value, dict | list):
        return whole(sign, _indented(value).split("\n"))
    if _has_lines(value):
        return whole(sign, value.removesuffix("\n").split("\n"))
    return iter([Row(sign, quoted(value) if isinstance(value, str) else one_line(value))])


def _has_lines(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value.rstrip("\n")


def _indented_pair(before: Any, after: Any) -> tuple[str, str]:
    """Both as JSON, their keys sorted; as they are, where their order is content or nothing but the order differs."""
    old, new = _indented(before, sort=True), _indented(after, sort=True)
    in_order = old == new or _has_order(before) or _has_order(after)
    return (_indented(before), _indented(after)) if in_order else (old, new)


def _has_order(value: Any) -> bool:
    """Whether the order of keys is content somewhere in a value."""
    if isinstance(value, dict):
        return isinstance(value, Ordered) or any(map(_has_order, value.values()))
    return isinstance(value, list) and any(map(_has_order, value))


def _indented(value: Any, *, sort: bool = False) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=sort, default=str)
