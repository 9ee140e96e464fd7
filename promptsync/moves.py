"""Which new file is which locked prompt whose file is gone: a rename keeps the id, if there is no doubt."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from promptsync.canonical import canonical_block, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from promptsync.lockfile import LockEntry
    from promptsync.models import Prompt, PromptFile, RemotePrompt

_Trait: TypeAlias = "Callable[[_Side], Hashable | None]"


@dataclass(frozen=True, slots=True)
class Moves:
    """`pairs` maps a new key to the old one; `doubtful` a new key to the old keys that it might be."""

    pairs: dict[str, str] = field(default_factory=dict)
    doubtful: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Side:
    key: str
    block: str | None
    name: str | None

    @property
    def stem(self) -> str:
        return self.key.rpartition("/")[2]


def find_moves(
    new: Iterable[PromptFile], old: Mapping[str, LockEntry], service: Mapping[str, RemotePrompt] | None
) -> Moves:
    """Pairs files without an entry with entries without a file.

    Alike in block, or else in explicit name, or else in stem; exactly one of each. Equal blocks on both sides, as
    after a renamed folder, are told apart by stem. `service` is None offline, where only the lock's hashes are known.
    """
    files = [_of_file(file) for file in new]
    entries = [_of_entry(key, entry, service) for key, entry in old.items()]
    moves = Moves()
    for trait in (_block, _name, _stem):
        _pair(moves, files, entries, trait)
        files = [side for side in files if side.key not in moves.pairs and side.key not in moves.doubtful]
        taken = {*moves.pairs.values(), *(key for keys in moves.doubtful.values() for key in keys)}
        entries = [side for side in entries if side.key not in taken]
    return moves


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
            _pair_by_stem(moves, new, old)


def _pair_by_stem(moves: Moves, new: list[_Side], old: list[_Side]) -> None:
    files, entries = _grouped(new, _stem), _grouped(old, _stem)
    if len(files) == len(new) == len(entries) == len(old) and files.keys() == entries.keys():
        moves.pairs.update({files[stem][0].key: entries[stem][0].key for stem in files})
        return
    candidates = tuple(sorted(side.key for side in old))
    moves.doubtful.update({side.key: candidates for side in new})


def _grouped(sides: list[_Side], trait: _Trait) -> dict[Hashable, list[_Side]]:
    groups: dict[Hashable, list[_Side]] = defaultdict(list)
    for side in sides:
        value = trait(side)
        if value is not None:
            groups[value].append(side)
    return groups


def _of_file(file: PromptFile) -> _Side:
    return _Side(file.key, _fingerprint(file.prompt, ()), file.prompt.display_name if file.named else None)


def _of_entry(key: str, entry: LockEntry, service: Mapping[str, RemotePrompt] | None) -> _Side:
    remote = service.get(entry.id) if service is not None else None
    block = _fingerprint(remote.prompt(remote.dialect(entry.dialect)), entry.added) if remote else None
    return _Side(key, block, entry.display_name)


def _fingerprint(prompt: Prompt, added: Iterable[str]) -> str:
    """A hash of the block without the service's own fields and the model's prefix, which the service may cut."""
    block = canonical_block(prompt.dialect, prompt.block)
    for field_name in added:
        _drop(block, field_name.removeprefix(f"{prompt.dialect}.").split("."))
    model = block.get("model")
    if isinstance(model, str):
        block["model"] = model.rpartition("/")[2]
    return digest([prompt.dialect, block])


def _drop(block: dict[str, object], names: list[str]) -> None:
    for name in names[:-1]:
        inner = block.get(name)
        if not isinstance(inner, dict):
            return
        block = inner
    block.pop(names[-1], None)
