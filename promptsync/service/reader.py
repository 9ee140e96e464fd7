"""Reads what the service holds, in few requests and side by side.

There are two ways to read many prompts. By id costs a request for each, and a 404 tells for certain that one is gone.
The list brings 200 whole prompts a page, ours and others'; ids known from the lock serve as cursors, so that several
places of it are read at once.

Where others' prompts do not matter, the list is only a shortcut: it is read as long as its pages bring enough of
ours, and what it did not bring is asked for by id. So nothing depends on its order, on cursors that are gone, or on
what happens to it meanwhile.

Where others' prompts matter, all of the list is needed. Each reader walks from its cursor until it meets a cursor at
which one began, and the walks form a chain from the top. If that chain arrives at the end, every prompt that was
there all the time was passed, whatever the order: a cursor that is gone is met by no one, so that the walk before it
goes on; one that goes away between being met and being used breaks the chain, or turns it back on itself, and the
list is read again from the top, page after page.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Protocol, TypeVar

from promptsync.model.errors import NotFoundError
from promptsync.service.api import PAGE
from promptsync.service.pagination import MAX_PAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from promptsync.model.prompt import RemotePrompt
    from promptsync.service.api import PromptsApi
    from promptsync.service.pagination import Page

FEW = 1
"""Rounds of requests by id that are not worth a look at the list."""

WORTHWHILE = 10
"""Prompts of ours that a page must bring. It takes more work than a prompt by id, but not as much as ten."""

TRIES = 3
"""Ids that are tried as cursors before a stretch of the list is left alone."""

CURSOR_EACH = 25
"""Prompts of ours for each place of the whole list that is read at once: a place costs a part of a page."""


PARALLELISM = 16
"""Requests at once: as many as the client keeps connections open by default."""

TURN = 0.5 if sys.platform == "win32" else None
"""Seconds for which answers are waited for at a time: on Windows no interrupt reaches who waits without an end."""

PAGES_AT_ONCE = 8
"""Pages of the list that are read at once: each is in memory as a whole, and pages of long prompts have megabytes."""


A = TypeVar("A")
B = TypeVar("B")


class Runner(Protocol):
    """Carries out a task for each item, `workers` at a time; the results are in the items' order.

    Where a task raises, or the wait for them is interrupted, `halt` is called, no task is begun any more, and what was
    raised is raised once the tasks have ended that had begun.
    """

    def __call__(
        self, task: Callable[[A], B], items: Sequence[A], workers: int, halt: Callable[[], None]
    ) -> list[B]: ...


def run_parallel(task: Callable[[A], B], items: Sequence[A], workers: int, halt: Callable[[], None]) -> list[B]:
    """The runner in threads."""
    if len(items) <= 1:
        return [task(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(workers, len(items))) as pool:
        futures = [pool.submit(task, item) for item in items]
        try:
            ended = wait(futures, TURN, FIRST_EXCEPTION)
            while ended.not_done and not any(future.exception() for future in ended.done):
                ended = wait(futures, TURN, FIRST_EXCEPTION)
            for future in ended.done:
                future.result()
            return [future.result() for future in futures]
        except BaseException:
            halt()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def read_service(
    client: PromptsApi,
    *,
    locked: Collection[str],
    need_unmanaged: bool,
    parallelism: int = PARALLELISM,
    run: Runner = run_parallel,
) -> dict[str, RemotePrompt]:
    """What the service holds, by id. A locked id that is not in it is gone for certain.

    With `need_unmanaged`, or where a locked prompt is gone, every prompt that the list shows is in it, else those with
    `locked` ids alone. `parallelism` is how many requests are sent at once.

    Raises what the client raises: what could not be read is an error, never an absence.
    """
    reader = _Reader(client, frozenset(locked), parallelism, run)
    if need_unmanaged:
        reader.read_list()
    else:
        reader.read_managed()
    reader.read_by_id()
    if reader.gone and not need_unmanaged:
        # Whether a prompt that is gone can be made again hangs on whether another bears its name.
        reader.read_list()
    return reader.found


def read_again(
    client: PromptsApi, ids: Collection[str], *, parallelism: int = PARALLELISM, run: Runner = run_parallel
) -> tuple[dict[str, RemotePrompt], set[str]]:
    """What the service holds under these ids, each read by itself, and those of them that are gone for certain."""
    reader = _Reader(client, frozenset(ids), parallelism, run)
    reader.read_by_id()
    return reader.found, reader.gone


_END = ""
"""Stands for the end of the list where else there would be an id, which is never empty."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk through the list. `met` is the cursor at which it ended, `_END`, or None where it lost its way.

    `is_last` tells that nothing came behind `met`. `steps` counts the pages that held anything.
    """

    met: str | None
    is_last: bool = False
    steps: int = 0


class _Reader:
    def __init__(
        self,
        client: PromptsApi,
        locked: frozenset[str],
        parallelism: int,
        run: Runner,
    ) -> None:
        self._client = client
        self._locked = locked
        self._parallelism = max(1, parallelism)
        self._pages_at_once = min(self._parallelism, PAGES_AT_ONCE)
        self._run = run
        self._mutex = threading.Lock()
        self._broken = False
        self.found: dict[str, RemotePrompt] = {}
        self.gone: set[str] = set()

    def read_by_id(self) -> None:
        """Asks for each locked prompt that is not there yet."""
        self._each(self._get, self._missing())

    def read_managed(self) -> None:
        """Takes locked prompts from the list, as long as that is less work than to ask for each."""
        worthwhile = True
        while worthwhile and len(missing := self._missing()) > FEW * self._parallelism:
            worthwhile = self._read_behind(missing)

    def read_list(self) -> None:
        """Reads every prompt in the list."""
        top = self._client.page(limit=PAGE)
        if top is None or _is_unclear(top):
            self._read_in_turn()
            return
        self._take(top.items)
        if not top.items or top.has_more is False:
            return
        cursors = self._cursors({item.id for item in top.items})
        stops = frozenset(cursors)
        walks = self._each(lambda start: self._walk(start, stops, top if start is None else None), [None, *cursors])
        if not _is_whole(dict(zip([None, *cursors], walks, strict=True))):
            self._read_in_turn()

    def _read_in_turn(self) -> None:
        for page in self._client.pages():
            self._take(page)

    def _missing(self) -> list[str]:
        """The locked ids not read yet."""
        return _newest_first(self._locked - self.found.keys() - self.gone)

    def _get(self, id: str) -> int:
        try:
            self._take([self._client.get(id)])
        except NotFoundError:
            with self._mutex:
                self.gone.add(id)
        return 0

    def _take(self, prompts: list[RemotePrompt]) -> None:
        with self._mutex:
            self.found.update((prompt.id, prompt) for prompt in prompts)

    def _read_behind(self, missing: list[str]) -> bool:
        """Reads the list behind several of the missing. Whether its pages brought enough to do so again."""
        width = PAGE * ceil(len(missing) / PAGE / self._pages_at_once)
        stretches = [missing[place : place + width] for place in range(0, len(missing), width)]
        stops = frozenset([*(stretch[0] for stretch in stretches), missing[-1]])
        before = len(self.found)
        # No walk brings the newest, which all of them are behind: it is asked for by id.
        steps = self._each(
            lambda ids: self._read_stretch(ids, stops) if ids else self._get(missing[0]), [*stretches, list[str]()]
        )
        return len(self.found) - before >= WORTHWHILE * max(1, sum(steps))

    def _read_stretch(self, stretch: list[str], stops: frozenset[str]) -> int:
        """Takes what is ours from the pages behind the first of `stretch`, or the next where that one is gone.

        Ends where the pages bring too little, or come to one of `stops`. Gives how many were read.
        """
        cursor, steps, others = stretch[0], 0, stretch[1:TRIES]
        while not self._broken:
            page = self._client.page(limit=PAGE, starting_after=cursor)
            steps += 1
            if page is None or not page.items:
                if not others:
                    break
                cursor = others.pop(0)
                continue
            fresh = [item for item in page.items if item.id in self._locked and item.id not in self.found]
            self._take(fresh)
            met = any(item.id in stops for item in page.items)
            if met or len(fresh) < WORTHWHILE or page.has_more is False:
                break
            cursor, others = page.items[-1].id, []
        return steps

    def _cursors(self, top: Collection[str]) -> list[str]:
        """Ids that part what is behind `top` into stretches, one for each walk that is worth its request."""
        ids = _newest_first(self._locked.difference(top, self.gone))
        stretches = min(self._pages_at_once, 1 + len(ids) // CURSOR_EACH)
        width = ceil(len(ids) / stretches)
        if width > PAGE:
            width = PAGE * ceil(width / PAGE)
        # The last of each stretch, so that the walk to it ends with a full page; none at the very last.
        return ids[width - 1 : -1 : width] if stretches > 1 else []

    def _walk(self, start: str | None, stops: frozenset[str], page: Page[RemotePrompt] | None) -> _Walk:
        """Walks from behind `start` to the next of `stops` or the end. `page` is the first, if it is read already."""
        used = {start}
        cursor, promised, steps = start, False, 0
        while not self._broken and steps < MAX_PAGES:
            page = page or self._client.page(limit=PAGE, starting_after=cursor)
            if page is None or _is_unclear(page) or (promised and not page.items):
                break
            self._take(page.items)
            steps += bool(page.items)
            for place, item in enumerate(page.items, 1):
                if item.id in stops:
                    return _Walk(item.id, page.has_more is False and place == len(page.items), steps)
            if not page.items or page.has_more is False:
                return _Walk(_END, steps=steps)
            cursor = page.items[-1].id
            if cursor in used:
                break
            used.add(cursor)
            promised, page = page.promises_more, None
        return _Walk(None)

    def _each(self, task: Callable[[A], B], items: Sequence[A]) -> list[B]:
        return self._run(task, items, self._parallelism, self._halt)

    def _halt(self) -> None:
        self._broken = True  # so that long walks do not go on for nothing


def _newest_first(ids: Collection[str]) -> list[str]:
    """In the order of the list: the service's ids sort by creation. Only speed hangs on it."""
    return sorted(ids, reverse=True)


def _is_unclear(page: Page[RemotePrompt]) -> bool:
    """Whether the end cannot be told from a cursor that is gone: to go step by step and look twice is for others."""
    return page.has_more is None or (page.has_more and not page.items)


def _is_whole(walks: dict[str | None, _Walk]) -> bool:
    """Whether the walks, each begun where the one before it ended, lead from the top of the list to its end."""
    start: str | None = None
    nothing_behind = False
    for _ in walks:
        walk = walks[start]
        if walk.met is None:
            return False
        if walk.met == _END:
            # A cursor that is gone looks like the end to some services, unless the walk before saw that it is the end.
            return walk.steps > 0 or nothing_behind
        start, nothing_behind = walk.met, walk.is_last
    return False
