"""The orq.ai prompts API: its methods, and when a call is repeated.

What the service takes and answers is from its OpenAPI document of August 2026 (the `/v2/prompts` part) and from the two
product documents. What these leave open is met both ways: the largest page here, lists that change in `pagination`,
rate limits in `ratelimit`.

A write is repeated only where it is certain that nothing was carried out, since the API has no idempotency key.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from promptsync.model.errors import NotFoundError, PromptsyncError, ServiceError
from promptsync.service.answers import ForeignError, RemoteVersion, read_page, read_prompt, read_version
from promptsync.service.api import PAGE, PromptsApi
from promptsync.service.calls import PROMPTS, Call, Exchange, as_json, prompt_path, version_path, versions_path
from promptsync.service.pagination import ListIterator, Page, T
from promptsync.service.ratelimit import PATIENCE, RateLimiter
from promptsync.service.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    from _typeshed.wsgi import WSGIApplication

    from promptsync.model.prompt import Json, RemotePrompt
    from promptsync.service.answers import Texts
    from promptsync.service.calls import HttpResult
    from promptsync.service.ratelimit import Patience
    from promptsync.service.transport import Network

R = TypeVar("R")

PAGE_SIZES = (PAGE, 100, 50, 25, 10)
"""Prompts in a page: 200 is the most today; SDK 3.8's time knew 50. Tried in this order where a page is refused."""

_REFUSED_PAGE = frozenset({400, 413, 422})
_REFUSED_CURSOR = frozenset({400, 404, 410, 422})


