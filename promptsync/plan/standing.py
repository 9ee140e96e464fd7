"""Who is ahead where file, lockfile and service say different things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.plan.changes import ahead
from promptsync.plan.reverted import ON_ANOTHER_BRANCH

if TYPE_CHECKING:
    from promptsync.plan.changes import Change, Standing


def standing(change: Change) -> Standing | None:
    """Who is ahead; None where nothing has moved since the last apply but a file that is gone."""
    who = ahead(change)
    return "lock" if who in ("service", "both") and ON_ANOTHER_BRANCH in change.warnings else who
