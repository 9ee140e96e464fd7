"""Files that traded places, as in a swap or a chain of renames: each id follows the content that it belongs to.

Only what is said word for word counts, and only where every prompt that leaves its key has another one to go to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from promptsync.model.canonical import source_hash, source_hashes, source_hashes_named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import PromptFile

MOST_RENAMES = 50_000
"""How many pairs of a file and a name are looked at; there are more only where a whole tree was edited."""


@dataclass(frozen=True, slots=True)
class Trades:
    """`pairs` maps a key to that of the entry which its file was written from; the lock can follow all of them at once.

    `left` are files that say what one other entry was written from, where the lock cannot follow.
    """

    pairs: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def groups(self) -> Iterator[frozenset[str]]:
        """The keys of each swap or chain."""
        rest = set(self.pairs)
        # A chain is followed from its new end; what is left then are rings.
        for key in [*sorted(rest - set(self.pairs.values())), *sorted(rest)]:
            group = []
            while key in rest:
                rest.remove(key)
                group.append(key)
                key = self.pairs[key]
            if group:
                yield frozenset(group)


def find_trades(
    files: Mapping[str, PromptFile],
    entries: Mapping[str, LockEntry],
    sources: Mapping[str, str],
    spoken_for: Collection[str] = (),
) -> Trades:
    """The files that say what exactly one other entry was written from, and not what their own was.

    `sources` are the hashes of what the files say, by the rules that their own entries are hashed by. Copies are never
    guessed, neither two files that say the same nor two entries that were written from the same. The files of the keys
    `spoken_for` are left out.
    """
    at_home = {key for key, entry in entries.items() if sources.get(key) == entry.source}
    abroad = [file for key, file in files.items() if key not in at_home and key not in spoken_for]
    if all(file.key not in entries for file in abroad):
        return Trades()
    claims = _claims(abroad, entries, at_home)
    claims = _without_copies(claims, [files[key] for key in at_home], files) if claims else {}
    pairs = _closed(claims, files.keys(), entries.keys())
    left = {key: old for key, old in claims.items() if key not in pairs and (key in entries or old in files)}
    return Trades(pairs, left)


def exchanged(lock: Lockfile, pairs: Mapping[str, str]) -> Lockfile:
    """The lockfile with each entry under the key of the file that was written from it."""
    if not pairs:
        return lock
    leaving = set(pairs.values())
    prompts = {key: entry for key, entry in lock.prompts.items() if key not in leaving}
    prompts |= {key: lock.prompts[old].under_other_key() for key, old in pairs.items()}
    return replace(lock, prompts=prompts)


def _claims(abroad: list[PromptFile], entries: Mapping[str, LockEntry], at_home: Collection[str]) -> dict[str, str]:
    """For each file the key of the one entry that it was written from, if no other file was."""
    written: dict[str, set[str]] = defaultdict(set)
    for key, entry in entries.items():
        written[entry.source].add(key)
    names = {entry.display_name for key, entry in entries.items() if key not in at_home}
    if sum(not file.named for file in abroad) * len(names) > MOST_RENAMES:
        names = set()
    claims = {}
    for file in abroad:
        # A file that is named by its stem was named otherwise at its old place.
        renamed = source_hashes_named(file.prompt, names).values() if names and not file.named else ()
        hashes = {*source_hashes(file.prompt), *chain.from_iterable(renamed)}
        found = set().union(*(written.get(source, ()) for source in hashes))
        if len(found) == 1 and file.key not in found:
            claims[file.key] = found.pop()
    wanted = Counter(claims.values())
    return {key: old for key, old in claims.items() if wanted[old] == 1 and old not in at_home}


def _without_copies(
    claims: dict[str, str], at_home: list[PromptFile], files: Mapping[str, PromptFile]
) -> dict[str, str]:
    """The claims of files that no file at home is a copy of, but for a name that neither of them gives."""
    copied = {_nameless(file) for file in at_home if not file.named}
    return {key: old for key, old in claims.items() if files[key].named or _nameless(files[key]) not in copied}


def _nameless(file: PromptFile) -> str:
    return source_hash(replace(file.prompt, display_name=""))


def _closed(claims: Mapping[str, str], files: Collection[str], entries: Collection[str]) -> dict[str, str]:
    """The claims after which no entry and no file stays behind alone: whoever comes to a key sends another one on.

    A new file that an entry without a file moves to is a mere rename.
    """
    pairs = {key: old for key, old in claims.items() if key in entries or old in files}
    while True:
        moving = set(pairs.values())
        stuck = [
            key
            for key, old in pairs.items()
            if (key in entries and key not in moving) or (old in files and old not in pairs)
        ]
        if not stuck:
            return pairs
        for key in stuck:
            del pairs[key]
