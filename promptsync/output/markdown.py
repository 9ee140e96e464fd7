"""A plan as GitHub's Markdown, for a comment or the summary of a job.

What a prompt says stands in fenced code alone, and a name in `<code>` in a block of HTML: there neither Markdown nor
what GitHub adds to it (mentions, references to issues, links) looks for anything. What does not fit the limit is left
out by whole prompts, counted, and to be seen at the link.
"""

from __future__ import annotations

import re
import sys
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
    top = [*top_lines(head.sum, head.facts)]
    top += [part for line in head.warnings for part in (f"> [!WARNING]\n> {line}", "")]
    parts = (_change(change) for change in plan.changes)
    return fitted("\n".join(top), list(parts), layout).rstrip("\n")


def top_lines(title: str, facts: Iterable[str]) -> Iterator[str]:
    """A heading, and below it what is to be known of it. The title is ours: it is not escaped."""
    yield from (f"### {title}", "", f"<p><sub>{'<br>'.join(map(code, facts))}</sub></p>", "")


def folded(action: str, sign: str, key: str, ident: str | None, lines: Sequence[str]) -> str:
    """One prompt, with lines of a diff that can be folded away."""
    id = f" {code(ident)}" if ident else ""
    return folding(f"{escape(sign)} {action} <b>{code(key)}</b>{id}", lines)


def fenced(lines: Iterable[str], language: str = "") -> str:
    """Lines as code, between fences that none of them can end."""
    text = "\n".join(lines)
    fence = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def fenced_within(lines: Sequence[str], limit: int | None, language: str = "") -> str:
    """As many of the lines as fit into so many characters, None for any number, and how many more there are."""
    kept, room = list(lines), limit - _KEPT if limit is not None else sys.maxsize
    while kept and len(fenced(kept, language)) > room:
        kept = kept[: min(len(kept) - 1, len(kept) * room // len(fenced(kept, language)))]
    left = len(lines) - len(kept)
    return fenced([*kept, f"# and {counted(left, 'more line')}"] if left else kept, language)


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
    lines = list(told_lines(details(change)))
    return folded(change.action, LOOKS[change.action].sign, change.key, change.id, lines)


def code(text: str) -> str:
    """A name or a fact, for a block of HTML."""
    return f"<code>{escape(terminal(text))}</code>"


def told_lines(told: Details) -> Iterator[str]:
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
            yield from field_lines(item)
    yield from (f"! warning: {terminal(warning)}" for warning in told.warnings)


def field_lines(item: FieldDiff) -> Iterator[str]:
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
