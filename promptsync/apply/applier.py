"""Carries out a plan: many prompts side by side, deletes last, each recorded before the next thing happens to it.

For each write there is an intent in the journal before it and an outcome after it. An answer that is lost is looked
for on the service before anything is sent again, since the API has no idempotency keys.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, assert_never

from promptsync.apply.archive import archive
from promptsync.apply.payload import judge
from promptsync.apply.sender import DoubtfulError, Overtaken, Sender, patch_over
from promptsync.apply.wording import not_as_asked, rewritten
from promptsync.model.canonical import remote_hash, source_hash
from promptsync.model.errors import (
    AuthError,
    DialectError,
    PromptsyncError,
    RateLimitedError,
    ServiceError,
    UnavailableError,
)
from promptsync.model.lockfile import LockEntry, Lockfile, entry_for
from promptsync.model.prompt import CURRENT
from promptsync.plan.base import own_fields
from promptsync.plan.changes import (
    Adopt,
    Begun,
    Create,
    Decided,
    Delete,
    Forget,
    Intent,
    Move,
    Outcome,
    Recreate,
    Update,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from promptsync.apply.journal import Journal
    from promptsync.apply.payload import Patch
    from promptsync.model.prompt import Dialect, Prompt, PromptFile, RemotePrompt
    from promptsync.plan.changes import Plan
    from promptsync.service.api import PromptsApi

INTERRUPTED = "interrupted"

UNANSWERED = 3
"""Writes without an answer, for each of those side by side, after which the rest is let be."""


class Applier:
    """Applies one plan. `lock` is the lockfile as it stands, complete after every prompt.

    `known` are the ids that the service held when the plan was made: none of them can be what a create of ours made.
    `on_outcome` is called from the worker threads with each outcome, one at a time. `hurry` makes the service wait
    for nothing any longer.
    """

    def __init__(
        self,
        service: PromptsApi,
        journal: Journal,
        lock: Lockfile,
        *,
        known: Collection[str] = (),
        archive_folder: Path,
        parallelism: int = 8,
        on_outcome: Callable[[Outcome], None] | None = None,
        hurry: Callable[[], None] | None = None,
        sleep: Callable[[float], Any] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._interrupted = threading.Event()
        self._hurry = hurry or (lambda: None)
        sleep = sleep or self._interrupted.wait
        self._sender = Sender(service, known=known, sleep=sleep, hurried=self._interrupted.is_set)
        self._journal = journal
        self._lock = lock
        self._prompts = dict(lock.prompts)
        self._archive_folder = archive_folder
        self._parallelism = parallelism
        self._on_outcome = on_outcome or (lambda _: None)
        self._clock = clock
        self._mutex = threading.Lock()
        self._names: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._owner = lock.owner
        self._halted: str | None = None
        self._unanswered = 0

    @property
    def lock(self) -> Lockfile:
        """The lockfile with all that was done so far."""
        with self._mutex:
            return replace(self._lock.with_prompts(dict(self._prompts)), owner=self._owner)

    @property
    def was_interrupted(self) -> bool:
        """Whether a person stopped the run."""
        return self._interrupted.is_set()

    def stop(self, reason: str) -> None:
        """Lets nothing new begin; what is in flight is finished and recorded."""
        self._halted = self._halted or reason

    def interrupt(self) -> None:
        """Stops as a person wishes: besides, nothing waits any longer."""
        self.stop(INTERRUPTED)
        self._interrupted.set()
        self._hurry()

    def run(self, plan: Plan) -> list[Outcome]:
        """Carries out what the plan decides. Gives an outcome for each change, in the order of the plan.

        Raises PromptsyncError where the journal cannot be written: then nothing more is sent.
        """
        self._prompts.update(plan.refreshed)
        outcomes: dict[str, Outcome] = {}
        writes = [change for change in plan.decided if not isinstance(change, Delete)]
        deletes = [change for change in plan.decided if isinstance(change, Delete)]
        with ThreadPoolExecutor(max_workers=max(1, self._parallelism)) as pool:
            for group in (writes, deletes):
                for outcome in pool.map(self._attempt, group):
                    outcomes[outcome.key] = outcome
        return [outcomes[change.key] for change in plan.decided]

    def _attempt(self, change: Decided) -> Outcome:
        if self._halted:
            outcome = Outcome(change.key, change.action, "skipped", change.id, self._halted)
        else:
            try:
                outcome = self._carry_out(change)
                self._unanswered = 0
            except (ServiceError, DialectError, DoubtfulError) as error:
                self._stop_if_hopeless(error)
                outcome = _failed(change, error)
            except BaseException:
                self.stop("the run broke off")
                raise
        with self._mutex:
            self._on_outcome(outcome)
        return outcome

    def _stop_if_hopeless(self, error: PromptsyncError) -> None:
        """Lets the rest be where each would only fail likewise, or wait as long."""
        if isinstance(error, AuthError) and error.status == HTTPStatus.UNAUTHORIZED:
            self.stop("the service no longer accepts the key")
        elif isinstance(error, RateLimitedError):
            self.stop("the service limits the rate for longer than this run may wait")
        elif isinstance(error, UnavailableError):
            self._unanswered += 1
            if self._unanswered >= UNANSWERED * self._parallelism:
                self.stop(f"the service gave no answer {self._unanswered} times in a row")

    def _carry_out(self, change: Decided) -> Outcome:
        match change:
            case Create():
                return self._create(change, change.path or "")
            case Recreate():
                return self._create(change, change.path or "", replaces=change.entry.id)
            case Update():
                return self._update(change, change.file, change.entry, change.remote, change.entry.added)
            case Move():
                return self._move(change)
            case Adopt():
                return self._adopt(change)
            case Delete():
                return self._delete(change)
            case Forget():
                self._record(change.key, None)
                return Outcome(change.key, change.action, "done", change.id)
            case _:
                assert_never(change)

    def _create(self, change: Create | Recreate, path: str, *, replaces: str | None = None) -> Outcome:
        file = change.file
        asked = self._sender.preferred(file.prompt)
        intent = Intent(file.key, file.prompt.display_name, path, source_hash(file.prompt), self._clock())
        with self._names[file.prompt.display_name]:
            number = self._journal.begin_create(change.action, intent, replaces)
            try:
                asked, answer = self._sender.create(file, asked, path, intent)
            except PromptsyncError as error:
                self._end_unless_unknown(number, file.key, error)
                raise
        return self._conclude(change, file, asked, answer, path, number)

    def _update(
        self,
        change: Update | Move | Adopt,
        file: PromptFile,
        entry: LockEntry | None,
        planned: RemotePrompt | None,
        added: Collection[str] | None,
    ) -> Outcome:
        assert planned is not None, "a plan made offline cannot be applied"  # noqa: S101
        now = self._sender.reread(planned)
        if isinstance(now, Overtaken):
            return _left(change, now.value)
        unknown = entry is not None and entry.path is None and not isinstance(change, Move)
        path = None if unknown else change.path
        asked = self._sender.preferred(file.prompt, entry.dialect if entry else None)
        patch = patch_over(asked, now, path, added)
        number = self._journal.begin_write(
            Begun(
                action=change.action,
                key=file.key,
                id=now.id,
                time=self._clock(),
                path=path,
                old_key=change.old_key if isinstance(change, Move) else None,
                asked=file.prompt,
                protected=file.protected,
                cleared=patch.cleared,
            )
        )
        try:
            asked, answer, patch = self._sender.update(file.prompt, asked, now, patch, path, added)
        except PromptsyncError as error:
            self._end_unless_unknown(number, file.key, error)
            raise
        if answer is None:
            self._journal.end(number, file.key)
            return _left(change, "it was changed on the service while it was written")
        return self._conclude(change, file, asked, answer, path, number, patch)

    def _move(self, change: Move) -> Outcome:
        if change.diff:
            return self._update(change, change.file, change.entry, change.remote, change.entry.added)
        assert change.remote is not None, "a plan made offline cannot be applied"  # noqa: S101
        self._record(change.key, _agreed(change.file, change.remote, change.entry.dialect, change.path), change.old_key)
        return Outcome(change.key, change.action, "done", change.id)

    def _adopt(self, change: Adopt) -> Outcome:
        if change.file is not None and change.diff:
            added = change.entry.added if change.entry else None
            return self._update(change, change.file, change.entry, change.remote, added)
        self._note_owner(change.remote)
        self._record(change.key, _adopted(change))
        return Outcome(change.key, change.action, "done", change.id)

    def _delete(self, change: Delete) -> Outcome:
        assert change.remote is not None, "a plan made offline cannot be applied"  # noqa: S101
        now = self._sender.reread(change.remote)
        if now is Overtaken.DELETED:
            self._record(change.key, None)
            return Outcome(change.key, change.action, "done", change.id, "it was already gone")
        if isinstance(now, Overtaken):
            return _left(change, now.value)
        archive(self._archive_folder, change.key, now)
        number = self._journal.begin_write(Begun(change.action, change.key, change.id, self._clock()))
        try:
            self._sender.delete(change.id)
        except PromptsyncError as error:
            self._end_unless_unknown(number, change.key, error)
            raise
        self._end(number, change.key, None)
        return Outcome(change.key, change.action, "done", change.id)

    def _conclude(
        self,
        change: Create | Recreate | Update | Move | Adopt,
        file: PromptFile,
        asked: Prompt,
        answer: RemotePrompt,
        path: str | None,
        number: int,
        patch: Patch | None = None,
    ) -> Outcome:
        """Judges the answer and records it. What did not converge is recorded so that the next plan shows it again."""
        verdict = judge(asked, answer, patch.cleared if patch else None)
        dialect = answer.dialect(asked.dialect)
        entry = entry_for(file, answer, dialect, path, verdict.added, verdict.form)
        if verdict.wrong:
            entry = replace(entry, source=remote_hash(answer, dialect))
        self._note_owner(answer)
        self._end(number, file.key, entry, change.old_key if isinstance(change, Move) else None)
        if not verdict.wrong:
            return Outcome(change.key, change.action, "done", answer.id, rewritten(verdict, file.prompt.dialect))
        return Outcome(
            change.key,
            change.action,
            "not converged",
            answer.id,
            not_as_asked(verdict, file.prompt.dialect),
            "look at the prompt with `promptsync plan`, and write the file as the service can hold it",
        )

    def _note_owner(self, answer: RemotePrompt) -> None:
        with self._mutex:
            if self._owner is not None or answer.owner is None:
                return
            self._owner = answer.owner
        self._journal.note_owner(answer.owner)

    def _end_unless_unknown(self, number: int, key: str, error: PromptsyncError) -> None:
        """An intent whose write may have been carried out stays open: the next run looks what became of it."""
        if not isinstance(error, DoubtfulError) and not (isinstance(error, UnavailableError) and error.ambiguous):
            self._journal.end(number, key)

    def _end(self, number: int, key: str, entry: LockEntry | None, replaces: str | None = None) -> None:
        self._keep(key, entry, replaces)
        self._journal.end_with(number, key, entry, replaces)

    def _record(self, key: str, entry: LockEntry | None, replaces: str | None = None) -> None:
        self._end(0, key, entry, replaces)

    def _keep(self, key: str, entry: LockEntry | None, replaces: str | None) -> None:
        with self._mutex:
            left = self._prompts.get(replaces) if replaces is not None else None
            if replaces is not None and left is not None and entry is not None and left.id == entry.id:
                del self._prompts[replaces]
            if entry is None:
                self._prompts.pop(key, None)
            else:
                self._prompts[key] = entry


def _adopted(change: Adopt) -> LockEntry:
    remote, file, entry = change.remote, change.file, change.entry
    if file is not None:
        dialect = remote.dialect(entry.dialect if entry else file.prompt.dialect)
        return _agreed(file, remote, dialect, entry.path if entry else change.path)
    dialect = next(iter(remote.blocks), CURRENT)
    return LockEntry(
        id=remote.id,
        version=remote.version(dialect),
        path=change.path,
        display_name=remote.display_name,
        dialect=dialect,
        source=change.source,
        remote=remote_hash(remote, dialect),
    )


def _agreed(file: PromptFile, remote: RemotePrompt, dialect: Dialect, path: str | None) -> LockEntry:
    """The entry for a file and a prompt that say the same: what only the service has is its own from now on."""
    return entry_for(file, remote, dialect, path, own_fields(file, remote, dialect))


def _failed(change: Decided, error: PromptsyncError) -> Outcome:
    return Outcome(change.key, change.action, "failed", change.id, error.message, error.hint)


def _left(change: Decided, why: str) -> Outcome:
    return Outcome(change.key, change.action, "left", change.id, why, "look at it with `promptsync plan`")
