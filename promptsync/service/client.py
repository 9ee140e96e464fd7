"""The orq.ai prompts API over HTTP.

What the service takes and answers is from its OpenAPI document of August 2026 (the `/v2/prompts` part) and from the two
product documents. What these leave open is met both ways: the largest page here, lists that change in `pagination`,
rate limits in `ratelimit`.

A write is repeated only where it is certain that nothing was carried out, since the API has no idempotency key.
"""

from __future__ import annotations

import random
import re
import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from promptsync.model.errors import ConfigError, NotFoundError, PromptsyncError, ServiceError
from promptsync.service.answers import ForeignError, RemoteVersion, read_page, read_prompt, read_version
from promptsync.service.calls import (
    PROMPTS,
    Call,
    Exchange,
    HttpResult,
    as_json,
    prompt_path,
    version_path,
    versions_path,
)
from promptsync.service.errors import ServiceErrors
from promptsync.service.pagination import ListIterator, Page, T
from promptsync.service.ratelimit import PATIENCE, RateLimiter
from promptsync.service.transport import BaseTransport, Transport, checked_base, host_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    from _typeshed.wsgi import WSGIApplication

    from promptsync.model.prompt import Json, RemotePrompt
    from promptsync.service.ratelimit import Patience

R = TypeVar("R")

PAGE_SIZES = (200, 100, 50, 25, 10)
"""Prompts in a page: 200 is the most today; SDK 3.8's time knew 50. Tried in this order where a page is refused."""

EMBEDDED_KEY = "sandbox"
"""What an embedded service is told where the caller has no key. No secret."""

_REFUSED_PAGE = frozenset({400, 413, 422})
_REFUSED_CURSOR = frozenset({400, 404, 410, 422})


