"""A service in memory, which fails as it is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from promptsync.model.errors import NotFoundError, RefusedError, ServiceError, UnavailableError
from promptsync.model.prompt import CURRENT, DIALECTS, Dialect
from tests.factories import answered, intent, remote

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from promptsync.model.prompt import Json, RemotePrompt

BEGUN = intent().time


def at(seconds: float) -> str:
    """A date on the service, so long after the intent."""
    return datetime.fromtimestamp(BEGUN + seconds, UTC).isoformat()


class Service:
    """Holds prompts; each of `script` is the failure of one call: raised before it is carried out, or after.

    It refuses the blocks that it does not take, or passes them over if it `ignores`.
    """

    def __init__(self, *prompts: RemotePrompt, takes: Collection[Dialect] = DIALECTS, ignores: bool = False) -> None:
        self.prompts = {one.id: one for one in prompts}
        self.takes, self.ignores = takes, ignores
        self.script: dict[str, list[tuple[ServiceError | None, bool]]] = {}
        self.calls: list[str] = []
        self.bodies: list[Json] = []
        self.page_size = 100
        self.hidden_for = 0
        self.changes: int = 0

    def fail(self, method: str, *errors: ServiceError | None, after: bool = False) -> Service:
        self.script.setdefault(method, []).extend((error, after) for error in errors)
        return self

    def _call(self, method: str, carry_out: Callable[[], Any]) -> Any:
        self.calls.append(method)
        waiting = self.script.get(method, [])
        error, after = waiting.pop(0) if waiting else (None, False)
        if error is not None and not after:
            raise error
        done = carry_out()
        if error is not None:
            raise error
        return done

    def _write(self, id_: str, body: Json) -> RemotePrompt:
        self.bodies.append(body)
        dialect = next(name for name in DIALECTS if name in body)
        self.changes += 1
        version = f"w{self.changes}"
        about = {"description": body.get("description"), "metadata": body["metadata"], "created": at(0)}
        if dialect in self.takes:
            made = remote(id_, body["display_name"], body[dialect], dialect=dialect, version=version, **about)
        elif not self.ignores:
            raise RefusedError("refused", status=400, detail=f"`{dialect}` is not allowed")
        elif id_ in self.prompts:
            made = answered(self.prompts[id_], display_name=body["display_name"])
        else:
            made = remote(
                id_, body["display_name"], {}, dialect=next(iter(self.takes), CURRENT), version=version, **about
            )
        self.prompts[id_] = made
        return made

    def pages(self) -> Iterator[list[RemotePrompt]]:
        held_there = self._call("list", lambda: list(reversed(self.prompts.values())))
        self.hidden_for -= 1
        if self.hidden_for >= 0:
            held_there = []
        for start in range(0, max(len(held_there), 1), self.page_size):
            if start:
                self.calls.append("more")
            yield held_there[start : start + self.page_size]

    def get(self, id: str) -> RemotePrompt:
        return self._call("get", lambda: self._held(id))

    def create(self, body: Json) -> RemotePrompt:
        return self._call("create", lambda: self._write(f"new-{len(self.prompts)}", body))

    def update(self, id: str, body: Json) -> RemotePrompt:
        return self._call("update", lambda: self._write(self._held(id).id, body))

    def delete(self, id: str) -> None:
        self._call("delete", lambda: self.prompts.pop(self._held(id).id))

    def _held(self, id_: str) -> RemotePrompt:
        if id_ not in self.prompts:
            raise NotFoundError("it is gone", status=404)
        return self.prompts[id_]


def lost(message: str = "no answer in time") -> UnavailableError:
    """The failure after which nobody knows whether the write was carried out."""
    return UnavailableError(message, ambiguous=True, hint="run it again")
