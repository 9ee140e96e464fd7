"""History: the versions of a prompt, as the service remembers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync import versions
from promptsync.workflow.locking import locked_entry

if TYPE_CHECKING:
    from promptsync.lockfile import LockEntry
    from promptsync.project import Project
    from promptsync.versions import Step


def history(project: Project, key: str, limit: int = 20) -> tuple[LockEntry, list[Step]]:
    """The versions of the prompt of `key`, newest first."""
    lock = project.journal().recover().onto(project.read_lock())
    entry = locked_entry(lock, key, project)
    dialect = entry.dialect
    with project.connect(read_only=True) as client:
        return entry, versions.history(client, entry, dialect, limit)
