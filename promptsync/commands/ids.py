"""Ids: what applications call prompts by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.commands.state import read_state

if TYPE_CHECKING:
    from promptsync.files.target import Target


def ids(target: Target) -> dict[str, str]:
    """The id of each prompt of the lockfile by its key, in the order of the keys; offline."""
    prompts = read_state(target).lock.prompts
    return {key: prompts[key].id for key in sorted(prompts)}
