"""Check: the pre-merge check of files, lockfile and plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.commands.plan import plan
from promptsync.plan.changes import PlanOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.commands.results import Planned
    from promptsync.files.target import Target
    from promptsync.service.calls import Exchange


def check(
    target: Target,
    only: tuple[str, ...] = (),
    *,
    offline: bool = False,
    observer: Callable[[Exchange], None] | None = None,
) -> Planned:
    """The plan of what a merge would do. The caller judges drift; conflicts fail.

    `only` are globs: the plan tells of no other keys.
    """
    return plan(target, PlanOptions(only=only), offline=offline, observer=observer)
