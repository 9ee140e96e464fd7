"""A saved plan, to be shown again as it was shown when it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.output.plan_json import saved_json
from promptsync.output.shown import ShownPlan
from promptsync.plan.reread import reread
from promptsync.plan.saved import raise_if_rewritten

if TYPE_CHECKING:
    from promptsync.plan.saved import SavedPlan


def show_again(saved: SavedPlan, root: str) -> ShownPlan:
    """The plan that was saved, which is masked already; `root` stands before the places of its files.

    Raises PlanError for what is not, word for word, what `plan --out` writes of such a plan.
    """
    plan = ShownPlan(reread(saved, root))
    raise_if_rewritten(saved, saved_json(plan, saved.host))
    return plan
