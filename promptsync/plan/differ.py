"""Desired (file), base (lock), actual (service): what has to be done about each prompt.

A pure function over values, by the table of three. What concerns several prompts is decided first (a lost create of
ours, a renamed file, a prompt of the same name), then each prompt by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promptsync.model.canonical import digest, source_hash, source_hash_like
from promptsync.model.globs import is_held, matches
from promptsync.model.lockfile import entry_without_file
from promptsync.model.shell import command
from promptsync.plan.changes import Adopt, Change, Intent, Plan, PlanOptions
from promptsync.plan.decide import Decider
from promptsync.plan.likely import with_likely_renames
from promptsync.plan.moves import Moves, find_moves
from promptsync.plan.origins import shared_texts, with_origins
from promptsync.plan.trades import Trades, exchanged, find_trades
from promptsync.plan.unmanaged import Matches, by_name, latest, match_intents, match_names
from promptsync.plan.wording import already_there, which_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import PromptFile, RemotePrompt


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a plan applies. `elsewhere` are the ids that other lockfiles of this root hold, `host` is to be named.

    `only` and `excepted` are globs over the keys that it holds.
    """

    target: str
    path_prefix: str = ""
    exclusive: bool = False
    elsewhere: frozenset[str] = frozenset()
    host: str = ""
    only: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()

    def holds(self, key: str) -> bool:
        """Whether the file of a key is one of the target's."""
        return is_held(key, self.only, self.excepted)

    def path_of(self, file: PromptFile) -> str:
        """The `path` wanted on the service: the target's prefix and the file's folder."""
        return "/".join(part for part in (self.path_prefix.strip("/"), file.folder) if part)


def diff(
    files: Mapping[str, PromptFile],
    lock: Lockfile,
    service: Mapping[str, RemotePrompt] | None,
    scope: Scope,
    options: PlanOptions | None = None,
    intents: Iterable[Intent] = (),
) -> Plan:
    """The plan that makes the service say what the files say.

    `service` holds every prompt there is, by id: a locked id that it lacks is gone for certain. None plans against
    the lock alone. `intents` are creates of ours whose end is not known.
    """
    options, intents = options or PlanOptions(), list(intents)
    sources = {key: source_hash_like(file.prompt, _recorded(lock, key)) for key, file in files.items()}
    entries = {key: entry for key, entry in lock.prompts.items() if scope.holds(key)}
    trades = find_trades(files, entries, sources, {intent.key for intent in intents})
    decider = Decider(service, lock.is_comparable, options, scope.path_of, sources, scope.holds)
    differ = _Differ(files, exchanged(lock, trades.pairs), service, scope, options, decider, trades)
    found = with_likely_renames(list(differ.changes(intents)), trades.left, lock, service)
    changes = sorted(found, key=lambda change: change.key)
    named = {change.key for change in changes}
    shared = shared_texts(files.values())
    chosen = tuple(with_origins(change, shared) for change in changes if differ.chosen(change.key))
    return Plan(
        target=scope.target,
        changes=chosen,
        digest=plan_digest(scope.target, chosen),
        unchanged=sum(differ.chosen(key) for key in files if key not in named),
        locked=len(lock.prompts),
        gone=sum(decider.is_gone(entry) for entry in lock.prompts.values()),
        options=options,
        refreshed={key: entry for key, entry in decider.refreshed.items() if differ.chosen(key)},
        traded={key: old for key, old in trades.pairs.items() if differ.chosen(key) and key not in differ.parted},
        offline=service is None,
        host=scope.host,
        path_prefix=scope.path_prefix,
    )


def _recorded(lock: Lockfile, key: str) -> str | None:
    entry = lock.prompts.get(key)
    return entry.source if entry else None


def plan_digest(target: str, changes: Iterable[Change]) -> str:
    """The hash of all that a plan rests on."""
    return digest([target, [change.digest for change in changes]])


