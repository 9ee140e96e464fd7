"""Validate: the check of the files alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.commands.keys import did_you_mean, file_of, known_key
from promptsync.files.disk import look_around
from promptsync.files.tree import load_tree, resolve
from promptsync.model.errors import LoadError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from promptsync.files.layers import Stated
    from promptsync.files.target import Target
    from promptsync.model.prompt import Problem


def validate(target: Target, only: Iterable[str] = ()) -> tuple[int, tuple[Problem, ...]]:
    """Loads every file, offline. Gives how many prompts there are, and the warnings.

    `only` are files: complaints and warnings about others are left out. Raises LoadError, and UsageError for what is no
    prompt file.
    """
    names = tuple(only)
    try:
        tree = load_tree(target)
    except LoadError as error:
        chosen = _chosen(target, names, look_around(target.root).keys())
        kept = [problem for problem in error.problems if not names or known_key(target, problem.file, chosen)]
        if kept:
            raise LoadError(kept) from None
        return len(chosen), ()
    chosen = _chosen(target, names, tree.files)
    about = {tree.files[key].file for key in chosen}
    return len(chosen) or len(tree.files), tuple(one for one in tree.warnings if not names or one.file in about)


def resolved(target: Target, typed: str) -> tuple[str, list[Stated]]:
    """The key of a prompt file that is meant, and all that it says with its defaults and the target's overrides.

    Raises LoadError, and UsageError for what is no prompt file.
    """
    tree = load_tree(target)
    key = file_of(target, tree.files, typed).key
    return key, resolve(target, tree, key)


def _chosen(target: Target, names: Iterable[str], known: Collection[str]) -> set[str]:
    found = {name: known_key(target, name, known) for name in names}
    unknown = sorted(name for name, key in found.items() if key is None)
    if unknown:
        raise UsageError(
            f"{', '.join(unknown)} is no prompt file under {target.root}", hint=did_you_mean(target, unknown[0], known)
        )
    return {key for key in found.values() if key is not None}
