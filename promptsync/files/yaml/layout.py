"""A prompt file's text written anew in the one layout, with the comments and anchors that it has."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptsync.files.yaml.comments import Beside, comments, texts_of
from promptsync.files.yaml.noted import Alias, MergeKey, Noted
from promptsync.files.yaml.reader import read
from promptsync.files.yaml.tree import Node, parse
from promptsync.files.yaml.writer import dump, ends_open

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from promptsync.files.yaml.comments import Comments
    from promptsync.files.yaml.edits import Path


_NONE: Any = object()
"""Where a collection begins, and no member of it was before."""


class LayoutError(ValueError):
    """A text that cannot be written anew without losing something of it."""


def lay_out(text: str, ordered: dict[str, Any], files: Collection[Path]) -> str:
    """`text`, which `reader` reads without complaint as a mapping that is not empty, written anew.

    `ordered` is its data with the keys in the order to be written, and with a `content_file` in place of each text at a
    path in `files`. Raises LayoutError where a comment would be lost or an anchor stand behind its alias, and for a
    `<<` that does not name what stands elsewhere.
    """
    root = parse(text)
    if root is None:
        raise LayoutError("there is nothing in it")
    found = comments(text, root)
    document = _Rewriter(found, files).mapping(root, ordered, ())
    bottom = _without_last(_tidy(found.beside[root].below, at_start=ends_open(document)))
    new = "".join([*_lines(_tidy(found.top, at_start=True)), dump(document), *_lines(bottom)])
    again = parse(new) if not read(new).complaints else None
    if again is None:
        raise LayoutError("an anchor would stand behind what names it")
    if Counter(texts_of(new, again)) != Counter(texts_of(text, root)):
        raise LayoutError("a comment would be lost")
    return new


class _Rewriter:
    """Turns a tree into data for the writer, with what stands beside each value."""

    def __init__(self, found: Comments, files: Collection[Path]) -> None:
        self.beside = found.beside
        self.files = files

    def mapping(self, node: Node, ordered: dict[str, Any], path: Path) -> dict[str, Any]:
        written: dict[str, Any] = {}
        last = _NONE
        for name, value, inner in self.entries(node, ordered, path):
            last = written[name] = self.noted(value, inner, last)
        return written

    def entries(self, node: Node, ordered: dict[str, Any], path: Path) -> Iterator[tuple[str, Node, Any]]:
        """What is written in a mapping itself: `<<` first, then the keys in their order."""
        own = {entry.name: entry.value for entry in node.entries if not entry.merge}
        for entry in node.entries:
            if entry.merge:
                yield MergeKey(entry.name), entry.value, self.merged(entry.value)
        for name, value in ordered.items():
            moved = [key for key in ("content", "text") if (*path, key) in self.files and name == "content_file"]
            inner = own.get(moved[0] if moved else name)
            if inner is not None:
                yield name, inner, value if moved else self.value(inner, value, (*path, name))

    def merged(self, node: Node) -> Any:
        if node.kind == "alias":
            return Alias(node.value)
        if not node.items or any(item.kind != "alias" for item in node.items):
            raise LayoutError("its `<<` merges more than anchors")
        return self.sequence(node, [None] * len(node.items), ())

    def value(self, node: Node, ordered: Any, path: Path) -> Any:
        if node.kind == "alias":
            return Alias(node.value)
        if node.kind == "mapping":
            return self.mapping(node, ordered, path)
        return self.sequence(node, ordered, path) if node.kind == "sequence" else ordered

    def sequence(self, node: Node, ordered: list[Any], path: Path) -> list[Any]:
        written: list[Any] = []
        last = _NONE
        for index, (item, value) in enumerate(zip(node.items, ordered, strict=True)):
            last = _raised(self.noted(item, self.value(item, value, (*path, index)), last))
            written.append(last)
        return written

    def noted(self, node: Node, value: Any, last: Any) -> Any:
        """`value` with what stands beside it, behind the `last` member of its collection, or `_NONE`."""
        beside = self.beside.get(node, Beside())
        above = _tidy(beside.above, at_start=last is _NONE or ends_open(last))
        below = _without_last(_tidy(beside.below, at_start=ends_open(value)))
        if not (above or beside.behind or below or node.anchor):
            return value
        return Noted(value, tuple(above), beside.behind, tuple(below), node.anchor or "")


def _raised(item: Any) -> Any:
    """An item of a list whose comments behind the dash stand above it: what follows a dash is its first key."""
    note = item if isinstance(item, Noted) else Noted(item)
    if not note.value or not isinstance(note.value, dict | list):
        return item
    value = note.value.copy()
    first = next(iter(value)) if isinstance(value, dict) else 0
    above, behind = note.above, note.behind
    if behind and isinstance(value, dict):
        above, behind = (*above, behind.lstrip()), ""
    if isinstance(value[first], Noted):
        above += value[first].above
        value[first] = replace(value[first], above=())
    raised = replace(note, value=value, above=above, behind=behind)
    return raised if raised != Noted(value) else value


def _tidy(lines: Iterable[str], *, at_start: bool) -> list[str]:
    """Lines of which no two are empty one after the other, nor the first `at_start`."""
    found: list[str] = [""] if at_start else []
    for line in lines:
        if line or not found or found[-1]:
            found.append(line)
    return found[1:] if at_start else found


def _without_last(lines: list[str]) -> list[str]:
    """Lines without an empty one at their end."""
    return lines[:-1] if lines and not lines[-1] else lines


def _lines(lines: Iterable[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines)
