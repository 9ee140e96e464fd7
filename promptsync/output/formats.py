"""The formats of a plan: a row for each. What all of them must not show is taken out once, before any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from promptsync.output.mask import masked_plan
from promptsync.output.plan_json import dumps, plan_json
from promptsync.output.text import plan_text
from promptsync.plan.changes import Plan


@dataclass(frozen=True, slots=True)
class Layout:
    """How to lay out what people read: `width` in columns, `verbose` for every field of a create and whole diffs."""

    color: bool = False
    width: int = 100
    verbose: bool = False


Renderer: TypeAlias = Callable[[Plan, Layout], str]
"""From a plan whose data is masked to a text with a final newline, which escapes what acts on its reader."""

FORMATS: dict[str, Renderer] = {
    "text": lambda plan, how: plan_text(plan, color=how.color, width=how.width, verbose=how.verbose) + "\n",
    "json": lambda plan, _: dumps(plan_json(plan)),
}


def render_plan(form: str, plan: Plan, layout: Layout) -> str:
    """The plan in one of FORMATS."""
    return FORMATS[form](masked_plan(plan), layout)
