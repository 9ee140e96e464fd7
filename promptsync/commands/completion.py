"""Completion: what a shell may offer while a command is typed. It asks neither the service nor git, and tells nothing.

What is wrong with a root is told by the command, once it is run.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from promptsync.files.config import DEFAULT_TARGET, SANDBOX_TARGET
from promptsync.files.disk import look_around, read_bytes
from promptsync.files.keys import fault
from promptsync.files.target import open_target, read_config
from promptsync.model.errors import PromptsyncError
from promptsync.model.lockfile import parse

if TYPE_CHECKING:
    from pathlib import Path


def offered_keys(root: Path, target: str) -> list[str]:
    """The keys of the prompt files under a root, and of the lockfile there of a target."""
    found: set[str] = set()
    with suppress(PromptsyncError, OSError):
        found |= look_around(root).keys()
    with suppress(PromptsyncError, OSError):
        lock = open_target(root, target, environ={}).lock_path
        found |= parse(read_bytes(lock) or b"", str(lock)).prompts.keys()
    return sorted(key for key in found if fault(key) is None)


def offered_targets(root: Path) -> list[str]:
    """The targets of a root: those that are always there, and those that its configuration lists."""
    found = {DEFAULT_TARGET, SANDBOX_TARGET}
    with suppress(PromptsyncError, OSError):
        found |= read_config(root).targets.keys()
    return sorted(found)
