"""Where in the text of a YAML file an edit belongs: which characters to replace by which.

Each function gives ways to do it, the best first; which of them really says what was meant is tried by `splicer`.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

from promptsync.files.yaml.styles import Page, habits_at, in_flow, ways_in_place
from promptsync.files.yaml.tree import (
    Node,
    column,
    end_of_line,
    header_end,
    skip_space,
    start_of_line,
    walk,
)
from promptsync.files.yaml.writer import Habits, Written, flow, key, one_line, ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.files.yaml.edits import Edit, Path

Splices: TypeAlias = list[tuple[int, int, str]]
"""What to replace, from and to, and by what; the places do not overlap."""

_TOP = ("display_name", "description", "metadata")
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")


def splices(page: Page, edit: Edit) -> Iterator[Splices]:
    """Ways to make an edit whose place is written out in the file itself."""
    nodes = chain(page.root, edit.path)
    if edit.op == "insert":
        yield from _insert(page, find(page.root, edit.path[:-1]), int(edit.path[-1]), edit.value)
    elif len(nodes) <= len(edit.path):
        if len(nodes) == len(edit.path) and edit.op == "set" and nodes[-1].kind == "mapping":
            yield from _add_key(page, nodes[-1], str(edit.path[-1]), edit.value)
    elif edit.op == "set":
        yield from _set(page, nodes[-1], edit.value)
    elif len(nodes) > 1:
        yield from _remove(page, nodes[-2], nodes[-1])


def chain(root: Node, path: Path) -> list[Node]:
    """The nodes on the way along `path`, the root first, as far as they are written there."""
    nodes = [root]
    for step in path:
        node = nodes[-1]
        if node.kind == "sequence" and isinstance(step, int) and step < len(node.items):
            nodes.append(node.items[step])
            continue
        entry = node.entry(step) if node.kind == "mapping" and isinstance(step, str) else None
        if entry is None:
            break
        nodes.append(entry.value)
    return nodes


def find(root: Node, path: Path) -> Node:
    """The node at `path`, which is there."""
    return chain(root, path)[len(path)]


def brings(node: Node, name: str | int) -> bool:
    """Whether a mapping gets a key of that name through `<<`."""
    for entry in node.entries:
        if entry.merge:
            for source in (entry.value, *entry.value.items):
                mapping = source.target or source
                if brings(mapping, name) or any(inner.name == name and not inner.merge for inner in mapping.entries):
                    return True
    return False


def _set(page: Page, node: Node, value: Any) -> Iterator[Splices]:
    if node.parent is None:
        return
    for way in ways_in_place(page, node, value):
        yield from _ends(page.text, _replaced(page.text, node, way))
    if node.body > node.start:
        # An anchor that no one uses, or a tag that makes text of what follows.
        for way in ways_in_place(page, node, value):
            yield from _ends(page.text, [(node.start, node.body, ""), *_replaced(page.text, node, way)])


def _ends(text: str, found: Splices) -> Iterator[Splices]:
    """The same, and with a final newline where the file has none, which a block at its end may need."""
    yield found
    last = max(found)
    if last[1] == len(text) and "\n" in last[2]:
        yield [*found[: found.index(last)], (last[0], last[1], last[2] + "\n"), *found[found.index(last) + 1 :]]


def _replaced(text: str, node: Node, new: Written) -> Splices:
    """Puts a value where another stands. What follows on its first line, a comment, stays there."""
    if node.is_block_scalar:
        begin, end = end_of_line(text, node.body), node.end
        if new.head.endswith("+"):
            end = _blank_lines_behind(text, end)
        return _with_tail(text, node, (node.body, header_end(text, node), new.head), (begin, end, new.tail))
    if node.is_block_collection:
        end = end_of_line(text, _last(node))
        if start_of_line(text, node.body) <= node.indicator:
            return [(node.body, end, _behind_dash(node.column, new) if new.here else new.head + new.tail)]
        begin = start_of_line(text, node.body) - 1
        lead = _behind_properties(text, node)
        return [(lead, lead, f" {new.head}" if new.head else ""), (begin, end, new.tail)]
    head = _inline(text, node, new)
    line_end = end_of_line(text, node.end)
    if new.here and not text[node.end : line_end].strip() and node.body <= end_of_line(text, node.indicator):
        return [(node.body, line_end, _behind_dash(column(text, node.body), new))]
    return _with_tail(text, node, head, (line_end, line_end, new.tail)) if new.tail else [head]


def _inline(text: str, node: Node, new: Written) -> tuple[int, int, str]:
    """The place of a value that is no block, with what stands before it moved up to the colon."""
    if node.body == node.end:
        at = node.end
        colon = ":" if _lacks_colon(text, node) else ""
        gap = "" if text[at - 1] == " " and not colon else " "
        return (at, at, f"{colon}{gap}{new.head}" if new.head else colon)
    if new.tail and start_of_line(text, node.body) > node.indicator and not text[node.indicator : node.body].strip():
        return (node.indicator, node.end, f" {new.head}")
    return (node.body, node.end, new.head)


def _with_tail(text: str, node: Node, head: tuple[int, int, str], tail: tuple[int, int, str]) -> Splices:
    """Head and tail; without a head no blank is left behind the colon."""
    start, end, new = head
    if not new.strip():
        while start > node.indicator and text[start - 1] == " ":
            start -= 1
        new = new.strip()
    if end >= tail[0]:
        return [(start, max(end, tail[1]), new + tail[2])]
    return [(start, end, new), tail]


def _behind_dash(at: int, new: Written) -> str:
    """Lines whose first one takes its place behind a dash, at the column `at`."""
    lines = new.tail[1:]
    inner = len(lines) - len(lines.lstrip(" "))
    return lines[inner:] if inner == at else new.tail


def _behind_properties(text: str, node: Node) -> int:
    """Behind the colon, or the anchor there, of a block collection that begins on a line of its own."""
    at = node.start if node.start < node.body else node.indicator
    while node.start < node.body and text[at : at + 1] not in (" ", "\n", "\t"):
        at += 1
    return at


def _lacks_colon(text: str, node: Node) -> bool:
    parent = node.parent
    return bool(parent and parent.kind == "mapping" and text[node.indicator - 1] != ":")


def _add_key(page: Page, node: Node, name: str, value: Any) -> Iterator[Splices]:
    if node.flow:
        if not node.entries and node.parent is not None and not in_flow(node):
            yield from _set(page, node, {name: value})
        pair = f"{one_line(name, in_flow=True)}: {flow(value)}"
        yield from _into_flow(page.text, node, _spans(node), len(node.entries), pair)
        return
    start = key(name, node.column)
    used = node.column + len(start)
    for way, place in product(ways(value, node.column, page.habits, used), _places(node, name)):
        lines = _with_head(start, way)
        if place == 0:
            at = node.entries[0].start
            yield [(at, at, lines + "\n" + " " * node.column)]
        else:
            at = _behind(page.text, node, _last(node.entries[place - 1].value))
            yield from _new_lines(page, at, "\n" + " " * node.column + lines)


def _with_head(start: str, way: Written) -> str:
    return f"{start} {way.head}{way.tail}" if way.head else start + way.tail


def _places(node: Node, name: str) -> list[int]:
    """Behind which entry a new key fits best, and then all other places."""
    names = [entry.name for entry in node.entries]
    best = len(names)
    if node.parent is None and name in _TOP:
        earlier = [other for other in _TOP[: _TOP.index(name)] if other in names]
        best = names.index(earlier[-1]) + 1 if earlier else 0
    elif "messages" in names:
        best = names.index("messages")
        if best == 0:
            best = len(names)
    return [best, *(place for place in range(len(names), -1, -1) if place != best)]


def _new_lines(page: Page, at: int, lines: str) -> Iterator[Splices]:
    """Whole lines behind the line that ends at `at`."""
    text = page.text
    yield [(at, at, lines)]
    if at < len(text):
        return
    yield [(at, at, lines + "\n")]
    # A block at the end of a file without a final newline loses its own with that; now it would get one.
    last = list(walk(page.root))[-1]
    if last.is_block_scalar:
        end = header_end(text, last)
        header = (last.body, end, text[last.body : end].rstrip("+") + "-")
        yield [header, (at, at, lines)]
        yield [header, (at, at, lines + "\n")]


def _insert(page: Page, node: Node, index: int, value: Any) -> Iterator[Splices]:
    if node.kind != "sequence":
        return
    text = page.text
    if node.flow:
        if not node.items and node.parent is not None and not in_flow(node):
            yield from _set(page, node, [value])
        yield from _into_flow(text, node, _spans(node), index, flow(value))
        return
    first = node.items[0]
    habits = habits_at(page, node)
    for way in ways(value, node.column, habits, node.column + 1, dash=True):
        line = _item(way, node.column, habits)
        if index == 0:
            yield [(first.dash, first.dash, line + "\n" + " " * node.column)]
            continue
        at = _behind(text, node, _last(node.items[index - 1]))
        apart = "\n" if _are_apart(text, node) else ""
        for gap in dict.fromkeys((apart, "")):
            yield from _new_lines(page, at, f"\n{gap}{' ' * node.column}{line}")


def _item(way: Written, outer: int, habits: Habits) -> str:
    if way.here and not way.head:
        return "-".ljust(habits.dash_width) + way.tail[1 + outer + habits.dash_width :]
    return _with_head("-", way)


def _are_apart(text: str, node: Node) -> bool:
    """Whether empty lines stand between the items of a list."""
    pairs = list(zip(node.items, node.items[1:], strict=False))
    return bool(pairs) and all("\n\n" in text[_last(one) : other.dash] for one, other in pairs)


def _into_flow(text: str, node: Node, spans: list[tuple[int, int]], index: int, item: str) -> Iterator[Splices]:
    """Into braces or brackets; on a line of its own where the others are."""
    if not spans:
        yield [(node.body + 1, node.body + 1, item)]
        return
    own_lines = all(not text[start_of_line(text, start) : start].strip() for start, _ in spans)
    before = "\n" + " " * column(text, spans[0][0]) if own_lines else " "
    if index < len(spans):
        at = spans[index][0]
        yield [(at, at, f"{item},{before}")]
        return
    end = spans[-1][1]
    behind = skip_space(text, end)
    if text[behind : behind + 1] == ",":
        line_end = end_of_line(text, behind) if own_lines else behind + 1
        yield [(line_end, line_end, f"{before}{item},")]
        yield [(behind + 1, behind + 1, f"{before}{item},")]
    elif own_lines:
        line_end = end_of_line(text, end)
        yield [(end, end, ","), (line_end, line_end, f"{before}{item}")]
    yield [(end, end, f",{before}{item}")]


def _remove(page: Page, parent: Node, node: Node) -> Iterator[Splices]:
    members = parent.items or [entry.value for entry in parent.entries]
    index = members.index(node)
    if parent.flow:
        yield from _out_of_flow(page.text, parent, _spans(parent), index)
    elif len(members) == 1:
        yield from _set(page, parent, [] if parent.kind == "sequence" else {})
    else:
        yield from _out_of_block(page.text, parent, *_span(parent, index))


def without_merges(text: str, node: Node) -> Iterator[Splices]:
    """Takes the `<<` out of a mapping."""
    for index, entry in enumerate(node.entries):
        if entry.merge and node.flow:
            yield from _out_of_flow(text, node, _spans(node), index)
        elif entry.merge:
            yield from _out_of_block(text, node, *_span(node, index))


def _out_of_block(text: str, parent: Node, start: int, end: int) -> Iterator[Splices]:
    end = _behind(text, parent, end)
    line = start_of_line(text, start)
    if text[line:start].strip():
        # It begins behind a dash: what follows takes its place there.
        found = re.compile(r"\s*").match(text, end)
        yield [(start, found.end() if found else end, "")]
        return
    blank = _BLANK_LINES.match(text, end + 1)
    if blank and (line == 0 or text[:line].endswith("\n\n")):
        yield [(line, blank.end(), "")]
    yield [(line, min(end + 1, len(text)), "")]
    if blank:
        yield [(line, blank.end(), "")]
    yield [(max(line - 1, 0), end, "")]


def _out_of_flow(text: str, parent: Node, spans: list[tuple[int, int]], index: int) -> Iterator[Splices]:
    start, end = spans[index]
    line = start_of_line(text, start)
    comma = skip_space(text, end)
    has_comma = text[comma : comma + 1] == ","
    behind = comma + 1 if has_comma else end
    rest = text[behind : end_of_line(text, behind)]
    if not text[line:start].strip() and (not rest.strip() or rest.lstrip().startswith("#")) and line > parent.body:
        yield [(line, min(end_of_line(text, behind) + 1, len(text)), "")]
    if len(spans) == 1:
        yield [(parent.body + 1, parent.end - 1, "")]
    elif index + 1 < len(spans):
        yield [(start, spans[index + 1][0], "")]
    else:
        yield [(spans[index - 1][1], end, "")]


def anchor_moved(page: Page, node: Node, alias: Node, value: Any) -> Iterator[Splices]:
    """Gives the anchor of a value, with a copy of it, to the first of its aliases."""
    text = page.text
    mark = f"&{node.anchor}"
    at = text.index(mark, node.start, node.body)
    behind = at + len(mark)
    if text[behind : behind + 1] == " ":
        behind += 1
    elif text[at - 1] == " ":
        at -= 1
    for way in ways_in_place(page, alias, value):
        new = Written(f"{mark} {way.head}".rstrip(), way.tail)
        yield [(at, behind, ""), *_replaced(text, alias, new)]


def _spans(node: Node) -> list[tuple[int, int]]:
    return [_span(node, index) for index in range(len(node.items or node.entries))]


def _span(node: Node, index: int) -> tuple[int, int]:
    """Where an item or entry begins, with its dash or key, and where it ends."""
    if node.kind == "sequence":
        item = node.items[index]
        return (item.start if node.flow else item.dash), _last(item)
    entry = node.entries[index]
    return entry.start, max(entry.key.end, _last(entry.value))


def _last(node: Node) -> int:
    """Behind the last character of a value, or of the colon or dash before it if there is none."""
    return max(node.end, node.indicator)


def _behind(text: str, node: Node, at: int) -> int:
    """The end of the line of `at`, and of comments below it that stand deeper than `node` and so belong to it."""
    end = reached = end_of_line(text, at)
    while reached < len(text):
        line_end = end_of_line(text, reached + 1)
        line = text[reached + 1 : line_end]
        inner = line.lstrip(" ")
        if inner and not (inner.startswith("#") and len(line) - len(inner) > node.column):
            break
        reached = line_end
        if inner:
            end = reached
    return end


def _blank_lines_behind(text: str, at: int) -> int:
    found = _BLANK_LINES.match(text, at + 1)
    return found.end() - 1 if found else at
