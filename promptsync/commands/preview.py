"""Previews: the prompts that a branch changes, made for a time in a place of their own, so that they can be called.

A preview is a target with another path and another lockfile, so all of this is an apply: of the changed files, of none
to take a preview away. What a preview made is known by its lockfile alone, and nothing else is ever touched.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promptsync.commands.apply import Watcher, apply
from promptsync.commands.connect import connect
from promptsync.commands.gather import owners
from promptsync.commands.home import read_home
from promptsync.commands.plan import plan
from promptsync.commands.results import Preview
from promptsync.commands.state import check_workspace, read_lock, read_state, write_lock
from promptsync.files.commits import fork_point, load_commit
from promptsync.files.loader import Loaded
from promptsync.files.preview import why_no_preview
from promptsync.files.run_lock import alone
from promptsync.files.target import preview_of
from promptsync.files.tree import load_tree
from promptsync.model.canonical import source_hash
from promptsync.model.errors import ExitCode, PlanError
from promptsync.model.globs import EVERYTHING
from promptsync.model.shell import command
from promptsync.plan.changes import Adopt, Conflict, Create, Move, PlanOptions, Recreate, Update
from promptsync.plan.filters import last_change
from promptsync.service.reader import read_service

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from promptsync.commands.results import Applied
    from promptsync.files.target import Target
    from promptsync.model.lockfile import Lockfile
    from promptsync.model.prompt import RemotePrompt
    from promptsync.plan.changes import Plan
    from promptsync.service.calls import Exchange

_OPTIONS = PlanOptions(prune=True, overwrite=(EVERYTHING,), create_twins=True, max_deletes=sys.maxsize)
"""The branch decides: what it drops goes, what was edited meanwhile is as it says, and the prompts that are live, or
those of another preview, may bear the same names."""

_NOTHING = Loaded({}, ())
_ANY = "0"
"""A name that a preview could have, to see what its files are called."""
_ROUNDS = 2
"""Applies that take a preview away: the first may find what a run that died had made, the second deletes that too."""


def changed_since(target: Target, ref: str) -> Collection[str]:
    """The keys of the files that are new or say something else since this work has left `ref`.

    Files are compared as they are resolved, so that a text or a default that several share counts for each of them.
    """
    before = load_commit(target, fork_point(target.root, ref)).files
    now = load_tree(target).files
    return {
        key
        for key, file in now.items()
        if key not in before or source_hash(before[key].prompt) != source_hash(file.prompt)
    }


def changed_in(made: Plan) -> Collection[str]:
    """The keys that a plan calls changed, of files or not: what was changed on the service alone is not."""
    asking = (Create, Update, Move, Recreate, Conflict)
    return {
        change.key
        for change in made.changes
        if isinstance(change, asking) or (isinstance(change, Adopt) and change.diff)
    }


def changed(
    target: Target, since: str | None, *, observer: Callable[[Exchange], None] | None = None
) -> Collection[str]:
    """The keys that a preview is of: those changed `since` a ref, else those that a plan for the target calls so."""
    if since is not None:
        return changed_since(target, since)
    return changed_in(plan(target, PlanOptions(), observer=observer).plan)


def make(preview: Target, keys: Collection[str], *, watcher: Watcher | None = None) -> Applied:
    """Makes or updates a preview, so that it holds the prompts of `keys`, as far as there are files, and no other."""
    loaded = load_tree(preview)
    # What protects a live prompt must not keep its preview from being taken away.
    files = {key: replace(file, protected=False) for key, file in loaded.files.items() if key in keys}
    applied = _apply(preview, Loaded(files, loaded.warnings), watcher)
    _drop_empty(preview)
    return applied


def delete(preview: Target, *, watcher: Watcher | None = None) -> Applied | None:
    """Deletes what a preview made, and its lockfile. None where there is no such preview."""
    if not (preview.journal_path.exists() or preview.lock_path.exists() or read_lock(preview).prompts):
        return None
    applied = _apply(preview, _NOTHING, watcher)
    for _ in range(_ROUNDS - 1):
        if applied.exit_code == ExitCode.DONE and read_lock(preview).prompts:
            applied = _apply(preview, _NOTHING, watcher)
    _drop_empty(preview)
    return applied


def forget(preview: Target) -> Lockfile:
    """Drops the record of a preview without asking the service; gives what it held."""
    with alone(preview):
        state = read_state(preview)
        write_lock(preview, state.lock.with_prompts({}), home=state.home)
        state.journal.compact(())
    _drop_empty(preview)
    return state.lock


def previews(target: Target) -> list[Preview]:
    """The previews of a target that there are, by name: those of this machine, and those on the branch of lockfiles."""
    return [preview_at(target, name) for name in sorted(set(_names(target)))]


def preview_at(target: Target, name: str) -> Preview:
    """The preview of that name, empty if there is none."""
    preview = preview_of(target, name)
    return Preview(name, target.name, preview.settings.path_prefix, read_state(preview).lock)


def is_abandoned(
    target: Target, told: Preview, before: datetime, *, observer: Callable[[Exchange], None] | None = None
) -> bool:
    """Whether a preview was not changed since `before`, by the service's clock; what it does not date is kept.

    One whose prompts were all deleted there is abandoned. Raises LockfileError where it is of another workspace.
    """
    preview, ids = preview_of(target, told.name), told.lock.ids()
    service: dict[str, RemotePrompt] = {}
    if ids:
        with connect(preview, read_only=True, observer=observer) as api:
            service = read_service(api, locked=ids, need_unmanaged=False)
        check_workspace(preview, told.lock, owners(service, told.lock))
    held = [last_change(prompt) for id, prompt in service.items() if id in ids]
    begun = [datetime.fromtimestamp(intent.time, UTC) for intent in read_state(preview).recovered.creates]
    return all(time is not None and time < before for time in [*held, *begun])


def _names(target: Target) -> Iterator[str]:
    """The names of previews that left anything behind: a lockfile here or on its branch, or a journal."""
    any_ = preview_of(target, _ANY)
    folder, branch = any_.state_folder, any_.lock_branch
    names = [path.name for place in {folder, any_.lock_path.parent} for path in place.glob("*")]
    if branch is not None:
        names += [path.rpartition("/")[2] for path in read_home(any_).locks]
    forms = [any_.journal_path.name, any_.lock_path.name, any_.lock_file]
    for form in forms:
        head, _, tail = form.rpartition(_ANY)
        for name in names:
            inner = name.removeprefix(head).removesuffix(tail)
            if name == f"{head}{inner}{tail}" and why_no_preview(inner) is None:
                yield inner


def _apply(preview: Target, tree: Loaded, watcher: Watcher | None) -> Applied:
    # A policy of the target speaks of files that are not in the preview.
    preview = replace(preview, config=replace(preview.config, overwrite=()))
    try:
        return apply(preview, _OPTIONS, tree=tree, watcher=watcher)
    except PlanError as error:
        forget_it = command("preview delete", options=("--forget", "--name", preview.settings.preview))
        hint = f"check the key; if they were really deleted, run {forget_it}"
        raise PlanError(error.message, hint=hint) from None


def _drop_empty(preview: Target) -> None:
    """Takes away the lockfile of a preview that holds nothing; from a branch it goes when it is brought home."""
    if preview.lock_branch is not None:
        return
    with alone(preview):
        if not read_lock(preview).prompts:
            preview.lock_path.unlink(missing_ok=True)
