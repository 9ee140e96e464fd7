"""Sandbox: the embedded service, emptied, or given what a lockfile tells of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.apply.payload import create_body
from promptsync.commands.state import read_lock, scope_of
from promptsync.files.run_lock import alone
from promptsync.files.target import check_state
from promptsync.files.tree import load_tree
from promptsync.model.canonical import source_hashes
from promptsync.model.compare import on_the_wire
from promptsync.model.errors import PromptsyncError
from promptsync.sandbox import Sandbox, StoreError, remove

if TYPE_CHECKING:
    from promptsync.files.target import Target


def seed_from_lock(target: Target, sandbox: Sandbox) -> list[str]:
    """Gives a service every prompt of the target's lockfile, as its file says, under the lock's id and version.

    So the service is as the lock remembers it, if the files are those that it was written from. A prompt that is there
    already stays. Gives a sentence for each key of which that cannot be said. Raises as reading files and lock does.
    """
    lock = read_lock(target)
    if not lock.prompts:
        return []
    files, scope = load_tree(target).files, scope_of(target, offline=True)
    if lock.owner is not None:
        sandbox.behaviour = replace(sandbox.behaviour, owner=lock.owner)
    said = [f"{key} is left out: its file is gone" for key in sorted(lock.prompts.keys() - files.keys())]
    for key in sorted(lock.prompts.keys() & files.keys()):
        file, entry = files[key], lock.prompts[key]
        body = create_body(on_the_wire(file.prompt, entry.dialect), entry.path or scope.path_of(file))
        sandbox.hold(entry.id, entry.version, body)
        if entry.source not in source_hashes(file.prompt):
            said.append(f"{key} is there as its file says now, which is not what the lockfile was written from")
    return said


def reset_sandbox(target: Target) -> None:
    """Empties the embedded service of a root, and forgets what was applied to it. `target` is that root's sandbox.

    A database that is a sandbox's, and broken or of another version, is removed. What is none is left where it is:
    raises PromptsyncError.
    """
    with alone(target):
        check_state(target)
        try:
            with Sandbox(target.sandbox_path) as sandbox:
                sandbox.reset()
        except StoreError as error:
            if not error.is_ours:
                raise PromptsyncError(str(error), hint=error.hint) from None
            remove(target.sandbox_path)
        target.lock_path.unlink(missing_ok=True)
        target.journal_path.unlink(missing_ok=True)
