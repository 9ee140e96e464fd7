"""Three-way merge of a prompt: what only the service changed comes into the file, what both changed is told.

Compared is what a prompt says (`canonical`), so that the service's own rewriting never becomes an edit. What is
brought in is what the service holds, in the way the file says such things.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from promptsync.files.yaml.edits import Edit, Path, apply, field_of, get, identical
from promptsync.merge.texts import merge_texts
from promptsync.model.canonical import Ordered, canonical, is_turned
from promptsync.model.compare import SET_BY_SERVICE, generic, is_within
from promptsync.model.pairing import is_list_of_objects, pairs
from promptsync.model.prompt import CLASSIC, Json, Prompt
from promptsync.model.writing import same_writing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Resolve: TypeAlias = Literal["ours", "theirs"]

_MISSING: Any = object()
_UNKNOWN: Any = object()
"""In place of a base that no one has any more: then every difference is a conflict."""


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A field that the file and the service changed to different values; None where a side has none.

    `field` is a path such as `prompt.messages[0].content`, with the file's index. For elements that both sides put
    in at one place, `ours` and `theirs` are lists of them, unless each is a single one.
    """

    field: str
    base: Any
    ours: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """What to do to the file, one edit after the other, and what waits for a decision.

    `left` names the fields that the service added by itself, and whose values it changed since: the file does not
    say them, so they stay the service's. `decided` would be conflicts but for `resolve`.
    """

    edits: list[Edit]
    conflicts: list[FieldConflict]
    left: list[str] = field(default_factory=list)
    decided: list[FieldConflict] = field(default_factory=list)


def merge(
    base: Prompt | None,
    ours: Prompt,
    theirs: Prompt,
    added: Collection[str] = (),
    *,
    resolve: Resolve | None = None,
    provider: str | None = None,
) -> Merged:
    """Merges what the service changed since `base` into `ours`, the file.

    Without a `base` every difference is a conflict. `added` names the fields that are the service's own where the
    file does not have them. `resolve` decides conflicts: "theirs" makes edits of them, "ours" drops them; lines of a
    text that do not overlap are merged all the same. `provider` is the provider of `theirs`, where its block cannot
    tell it. A file and a service that have no dialect in common differ in the block as a whole.
    """
    own = {generic(name) for name in added} | SET_BY_SERVICE
    provider = _provider(theirs) or provider
    file = _content(ours, _provider(ours))
    service, held = _without_own(_content(theirs, provider), file, own)
    before, had = _without_own(_content(base, _provider(base)), file, own) if base else (_UNKNOWN, {})
    if base and not base.dialect == theirs.dialect == ours.dialect:
        before = {name: value for name, value in before.items() if name != base.dialect}
        before[ours.dialect] = before[theirs.dialect] = _UNKNOWN
    merger = _Merger(ours, provider, resolve)
    merger.value((), before, file, service)
    changed = [name for name, value in held.items() if name in had and not identical(value, had[name])]
    return Merged(merger.edits, merger.conflicts, changed, merger.decided)


def document(prompt: Prompt) -> Json:
    """A prompt laid out as its file: where the paths of edits lead."""
    about: Json = {"display_name": prompt.display_name, "description": prompt.description}
    return {**about, "metadata": prompt.metadata, prompt.dialect: prompt.block, **prompt.extra}


