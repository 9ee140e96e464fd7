"""What was read from the service's pages the last time, so that a page that comes back byte for byte is not decoded.

Kept of a prompt are its id, name, owner, versions and hashes; all else is told again from the page, where it is asked
for. The cache is never trusted over the bytes of the answer.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from promptsync.service.answers import Gist, KnownPage, gist

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.files.cachefile import Remembered
    from promptsync.model.prompt import RemotePrompt
    from promptsync.service.pagination import Page


class PageCache:
    """The cache in the file of `remembered`. Reading may be done by many threads."""

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered
        self._known = remembered.read()
        self._now: dict[bytes, tuple[bool | None, list[RemotePrompt] | list[Gist]]] = {}

    def get(self, body: bytes) -> KnownPage | None:
        """What was read from the same bytes; None if that is not known."""
        name = hashlib.sha256(body).digest()
        entry = self._known.get(name)
        if entry is None:
            return None
        has_more, told = entry
        # Hashes that are computed in this run are added, and must not seem to have been known.
        gists = [Gist(*one)._replace(hashes=dict(one[-1])) for one in told]
        self._now[name] = has_more, gists
        return KnownPage(gists, has_more)

    def put(self, body: bytes, page: Page[RemotePrompt]) -> None:
        """Remembers what was read, with what will be known of its prompts when this is saved."""
        self._now[hashlib.sha256(body).digest()] = page.has_more, page.items

    def save(self, prepare: Callable[[], None]) -> None:
        """Writes what this run read, if it is something else than what the last one did; `prepare` makes the folder."""
        if not self._remembered.is_possible:
            return
        now = {
            name: (has_more, [tuple(gist(one) if not isinstance(one, Gist) else one) for one in told])
            for name, (has_more, told) in self._now.items()
        }
        if now and now != self._known:
            prepare()
            self._remembered.write(now)
