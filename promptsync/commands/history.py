"""History: the versions of a prompt, as the service remembers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.commands import versions
from promptsync.commands.lock import locked_entry

if TYPE_CHECKING:
    from promptsync.commands.project import Project
    from promptsync.commands.results import Step
    from promptsync.model.lockfile import LockEntry


def history(project: Project, key: str, limit: int = 20) -> tuple[LockEntry, list[Step]]:
    """The versions of the prompt of `key`, newest first."""
    lock = project.journal().recover().onto(project.read_lock())
    entry = locked_entry(lock, key, project)
    dialect = entry.dialect
    with project.connect(read_only=True) as client:
        return entry, versions.history(client, entry, dialect, limit)