class Client(PromptsApi):
    """The service at `base_url`, for as many threads as like.

    `timeout` is seconds for one request and its whole answer, `patience` for one call: all its requests and waits.
    `connections` is how many are open at once. `key_name` is the variable that users are told to set. With `app` the
    service is a WSGI application in this process, `base_url` only gives it a name, and `key` may be empty; `transport`
    stands in for the network likewise. `observer` is called once for each request, from the thread that made it. With
    `read_only` every write raises PromptsyncError before anything is sent.

    HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE are honoured, but for loopback; a netrc file is not. Redirects are not
    followed, and certificates are always verified.

    Reads and deletes are repeated after failures, at most 5 attempts. A create or update is repeated only after 429 or
    where no connection was made.

    Raises ConfigError for a key or a base URL that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        app: WSGIApplication | None = None,
        transport: Network | None = None,
        key_name: str = "ORQ_API_KEY",
        timeout: float = 30.0,
        patience: float = PATIENCE,
        connections: int = 16,
        observer: Callable[[Exchange], None] | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        read_only: bool = False,
    ) -> None:
        self._transport = Transport(
            base_url,
            key,
            key_name=key_name,
            app=app,
            network=transport,
            timeout=timeout,
            connections=connections,
            clock=clock,
            now=now,
        )
        self._errors = self._transport.errors
        self._limiter = RateLimiter(patience, sleep=sleep, clock=clock, now=now, jitter=jitter)
        self._observer = observer
        self._clock = clock
        self._read_only = read_only
        self._lock = threading.Lock()
        self._page_size = PAGE_SIZES[0]
        self._page_size_works = False

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self._transport.requests

    @property
    def skew(self) -> float:
        """Seconds by which the service's clock is ahead of ours, by the Date of its answers."""
        return self._transport.skew

    @property
    def texts(self) -> Texts:
        """The long texts of all answers. What the caller holds already can be added."""
        return self._transport.texts

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._errors.scrub(self._transport.url)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; calls after this raise UnavailableError."""
        self._transport.close()

    def hurry(self) -> None:
        """From now on no call waits or repeats itself; those that wait end at once, as if their patience were spent."""
        self._limiter.hurry()

    def pages(self, *, limit: int = PAGE, starting_after: str | None = None) -> Iterator[list[RemotePrompt]]:
        return self._list(PROMPTS, "listing prompts", read_prompt, limit, starting_after)

    def page(self, *, limit: int = PAGE, starting_after: str | None = None) -> Page[RemotePrompt] | None:
        page = self._page(Call("GET", PROMPTS, "listing prompts"), read_prompt, limit, starting_after)
        return None if isinstance(page, ServiceError) else page

    def list_all(self) -> list[RemotePrompt]:
        return [prompt for page in self.pages() for prompt in page]

    def get(self, id: str) -> RemotePrompt:
        return self._prompt(Call("GET", prompt_path(id), self._errors.doing(f"reading prompt {id}")))

    def create(self, body: Json) -> RemotePrompt:
        doing = self._errors.doing(f"creating “{self._errors.shown(body.get('display_name'))}”")
        return self._prompt(Call("POST", PROMPTS, doing, as_json(body, doing)))

    def update(self, id: str, body: Json) -> RemotePrompt:
        doing = self._errors.doing(f"updating prompt {id}")
        return self._prompt(Call("PATCH", prompt_path(id), doing, as_json(body, doing)))

    def delete(self, id: str) -> None:
        call = Call("DELETE", prompt_path(id), self._errors.doing(f"deleting prompt {id}"))
        error = self._errors.about(call, self._carried_out(call, self._limiter.patience()))
        if error is not None and not isinstance(error, NotFoundError):
            raise error

    def versions(self, id: str) -> Iterator[RemoteVersion]:
        doing = self._errors.doing(f"listing the versions of prompt {id}")
        for page in self._list(versions_path(id), doing, read_version, PAGE, None):
            yield from page

    def version(self, id: str, version: str) -> RemoteVersion:
        path = version_path(id, version)
        call = Call("GET", path, self._errors.doing(f"reading version {version} of prompt {id}"))
        return self._as(call, partial(read_version, self._data(call)))

    def _prompt(self, call: Call) -> RemotePrompt:
        return self._as(call, partial(read_prompt, self._data(call)))

    def _data(self, call: Call) -> Any:
        result = self._carried_out(call, self._limiter.patience())
        error = self._errors.about(call, result)
        if error is not None:
            raise error
        return result.data

    def _as(self, call: Call, read: Callable[[], R]) -> R:
        try:
            return read()
        except ForeignError as error:
            expected = str(error)
        raise self._errors.not_the_api(call, expected)

    def _list(
        self, path: str, doing: str, read: Callable[[Any], T], limit: int, after: str | None
    ) -> Iterator[list[T]]:
        def fetch(cursor: str | None) -> Page[T] | ServiceError:
            return self._page(Call("GET", path, doing), read, limit, cursor)

        return iter(ListIterator(fetch, partial(self._errors.stuck, doing), after))

    def _page(self, call: Call, read: Callable[[Any], T], limit: int, cursor: str | None) -> Page[T] | ServiceError:
        """One page, or the refusal of its cursor. Anything else that goes wrong is raised."""
        patience = self._limiter.patience()
        size = wanted = min(max(1, limit), self._page_size)
        while True:
            smaller = next((step for step in PAGE_SIZES if step < size), None)
            query = {"limit": str(size)} | ({"starting_after": cursor} if cursor is not None else {})
            result = self._carried_out(replace(call, query=query, shrinks=smaller is not None), patience)
            if smaller is None or patience.is_spent or not self._is_page_too_large(result, cursor):
                break
            size = smaller
        error = self._errors.about(call, result)
        if error is not None:
            if cursor is not None and result.status in _REFUSED_CURSOR:
                return error
            raise error
        with self._lock:
            self._page_size_works = True
            if size < wanted:
                self._page_size = min(self._page_size, size)
        return self._as(call, lambda: read_page(result.data, read, size))

    def _is_page_too_large(self, result: HttpResult, cursor: str | None) -> bool:
        if result.large or result.status == 413:
            return True
        if result.status not in _REFUSED_PAGE:
            return False
        return cursor is None or not self._page_size_works or "limit" in result.complaint.casefold()

    def _carried_out(self, call: Call, patience: Patience) -> HttpResult:
        """Send, wait and repeat as the rules for the method allow. The result is the last one, and never a 429."""
        if self._read_only and call.method != "GET":
            raise PromptsyncError(f"{call.doing}: this run only reads, nothing was sent")
        attempts = limited = broken = 0
        maybe = False
        while True:
            pause = self._limiter.take_turn(patience)
            if pause is not None:
                raise self._errors.too_long(call, pause, patience.spent(), patience.seconds)
            attempts += 1
            started = self._clock()
            result = self._transport.send(call, patience)
            held = self._limiter.heed(result, limited)
            maybe = maybe or (result.sent and result.fault != "" and call.method != "GET")
            limited += result.status == 429
            broken += result.fault != ""
            wait = self._limiter.repeat_in(call, result, broken, held, patience)
            self._observe(call, result, started, attempts, wait)
            if wait is not None:
                patience.sleep(wait)
            if wait is None or (result.fault and patience.is_hurried):
                return replace(result, sent=maybe) if result.fault else result

    def _observe(self, call: Call, result: HttpResult, started: float, attempt: int, wait: float | None) -> None:
        if self._observer is None:
            return
        seconds = self._clock() - started
        path = self._errors.scrub(f"{self._transport.prefix}{call.target}")
        note = self._errors.scrub("rate limited" if result.status == 429 else result.fault)
        retry_in = None if wait is None else max(wait, self._limiter.pause(), 0.0)
        self._observer(Exchange(call.method, path, result.status, seconds, attempt, note, retry_in))
