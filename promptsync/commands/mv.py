"""Mv: another key for a prompt, and the same id."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.keys import did_you_mean, file_of, known_key, new_key
from promptsync.commands.state import read_state, record_with_files
from promptsync.commands.until_merged import Tie, check_ties
from promptsync.files.disk import as_spelled, look_around
from promptsync.files.keys import ENDINGS, clash
from promptsync.files.run_lock import alone
from promptsync.files.tree import load_tree
from promptsync.model.errors import LoadError, PromptsyncError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.files.target import Target
    from promptsync.model.lockfile import Lockfile


def mv(target: Target, old: str, new: str) -> str:
    """Gives the prompt of `old` the key `new`, and keeps its id; the file is renamed too, if that was not done yet.

    Gives a sentence on what was done. The next apply moves it on the service. All that can be wrong with the new place
    is looked at before anything is touched.
    """
    with alone(target):
        state = read_state(target)
        lock = state.lock
        files = look_around(target.root, max_bytes=target.config.max_file_bytes).keys()
        old, new = _old_key(target, old, files, lock), new_key(target, new)
        if new in lock.prompts:
            raise UsageError(f"`{new}` is tied to {lock.prompts[new].id} already")
        renames = old in files and new not in files
        if renames:
            _check_free(target, old, new, files)
            rename_file(target.root, old, new)
        tree = load_tree(target).files
        file = file_of(target, tree, new)
        if old not in lock.prompts:
            if renames:
                return f"{old} is {new} now; it was never applied"
            raise UsageError(f"there is no `{old}` in {target.lock_name}")
        entry = lock.prompts[old]
        try:
            check_ties(target, state, tree, [Tie(file, entry.id, entry.display_name)])
        except UsageError:
            if renames:
                rename_file(target.root, new, old)
            raise
        prompts = {new if key == old else key: value for key, value in lock.prompts.items()}
        prompts[new] = entry.under_other_key()
        record_with_files(target, state, replace(lock, prompts=prompts))
    return f"{old} is {new} from now on, with the id {entry.id}"


def rename_file(root: Path, old: str, new: str) -> bool:
    """Renames the file of the key `old`, if it is still there and `new` is not. Gives whether it did."""
    here = _file_at(root, old)
    there = as_spelled(root, f"{new}{here.suffix if here else '.yaml'}")
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


def _old_key(target: Target, typed: str, files: set[str], lock: Lockfile) -> str:
    known = files | lock.prompts.keys()
    key = known_key(target, typed, known)
    if key is None:
        raise UsageError(
            f"there is no `{typed}` in {target.lock_name}, and no file of it", hint=did_you_mean(target, typed, known)
        )
    return key


def _check_free(target: Target, old: str, new: str, files: set[str]) -> None:
    """Raises where the file cannot come to its new place, or other files are wrong already."""
    other = clash(new, files - {old})
    if other is not None:
        raise UsageError(f"`{new}` and `{other}` differ only in case or Unicode form", hint="choose another name")
    here = _file_at(target.root, old)
    there = as_spelled(target.root, new)
    for folder in there.parents:
        if folder == target.root:
            break
        if folder.is_symlink():
            raise UsageError(f"{folder} is a symbolic link, which is not followed", hint="choose another folder")
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is no folder", hint="choose another one")
    taken = _file_at(target.root, new)
    if taken is not None and here is not None and not taken.samefile(here):
        raise UsageError(f"{taken} is there already", hint="choose another name")
    try:
        load_tree(target)
    except LoadError as error:
        # What is wrong with the file itself may be right at its new place.
        if here is None or any(problem.file != here.as_posix() for problem in error.problems):
            raise


def _file_at(root: Path, key: str) -> Path | None:
    """The file of a key, whatever its ending and its spelling on disk."""
    paths = (as_spelled(root, f"{key}{ending}") for ending in ENDINGS)
    return next((path for path in paths if path.exists()), None)
