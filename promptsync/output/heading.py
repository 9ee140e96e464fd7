"""What stands above a plan on every paper: the sum, the place, how the plan was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptsync.model.shell import typed
from promptsync.output.reach import reach_lines
from promptsync.output.style import Style, counted
from promptsync.output.text import place, summary_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.output.layout import Layout
    from promptsync.output.shown import ShownPlan


@dataclass(frozen=True, slots=True)
class Heading:
    """The `sum` in a sentence, `facts` that place the plan, `warnings` of what it cannot know. Nothing is escaped."""

    sum: str
    facts: tuple[str, ...]
    warnings: tuple[str, ...]


def heading(plan: ShownPlan, layout: Layout) -> Heading:
    """The heading of a plan; the layout's facts are among its own."""
    where = place(plan.target, plan.host, plan.path_prefix)
    facts = [where[0].upper() + where[1:], *layout.facts, *_options(plan)]
    facts += reach_lines(plan)
    if plan.refreshed:
        facts.append(f"{counted(len(plan.refreshed), 'prompt')} to be recorded anew in the lockfile; nothing differs")
    warnings = []
    if plan.offline:
        warnings.append("Offline: the files against the lockfile alone. What the service holds is not known.")
    return Heading(layout.sum or summary_line(plan, Style(False)), tuple(facts), tuple(warnings))


def _options(plan: ShownPlan) -> Iterator[str]:
    options = plan.options
    words = ["--prune"] if options.prune else []
    words += ["--max-deletes", str(options.max_deletes)] if options.max_deletes is not None else []
    words += ["--create-twins"] if options.create_twins else []
    words += [word for glob in options.only for word in ("--only", glob)]
    words += [word for glob in options.overwrite for word in ("--overwrite", glob)]
    if words:
        yield f"Made with {typed(*words)}"
