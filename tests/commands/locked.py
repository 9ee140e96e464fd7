"""A folder with two prompts that were applied, and what happens to its lockfile between two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.apply.journal import Journal
from promptsync.commands.state import write_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.model.lockfile import LockEntry
    from tests.embedded import Here

KEY, OTHER = "Default/refund", "Default/other"
FILE = {"prompt": {"temperature": 0.2, "messages": [{"role": "user", "content": "Hello."}]}}
TREE = {KEY: FILE, OTHER: FILE}


def locked(world: Here) -> dict[str, LockEntry]:
    return world.lock.prompts


def change_lock(world: Here, **changes: Callable[[LockEntry], LockEntry]) -> None:
    """Changes entries; a name stands for `Default/<name>`."""
    lock = world.lock
    write_lock(
        world.target,
        lock.with_prompts(
            {key: changes.get(key.rpartition("/")[2], lambda one: one)(entry) for key, entry in lock.prompts.items()}
        ),
    )


def record(world: Here, key: str, entry: LockEntry | None) -> None:
    """What a run that was killed had recorded, and not yet written into the lockfile."""
    journal = Journal(world.target.journal_path)
    journal.end_with(0, key, entry)
    journal.close()


def unlock(world: Here, key: str) -> LockEntry:
    lock = world.lock
    write_lock(world.target, lock.with_prompts({k: one for k, one in lock.prompts.items() if k != key}))
    return lock.prompts[key]
