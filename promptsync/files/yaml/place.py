"""Where in the text of a YAML file an edit belongs: which characters to replace by which.

Each function gives ways to do it, the best first; which of them really says what was meant is tried by `edit`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

from promptsync.files.yaml.fold import refit, refold
from promptsync.files.yaml.inplace import (
    Habits,
    Written,
    block_lines,
    double,
    fits_block,
    flow,
    is_plain,
    key,
    literal,
    one_line,
    single,
    written,
)
from promptsync.files.yaml.tree import (
    Entry,
    Node,
    chomping,
    column,
    end_of_line,
    header_end,
    indicator,
    skip_space,
    start_of_line,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.files.yaml.edits import Edit, Path

Splices: TypeAlias = list[tuple[int, int, str]]
"""What to replace, from and to, and by what; the places do not overlap."""

_TOP = ("display_name", "description", "metadata")
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")


def splices(text: str, root: Node, edit: Edit) -> Iterator[Splices]:
    """Ways to make an edit whose place is written out in the file itself."""
    nodes = chain(root, edit.path)
    habits = habits_of(text, root)
    if edit.op == "insert":
        yield from _insert(text, root, find(root, edit.path[:-1]), int(edit.path[-1]), edit.value, habits)
    elif len(nodes) <= len(edit.path):
        if len(nodes) == len(edit.path) and edit.op == "set" and nodes[-1].kind == "mapping":
            yield from _add_key(text, root, nodes[-1], str(edit.path[-1]), edit.value, habits)
    elif edit.op == "set":
        yield from _set(text, nodes[-1], edit.value, habits)
    elif len(nodes) > 1:
        yield from _remove(text, nodes[-2], nodes[-1], habits)


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


def habits_of(text: str, root: Node) -> Habits:
    """How the file is laid out: what most of it does."""
    steps: list[int] = []
    indented: list[bool] = []
    for node in walk(root):
        for entry in node.entries:
            inner = entry.value
            if node.flow or not inner.is_block_collection or inner.body < end_of_line(text, entry.key.end):
                continue
            depth = inner.column - node.column
            if inner.kind == "sequence":
                indented.append(depth > 0)
            if depth > 0:
                steps.append(depth)
    step = max(dict.fromkeys(steps), key=steps.count, default=2)
    return Habits(min(step, 9), indented.count(True) >= indented.count(False))


def _set(text: str, node: Node, value: Any, habits: Habits) -> Iterator[Splices]:
    if node.parent is None:
        return
    ways = list(_ways(text, node, value, habits))
    for way in ways:
        yield from _ends(text, _replaced(text, node, way))
    if node.body > node.start:
        # An anchor that no one uses, or a tag that makes text of what follows.
        for way in ways:
            yield from _ends(text, [(node.start, node.body, ""), *_replaced(text, node, way)])


def _ends(text: str, found: Splices) -> Iterator[Splices]:
    """The same, and with a final newline where the file has none, which a block at its end may need."""
    yield found
    last = max(found)
    if last[1] == len(text) and "\n" in last[2]:
        yield [*found[: found.index(last)], (last[0], last[1], last[2] + "\n"), *found[found.index(last) + 1 :]]


def _ways(text: str, node: Node, value: Any, habits: Habits) -> Iterator[Written]:
    if _in_flow(node):
        quote = node.style if isinstance(value, str) else ""
        if quote or (isinstance(value, str) and is_plain(value, in_flow=True)):
            yield Written(one_line(value, quote, in_flow=True))
        yield Written(flow(value))
        return
    outer, dash = _outer(node)
    if isinstance(value, str) and node.kind == "scalar":
        yield from _same_style(text, node, value, outer, habits)
    if isinstance(value, str) and fits_block(value) and "\n" in value and _may_be_block(node):
        yield literal(value, outer, habits.step)
    if isinstance(value, dict | list) and value:
        yield from written(value, outer, _habits_here(node, habits), dash=dash)
    yield Written(double(value) if isinstance(value, str) else single(value))


def _may_be_block(node: Node) -> bool:
    """A text that said its line ends as `\\n` goes on to do so."""
    return node.style not in ("'", '"') or "\n" not in node.value


def _same_style(text: str, node: Node, value: str, outer: int, habits: Habits) -> Iterator[Written]:
    if node.is_block_scalar:
        if fits_block(value):
            yield from _same_block(text, node, value, outer)
            yield literal(value, outer, _block_step(text, node, outer) or habits.step)
        return
    source = text[node.body : node.end]
    if "\n" in source and "\n" not in value:
        yield from _same_lines(source, node.style, value)
    if "\n" not in value or node.style == '"':
        if node.style or is_plain(value):
            yield Written(one_line(value, node.style))
        elif "\n" not in value:
            # More than `is_plain` lets through: the file shows that its author does not mind.
            if node.value and value.strip() == value and fits_block(value):
                yield Written(value)
            yield Written(one_line(value, '"'))


def _same_lines(source: str, quote: str, value: str) -> Iterator[Written]:
    """A scalar that was folded over several lines stays so, as far as its lines still say the same."""
    lines = [line.strip(" ") for line in source[len(quote) : len(source) - len(quote)].split("\n")]
    if not all(lines):
        return
    inner = one_line(value, quote) if quote else value
    fitted = refit(lines, inner[len(quote) : len(inner) - len(quote)])
    second = source.split("\n")[1]
    margin = " " * (len(second) - len(second.lstrip(" ")))
    yield Written(f"{quote}{fitted[0]}" + "".join(f"\n{margin}{line}" for line in fitted[1:]) + quote)


def _same_block(text: str, node: Node, value: str, outer: int) -> Iterator[Written]:
    """A block stays of its kind, with its indentation; its header stays if the end of the text does."""
    step = _block_step(text, node, outer)
    ends = len(value) - len(value.rstrip("\n"))
    asked = "-" if not ends else "" if ends == 1 else "+"
    told = chomping(text, node)
    if not step:
        return
    folds = text[node.body] == ">"
    lines = refold(_content(text, node, outer + step), value) if folds else None
    if folds and lines is None:
        return
    for chomp in (told, asked) if told == "+" and ends else (asked,):
        if lines is None:
            yield literal(value, outer, step, indicator=bool(indicator(text, node)), chomp=chomp)
        else:
            told_lines = "\n".join([*lines, *[""] * (ends - 1)]) + ("\n" if ends else "")
            digit = indicator(text, node)
            yield Written(f">{digit}{chomp}", block_lines(told_lines, outer + step))


def _block_step(text: str, node: Node, outer: int) -> int:
    """By how much the lines of a block scalar stand in."""
    told = indicator(text, node)
    if told:
        return int(told)
    lines = text[end_of_line(text, node.body) + 1 : node.end].split("\n")
    depths = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")]
    return max(depths[0] - outer, 0) if depths else 0


def _content(text: str, node: Node, indent: int) -> list[str]:
    lines = text[end_of_line(text, node.body) + 1 : node.end].split("\n")
    while lines and not lines[-1]:
        lines.pop()
    return [line[indent:] for line in lines]


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


def _add_key(text: str, root: Node, node: Node, name: str, value: Any, habits: Habits) -> Iterator[Splices]:
    if node.flow:
        if not node.entries and node.parent is not None and not _in_flow(node):
            yield from _set(text, node, {name: value}, habits)
        said = f"{key(name, in_flow=True)}: {flow(value)}"
        yield from _into_flow(text, node, [_span(entry) for entry in node.entries], len(node.entries), said)
        return
    places = _places(node, name)
    for way, place in product(written(value, node.column, habits), places):
        lines = _with_head(f"{key(name)}:", way)
        if place == 0:
            at = node.entries[0].start
            yield [(at, at, lines + "\n" + " " * node.column)]
        else:
            at = _behind(text, node, _last(node.entries[place - 1].value))
            yield from _new_lines(text, root, at, "\n" + " " * node.column + lines)


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


def _new_lines(text: str, root: Node, at: int, lines: str) -> Iterator[Splices]:
    """Whole lines behind the line that ends at `at`."""
    yield [(at, at, lines)]
    if at < len(text):
        return
    yield [(at, at, lines + "\n")]
    # A block at the end of a file without a final newline loses its own with that; now it would get one.
    last = list(walk(root))[-1]
    if last.is_block_scalar:
        said = text[last.body : header_end(text, last)]
        header = (last.body, header_end(text, last), said.rstrip("+") + "-")
        yield [header, (at, at, lines)]
        yield [header, (at, at, lines + "\n")]


def _insert(text: str, root: Node, node: Node, index: int, value: Any, habits: Habits) -> Iterator[Splices]:
    if node.kind != "sequence":
        return
    if node.flow:
        if not node.items and node.parent is not None and not _in_flow(node):
            yield from _set(text, node, [value], habits)
        yield from _into_flow(text, node, [(item.start, item.end) for item in node.items], index, flow(value))
        return
    first = node.items[0]
    habits = _habits_here(node, habits)
    for way in written(value, node.column, habits, dash=True):
        line = _item(way, node.column, habits)
        if index == 0:
            yield [(first.dash, first.dash, line + "\n" + " " * node.column)]
            continue
        at = _behind(text, node, _last(node.items[index - 1]))
        apart = "\n" if _are_apart(text, node) else ""
        for gap in dict.fromkeys((apart, "")):
            yield from _new_lines(text, root, at, f"\n{gap}{' ' * node.column}{line}")


def _item(way: Written, outer: int, habits: Habits) -> str:
    if way.here and not way.head:
        return "-".ljust(habits.dash_width) + way.tail[1 + outer + habits.dash_width :]
    return _with_head("-", way)


def _habits_here(node: Node, habits: Habits) -> Habits:
    """With the distance between dash and content that the list itself has."""
    around = node if node.kind == "sequence" else node.parent
    if around is None or around.kind != "sequence" or around.flow:
        return habits
    widths = [item.column - around.column for item in around.items if item.is_block_collection]
    width = widths[0] if widths and all(0 < width < 10 for width in widths) else 2
    return replace(habits, dash_width=width)


def _are_apart(text: str, node: Node) -> bool:
    """Whether empty lines stand between the items of a list."""
    pairs = list(zip(node.items, node.items[1:], strict=False))
    return bool(pairs) and all("\n\n" in text[_last(one) : other.dash] for one, other in pairs)


def _into_flow(text: str, node: Node, spans: list[tuple[int, int]], index: int, said: str) -> Iterator[Splices]:
    """Into braces or brackets; on a line of its own where the others are."""
    if not spans:
        yield [(node.body + 1, node.body + 1, said)]
        return
    own_lines = all(not text[start_of_line(text, start) : start].strip() for start, _ in spans)
    before = "\n" + " " * column(text, spans[0][0]) if own_lines else " "
    if index < len(spans):
        at = spans[index][0]
        yield [(at, at, f"{said},{before}")]
        return
    end = spans[-1][1]
    behind = skip_space(text, end)
    if text[behind : behind + 1] == ",":
        line_end = end_of_line(text, behind) if own_lines else behind + 1
        yield [(line_end, line_end, f"{before}{said},")]
        yield [(behind + 1, behind + 1, f"{before}{said},")]
    elif own_lines:
        line_end = end_of_line(text, end)
        yield [(end, end, ","), (line_end, line_end, f"{before}{said}")]
    yield [(end, end, f",{before}{said}")]


def _remove(text: str, parent: Node, node: Node, habits: Habits) -> Iterator[Splices]:
    if parent.kind == "sequence":
        index = parent.items.index(node)
        spans = [(item.start if parent.flow else item.dash, _last(item)) for item in parent.items]
    else:
        index = next(i for i, entry in enumerate(parent.entries) if entry.value is node)
        spans = [_span(entry) for entry in parent.entries]
    if parent.flow:
        yield from _out_of_flow(text, parent, spans, index)
    elif len(spans) == 1:
        yield from _set(text, parent, [] if parent.kind == "sequence" else {}, habits)
    else:
        yield from _out_of_block(text, parent, *spans[index])


def without_merges(text: str, node: Node) -> Iterator[Splices]:
    """Takes the `<<` out of a mapping."""
    for entry in node.entries:
        if entry.merge:
            if node.flow:
                index = node.entries.index(entry)
                yield from _out_of_flow(text, node, [_span(other) for other in node.entries], index)
            else:
                yield from _out_of_block(text, node, *_span(entry))


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


def anchor_moved(text: str, root: Node, node: Node, alias: Node, value: Any) -> Iterator[Splices]:
    """Gives the anchor of a value, with a copy of it, to the first of its aliases."""
    mark = f"&{node.anchor}"
    at = text.index(mark, node.start, node.body)
    behind = at + len(mark)
    if text[behind : behind + 1] == " ":
        behind += 1
    elif text[at - 1] == " ":
        at -= 1
    habits = habits_of(text, root)
    ways: Iterator[Written]
    if _in_flow(alias):
        ways = iter([Written(flow(value))])
    else:
        outer, dash = _outer(alias)
        ways = iter([Written(double(value))]) if value == "" else written(value, outer, habits, dash=dash)
    for way in ways:
        new = Written(f"{mark} {way.head}".rstrip(), way.tail)
        yield [(at, behind, ""), *_replaced(text, alias, new)]


def _in_flow(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.flow


def _outer(node: Node) -> tuple[int, bool]:
    """The column of the key or dash before a value, and whether it is a dash."""
    parent = node.parent
    return (parent.column, parent.kind == "sequence") if parent else (0, False)


def _span(entry: Entry) -> tuple[int, int]:
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
