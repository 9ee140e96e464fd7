"""Pull: what someone edited in the web UI, merged into the files."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from promptsync.commands.connect import connect
from promptsync.commands.decide import decide
from promptsync.commands.gather import read_prompts
from promptsync.commands.held import without_held
from promptsync.commands.history import base_of
from promptsync.commands.keys import file_of, with_keys
from promptsync.commands.results import DryRun, Pulled
from promptsync.commands.rewrite import Rewriter, content_for, no_place
from promptsync.commands.state import read_state, record, scope_of
from promptsync.files.disk import read_bytes
from promptsync.files.run_lock import alone
from promptsync.files.tree import load_tree
from promptsync.merge.prompts import merge
from promptsync.model.blocks import unsaid
from promptsync.model.canonical import IN_ORDER, WITHOUT_ORDER, Form, remote_hash, source_hashes
from promptsync.model.compare import provider_of
from promptsync.model.errors import DialectError
from promptsync.model.globs import matches
from promptsync.model.lockfile import dump, entry_for
from promptsync.plan.base import agreed_form, form_as_locked, own_fields, unlike
from promptsync.plan.changes import PlanOptions
from promptsync.plan.differ import diff
from promptsync.plan.safety import raise_if_wrong_place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from promptsync.commands.state import State
    from promptsync.files.layers import Layers
    from promptsync.files.target import Target
    from promptsync.model.compare import FieldDiff
    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import Dialect, PromptFile, RemotePrompt
    from promptsync.plan.changes import Edited
    from promptsync.service.calls import Exchange

Resolve: TypeAlias = Literal["ours", "theirs"] | None
_WORKERS = 16


def pull(
    target: Target,
    keys: Collection[str] = (),
    resolve: Resolve = None,
    *,
    observer: Callable[[Exchange], None] | None = None,
) -> list[Pulled]:
    """Three-way merges what changed on the service into the files of `keys`, all that changed by default.

    A file whose conflicts are all decided has the service's version as its base from then on; a plan shows what is
    still different. Where the lockfile lives on a branch nothing is recorded: others would take the older file, that
    they have until this one is merged, for a change, and overwrite the service's. Raises UsageError for a key that is
    no file.
    """
    with alone(target):
        found = _read(target, keys, observer)
        rewriter = Rewriter(target, found.files, found.layers)
        done: list[Pulled] = []
        prompts = dict(found.lock.prompts)
        keys_of = {entry.id: key for key, entry in prompts.items()}
        for one, pulled, fresh in _merged(rewriter, found, resolve):
            done.append(pulled)
            if fresh != one.entry and target.lock_branch is None:
                key, old_key = one.file.key, keys_of[one.entry.id]
                del prompts[old_key]
                prompts[key] = fresh.under_other_key() if old_key != key else fresh
                found.state.journal.end_with(0, key, prompts[key], old_key if old_key != key else None)
        if target.lock_branch is not None:
            return _with_unsettled(target, found, done)
        record(target, found.state, found.lock.with_prompts(prompts))
    return done


def dry_run(target: Target, keys: Collection[str], *, observer: Callable[[Exchange], None] | None = None) -> DryRun:
    """What `pull` would make of the files of `keys`, with nothing written: for a branch that others review first.

    Where a policy lets git win, nothing is taken over. The lockfile is among the files for prompts that changed on both
    sides alone: without their new bases an apply of the merged files finds the same conflicts again.
    """
    policy = with_keys(target, PlanOptions(), keys)[0].overwrite
    keys = [key for key in keys if not matches(key, policy)]
    if not keys:
        return DryRun((), {}, {})
    found = _read(target, keys, observer)
    rewriter = Rewriter(target, found.files, found.layers, kept={})
    done: list[Pulled] = []
    on_disk = found.state.on_disk
    bases = dict(on_disk.prompts)
    unsettled: list[str] = []
    for one, pulled, fresh in _merged(rewriter, found, None):
        done.append(pulled)
        key = one.file.key
        is_as_locked = key in on_disk.prompts and one.entry.source in source_hashes(one.file.prompt)
        if not pulled.edits or pulled.is_open or is_as_locked:
            continue
        if target.lock_branch is None and on_disk.prompts.get(key) == one.entry:
            bases[key] = fresh
        else:
            unsettled.append(key)
    after = dict(rewriter.kept or {})
    if bases != on_disk.prompts:
        after[target.lock_path] = dump(on_disk.with_prompts(bases))
    return DryRun(
        tuple(done),
        before={_place(target, path): read_bytes(path) or b"" for path in after},
        after={_place(target, path): data for path, data in after.items()},
        unsettled=tuple(unsettled),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What a pull starts from: `edited` are the prompts to merge, each with what it was when both sides agreed."""

    state: State
    lock: Lockfile
    files: Mapping[str, PromptFile]
    layers: Layers
    service: Mapping[str, RemotePrompt]
    edited: list[tuple[Edited, RemotePrompt | None]]


