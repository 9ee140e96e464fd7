"""Desired (file), base (lock), actual (service): what has to be done about each prompt.

A pure function over values, by the table of three. What concerns several prompts is decided first (a lost create of
ours, a renamed file, a prompt of the same name), then each prompt by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from promptsync.model.canonical import CANONICAL, digest, file_hash, remote_hash
from promptsync.model.compare import (
    FieldDiff,
    all_fields,
    expand,
    file_differences,
    on_the_wire,
    provider_of,
)
from promptsync.model.globs import matches
from promptsync.model.lockfile import LockEntry
from promptsync.model.prompt import CURRENT
from promptsync.plan.base import changed_since, changed_without_file, own_fields, with_news
from promptsync.plan.changes import (
    Adopt,
    BothChanged,
    Change,
    Conflict,
    Create,
    Delete,
    Drift,
    Forget,
    Intent,
    Move,
    Orphan,
    Plan,
    PlanOptions,
    Recreate,
    Update,
)
from promptsync.plan.moves import Moves, find_moves
from promptsync.plan.unmanaged import Matches, by_name, latest, match_intents, match_names, same_content

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptsync.model.lockfile import Lockfile
    from promptsync.model.prompt import Dialect, PromptFile, RemotePrompt

_MOST_TOLD = 10
_OVERWRITES = "this overwrites what was changed on the service since the last apply"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a plan applies. `elsewhere` are the ids that other lockfiles of this root hold."""

    target: str
    path_prefix: str = ""
    exclusive: bool = False
    elsewhere: frozenset[str] = frozenset()

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
    differ = _Differ(files, lock, service, scope, options or PlanOptions())
    changes = sorted(differ.changes(list(intents)), key=lambda change: change.key)
    named = {change.key for change in changes}
    chosen = tuple(change for change in changes if differ.chosen(change.key))
    return Plan(
        target=scope.target,
        changes=chosen,
        digest=digest([scope.target, [change.digest for change in chosen]]),
        unchanged=sum(differ.chosen(key) for key in files if key not in named),
        locked=len(lock.prompts),
        gone=sum(differ.is_gone(entry) for entry in lock.prompts.values()),
        options=differ.options,
        refreshed={key: entry for key, entry in differ.refreshed.items() if differ.chosen(key)},
        offline=service is None,
    )


