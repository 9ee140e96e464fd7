"""Validate: the check of the files alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.files.tree import load_tree
from promptsync.model.errors import LoadError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptsync.files.target import Target
    from promptsync.model.prompt import Problem


def validate(target: Target, only: Iterable[str] = ()) -> tuple[int, tuple[Problem, ...]]:
    """Loads every file, offline. Gives how many prompts there are, and the warnings.

    `only` are files: complaints and warnings about others are left out. Raises LoadError.
    """
    chosen = {str(name) for name in only}
    try:
        tree = load_tree(target)
    except LoadError as error:
        kept = [problem for problem in error.problems if not chosen or problem.file in chosen]
        if kept:
            raise LoadError(kept) from None
        return len(chosen), ()
    unknown = chosen - {file.file for file in tree.files.values()}
    if unknown:
        raise UsageError(f"{', '.join(sorted(unknown))} is no prompt file under {target.root}")
    warnings = tuple(warning for warning in tree.warnings if not chosen or warning.file in chosen)
    return len(chosen) or len(tree.files), warnings
