"""Sends one write so that it is carried out once: lost answers are looked for, and the dialect is found out.

The API has no idempotency keys. After a failure that leaves open whether a write was carried out, nothing is sent
again before the service was looked at.
"""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from promptsync.apply.payload import Patch, create_body, judge, nested, patch_for, still_held, was_ignored
from promptsync.model.canonical import remote_hash
from promptsync.model.compare import on_the_wire, remote_content
from promptsync.model.dialects import translate
from promptsync.model.errors import (
    DialectError,
    NotFoundError,
    PromptsyncError,
    RefusedError,
    ServiceError,
    UnavailableError,
)
from promptsync.model.prompt import other_dialect
from promptsync.model.shell import command
from promptsync.plan.unmanaged import made_since, may_be_of, same_content

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from promptsync.model.prompt import Dialect, Json, Prompt, PromptFile, RemotePrompt
    from promptsync.plan.changes import Intent
    from promptsync.service.api import PromptsApi

ATTEMPTS = 3
"""How often a write whose answer was lost is sent, each time after looking that it was not carried out."""

LOOKS = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds to wait before each look for a prompt that a lost create may have made: the list may lag behind."""

T = TypeVar("T")


class Overtaken(Enum):
    """Why a prompt is not written over: what someone else did to it, in a sentence."""

    CHANGED = "it was changed on the service since the plan was made"
    DELETED = "it was deleted on the service since the plan was made"


class DoubtfulError(PromptsyncError):
    """A create whose answer was lost, and which any of several prompts on the service may be."""


class Dialects:
    """Which dialects the service takes, as far as this run has found out. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refused: set[Dialect] = set()
        self._accepted: set[Dialect] = set()

    def preferred(self, prompt: Prompt, known: Dialect | None = None) -> Prompt:
        """`prompt` in the dialect to send it in: as written, or as last sent, unless the service is known to refuse it.

        Raises DialectError where the other one has no place for it.
        """
        if known is not None and known not in self._refused:
            return on_the_wire(prompt, known)
        if prompt.dialect in self._refused:
            return translate(prompt, other_dialect(prompt.dialect))
        return prompt

    def fallback(self, prompt: Prompt, asked: Prompt) -> Prompt | None:
        """`prompt` in the dialect that `asked` is not in; None if that one was refused too.

        Raises DialectError where the other one has no place for it.
        """
        other = other_dialect(asked.dialect)
        return None if other in self._refused else translate(prompt, other)

    def mark_accepted(self, dialect: Dialect) -> None:
        """Notes that the service took a block in `dialect`, with effect."""
        with self._lock:
            self._accepted.add(dialect)

    def mark_refused(self, dialect: Dialect) -> None:
        """Notes that the service has no use for `dialect`."""
        with self._lock:
            self._refused.add(dialect)

    def has_accepted(self, dialect: Dialect) -> bool:
        """Whether the service took `dialect` in this run."""
        return dialect in self._accepted

    def is_refusal(self, error: RefusedError, dialect: Dialect) -> bool:
        """Whether a 4xx refuses the dialect itself: it names a block as a whole, and never took one before."""
        if dialect in self._accepted:
            return False
        return re.search(r"\bprompt(_config)?\b(?![.\[])", error.detail) is not None


