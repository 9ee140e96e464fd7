"""Judges a whole plan before any write: what no single change can know is dangerous."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.errors import PlanError
from promptsync.plan.changes import Delete

if TYPE_CHECKING:
    from promptsync.plan.changes import Plan

MAX_DELETED_PERCENT = 30
"""The share of the lock that one plan may delete, once `MIN_LOCKED` prompts are locked."""
MIN_LOCKED = 10
MIN_GONE = 3


def raise_if_wrong_place(plan: Plan) -> None:
    """Raises PlanError where the service lacks so many of the locked prompts that this is another place."""
    raise_if_mostly_gone(plan.locked, plan.gone)


def raise_if_mostly_gone(locked: int, gone: int) -> None:
    """Raises PlanError where more than half of the locked ids, of at least three, are gone."""
    if locked >= MIN_GONE and gone * 2 > locked:
        raise PlanError(
            f"{gone} of the {locked} locked prompts are not on the service: "
            "this is the wrong key or the wrong workspace",
            hint="check the key and the base URL of the target; "
            "if they were really deleted, take them out of the lockfile with `promptsync lock forget`",
        )


def raise_if_unsafe(plan: Plan) -> None:
    """Raises PlanError where the plan deletes too much; `max_deletes` of its options is in place of the share."""
    raise_if_wrong_place(plan)
    max_deletes = plan.options.max_deletes
    deletes = sum(isinstance(change, Delete) for change in plan.changes)
    if max_deletes is not None:
        if deletes > max_deletes:
            raise PlanError(f"the plan deletes {deletes} prompts, and --max-deletes allows {max_deletes}")
    elif plan.locked >= MIN_LOCKED and deletes * 100 > plan.locked * MAX_DELETED_PERCENT:
        raise PlanError(
            f"the plan deletes {deletes} of {plan.locked} locked prompts, more than {MAX_DELETED_PERCENT} %",
            hint=f"if that is meant, say so with --max-deletes {deletes}",
        )
