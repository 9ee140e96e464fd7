"""What has to be done about one prompt, by the table of file, lock entry and service."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from promptsync.model.canonical import (
    IN_ORDER,
    WITHOUT_ORDER,
    Form,
    digest,
    form_of,
    remote_hash,
    source_hash,
    source_hashes,
)
from promptsync.model.compare import FieldDiff, all_fields, expand, file_differences, settled
from promptsync.model.globs import matches
from promptsync.model.shell import command, typed
from promptsync.plan.base import (
    agreed_form,
    changed_since,
    changed_without_file,
    edited_fields,
    form_as_locked,
    hidden_model_change,
    own_fields,
    says_the_same,
    to_tell,
    with_news,
)
from promptsync.plan.callers import lost_variables
from promptsync.plan.changes import (
    PROTECTED,
    Adopt,
    Change,
    Conflict,
    Create,
    Delete,
    Drift,
    Edited,
    Forget,
    Move,
    Orphan,
    PlanOptions,
    Recreate,
    Update,
)
from promptsync.plan.wording import (
    GONE,
    NOT_PROVED,
    OUTSIDE,
    OVERWRITES,
    UNPROTECTED,
    already_there,
    back_or_gone,
    differing,
    protection_waits,
    stays,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import PromptFile, RemotePrompt


@dataclass(slots=True)
class Decider:
    """Decides about one prompt after the other.

    `service` holds every prompt there is, by id; None offline. `path_of` gives the path wanted of a file.
    `is_comparable` tells that the lockfile's hashes are by rules that are still known. `sources` are the hashes of what
    the files say, by key, by the rules that their entries are hashed by. `holds` tells whether a key is one of
    the target's. `refreshed` fills with the entries that are to
    be recorded anew although nothing differs.
    """

    service: Mapping[str, RemotePrompt] | None
    is_comparable: bool
    options: PlanOptions
    path_of: Callable[[PromptFile], str]
    sources: Mapping[str, str]
    holds: Callable[[str], bool] = lambda _: True
    refreshed: dict[str, LockEntry] = field(default_factory=dict)

    def is_gone(self, entry: LockEntry) -> bool:
        """Whether the prompt of an entry is known to be deleted on the service."""
        return self.service is not None and entry.id not in self.service

    def create(self, file: PromptFile) -> Create:
        """Makes the prompt of a new file."""
        path = self.path_of(file)
        return Create(
            key=file.key,
            display_name=file.prompt.display_name,
            path=path,
            digest=self._digest("create", file.key, file),
            diff=(FieldDiff("path", "add", None, path), *all_fields(file.prompt, "add")),
            file=file,
        )

    def adopt(
        self,
        key: str,
        file: PromptFile | None,
        remote: RemotePrompt,
        *,
        source: str,
        path: str | None,
        entry: LockEntry | None = None,
        unplaced: bool = False,
        protected: bool = False,
    ) -> Adopt:
        """Records a prompt that is there. What only the service has of it is its own, unless the lock knows better.

        `path` is the one it was sent to; None if no one knows, and then it stays. Where it is `unplaced`, it is sent.
        """
        own = entry.added if entry else None
        fields = file_differences(file, remote, entry.dialect if entry else file.prompt.dialect, own) if file else []
        wanted = self.path_of(file) if file and path is not None else path
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
            protected=file.protected if file else protected,
        )

    def name_conflict(
        self, key: str, file: PromptFile | None, prompts: list[RemotePrompt], what: str, *, hint: str | None = None
    ) -> Conflict:
        """A person must say whether one of `prompts`, which bear the name, is the one of `key`."""
        return Conflict(
            key=key,
            display_name=file.prompt.display_name if file else prompts[0].display_name,
            path=self.path_of(file) if file else None,
            digest=self._digest("conflict", key, file, *prompts),
            reason=f"{what}: {differing(file, prompts)}",
            hint=hint or f"{command('adopt', key, 'ID')} takes one of them over, `--create-twins` makes another one",
            candidates=tuple(prompt.id for prompt in prompts),
        )

    def doubtful_move(self, file: PromptFile, old: Mapping[str, LockEntry]) -> Conflict:
        """A new file that may be one of the prompts of `old`, whose files are gone."""
        return Conflict(
            key=file.key,
            display_name=file.prompt.display_name,
            path=self.path_of(file),
            digest=self._digest("conflict", file.key, file, *old.values()),
            reason="this new file may be one of the prompts whose files are gone: " + ", ".join(old),
            hint=f"{command('mv', 'OLD', file.key)} keeps the id of one, `--create-twins` makes a new prompt",
            candidates=tuple(entry.id for entry in old.values()),
        )

    def parted(self, file: PromptFile, entry: LockEntry, old_key: str) -> Conflict:
        """A file that traded places with others which are not chosen: neither can move without the other."""
        return Conflict(
            key=file.key,
            display_name=file.prompt.display_name,
            path=self.path_of(file),
            digest=self._digest("conflict", file.key, file, entry, old_key),
            reason=f"this file was {old_key} and traded places with files that --only leaves out",
            hint="choose all of them, so that each id follows its content",
            id=entry.id,
        )

    def locked(
        self, file: PromptFile, entry: LockEntry, old_key: str, unmanaged: Mapping[str, list[RemotePrompt]]
    ) -> Change | None:
        """What has to be done about a file whose prompt the lockfile holds under `old_key`; None where nothing has.

        `unmanaged` are the prompts of each name that a prompt deleted on the service may have come back as.
        """
        if self.service is None:
            return self._against_lock(file, entry, old_key)
        remote = self.service.get(entry.id)
        if remote is None:
            return self._gone(file, entry, unmanaged.get(file.prompt.display_name, []))
        return self._three_way(file, entry, old_key, remote)

    def _three_way(self, file: PromptFile, entry: LockEntry, old_key: str, remote: RemotePrompt) -> Change | None:
        if old_key == file.key and self._is_as_agreed(file, entry, remote):
            return None
        there = changed_since(file, entry, remote, comparable=self.is_comparable)
        form = form_as_locked(file, entry, remote)
        if not there:
            entry = with_news(file, entry, remote)
        protection = _protection_change(file, entry)
        waiting = [protection_waits(protected=file.protected)] if protection else []
        fields = self._path_change(file, entry, old_key)
        fields += to_tell(file, entry, remote, form, comparable=self.is_comparable)
        here = old_key != file.key or any(item.field == "path" for item in fields)
        here = here or self._changed_here(file, entry, fields)
        if not there and (here or not fields or says_the_same(file, entry, remote, form)):
            fields = edited_fields(file, entry, fields) or hidden_model_change(file, entry, remote) if here else []
            if here or protection:
                change = self._write(file, entry, old_key, remote, fields + protection)
                proved = form is not None or not self.is_comparable
                return change if proved or not fields else change.warned(NOT_PROVED)
            self._refresh(file, entry, remote, form)
            return None
        if self.options.overwrite and matches(file.key, self.options.overwrite):
            change = self._write(file, entry, old_key, remote, fields + protection)
            return change.warned(OVERWRITES) if fields else change
        if not here:
            return self._drift(file, entry, remote, settled(fields) or fields).warned(*waiting)
        if not settled(fields):
            return self._write(file, entry, old_key, remote, (fields if old_key != file.key else []) + protection)
        return self._conflict(
            file,
            entry,
            remote,
            fields,
            "changed here and on the service" if old_key == file.key else "moved here and changed on the service",
        ).warned(*waiting)

    def _is_as_agreed(self, file: PromptFile, entry: LockEntry, remote: RemotePrompt) -> bool:
        """Whether file and service are word for word what the entry says, and say the same: nearly every prompt does.

        That they do is compared, whatever the entry says: a lockfile is edited as easily as a file.
        """
        agreed = (
            self.is_comparable
            and entry.dialect in remote.blocks
            and remote.version(entry.dialect) == entry.version
            and file.protected == entry.protected
            and not self._path_change(file, entry, file.key)
            and self.sources[file.key] == entry.source
        )
        form = _form(file, entry, remote) if agreed else None
        if form not in (IN_ORDER, WITHOUT_ORDER):
            return False
        return entry.source == entry.remote or says_the_same(file, entry, remote, form)

    def _changed_without_file(self, entry: LockEntry, remote: RemotePrompt, *, deletes: bool) -> bool:
        return changed_without_file(entry, remote, comparable=self.is_comparable, deletes=deletes)

    def _changed_here(self, file: PromptFile, entry: LockEntry, fields: list[FieldDiff]) -> bool:
        return entry.source not in source_hashes(file.prompt) if self.is_comparable else bool(settled(fields))

    def _path_change(self, file: PromptFile, entry: LockEntry, old_key: str) -> list[FieldDiff]:
        wanted = self.path_of(file)
        if entry.path == wanted or (entry.path is None and old_key == file.key):
            return []
        return [FieldDiff("path", "replace" if entry.path else "add", entry.path or None, wanted)]

    def _path_to_send(self, file: PromptFile, entry: LockEntry) -> str | None:
        """A path that was never sent is not known, and stays as it is under the same key."""
        return None if entry.path is None else self.path_of(file)

    def _refresh(self, file: PromptFile, entry: LockEntry, remote: RemotePrompt, form: Form | None) -> None:
        """Nothing differs: the entry is recorded anew where the service or the rules tell the same in other words."""
        dialect = remote.dialect(entry.dialect)
        hashed = remote_hash(remote, dialect, file.prompt, agreed_form(file, remote, dialect, entry.added, form))
        is_known = _form(file, entry, remote) is not None
        added = entry.added if is_known else own_fields(file, remote, dialect)
        fresh = replace(
            entry,
            version=remote.version(dialect),
            dialect=dialect,
            source=source_hash(file.prompt),
            remote=hashed,
            added=added,
            protected=file.protected,
        )
        if fresh != entry:
            self.refreshed[file.key] = fresh

    def _write(
        self, file: PromptFile, entry: LockEntry, old_key: str, remote: RemotePrompt, fields: list[FieldDiff]
    ) -> Update | Move | Adopt:
        if old_key == file.key and not fields:
            return self.adopt(file.key, file, remote, source=source_hash(file.prompt), path=entry.path, entry=entry)
        return self._changed(file, entry, old_key, remote, expand(fields))

    def _changed(
        self, file: PromptFile, entry: LockEntry, old_key: str, remote: RemotePrompt | None, shown: list[FieldDiff]
    ) -> Update | Move:
        known = [remote] if remote else []
        warnings: tuple[str, ...] = (UNPROTECTED,) if entry.protected and not file.protected else ()
        warnings += lost_variables(file, remote)
        if old_key == file.key:
            return Update(
                key=file.key,
                display_name=file.prompt.display_name,
                path=self._path_to_send(file, entry),
                digest=self._digest("update", file.key, file, entry, *known),
                diff=tuple(shown),
                warnings=warnings,
                file=file,
                entry=entry,
                remote=remote,
            )
        return Move(
            key=file.key,
            display_name=file.prompt.display_name,
            path=self.path_of(file),
            digest=self._digest("move", file.key, file, entry, *known, old_key),
            diff=tuple(shown),
            warnings=warnings,
            file=file,
            entry=entry,
            old_key=old_key,
            remote=remote,
        )

    def _drift(self, file: PromptFile, entry: LockEntry, remote: RemotePrompt, fields: list[FieldDiff]) -> Drift:
        fields = fields or file_differences(file, remote, entry.dialect, ())
        return Drift(
            key=file.key,
            display_name=file.prompt.display_name,
            path=self.path_of(file),
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
            path=self.path_of(file),
            digest=self._digest("conflict", file.key, file, entry, remote),
            diff=tuple(expand(fields)),
            reason=reason,
            hint=f"{command('pull', file.key)} joins the two, "
            f"{typed('--overwrite', file.key)} makes the service say what the file says",
            id=entry.id,
            both=Edited(file, entry, remote),
        )

    def _gone(self, file: PromptFile, entry: LockEntry, alike: list[RemotePrompt]) -> Change:
        if not matches(file.key, self.options.overwrite):
            return Conflict(
                key=file.key,
                display_name=file.prompt.display_name,
                path=self.path_of(file),
                digest=self._digest("conflict", file.key, file, entry, *alike),
                reason="deleted on the service",
                hint="delete the file too, or make it again with "
                f"{typed('--overwrite', file.key)}: it gets a new id, and callers hold the old one",
                id=entry.id,
            )
        if alike and not self.options.create_twins:
            return self.name_conflict(file.key, file, alike, "deleted on the service, and " + already_there(len(alike)))
        created = self.create(file)
        return Recreate(
            key=file.key,
            display_name=file.prompt.display_name,
            path=created.path,
            digest=self._digest("recreate", file.key, file, entry),
            diff=(*created.diff, *_protection_change(file, entry)),
            warnings=(f"applications that call {entry.id} must be changed to the new id",),
            file=file,
            entry=entry,
        )

    def without_file(self, key: str, entry: LockEntry, *, kept: bool = False) -> Change:
        """What has to be done about an entry whose file is gone.

        `kept` says that a new file may be this prompt, so that it must not be deleted before that is decided.
        """
        if self.is_gone(entry):
            return Forget(
                key=key, display_name=entry.display_name, digest=self._digest("forget", key, None, entry), entry=entry
            )
        gone = GONE if self.holds(key) else OUTSIDE
        remote = self.service.get(entry.id) if self.service is not None else None
        deletes = self.options.prune and not entry.protected and not kept
        overwritten = matches(key, self.options.overwrite)
        if remote is not None and not overwritten and self._changed_without_file(entry, remote, deletes=deletes):
            return Conflict(
                key=key,
                display_name=entry.display_name,
                digest=self._digest("conflict", key, None, entry, remote),
                reason=f"{gone}, and the prompt was changed on the service",
                hint=back_or_gone(key, gone),
                id=entry.id,
            )
        if deletes:
            lost = remote is not None and self._changed_without_file(entry, remote, deletes=True)
            return Delete(
                key=key,
                display_name=remote.display_name if remote else entry.display_name,
                digest=self._digest("delete", key, None, entry, remote),
                diff=tuple(all_fields(remote.prompt(remote.dialect(entry.dialect)), "remove")) if remote else (),
                warnings=(*((gone,) if gone != GONE else ()), *((OVERWRITES,) if lost else ())),
                entry=entry,
                remote=remote,
            )
        return Orphan(
            key=key,
            display_name=entry.display_name,
            digest=self._digest("orphan", key, None, entry, remote),
            warnings=(stays(key, gone, protected=entry.protected, kept=kept),),
            entry=entry,
        )

    def _against_lock(self, file: PromptFile, entry: LockEntry, old_key: str) -> Change | None:
        fields = self._path_change(file, entry, old_key)
        if file.prompt.display_name != entry.display_name:
            fields.append(FieldDiff("display_name", "replace", entry.display_name, file.prompt.display_name))
        fields += _protection_change(file, entry)
        if old_key == file.key and not fields and self.sources[file.key] == entry.source:
            return None
        return self._changed(file, entry, old_key, None, fields)

    def _digest(self, action: str, key: str, file: PromptFile | None, *rest: Any) -> str:
        """The hash of all that a change rests on: the file, the entry, and each prompt of the service."""
        asked = [source_hash(file.prompt), self.path_of(file), file.protected] if file else None
        return digest([action, key, asked, *(_evidence(item, file) for item in rest)])


def _protection_change(file: PromptFile, entry: LockEntry) -> list[FieldDiff]:
    """What the file and the lock say of the protection, which the service knows nothing of: lock before, file after."""
    if file.protected == entry.protected:
        return []
    return [FieldDiff(PROTECTED, "replace", entry.protected, file.protected)]


def _evidence(item: Any, file: PromptFile | None) -> Any:
    if item is None or isinstance(item, str):
        return item
    if hasattr(item, "as_json"):
        return item.as_json()
    asked = file.prompt if file else None
    return [item.id, item.version(), sorted(remote_hash(item, dialect, asked) for dialect in item.blocks)]


def _form(file: PromptFile, entry: LockEntry, remote: RemotePrompt) -> Form | None:
    """The form in which the entry's hash is that of what the service holds; None if it is not."""
    return form_of(entry.remote, remote, remote.dialect(entry.dialect), file.prompt)