class _Merger:
    def __init__(self, ours: Prompt, provider: str | None, resolve: Resolve | None) -> None:
        self.dialect = ours.dialect
        self.file = document(ours)
        self.provider = provider
        self.resolve = resolve
        self.edits: list[Edit] = []
        self.conflicts: list[FieldConflict] = []
        self.decided: list[FieldConflict] = []

    def value(self, path: Path, base: Any, ours: Any, theirs: Any) -> None:
        """One value and all below it; `_MISSING` where a side has none."""
        base, theirs = _ending_as(ours, base, theirs)
        if self.same(path, ours, theirs) or (base is not _UNKNOWN and self.same(path, base, theirs)):
            return
        if isinstance(ours, dict) and isinstance(theirs, dict):
            self.mapping(path, base, ours, theirs)
        elif is_list_of_objects(ours, theirs) and (base in (_UNKNOWN, _MISSING) or is_list_of_objects(base)):
            self.items(path, base, ours, theirs)
        elif self.is_untouched(path, base, ours):
            self.take(path, theirs)
        else:
            self.both_changed(path, base, ours, theirs)

    def mapping(self, path: Path, base: Any, ours: Json, theirs: Json) -> None:
        around = base if isinstance(base, dict) else {}
        absent = _UNKNOWN if base is _UNKNOWN else _MISSING
        for name in [*theirs, *(name for name in ours if name not in theirs)]:
            before = around.get(name, absent)
            self.value((*path, name), before, ours.get(name, _MISSING), theirs.get(name, _MISSING))
        if isinstance(ours, Ordered) and isinstance(theirs, Ordered):
            self.order(path, base, ours, theirs)

    def order(self, path: Path, base: Any, ours: Ordered, theirs: Ordered) -> None:
        """The order of keys: what stands behind the last one that is in its place is taken out and put in again."""
        if not is_turned(ours, theirs) or (isinstance(base, dict) and not is_turned(base, ours)):
            wanted = _joined(theirs, ours)
        elif isinstance(base, dict) and not is_turned(base, theirs):
            wanted = _joined(ours, theirs)
        else:
            wanted = _joined(theirs, ours) if self.is_conflict(path, base, ours, theirs) else _joined(ours, theirs)
        held = get(apply(self.file, self.edits), path)
        wanted = [name for name in wanted if name in held]
        rest = iter(held)
        moved = wanted[next((at for at, name in enumerate(wanted) if name not in rest), len(wanted)) :]
        for name in moved:
            self.edits += [Edit((*path, name), "remove"), Edit((*path, name), "set", held[name])]

    def both_changed(self, path: Path, base: Any, ours: Any, theirs: Any) -> None:
        if isinstance(base, str) and isinstance(ours, str) and isinstance(theirs, str):
            merged = merge_texts(base, ours, theirs, prefer=self.resolve)
            if merged is not None:
                if self.resolve is not None and merge_texts(base, ours, theirs) is None:
                    self.is_conflict(path, base, ours, theirs)
                if merged != ours:
                    self.take(path, merged)
                return
        if self.is_conflict(path, base, ours, theirs):
            self.take(path, theirs)

    def is_conflict(self, path: Path, base: Any, ours: Any, theirs: Any) -> bool:
        """Tells of a conflict, unless it is decided; whether it is decided for the service."""
        shown = [None if side in (_MISSING, _UNKNOWN) else side for side in (base, ours, theirs)]
        told = self.conflicts if self.resolve is None else self.decided
        told.append(FieldConflict(field_of(path), *shown))
        return self.resolve == "theirs"

    def items(self, path: Path, base: Any, ours: list[Any], theirs: list[Any]) -> None:
        """Lists of objects, from their end so that the indexes before stay right."""
        known = base is not _UNKNOWN
        before = (base if base is not _MISSING else []) if known else ours
        in_ours = pairs(before, ours) if known else {index: index for index in range(len(ours))}
        in_theirs = pairs(before, theirs)
        kept = sorted(in_ours)
        regions = _regions(before, theirs, in_theirs, kept)
        for low, high in reversed(list(zip([-1, *kept], [*kept, len(before)], strict=True))):
            at = in_ours.get(low, -1) + 1
            stop = in_ours.get(high, len(ours))
            self.between(path, at, ours[at:stop], regions[low], known=known)
            if low >= 0:
                element = before[low] if known else _UNKNOWN
                mine = ours[in_ours[low]]
                other = theirs[in_theirs[low]] if low in in_theirs else _MISSING
                self.item((*path, in_ours[low]), element, mine, other)

    def item(self, path: Path, base: Any, ours: Any, theirs: Any) -> None:
        if theirs is not _MISSING:
            self.value(path, base, ours, theirs)
        elif self.is_untouched(path, base, ours) or self.is_conflict(path, base, ours, theirs):
            self.edits.append(Edit(path, "remove"))

    def between(self, path: Path, at: int, ours: list[Any], theirs: list[tuple[Any, Any]], *, known: bool) -> None:
        """What both sides have put in between two elements; `theirs` with the base of what we have taken out."""
        incoming: list[Any] = []
        for base, item in theirs:
            if base is _MISSING and known:
                incoming.append(item)
            elif known and self.same(path, base, item):
                continue
            elif self.is_conflict((*path, at), base if known else _UNKNOWN, _MISSING, item):
                incoming.append(item)
        if not incoming or not self.missing_from(ours, incoming):
            return
        if self.missing_from(incoming, ours):
            mine, other = (side[0] if len(side) == 1 else side for side in (ours, incoming))
            if not self.is_conflict((*path, at), _MISSING, mine, other):
                return
            self.edits += [Edit((*path, at + index), "remove") for index in reversed(range(len(ours)))]
            ours = []
        found = 0
        places: list[tuple[int, Any]] = []
        for item in incoming:
            if found < len(ours) and self.same(path, ours[found], item):
                found += 1
            else:
                places.append((at + found, item))
        self.edits += [Edit((*path, place), "insert", self.as_file(path, item)) for place, item in reversed(places)]

    def missing_from(self, some: list[Any], wanted: list[Any]) -> list[Any]:
        """Those of `wanted` that are not, in order, in `some`."""
        rest = list(some)
        missing: list[Any] = []
        for item in wanted:
            at = next((index for index, other in enumerate(rest) if self.same((), other, item)), None)
            if at is None:
                missing.append(item)
            else:
                del rest[: at + 1]
        return missing

    def is_untouched(self, path: Path, base: Any, ours: Any) -> bool:
        """Whether the file says what the service held, which may have written it in its own way."""
        return base is not _UNKNOWN and (self.same(path, base, ours) or same_writing(base, ours))

    def same(self, path: Path, one: Any, other: Any) -> bool:
        if one is other:
            return True
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys() or (isinstance(one, Ordered) and is_turned(one, other)):
                return False
            return all(self.same((*path, k), one[k], other[k]) for k in one)
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(self.same(path, *both) for both in zip(one, other, strict=True))
        if path[-1:] == ("model",) and isinstance(one, str) and isinstance(other, str):
            return _is_same_model(one, other)
        return type(one) is type(other) and bool(one == other)

    def take(self, path: Path, value: Any) -> None:
        """Brings the service's value into the file."""
        if value is not _MISSING:
            said = self.as_file(path, value)
            if not identical(self.held(path), said):
                self.edits.append(Edit(path, "set", said))
        elif self.is_required(path):
            self.edits.append(Edit(path, "set", [] if path[-1] == "messages" else None))
        else:
            self.edits.append(Edit(path, "remove"))

    def is_required(self, path: Path) -> bool:
        """Whether the shapes ask for a key even where the service holds nothing."""
        if path[1:] == ("messages",):
            return True
        if len(path) != 4 or path[1] != "messages":
            return False
        return path[3] == ("content" if self.dialect == CLASSIC else "tool_call_id")

    def held(self, path: Path) -> Any:
        """What the file itself says; None where it says nothing."""
        try:
            return get(self.file, path)
        except LookupError:
            return None

    def as_file(self, path: Path, value: Any) -> Any:
        """What the service holds, said as the file says such things."""
        held = self.held(path)
        if path == (self.dialect, "model") and isinstance(value, str):
            return self.model(held, value)
        if path == ("metadata", "use_cases") and isinstance(held, list) and isinstance(value, list):
            return [*(item for item in held if item in value), *(item for item in value if item not in held)]
        if isinstance(held, float) and type(value) is int:
            return float(value)
        if path[1:2] == ("messages",) and len(path) in (2, 3) and isinstance(value, dict):
            return self.message(value)
        if path[1:] == ("messages",) and isinstance(value, list):
            return [self.message(item) if isinstance(item, dict) else item for item in value]
        if path == (self.dialect,) and isinstance(value, dict):
            return {name: self.as_file((*path, name), item) for name, item in value.items()}
        return value

    def message(self, value: Json) -> Json:
        if self.dialect == CLASSIC:
            return {**value, "content": value.get("content")}
        return {**value, "tool_call_id": value.get("tool_call_id")} if value.get("role") == "tool" else value

    def model(self, held: Any, value: str) -> str:
        """With the provider before it if the file says it so, or if nothing else in the file would say it."""
        block = self.file[self.dialect]
        provider = block.get("provider") if self.dialect == CLASSIC else None
        if not isinstance(held, str):
            is_bare = self.dialect == CLASSIC
        else:
            is_bare = "/" not in held if provider is None else not held.startswith(f"{provider}/")
        return value.removeprefix(f"{self.provider}/") if is_bare and self.provider else value


