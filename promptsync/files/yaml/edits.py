"""A change to a prompt file as data: what to set, take out or put in, and where.

A path names keys and indexes as the file has them. Edits are made one after the other, so the path of each counts from
what the ones before it have left.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from promptsync.model.canonical import canonical_json
from promptsync.model.errors import PromptsyncError
from promptsync.model.pairing import is_list_of_objects, pairs

if TYPE_CHECKING:
    from collections.abc import Iterable

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """`set` gives a field or list item a value, `remove` takes it out, `insert` puts an item into a list at an index.

    Mappings that are missing on the way to a field that is set are made.
    """

    path: Path
    op: Literal["set", "remove", "insert"]
    value: Any = None

    @property
    def field(self) -> str:
        """The path as it is shown: `prompt.messages[0].content`."""
        return field_of(self.path)


class EditError(PromptsyncError):
    """An edit that cannot be made so that nothing else changes; the text stays as it is. `edit` is the one meant."""

    def __init__(self, message: str, *, edit: Edit | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.edit = edit


def field_of(path: Path) -> str:
    """A path as it is shown: `prompt.messages[0].content`."""
    shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return shown.removeprefix(".")


def apply(data: Any, edits: Iterable[Edit]) -> Any:
    """`data` with the edits made; `data` itself stays as it is. Raises LookupError if there is no such place."""
    data = deepcopy(data)
    for edit in edits:
        data = make(data, edit)
    return data


def make(data: Any, edit: Edit) -> Any:
    """`data` with the edit made in it, which changes `data` itself. Raises LookupError if there is no such place."""
    holder = {"": data}
    _make(holder, ("", *edit.path), edit)
    return holder[""]


def get(data: Any, path: Path) -> Any:
    """The value at `path`. Raises LookupError if there is none."""
    for step in path:
        if not (isinstance(data, dict) if isinstance(step, str) else isinstance(data, list)):
            raise LookupError(field_of(path))
        data = data[step]
    return data


def identical(one: Any, other: Any) -> bool:
    """Whether two values are the same data, with 1, 1.0 and true kept apart and the order of keys left out."""
    return canonical_json(one) == canonical_json(other)


def refine(before: Any, after: Any, path: Path = ()) -> list[Edit]:
    """The smallest edits found that make `before`, which stands at `path`, into `after`."""
    if isinstance(before, dict) and isinstance(after, dict):
        return _refine_mapping(before, after, path)
    if isinstance(before, list) and isinstance(after, list):
        return _refine_list(before, after, path)
    return [] if identical(before, after) else [Edit(path, "set", after)]


def _make(data: Any, path: Path, edit: Edit) -> None:
    *parents, last = path
    for step in parents:
        data = _step(data, step, make=edit.op == "set")
    if edit.op == "insert":
        if not isinstance(data, list) or not isinstance(last, int) or not 0 <= last <= len(data):
            raise LookupError(edit.field)
        data.insert(last, deepcopy(edit.value))
    elif edit.op == "remove":
        get(data, (last,))
        del data[last]
    elif isinstance(last, int):
        get(data, (last,))
        data[last] = deepcopy(edit.value)
    elif isinstance(data, dict):
        data[last] = deepcopy(edit.value)
    else:
        raise LookupError(edit.field)


def _step(data: Any, step: str | int, *, make: bool) -> Any:
    if make and isinstance(step, str) and isinstance(data, dict) and data.get(step) is None:
        data[step] = {}
    return get(data, (step,))


def _refine_mapping(before: dict[str, Any], after: dict[str, Any], path: Path) -> list[Edit]:
    found: list[Edit] = []
    for name, value in after.items():
        if name in before:
            found += refine(before[name], value, (*path, name))
        else:
            found.append(Edit((*path, name), "set", value))
    return found + [Edit((*path, name), "remove") for name in before if name not in after]


def _refine_list(before: list[Any], after: list[Any], path: Path) -> list[Edit]:
    """From the end to the beginning, so that the indexes still to come stay right."""
    matched = pairs(before, after) if is_list_of_objects(before, after) else _in_place(before, after)
    found: list[Edit] = []
    ends = (len(before), len(after))
    for old, new in [*sorted(matched.items(), reverse=True), (-1, -1)]:
        found += [Edit((*path, index), "remove") for index in reversed(range(old + 1, ends[0]))]
        found += [Edit((*path, old + 1), "insert", after[index]) for index in reversed(range(new + 1, ends[1]))]
        if old >= 0:
            found += refine(before[old], after[new], (*path, old))
        ends = (old, new)
    return found


def _in_place(one: list[Any], other: list[Any]) -> dict[int, int]:
    """Likewise of plain values, which are recognised by nothing but themselves: what changed stays where it is."""
    matcher = SequenceMatcher(
        None, [canonical_json(item) for item in one], [canonical_json(item) for item in other], False
    )
    found: dict[int, int] = {}
    for _, one_from, one_to, other_from, other_to in matcher.get_opcodes():
        found |= dict(zip(range(one_from, one_to), range(other_from, other_to), strict=False))
    return found