def _read(target: Target, keys: Collection[str], observer: Callable[[Exchange], None] | None) -> _Found:
    tree = load_tree(target)
    keys = {file_of(target, tree.files, key).key for key in keys}
    state = read_state(target)
    with connect(target, read_only=True, observer=observer) as api:
        service = read_prompts(api, target, state, tree.files)
        made, lock = decide(api, target, tree.files, state.lock, service, PlanOptions(), state.recovered.creates)
        raise_if_wrong_place(made)
        edited = [change.edited for change in made.changes if change.edited and (not keys or change.key in keys)]
        with ThreadPoolExecutor(_WORKERS) as pool:
            bases = list(pool.map(lambda one: base_of(api, one.entry), edited))
    return _Found(state, lock, tree.files, tree.layers, service, list(zip(edited, bases, strict=True)))


def _merged(rewriter: Rewriter, found: _Found, resolve: Resolve) -> Iterator[tuple[Edited, Pulled, LockEntry]]:
    for one, base in found.edited:
        yield one, *_merge_into_file(rewriter, one, base, resolve)


def _with_unsettled(target: Target, found: _Found, done: list[Pulled]) -> list[Pulled]:
    """What was done, with what an apply of the merged files would ask by the lockfile that others know."""
    known = without_held(found.lock, found.state.held)
    options = with_keys(target, PlanOptions(), known.prompts)[0]
    made = diff(load_tree(target).files, known, found.service, scope_of(target), options)
    asked = {change.key for change in made.conflicts}
    return [replace(pulled, is_unsettled=not pulled.is_open and pulled.key in asked) for pulled in done]


def _place(target: Target, path: Path) -> str:
    return Path(os.path.relpath(path, target.root)).as_posix()


def _merge_into_file(
    rewriter: Rewriter, edited: Edited, found: RemotePrompt | None, resolve: Resolve
) -> tuple[Pulled, LockEntry]:
    """`found` is the prompt as it was when file and service agreed, None where the service does not have it."""
    file, entry, remote = edited.file, edited.entry, edited.remote
    try:
        theirs = content_for(file, remote, entry)
    except DialectError as error:
        return Pulled(file.key, problem=no_place(file, error.fields)), entry
    try:
        base = content_for(file, found, entry) if found is not None else None
    except DialectError:
        base = None
    beyond = _beyond(remote, found, remote.dialect(entry.dialect))
    if beyond:
        return Pulled(file.key, problem=no_place(file, beyond)), entry
    was = form_as_locked(file, entry, found) if found is not None else IN_ORDER
    merged = merge(base, file.prompt, theirs, added=entry.added, resolve=resolve, provider=provider_of(remote))
    pulled = rewriter.edit(
        file,
        Pulled(
            file.key,
            tuple(merged.edits),
            conflicts=tuple(merged.conflicts),
            kept=tuple(merged.decided) if resolve == "ours" else (),
            base_is_gone=found is None,
        ),
        lambda after: _unlike(file, after, remote, entry, was),
    )
    return pulled, entry if pulled.is_open else _agreed(rewriter, file, remote, entry, was)


def _beyond(remote: RemotePrompt, found: RemotePrompt | None, dialect: Dialect) -> list[str]:
    """What came to the other block since and has no place in this one: the next apply would take it away again."""
    before = unsaid(found, dialect) if found is not None else []
    return [field for field in unsaid(remote, dialect) if field not in before]


def _unlike(
    file: PromptFile, after: PromptFile, remote: RemotePrompt, entry: LockEntry, was: Form | None
) -> list[FieldDiff]:
    """How a file that had no change of its own would differ from the service that it was pulled from."""
    if entry.source not in source_hashes(file.prompt):
        return []
    return unlike(after, entry, remote, was)


def _agreed(
    rewriter: Rewriter, file: PromptFile, remote: RemotePrompt, entry: LockEntry, was: Form | None
) -> LockEntry:
    """The entry with the service's state as its base: what the file says beyond that is a change of the file."""
    fresh = rewriter.read_again(file)
    dialect = remote.dialect(entry.dialect)
    same = not unlike(fresh, entry, remote, was)
    added = own_fields(fresh, remote, dialect) if same else entry.added
    form = agreed_form(fresh, remote, dialect, added, was) if same else was if was is WITHOUT_ORDER else IN_ORDER
    # Whether a prompt is protected is decided by an apply, where it is seen before.
    agreed = replace(entry_for(fresh, remote, dialect, entry.path, added, form), protected=entry.protected)
    return agreed if same else replace(agreed, source=remote_hash(remote, dialect, fresh.prompt))
