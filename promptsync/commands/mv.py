"""Mv: another key for a prompt, and the same id."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.keys import file_of
from promptsync.commands.state import read_state, record
from promptsync.files.disk import ENDINGS
from promptsync.files.run_lock import alone
from promptsync.files.tree import load_tree
from promptsync.model.errors import PromptsyncError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.files.target import Target


def mv(target: Target, old: str, new: str) -> str:
    """Gives the prompt of `old` the key `new`, and keeps its id; the file is renamed too, if that was not done yet.

    Gives a sentence on what was done. The next apply moves it on the service.
    """
    with alone(target):
        state = read_state(target)
        lock = state.lock
        renamed = rename_file(target.root, old, new)
        file_of(load_tree(target).files, new)
        if old not in lock.prompts:
            if renamed:
                return f"{old} is {new} now; it was never applied"
            raise UsageError(f"there is no `{old}` in {target.lock_path}")
        if new in lock.prompts:
            raise UsageError(f"`{new}` is tied to {lock.prompts[new].id} already")
        entry = lock.prompts[old]
        prompts = {new if key == old else key: value for key, value in lock.prompts.items()}
        prompts[new] = entry.under_other_key()
        record(target, state, replace(lock, prompts=prompts))
    return f"{old} is {new} from now on, with the id {entry.id}"


def rename_file(root: Path, old: str, new: str) -> bool:
    """Renames the file of the key `old`, if it is still there and `new` is not. Gives whether it did."""
    here = next((path for ending in ENDINGS if (path := root / f"{old}{ending}").exists()), None)
    there = root / f"{new}{here.suffix if here else '.yaml'}"
    if here is None or (there.exists() and not there.samefile(here)):
        return False
    if not there.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"`{new}` is outside of {root}")
    try:
        there.parent.mkdir(parents=True, exist_ok=True)
        here.rename(there)
    except OSError as error:
        raise PromptsyncError(f"{here} cannot be renamed to {there}: {error.strerror}") from None
    return True
