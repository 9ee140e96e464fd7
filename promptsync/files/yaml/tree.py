"""YAML text as a tree of nodes that know where they are written: what an editor needs that leaves the rest alone.

Offsets count characters of a text with plain line ends and no byte order mark. The text has been read by `reader`
before, so that what it refuses (tags, keys that are no text, several documents) does not turn up here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from promptsync.files.yaml.events import walk as walk_events

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE = re.compile(r"(?:[ \t\n]|(?:(?<=[ \t\n])|^)#[^\n]*)*")
_PROPERTY = re.compile(r"[&!][^ \t\n,\[\]{}]*")
_HEADER = re.compile(r"[|>]([-+]?)([1-9]?)([-+]?)")


@dataclass(slots=True, eq=False)
class Node:
    """A value or key. `start` is where its anchor or tag begins, `body` where it begins itself; it ends before `end`.

    `indicator` is the end of the colon or dash before it. A block scalar ends behind its last line that is part of
    the value (for `+` that includes empty ones), without the line's end. `column` is where a block collection's
    keys or dashes stand. `users` are the aliases of it, `target` is what an alias stands for.
    """

    kind: Literal["scalar", "mapping", "sequence", "alias"]
    start: int
    body: int
    end: int
    indicator: int = 0
    style: str = ""
    flow: bool = False
    anchor: str | None = None
    value: str = ""
    column: int = 0
    parent: Node | None = None
    target: Node | None = None
    users: list[Node] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)

    @property
    def is_block_scalar(self) -> bool:
        """Whether it is text behind `|` or `>`."""
        return self.style in ("|", ">")

    @property
    def is_block_collection(self) -> bool:
        """Whether it is a mapping or list told by indentation."""
        return self.kind in ("mapping", "sequence") and not self.flow

    @property
    def dash(self) -> int:
        """Where the dash of a block list's item stands."""
        return self.indicator - 1

    def entry(self, name: str) -> Entry | None:
        """The entry of that name that is written in this mapping itself."""
        return next((entry for entry in self.entries if entry.name == name and not entry.merge), None)

    @property
    def merges(self) -> bool:
        """Whether it takes keys from elsewhere with `<<`."""
        return any(entry.merge for entry in self.entries)


@dataclass(slots=True, eq=False)
class Entry:
    """A key and its value. It begins with the key, or with the `?` before it. `merge` marks `<<`."""

    key: Node
    value: Node
    start: int
    merge: bool

    @property
    def name(self) -> str:
        """What the key says."""
        return self.key.value


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order of the text; keys too, what aliases stand for not."""
    yield node
    for entry in node.entries:
        yield entry.key
        yield from walk(entry.value)
    for item in node.items:
        yield from walk(item)


def parse(text: str) -> Node | None:
    """The tree of `text`; None if there is no document in it."""
    builder = _Builder(text)
    walk_events(text, builder)
    return builder.root


def path_to(node: Node) -> tuple[str | int, ...]:
    """The keys and indexes that lead to a value; to a key, those of its value."""
    parent = node.parent
    if parent is None:
        return ()
    if parent.kind == "sequence":
        return (*path_to(parent), parent.items.index(node))
    return (*path_to(parent), next(entry.name for entry in parent.entries if node in (entry.key, entry.value)))


def end_of_line(text: str, at: int) -> int:
    """Where the line of `at` ends, without its line end."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def start_of_line(text: str, at: int) -> int:
    """Where the line of `at` begins."""
    return text.rfind("\n", 0, at) + 1


def column(text: str, at: int) -> int:
    """Characters before `at` in its line."""
    return at - start_of_line(text, at)