class Client:
    """The service at `base_url`, for as many threads as like.

    `timeout` is seconds for one request, `patience` the seconds that one call may spend on waiting and repeating.
    `connections` is how many are open at once. `key_name` is the variable that users are told to set. With `app` the
    service is a WSGI application in this process, `base_url` only gives it a name, and `key` may be empty; `transport`
    stands in for the network likewise. `observer` is called once for each request, from the thread that made it. With
    `read_only` every write raises PromptsyncError before anything is sent.

    HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE are honoured, but for loopback; a netrc file is not. Redirects are not
    followed, and certificates are always verified.

    Every method raises AuthError (401, 403), RefusedError (other 4xx), RateLimitedError (429 for longer than
    `patience`), UnavailableError (no usable answer), or ServiceError (an answer that cannot be from this API).
    Reads and deletes are repeated after failures, at most 5 attempts. A create or update is repeated only after 429 or
    where no connection was made; else UnavailableError says `ambiguous` and the caller has to look.

    Raises ConfigError for a key or a base URL that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        app: WSGIApplication | None = None,
        transport: BaseTransport | None = None,
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
        _check_key(key, key_name, needed=app is None)
        base = checked_base(base_url)
        self._errors = ServiceErrors(base.netloc.decode("ascii"), "" if key == EMBEDDED_KEY else key, key_name)
        self._name = self._errors.scrub(str(base))
        self._patience = patience
        self._observer = observer
        self._clock = clock
        self._read_only = read_only
        self._limiter = RateLimiter(patience, sleep=sleep, clock=clock, now=now, jitter=jitter)
        self._lock = threading.Lock()
        self._page_size = PAGE_SIZES[0]
        self._page_size_works = False
        self._transport = Transport(
            base,
            key or EMBEDDED_KEY,
            self._errors,
            app=app,
            transport=transport,
            timeout=timeout,
            wait=patience,
            connections=connections,
            clock=clock,
            now=now,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r})"

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

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self._transport.requests

    @property
    def skew(self) -> float:
        """Seconds by which the service's clock is ahead of ours, by the Date of its answers."""
        return self._transport.skew

    def pages(self, *, limit: int = PAGE_SIZES[0], starting_after: str | None = None) -> Iterator[list[RemotePrompt]]:
        """The prompts that the key reaches, newest first, page by page as they are asked for.

        No prompt comes twice, and pages are never empty. `limit` (1 to 200) is how many to ask for at once; a service
        that refuses as many is asked for fewer, which is remembered. `starting_after` is a prompt's id. A sweep that
        cannot be finished raises: the end of the iterator is the end of the list.
        """
        return self._list(PROMPTS, "listing prompts", _prompts, limit, starting_after)

    def page(self, *, limit: int = PAGE_SIZES[0], starting_after: str | None = None) -> Page[RemotePrompt] | None:
        """One page of the list, for those who read several places of it side by side; see `pages`.

        None where the service refuses `starting_after`: that prompt may be gone. Others take a prompt that is gone
        for the end of the list, or begin at the top: to tell that is up to the caller.
        """
        call = Call("GET", PROMPTS, "listing prompts")
        page = self._page(call, _prompts, max(1, min(limit, PAGE_SIZES[0])), starting_after)
        return None if isinstance(page, ServiceError) else page

    def list_all(self) -> list[RemotePrompt]:
        """Every prompt that the key reaches, each once, newest first; see `pages`."""
        return [prompt for page in self.pages() for prompt in page]

    def get(self, id: str) -> RemotePrompt:
        """The prompt with this id. Raises NotFoundError."""
        return self._entity(Call("GET", prompt_path(id), self._errors.doing(f"reading prompt {id}")))

    def create(self, body: Json) -> RemotePrompt:
        """Make a prompt; the answer is the whole entity. At most one POST is carried out."""
        doing = self._errors.doing(f"creating “{self._errors.shown(body.get('display_name'))}”")
        return self._entity(Call("POST", PROMPTS, doing, as_json(body, doing)))

    def update(self, id: str, body: Json) -> RemotePrompt:
        """Change a prompt (PATCH); the answer is the whole entity. Raises NotFoundError."""
        doing = self._errors.doing(f"updating prompt {id}")
        return self._entity(Call("PATCH", prompt_path(id), doing, as_json(body, doing)))

    def delete(self, id: str) -> None:
        """Delete a prompt with all its versions. One that is gone already (404) is deleted."""
        call = Call("DELETE", prompt_path(id), self._errors.doing(f"deleting prompt {id}"))
        result = self._exchange(call, self._limiter.patience())
        error = self._error(call, result)
        if error is not None and not isinstance(error, NotFoundError):
            raise error

    def versions(self, id: str) -> Iterator[RemoteVersion]:
        """The versions of a prompt, newest first, read as they are asked for. Raises NotFoundError."""
        doing = self._errors.doing(f"listing the versions of prompt {id}")
        for page in self._list(versions_path(id), doing, _versions, PAGE_SIZES[0], None):
            yield from page

    def version(self, id: str, version: str) -> RemoteVersion:
        """One version of a prompt. Raises NotFoundError."""
        path = version_path(id, version)
        call = Call("GET", path, self._errors.doing(f"reading version {version} of prompt {id}"))
        return self._as(call, partial(read_version, self._data(call)))

    def _entity(self, call: Call) -> RemotePrompt:
        return self._as(call, partial(read_prompt, self._data(call)))

    def _data(self, call: Call) -> Any:
        result = self._exchange(call, self._limiter.patience())
        error = self._error(call, result)
        if error is not None:
            raise error
        return result.data

    def _as(self, call: Call, read: Callable[[], R]) -> R:
        try:
            return read()
        except ForeignError as error:
            what = str(error)
        raise self._errors.not_the_api(call, what)

    def _list(
        self, path: str, doing: str, read: Callable[[HttpResult, int], Page[T]], limit: int, after: str | None
    ) -> Iterator[list[T]]:
        def fetch(cursor: str | None) -> Page[T] | ServiceError:
            return self._page(Call("GET", path, doing), read, max(1, min(limit, PAGE_SIZES[0])), cursor)

        return iter(ListIterator(fetch, lambda: self._errors.stuck(doing), after))

    def _page(
        self, call: Call, read: Callable[[HttpResult, int], Page[T]], limit: int, cursor: str | None
    ) -> Page[T] | ServiceError:
        """One page, or the refusal of its cursor. Anything else that goes wrong is raised."""
        patience = self._limiter.patience()
        size = wanted = min(limit, self._page_size)
        while True:
            smaller = next((step for step in PAGE_SIZES if step < size), None)
            query = {"limit": str(size)} | ({"starting_after": cursor} if cursor is not None else {})
            result = self._exchange(replace(call, query=query, shrinks=smaller is not None), patience)
            if smaller is None or not self._page_too_large(result, cursor):
                break
            size = smaller
        error = self._error(call, result)
        if error is not None:
            if cursor is not None and result.status in _REFUSED_CURSOR:
                return error
            raise error
        with self._lock:
            self._page_size_works = True
            if size < wanted:
                self._page_size = min(self._page_size, size)
        return self._as(call, lambda: read(result, size))

    def _page_too_large(self, result: HttpResult, cursor: str | None) -> bool:
        if result.large or result.status == 413:
            return True
        if result.status not in _REFUSED_PAGE:
            return False
        return cursor is None or not self._page_size_works or "limit" in result.complaint.casefold()

    def _exchange(self, call: Call, patience: Patience) -> HttpResult:
        """Send, wait and repeat as the rules for the method allow. The result is the last one, and never a 429."""
        if self._read_only and call.method != "GET":
            raise PromptsyncError(f"{call.doing}: this run only reads, nothing was sent")
        attempts = limited = broken = 0
        maybe = False
        while True:
            pause = self._limiter.take_turn(patience)
            if pause is not None:
                raise self._errors.too_long(call, pause, patience.spent(), self._patience)
            attempts += 1
            started = self._clock()
            result = self._transport.send(call)
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
        fault = "rate limited" if result.status == 429 else self._errors.scrub(result.fault)
        retry_in = None if wait is None else max(wait, self._limiter.pause(), 0.0)
        path = self._errors.scrub(self._transport.path(call))
        seconds = self._clock() - started
        self._observer(Exchange(call.method, path, result.status, seconds, attempt, fault, retry_in))

    def _error(self, call: Call, result: HttpResult) -> ServiceError | None:
        location = result.headers.get("location")
        return self._errors.about(call, result, host_of(location) if location else "")


def _prompts(result: HttpResult, limit: int) -> Page[RemotePrompt]:
    return read_page(result.data, read_prompt, limit)


def _versions(result: HttpResult, limit: int) -> Page[RemoteVersion]:
    return read_page(result.data, read_version, limit)


def _check_key(key: str, key_name: str, *, needed: bool) -> None:
    if not key and needed:
        raise ConfigError("there is no key for the service", hint=f"set {key_name} to the key of the workspace")
    if re.search(r"[^\x21-\x7e]", key):
        raise ConfigError(
            "the key holds a space, a line break or a character that no key has",
            hint=f"set {key_name} to the key alone, as the service shows it",
        )
