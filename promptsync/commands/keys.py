"""What a key on the command line names: a file, or an entry of the lockfile."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from promptsync.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptsync.files.target import Target
    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import PromptFile


def file_of(files: Mapping[str, PromptFile], key: str) -> PromptFile:
    """The file of a key. Raises UsageError where there is none."""
    if key in files:
        return files[key]
    near = get_close_matches(key, files, 1)
    raise UsageError(f"there is no prompt file `{key}`", hint=f"did you mean `{near[0]}`?" if near else None)


def locked_entry(target: Target, lock: Lockfile, key: str) -> LockEntry:
    """The entry of a key. Raises UsageError where there is none."""
    if key in lock.prompts:
        return lock.prompts[key]
    near = get_close_matches(key, lock.prompts, 1)
    raise UsageError(f"there is no `{key}` in {target.lock_path}", hint=f"did you mean `{near[0]}`?" if near else None)
