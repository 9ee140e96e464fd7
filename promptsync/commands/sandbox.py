"""Sandbox: the embedded service, emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.files.run_lock import alone
from promptsync.sandbox import Sandbox

if TYPE_CHECKING:
    from promptsync.files.target import Target


def reset_sandbox(target: Target) -> None:
    """Empties the embedded service of a root, and forgets what was applied to it. `target` is that root's sandbox."""
    with alone(target):
        with Sandbox(target.sandbox_path) as sandbox:
            sandbox.reset()
        target.lock_path.unlink(missing_ok=True)
        target.journal_path.unlink(missing_ok=True)
