"""Plan: what an apply would do. Writes nothing, neither here nor on the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.apply.recovery import recover_writes, recovery_notes
from promptsync.commands.connect import connect
from promptsync.commands.decide import decide
from promptsync.commands.gather import place_warnings, read_prompts
from promptsync.commands.history import with_sides
from promptsync.commands.keys import with_keys
from promptsync.commands.results import Planned
from promptsync.commands.state import read_state, scope_of
from promptsync.files.tree import load_tree
from promptsync.model.errors import PlanError
from promptsync.plan.differ import diff
from promptsync.plan.safety import raise_if_unsafe, raise_if_wrong_place

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.files.loader import Loaded
    from promptsync.files.target import Target
    from promptsync.plan.changes import Plan, PlanOptions
    from promptsync.service.calls import Exchange


def plan(
    target: Target,
    options: PlanOptions,
    *,
    tree: Loaded | None = None,
    offline: bool = False,
    patience: float | None = None,
    observer: Callable[[Exchange], None] | None = None,
) -> Planned:
    """What an apply would do, and whether it would be refused.

    The files are those of the target; with `tree`, these in their place. `patience` is the seconds that
    one call may take in all.
    """
    tree = load_tree(target) if tree is None else tree
    state = read_state(target)
    options, unmatched = with_keys(target, options, tree.files.keys() | state.lock.prompts.keys())
    warnings = (*tree.warnings, *unmatched)
    if offline:
        made = diff(tree.files, state.lock, None, scope_of(target, offline=True), options)
        return Planned(made, "offline", warnings, refused=_refusal(made))
    with connect(target, read_only=True, patience=patience, observer=observer) as api:
        service = read_prompts(api, target, state, tree.files)
        recovery = recover_writes(state.lock, service, state.recovered.writes)
        made, _ = decide(api, target, tree.files, recovery.lock, service, options, state.recovered.creates)
        raise_if_wrong_place(made)
        made = with_sides(api, made)
    notes = recovery_notes(state.recovered, recovery, made)
    warnings = (*warnings, *place_warnings(target, tree.files, service.values()))
    return Planned(made, target.connection.host, warnings, notes, _refusal(made))


def _refusal(made: Plan) -> PlanError | None:
    try:
        raise_if_unsafe(made)
    except PlanError as error:
        return error
    return None