def _joined(lead: Json, other: Json) -> list[str]:
    """The keys of both: those of `lead` in their order, each of the rest behind what it follows in `other`."""
    names, before = list(lead), -1
    for name in other:
        if name not in lead:
            names.insert(before + 1, name)
        before = names.index(name)
    return names


def _ending_as(ours: Any, base: Any, theirs: Any) -> tuple[Any, Any]:
    """Base and theirs with the final newlines of ours, where no one but the service's way of writing changed them."""
    if not all(isinstance(side, str) for side in (ours, base, theirs)) or _end(base) != _end(theirs):
        return base, theirs
    return base.rstrip("\n") + _end(ours), theirs.rstrip("\n") + _end(ours)


def _end(text: str) -> str:
    return text[len(text.rstrip("\n")) :]


def _regions(
    before: list[Any], theirs: list[Any], in_theirs: dict[int, int], kept: list[int]
) -> defaultdict[int, list[tuple[Any, Any]]]:
    """What the service has behind each element of the base that is `kept`, up to the next: (its base or none, it).

    What comes before the first of them is behind -1.
    """
    base_of = {index: base for base, index in in_theirs.items()}
    found: defaultdict[int, list[tuple[Any, Any]]] = defaultdict(list)
    places = [-1, *kept]
    last = -1
    for index, item in enumerate(theirs):
        last = base_of.get(index, last)
        low = places[bisect_right(kept, last)]
        if index not in base_of:
            found[low].append((_MISSING, item))
        elif last != low:
            found[low].append((before[last], item))
    return found


