"""Brings the service's side into the files: what someone edited in the web UI, or an old version."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from promptsync.apply.archive import find_archived
from promptsync.commands import versions
from promptsync.commands.gather import survey
from promptsync.commands.lock import file_of, locked_entry, moved_to
from promptsync.commands.plan import decide
from promptsync.commands.results import Pulled
from promptsync.files.disk import include_reader, read_bytes, write_atomic
from promptsync.files.emit import emit
from promptsync.files.loader import Source, load_one
from promptsync.files.yaml.editor import EditError, edit
from promptsync.files.yaml.reader import read
from promptsync.merge.prompts import merge
from promptsync.model.canonical import canonical_block, remote_hash
from promptsync.model.compare import (
    SET_BY_SERVICE,
    differences,
    drop,
    expand,
    file_differences,
    provider_of,
    remote_content,
)
from promptsync.model.dialects import translate
from promptsync.model.errors import DialectError, LoadError, NotFoundError, PromptsyncError, UsageError
from promptsync.model.lockfile import entry_for
from promptsync.plan.base import own_fields
from promptsync.plan.changes import Conflict, Drift, PlanOptions
from promptsync.plan.safety import raise_if_wrong_place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from promptsync.commands.project import Project
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import Prompt, PromptFile, RemotePrompt
    from promptsync.plan.changes import Plan
    from promptsync.service.client import Client

Resolve: TypeAlias = Literal["ours", "theirs"] | None


def pull(project: Project, keys: Collection[str] = (), resolve: Resolve = None) -> list[Pulled]:
    """Three-way merges what changed on the service into the files of `keys`, all that changed by default.

    A file whose conflicts are all decided has the service's version as its base from then on; a plan shows what is
    still different. Raises UsageError for a key that is no file.
    """
    with project.alone():
        journal = project.journal()
        with survey(project, read_only=True) as found:
            client, files = found.client, found.loaded.files
            for key in keys:
                file_of(files, key)
            made, lock = decide(project, found, found.lock, PlanOptions())
            raise_if_wrong_place(made)
            done: list[Pulled] = []
            prompts = dict(lock.prompts)
            keys_of = {entry.id: key for key, entry in prompts.items()}
            for file, entry, remote in _changed_there(made, keys):
                pulled, fresh = _pull_one(project, client, files, file, entry, remote, resolve)
                done.append(pulled)
                if fresh != entry:
                    old_key = keys_of[entry.id]
                    fresh = moved_to(fresh, old_key, file.key)
                    del prompts[old_key]
                    prompts[file.key] = fresh
                    journal.end_with(0, file.key, fresh, old_key if old_key != file.key else None)
        project.write_lock(lock.with_prompts(prompts))
        journal.compact()
    return done


def restore(project: Project, key: str, version: str) -> Pulled:
    """Brings the content of an old version into the file of `key`; the next apply makes it live.

    Raises UsageError for a version that the prompt never had.
    """
    with project.alone():
        loaded = project.load()
        file = file_of(loaded.files, key)
        lock = project.journal().recover().onto(project.read_lock())
        entry = locked_entry(lock, key, project)
        with project.connect(read_only=True) as client:
            old = _version(client, replace(entry, display_name=file.prompt.display_name), version)
        theirs = _in_words_of(file, old, entry)
        if isinstance(theirs, str):
            return Pulled(key, problem=theirs)
        merged = merge(file.prompt, file.prompt, theirs, added=entry.added, provider=provider_of(old))
        return _edited(project, loaded.files, file, Pulled(key, edits=tuple(merged.edits)))


def bring_back(project: Project, key: str, folder: Path | None = None) -> Path:
    """Writes the file of a deleted prompt anew, from what was archived; gives its path.

    The next apply makes a new prompt of it, under a new id. Raises UsageError where the file is there.
    """
    with project.alone():
        path = project.root / f"{key}.yaml"
        if path.exists():
            raise UsageError(f"{path} is there already", hint="name a version to restore: `promptsync history KEY`")
        archived = find_archived(folder or project.archive_folder, key)
        emitted = emit(archived, stem=key.rpartition("/")[2])
        write_atomic(path, emitted.text.encode())
    return path


def _changed_there(made: Plan, keys: Collection[str]) -> Iterator[tuple[PromptFile, LockEntry, RemotePrompt]]:
    for change in made.changes:
        if keys and change.key not in keys:
            continue
        if isinstance(change, Drift):
            yield change.file, change.entry, change.remote
        elif isinstance(change, Conflict) and change.both is not None:
            yield change.both.file, change.both.entry, change.both.remote


def _pull_one(
    project: Project,
    client: Client,
    files: Mapping[str, PromptFile],
    file: PromptFile,
    entry: LockEntry,
    remote: RemotePrompt,
    resolve: Resolve,
) -> tuple[Pulled, LockEntry]:
    found = versions.base_of(client, entry)
    theirs = _in_words_of(file, remote, entry)
    base = _in_words_of(file, found, entry) if found is not None else None
    if isinstance(theirs, str):
        return Pulled(file.key, problem=theirs), entry
    known = base if not isinstance(base, str) else None
    merged = merge(known, file.prompt, theirs, added=entry.added, resolve=resolve, provider=provider_of(remote))
    pulled = _edited(
        project,
        files,
        file,
        Pulled(file.key, tuple(merged.edits), conflicts=tuple(merged.conflicts), base_is_gone=found is None),
    )
    if pulled.is_open:
        return pulled, entry
    return pulled, _agreed(project, file, remote, entry)


def _in_words_of(file: PromptFile, remote: RemotePrompt, entry: LockEntry) -> Prompt | str:
    """What the service holds, in the file's dialect; a sentence where that cannot be said there."""
    held = remote_content(remote, remote.dialect(entry.dialect), file.prompt)
    if held.dialect != file.prompt.dialect:
        block = canonical_block(held.dialect, held.block)
        for name in {*entry.added, *SET_BY_SERVICE}:
            drop({held.dialect: block}, name)
        held = replace(held, block=block)
    try:
        return translate(held, file.prompt.dialect)
    except DialectError as error:
        fields = ", ".join(error.fields)
        return f"`{file.prompt.dialect}` has no place for {fields}, which the service holds"


