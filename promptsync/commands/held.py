"""What was recorded here along with files, and comes to the lockfile's branch once those are merged.

`import`, `adopt` and `mv` change files and lockfile as one. In the tree, git keeps the two together. On a branch of
lockfiles an entry that came before its file would be an orphan to everyone else, which a prune deletes, and a new key
one to move back. So such entries are held on this machine: they count in a checkout that has their files, and
`lock push` brings them to the branch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from unicodedata import normalize

from promptsync.commands.home import Unpushed, folder_of, read_recorded, with_recorded, write_recorded
from promptsync.files.disk import look_around
from promptsync.files.git import names_merged
from promptsync.files.keys import without_ending
from promptsync.model.errors import ConfigError
from promptsync.model.lockfile import Lockfile

if TYPE_CHECKING:
    from promptsync.files.target import Target
    from promptsync.model.lockfile import LockEntry

NOTHING = Unpushed(Lockfile(), Lockfile())
"""Nothing is held. Both sides of what is held have the entries alone that differ."""

_Held: TypeAlias = "tuple[str, LockEntry]"


class _Entry(NamedTuple):
    """What became of a prompt, each as key and entry, None where it is not locked."""

    before: _Held | None
    after: _Held | None

    @property
    def key(self) -> str:
        """The key whose file it waits for."""
        held = self.after or self.before
        assert held is not None  # noqa: S101 - of a prompt that at least one side has
        return held[0]

    def is_settled(self, there: _Held | None) -> bool:
        """Whether the branch ties key and id already, so that what it says of them is newer."""
        if there is None or self.after is None:
            return there == self.after
        return there != self.before and there[0] == self.after[0]


def hold(target: Target, before: Lockfile, after: Lockfile) -> None:
    """Holds what a command made of the lockfile `before`, with what is held already."""
    recorded = read_recorded(target, target.held_path) or NOTHING
    entries = _entries(recorded)
    for id, entry in _entries(Unpushed(before, after)).items():
        older = entries.pop(id, None)
        entries[id] = _Entry(older.before if older and older.after == entry.before else entry.before, entry.after)
    _write(target, Unpushed(before, after), entries)


def held_here(target: Target, lock: Lockfile, *, merged: bool = False) -> Unpushed:
    """What is held for the files of this checkout, and the lockfile of the branch does not tell already.

    With `merged`, only for those that the default branch of origin has too, as far as this clone knows of it.
    """
    recorded = read_recorded(target, target.held_path)
    if recorded is None:
        return NOTHING
    keys, there = _keys_here(target), _by_id(lock)
    if merged:
        keys &= _keys_merged(target)
    entries = {
        id: entry
        for id, entry in _entries(recorded).items()
        if entry.key in keys and not entry.is_settled(there.get(id))
    }
    return _recorded(recorded, entries)


def with_held(target: Target, lock: Lockfile, held: Unpushed) -> Lockfile:
    """The lockfile with what is held. Raises LockfileError where the two contradict."""
    return lock if held == NOTHING else with_recorded(target, target.held_path, held, lock)


def without_held(lock: Lockfile, held: Unpushed) -> Lockfile:
    """The lockfile without what is held and was not written since: an apply that wrote a prompt records it at once."""
    waiting = {key for key, entry in held.lock.prompts.items() if _is_as_held(lock.prompts.get(key), entry)}
    written = {entry.id for key, entry in held.lock.prompts.items() if key not in waiting}
    prompts = {key: entry for key, entry in lock.prompts.items() if key not in waiting}
    for key, entry in held.base.prompts.items():
        if entry.id not in written:
            prompts.setdefault(key, entry)
    return replace(lock, prompts=prompts)


def count_held(target: Target) -> int:
    """For how many prompts something is held here."""
    recorded = read_recorded(target, target.held_path)
    return len({entry.key for entry in _entries(recorded).values()}) if recorded is not None else 0


def settle(target: Target, lock: Lockfile) -> None:
    """Lets go of what the lockfile of the branch tells by now."""
    recorded, there = read_recorded(target, target.held_path), _by_id(lock)
    if recorded is not None:
        entries = _entries(recorded)
        _write(target, recorded, {id: one for id, one in entries.items() if not one.is_settled(there.get(id))})


def _is_as_held(entry: LockEntry | None, held: LockEntry) -> bool:
    """A version that the service gave to the same content since, and the fields that it added, are no write of ours."""
    return entry is not None and replace(entry, version=held.version, added=held.added) == held


def _write(target: Target, recorded: Unpushed, entries: dict[str, _Entry]) -> None:
    found = _recorded(recorded, {id: entry for id, entry in entries.items() if entry.before != entry.after})
    if found == NOTHING:
        target.held_path.unlink(missing_ok=True)
    else:
        write_recorded(target, target.held_path, found)


def _recorded(recorded: Unpushed, entries: dict[str, _Entry]) -> Unpushed:
    """Both sides of these entries alone. Of two for one key the later one stays."""
    if not entries:
        return NOTHING
    before = dict(entry.before for entry in entries.values() if entry.before is not None)
    after = dict(entry.after for entry in entries.values() if entry.after is not None)
    return Unpushed(replace(recorded.base, prompts=before), replace(recorded.lock, prompts=after))


def _entries(recorded: Unpushed) -> dict[str, _Entry]:
    """By id the prompts of which the two sides say something else."""
    before, after = _by_id(recorded.base), _by_id(recorded.lock)
    both = {id: _Entry(before.get(id), after.get(id)) for id in {**before, **after}}
    return {id: entry for id, entry in both.items() if entry.before != entry.after}


def _by_id(lock: Lockfile) -> dict[str, _Held]:
    return {entry.id: (key, entry) for key, entry in lock.prompts.items()}


def _keys_here(target: Target) -> set[str]:
    try:
        return look_around(target.root, max_bytes=target.config.max_file_bytes).keys()
    except ConfigError:
        return set()


def _keys_merged(target: Target) -> set[str]:
    """The keys at the tip of origin's default branch; none where this clone does not know it."""
    folder, names = folder_of(target), names_merged(target.root) or []
    keys = (without_ending(name.removeprefix(folder)) for name in names if name.startswith(folder))
    return {normalize("NFC", key) for key in keys}
