"""A plan as one page for a browser: all of it, to be searched, filtered and folded, without network.

What a prompt says stands in the page as text alone. The page's own policy lets nothing run but its script, told by its
hash, and lets nothing be loaded, so that a mistake of ours in escaping would show a text oddly and do no more.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from promptsync.output.details import details
from promptsync.output.escape import terminal
from promptsync.output.fields import field_rows
from promptsync.output.heading import heading
from promptsync.output.marks import blocks
from promptsync.output.style import LOOKS, counted
from promptsync.plan.changes import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptsync.output.details import Details, Group
    from promptsync.output.layout import Layout
    from promptsync.output.marks import Block, Line
    from promptsync.output.shown import ShownPlan
    from promptsync.plan.changes import Change

_WIDTH = 60
"""Columns in which a difference may stand in one line beside the field's name."""

_FOLDED = 8
"""Lines in a row that are the same on both sides and are folded away, with `_AROUND` of them left on either side."""
_AROUND = 3

_CLASSES = {"+": "came", "-": "gone", " ": "same", "@": "other at", "!": "other told", "": "other soft"}
_TONES = {"plain": "", "aside": "soft", "loud": "bad", "conflict": "bad", "help": "soft", "since": "soft"}
_LEADS = {"conflict": "conflict: ", "help": "help: "}


def render_html(plan: ShownPlan, layout: Layout) -> str:
    """The page, without a final newline."""
    style, script = _part("page.css"), _part("page.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    head = heading(plan, layout)
    title = escape(f"promptsync: {head.sum}")
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>",
            f"<header>\n<h1>{_text(head.sum)}</h1>",
            *(f'<p class="soft">{_text(line)}</p>' for line in head.facts),
            *(f'<p class="warn">{_text(line)}</p>' for line in head.warnings),
            "</header>",
            _tools(plan),
            "<main>",
            *(_change(change, layout) for change in plan.changes),
            f"</main>\n<script>{script}</script>\n</body>\n</html>",
        ]
    )


def _tools(plan: ShownPlan) -> str:
    """The search, and a button for each kind of change that there is."""
    counts = [(action, plan.summary[action]) for action in ACTIONS if plan.summary[action]]
    buttons = [
        f'<button type="button" data-action="{action}" aria-pressed="false">{LOOKS[action].summed(number)}</button>'
        for action, number in counts
    ]
    return "\n".join(
        [
            '<nav class="tools">',
            '<input type="search" id="search" placeholder="Search keys and texts ( / )" aria-label="Search">',
            *buttons,
            '<button type="button" id="all">Open or close all</button>',
            '<button type="button" id="side" aria-pressed="false" title="s">Side by side</button>',
            '<span id="shown" class="soft" role="status"></span>\n</nav>',
        ]
    )


def _change(change: Change, layout: Layout) -> str:
    look, told = LOOKS[change.action], details(change)
    return "\n".join(
        [
            f'<details class="prompt" data-action="{change.action}" open>',
            f'<summary><span class="action">{_text(f"{look.sign} {change.action}")}</span>'
            f'<span class="key">{_text(change.key)}</span><code class="soft">{_text(change.id or "")}</code></summary>',
            '<div class="inner">',
            *_remarks(told),
            *(_fact(name, value) for name, value in (told.facts if not told.groups else ())),
            *(part for group in told.groups for part in _group(group, layout)),
            *(f'<p class="warn">{_text(f"warning: {warning}")}</p>' for warning in told.warnings),
            "</div>\n</details>",
        ]
    )


def _remarks(told: Details) -> Iterator[str]:
    for remark in told.remarks:
        yield f'<p class="{_TONES[remark.kind]}">{_text(_LEADS.get(remark.kind, "") + remark.text)}</p>'


def _fact(name: str, value: str) -> str:
    return f'<p><span class="soft">{_text(name)}:</span> {_text(value)}</p>'


def _group(group: Group, layout: Layout) -> Iterator[str]:
    if group.title:
        yield f"<h2>{_text(group.title)}</h2>"
    inner = type(layout)(width=_WIDTH, whole=True, uncut=True)
    for item in group.fields:
        field = field_rows(item, inner, 0)
        # Names and values are escaped for a terminal already, where they are shown as visible escapes.
        value = f" {escape(field.line)}" if field.line is not None else ""
        yield f'<p class="value"><b>{escape(field.head)}</b>{value}</p>'
        if field.rows:
            yield f'<div class="diff">{"".join(_blocks(blocks(field.rows)))}</div>'


def _blocks(found: Iterable[Block]) -> Iterator[str]:
    for is_same, some in groupby(found, key=lambda block: not block.is_change and block.lines[0].sign == " "):
        if is_same:
            yield from _folded([_line(block.lines[0]) for block in some])
            continue
        for block in some:
            inner = "".join(map(_line, block.lines))
            yield f'<div class="pair">{inner}</div>' if block.is_change else inner


def _folded(lines: Sequence[str]) -> Iterator[str]:
    """Lines that are the same on both sides: many in a row fold away, and can be opened."""
    if len(lines) <= _FOLDED:
        yield f"<div>{''.join(lines)}</div>"
        return
    inner = lines[_AROUND:-_AROUND]
    yield f"<div>{''.join(lines[:_AROUND])}</div>"
    yield f'<details class="fold"><summary>{counted(len(inner), "unchanged line")}</summary>'
    yield f"<div>{''.join(inner)}</div></details>"
    yield f"<div>{''.join(lines[-_AROUND:])}</div>"


def _line(line: Line) -> str:
    pieces = [f"<mark>{escape(text)}</mark>" if is_marked else escape(text) for text, is_marked in line.pieces]
    return f'<div class="{_CLASSES[line.sign]}">{"".join(pieces)}</div>'


def _text(text: str) -> str:
    """Text for a page, with what cannot be seen made visible."""
    return escape(terminal(text))


@cache
def _part(name: str) -> str:
    from importlib.resources import files  # The other formats need not wait for it.

    return (files("promptsync.output") / name).read_text(encoding="utf-8").strip()


def _hash(part: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(part.encode()).digest()).decode()}"