@dataclass(slots=True)
class _Differ:
    files: Mapping[str, PromptFile]
    lock: Lockfile
    service: Mapping[str, RemotePrompt] | None
    scope: Scope
    options: PlanOptions
    refreshed: dict[str, LockEntry] = field(default_factory=dict)

    def chosen(self, key: str) -> bool:
        return not self.options.only or matches(key, self.options.only)

    def is_gone(self, entry: LockEntry) -> bool:
        return self.service is not None and entry.id not in self.service

    def changes(self, intents: list[Intent]) -> Iterator[Change]:
        strangers = self._strangers()
        begun = self._open(intents)
        ours = match_intents(begun, self.files, strangers)
        settled = ours.certain.keys() | ours.doubtful.keys()
        lost = _not_recorded(ours, latest(begun), self.files)

        new = [file for key, file in self.files.items() if key not in self.lock.prompts and key not in settled]
        old = {
            key: entry for key, entry in self.lock.prompts.items() if key not in self.files and not self.is_gone(entry)
        }
        moves = find_moves(new, {**old, **lost}, self.service)
        moved = set(moves.pairs.values())
        yield from self._from_intents(ours, latest(begun), moved)
        yield from self._from_moves(moves, lost)

        doubtful = moves.doubtful.keys() if not self.options.create_twins else set()
        unpaired = [file for file in new if file.key not in moves.pairs and file.key not in doubtful]
        free = _without(strangers, ours)
        found = match_names(unpaired, free) if self.scope.exclusive else Matches()
        strangers = _without(strangers, Matches(certain={**ours.certain, **found.certain}))
        yield from self._new(unpaired, found, strangers)

        wanted = {key for keys in moves.doubtful.values() for key in keys} if doubtful else set()
        for key, entry in self.lock.prompts.items():
            change = None
            if key in settled and key not in moved:
                continue
            if key in self.files:
                change = self._locked(self.files[key], entry, key, strangers)
            elif key not in moved or key in lost:
                change = self._without_file(key, entry, kept=key in wanted)
            if change is not None:
                yield change

    def _strangers(self) -> dict[str, list[RemotePrompt]]:
        managed = self.lock.ids() | self.scope.elsewhere
        return by_name(prompt for prompt in (self.service or {}).values() if prompt.id not in managed)

    def _open(self, intents: Iterable[Intent]) -> list[Intent]:
        """The intents that still ask for something: the key is not locked, or what it held is gone."""
        locked = self.lock.prompts
        return [intent for intent in intents if intent.key not in locked or self.is_gone(locked[intent.key])]

    def _from_intents(self, ours: Matches, intents: Mapping[str, Intent], moved: set[str]) -> Iterator[Change]:
        for key, prompt in ours.certain.items():
            if key not in moved:
                file, intent = self.files.get(key), intents[key]
                source = file_hash(file) if file else intent.source
                yield self._adopt(key, prompt, source=source, path=intent.path, unplaced=key in ours.unplaced)
        for key, prompts in ours.doubtful.items():
            yield self._name_conflict(
                key,
                prompts,
                f"an interrupted run may have made {_which_of(prompts)} of this name",
                hint=f"`promptsync adopt {key} ID` takes the right one over; delete what is left of the others",
            )

    def _from_moves(self, moves: Moves, lost: Mapping[str, LockEntry]) -> Iterator[Change]:
        for key, old_key in moves.pairs.items():
            change: Change | None
            if old_key in lost:
                change = self._adopt_moved(self.files[key], lost[old_key])
            else:
                change = self._locked(self.files[key], self.lock.prompts[old_key], old_key, {})
            if change is not None:
                yield change
        if self.options.create_twins:
            return
        for key, candidates in moves.doubtful.items():
            entries = [lost.get(candidate) or self.lock.prompts[candidate] for candidate in candidates]
            yield Conflict(
                key=key,
                display_name=self.files[key].prompt.display_name,
                path=self.scope.path_of(self.files[key]),
                digest=self._digest("conflict", key, self.files[key], *entries),
                reason="this new file may be one of the prompts whose files are gone: " + ", ".join(candidates),
                hint=f"`promptsync mv OLD {key}` keeps the id of one, `--create-twins` makes a new prompt",
                candidates=tuple(entry.id for entry in entries),
            )

    def _adopt_moved(self, file: PromptFile, lost: LockEntry) -> Adopt:
        """What an interrupted run made for a file that was renamed since."""
        prompt = (self.service or {})[lost.id]
        return self._adopt(file.key, prompt, source=file_hash(file), path=lost.path)

    def _new(
        self, files: list[PromptFile], found: Matches, strangers: Mapping[str, list[RemotePrompt]]
    ) -> Iterator[Change]:
        for file in files:
            alike = strangers.get(file.prompt.display_name, [])
            if file.key in found.certain:
                yield self._adopt(
                    file.key,
                    found.certain[file.key],
                    source=file_hash(file),
                    path=self.scope.path_of(file),
                    unplaced=file.key in found.unplaced,
                )
            elif not alike or self.options.create_twins:
                yield self._create(file)
            else:
                yield self._name_conflict(file.key, alike, _already_there(len(alike)))

    def _create(self, file: PromptFile) -> Create:
        path = self.scope.path_of(file)
        return Create(
            key=file.key,
            display_name=file.prompt.display_name,
            path=path,
            digest=self._digest("create", file.key, file),
            diff=(FieldDiff("path", "add", None, path), *all_fields(file.prompt, "add")),
            file=file,
        )

    def _adopt(
        self,
        key: str,
        remote: RemotePrompt,
        *,
        source: str,
        path: str | None,
        entry: LockEntry | None = None,
        unplaced: bool = False,
    ) -> Adopt:
        """Records a prompt that is there. What only the service has of it is its own, unless the lock knows better.

        `path` is the one it was sent to; None if no one knows, and then it stays. Where it is `unplaced`, it is sent.
        """
        file = self.files.get(key)
        own = entry.added if entry else None
        fields = file_differences(file, remote, _dialect(file, entry), own) if file else []
        wanted = self.scope.path_of(file) if file and path is not None else path
        if unplaced and file:
            fields = [FieldDiff("path", "add", None, wanted), *fields]
        elif wanted != path:
            fields = [FieldDiff("path", "replace", path, wanted), *fields]
        return Adopt(
            key=key,
            display_name=file.prompt.display_name if file else remote.display_name,
            path=None if unplaced and not file else wanted,
            digest=self._digest("adopt", key, file, entry, remote),
            diff=tuple(expand(fields)),
            file=file,
            entry=entry,
            remote=remote,
            source=source,
        )

    def _name_conflict(self, key: str, prompts: list[RemotePrompt], what: str, *, hint: str | None = None) -> Conflict:
        file = self.files.get(key)
        told = ", ".join(f"{prompt.id} ({_difference(file, prompt)})" for prompt in prompts[:_MOST_TOLD])
        if len(prompts) > _MOST_TOLD:
            told += f" and {len(prompts) - _MOST_TOLD} more"
        return Conflict(
            key=key,
            display_name=file.prompt.display_name if file else prompts[0].display_name,
            path=self.scope.path_of(file) if file else None,
            digest=self._digest("conflict", key, file, *prompts),
            reason=f"{what}: {told}",
            hint=hint or f"`promptsync adopt {key} ID` takes one of them over, `--create-twins` makes another one",
            candidates=tuple(prompt.id for prompt in prompts),
        )

    def _locked(
        self, file: PromptFile, entry: LockEntry, old_key: str, strangers: Mapping[str, list[RemotePrompt]]
    ) -> Change | None:
        if self.service is None:
            return self._against_lock(file, entry, old_key)
        remote = self.service.get(entry.id)
        if remote is None:
            return self._gone(file, entry, strangers.get(file.prompt.display_name, []))
        return self._three_way(file, entry, old_key, remote)

    def _three_way(self, file: PromptFile, entry: LockEntry, old_key: str, remote: RemotePrompt) -> Change | None:
        if old_key == file.key and self._is_as_agreed(file, entry, remote):
            return None
        there = changed_since(file, entry, remote, comparable=self._is_comparable)
        if not there:
            entry = with_news(file, entry, remote)
        fields = self._path_change(file, entry, old_key)
        fields += file_differences(file, remote, entry.dialect, entry.added)
        here = old_key != file.key or any(item.field == "path" for item in fields)
        here = here or self._changed_here(file, entry, fields)
        if not there:
            if here:
                return self._write(file, entry, old_key, remote, fields or _hidden_model_change(file, entry, remote))
            self._refresh(file, entry, remote)
            return None
        if self.options.overwrite and matches(file.key, self.options.overwrite):
            change = self._write(file, entry, old_key, remote, fields)
            return replace(change, warnings=(_OVERWRITES,)) if fields else change
        if not here:
            return self._drift(file, entry, remote, fields)
        if not fields:
            return self._write(file, entry, old_key, remote, fields)
        return self._conflict(
            file,
            entry,
            remote,
            fields,
            "changed here and on the service" if old_key == file.key else "moved here and changed on the service",
        )

    def _is_as_agreed(self, file: PromptFile, entry: LockEntry, remote: RemotePrompt) -> bool:
        """Whether file and service are word for word what the entry says: the answer for nearly every prompt."""
        return (
            self._is_comparable
            and entry.dialect in remote.versions
            and remote.version(entry.dialect) == entry.version
            and file.protected == entry.protected
            and not self._path_change(file, entry, file.key)
            and file_hash(file) == entry.source
            and remote_hash(remote, entry.dialect, file.prompt if file.has_extra else None) == entry.remote
        )

    @property
    def _is_comparable(self) -> bool:
        """Whether the lockfile's hashes are by today's rules."""
        return self.lock.canonical == CANONICAL

    def _changed_without_file(self, entry: LockEntry, remote: RemotePrompt, *, deletes: bool) -> bool:
        return changed_without_file(entry, remote, comparable=self._is_comparable, deletes=deletes)

    def _changed_here(self, file: PromptFile, entry: LockEntry, fields: list[FieldDiff]) -> bool:
        if self.lock.canonical < CANONICAL:
            return bool(fields)
        return file_hash(file) != entry.source

    def _path_change(self, file: PromptFile, entry: LockEntry, old_key: str) -> list[FieldDiff]:
        wanted = self.scope.path_of(file)
        if entry.path == wanted or (entry.path is None and old_key == file.key):
            return []
        return [FieldDiff("path", "replace" if entry.path else "add", entry.path or None, wanted)]

    def _path_to_send(self, file: PromptFile, entry: LockEntry) -> str | None:
        """A path that was never sent is not known, and stays as it is under the same key."""
        return None if entry.path is None else self.scope.path_of(file)

    def _refresh(self, file: PromptFile, entry: LockEntry, remote: RemotePrompt) -> None:
        """Nothing differs: the entry is recorded anew where the service or the rules tell the same in other words."""
        dialect = remote.dialect(entry.dialect)
        hashed = remote_hash(remote, dialect, file.prompt)
        added = entry.added if hashed == entry.remote else own_fields(file, remote, dialect)
        fresh = replace(
            entry,
            version=remote.version(dialect),
            dialect=dialect,
            source=file_hash(file),
            remote=hashed,
            added=added,
            protected=file.protected,
        )
        if fresh != entry:
            self.refreshed[file.key] = fresh

    def _write(
        self, file: PromptFile, entry: LockEntry, old_key: str, remote: RemotePrompt, fields: list[FieldDiff]
    ) -> Change:
        shown = tuple(expand(fields))
        if old_key != file.key:
            return Move(
                key=file.key,
                display_name=file.prompt.display_name,
                path=self.scope.path_of(file),
                digest=self._digest("move", file.key, file, entry, remote, old_key),
                diff=shown,
                file=file,
                entry=entry,
                old_key=old_key,
                remote=remote,
            )
        if not fields:
            return self._adopt(file.key, remote, source=file_hash(file), path=entry.path, entry=entry)
        return Update(
            key=file.key,
            display_name=file.prompt.display_name,
            path=self._path_to_send(file, entry),
            digest=self._digest("update", file.key, file, entry, remote),
            diff=shown,
            file=file,
            entry=entry,
            remote=remote,
        )

    def _drift(self, file: PromptFile, entry: LockEntry, remote: RemotePrompt, fields: list[FieldDiff]) -> Drift:
        fields = fields or file_differences(file, remote, entry.dialect, ())
        return Drift(
            key=file.key,
            display_name=file.prompt.display_name,
            path=self.scope.path_of(file),
            digest=self._digest("drift", file.key, file, entry, remote),
            diff=tuple(expand(fields)),
            file=file,
            entry=entry,
            remote=remote,
        )

    def _conflict(
        self, file: PromptFile, entry: LockEntry, remote: RemotePrompt, fields: list[FieldDiff], reason: str
    ) -> Conflict:
        return Conflict(
            key=file.key,
            display_name=file.prompt.display_name,
            path=self.scope.path_of(file),
            digest=self._digest("conflict", file.key, file, entry, remote),
            diff=tuple(expand(fields)),
            reason=reason,
            hint=f"`promptsync pull {file.key}` joins the two, "
            f"`--overwrite '{file.key}'` makes the service say what the file says",
            id=entry.id,
            both=BothChanged(file, entry, remote),
        )

    def _gone(self, file: PromptFile, entry: LockEntry, alike: list[RemotePrompt]) -> Change:
        if not matches(file.key, self.options.overwrite):
            return Conflict(
                key=file.key,
                display_name=file.prompt.display_name,
                path=self.scope.path_of(file),
                digest=self._digest("conflict", file.key, file, entry, *alike),
                reason="deleted on the service",
                hint="delete the file too, or make it again with "
                f"`--overwrite '{file.key}'`: it gets a new id, and callers hold the old one",
                id=entry.id,
            )
        if alike and not self.options.create_twins:
            return self._name_conflict(file.key, alike, "deleted on the service, and " + _already_there(len(alike)))
        created = self._create(file)
        return Recreate(
            key=file.key,
            display_name=file.prompt.display_name,
            path=created.path,
            digest=self._digest("recreate", file.key, file, entry),
            diff=created.diff,
            warnings=(f"applications that call {entry.id} must be changed to the new id",),
            file=file,
            entry=entry,
        )

    def _without_file(self, key: str, entry: LockEntry, *, kept: bool = False) -> Change:
        """`kept` says that a new file may be this prompt, so that it must not be deleted before that is decided."""
        if self.is_gone(entry):
            return Forget(
                key=key, display_name=entry.display_name, digest=self._digest("forget", key, None, entry), entry=entry
            )
        remote = self.service.get(entry.id) if self.service is not None else None
        deletes = self.options.prune and not entry.protected and not kept
        overwritten = matches(key, self.options.overwrite)
        if remote is not None and not overwritten and self._changed_without_file(entry, remote, deletes=deletes):
            return Conflict(
                key=key,
                display_name=entry.display_name,
                digest=self._digest("conflict", key, None, entry, remote),
                reason="the file is gone, and the prompt was changed on the service",
                hint=f"bring the file back, or delete the prompt all the same with `--prune --overwrite '{key}'`",
                id=entry.id,
            )
        if deletes:
            lost = remote is not None and self._changed_without_file(entry, remote, deletes=True)
            return Delete(
                key=key,
                display_name=entry.display_name,
                digest=self._digest("delete", key, None, entry, remote),
                diff=tuple(all_fields(remote.prompt(remote.dialect(entry.dialect)), "remove")) if remote else (),
                warnings=(_OVERWRITES,) if lost else (),
                entry=entry,
                remote=remote,
            )
        why = "`--prune` would delete it"
        if entry.protected or kept:
            why = "it is protected" if entry.protected else "a new file may be it"
        return Orphan(
            key=key,
            display_name=entry.display_name,
            digest=self._digest("orphan", key, None, entry, remote),
            warnings=(f"the file is gone and the prompt stays on the service: {why}",),
            entry=entry,
        )

    def _against_lock(self, file: PromptFile, entry: LockEntry, old_key: str) -> Change | None:
        fields = self._path_change(file, entry, old_key)
        if file.prompt.display_name != entry.display_name:
            fields.append(FieldDiff("display_name", "replace", entry.display_name, file.prompt.display_name))
        if old_key == file.key and not fields and file_hash(file) == entry.source:
            return None
        if old_key == file.key:
            return Update(
                key=file.key,
                display_name=file.prompt.display_name,
                path=self._path_to_send(file, entry),
                digest=self._digest("update", file.key, file, entry),
                diff=tuple(fields),
                file=file,
                entry=entry,
                remote=None,
            )
        return Move(
            key=file.key,
            display_name=file.prompt.display_name,
            path=self.scope.path_of(file),
            digest=self._digest("move", file.key, file, entry, old_key),
            diff=tuple(fields),
            file=file,
            entry=entry,
            old_key=old_key,
            remote=None,
        )

    def _digest(self, action: str, key: str, file: PromptFile | None, *rest: Any) -> str:
        """The hash of all that a change rests on: the file, the entry, and each prompt of the service."""
        asked = [file_hash(file), self.scope.path_of(file), file.protected] if file else None
        return digest([action, key, asked, *(_evidence(item, file) for item in rest)])


