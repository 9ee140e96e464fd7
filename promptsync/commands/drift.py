"""Drift: the service against the lock."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.plan import plan
from promptsync.plan.changes import PlanOptions, ahead

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.commands.results import Planned
    from promptsync.files.target import Target
    from promptsync.service.calls import Exchange


def drift(target: Target, *, observer: Callable[[Exchange], None] | None = None) -> Planned:
    """What someone changed or deleted on the service since the last apply. Writes nothing anywhere."""
    planned = compare(target, observer=observer)
    kept = tuple(change for change in planned.plan.changes if ahead(change) in ("service", "both"))
    return replace(planned, plan=replace(planned.plan, changes=kept))


def compare(target: Target, *, observer: Callable[[Exchange], None] | None = None) -> Planned:
    """All in which files, lockfile and service differ. Writes nothing anywhere.

    A policy that overwrites decides what an apply does, not what was changed.
    """
    target = replace(target, config=replace(target.config, overwrite=()))
    return plan(target, PlanOptions(), observer=observer)
