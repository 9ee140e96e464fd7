"""Where the values of a change stand, if not in the prompt's own file, and what else such a place reaches."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from promptsync.model.compare import is_part
from promptsync.model.joined import changed_alone
from promptsync.model.prompt import Origin
from promptsync.plan.changes import Adopt, Create, Drift, Recreate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from promptsync.model.compare import FieldDiff
    from promptsync.model.prompt import Included, PromptFile
    from promptsync.plan.changes import Change


class Reach(NamedTuple):
    """A file that several prompts share, as its place under the root, and the keys of those that change with it."""

    place: str
    keys: tuple[str, ...]


def file_of(change: Change) -> PromptFile | None:
    """The file that a change is about, if there is one."""
    if change.edited is not None:
        return change.edited.file
    file: PromptFile | None = getattr(change, "file", None)
    return file


def shared_texts(files: Iterable[PromptFile]) -> frozenset[str]:
    """The places of the texts that more than one of the files include."""
    counts = Counter(place for file in files for place in {part.place for part in file.parts})
    return frozenset(place for place, count in counts.items() if count > 1)


def with_origins(change: Change, shared: Collection[str] = ()) -> Change:
    """The change with the places of those of its fields that its own file does not give, or by a `shared` text."""
    file = file_of(change)
    if file is None:
        return change
    fields = [item.field for item in change.diff]
    origins = [
        origin
        for origin in file.origins
        if any(is_part(field, origin.field) or is_part(origin.field, field) for field in fields)
    ]
    changed = [part for item in change.diff for part in _changed_parts(item, file)]
    origins += [Origin(part.field, part.place, 1, "text") for part in changed if part.place in shared]
    return replace(change, origins=tuple(origins)) if origins else change


def _changed_parts(item: FieldDiff, file: PromptFile) -> list[Included]:
    """The parts of a text that may have changed: those of which one alone did, else all."""
    parts = [part for part in file.parts if part.field == item.field]
    if not isinstance(item.before, str) or not isinstance(item.after, str):
        return []
    texts = [item.after[part.start : part.end] for part in parts]
    alone = changed_alone(texts, item.before)
    return [part for at, part in enumerate(parts) if at in alone or not alone]


def reaches(changes: Iterable[Change]) -> list[Reach]:
    """The files that give what changes here in more than one prompt; new prompts and edits on the service aside."""
    found: dict[str, dict[str, None]] = {}
    for change in changes:
        for origin in () if isinstance(change, Create | Recreate | Adopt | Drift) else change.origins:
            found.setdefault(origin.place, {})[change.key] = None
    return [Reach(place, tuple(keys)) for place, keys in sorted(found.items()) if len(keys) > 1]
