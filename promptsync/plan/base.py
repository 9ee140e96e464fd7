"""What was agreed when an entry was written, and whether the service still holds it.

The hash tells that nothing changed. Where it differs, that may be the service telling the same in other words: it
begins to answer a field, or a default of its own. The version then decides, which changes with the block.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptsync.model.canonical import (
    FORMS,
    IN_ORDER,
    WITHOUT_ORDER,
    Form,
    canonical,
    content_hash,
    form_of,
    source_hash,
    source_hashes,
)
from promptsync.model.compare import (
    FieldDiff,
    differences,
    drop,
    file_differences,
    generic,
    is_within,
    on_the_wire,
    provider_of,
    remote_content,
    service_only,
    settled,
)
from promptsync.model.lockfile import entry_for
from promptsync.model.writing import as_written, same_writing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import Dialect, Json, Prompt, PromptFile, RemotePrompt

DEFAULT_LANGUAGE = "English"
_KNOWN_METADATA = ("language", "use_cases")
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def changed_since(file: PromptFile, entry: LockEntry, remote: RemotePrompt, *, comparable: bool) -> bool:
    """Whether the service holds something else than when the entry was written.

    The block of one version is always the same, however it is told. Name, description, metadata and further top-level
    fields may change without a new version. `comparable` says that the entry was hashed by rules that are still known.
    """
    dialect = remote.dialect(entry.dialect)
    if form_of(entry.remote, remote, dialect, file.prompt) is not None:
        return False
    if not _same_version(entry, remote, dialect):
        return True
    news = _news(file, entry, remote, dialect)
    if _form_without(entry.remote, remote, dialect, file, news) is not None:
        return False
    further = _other_extra(file, remote, dialect)
    if further:  # a change, unless the file asks for them only now
        return _form_without(entry.remote, remote, dialect, file, [*news, *further]) is None
    comparable = comparable and dialect == entry.dialect
    return remote.display_name != entry.display_name or not _same_about(file, entry, remote, comparable=comparable)


def form_as_locked(file: PromptFile, entry: LockEntry, remote: RemotePrompt) -> Form | None:
    """The form in which the entry's hash tells what the service holds, but for what it newly tells.

    None where it does not: the version alone proves nothing.
    """
    dialect = remote.dialect(entry.dialect)
    form = form_of(entry.remote, remote, dialect, file.prompt)
    if form is not None:
        return form
    news, further = _news(file, entry, remote, dialect), _other_extra(file, remote, dialect)
    found = (_form_without(entry.remote, remote, dialect, file, [*news, *more]) for more in ([], further))
    return next((form for form in found if form is not None), None)


def unlike(file: PromptFile, entry: LockEntry, remote: RemotePrompt, form: Form | None) -> list[FieldDiff]:
    """What service and file do not say alike, but for the service's own fields and its way of writing.

    No hash of the entry is believed. `form` is what `form_as_locked` found, of the last agreement: the order of keys
    counts where the service then kept it, and tells it since.
    """
    order = IN_ORDER if form is IN_ORDER else WITHOUT_ORDER
    return settled(file_differences(file, remote, entry.dialect, entry.added, order))


def says_the_same(file: PromptFile, entry: LockEntry, remote: RemotePrompt, form: Form | None = IN_ORDER) -> bool:
    """Whether there is nothing that they do not say alike.

    The hashes of both are compared first, which is the answer for nearly every prompt; fields take ten times as long.
    """
    order = IN_ORDER if form is IN_ORDER else WITHOUT_ORDER
    is_same = _is_word_for_word(file, remote, remote.dialect(entry.dialect), entry.added, order)
    return is_same or not unlike(file, entry, remote, form)


def to_tell(
    file: PromptFile, entry: LockEntry, remote: RemotePrompt, form: Form | None, *, comparable: bool
) -> list[FieldDiff]:
    """What differs, without the order of keys where the service did not keep that of our last write.

    Where nothing else differs it is told all the same: a file that changed may have done so by it alone.
    """
    if _is_word_for_word(file, remote, remote.dialect(entry.dialect), entry.added, IN_ORDER):
        return []
    if not comparable or form is WITHOUT_ORDER:
        found = file_differences(file, remote, entry.dialect, entry.added, WITHOUT_ORDER)
        if found or not comparable:
            return found
    return file_differences(file, remote, entry.dialect, entry.added)


def agreed_form(
    file: PromptFile, remote: RemotePrompt, dialect: Dialect, added: Iterable[str], was: Form | None = None
) -> Form:
    """The form to record what the service holds in, where it says what the file says; `was` is that until now.

    One without order stays so until the next write, and is needed where the order alone differs.
    """
    if was is WITHOUT_ORDER:
        return was
    is_same = _is_word_for_word(file, remote, dialect, added, IN_ORDER)
    return IN_ORDER if is_same or not settled(file_differences(file, remote, dialect, None)) else WITHOUT_ORDER


def _is_word_for_word(
    file: PromptFile, remote: RemotePrompt, dialect: Dialect, added: Iterable[str], form: Form
) -> bool:
    """Whether the hash of the service's answer without the fields of its own is that of the file."""
    desired = on_the_wire(file.prompt, dialect)
    same = desired.dialect == dialect
    return same and _hash_without(remote, dialect, file, added, form) == source_hash(desired, form)


