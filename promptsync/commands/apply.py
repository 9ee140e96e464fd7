"""Apply: makes the service say what the files say, and records it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promptsync.apply.applier import Applier
from promptsync.apply.recovery import recover_writes, recovery_notes, still_open
from promptsync.commands.connect import connect
from promptsync.commands.decide import decide
from promptsync.commands.gather import place_warnings, read_prompts
from promptsync.commands.history import with_sides
from promptsync.commands.keys import with_keys
from promptsync.commands.results import Applied, Planned
from promptsync.commands.state import State, read_state, write_lock
from promptsync.files.run_lock import alone
from promptsync.files.tree import load_tree
from promptsync.model.errors import PromptsyncError, StalePlanError
from promptsync.model.naming import few
from promptsync.plan.differ import plan_digest
from promptsync.plan.safety import raise_if_unsafe
from promptsync.plan.saved import raise_if_rewritten
from promptsync.service import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from promptsync.apply.recovery import Recovery
    from promptsync.files.loader import Loaded
    from promptsync.files.target import Target
    from promptsync.model.prompt import Json, RemotePrompt
    from promptsync.plan.changes import Outcome, Plan, PlanOptions
    from promptsync.plan.saved import SavedPlan
    from promptsync.service.calls import Exchange
    from promptsync.service.client import Client


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who looks on while a plan is applied. Each is called from whichever thread it happens in, one at a time."""

    on_plan: Callable[[Planned], None] = lambda _: None
    confirm: Callable[[Plan], bool] = lambda _: True
    on_start: Callable[[Applier], None] = lambda _: None
    on_outcome: Callable[[Outcome], None] = lambda _: None
    on_request: Callable[[Exchange], None] | None = None


def apply(
    target: Target,
    options: PlanOptions,
    *,
    tree: Loaded | None = None,
    saved: SavedPlan | None = None,
    written: Callable[[Plan, str], Json] | None = None,
    approve: Callable[[Plan], Plan] = lambda made: made,
    all_or_nothing: bool = False,
    parallelism: int = 8,
    archive: Path | None = None,
    patience: float | None = None,
    watcher: Watcher | None = None,
) -> Applied:
    """Makes the service say what the files say, and records it.

    The files are those of the target; with `tree`, these in their place. With `saved`, a plan made before, only
    its changes are carried out, and only if every one of them still rests on the same file, entry and service content;
    else StalePlanError is raised before any write. `written` gives the document of a plan and a host, which must be the
    saved one. `approve` gives of a plan what may be carried out. Raises PlanError where the document is another, and
    where safety forbids the plan. `patience` is the seconds that one call may take in all.
    """
    watcher = watcher or Watcher()
    with alone(target):
        tree = load_tree(target) if tree is None else tree
        state = read_state(target)
        known = tree.files.keys() | state.lock.prompts.keys()
        options, unmatched = (saved.options, ()) if saved else with_keys(target, options, known)
        connections = max(parallelism, reader.PARALLELISM)
        with connect(target, connections=connections, patience=patience, observer=watcher.on_request) as api:
            service = read_prompts(api, target, state, tree.files)
            state, recovery = _finish_earlier_run(target, state, service, api)
            made, lock = decide(api, target, tree.files, state.lock, service, options, state.recovered.creates, approve)
            made = _checked(api, made, target.connection.host, saved, written)
            notes = recovery_notes(state.recovered, recovery, made)
            warnings = (*tree.warnings, *unmatched, *place_warnings(target, tree.files, service.values()))
            watcher.on_plan(Planned(made, target.connection.host, warnings, notes))
            if all_or_nothing and made.conflicts:
                return Applied(made)
            if made.decided and not watcher.confirm(made):
                return Applied(made, interrupted=True)
            applier = Applier(
                api,
                state.journal,
                lock,
                known=service.keys(),
                is_shared=bool(target.settings.preview),
                seen=lock.owner in {prompt.owner for prompt in service.values()},
                archive_folder=archive or target.archive_folder,
                parallelism=parallelism,
                on_outcome=watcher.on_outcome,
                hurry=api.hurry,
                # Ours may be wrong: what the service made is dated by its own clock.
                clock=lambda: time.time() + api.skew,
            )
            watcher.on_start(applier)
            return _carry_out(target, applier, made, state)


def _checked(
    api: Client, made: Plan, host: str, saved: SavedPlan | None, written: Callable[[Plan, str], Json] | None
) -> Plan:
    """The plan that may be carried out, both sides of its changes read. Raises PlanError as `apply` does."""
    if saved is not None:
        made = _as_saved(made, saved, host)
    made = with_sides(api, made)
    if saved is not None and written is not None:
        raise_if_rewritten(saved, written(made, host))
    raise_if_unsafe(made)
    return made


def _finish_earlier_run(
    target: Target, state: State, service: Mapping[str, RemotePrompt], api: Client
) -> tuple[State, Recovery]:
    """The state with what an interrupted run is proved to have done, on disk too."""
    recovery = recover_writes(state.lock, service, state.recovered.writes)
    state = replace(state, lock=recovery.lock)
    if state.recovered.is_empty:
        return state, recovery
    write_lock(target, state.lock, home=state.home, held=state.held)
    state.journal.compact(still_open(state.recovered.creates, state.lock, service, time.time() + api.skew))
    return replace(state, on_disk=state.lock), recovery


def _carry_out(target: Target, applier: Applier, made: Plan, state: State) -> Applied:
    if made.traded:
        # All keys at once and before any request: a run that dies then leaves every entry under some key.
        lock = applier.lock
        write_lock(target, lock, since=state.on_disk, home=state.home, held=state.held)
        state = replace(state, on_disk=lock)
    try:
        outcomes = applier.run(made)
    finally:
        problem = _record(target, applier, state)
    return Applied(made, tuple(outcomes), interrupted=applier.was_interrupted, problem=problem)


def _record(target: Target, applier: Applier, state: State) -> PromptsyncError | None:
    """Writes the lockfile, and drops from the journal what it holds; gives what kept it from that.

    What was done is to be told in any case, and the journal has it.
    """
    try:
        write_lock(target, applier.lock, since=state.on_disk, home=state.home, held=state.held)
        state.journal.compact()
    except PromptsyncError as error:
        return error
    return None


def _as_saved(made: Plan, saved: SavedPlan, host: str) -> Plan:
    """The saved plan, made anew. Raises StalePlanError where it would not be the same."""
    if (saved.target, saved.host) != (made.target, host):
        raise StalePlanError(
            f"the plan was made for the target “{saved.target}” at {saved.host}, not for “{made.target}” at {host}",
            hint="make a new plan for this target",
        )
    now = {(change.key, change.action, change.digest): change for change in made.changes}
    moved = [key for key, action, digest in saved.changes if (key, action, digest) not in now]
    if moved:
        raise StalePlanError(
            f"the plan is stale: the file, the lock or the service has moved for {few(moved, 5)}",
            hint="nothing was written; make a new plan and review it",
        )
    changes = tuple(now[change] for change in saved.changes)
    return replace(made, changes=changes, digest=plan_digest(made.target, changes), refreshed={})
