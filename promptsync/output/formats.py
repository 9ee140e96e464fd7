"""The formats of a plan. A new one is a function in a module of its own, and a row here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from promptsync.output.github import render_github
from promptsync.output.html import render_html
from promptsync.output.layout import Layout
from promptsync.output.markdown import render_markdown
from promptsync.output.plan_json import render_json
from promptsync.output.shown import ShownPlan, shown
from promptsync.output.text import render_plan

if TYPE_CHECKING:
    from promptsync.plan.changes import Plan

Renderer: TypeAlias = Callable[[ShownPlan, Layout], str]
"""Gives text without a final newline. It has to make harmless, for what shows its format, whatever a prompt says."""

FORMATS: dict[str, Renderer] = {
    "text": render_plan,
    "json": render_json,
    "markdown": render_markdown,
    "html": render_html,
    "github": render_github,
}

FOR_RUNNERS = frozenset({"github"})
"""The formats that are made of commands to a CI runner, which everything else that is shown must never be."""

DEFAULT = "text"
"""The format for people at a terminal."""


def render(plan: Plan, layout: Layout, form: str = DEFAULT) -> str:
    """The plan in the format of that name, without a final newline."""
    return render_shown(shown(plan), layout, form)


def render_shown(plan: ShownPlan, layout: Layout, form: str = DEFAULT) -> str:
    """The same of a plan that is masked already."""
    return FORMATS[form](plan, layout)
