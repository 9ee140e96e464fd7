"""What became of the writes that an interrupted run had begun, by what the service holds now.

An update whose answer was lost must not look like someone else's change: where the service holds exactly what was
asked for, the lock entry is brought up to date before anything is compared.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promptsync.apply.payload import judge
from promptsync.model.canonical import form_of
from promptsync.model.lockfile import entry_for
from promptsync.model.prompt import PromptFile
from promptsync.plan.unmanaged import may_be_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptsync.apply.journal import Recovered
    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import RemotePrompt
    from promptsync.plan.changes import Begun, Intent, Plan

OLD = 900.0
"""Seconds after which a create that nothing on the service can be is given up: no list lags that long."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """The lockfile with what the service proves to be done, and a sentence about each write that was open."""

    lock: Lockfile
    notes: tuple[str, ...] = ()


def recover_writes(lock: Lockfile, service: Mapping[str, RemotePrompt], writes: Iterable[Begun]) -> Recovery:
    """Brings the entries up to date whose writes were carried out. `writes` are the open ones, the oldest first.

    `service` holds every prompt there is, by id: one that a delete was begun for and that it lacks is deleted.
    """
    by_id: dict[str, list[Begun]] = defaultdict(list)
    for begun in writes:
        by_id[begun.id].append(begun)
    prompts, notes = dict(lock.prompts), []
    for id, group in by_id.items():
        done = next((one for one in reversed(group) if _recover_write(prompts, one, service.get(id))), None)
        begun = done or group[-1]
        what = "it was carried out, and is recorded now" if done else "it was not carried out, or not alone"
        notes.append(f"{begun.action} of {begun.key} ({id}): {what}")
    return Recovery(lock.with_found(prompts) if by_id else lock, tuple(notes))


def still_open(
    intents: Iterable[Intent], lock: Lockfile, service: Mapping[str, RemotePrompt], now: float
) -> tuple[Intent, ...]:
    """The creates that must be remembered further: young ones, and those that a prompt on the service may be.

    One whose key has a prompt is done.
    """
    managed = lock.ids()
    made = {key for key, entry in lock.prompts.items() if entry.id in service}
    unmanaged = [prompt for prompt in service.values() if prompt.id not in managed]
    return tuple(
        intent
        for intent in intents
        if intent.key not in made and (now - intent.time < OLD or any(may_be_of(intent, one) for one in unmanaged))
    )


def recovery_notes(recovered: Recovered, recovery: Recovery, plan: Plan) -> tuple[str, ...]:
    """Sentences on what an interrupted run left, and what became of it; none if it ended well."""
    notes = list(recovery.notes)
    changes = {change.key: change for change in plan.changes}
    for key in dict.fromkeys(intent.key for intent in recovered.creates):
        became = changes[key].became_of_create if key in changes else None
        if became:
            notes.append(f"create of {key}: {became}")
    if recovered.entries:
        count = len(recovered.entries)
        notes.insert(0, f"{count} change{'s' if count != 1 else ''} that it made stood in the journal alone")
    return tuple(notes)


def _recover_write(prompts: dict[str, LockEntry], begun: Begun, remote: RemotePrompt | None) -> bool:
    """Whether the write was carried out; then `prompts` says so."""
    held = next((key for key, entry in prompts.items() if entry.id == begun.id), None)
    if begun.action == "delete":
        if remote is not None or held != begun.key:
            return False
        del prompts[held]
        return True
    taken = begun.key in prompts and prompts[begun.key].id != begun.id
    if remote is None or begun.asked is None or taken or held not in (None, begun.key, begun.old_key):
        return False
    verdict = judge(begun.asked, remote, begun.cleared)
    if verdict.wrong:
        return False
    base = prompts.get(held) if held is not None else None
    if base is not None and held is not None and _looks_as_before(begun, base, remote):
        if begun.path not in (None, base.path):
            # The service does not tell paths: this one is sent again, wherever the file is now.
            prompts[held] = replace(base, path="")
        return False
    path = begun.path if begun.path is not None or base is None else base.path
    file = PromptFile(begun.key, "", begun.asked, protected=begun.protected)
    if held is not None:
        del prompts[held]
    prompts[begun.key] = entry_for(file, remote, remote.dialect(begun.asked.dialect), path, verdict.added, verdict.form)
    return True


def _looks_as_before(begun: Begun, base: LockEntry, remote: RemotePrompt) -> bool:
    return form_of(base.remote, remote, remote.dialect(base.dialect), begun.asked) is not None
