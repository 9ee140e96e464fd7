"""Which new file is which locked prompt whose file is gone: a rename keeps the id, if there is no doubt."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from promptsync.model.canonical import canonical_block, digest, source_hashes, source_hashes_named
from promptsync.model.compare import SET_BY_SERVICE, drop, on_the_wire
from promptsync.model.prompt import CURRENT
from promptsync.plan.trades import MOST_RENAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping

    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import Prompt, PromptFile, RemotePrompt

_Trait: TypeAlias = "Callable[[_Side], Hashable | None]"


@dataclass(frozen=True, slots=True)
class Moves:
    """`pairs` maps a new key to the old one; `doubtful` a new key to the old keys that it might be."""

    pairs: dict[str, str] = field(default_factory=dict)
    doubtful: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Side:
    key: str
    source: str
    block: str | None
    name: str | None

    @property
    def stem(self) -> str:
        return self.key.rpartition("/")[2]


def find_moves(
    new: Iterable[PromptFile], old: Mapping[str, LockEntry], service: Mapping[str, RemotePrompt] | None
) -> Moves:
    """Pairs files without an entry with entries without a file.

    Alike in all that a file says, or else in block, or else in explicit name, or else in stem; exactly one of each.
    What is alike on both sides, as the copies in a renamed folder, is told apart by the end of its key. `service` is
    None offline, where only the lock's hashes are known.
    """
    new = list(new)
    if not old:
        return Moves()
    known = {entry.source for entry in old.values()}
    files = [_of_file(file, known) for file in new]
    entries = [_Side(key, entry.source, None, entry.display_name) for key, entry in old.items()]
    moves = Moves()
    for sources in (files, _renamed(files, new, old)):
        certain = Moves()
        _pair(certain, [side for side in sources if side.key not in moves.pairs], entries, _source)
        moves.pairs.update(certain.pairs)
        entries = [side for side in entries if side.key not in {*moves.pairs.values()}]
    by_key = {file.key: file for file in new}
    files = [_with_block(side, by_key[side.key]) for side in files if side.key not in moves.pairs]
    if service is not None and files:
        entries = [_with_held_block(side, old[side.key], service) for side in entries]
    for trait in (_block, _name, _stem):
        _pair(moves, files, entries, trait)
        files = [side for side in files if side.key not in moves.pairs and side.key not in moves.doubtful]
        taken = {*moves.pairs.values(), *(key for keys in moves.doubtful.values() for key in keys)}
        entries = [side for side in entries if side.key not in taken]
    return moves


def _source(side: _Side) -> str:
    return side.source


def _block(side: _Side) -> str | None:
    return side.block


def _name(side: _Side) -> str | None:
    return side.name


def _stem(side: _Side) -> str:
    return side.stem


def _pair(moves: Moves, files: list[_Side], entries: list[_Side], trait: _Trait) -> None:
    groups = _grouped(files, trait)
    for value, old in _grouped(entries, trait).items():
        new = groups.get(value, [])
        if len(new) == len(old) == 1:
            moves.pairs[new[0].key] = old[0].key
        elif new:
            _pair_by_end(moves, new, old)


def _pair_by_end(moves: Moves, new: list[_Side], old: list[_Side]) -> None:
    """Pairs by the last elements of the keys, as few as tell them apart; all of a group or none."""
    depth = max(side.key.count("/") for side in [*new, *old]) if len(new) == len(old) else 0
    for length in range(1, depth + 1):
        files, entries = _by_end(new, length), _by_end(old, length)
        if len(files) == len(new) and len(entries) == len(old) and files.keys() == entries.keys():
            moves.pairs.update({files[end]: entries[end] for end in files})
            return
    candidates = tuple(sorted(side.key for side in old))
    moves.doubtful.update({side.key: candidates for side in new})


def _by_end(sides: list[_Side], length: int) -> dict[str, str]:
    return {"/".join(side.key.rsplit("/", length)[-length:]): side.key for side in sides}


def _renamed(files: list[_Side], new: Iterable[PromptFile], old: Mapping[str, LockEntry]) -> list[_Side]:
    """The files that are named by their stem, with the hash that they had under the name that just one entry has."""
    names: dict[str, set[str]] = defaultdict(set)
    for entry in old.values():
        names[entry.display_name].add(entry.source)
    if len(files) * len(names) > MOST_RENAMES:
        return []
    renamed = []
    for side, file in zip(files, new, strict=True):
        if not file.named:
            hashes = source_hashes_named(file.prompt, names)
            known = {source for name, sources in hashes.items() for source in sources if source in names[name]}
            if len(known) == 1:
                renamed.append(replace(side, source=known.pop()))
    return renamed


def _grouped(sides: list[_Side], trait: _Trait) -> dict[Hashable, list[_Side]]:
    groups: dict[Hashable, list[_Side]] = defaultdict(list)
    for side in sides:
        value = trait(side)
        if value is not None:
            groups[value].append(side)
    return groups


def _of_file(file: PromptFile, known: Collection[str]) -> _Side:
    """`known` are the hashes that the entries have: a file is known by any of its own that is among them."""
    hashes = list(source_hashes(file.prompt))
    source = next((one for one in hashes if one in known), hashes[0])
    return _Side(file.key, source, None, file.prompt.display_name if file.named else None)


def _with_block(side: _Side, file: PromptFile) -> _Side:
    return replace(side, block=_fingerprint(file.prompt, ()))


def _with_held_block(side: _Side, entry: LockEntry, service: Mapping[str, RemotePrompt]) -> _Side:
    remote = service.get(entry.id)
    if remote is None:
        return side
    return replace(side, block=_fingerprint(remote.prompt(remote.dialect(entry.dialect)), entry.added))


def _fingerprint(prompt: Prompt, added: Iterable[str]) -> str:
    """A hash of the block without the service's own fields and the model's prefix, which the service may cut.

    In the current dialect, where that says it all: the file's dialect may not be the one on the wire.
    """
    block = canonical_block(prompt.dialect, prompt.block)
    for field_name in {*added, *SET_BY_SERVICE}:
        drop({prompt.dialect: block}, field_name)
    plain = on_the_wire(replace(prompt, block=block), CURRENT)
    block = canonical_block(plain.dialect, plain.block)
    model = block.get("model")
    if isinstance(model, str):
        block["model"] = model.rpartition("/")[2]
    return digest([plain.dialect, block])