def _without_own(content: Json, file: Json, own: Collection[str]) -> tuple[Json, Json]:
    """`content` without the service's own fields that the file does not have, and those fields."""
    dropped: Json = {}
    return _keep("", content, set(_fields("", file)), own, dropped), dropped


def _fields(name: str, value: Any) -> Iterator[str]:
    """The paths of all fields in a value: `prompt.messages[].name`."""
    if isinstance(value, list):
        for item in value:
            yield from _fields(f"{name}[]", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            field_name = f"{name}.{key}" if name else key
            yield field_name
            yield from _fields(field_name, item)


def _keep(name: str, value: Any, ours: Collection[str], own: Collection[str], dropped: Json) -> Any:
    if isinstance(value, list):
        return [_keep(f"{name}[]", item, ours, own, dropped) for item in value]
    if not isinstance(value, dict):
        return value
    kept: Json = type(value)()  # an Ordered stays one
    for key, item in value.items():
        field_name = f"{name}.{key}" if name else key
        if field_name not in ours and is_within(field_name, own):
            dropped.setdefault(field_name, []).append(item)
        else:
            kept[key] = _keep(field_name, item, ours, own, dropped)
    return kept


def _provider(prompt: Prompt) -> str | None:
    provider = prompt.block.get("provider") if prompt.dialect == CLASSIC else None
    return provider if isinstance(provider, str) else None


def _content(prompt: Prompt, provider: str | None) -> Json:
    """What a prompt says, with the provider before its model's name if it is known."""
    content = canonical(prompt)
    block = content.get(prompt.dialect)
    model = block.get("model") if isinstance(block, dict) else None
    if provider and isinstance(model, str) and not model.startswith(f"{provider}/"):
        content[prompt.dialect] = {**content[prompt.dialect], "model": f"{provider}/{model}"}
    return content


def _is_same_model(one: str, other: str) -> bool:
    """One side may have the provider before the name."""
    if one == other:
        return True
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    prefix, _, rest = longer.partition("/")
    return bool(prefix) and rest == shorter
