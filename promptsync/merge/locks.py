"""Two sides of a lockfile joined prompt by prompt, with their base where there is one.

A prompt is known by its id: its entry and its key are merged apart, so that a prompt that one side moved and the
other updated is both. A true conflict is only where both sides wrote different things of one prompt, or gave one key
to two prompts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from promptsync.model.canonical import canonical_json
from promptsync.model.errors import LockfileError
from promptsync.model.lockfile import LockEntry, Lockfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptsync.model.prompt import Json

_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class MergedLock:
    """The joined lockfile. `conflicts` are the keys, sorted, that a person must look at: there `lock` holds our side.

    `reasons` tells for each of them what the two sides disagree about. `left_out` are the ids, with the key that each
    wanted, of prompts that `lock` has no place for, since another one has their key.
    """

    lock: Lockfile
    conflicts: list[str]
    reasons: dict[str, str]
    left_out: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Held:
    """A prompt as one side has it."""

    key: str
    entry: LockEntry


def merge_locks(base: Lockfile | None, ours: Lockfile, theirs: Lockfile) -> MergedLock:
    """The lockfile that has the changes of both sides since `base`; without it, what either side has.

    An entry that one side removed stays removed, unless the other changed it. Raises LockfileError for sides of two
    workspaces.
    """
    if ours.owner is not None and theirs.owner is not None and ours.owner != theirs.owner:
        raise LockfileError(
            f"the two sides belong to two workspaces, {ours.owner} and {theirs.owner}",
            hint="take the side of the workspace that this branch deploys to",
        )
    return _Merge(base or Lockfile(), ours, theirs).merged()


def edits(base: Lockfile, now: Lockfile) -> Iterator[tuple[str, str]]:
    """What became of the entries of `base` that no plan tells: the key that each had, and a sentence.

    A key that is another prompt, one whose path is said to be sent already, or one that is no longer protected, looks
    like any other in a plan.
    """
    kept = {entry.id for entry in now.prompts.values() if entry.protected}
    for key, before in sorted(base.prompts.items()):
        after = now.prompts.get(key)
        if after is not None and after.id != before.id:
            yield key, f"`{key}` is the prompt {after.id} here, and was {before.id} where this branch began"
        elif after is not None and after.path != before.path:
            here, there = (f"`{path}`" if path else "a path that no one knows" for path in (after.path, before.path))
            yield (
                key,
                f"`{key}` ({before.id}) is locked in {here} here, and was in {there} where this branch began",
            )
        if before.protected and before.id not in kept:
            yield key, f"`{key}` ({before.id}) is not protected here, and was where this branch began"


class _Merge:
    def __init__(self, base: Lockfile, ours: Lockfile, theirs: Lockfile) -> None:
        self.sides = (base, ours, theirs)
        self.base, self.ours, self.theirs = (_by_id(lock) for lock in self.sides)
        self.reasons: dict[str, str] = {}
        self.wanted: dict[str, set[str]] = {}

    def merged(self) -> MergedLock:
        base, ours, theirs = self.sides
        ids = sorted(self.base.keys() | self.ours.keys() | self.theirs.keys())
        held = {id: one for id in ids if (one := self._one(id)) is not None}
        prompts = self._by_key(held)
        placed = {entry.id for entry in prompts.values()}
        lock = Lockfile(
            prompts=prompts,
            owner=ours.owner if ours.owner is not None else theirs.owner,
            canonical=_canonical(ours, theirs),
            extra=_merge_extra(base.extra, ours.extra, theirs.extra),
        )
        left_out = {id: one.key for id, one in held.items() if id not in placed}
        return MergedLock(lock, sorted(self.reasons), dict(sorted(self.reasons.items())), left_out)

    def _one(self, id: str) -> _Held | None:
        """What becomes of one prompt."""
        base, ours, theirs = self.base.get(id), self.ours.get(id), self.theirs.get(id)
        if ours is None or theirs is None:
            rest = ours or theirs
            if rest is None or rest == base:
                return None
            self.wanted.setdefault(rest.key, set()).add(id)
            return rest
        key = _three_way(base.key if base else None, ours.key, theirs.key)
        for wanted in (ours.key, theirs.key) if key is None else (key,):
            self.wanted.setdefault(wanted, set()).add(id)
            if key is None:
                self._conflict(wanted, f"the prompt {id} was moved to two places, {_named(ours.key, theirs.key)}")
        entry = _merge_entry(base.entry if base else None, ours.entry, theirs.entry)
        if entry is None:
            for wanted in (ours.key, theirs.key) if key is None else (key,):
                self._conflict(wanted, f"both sides changed the prompt {id}")
        return _Held(ours.key if key is None else key, entry or ours.entry)

    def _by_key(self, held: dict[str, _Held]) -> dict[str, LockEntry]:
        """The entries by key, ours first; of two prompts with one key the other one goes back to where it was."""
        for key, ids in self.wanted.items():
            if len(ids) > 1:
                for contested in {key, *(self.base[id].key for id in ids if id in self.base)}:
                    self._conflict(
                        contested, f"`{key}` is one prompt on our side and another on theirs: {_named(*ids)}"
                    )
        prompts: dict[str, LockEntry] = {}
        losers = []
        for id, one in sorted(held.items(), key=lambda item: not self._is_ours(*item)):
            if one.key in prompts:
                losers.append(id)
            else:
                prompts[one.key] = one.entry
        for id in losers:
            if id in self.base:
                prompts.setdefault(self.base[id].key, held[id].entry)
        return prompts

    def _is_ours(self, id: str, one: _Held) -> bool:
        return id in self.ours and self.ours[id].key == one.key

    def _conflict(self, key: str, reason: str) -> None:
        self.reasons.setdefault(key, reason)


def _canonical(ours: Lockfile, theirs: Lockfile) -> int:
    """The newer rules where hashes of both can be told apart, else the older: those are hashed anew."""
    newer = ours.is_comparable and theirs.is_comparable
    return (max if newer else min)(ours.canonical, theirs.canonical)


def _named(*names: str) -> str:
    return " and ".join(f"`{name}`" for name in sorted(names))


def _by_id(lock: Lockfile) -> dict[str, _Held]:
    return {entry.id: _Held(key, entry) for key, entry in lock.prompts.items()}


def _three_way(base: Any, ours: Any, theirs: Any) -> Any:
    """The side that changed; None where both did, to different things."""
    if ours == theirs or theirs == base:
        return ours
    return theirs if ours == base else None


def _merge_entry(base: LockEntry | None, ours: LockEntry, theirs: LockEntry) -> LockEntry | None:
    """One entry of the two: content, path and protection apart, since a move changes the path alone."""
    content = _three_way(base and _content(base), _content(ours), _content(theirs))
    if content is None:
        content = _reconciled(ours, theirs)
    extra = [entry.extra if entry else {} for entry in (base, ours, theirs)]
    if content is None or not _can_merge_extra(*extra):
        return None
    path = _three_way((base.path,) if base else (None,), (ours.path,), (theirs.path,))
    if path is None:
        return None
    version, display_name, dialect, source, remote, added = content
    return replace(
        ours,
        version=version,
        display_name=display_name,
        dialect=dialect,
        source=source,
        remote=remote,
        added=added,
        path=path[0],
        protected=_protected(base, ours, theirs),
        extra=_merge_extra(*extra),
    )


def _content(entry: LockEntry) -> tuple[Any, ...]:
    """What was agreed about the content, which belongs together."""
    return (entry.version, entry.display_name, entry.dialect, entry.source, entry.remote, tuple(sorted(entry.added)))


def _reconciled(ours: LockEntry, theirs: LockEntry) -> tuple[Any, ...] | None:
    """One content of two that say the same: where the hashes agree, the version decides nothing."""
    same = [(entry.display_name, entry.dialect, entry.source, entry.remote) for entry in (ours, theirs)]
    if same[0] != same[1]:
        return None
    version = max(filter(None, (ours.version, theirs.version)), default=None)
    return (version, *same[0], tuple(sorted({*ours.added, *theirs.added})))


def _protected(base: LockEntry | None, ours: LockEntry, theirs: LockEntry) -> bool:
    """A protection that both sides know was taken away by one is gone; in doubt a prompt is protected."""
    if base is not None and base.protected:
        return ours.protected and theirs.protected
    return ours.protected or theirs.protected


def _merge_extra(base: Json, ours: Json, theirs: Json) -> Json:
    merged = {}
    for name in sorted({*ours, *theirs}):
        value = _extra(name, base, ours, theirs, lambda one, other: max(one, other, key=_sortable))
        if value is not _ABSENT:
            merged[name] = value
    return merged


def _can_merge_extra(base: Json, ours: Json, theirs: Json) -> bool:
    clashes: list[Any] = []
    for name in {*ours, *theirs}:
        _extra(name, base, ours, theirs, lambda *both: clashes.append(both))
    return not clashes


def _extra(name: str, base: Json, ours: Json, theirs: Json, clash: Callable[[Any, Any], Any]) -> Any:
    sides = [(side.get(name, _ABSENT),) for side in (base, ours, theirs)]
    value = _three_way(*sides)
    return value[0] if value is not None else clash(sides[1][0], sides[2][0])


def _sortable(value: Any) -> bytes:
    return b"" if value is _ABSENT else canonical_json(value)
