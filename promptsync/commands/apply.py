"""Apply: makes the service say what the files say, and records it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promptsync.apply.recovery import recover_writes, recovery_notes, still_open
from promptsync.commands.gather import survey
from promptsync.commands.plan import Planned, decide, with_policies
from promptsync.model.errors import ExitCode, StalePlanError
from promptsync.plan.safety import raise_if_unsafe
from promptsync.service import reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promptsync.apply.applier import Applier
    from promptsync.commands.project import Project
    from promptsync.plan.changes import Outcome, Plan, PlanOptions
    from promptsync.plan.saved import SavedPlan
    from promptsync.service.client import Exchange


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan. `outcomes` is empty where nothing was begun."""

    plan: Plan
    outcomes: tuple[Outcome, ...] = ()
    interrupted: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of `apply`: what went wrong before what waits for a decision."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        statuses = {outcome.status for outcome in self.outcomes}
        if statuses & {"failed", "skipped", "not converged"}:
            return ExitCode.PARTIAL
        return ExitCode.CONFLICT if self.plan.conflicts or "left" in statuses else ExitCode.DONE


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who looks on while a plan is applied. Each is called from whichever thread it happens in, one at a time."""

    on_plan: Callable[[Planned], None] = lambda _: None
    confirm: Callable[[Plan], bool] = lambda _: True
    on_start: Callable[[Applier], None] = lambda _: None
    on_outcome: Callable[[Outcome], None] = lambda _: None
    on_request: Callable[[Exchange], None] | None = None


def apply(
    project: Project,
    options: PlanOptions,
    *,
    saved: SavedPlan | None = None,
    all_or_nothing: bool = False,
    max_deletes: int | None = None,
    parallelism: int = 8,
    archive: Path | None = None,
    patience: float | None = None,
    watcher: Watcher | None = None,
) -> Applied:
    """Makes the service say what the files say, and records it.

    With `saved`, a plan that was made before, only its changes are carried out, and only if every one of them still
    rests on the same file, entry and service content; else StalePlanError is raised before any write. Raises
    PlanError where safety forbids the plan. `patience` is the seconds that one call may spend on waiting.
    """
    from promptsync.apply.applier import Applier

    watcher = watcher or Watcher()
    with project.alone():
        options = saved.options if saved else with_policies(project, options)
        connections = max(parallelism, reader.PARALLELISM)
        with survey(project, connections=connections, patience=patience, observer=watcher.on_request) as found:
            client, service, recovered, on_disk = found.client, found.service, found.recovered, found.on_disk
            journal = found.journal
            recovery = recover_writes(found.lock, service, recovered.writes)
            lock = recovery.lock
            if not recovered.is_empty:
                project.write_lock(lock)
                on_disk = lock
                journal.compact(still_open(recovered.creates, lock, service, time.time() + client.skew))
            made, lock = decide(project, found, lock, options)
            if saved is not None:
                made = _as_saved(made, saved, project.connection().host)
            raise_if_unsafe(made, max_deletes=max_deletes)
            notes = recovery_notes(recovered, recovery, made)
            watcher.on_plan(Planned(made, project.connection().host, found.loaded.warnings, notes))
            stopped = all_or_nothing and bool(made.conflicts)
            if stopped or (made.decided and not watcher.confirm(made)):
                return Applied(made, (), interrupted=not stopped)
            applier = Applier(
                client,
                journal,
                lock,
                known=service.keys(),
                archive_folder=archive or project.archive_folder,
                parallelism=parallelism,
                on_outcome=watcher.on_outcome,
                hurry=client.hurry,
                # Ours may be wrong: what the service made is dated by its own clock.
                clock=lambda: time.time() + client.skew,
            )
            watcher.on_start(applier)
            try:
                outcomes = applier.run(made)
            finally:
                project.write_lock(applier.lock, since=on_disk)
            journal.compact()
            return Applied(made, tuple(outcomes), interrupted=applier.was_interrupted)


def _as_saved(made: Plan, saved: SavedPlan, host: str) -> Plan:
    """The saved plan, made anew. Raises StalePlanError where it would not be the same."""
    if saved.target != made.target or saved.host not in (None, host):
        told = f"“{saved.target}” at {saved.host}" if saved.host else f"“{saved.target}”"
        raise StalePlanError(
            f"the plan was made for the target {told}, not for “{made.target}” at {host}",
            hint="make a new plan for this target",
        )
    now = {(change.key, change.action, change.digest): change for change in made.changes}
    moved = [key for key, action, digest in saved.changes if (key, action, digest) not in now]
    if moved:
        named = ", ".join(moved[:5]) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")
        raise StalePlanError(
            f"the plan is stale: the file, the lock or the service has moved for {named}",
            hint="nothing was written; make a new plan and review it",
        )
    return replace(made, changes=tuple(now[change] for change in saved.changes), refreshed={})
