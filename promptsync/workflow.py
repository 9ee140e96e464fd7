"""One function for each command: it reads, lets the pure rooms decide, and hands on. Usable without a terminal."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from promptsync import reader, versions
from promptsync.behind import caught_up, later_entries, seemingly_changed, told_behind
from promptsync.canonical import remote_hash
from promptsync.compare import file_differences
from promptsync.differ import diff, own_fields
from promptsync.errors import (
    ConfigError,
    ExitCode,
    NotFoundError,
    PromptsyncError,
    StalePlanError,
    UsageError,
)
from promptsync.files import read_bytes, write_atomic
from promptsync.gitlog import committed_locks, merge_stages
from promptsync.lockfile import Lockfile, dump, entry_for, parse
from promptsync.merging.locks import merge_locks, split_conflicted
from promptsync.plan import Conflict, Drift, Plan, PlanOptions
from promptsync.project import Project, check_workspace
from promptsync.safety import raise_if_mostly_gone, raise_if_unsafe, raise_if_wrong_place
from promptsync.settle import settle, still_open, told
from promptsync.strangers import by_name, same_content
from promptsync.survey import owners, read_service, survey
from promptsync.versions import with_sides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from promptsync.applier import Applier
    from promptsync.client import Client, Exchange
    from promptsync.lockfile import LockEntry
    from promptsync.models import Problem, PromptFile, RemotePrompt
    from promptsync.plan import Outcome
    from promptsync.render.saved import SavedPlan
    from promptsync.survey import Survey
    from promptsync.versions import Step


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
    options = _with_policies(project, options)
    if offline:
        loaded = project.load()
        lock = project.journal().recover().onto(project.read_lock())
        made = diff(loaded.files, lock, None, project.scope(), options)
        return Planned(made, "offline", loaded.warnings)
    with survey(project, read_only=True, patience=patience, observer=observer) as found:
        recovered, loaded = found.recovered, found.loaded
        settled = settle(found.lock, found.service, recovered.writes)
        made, _ = decide(project, found, settled.lock, options)
        raise_if_wrong_place(made)
        made = with_sides(found.client, made)
    notes = told(recovered, settled, made)
    return Planned(made, project.connection().host, loaded.warnings, notes)


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
    from promptsync.applier import Applier

    watcher = watcher or Watcher()
    with project.alone():
        journal = project.journal()
        options = saved.options if saved else _with_policies(project, options)
        connections = max(parallelism, reader.PARALLELISM)
        with survey(project, connections=connections, patience=patience, observer=watcher.on_request) as found:
            client, service, recovered, on_disk = found.client, found.service, found.recovered, found.on_disk
            settled = settle(found.lock, service, recovered.writes)
            lock = settled.lock
            if not recovered.is_empty:
                project.write_lock(lock)
                on_disk = lock
                journal.compact(still_open(recovered.creates, lock, service, time.time() + client.skew))
            made, lock = decide(project, found, lock, options)
            if saved is not None:
                made = _as_saved(made, saved, project.connection().host)
            raise_if_unsafe(made, max_deletes=max_deletes)
            notes = told(recovered, settled, made)
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


def decide(project: Project, found: Survey, lock: Lockfile, options: PlanOptions) -> tuple[Plan, Lockfile]:
    """The plan, and the lockfile that it rests on: where `lock` was turned back, the later one that git remembers."""

    def differ(lock: Lockfile) -> Plan:
        return diff(found.loaded.files, lock, found.service, found.scope, options, found.recovered.creates)

    made = differ(lock)
    changed = seemingly_changed(made)
    if not changed:
        return made, lock
    later = later_entries(changed, committed_locks(project.lock_path))
    if later:
        lock = caught_up(lock, later)
        made = differ(lock)
        changed = seemingly_changed(made)
    if changed:
        made = told_behind(made, later_entries(changed, committed_locks(project.lock_path, elsewhere=True)))
    return made, lock


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


def move(project: Project, old: str, new: str) -> str:
    """Gives the prompt of `old` the key `new`, and keeps its id; the file is renamed too, if that was not done yet.

    Gives a sentence on what was done. The next apply moves it on the service.
    """
    with project.alone():
        journal = project.journal()
        lock = journal.recover().onto(project.read_lock())
        renamed = project.rename(old, new)
        loaded = project.load()
        file_of(loaded.files, new)
        if old not in lock.prompts:
            if renamed:
                return f"{old} is {new} now; it was never applied"
            raise UsageError(f"there is no `{old}` in {project.lock_path}")
        if new in lock.prompts:
            raise UsageError(f"`{new}` is tied to {lock.prompts[new].id} already")
        entry = lock.prompts[old]
        prompts = {
            (new if key == old else key): (moved_to(value, old, new) if key == old else value)
            for key, value in lock.prompts.items()
        }
        project.write_lock(lock.with_prompts(prompts))
        journal.compact()
    return f"{old} is {new} from now on, with the id {entry.id}"


def moved_to(entry: LockEntry, old: str, new: str) -> LockEntry:
    """The entry under its new key. A path that was never sent stands for any, but no longer once the key changed."""
    return replace(entry, path="") if entry.path is None and old != new else entry


def history(project: Project, key: str, limit: int = 20) -> tuple[LockEntry, list[Step]]:
    """The versions of the prompt of `key`, newest first."""
    lock = project.journal().recover().onto(project.read_lock())
    entry = locked_entry(lock, key, project)
    dialect = entry.dialect
    with project.connect(read_only=True) as client:
        return entry, versions.history(client, entry, dialect, limit)


def lock_verify(project: Project) -> list[str]:
    """What does not fit between lock, files and service, one sentence each; empty if all is well."""
    with survey(project, read_only=True) as there:
        lock, files, service = there.lock, there.loaded.files, there.service
    found = [f"{key}: locked, and its file is gone" for key in sorted(lock.prompts.keys() - files.keys())]
    found += [f"{key}: a file that was never applied" for key in sorted(files.keys() - lock.prompts.keys())]
    for key, entry in sorted(lock.prompts.items()):
        remote = service.get(entry.id)
        if remote is None:
            found.append(f"{key}: {entry.id} is not on the service")
        elif remote.version(entry.dialect) != entry.version:
            found.append(f"{key}: locked at version {entry.version}, the service is at {remote.version(entry.dialect)}")
        elif remote_hash(remote, entry.dialect) != entry.remote and remote.display_name != entry.display_name:
            found.append(f"{key}: renamed on the service to “{remote.display_name}”")
    return found


def lock_forget(project: Project, keys: Iterable[str]) -> list[LockEntry]:
    """Takes keys out of the lockfile; their prompts stay on the service, unmanaged."""
    with project.alone():
        journal = project.journal()
        lock = journal.recover().onto(project.read_lock())
        gone = [locked_entry(lock, key, project) for key in keys]
        ids = {entry.id for entry in gone}
        project.write_lock(lock.with_prompts({k: entry for k, entry in lock.prompts.items() if entry.id not in ids}))
        journal.compact()
    return gone


def lock_merge(base: Path | None, ours: Path, theirs: Path | None) -> list[str]:
    """Joins two sides of a lockfile into `ours`, prompt by prompt; gives a sentence for each true conflict.

    With three paths it is a git merge driver (%O %A %B); `base` and `ours` may not be there yet. With `ours` alone,
    that file holds git's conflict markers: its sides are those of the open merge, or what the markers tell. Where there
    is a true conflict nothing is written.
    """
    data = read_bytes(ours)
    if theirs is not None:
        sides = _sides(read_bytes(base) if base is not None else None, data, read_bytes(theirs) or b"", str(ours))
    elif data is None:
        raise UsageError(f"there is no lockfile {ours}")
    else:
        stages = merge_stages(ours)
        sides = _sides(*stages, str(ours)) if stages is not None else split_conflicted(data, str(ours))
    merged = merge_locks(*sides)
    if merged.conflicts:
        return [f"{key}: {merged.reasons[key]}" for key in merged.conflicts]
    write_atomic(ours, dump(merged.lock))
    return []


def _sides(
    base: bytes | None, ours: bytes | None, theirs: bytes, name: str
) -> tuple[Lockfile | None, Lockfile, Lockfile]:
    old = parse(base, f"{name} (base)") if base else None
    mine = parse(ours, f"{name} (ours)") if ours is not None else Lockfile()
    return old, mine, parse(theirs, f"{name} (theirs)")


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


def adopt(project: Project, key: str, id: str) -> tuple[Plan, PromptFile]:  # noqa: A002
    """Ties the file of `key` to the prompt `id`, which keeps its content until the next apply.

    Gives what an apply would change on it. Raises UsageError where the two cannot be tied.
    """
    with project.alone():
        loaded = project.load()
        journal = project.journal()
        lock = journal.recover().onto(project.read_lock())
        file = file_of(loaded.files, key)
        _check_free(lock, project, key, id)
        with project.connect(read_only=True) as client:
            remote = _remote(client, id)
            held = lock.prompts.get(key)
            if held is not None and held.id != id and _exists(client, held.id):
                raise UsageError(
                    f"`{key}` is tied to {held.id}, which is still there", hint=f"`promptsync plan --only '{key}'`"
                )
        check_workspace(lock, {remote.owner} if remote.owner else set(), str(project.lock_path))
        entry = _tied(file, remote)
        lock = replace(lock.with_prompts({**lock.prompts, key: entry}), owner=lock.owner or remote.owner)
        project.write_lock(lock)
        journal.compact()
        made = diff({key: file}, lock.with_prompts({key: entry}), {remote.id: remote}, project.scope())
        return made, file


@dataclass(frozen=True, slots=True)
class Pair:
    """A file and the one unmanaged prompt that bears its name; `fields` are those that differ."""

    file: PromptFile
    remote: RemotePrompt
    fields: tuple[str, ...]


def adopt_by_name(project: Project, confirm: Callable[[list[Pair]], bool]) -> list[Pair]:
    """Ties each file that is not locked to the one unmanaged prompt of its name, once `confirm` has agreed to all.

    Where several files or several prompts share a name nothing is tied. Gives the pairs that were tied.
    """
    with project.alone():
        loaded = project.load()
        journal = project.journal()
        lock = journal.recover().onto(project.read_lock())
        with project.connect(read_only=True) as client:
            service = read_service(client, lock)
        check_workspace(lock, owners(service, lock), str(project.lock_path))
        raise_if_mostly_gone(len(lock.prompts), len(lock.ids() - service.keys()))
        pairs = _pairs(loaded.files, lock, service, project.scope().elsewhere)
        if not pairs or not confirm(pairs):
            return []
        entries = {pair.file.key: _tied(pair.file, pair.remote) for pair in pairs}
        owner = lock.owner or pairs[0].remote.owner
        project.write_lock(replace(lock.with_prompts({**lock.prompts, **entries}), owner=owner))
        journal.compact()
    return pairs


def _pairs(
    files: Mapping[str, PromptFile], lock: Lockfile, service: Mapping[str, RemotePrompt], elsewhere: frozenset[str]
) -> list[Pair]:
    named = by_name(prompt for prompt in service.values() if prompt.id not in lock.ids() | elsewhere)
    wanting: dict[str, list[PromptFile]] = {}
    for key, file in files.items():
        if key not in lock.prompts:
            wanting.setdefault(file.prompt.display_name, []).append(file)
    pairs = []
    for name, group in wanting.items():
        prompts = named.get(name, [])
        if len(group) == len(prompts) == 1:
            file, remote = group[0], prompts[0]
            found = file_differences(file, remote, remote.dialect(file.prompt.dialect), None)
            pairs.append(Pair(file, remote, tuple(item.field for item in found)))
    return pairs


def _tied(file: PromptFile, remote: RemotePrompt) -> LockEntry:
    """The entry that ties a file to a prompt: the prompt is the base, what the file says beyond it a change here."""
    dialect = remote.dialect(file.prompt.dialect)
    entry = entry_for(file, remote, dialect, None, own_fields(file, remote, dialect))
    if same_content(file, remote):
        return entry
    return replace(entry, source=remote_hash(remote, dialect, file.prompt))


def sandbox_reset(project: Project) -> None:
    """Empties the embedded service and forgets what was applied to it."""
    from promptsync.sandbox import Sandbox

    with project.alone():
        with Sandbox(project.sandbox_path) as sandbox:
            sandbox.reset()
        project.lock_path.unlink(missing_ok=True)
        project.journal_path.unlink(missing_ok=True)


def _with_policies(project: Project, options: PlanOptions) -> PlanOptions:
    return replace(
        options,
        overwrite=(*options.overwrite, *project.config.overwrite),
        create_twins=options.create_twins or project.config.create_twins,
    )


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


def locked_entry(lock: Lockfile, key: str, project: Project) -> LockEntry:
    """The entry of a key. Raises UsageError where there is none."""
    if key in lock.prompts:
        return lock.prompts[key]
    near = get_close_matches(key, lock.prompts, 1)
    raise UsageError(f"there is no `{key}` in {project.lock_path}", hint=f"did you mean `{near[0]}`?" if near else None)


def file_of(files: Mapping[str, PromptFile], key: str) -> PromptFile:
    """The file of a key. Raises UsageError where there is none."""
    if key in files:
        return files[key]
    near = get_close_matches(key, files, 1)
    raise UsageError(f"there is no prompt file `{key}`", hint=f"did you mean `{near[0]}`?" if near else None)


def _check_free(lock: Lockfile, project: Project, key: str, id: str) -> None:  # noqa: A002
    holder = next((other for other, entry in lock.prompts.items() if entry.id == id and other != key), None)
    if holder is not None:
        raise UsageError(f"{id} is tied to `{holder}` already", hint="rename the file to keep the id under a new key")
    if id in project.scope().elsewhere:
        raise ConfigError(f"{id} is in another lockfile of {project.root}")


def _remote(client: Client, id: str) -> RemotePrompt:  # noqa: A002
    try:
        return client.get(id)
    except NotFoundError:
        raise PromptsyncError(
            f"there is no prompt {id} where this key reaches", hint="look up the id in orq.ai, and the target"
        ) from None


def _get(client: Client, id: str) -> RemotePrompt | None:  # noqa: A002
    try:
        return client.get(id)
    except NotFoundError:
        return None


def _exists(client: Client, id: str) -> bool:  # noqa: A002
    return _get(client, id) is not None
