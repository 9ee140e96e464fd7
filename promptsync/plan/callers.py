"""What a change means for the applications that call a prompt: each version is live at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.naming import few
from promptsync.model.variables import variables

if TYPE_CHECKING:
    from promptsync.model.prompt import PromptFile, RemotePrompt

_SHOWN = 5


def lost_variables(file: PromptFile, remote: RemotePrompt | None) -> tuple[str, ...]:
    """A sentence on the variables that the service's prompt has and the file's has not; empty where there is none."""
    if remote is None:
        return ()
    held = variables(list(remote.blocks.values()))
    lost = sorted(held - variables(file.prompt.block)) if held else []
    if not lost:
        return ()
    names = few([f"{{{{{name}}}}}" for name in lost], _SHOWN)
    return (f"it no longer has {names}: look at the applications that fill in what is gone",)
