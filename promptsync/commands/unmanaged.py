"""Unmanaged: what the service holds beside the lockfiles of a root. It is looked at, and never touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.commands.connect import connect
from promptsync.commands.gather import read_prompts
from promptsync.commands.state import ids_elsewhere, read_state
from promptsync.model.errors import UsageError
from promptsync.plan.filters import Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from promptsync.files.target import Target
    from promptsync.model.lockfile import Lockfile
    from promptsync.model.prompt import RemotePrompt
    from promptsync.service.calls import Exchange

ANY = Filter()
"""Every prompt."""


def unmanaged(
    target: Target, wanted: Filter = ANY, *, observer: Callable[[Exchange], None] | None = None
) -> list[RemotePrompt]:
    """The prompts on the service that no lockfile of this root holds, newest first.

    Raises UsageError where `wanted` asks for folders and the service tells none.
    """
    state = read_state(target)
    with connect(target, read_only=True, observer=observer) as api:
        service = read_prompts(api, target, state)
    return matching(not_managed(target, state.lock, service.values()), wanted)


def not_managed(target: Target, lock: Lockfile, service: Iterable[RemotePrompt]) -> list[RemotePrompt]:
    """Those of the service's prompts that no lockfile of this root holds, newest first."""
    managed = lock.ids() | ids_elsewhere(target)
    return sorted(
        (prompt for prompt in service if prompt.id not in managed), key=lambda prompt: prompt.id, reverse=True
    )


def matching(found: list[RemotePrompt], wanted: Filter) -> list[RemotePrompt]:
    """Those of some prompts that are wanted. Raises UsageError as `unmanaged` does."""
    if wanted.paths and found and all(prompt.path is None for prompt in found):
        raise UsageError("this service does not tell in which folder a prompt is", hint="leave out --path; try --name")
    return [prompt for prompt in found if wanted.takes(prompt)]