def _evidence(item: Any, file: PromptFile | None) -> Any:
    if item is None or isinstance(item, str):
        return item
    if hasattr(item, "as_json"):
        return item.as_json()
    asked = file.prompt if file else None
    return [item.id, item.version(), sorted(remote_hash(item, dialect, asked) for dialect in item.blocks)]


def _without(strangers: Mapping[str, list[RemotePrompt]], found: Matches) -> dict[str, list[RemotePrompt]]:
    """`strangers` without those that are, or may be, spoken for."""
    taken = {prompt.id for prompts in [found.certain.values(), *found.doubtful.values()] for prompt in prompts}
    return by_name(prompt for group in strangers.values() for prompt in group if prompt.id not in taken)


def _not_recorded(
    ours: Matches, intents: Mapping[str, Intent], files: Mapping[str, PromptFile]
) -> dict[str, LockEntry]:
    """What interrupted runs made for files that are not there under that key any more, as if it were locked."""
    entries = {}
    for key, prompt in ours.certain.items():
        if key not in files and key not in ours.unplaced:
            intent, dialect = intents[key], prompt.dialect(CURRENT)
            entries[key] = LockEntry(
                id=prompt.id,
                version=prompt.version(dialect),
                path=intent.path,
                display_name=intent.display_name,
                dialect=dialect,
                source=intent.source,
                remote=remote_hash(prompt, dialect),
            )
    return entries


