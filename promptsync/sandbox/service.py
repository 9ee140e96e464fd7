"""One sandbox: the state, the switches, the faults, and what a colleague in the web UI could do."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from promptsync.sandbox.answers import json_text
from promptsync.sandbox.behaviour import Behaviour, Patch
from promptsync.sandbox.changes import needs_version, patched, with_block
from promptsync.sandbox.entity import Form, Record, new_record, render, render_version, rendering
from promptsync.sandbox.errors import NotFound
from promptsync.sandbox.faults import Faults
from promptsync.sandbox.log import RequestLog
from promptsync.sandbox.store import Renderer, Row, Store
from promptsync.sandbox.writing import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType


_LOGGED_REQUESTS = 2000
_PAGE = 500


class Sandbox:
    """An orq.ai of one's own: `/v2/prompts` with its state.

    `database` is an SQLite file that outlives the process and may be shared by several, or None for memory.
    `behaviour` can be replaced at run time. `clock` gives seconds since 1970 (`time.time`).

    `requests` are the latest requests, oldest first, and their `total`; `faults` the failures in force. It may be used
    by several threads. Close it, or use it as a context manager.

    Raises StoreError if the file is no sandbox's.
    """

    def __init__(
        self,
        database: Path | None = None,
        *,
        behaviour: Behaviour | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.clock = clock
        self.store = Store(database)
        self.faults = Faults()
        self.requests = RequestLog(_LOGGED_REQUESTS)
        self._first_behaviour = self.behaviour
        self._waking = threading.Condition()
        self._woken = 0
        self._before: dict[str, list[tuple[float, Record]]] = {}
        """What updated prompts were before, and until when, the oldest first; kept while lists lag behind."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Wake those who wait in a latency or fault, and let go of the database."""
        self.wake()
        self.store.close()

    def reset(self) -> None:
        """Take away all prompts, faults and logged requests, and go back to the first behaviour."""
        self.store.clear()
        self.faults.clear()
        self.requests.clear()
        self._before.clear()
        self.behaviour = self._first_behaviour

    def wait(self, seconds: float) -> None:
        """Sleep, but not beyond the next `wake`."""
        if seconds > 0:
            with self._waking:
                woken = self._woken
                self._waking.wait_for(lambda: self._woken != woken, seconds)

    def wake(self) -> None:
        """End the sleep of those who are in a latency or a fault now; for one who closes."""
        with self._waking:
            self._woken += 1
            self._waking.notify_all()

    # What the service does with a request that is right.

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make a prompt of a checked body; gives the answer to the POST."""
        (record,) = self._add([new_record(written(body, self.behaviour.writing), self.behaviour)])
        return self.answer(record, "created")

    def create_many(self, bodies: Iterable[Mapping[str, Any]]) -> list[str]:
        """Make prompts of unchecked bodies in one transaction, the last the newest; gives their ids. For benchmarks."""
        return [record.id for record in self._add(new_record(body, self.behaviour) for body in bodies)]

    def hold(self, prompt_id: str, version: str | None, body: Mapping[str, Any]) -> None:
        """Have a prompt of an unchecked create's body, as if it had been made under that id. One that is there stays.

        `version` is its version; None makes one.
        """
        draft = new_record(written(body, self.behaviour.writing), self.behaviour)
        self.store.hold(replace(draft, id=prompt_id, version=version or ""), self.clock(), self._renderer())

    def update(self, prompt_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out a PATCH with a checked body; gives its answer. Raises NotFound."""
        behaviour = self.behaviour

        def change(before: Record) -> tuple[Record, bool]:
            after = patched(before, written(body, behaviour.writing), behaviour)
            is_version = needs_version(before, after, behaviour)
            # Written with a key, by no user: the documents' created_by_id of an API call is null.
            return (replace(after, updated_by=None) if is_version or after != before else before), is_version

        return self._update(prompt_id, change)

    def delete(self, prompt_id: str) -> None:
        """Take a prompt away with its versions. Raises NotFound."""
        if not self.store.delete(prompt_id):
            raise prompt_not_found(prompt_id)

    def answer(self, record: Record, form: Form = "retrieved") -> dict[str, Any]:
        """A prompt as it is answered under the behaviour in force."""
        return self._rewritten(render(record, self.behaviour, form))

    def answer_version(self, record: Record) -> dict[str, Any]:
        """A version as it is answered."""
        return self._rewritten(render_version(record, self.behaviour))

    def text(self, row: Row) -> str:
        """A stored prompt as JSON text, as GET and lists answer it."""
        if self.behaviour.rewriter is None and row.rendering == rendering(self.behaviour):
            return row.entity
        return json_text(self.answer(Record.from_json(row.record)))

    def listed(self, row: Row) -> str:
        """A stored prompt as JSON text, as lists answer it: they may lag behind an update."""
        lag = self.behaviour.update_lag
        if lag and self._before:
            since = self.clock() - lag
            for until, before in tuple(self._before.get(Record.from_json(row.record).id, ())):
                if until > since:
                    return json_text(self.answer(before))
        return self.text(row)

    # What a colleague in the web UI does; none of it is checked.

    def prompts(self) -> list[dict[str, Any]]:
        """All prompts as the service answers them, newest first."""
        return [json.loads(self.text(row)) for row in self._all_rows()]

    def path_of(self, prompt_id: str) -> str:
        """The path that a prompt was last given, which no answer tells. Raises NotFound."""
        return self.record(prompt_id).path

    def record(self, prompt_id: str) -> Record:
        """A prompt as it is kept. Raises NotFound."""
        row = self.store.get(prompt_id)
        if row is None:
            raise prompt_not_found(prompt_id)
        return Record.from_json(row.record)

    def ui_create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make a prompt by hand: display_name, path and a block of either dialect, as a POST has them."""
        named = {"display_name": "Untitled", "path": "Default", **written(body, self.behaviour.writing)}
        if "prompt" not in named and "prompt_config" not in named:
            named[self.behaviour.block] = {"messages": []}
        user = self.behaviour.user_id
        (record,) = self._add([replace(new_record(named, self.behaviour), created_by=user, updated_by=user)])
        return self.answer(record)

    def ui_edit(self, prompt_id: str, changes: Mapping[str, Any], *, replace_block: bool = False) -> dict[str, Any]:
        """Edit a prompt by hand, which always makes a version and sets updated_by_id.

        `changes` are top-level fields (`path` too), each replaced; of a block (`prompt` or `prompt_config`) the fields
        given are replaced and those that are null are cleared, or all of it is replaced with `replace_block`.
        Gives the entity. Raises NotFound.
        """
        behaviour = self.behaviour
        mode: Patch = "replace" if replace_block else "merge"
        changes = written(changes, behaviour.writing)
        apart = ("path", "prompt", "prompt_config")

        def change(before: Record) -> tuple[Record, bool]:
            fields = before.fields | {name: changes[name] for name in changes if name not in apart}
            after = replace(before, fields=fields, path=changes.get("path", before.path), updated_by=behaviour.user_id)
            if "prompt_config" in changes:
                after = with_block(after, "prompt_config", changes["prompt_config"], mode)
            if "prompt" in changes:
                after = with_block(after, "prompt", changes["prompt"], mode)
            return after, True

        return self._update(prompt_id, change)

    def ui_delete(self, prompt_id: str) -> None:
        """Delete a prompt by hand. Raises NotFound."""
        self.delete(prompt_id)

    def _add(self, drafts: Iterable[Record]) -> list[Record]:
        return self.store.create_many(drafts, self.clock(), self._renderer())

    def _update(self, prompt_id: str, change: Callable[[Record], tuple[Record, bool]]) -> dict[str, Any]:
        def noted(before: Record) -> tuple[Record, bool]:
            if self.behaviour.update_lag:
                self._before.setdefault(prompt_id, []).append((self.clock(), before))
            return change(before)

        record = self.store.update(prompt_id, self.clock(), noted, self._renderer())
        if record is None:
            raise prompt_not_found(prompt_id)
        return self.answer(record)

    def _renderer(self) -> Renderer:
        behaviour = self.behaviour
        return Renderer(rendering(behaviour), lambda record: json_text(render(record, behaviour, "retrieved")))

    def _rewritten(self, entity: dict[str, Any]) -> dict[str, Any]:
        rewriter = self.behaviour.rewriter
        return entity if rewriter is None else rewriter(entity)

    def _all_rows(self) -> Iterable[Row]:
        after, more = None, True
        while more:
            rows, more = self.store.page(_PAGE, after=after)
            yield from rows
            after = Record.from_json(rows[-1].record).id if rows else None


def prompt_not_found(prompt_id: str) -> NotFound:
    """The 404 of a prompt that is not there."""
    return NotFound(f"Prompt {prompt_id[:40]} not found")
