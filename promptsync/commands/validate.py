"""Validate: the check of the files alone, and of what the rules say of them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from promptsync.commands.keys import did_you_mean, file_of, known_key
from promptsync.commands.lint import lint
from promptsync.commands.results import Validated
from promptsync.files.disk import look_around
from promptsync.files.layers import DEFAULTS_NAME
from promptsync.files.target import CONFIG_NAME
from promptsync.files.tree import load_tree, resolve
from promptsync.model.errors import LoadError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from promptsync.files.layers import Stated
    from promptsync.files.target import Target
    from promptsync.model.prompt import Problem


def validate(target: Target, only: Iterable[str] = ()) -> Validated:
    """Loads every file, offline. The rules are asked where all are valid.

    `only` are files: complaints and warnings about others are left out. Raises UsageError for what is no prompt file.
    """
    names = tuple(only)
    try:
        tree = load_tree(target)
    except LoadError as error:
        sources = look_around(target.root)
        chosen = chosen_keys(target, names, sources.keys() | sources.default_keys())
        kept = (problem for problem in error.problems if not names or _is_about(target, problem, chosen))
        return Validated(len(chosen), tuple(kept))
    chosen = chosen_keys(target, names, tree.files.keys() | tree.layers.keys)
    problems = lint(target, tree.files, tree.warnings, chosen if names else None)
    return Validated(len(chosen) or len(tree.files), problems)


def _is_about(target: Target, problem: Problem, chosen: Collection[str]) -> bool:
    """Whether a problem is in one of the files that are meant, or in what lies under or over many."""
    shared = (DEFAULTS_NAME, CONFIG_NAME)
    return PurePosixPath(problem.file).name in shared or known_key(target, problem.file, chosen) is not None


def resolved(target: Target, typed: str) -> list[Stated]:
    """All that the prompt file that is meant says with its defaults and the target's overrides.

    Raises LoadError, and UsageError for what is no prompt file.
    """
    tree = load_tree(target)
    return resolve(target, tree, file_of(target, tree.files, typed).key)


def chosen_keys(target: Target, names: Iterable[str], known: Collection[str]) -> set[str]:
    """The keys that are meant by `names`. Raises UsageError for what is none of `known`."""
    found = {name: known_key(target, name, known) for name in names}
    unknown = sorted(name for name, key in found.items() if key is None)
    if unknown:
        raise UsageError(
            f"{', '.join(unknown)} is no prompt file under {target.root}", hint=did_you_mean(target, unknown[0], known)
        )
    return {key for key in found.values() if key is not None}
