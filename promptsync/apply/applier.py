"""Carries out a plan: many prompts side by side, deletes last, each recorded before the next thing happens to it.

For each write there is an intent in the journal before it and an outcome after it. An answer that is lost is looked
for on the service before anything is sent again, since the API has no idempotency keys.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
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
from promptsync.model.lockfile import LockEntry, Lockfile, entry_for, entry_without_file
from promptsync.plan.base import agreed_entry
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
    from collections.abc import Callable, Collection, Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from promptsync.apply.journal import Journal
    from promptsync.apply.payload import Patch
    from promptsync.model.prompt import Prompt, PromptFile, RemotePrompt
    from promptsync.plan.changes import Plan
    from promptsync.service.api import PromptsApi

INTERRUPTED = "interrupted"
ELSEWHERE = "the key reaches another workspace than that of the lockfile"

UNANSWERED = 3
"""Writes without an answer, for each of those side by side, after which the rest is let be."""

_TURN = 0.5
"""Seconds for which an outcome is waited for at a time: on Windows no interrupt reaches who waits without an end."""


class UnrecordedError(PromptsyncError):
    """A write that was carried out, which the journal could not take; `why` says what kept it."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"it was carried out on the service, and could not be recorded: {why}",
            hint="make room, and run this again: the next run finds out that it was done",
        )
        self.why = why


