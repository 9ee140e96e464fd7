"""Plan: what an apply would do. Check and drift are views of it.

What comes after the service's answers is imported after it is asked: the survey takes care that this costs no time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promptsync.commands.gather import survey
from promptsync.model.errors import ExitCode
from promptsync.plan.changes import Conflict, Drift, Plan, PlanOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.commands.gather import Survey
    from promptsync.commands.project import Project
    from promptsync.model.lockfile import Lockfile
    from promptsync.model.prompt import Problem
    from promptsync.service.client import Exchange


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, where it would be applied, what the files gave cause to warn about, and what an earlier run left open."""

    plan: Plan
    host: str
    warnings: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def exit_code(self, *, detailed: bool = False) -> ExitCode:
        """The exit code of `plan`: by default that a plan could be made, in detail what it says."""
        if not detailed:
            return ExitCode.DONE
        if self.plan.conflicts or self.plan.drifts:
            return ExitCode.CONFLICT
        return ExitCode.CHANGES_PENDING if self.plan.decided else ExitCode.DONE


def plan(
    project: Project,
    options: PlanOptions,
    *,
    offline: bool = False,
    patience: float | None = None,
    observer: Callable[[Exchange], None] | None = None,
) -> Planned:
    """What an apply would do. Writes nothing, neither here nor on the service.

    `patience` is the seconds that one call may spend on waiting.
    """
    options = with_policies(project, options)
    if offline:
        from promptsync.plan.differ import diff

        loaded = project.load()
        lock = project.journal().recover().onto(project.read_lock())
        made = diff(loaded.files, lock, None, project.scope(), options)
        return Planned(made, "offline", loaded.warnings)
    with survey(project, read_only=True, patience=patience, observer=observer) as found:
        from promptsync.apply.recovery import recover_writes, recovery_notes
        from promptsync.plan.safety import raise_if_wrong_place

        recovered, loaded = found.recovered, found.loaded
        recovery = recover_writes(found.lock, found.service, recovered.writes)
        made, _ = decide(project, found, recovery.lock, options)
        raise_if_wrong_place(made)
        if made.drifts or made.conflicts:
            from promptsync.commands.versions import with_sides

            made = with_sides(found.client, made)
    notes = recovery_notes(recovered, recovery, made)
    return Planned(made, project.connection().host, loaded.warnings, notes)


def check(
    project: Project,
    only: tuple[str, ...] = (),
    *,
    offline: bool = False,
    observer: Callable[[Exchange], None] | None = None,
) -> Planned:
    """The pre-merge check: files, lockfile and plan. The caller judges drift; conflicts fail.

    `only` are globs: the plan tells of no other keys.
    """
    return plan(project, PlanOptions(only=only), offline=offline, observer=observer)


def drift(project: Project, *, observer: Callable[[Exchange], None] | None = None) -> Planned:
    """The service against the lock: what someone changed or deleted there. Writes nothing anywhere.

    A policy that overwrites decides what an apply does, not what was changed.
    """
    project = replace(project, config=replace(project.config, overwrite=()))
    planned = plan(project, PlanOptions(), observer=observer)
    kept = tuple(
        change
        for change in planned.plan.changes
        if isinstance(change, Drift) or (isinstance(change, Conflict) and change.id is not None)
    )
    return replace(planned, plan=replace(planned.plan, changes=kept))


def decide(project: Project, found: Survey, lock: Lockfile, options: PlanOptions) -> tuple[Plan, Lockfile]:
    """The plan, and the lockfile that it rests on: where `lock` was turned back, the later one that git remembers."""
    from promptsync.plan.differ import diff
    from promptsync.plan.reverted import caught_up, later_entries, seemingly_changed, told_behind

    def differ(lock: Lockfile) -> Plan:
        return diff(found.loaded.files, lock, found.service, found.scope, options, found.recovered.creates)

    made = differ(lock)
    changed = seemingly_changed(made)
    if not changed:
        return made, lock
    from promptsync.files.git import committed_locks

    later = later_entries(changed, committed_locks(project.lock_path))
    if later:
        lock = caught_up(lock, later)
        made = differ(lock)
        changed = seemingly_changed(made)
    if changed:
        made = told_behind(made, later_entries(changed, committed_locks(project.lock_path, elsewhere=True)))
    return made, lock


def with_policies(project: Project, options: PlanOptions) -> PlanOptions:
    """What the command line decides, and what the configuration decides for every run."""
    return replace(
        options,
        overwrite=(*options.overwrite, *project.config.overwrite),
        create_twins=options.create_twins or project.config.create_twins,
    )