@dataclass(slots=True)
class _Differ:
    files: Mapping[str, PromptFile]
    lock: Lockfile
    service: Mapping[str, RemotePrompt] | None
    scope: Scope
    options: PlanOptions
    decider: Decider
    trades: Trades
    parted: frozenset[str] = field(init=False)
    """The keys of files that traded places with some that are not chosen."""

    def __post_init__(self) -> None:
        parted = [group for group in self.trades.groups() if len({self.chosen(key) for key in group}) > 1]
        self.parted = frozenset().union(*parted)

    def chosen(self, key: str) -> bool:
        return not self.options.only or matches(key, self.options.only)

    def changes(self, intents: list[Intent]) -> Iterator[Change]:
        unmanaged = self._unmanaged()
        begun = self._open(intents)
        ours = match_intents(begun, self.files, unmanaged)
        claimed = ours.certain.keys() | ours.doubtful.keys()
        lost = _not_recorded(ours, latest(begun), self.files)

        new = [file for key, file in self.files.items() if key not in self.lock.prompts and key not in claimed]
        old = {
            key: entry
            for key, entry in self.lock.prompts.items()
            # What the target does not hold any more did not move.
            if key not in self.files and self.scope.holds(key) and not self.decider.is_gone(entry)
        }
        moves = find_moves(new, {**old, **lost}, self.service)
        moved = set(moves.pairs.values())
        yield from self._from_intents(ours, latest(begun), moved)
        yield from self._from_moves(moves, lost)

        doubtful = moves.doubtful.keys() if not self.options.create_twins else set()
        unpaired = [file for file in new if file.key not in moves.pairs and file.key not in doubtful]
        free = _without(unmanaged, ours)
        found = match_names(unpaired, free) if self.scope.exclusive else Matches()
        unmanaged = _without(unmanaged, Matches(certain={**ours.certain, **found.certain}))
        yield from self._new(unpaired, found, unmanaged)

        wanted = {key for keys in moves.doubtful.values() for key in keys} if doubtful else set()
        for key, entry in self.lock.prompts.items():
            change: Change | None = None
            if key in claimed and key not in moved:
                continue
            if key in self.parted:
                change = self.decider.parted(self.files[key], entry, self.trades.pairs[key])
            elif key in self.files:
                change = self.decider.locked(self.files[key], entry, self.trades.pairs.get(key, key), unmanaged)
            elif key not in moved or key in lost:
                change = self.decider.without_file(key, entry, kept=key in wanted)
            if change is not None:
                yield change

    def _unmanaged(self) -> dict[str, list[RemotePrompt]]:
        managed = self.lock.ids() | self.scope.elsewhere
        return by_name(prompt for prompt in (self.service or {}).values() if prompt.id not in managed)

    def _open(self, intents: Iterable[Intent]) -> list[Intent]:
        """The intents that still ask for something: the key is not locked, or what it held is gone."""
        locked = self.lock.prompts
        return [intent for intent in intents if intent.key not in locked or self.decider.is_gone(locked[intent.key])]

    def _from_intents(self, ours: Matches, intents: Mapping[str, Intent], moved: set[str]) -> Iterator[Change]:
        for key, prompt in ours.certain.items():
            if key not in moved:
                file, intent = self.files.get(key), intents[key]
                source = source_hash(file.prompt) if file else intent.source
                yield self.decider.adopt(
                    key,
                    file,
                    prompt,
                    source=source,
                    path=intent.path,
                    unplaced=key in ours.unplaced,
                    protected=intent.protected,
                )
        for key, prompts in ours.doubtful.items():
            yield self.decider.name_conflict(
                key,
                self.files.get(key),
                prompts,
                f"an interrupted run may have made {which_of(prompts)} of this name",
                hint=f"{command('adopt', key, 'ID')} takes the right one over; delete what is left of the others",
            )

    def _from_moves(self, moves: Moves, lost: Mapping[str, LockEntry]) -> Iterator[Change]:
        for key, old_key in moves.pairs.items():
            change: Change | None
            if old_key in lost:
                change = self._adopt_moved(self.files[key], lost[old_key])
            else:
                change = self.decider.locked(self.files[key], self.lock.prompts[old_key], old_key, {})
            if change is not None:
                yield change
        if self.options.create_twins:
            return
        for key, candidates in moves.doubtful.items():
            old = {candidate: lost.get(candidate) or self.lock.prompts[candidate] for candidate in candidates}
            yield self.decider.doubtful_move(self.files[key], old)

    def _adopt_moved(self, file: PromptFile, lost: LockEntry) -> Adopt:
        """What an interrupted run made for a file that was renamed since."""
        prompt = (self.service or {})[lost.id]
        return self.decider.adopt(file.key, file, prompt, source=source_hash(file.prompt), path=lost.path)

    def _new(
        self, files: list[PromptFile], found: Matches, unmanaged: Mapping[str, list[RemotePrompt]]
    ) -> Iterator[Change]:
        for file in files:
            alike = unmanaged.get(file.prompt.display_name, [])
            if file.key in found.certain:
                yield self.decider.adopt(
                    file.key,
                    file,
                    found.certain[file.key],
                    source=source_hash(file.prompt),
                    path=self.scope.path_of(file),
                    unplaced=file.key in found.unplaced,
                )
            elif not alike or self.options.create_twins:
                yield self.decider.create(file)
            else:
                yield self.decider.name_conflict(file.key, file, alike, already_there(len(alike)))


def _without(unmanaged: Mapping[str, list[RemotePrompt]], found: Matches) -> dict[str, list[RemotePrompt]]:
    """`unmanaged` without those that are, or may be, spoken for."""
    taken = {prompt.id for prompts in [found.certain.values(), *found.doubtful.values()] for prompt in prompts}
    return by_name(prompt for group in unmanaged.values() for prompt in group if prompt.id not in taken)


def _not_recorded(
    ours: Matches, intents: Mapping[str, Intent], files: Mapping[str, PromptFile]
) -> dict[str, LockEntry]:
    """What interrupted runs made for files that are not there under that key any more, as if it were locked."""
    entries = {}
    for key, prompt in ours.certain.items():
        if key not in files and key not in ours.unplaced:
            intent = intents[key]
            entries[key] = entry_without_file(prompt, intent.path, intent.source, protected=intent.protected)
    return entries
