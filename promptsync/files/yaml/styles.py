"""How a file is laid out, and how a value is written in place of another: in its quotes, its kind of block, its lines.

Each function gives ways to do it, the best first; what no way of the old value fits is written as `writer` does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from promptsync.files.yaml.fold import refit, refold
from promptsync.files.yaml.reader import read
from promptsync.files.yaml.scalars import resolve
from promptsync.files.yaml.spelling import (
    block_of,
    folded_pieces,
    quoted_pieces,
    respelt,
    spell_double,
    spell_plain,
    spell_single,
)
from promptsync.files.yaml.tree import (
    Node,
    chomping,
    column,
    content_indent,
    end_of_line,
    indicator,
    walk,
)
from promptsync.files.yaml.writer import (
    WIDTH,
    Habits,
    Written,
    block_lines,
    chomp_for,
    fits_block,
    flow,
    is_plain,
    literal,
    one_line,
    quoted_lines,
    ways,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Page:
    """A text, its tree, and how most of it is laid out."""

    text: str
    root: Node
    habits: Habits


def page_of(text: str, root: Node) -> Page:
    """`text` with its tree and habits."""
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
    return Page(text, root, Habits(min(step, 9), indented.count(True) >= indented.count(False)))


def habits_at(page: Page, node: Node) -> Habits:
    """With the distance between dash and content that the list itself has."""
    around = node if node.kind == "sequence" else node.parent
    if around is None or around.kind != "sequence" or around.flow:
        return page.habits
    widths = [item.column - around.column for item in around.items if item.is_block_collection]
    width = widths[0] if widths and all(0 < width < 10 for width in widths) else 2
    return replace(page.habits, dash_width=width)


def ways_in_place(page: Page, node: Node, value: Any) -> Iterator[Written]:
    """Ways to write `value` where `node` stands."""
    if in_flow(node):
        yield from _ways_in_flow(page.text, node, value)
        return
    if isinstance(value, str) and node.kind == "scalar":
        if node.is_block_scalar:
            yield from _same_block(page, node, value)
        else:
            yield from _same_line(page.text, node, value)
    outer, dash = outer_column(node)
    used = column(page.text, node.indicator)
    yield from ways(value, outer, habits_at(page, node), used, dash=dash)


def _ways_in_flow(text: str, node: Node, value: Any) -> Iterator[Written]:
    if isinstance(value, str) and node.kind == "scalar":
        source = text[node.body : node.end]
        if "\n" in source:
            yield from _same_lines(source, node, value, in_flow=True)
        if "\n" in source and "\n" in value:
            yield Written(quoted_lines(value, _margin(source)))
        if node.style or is_plain(value, in_flow=True):
            yield Written(one_line(value, node.style, in_flow=True))
    yield Written(flow(value))


def _same_line(text: str, node: Node, value: str) -> Iterator[Written]:
    """A text of one line keeps its quotes, and one that stands on several lines those that still say the same."""
    source = text[node.body : node.end]
    if "\n" in source:
        yield from _same_lines(source, node, value)
        if column(text, node.indicator) + len(value) > WIDTH:
            return
    if "\n" in value:
        return
    if node.style:
        yield Written(one_line(value, node.style))
    elif _is_text(node) and fits_block(value) and _says(value, value):
        # More than `is_plain` lets through: the file shows that its author does not mind.
        yield Written(value)


def _same_lines(source: str, node: Node, value: str, *, in_flow: bool = False) -> Iterator[Written]:
    """A scalar on several lines stays so: all else in it as it is, or folded anew where a line would get too long."""
    kept = [way for way in _respelt(source, node, value) if _says(way, value, in_flow=in_flow)]
    fits = bool(kept) and _longest(kept[0]) <= max(_longest(source), WIDTH)
    if fits:
        yield Written(kept[0])
    yield from (Written(way) for way in _refitted(source, node, value) if _says(way, value, in_flow=in_flow))
    if kept and not fits:
        yield Written(kept[0])


def _respelt(source: str, node: Node, value: str) -> Iterator[str]:
    quote = node.style
    spell = {'"': spell_double(" " * _margin(source)), "'": spell_single, "": spell_plain}[quote]
    pieces = quoted_pieces(source[len(quote) : len(source) - len(quote)], quote)
    spelt = respelt(pieces, node.value, value, spell)
    if spelt is not None and "\n" in spelt and (quote or fits_block(value)):
        yield f"{quote}{spelt}{quote}"


def _refitted(source: str, node: Node, value: str) -> Iterator[str]:
    quote = node.style
    lines = [line.strip(" ") for line in source[len(quote) : len(source) - len(quote)].split("\n")]
    if "\n" in value or not all(lines) or not (quote or fits_block(value)):
        return
    inner = one_line(value, quote) if quote else value
    fitted = refit(lines, inner[len(quote) : len(inner) - len(quote)])
    margin = " " * _margin(source)
    written = quote + f"\n{margin}".join(fitted) + quote
    if len(fitted) > 1 or len(written) <= WIDTH:
        yield written


def _longest(text: str) -> int:
    """Columns of its longest line."""
    return max(map(len, text.split("\n")))


def _is_text(node: Node) -> bool:
    """Whether a scalar without quotes is text."""
    return bool(node.value) and isinstance(resolve(node.value), str)


def _says(written: str, value: str, *, in_flow: bool = False) -> bool:
    """Whether a text without a block, as it is written, is read as `value`."""
    document = read(f"k: [{written}]\n" if in_flow else f"k: {written}\n")
    return not document.complaints and document.data == {"k": [value] if in_flow else value}


def _margin(source: str) -> int:
    """How far the lines of a scalar behind its first stand in."""
    margins = (len(line) - len(line.lstrip(" ")) for line in source.split("\n")[1:] if line.strip(" "))
    return next(margins, 0)


def _same_block(page: Page, node: Node, value: str) -> Iterator[Written]:
    """A block stays of its kind, with its indentation; its header stays if the end of the text does."""
    if not fits_block(value, node.value):
        return
    text = page.text
    outer, _ = outer_column(node)
    digit = indicator(text, node)
    content = _content(text, node)
    step = int(digit) if digit else max(content_indent(content) - outer, 0)
    if step and text[node.body] == ">":
        for tail in _folded(content, node.value, value, outer + step):
            for chomp in _chomps(text, node, value):
                yield Written(f">{digit}{chomp}", tail)
    elif step:
        tail = block_of(_content(text, node, with_ends=True), node.value, value, " " * (outer + step))
        for chomp in _chomps(text, node, value):
            yield replace(literal(value, outer, step, indicator=bool(digit), chomp=chomp), tail=tail)
    yield literal(value, outer, step or page.habits.step)


def _folded(content: list[str], old: str, value: str, margin: int) -> Iterator[str]:
    """The lines of a folded block for `value`: those that stand there with what changes in them, or folded anew."""
    body = value.rstrip("\n")
    ends = len(value) - len(body)
    kept = respelt(folded_pieces(content, margin), old.rstrip("\n"), body, spell_plain) if body else None
    fits = kept is not None and _longest(kept) <= max(WIDTH, *map(len, content))
    last = "\n" * (ends - 1)
    if kept is not None and fits:
        yield kept + last
    refolded = refold([line[margin:] for line in content], value)
    if refolded:
        yield block_lines("\n".join(refolded), margin) + last
    if kept is not None and not fits:
        yield kept + last


def _chomps(text: str, node: Node, value: str) -> list[str]:
    """What the header may say of the end of `value`: that it keeps all line ends stays if there are any."""
    asked = chomp_for(value)
    return ["+", asked] if chomping(text, node) == "+" and value.endswith("\n") else [asked]


def _content(text: str, node: Node, *, with_ends: bool = False) -> list[str]:
    """The lines of a block scalar as they stand there, by default without the empty ones at its end."""
    lines = text[end_of_line(text, node.body) + 1 : node.end].split("\n")
    while lines and not lines[-1] and not with_ends:
        lines.pop()
    return lines


def in_flow(node: Node) -> bool:
    """Whether a value stands in braces or brackets."""
    parent = node.parent
    return parent is not None and parent.flow


def outer_column(node: Node) -> tuple[int, bool]:
    """The column of the key or dash before a value, and whether it is a dash."""
    parent = node.parent
    return (parent.column, parent.kind == "sequence") if parent else (0, False)