def changed_without_file(entry: LockEntry, remote: RemotePrompt, *, comparable: bool, deletes: bool) -> bool:
    """The same with nothing to compare description and metadata with: what is to be deleted must be certain."""
    dialect = remote.dialect(entry.dialect)
    if form_of(entry.remote, remote, dialect) is not None:
        return False
    certain = comparable and dialect == entry.dialect
    same = _same_version(entry, remote, dialect) and remote.display_name == entry.display_name
    return not same or (deletes and certain)


def own_fields(file: PromptFile, remote: RemotePrompt, dialect: Dialect) -> tuple[str, ...]:
    """The fields that only the service has, in the words of the wire and sorted: what the lock records as `added`."""
    desired = on_the_wire(file.prompt, remote.dialect(dialect))
    content = remote_content(remote, desired.dialect, file.prompt)
    return tuple(sorted(item.field for item in service_only(desired, content)))


def edited_fields(file: PromptFile, entry: LockEntry, fields: list[FieldDiff]) -> list[FieldDiff]:
    """The differences without those of the service's way of writing that were there when the entry was written.

    The entry's hash proves them: it is that of the file with all other differences undone. Where it is not, one of them
    may be an edit of the file, and all are told.
    """
    edited = settled(fields)
    if not 0 < len(edited) < len(fields):
        return fields
    before = _undone(file.prompt, edited)
    return edited if before is not None and entry.source in source_hashes(before) else fields


def hidden_model_change(file: PromptFile, entry: LockEntry, remote: RemotePrompt) -> list[FieldDiff]:
    """A provider changed in the model's name, where the service answers the name without it."""
    if provider_of(remote) is not None:
        return []
    desired = on_the_wire(file.prompt, remote.dialect(entry.dialect))
    before, after = remote.blocks.get(desired.dialect, {}).get("model"), desired.block.get("model")
    if before == after or not isinstance(before, str) or not isinstance(after, str):
        return []
    return [FieldDiff(f"{file.prompt.dialect}.model", "replace", before, after)]


def _undone(prompt: Prompt, fields: list[FieldDiff]) -> Prompt | None:
    """The prompt as it was before these differences, as far as can be told; None where one is of a list's elements."""
    about: Json = {"display_name": prompt.display_name, "description": prompt.description, "metadata": prompt.metadata}
    data = deepcopy({**about, prompt.dialect: prompt.block, **prompt.extra})
    try:
        for item in fields:
            if item.field != "path":
                _undo(data, item)
    except (LookupError, TypeError):
        return None
    known = {name: data.pop(name, None) for name in (*about, prompt.dialect)}
    return replace(prompt, **{name: known[name] for name in about}, block=known[prompt.dialect], extra=data)


def _undo(data: Any, item: FieldDiff) -> None:
    *parents, last = (int(index) if index else name for index, name in _STEP.findall(item.field))
    for step in parents:
        data = data[step]
    if isinstance(last, int):
        raise LookupError(item.field)
    if item.op == "add":
        del data[last]
    else:
        data[last] = as_written(item.before, item.after)


def _same_version(entry: LockEntry, remote: RemotePrompt, dialect: Dialect) -> bool:
    return entry.version is not None and remote.version(dialect) == entry.version


