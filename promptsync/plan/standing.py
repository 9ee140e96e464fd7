"""Who is ahead where file, lockfile and service say different things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from promptsync.plan.changes import Adopt, Conflict, Drift, Orphan
from promptsync.plan.reverted import ON_ANOTHER_BRANCH

if TYPE_CHECKING:
    from promptsync.plan.changes import Change

Standing: TypeAlias = Literal["service", "both", "lock", "git"]
"""`service`: edited there alone. `both`: edited there too, or deleted, so that a person must decide. `lock`: the
service holds what an apply wrote, and the lockfile does not tell of it. `git`: what the files say is not applied."""


def standing(change: Change) -> Standing | None:
    """Who is ahead; None where nothing has moved since the last apply but a file that is gone."""
    if isinstance(change, Drift | Conflict) and ON_ANOTHER_BRANCH in change.warnings:
        return "lock"
    match change:
        case Drift():
            return "service"
        case Conflict():
            return "both" if change.id is not None else "git"
        case Adopt():
            return "lock"
        case Orphan():
            return None
        case _:
            return "git"