class Sender:
    """Writes to one service. Safe to use from several threads, one create of a name at a time.

    `known` are the ids that the service held before the run: none of them can be what a create of ours made. Once
    `hurried`, nothing is sent a second time.
    """

    def __init__(
        self,
        service: PromptsApi,
        *,
        known: Collection[str],
        sleep: Callable[[float], Any],
        hurried: Callable[[], bool] = lambda: False,
    ) -> None:
        self._service = service
        self._hurried = hurried
        self._known = set(known)
        self._sleep = sleep
        self._dialects = Dialects()
        self._mutex = threading.Lock()

    def reread(self, planned: RemotePrompt) -> RemotePrompt | Overtaken:
        """What the service holds just before a write, or why nothing is to be written: `planned` is no more."""
        try:
            now = self._service.get(planned.id)
        except NotFoundError:
            return Overtaken.DELETED
        return Overtaken.CHANGED if moved(planned, now) else now

    def preferred(self, prompt: Prompt, known: Dialect | None = None) -> Prompt:
        """`prompt` in the dialect to send it in; see `Dialects.preferred`."""
        return self._dialects.preferred(prompt, known)

    def create(self, file: PromptFile, asked: Prompt, path: str, intent: Intent) -> tuple[Prompt, RemotePrompt]:
        """Makes the prompt of `file`; gives what was asked in the dialect that was taken, and the answer.

        Raises ServiceError, with an UnavailableError that is `ambiguous` where a prompt may have been made, or
        DoubtfulError where several may be it.
        """
        try:
            answer = self._create_once(asked, path, intent, file)
        except RefusedError as error:
            other = self._other_dialect(file.prompt, asked, error)
            answer = self._create_once(other, path, intent, file)
            self._dialects.mark_refused(asked.dialect)
            asked = other
        with self._mutex:
            self._known.add(answer.id)
        if self._dialects.has_accepted(asked.dialect) or not was_ignored(asked, answer, None):
            self._dialects.mark_accepted(asked.dialect)
            return asked, answer
        return self._try_other(file.prompt, asked, answer, answer, path)

    def update(
        self,
        prompt: Prompt,
        asked: Prompt,
        now: RemotePrompt,
        patch: Patch,
        path: str | None,
        added: Collection[str] | None,
    ) -> tuple[Prompt, RemotePrompt | None, Patch]:
        """Writes `asked` over `now`; gives what was asked in the dialect that was taken, the answer and what was sent.

        `patch` is what `patch_over` makes of the others. The answer is None where someone else changed the prompt while
        the answer was lost. Raises ServiceError, with an UnavailableError that is `ambiguous` where it may have been
        carried out.
        """
        try:
            answer = self._update_once(asked, now, patch)
        except RefusedError as error:
            other = self._other_dialect(prompt, asked, error)
            patch = patch_over(other, now, path, added)
            answer = self._update_once(other, now, patch)
            self._dialects.mark_refused(asked.dialect)
            asked = other
        answer = self._clear_nested(asked, answer, patch) if answer is not None else None
        if answer is None:
            return asked, None, patch
        # Where we wrote before, a field that is not cleared says nothing: not every dialect can clear every field.
        own = added if path is None else None
        if not self._dialects.has_accepted(asked.dialect) and was_ignored(asked, answer, now, own):
            second, other_answer = self._try_other(prompt, asked, answer, now, path)
            return second, other_answer, patch if second is asked else Patch({})
        self._dialects.mark_accepted(asked.dialect)
        return asked, answer, patch

    def _clear_nested(self, asked: Prompt, answer: RemotePrompt, patch: Patch) -> RemotePrompt | None:
        """The answer after what a service that merges deeply has kept was cleared there by null, if it can be.

        The null must not be in the first request: a service that does not merge deeply would keep it as a value. Where
        one is kept all the same, the old value is put back, since a schema with a null in it is none.
        """
        kept = still_held(asked, answer, patch.cleared)
        cleared = self._update_nested(asked, answer, patch, dict.fromkeys(kept))
        if cleared is None or cleared is answer:
            return cleared
        held = still_held(asked, cleared, patch.cleared)
        nulls = {name: value for name, value in kept.items() if name in held and held[name] is None}
        return self._update_nested(asked, cleared, patch, nulls)

    def _update_nested(self, asked: Prompt, before: RemotePrompt, patch: Patch, values: Json) -> RemotePrompt | None:
        """The same update once more, with values in its nested objects. Where that fails, what was there stands."""
        body = nested(patch.body, values)
        if body is None:
            return before
        try:
            return self._update_once(asked, before, replace(patch, body=body))
        except ServiceError:
            return before

    def delete(self, id: str) -> None:
        """Deletes a prompt. Raises ServiceError; an UnavailableError only where a look could not tell either."""
        try:
            self._service.delete(id)
        except UnavailableError as error:
            if not error.ambiguous or not self._look(error, lambda: self._is_gone(id)):
                raise

    def _is_gone(self, id: str) -> bool:
        try:
            self._service.get(id)
        except NotFoundError:
            return True
        return False

    def _create_once(self, asked: Prompt, path: str, intent: Intent, file: PromptFile) -> RemotePrompt:
        """One prompt, however often its answer gets lost: before a create is sent again, the last one is looked for."""
        lost: UnavailableError | None = None
        for _ in range(ATTEMPTS):
            try:
                return self._service.create(create_body(asked, path))
            except RefusedError:
                raise
            except ServiceError as error:
                lost = _lost(error, lost)
            made = self._look(lost, lambda: self._look_for(intent, file))
            if made is not None:
                return made
            if self._hurried():
                break
        assert lost is not None  # noqa: S101
        raise lost

    def _look(self, lost: UnavailableError, look: Callable[[], T]) -> T:
        """Looks what became of a write. Where the service cannot be asked, that stays unknown, whatever the reason."""
        try:
            return look()
        except ServiceError as error:
            raise _still_lost(lost, "looking for it", error) from None

    def _look_for(self, intent: Intent, file: PromptFile) -> RemotePrompt | None:
        for delay in LOOKS:
            self._sleep(delay)
            found = self._candidates(intent)
            if len(found) > 1:
                found = [prompt for prompt in found if same_content(file, prompt)] or found
            if len(found) > 1:
                raise DoubtfulError(
                    "the answer to the create was lost, and it may have made any of "
                    + ", ".join(prompt.id for prompt in found),
                    hint=f"take one over with {command('adopt', intent.key, 'ID')} and delete the others",
                )
            if found:
                return found[0]
        return None

    def _candidates(self, intent: Intent) -> list[RemotePrompt]:
        """Prompts of the intent's name that came to the service after it began; the list is newest first."""
        found = []
        for page in self._service.pages():
            found += [prompt for prompt in page if prompt.id not in self._known and may_be_of(intent, prompt)]
            if not any(made_since(prompt, intent.time) for prompt in page):
                break
        return found

    def _other_dialect(self, prompt: Prompt, asked: Prompt, error: RefusedError) -> Prompt:
        """`prompt` in the other dialect, where `error` refuses the one it was asked in. Raises `error` else."""
        other = self._dialects.fallback(prompt, asked) if self._dialects.is_refusal(error, asked.dialect) else None
        if other is None:
            raise error
        return other

    def _try_other(
        self, prompt: Prompt, asked: Prompt, answer: RemotePrompt, before: RemotePrompt, path: str | None
    ) -> tuple[Prompt, RemotePrompt]:
        """The block was taken without effect: the same in the other dialect, if that helps.

        If it cannot be sent, what was answered before still stands, and must be recorded: there is a prompt.
        """
        try:
            other = self._dialects.fallback(prompt, asked)
        except DialectError:
            other = None
        if other is None:
            return asked, answer
        actual = remote_content(before, before.dialect(other.dialect), other)
        try:
            second = self._service.update(answer.id, patch_for(other, actual, path, None).body)
        except ServiceError:
            return asked, answer
        if was_ignored(other, second, answer):
            return asked, second
        self._dialects.mark_refused(asked.dialect)
        self._dialects.mark_accepted(other.dialect)
        return other, second

    def _update_once(self, asked: Prompt, before: RemotePrompt, patch: Patch) -> RemotePrompt | None:
        """The answer to one update; None where someone else changed the prompt while the answer was lost."""
        lost: UnavailableError | None = None
        for _ in range(ATTEMPTS):
            try:
                return self._service.update(before.id, patch.body)
            except (RefusedError, NotFoundError):
                raise
            except ServiceError as error:
                lost = _lost(error, lost)
            now = self._look(lost, lambda: self._service.get(before.id))
            verdict = judge(asked, now, patch.cleared)
            # What is only written differently may be what was there before.
            if not verdict.wrong and (not verdict.rewritten or moved(before, now)):
                return now
            if moved(before, now):
                return None
            if self._hurried():
                break
        assert lost is not None  # noqa: S101
        raise lost


