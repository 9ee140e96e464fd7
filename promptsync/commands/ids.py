"""Ids: what applications call prompts by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.commands.state import read_state
from promptsync.files.target import preview_of
from promptsync.model.errors import UsageError

if TYPE_CHECKING:
    from promptsync.files.target import Target


def ids(target: Target, preview: str | None = None) -> dict[str, str]:
    """The id of each prompt of the lockfile by its key, in the order of the keys; offline.

    With the name of a preview, those that it holds are its own: so an application under test calls them, and what is
    live for the rest. Raises UsageError for what can be no name, or where there is no such preview.
    """
    prompts = dict(read_state(target).lock.prompts)
    if preview is not None:
        held = read_state(preview_of(target, preview)).lock.prompts
        if not held:
            raise UsageError(
                f"there is no preview {preview}", hint="`promptsync preview list` shows those that there are"
            )
        prompts |= held
    return {key: prompts[key].id for key in sorted(prompts)}
