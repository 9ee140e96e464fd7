"""The check of the files alone: what an editor or a pre-commit hook runs, so it loads little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.errors import LoadError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptsync.commands.project import Project
    from promptsync.model.prompt import Problem


def validate(project: Project, only: Iterable[str] = ()) -> tuple[int, tuple[Problem, ...]]:
    """Loads every file, offline. Gives how many prompts there are, and the warnings.

    `only` are files: complaints and warnings about others are left out. Raises LoadError.
    """
    chosen = {str(name) for name in only}
    try:
        loaded = project.load()
    except LoadError as error:
        kept = [problem for problem in error.problems if not chosen or problem.file in chosen]
        if kept:
            raise LoadError(kept) from None
        return len(chosen), ()
    unknown = chosen - {file.file for file in loaded.files.values()}
    if unknown:
        raise UsageError(f"{', '.join(sorted(unknown))} is no prompt file under {project.root}")
    warnings = tuple(warning for warning in loaded.warnings if not chosen or warning.file in chosen)
    return len(chosen) or len(loaded.files), warnings
