"""What became of the entries from one lockfile to the next, as the history of a lockfile tells it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptsync.model.lockfile import LockEntry, Lockfile

Became: TypeAlias = Literal["created", "adopted", "updated", "moved", "recreated", "deleted", "recorded"]
"""What became of an entry. `adopted` is one whose path was never sent: it was there before. A prompt that was `deleted`
may also have been forgotten, which a lockfile does not tell. `recorded` is written anew, and says the same."""


class Held(NamedTuple):
    """A prompt as a lockfile holds it."""

    key: str
    id: str
    version: str | None


@dataclass(frozen=True, slots=True)
class LockChange:
    """What became of one prompt: as it was `before`, and as it is `now`; None where the lockfile has or had none."""

    became: Became
    before: Held | None
    now: Held | None

    @property
    def key(self) -> str:
        """The key that it has, or had."""
        return self._held.key

    @property
    def id(self) -> str:
        """The id that it has, or had."""
        return self._held.id

    @property
    def _held(self) -> Held:
        held = self.now or self.before
        assert held is not None  # noqa: S101 - one of the two is there
        return held


def lock_changes(before: Sequence[Lockfile], now: Lockfile) -> list[LockChange]:
    """What a lockfile says that none of those says which it comes from, sorted by key. Of a merge they are several."""
    first, *others = before
    found = _changes(first, now)
    for other in others:
        merged = {(change.key, change.id) for change in _changes(other, now)}
        found = [change for change in found if (change.key, change.id) in merged]
    return sorted(found, key=lambda change: change.key)


def _changes(before: Lockfile, now: Lockfile) -> list[LockChange]:
    keys, kept = {entry.id: key for key, entry in before.prompts.items()}, now.ids()
    other_rules = before.canonical != now.canonical
    found = []
    for key, entry in now.prompts.items():
        old_key = keys.get(entry.id)
        if old_key is None:
            found.append(_new(key, entry, before, kept))
        elif key != old_key or entry != before.prompts[old_key]:
            became = _became(key, entry, old_key, before.prompts[old_key], other_rules=other_rules)
            found.append(LockChange(became, _held(old_key, before.prompts[old_key]), _held(key, entry)))
    replaced = {change.before.id for change in found if change.before is not None}
    gone = ((key, entry) for key, entry in before.prompts.items() if entry.id not in kept | replaced)
    return [*found, *(LockChange("deleted", _held(key, entry), None) for key, entry in gone)]


def _new(key: str, entry: LockEntry, before: Lockfile, kept: frozenset[str]) -> LockChange:
    lost = before.prompts.get(key)
    if lost is not None and lost.id not in kept:
        return LockChange("recreated", _held(key, lost), _held(key, entry))
    return LockChange("adopted" if entry.path is None else "created", None, _held(key, entry))


def _became(key: str, entry: LockEntry, old_key: str, old: LockEntry, *, other_rules: bool) -> Became:
    if key != old_key:
        return "moved"
    if other_rules:
        old = replace(old, source=entry.source, remote=entry.remote)
    is_same = replace(old, added=entry.added, extra=entry.extra) == entry
    return "recorded" if is_same else "updated"


def _held(key: str, entry: LockEntry) -> Held:
    return Held(key, entry.id, entry.version)
