"""A plan as GitHub's Markdown, for a comment or the summary of a job.

What a prompt says stands in fenced code alone, and a name in `<code>` in a block of HTML: there neither Markdown nor
what GitHub adds to it (mentions, references to issues, links) looks for anything. What does not fit the limit is left
out by whole prompts, counted, and to be seen at the link.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from promptsync.output.details import details
from promptsync.output.escape import terminal
from promptsync.output.fields import field_rows
from promptsync.output.heading import heading
from promptsync.output.layout import Layout
from promptsync.output.style import LOOKS, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptsync.model.compare import FieldDiff
    from promptsync.output.details import Details
    from promptsync.output.shown import ShownPlan
    from promptsync.plan.changes import Change

_INNER = Layout(width=100, whole=True)
"""How the fields of a prompt are laid out, within its fence."""

_LEADS = {"conflict": "conflict: ", "help": "help: ", "loud": "! "}
_TICKS = re.compile(r"`+")
_KEPT = 400
"""Characters that are kept free for what is said of the prompts that do not fit."""


def render_markdown(plan: ShownPlan, layout: Layout) -> str:
    """The plan within the layout's limit, without a final newline."""
    head = heading(plan, layout)
    top = [f"### {head.sum}", "", f"<p><sub>{'<br>'.join(map(code, head.facts))}</sub></p>", ""]
    top += [part for line in head.warnings for part in (f"> [!WARNING]\n> {line}", "")]
    parts = (_change(change) for change in plan.changes)
    return fitted("\n".join(top), list(parts), layout).rstrip("\n")


def fenced(lines: Iterable[str], language: str = "") -> str:
    """Lines as code, between fences that none of them can end."""
    text = "\n".join(lines)
    fence = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def folding(title: str, lines: Sequence[str]) -> str:
    """A part that folds: a title in HTML, and below it lines as a diff."""
    # Blank lines on either side: without them GitHub takes what follows for more HTML.
    body = f"\n{fenced(lines, 'diff')}\n" if lines else ""
    return f"<details open><summary>{title}</summary>\n{body}</details>\n"


def fitted(top: str, parts: Sequence[str], layout: Layout) -> str:
    """As many prompts as fit, in order, and what is said of the others."""
    room = layout.limit - len(top) - _KEPT if layout.limit is not None else None
    kept: list[str] = []
    for part in parts:
        if room is not None:
            if len(part) + 1 > room:
                continue
            room -= len(part) + 1
        kept.append(part)
    left = len(parts) - len(kept)
    if left:
        where = f" They are all in [the report]({layout.link})." if layout.link else ""
        told = f"**{counted(left, 'prompt')} of {len(parts)} did not fit here and must be looked at elsewhere.**{where}"
        kept.insert(0, f"> [!IMPORTANT]\n> {told}\n")
    return "\n".join([top, *kept])


def _change(change: Change) -> str:
    look, told = LOOKS[change.action], details(change)
    ident = f" {code(change.id)}" if change.id else ""
    title = f"{escape(look.sign)} {change.action} <b>{code(change.key)}</b>{ident}"
    return folding(title, list(_lines(told)))


def code(text: str) -> str:
    """A name or a fact, for a block of HTML."""
    return f"<code>{escape(terminal(text))}</code>"


def _lines(told: Details) -> Iterator[str]:
    """A diff, in which what is no line of a text begins with `#`, `@@` or `!`, as highlighters know it."""
    for remark in told.remarks:
        lead = _LEADS.get(remark.kind, "")
        yield ("" if lead.startswith("!") else "# ") + lead + terminal(remark.text)
    if not told.groups:
        yield from (f"# {name}: {terminal(value)}" for name, value in told.facts)
    for group in told.groups:
        if group.title:
            yield f"# {terminal(group.title)}"
        for item in group.fields:
            yield from diff_rows(item)
    yield from (f"! warning: {terminal(warning)}" for warning in told.warnings)


def diff_rows(item: FieldDiff) -> Iterator[str]:
    """The lines of a diff that tell one field. `item` is masked already."""
    field = field_rows(item, _INNER, 0)
    if field.line is not None and field.sign != "~":
        yield f"{field.head} {field.line}"
    elif field.line is not None:
        yield f"! {field.head.removeprefix('~ ')} {field.line}"
    else:
        yield f"@@ {field.head.removeprefix('~ ')} @@"
    for row in field.rows:
        yield f"{row.sign} {row.text}".rstrip() if row.sign in ("+", "-", " ", "!") else f"# {row.text}"
