"""What can be asked of the service: the one interface that readers and writers of prompts are built on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import Json, RemotePrompt
    from promptsync.service.answers import RemoteVersion
    from promptsync.service.pagination import Page

PAGE = 200
"""Prompts that are asked for at once: the most that the service's list gives."""


class PromptsApi(Protocol):
    """The prompts that one key reaches. Safe to use from several threads.

    Every method raises AuthError (401, 403), RefusedError (other 4xx), RateLimitedError (429 for longer than the
    client's patience), UnavailableError (no usable answer), or ServiceError (an answer that cannot be from this API).
    After a create or update that may have been carried out, UnavailableError says `ambiguous` and the caller has to
    look.
    """

    def pages(self, *, limit: int = PAGE, starting_after: str | None = None) -> Iterator[list[RemotePrompt]]:
        """The prompts that the key reaches, newest first, page by page as they are asked for.

        No prompt comes twice, and pages are never empty. `limit` (1 to 200) is how many to ask for at once; a service
        that refuses as many is asked for fewer, which is remembered. `starting_after` is a prompt's id. A list that
        cannot be read to its end raises: the end of the iterator is the end of the list.
        """

    def page(self, *, limit: int = PAGE, starting_after: str | None = None) -> Page[RemotePrompt] | None:
        """One page of the list, for those who read several places of it side by side; see `pages`.

        None where the service refuses `starting_after`: that prompt may be gone. Others take a prompt that is gone
        for the end of the list, or begin at the top: to tell that is up to the caller.
        """

    def list_all(self) -> list[RemotePrompt]:
        """Every prompt that the key reaches, each once, newest first; see `pages`."""

    def get(self, id: str) -> RemotePrompt:
        """The prompt with this id. Raises NotFoundError."""

    def create(self, body: Json) -> RemotePrompt:
        """Make a prompt; the answer is the whole entity. At most one POST is carried out."""

    def update(self, id: str, body: Json) -> RemotePrompt:
        """Change a prompt (PATCH); the answer is the whole entity. Raises NotFoundError."""

    def delete(self, id: str) -> None:
        """Delete a prompt with all its versions. One that is gone already (404) is deleted."""

    def versions(self, id: str) -> Iterator[RemoteVersion]:
        """The versions of a prompt, newest first, read as they are asked for. Raises NotFoundError."""

    def version(self, id: str, version: str) -> RemoteVersion:
        """One version of a prompt. Raises NotFoundError."""
