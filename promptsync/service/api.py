"""The prompts API as the other rooms know it: what can be asked of the service, and what it raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import Json, RemotePrompt
    from promptsync.service.answers import RemoteVersion
    from promptsync.service.pagination import Page


class PromptsApi(Protocol):
    """The service that a key reaches, for as many threads as like. `Client` is it over HTTP.

    Every method raises AuthError (401, 403), RefusedError (other 4xx), RateLimitedError (429 for longer than the
    patience), UnavailableError (no usable answer), or ServiceError (an answer that cannot be from this API).
    """

    @property
    def skew(self) -> float:
        """Seconds by which the service's clock is ahead of ours."""

    def pages(self, *, limit: int = ..., starting_after: str | None = ...) -> Iterator[list[RemotePrompt]]: ...
    def page(self, *, limit: int = ..., starting_after: str | None = ...) -> Page[RemotePrompt] | None: ...
    def list_all(self) -> list[RemotePrompt]: ...
    def get(self, id: str) -> RemotePrompt: ...
    def create(self, body: Json) -> RemotePrompt: ...
    def update(self, id: str, body: Json) -> RemotePrompt: ...
    def delete(self, id: str) -> None: ...
    def versions(self, id: str) -> Iterator[RemoteVersion]: ...
    def version(self, id: str, version: str) -> RemoteVersion: ...

    def hurry(self) -> None:
        """From now on no call waits or repeats itself."""