def _hidden_model_change(file: PromptFile, entry: LockEntry, remote: RemotePrompt) -> list[FieldDiff]:
    """A provider changed in the model's name, where the service answers the name without it."""
    if provider_of(remote) is not None:
        return []
    desired = on_the_wire(file.prompt, remote.dialect(entry.dialect))
    before, after = remote.blocks.get(desired.dialect, {}).get("model"), desired.block.get("model")
    if before == after or not isinstance(before, str) or not isinstance(after, str):
        return []
    return [FieldDiff(f"{file.prompt.dialect}.model", "replace", before, after)]


def _difference(file: PromptFile | None, prompt: RemotePrompt) -> str:
    if file is None:
        return "its file is gone"
    if same_content(file, prompt):
        return "says the same"
    fields = [item.field for item in file_differences(file, prompt, prompt.dialect(file.prompt.dialect), None)]
    more = f" and {len(fields) - 3} more" if len(fields) > 3 else ""
    return "differs in " + ", ".join(fields[:3]) + more


def _dialect(file: PromptFile, entry: LockEntry | None) -> Dialect:
    return entry.dialect if entry else file.prompt.dialect


def _which_of(prompts: list[RemotePrompt]) -> str:
    return "this prompt" if len(prompts) == 1 else f"any of {len(prompts)} prompts"


def _already_there(number: int) -> str:
    return (
        "a prompt of this name is already there" if number == 1 else f"{number} prompts of this name are already there"
    )