def with_news(file: PromptFile, entry: LockEntry, remote: RemotePrompt) -> LockEntry:
    """The entry, with what the service newly tells of the same version among the fields of its own."""
    dialect = remote.dialect(entry.dialect)
    if not _same_version(entry, remote, dialect) or form_of(entry.remote, remote, dialect, file.prompt) is not None:
        return entry
    news = _news(file, entry, remote, dialect)
    if _form_without(entry.remote, remote, dialect, file, news) is None:
        from promptsync.model.schema import known_fields

        known = known_fields(dialect)
        news = [name for name in news if not _is_known(name, dialect, known)]
    return replace(entry, added=tuple(sorted({*entry.added, *news}))) if news else entry


def _is_known(name: str, dialect: Dialect, known: frozenset[str]) -> bool:
    """Whether a file could have held the field, so that it may have been taken out of it."""
    group, _, rest = name.partition(".")
    parts = rest.split(".")
    return group != dialect or parts[0] in known - {"model_parameters"} or ".".join(parts[:2]) in known


def _news(file: PromptFile, entry: LockEntry, remote: RemotePrompt, dialect: Dialect) -> list[str]:
    """The fields that only the service has and that the entry does not know.

    These are in the block, or metadata of a kind not known; what a person may set without making a version is no news.
    """
    desired = on_the_wire(file.prompt, dialect)
    if desired.dialect != dialect:
        return []
    own = {generic(name) for name in entry.added}
    found = []
    for item in service_only(desired, remote_content(remote, dialect, file.prompt)):
        group, _, name = item.field.partition(".")
        may_be_set = group == "description" or (group == "metadata" and name in _KNOWN_METADATA)
        if name == "language" and item.before == DEFAULT_LANGUAGE:
            may_be_set = False
        if not may_be_set and not is_within(item.field, own):
            found.append(item.field)
    return found


def _form_without(
    recorded: str, remote: RemotePrompt, dialect: Dialect, file: PromptFile, names: Iterable[str]
) -> Form | None:
    """The form in which a hash is that of the service's answer without some fields; None if it is not."""
    hashed = ((form, _hash_without(remote, dialect, file, names, form)) for form in FORMS)
    return next((form for form, one in hashed if one == recorded), None)


def _hash_without(remote: RemotePrompt, dialect: Dialect, file: PromptFile, names: Iterable[str], form: Form) -> str:
    content = canonical(remote_content(remote, dialect, file.prompt), form)
    for name in names:
        drop(content, name)
    return content_hash(content, form)


def _other_extra(file: PromptFile, remote: RemotePrompt, dialect: Dialect) -> list[str]:
    """The further top-level fields that are not on the service as the file asks; what it adds inside is its own."""
    if not file.prompt.extra:
        return []
    extra = remote_content(remote, dialect, file.prompt).extra
    found = []
    for name, value in file.prompt.extra.items():
        asked = replace(file.prompt, block={}, extra={name: value})
        held = replace(asked, extra={name: extra[name]} if name in extra else {})
        if settled(differences(asked, held, added=None, form=WITHOUT_ORDER)):
            found.append(name)
    return found


def _same_about(file: PromptFile, entry: LockEntry, remote: RemotePrompt, *, comparable: bool) -> bool:
    """Whether description and metadata on the service are those of the file, or the service's own.

    Where the hashes are `comparable`, the service's own may only be its known default: anything else is a change.
    """
    if not same_writing(file.prompt.description or "", remote.description or ""):
        return False
    wanted, held = (
        canonical(replace(file.prompt, metadata=metadata))["metadata"]
        for metadata in (file.prompt.metadata, remote.metadata)
    )
    for name in {*wanted, *(known for known in _KNOWN_METADATA if known in held)}:
        default = name == "language" and held.get(name) == DEFAULT_LANGUAGE
        own = name not in wanted and (default or (not comparable and f"metadata.{name}" in entry.added))
        if not same_writing(wanted.get(name), held.get(name)) and not own:
            return False
    return True


def agreed_entry(file: PromptFile, remote: RemotePrompt, dialect: Dialect, path: str | None) -> LockEntry:
    """The entry for a file and a prompt that say the same: what only the service has is its own from now on."""
    own = own_fields(file, remote, dialect)
    return entry_for(file, remote, dialect, path, own, agreed_form(file, remote, dialect, own))