def _lost(error: ServiceError, lost: UnavailableError | None) -> UnavailableError:
    """The failure after which it is unknown whether a write was carried out. Raises `error` if it was not, for certain.

    Once an answer was lost, no later failure of the same write makes that certain.
    """
    if isinstance(error, UnavailableError) and error.ambiguous:
        return error
    if lost is None:
        raise error
    raise _still_lost(lost, "sending it again", error) from None


def _still_lost(lost: UnavailableError, tried: str, error: ServiceError) -> UnavailableError:
    """The failure of a write whose answer was lost, where what was `tried` next failed too."""
    message = f"{lost.message}; {tried} failed too: {error.message}"
    return UnavailableError(message, status=error.status, ambiguous=True, hint=lost.hint)


def patch_over(asked: Prompt, now: RemotePrompt, path: str | None, added: Collection[str] | None) -> Patch:
    """The update that writes `asked` over what the service holds."""
    return patch_for(asked, remote_content(now, asked.dialect, asked), path, added)


def moved(before: RemotePrompt, now: RemotePrompt) -> bool:
    """Whether the service holds something else than `before`. One version has one block, however it is told."""
    if before.version() is not None and before.version() == now.version():
        return (before.display_name, before.description or None, before.metadata) != (
            now.display_name,
            now.description or None,
            now.metadata,
        )
    return any(remote_hash(before, dialect) != remote_hash(now, dialect) for dialect in {*before.blocks, *now.blocks})
