"""What a change of a file that several prompts share reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.naming import few
from promptsync.output.style import counted
from promptsync.plan.origins import reaches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.plan.changes import Plan

_MOST_KEYS = 20


def reach_lines(plan: Plan) -> Iterator[str]:
    """What a file that several prompts share reaches among the changes of a plan, a clause for each file."""
    for reach in reaches(plan.changes):
        yield f"{reach.place} reaches {counted(len(reach.keys), 'prompt')}: {few(reach.keys, _MOST_KEYS)}"
