"""History: the versions of a prompt that the service remembers, which of them the lock holds, and what came since."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice, pairwise
from threading import Event
from typing import TYPE_CHECKING

from promptsync.commands.connect import connect
from promptsync.commands.keys import locked_key
from promptsync.commands.results import Step
from promptsync.commands.state import read_state
from promptsync.model.compare import FieldDiff, differences, expand
from promptsync.model.dialects import field_in
from promptsync.model.errors import NotFoundError, RateLimitedError, RefusedError, ServiceError, UnavailableError
from promptsync.model.prompt import RemotePrompt
from promptsync.plan.base import form_as_locked, unlike
from promptsync.plan.changes import Sides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from promptsync.files.target import Target
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import Dialect, PromptFile
    from promptsync.plan.changes import Change, Plan
    from promptsync.service.answers import RemoteVersion
    from promptsync.service.api import PromptsApi
    from promptsync.service.calls import Exchange

_NEWER = 20
"""How many versions are looked through for the locked one before the number is told as "more than"."""


def history(
    target: Target, key: str, limit: int = 20, *, observer: Callable[[Exchange], None] | None = None
) -> tuple[str, LockEntry, list[Step]]:
    """The newest `limit` versions of the prompt of `key`, newest first, each with the fields that it changed.

    Key and entry as they are locked go before them. The fields are told in the words of the dialect on the wire. Raises
    UsageError for a key that is not locked.
    """
    lock = read_state(target).lock
    key = locked_key(target, lock, key)
    entry = lock.prompts[key]
    with connect(target, read_only=True, observer=observer) as api:
        return key, entry, steps(api, entry, limit)


def names(version: RemoteVersion, id: str | None) -> bool:
    """Whether `version` is the one that `id` names: by its own id, or by the one that stands in its block.

    That both are the same is likely and not documented.
    """
    return id is not None and (version.id == id or any(block.get("version") == id for block in version.blocks.values()))


def as_remote(version: RemoteVersion, entry: LockEntry) -> RemotePrompt:
    """A version as the prompt that it was. Versions tell no name: the lock's is taken."""
    return RemotePrompt(
        id=entry.id,
        display_name=entry.display_name,
        description=version.description,
        metadata=version.metadata,
        blocks=version.blocks,
        raw=version.raw,
    )


def base_of(api: PromptsApi, entry: LockEntry) -> RemotePrompt | None:
    """The prompt as it was when the entry was written; None where the service no longer has that version."""
    if entry.version is None:
        return None
    try:
        return as_remote(api.version(entry.id, entry.version), entry)
    except (NotFoundError, RefusedError):
        pass
    try:
        found = next((version for version in api.versions(entry.id) if names(version, entry.version)), None)
    except NotFoundError:
        return None
    return as_remote(found, entry) if found is not None else None


def steps(api: PromptsApi, entry: LockEntry, limit: int) -> list[Step]:
    """The newest `limit` versions, newest first, each with the fields that it changed."""
    versions = list(islice(api.versions(entry.id), limit + 1))
    found = [_step(newer, older, entry) for newer, older in pairwise(versions)]
    if versions and len(versions) <= limit:
        found.append(replace(_step(versions[-1], versions[-1], entry), is_first=True))
    return found


def with_sides(api: PromptsApi, plan: Plan, workers: int = 8) -> Plan:
    """The plan, with each drift and each conflict of two sides told side by side.

    A service that does not answer about versions takes nothing from the plan: the sides stay untold. Where it gives no
    answer at all, it is asked no further: each question might take as long.
    """
    silent = Event()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return replace(plan, changes=tuple(pool.map(lambda change: _with_sides(api, change, silent), plan.changes)))


def _with_sides(api: PromptsApi, change: Change, silent: Event) -> Change:
    if silent.is_set() or change.edited is None:
        return change
    file, entry, remote = change.edited.file, change.edited.entry, change.edited.remote
    try:
        base = base_of(api, entry)
        sides = Sides(
            since=_since(api, entry, remote),
            here=_changed(_changed_here(file, entry, base)) if base else (),
            there=_changed(between(base, remote, entry.dialect, file)) if base else (),
        )
    except (UnavailableError, RateLimitedError):
        silent.set()
        return change
    except ServiceError:
        return change
    return replace(change, sides=sides, warnings=(*change.warnings, sides.since))


def _changed_here(file: PromptFile, entry: LockEntry, base: RemotePrompt) -> list[FieldDiff]:
    return unlike(file, entry, base, form_as_locked(file, entry, base))


def between(
    before: RemotePrompt, after: RemotePrompt, dialect: Dialect, file: PromptFile | None = None
) -> list[FieldDiff]:
    """What changed from one state of a prompt to another, in the words of the file if there is one."""
    spoken = after.dialect(dialect)
    found = differences(after.prompt(spoken), before.prompt(spoken))
    return [replace(item, field=field_in(item.field, file.prompt.dialect)) for item in found] if file else found


def _changed(items: Iterable[FieldDiff]) -> tuple[FieldDiff, ...]:
    return tuple(expand(list(items)))


def _since(api: PromptsApi, entry: LockEntry, remote: RemotePrompt) -> str:
    newer: list[RemoteVersion] = []
    for version in islice(api.versions(entry.id), _NEWER):
        if names(version, entry.version):
            break
        newer.append(version)
    who = (newer[0].updated_by_id if newer else None) or remote.updated_by_id
    when = (newer[0].timestamp if newer else None) or remote.updated
    count = f"more than {_NEWER}" if len(newer) == _NEWER else str(len(newer))
    newer_versions = (
        f"{count} newer version{'' if len(newer) == 1 else 's'}" if newer else "changed without a new version"
    )
    last = ", the last" if len(newer) > 1 else ""
    at = f" on {when}" if when else ""
    by = f" by {who}" if who else ""
    return f"on the service since version {entry.version or 'unknown'}: {newer_versions}{last}{at}{by}"


def _step(newer: RemoteVersion, older: RemoteVersion, entry: LockEntry) -> Step:
    return Step(
        version=newer.id,
        timestamp=newer.timestamp,
        by=newer.updated_by_id or newer.created_by_id,
        changes=_changed(between(as_remote(older, entry), as_remote(newer, entry), entry.dialect)),
        is_locked=names(newer, entry.version),
    )