def _edited(project: Project, files: Mapping[str, PromptFile], file: PromptFile, pulled: Pulled) -> Pulled:
    """Makes the edits in the file, and in the texts beside it; leaves everything alone where one cannot be made."""
    if not pulled.edits:
        return pulled
    path = Path(file.file)
    try:
        raw = (read_bytes(path) or b"").decode("utf-8")
        names = _included(raw)
        texts = {name: _text_of(project, file.key, name) for name in names}
        edited = edit(raw, pulled.edits, texts=texts, shared=_shared(files, file, names))
    except EditError as error:
        return replace(
            pulled, edits=(), problem=f"the file cannot be edited so that nothing else changes: {error.message}"
        )
    try:
        after = _loaded(project, file, edited.text, edited.texts)
    except LoadError as error:
        told = "; ".join(f"{item.message} ({item.hint})" if item.hint else item.message for item in error.problems)
        return replace(pulled, edits=(), problem=f"with the service's side it would be no valid prompt file: {told}")
    for name, text in edited.texts.items():
        write_atomic(_beside(project, file.key, name), text.encode())
    if edited.text != raw:
        write_atomic(path, edited.text.encode())
    return replace(pulled, fields=tuple(expand(differences(after.prompt, file.prompt))))


def _loaded(project: Project, file: PromptFile, text: str, texts: Mapping[str, str]) -> PromptFile:
    """The file with that text, and those texts beside it. Raises LoadError where it is no valid prompt file."""
    reader = include_reader(project.root, max_bytes=project.config.max_file_bytes)

    def include(file: str, name: str) -> str:
        if name not in texts:
            return reader(file, name)
        return texts[name].removeprefix("\ufeff").replace("\r\n", "\n").removesuffix("\n")

    source = Source(file.key, file.file, text.encode())
    loaded, problems = load_one(source, include, allow_fields=project.config.allow_fields)
    if loaded is None:
        raise LoadError(problems)
    return loaded


def _agreed(project: Project, file: PromptFile, remote: RemotePrompt, entry: LockEntry) -> LockEntry:
    """The entry with the service's state as its base: what the file says beyond that is a change of the file."""
    raw = (read_bytes(Path(file.file)) or b"").decode("utf-8")
    fresh = _loaded(project, file, raw, {})
    dialect = remote.dialect(entry.dialect)
    same = not file_differences(fresh, remote, dialect, entry.added)
    added = own_fields(fresh, remote, dialect) if same else entry.added
    agreed = entry_for(fresh, remote, dialect, entry.path, added)
    return agreed if same else replace(agreed, source=remote_hash(remote, dialect, fresh.prompt))


def _version(client: Client, entry: LockEntry, version: str) -> RemotePrompt:
    known: list[str] = []
    try:
        for found in client.versions(entry.id):
            if versions.names(found, version):
                return versions.as_remote(found, entry)
            known.append(found.id)
    except NotFoundError:
        raise PromptsyncError(f"the prompt {entry.id} is not on the service any more") from None
    near = get_close_matches(version, known, 1)
    raise UsageError(
        f"the prompt has no version {version}", hint=f"did you mean {near[0]}?" if near else "`promptsync history KEY`"
    )


def _beside(project: Project, key: str, name: str) -> Path:
    return project.root.joinpath(PurePosixPath(key).parent, PurePosixPath(name))


def _text_of(project: Project, key: str, name: str) -> str:
    return (read_bytes(_beside(project, key, name)) or b"").decode("utf-8")


def _included(raw: str) -> list[str]:
    """The `content_file` names as the file writes them."""
    return sorted(set(_names(read(raw.removeprefix("\ufeff").replace("\r\n", "\n")).data)))


def _names(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        if isinstance(value.get("content_file"), str):
            yield value["content_file"]
        for inner in value.values():
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


def _shared(files: Mapping[str, PromptFile], file: PromptFile, names: Iterable[str]) -> set[str]:
    """Those of `names` that other prompts include, too: an edit of one prompt must not change another."""
    others = {
        str(_place(other.key, name)) for other in files.values() if other.key != file.key for name in other.includes
    }
    return {name for name in names if str(_place(file.key, name)) in others}


def _place(key: str, name: str) -> PurePosixPath:
    return PurePosixPath(key).parent / name
