"""The comments and empty lines of a YAML text, and what each belongs to.

A comment at the end of a line belongs to the key or item of that line; one on a line of its own to the key or item
that follows, or, where it stands in as far as what ends above it, to that. What stands at the top of a file, before an
empty line, belongs to the file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from promptsync.files.yaml.guards import TEXTS, cut_off
from promptsync.files.yaml.tree import Node, column, end_of_line, header_end, start_of_line, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT = re.compile(r"#[^\n]*")
_SETTING = "# yaml-language-server:"
"""What an editor looks for at the top of a file."""


@dataclass(slots=True)
class Beside:
    """What stands beside a value: lines above and below it, and the comment at the end of its line."""

    above: list[str] = field(default_factory=list)
    behind: str = ""
    below: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comments:
    """What stands beside each value of a tree, and what stands at the top of the file, before all of them."""

    beside: defaultdict[Node, Beside]
    top: list[str]


class _Comment(NamedTuple):
    at: int
    text: str
    is_alone: bool


class _Member(NamedTuple):
    """An entry of a mapping or item of a list, and the name of the key."""

    start: int
    value: Node
    name: str


def comments(text: str, root: Node) -> Comments:
    """The comments of a text whose tree is `root`, a mapping."""
    members = list(_members(text, root))
    found = Comments(defaultdict(Beside), [])
    for index, between in enumerate(_by_place(text, root, members)):
        before = members[index - 1] if index else None
        after = members[index] if index < len(members) else None
        _Gap(text, root, found.beside, before, after).place(between)
    if members:
        _split_top(found, members[0].value)
    return found


def texts_of(text: str, root: Node) -> Iterator[str]:
    """Every comment, in the order of the text."""
    return (comment.text for comment in _find(text, root))


def _find(text: str, root: Node) -> Iterator[_Comment]:
    """The comments: what begins with `#` between the scalars."""
    at = 0
    for start, end in [*_scalars(text, root), (len(text), len(text))]:
        for found in _COMMENT.finditer(text, at, start):
            alone = not text[start_of_line(text, found.start()) : found.start()].strip(" \t")
            yield _Comment(found.start(), found[0].rstrip(), alone)
        at = end


def _scalars(text: str, root: Node) -> Iterator[tuple[int, int]]:
    for node in walk(root):
        if node.is_block_scalar:
            yield node.body, header_end(text, node)
            yield end_of_line(text, node.body), node.end
        elif node.kind == "scalar":
            yield node.body, node.end


def _members(text: str, node: Node) -> Iterator[_Member]:
    for entry in node.entries:
        yield _Member(entry.start, entry.value, entry.name)
        yield from _members(text, entry.value)
    for item in node.items:
        yield _Member(item.start if node.flow else item.dash, item, "")
        yield from _members(text, item)


def _by_place(text: str, root: Node, members: list[_Member]) -> list[list[_Comment]]:
    """The comments before each of the members, and behind the last."""
    starts = [member.start for member in members]
    found: list[list[_Comment]] = [[] for _ in range(len(members) + 1)]
    for comment in _find(text, root):
        found[bisect_left(starts, comment.at)].append(comment)
    return found


class _Gap:
    """What stands between the beginnings of two members that follow each other."""

    def __init__(
        self, text: str, root: Node, beside: defaultdict[Node, Beside], before: _Member | None, after: _Member | None
    ) -> None:
        self.text = text
        self.root = root
        self.beside = beside
        self.before = before
        self.after = after
        is_inside = before is not None and after is not None and after.value.parent is before.value
        self.around = _around(before.value) if before and not is_inside else []

    def place(self, comments: list[_Comment]) -> None:
        """Puts each comment, and the empty lines among them, where they belong."""
        at = self.before.value.end if self.before else 0
        for comment in comments:
            if comment.is_alone:
                lines = self.lines_for(comment)
                if self.is_parted(at, comment.at):
                    lines.append("")
                lines.append(comment.text)
            else:
                self.put_behind(comment)
            at = comment.at + len(comment.text)
        if self.after is not None and self.begins_line(self.after) and self.is_parted(at, self.after.start):
            self.beside[self.after.value].above.append("")

    def is_parted(self, low: int, high: int) -> bool:
        """Whether an empty line stands just before `high`."""
        part = self.text[low:high]
        return part[len(part.rstrip(" \t\n")) :].count("\n") > 1

    def begins_line(self, member: _Member) -> bool:
        parent = member.value.parent
        is_flow = parent is not None and parent.flow and parent.kind == "sequence"
        if is_flow:
            return False
        # A line can be as long as the file: it is not looked at whole for each of its members.
        at = member.start
        while at and self.text[at - 1] == " ":
            at -= 1
        return not at or self.text[at - 1] == "\n"

    def lines_for(self, comment: _Comment) -> list[str]:
        """The lines that a comment on a line of its own is one of."""
        before, after = self.before, self.after
        inner = after.value.parent if after else None
        if before is not None and before.value is not inner and comment.at < before.value.end:
            return self.beside[before.value].above
        while self.around and self.around[0] is not inner:
            outer = self.around[0]
            if self.is_last_in(outer, comment):
                return self.beside[outer].below
            self.around.pop(0)
        return self.beside[after.value].above if after is not None else self.beside[self.root].below

    def is_last_in(self, outer: Node, comment: _Comment) -> bool:
        """Whether a comment behind the last member of a collection belongs there."""
        if outer.flow:
            return comment.at < outer.end
        depth = column(self.text, comment.at)
        return depth >= outer.column and (self.after is None or depth > column(self.text, self.after.start))

    def put_behind(self, comment: _Comment) -> None:
        """A comment at the end of a line, with the blanks before it."""
        before = self.before
        if before is None:
            self.lines_for(comment).append(comment.text)
            return
        owner = before.value
        while owner.parent is not None and owner.parent.flow and owner.parent.end <= comment.at:
            owner = owner.parent
        beside = self.beside[owner]
        if owner is self.root:
            beside.below.append(comment.text)
            return
        if beside.behind:
            beside.above.append(beside.behind.lstrip())
        is_cut = owner is before.value and before.name in TEXTS and self.cuts(owner)
        blanks = self.text[owner.end : comment.at] if is_cut else "  "
        beside.behind = blanks + comment.text

    def cuts(self, node: Node) -> bool:
        """Whether a comment may be the rest of a text: it stays as it is, so that it is still told."""
        return node.kind == "scalar" and not node.style and cut_off(self.text, node.end) is not None


def _around(node: Node) -> list[Node]:
    """The collections that hold a value, the innermost first."""
    found = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def _split_top(found: Comments, first: Node) -> None:
    """Takes from above the first key what belongs to the file: up to the last empty line, and what editors look for."""
    above = found.beside[first].above
    ends = [index + 1 for index, line in enumerate(above) if not line or line.startswith(_SETTING)]
    if ends:
        found.top.extend(above[: ends[-1]])
        del above[: ends[-1]]
