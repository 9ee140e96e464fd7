"""Lists that are read page by page while they change.

What the API leaves open is met every way: what a list does with a cursor whose item was deleted, and whether a page
tells that more follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from promptsync.model.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_RESTARTS = 10
MAX_STEPS_BACK = 3
MAX_PAGES = 20_000
"""Pages of one list, after which it is believed to have no end; more than any workspace has, however short they are."""


class Identified(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Identified)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list. `has_more` is None where the answer does not tell; `limit` is how many were asked for."""

    items: list[T]
    has_more: bool | None
    limit: int

    @property
    def promises_more(self) -> bool:
        """Whether the list goes on behind this page, as far as the page tells."""
        return self.has_more if self.has_more is not None else len(self.items) >= self.limit


class ListIterator(Generic[T]):
    """All items of a list that changes while it is read, each once.

    A cursor whose item was deleted meanwhile is refused by some services, taken for the end by others, and ignored by
    others again. All three are met by going on from an earlier item, or in the end from the top. `stuck` makes the
    error for a list that cannot be read to its end, of a clause on what it does instead.
    """

    def __init__(
        self,
        fetch: Callable[[str | None], Page[T] | ServiceError],
        stuck: Callable[[str], ServiceError],
        after: str | None,
    ) -> None:
        self._fetch = fetch
        self._stuck = stuck
        self._after = after
        self._seen: dict[str, int] = {}
        self._trail: list[str] = []
        self._restarts = 0
        self._steps_back = 0
        self._doubted: set[str | None] = set()
        """Cursors behind which nothing came, though something might: the last item's, or gone."""

    def __iter__(self) -> Iterator[list[T]]:
        cursor = self._after
        used: set[str] = set()
        promised = False
        for _ in range(MAX_PAGES):
            page = self._fetch(cursor)
            if isinstance(page, ServiceError) or (not page.items and (promised or page.has_more)):
                cursor = self._step_back(cursor, page)
                used.clear()
                promised = cursor != self._after
                continue
            fresh = self._fresh(page)
            if fresh:
                yield fresh
            if self._is_end(page, fresh, cursor):
                return
            cursor = page.items[-1].id
            if cursor in used:
                self._restart()
                used.clear()
            used.add(cursor)
            promised = True
        raise self._stuck(f"has a list of more than {MAX_PAGES} pages")

    def _fresh(self, page: Page[T]) -> list[T]:
        fresh = []
        for item in page.items:
            if item.id not in self._seen:
                self._seen[item.id] = len(self._trail)
                self._trail.append(item.id)
                fresh.append(item)
        if fresh:
            self._steps_back = 0
        return fresh

    def _is_end(self, page: Page[T], fresh: list[T], cursor: str | None) -> bool:
        if not page.items or page.has_more is False:
            return True
        if page.has_more or fresh:
            return False
        # Without has_more a short page may be the last, or a service that gives fewer than asked: the next one tells.
        # It is the end if it holds the cursor itself, which then is still there: one behind which nothing came, or the
        # one that was asked for, by a service that knows no cursors.
        last = page.items[-1].id
        return last in self._doubted or (last == cursor and len(page.items) < page.limit)

    def _step_back(self, cursor: str | None, page: Page[T] | ServiceError) -> str | None:
        place = self._seen.get(cursor) if cursor is not None else None
        if place is None and isinstance(page, ServiceError):
            raise page  # the caller's own cursor
        if not isinstance(page, ServiceError):
            self._doubted.add(cursor)
        self._restart()
        self._steps_back += 1
        if not place or self._steps_back > MAX_STEPS_BACK:
            return self._after
        return self._trail[place - 1]

    def _restart(self) -> None:
        self._restarts += 1
        if self._restarts > MAX_RESTARTS:
            raise self._stuck("answers with the same page again and again")