def skip_space(text: str, at: int) -> int:
    """The next place from `at` on that is no space, line end or comment."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


class _Builder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Node | None = None
        self.open: list[Node] = []
        self.name: Node
        self.anchors: dict[str, Node] = {}

    def document(self, event: Any) -> None:
        """Nothing stands in a document's mark."""

    def key(self, event: Any) -> None:
        key = self.name = self.scalar_node(event)
        key.parent = self.open[-1]

    def scalar(self, event: Any) -> None:
        self.add(self.scalar_node(event))

    def scalar_node(self, event: Any) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        node = Node("scalar", start, start, end, style=event.style or "", value=event.value, anchor=event.anchor)
        self.behind_properties(node, event)
        if node.is_block_scalar:
            node.end = self.end_of_block(node, end)
        return node

    def alias(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        target = self.anchors[event.anchor]
        node = Node("alias", start, start, end, target=target, value=event.anchor)
        target.users.append(node)
        self.add(node)

    def mapping(self, event: Any) -> None:
        self.start("mapping", event)

    def sequence(self, event: Any) -> None:
        self.start("sequence", event)

    def start(self, kind: Literal["mapping", "sequence"], event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        node = Node(kind, start, start, end, flow=bool(event.flow_style), anchor=event.anchor)
        self.behind_properties(node, event)
        node.column = event.start_mark.column if node.body == start else column(self.text, node.body)
        self.add(node)
        self.open.append(node)

    def end(self, event: Any) -> None:
        node = self.open.pop()
        node.end = event.end_mark.index if node.flow else self.end_of_collection(node)

    def complex_key(self, event: Any) -> NoReturn:
        raise ValueError("a key that is no text")

    def behind_properties(self, node: Node, event: Any) -> None:
        """Moves `body` behind anchor and tag."""
        if node.anchor is not None:
            self.anchors[node.anchor] = node
        for _ in range((event.anchor is not None) + (event.tag is not None)):
            found = _PROPERTY.match(self.text, node.body)
            if found is not None:
                # Only what follows on: an empty scalar ends with its properties.
                behind = found.end()
                empty = node.kind == "scalar" and not node.style and not node.value and behind >= node.end
                node.body = behind if empty else skip_space(self.text, behind)

    def add(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        node.parent = parent
        if parent.kind == "sequence":
            node.indicator = node.start if parent.flow else self.behind_dash(parent)
            parent.items.append(node)
        else:
            key = self.name
            node.indicator = self.behind_colon(key)
            parent.entries.append(Entry(key, node, self.before_key(key), key.value == "<<" and not key.style))

    def behind_dash(self, parent: Node) -> int:
        previous = parent.items[-1] if parent.items else None
        at = parent.body if previous is None else max(previous.end, previous.indicator)
        return skip_space(self.text, at) + 1

    def before_key(self, key: Node) -> int:
        """Where the `?` of a key stands, if it has one on its line, else the key itself."""
        at = key.start
        while self.text[at - 1 : at] == " ":
            at -= 1
        # Of the line no more is looked at than the mark: a line may hold all keys of a file.
        is_marked = at < key.start and self.text[at - 1 : at] == "?"
        return at - 1 if is_marked and self.text[at - 2 : at - 1] in ("", "\n", " ", "{", ",") else key.start

    def behind_colon(self, key: Node) -> int:
        """Behind the colon; behind the key if a flow mapping has the key alone."""
        at = skip_space(self.text, key.end)
        return at + 1 if self.text[at : at + 1] == ":" else key.end

    def end_of_collection(self, node: Node) -> int:
        last = node.items[-1] if node.items else node.entries[-1].value
        return max(last.end, last.indicator)

    def end_of_block(self, node: Node, limit: int) -> int:
        """Behind the last line of a block scalar. `limit` is where the parser stopped, in the next line at most."""
        header = end_of_line(self.text, node.body)
        stop = limit if limit >= len(self.text) else start_of_line(self.text, limit)
        lines = self.text[header + 1 : stop].split("\n") if stop > header else []
        if lines and self.text[stop - 1] == "\n":
            lines.pop()
        if chomping(self.text, node) != "+":
            digit = indicator(self.text, node)
            indent = self.open[-1].column + int(digit) if digit and self.open else content_indent(lines)
            while lines and not lines[-1].strip(" ") and len(lines[-1]) <= indent:
                lines.pop()
        return header + sum(len(line) + 1 for line in lines)


def chomping(text: str, node: Node) -> str:
    """`-`, `+` or nothing: what a block scalar's header says of its end."""
    found = _HEADER.match(text, node.body)
    return found[1] or found[3] if found else ""


def indicator(text: str, node: Node) -> str:
    """The indentation that a block scalar's header tells, as a digit; empty if it tells none."""
    found = _HEADER.match(text, node.body)
    return found[2] if found else ""


def header_end(text: str, node: Node) -> int:
    """Behind the header of a block scalar, before its comment."""
    found = _HEADER.match(text, node.body)
    return found.end() if found else node.body


def content_indent(lines: list[str]) -> int:
    """How far the lines of a block scalar without an indentation indicator stand in."""
    depths = (len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" "))
    return next(depths, max(map(len, lines), default=0))
