"""Where the values of a change stand, if not in the prompt's own file, and what else such a place reaches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from promptsync.model.compare import is_part
from promptsync.plan.changes import Adopt, Conflict, Create, Move, Recreate, Update

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptsync.model.prompt import PromptFile
    from promptsync.plan.changes import Change


class Reach(NamedTuple):
    """A file that several prompts share, as its place under the root, and the keys of those that change with it."""

    place: str
    keys: tuple[str, ...]


def file_of(change: Change) -> PromptFile | None:
    """The file that a change is about, if there is one."""
    if change.edited is not None:
        return change.edited.file
    return change.file if isinstance(change, Create | Update | Move | Recreate | Adopt) else None


def with_origins(change: Change) -> Change:
    """The change with the places of those of its fields that its own file does not give."""
    file = file_of(change)
    fields = [item.field for item in change.diff]
    origins = tuple(
        origin
        for origin in (file.origins if file else ())
        if any(is_part(field, origin.field) or is_part(origin.field, field) for field in fields)
    )
    return replace(change, origins=origins) if origins else change


def reaches(changes: Iterable[Change]) -> list[Reach]:
    """The files that give what changes here in more than one prompt; new prompts and edits on the service aside."""
    found: dict[str, dict[str, None]] = {}
    for change in changes:
        for origin in change.origins if isinstance(change, Update | Move | Conflict) else ():
            found.setdefault(origin.place, {})[change.key] = None
    return [Reach(place, tuple(keys)) for place, keys in sorted(found.items()) if len(keys) > 1]