class ElsewhereError(PromptsyncError):
    """An answer that names another workspace than that of the lockfile: nothing of it is recorded."""

    def __init__(self, message: str, *, id: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.id = id


class Applier:
    """Applies one plan. `lock` is the lockfile as it stands, complete after every prompt.

    `known` are the ids that the service held when the plan was made: none of them can be what a create of ours made.
    Unless the workspace of the lockfile was `seen` there, creates are sent one by one until an answer names it. Where a
    place `is_shared`, others make prompts of our names there, and what a lost create made is known by its words alone.
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
        seen: bool = True,
        is_shared: bool = False,
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
        self._seen = seen or lock.owner is None
        self._is_shared = is_shared
        self._halted: str | None = None
        self._in_doubt: set[str] = set()
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

        Where the journal cannot be written, nothing more is sent.
        """
        self._prompts.update(plan.refreshed)
        outcomes: dict[str, Outcome] = {}
        writes = [change for change in plan.decided if not isinstance(change, Delete)]
        deletes = [change for change in plan.decided if isinstance(change, Delete)]
        if not self._seen:
            # What is only forgotten would be so before anything tells whether this is the right place.
            writes.sort(key=lambda change: isinstance(change, Forget))
        while writes and not self._seen:
            outcome = self._attempt(writes.pop(0))
            outcomes[outcome.key] = outcome
        with ThreadPoolExecutor(max_workers=max(1, self._parallelism)) as pool:
            for group in (writes, deletes):
                for outcome in _in_turn([pool.submit(self._attempt, change) for change in group]):
                    outcomes[outcome.key] = outcome
        return [outcomes[change.key] for change in plan.decided]

    def _attempt(self, change: Decided) -> Outcome:
        if self._halted:
            outcome = Outcome(change.key, change.action, "skipped", change.id, self._halted)
        else:
            try:
                outcome = self._carry_out(change)
                self._unanswered = 0
            except PromptsyncError as error:
                self._stop_if_hopeless(error)
                outcome = _failed(change, error, in_doubt=change.key in self._in_doubt)
            except BaseException:
                self.stop("the run broke off")
                raise
        with self._mutex:
            self._on_outcome(outcome)
        return outcome

    def _stop_if_hopeless(self, error: PromptsyncError) -> None:
        """Lets the rest be where each would only fail likewise, or wait as long."""
        if isinstance(error, ElsewhereError):
            self.stop(ELSEWHERE)
        elif not isinstance(error, ServiceError | DialectError | DoubtfulError):
            self.stop(error.why if isinstance(error, UnrecordedError) else error.message)
        elif isinstance(error, AuthError) and error.status == HTTPStatus.UNAUTHORIZED:
            self.stop("the service no longer accepts the key")
        elif isinstance(error, RateLimitedError):
            self.stop("the service limits the rate for longer than this run may wait")
        elif isinstance(error, UnavailableError):
            self._unanswered += 1
            if self._unanswered >= UNANSWERED * (self._parallelism if self._seen else 1):
                self.stop(f"the service gave no answer {self._unanswered} times in a row")

    def _carry_out(self, change: Decided) -> Outcome:
        match change:
            case Create():
                return self._create(change, change.path or "")
            case Recreate():
                return self._create(change, change.path or "", replaces=change.entry.id)
            case Update():
                if not change.is_sent:
                    return self._agree(change, change.entry.path)
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
        source = source_hash(file.prompt)
        words = file.prompt if self._is_shared else None
        intent = Intent(file.key, file.prompt.display_name, path, source, self._clock(), file.protected, words)
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
        self._check_workspace(now, "nothing was sent")
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
                old_key=self._left_by(change),
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
        if change.is_sent:
            return self._update(change, change.file, change.entry, change.remote, change.entry.added)
        return self._agree(change, change.path)

    def _agree(self, change: Update | Move, path: str | None) -> Outcome:
        """Records what nothing has to be sent for."""
        assert change.remote is not None, "a plan made offline cannot be applied"  # noqa: S101
        self._record(
            change.key, agreed_entry(change.file, change.remote, change.entry.dialect, path), self._left_by(change)
        )
        return Outcome(change.key, change.action, "done", change.id)

    def _adopt(self, change: Adopt) -> Outcome:
        if change.file is not None and change.diff:
            added = change.entry.added if change.entry else None
            return self._update(change, change.file, change.entry, change.remote, added)
        self._check_workspace(change.remote, "nothing was recorded")
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
        self._check_workspace(now, "nothing was sent")
        archive(self._archive_folder, change.key, now)
        number = self._journal.begin_write(Begun(change.action, change.key, change.id, self._clock()))
        try:
            self._sender.delete(change.id)
        except PromptsyncError as error:
            self._end_unless_unknown(number, change.key, error)
            raise
        with _carried_out():
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
        try:
            with _carried_out():
                self._check_workspace(answer, "it was made or changed there, and nothing of it is recorded")
        except ElsewhereError:
            self._journal.end(number, file.key)
            raise
        verdict = judge(asked, answer, patch.cleared if patch else None)
        dialect = answer.dialect(asked.dialect)
        entry = entry_for(file, answer, dialect, path, verdict.added, verdict.form)
        if verdict.wrong:
            entry = replace(entry, source=remote_hash(answer, dialect))
        with _carried_out():
            self._end(number, file.key, entry, self._left_by(change))
        if not verdict.wrong:
            note = rewritten(verdict, file.prompt.dialect)
            return Outcome(change.key, change.action, "done", answer.id, note, version=answer.version(dialect))
        return Outcome(
            change.key,
            change.action,
            "not converged",
            answer.id,
            not_as_asked(verdict, file.prompt.dialect),
            "look at the prompt with `promptsync plan`, and write the file as the service can hold it",
        )

    def _left_by(self, change: Decided) -> str | None:
        """The key that a prompt leaves; None where the lock has it under its new key already."""
        if not isinstance(change, Move):
            return None
        with self._mutex:
            held = self._prompts.get(change.old_key)
        return change.old_key if held is not None and held.id == change.id else None

    def _check_workspace(self, answer: RemotePrompt, what: str) -> None:
        """Raises ElsewhereError where an answer is of another workspace than all before it. The first one is noted."""
        with self._mutex:
            self._seen = True
            known = self._owner
            if known is None:
                self._owner = answer.owner
        if answer.owner is None or answer.owner == known:
            return
        if known is None:
            self._journal.note_owner(answer.owner)
            return
        raise ElsewhereError(
            f"the prompt {answer.id} is in the workspace {answer.owner}, and the lockfile belongs to {known}: {what}",
            id=answer.id,
            hint=f"use the key of the workspace {known}; look at {answer.id} in the other one, and delete it there",
        )

    def _end_unless_unknown(self, number: int, key: str, error: PromptsyncError) -> None:
        """An intent whose write may have been carried out stays open: the next run looks what became of it."""
        if isinstance(error, DoubtfulError) or (isinstance(error, UnavailableError) and error.ambiguous):
            self._in_doubt.add(key)
        else:
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


def _in_turn(outcomes: Sequence[Future[Outcome]]) -> Iterator[Outcome]:
    """The outcomes in their order. What was not begun is not, once this is broken off."""
    try:
        for outcome in outcomes:
            while not wait([outcome], _TURN).done:
                pass
            yield outcome.result()
    finally:
        for outcome in outcomes:
            outcome.cancel()


@contextmanager
def _carried_out() -> Iterator[None]:
    """Says of what goes wrong in it that the write itself was carried out."""
    try:
        yield
    except ElsewhereError:
        raise
    except PromptsyncError as error:
        raise UnrecordedError(error.message) from None


def _adopted(change: Adopt) -> LockEntry:
    remote, file, entry = change.remote, change.file, change.entry
    if file is not None:
        dialect = remote.dialect(entry.dialect if entry else file.prompt.dialect)
        return agreed_entry(file, remote, dialect, entry.path if entry else change.path)
    return entry_without_file(remote, change.path, change.source, protected=change.protected)


def _failed(change: Decided, error: PromptsyncError, *, in_doubt: bool) -> Outcome:
    id = error.id if isinstance(error, ElsewhereError) else change.id
    return Outcome(change.key, change.action, "failed", id, error.message, error.hint, in_doubt=in_doubt)


def _left(change: Decided, why: str) -> Outcome:
    return Outcome(change.key, change.action, "left", change.id, why, "look at it with `promptsync plan`")
