"""Sandbox: the embedded service, emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.files.run_lock import alone
from promptsync.files.target import check_state
from promptsync.model.errors import PromptsyncError
from promptsync.sandbox import Sandbox, StoreError, remove

if TYPE_CHECKING:
    from promptsync.files.target import Target


def reset_sandbox(target: Target) -> None:
    """Empties the embedded service of a root, and forgets what was applied to it. `target` is that root's sandbox.

    A database that is a sandbox's, and broken or of another version, is removed. What is none is left where it is:
    raises PromptsyncError.
    """
    with alone(target):
        check_state(target)
        try:
            with Sandbox(target.sandbox_path) as sandbox:
                sandbox.reset()
        except StoreError as error:
            if not error.is_ours:
                raise PromptsyncError(str(error), hint=error.hint) from None
            remove(target.sandbox_path)
        target.lock_path.unlink(missing_ok=True)
        target.journal_path.unlink(missing_ok=True)
