"""The orq.ai prompts API over HTTP: the only file that knows httpx.

What the service takes and answers is from its OpenAPI document of August 2026 (the `/v2/prompts` part) and from the two
product documents. What these leave open is met both ways: the largest page, what a list does with a cursor whose
prompt was deleted, whether rate limits announce themselves.

Two promises shape the code. A write is repeated only where it is certain that nothing was carried out, since the API
has no idempotency key. And the key is in no message, exception, log line or observation: httpx's exceptions hold the
request with its headers, so they become plain values before anything is raised, and no error has one as its context.
"""

from __future__ import annotations

import json
import logging
import random
import re
import ssl
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import quote

# httpx brings in its own command line, and with it rich and pygments, unless that module cannot be imported.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
import httpx  # noqa: E402

from promptsync import __version__  # noqa: E402
from promptsync.errors import (  # noqa: E402
    AuthError,
    ConfigError,
    NotFoundError,
    PromptsyncError,
    RateLimitedError,
    RefusedError,
    ServiceError,
    UnavailableError,
)
from promptsync.models import DIALECTS, Dialect, Json, RemotePrompt  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    from _typeshed.wsgi import WSGIApplication

PAGE_SIZES = (200, 100, 50, 25, 10)
"""Prompts in a page: 200 is the most today; SDK 3.8's time knew 50. Tried in this order where a page is refused."""

MAX_BODY = 64 * 1024 * 1024
"""Bytes of one answer, unpacked."""

MAX_ERROR = 64 * 1024
"""Bytes that are read of an answer that is an error."""

MAX_DEPTH = 200
"""Levels of nesting in one answer; what walks it later does so by recursion."""

EMBEDDED_KEY = "sandbox"
"""What an embedded service is told where the caller has no key. No secret."""

PATIENCE = 120.0
"""Seconds that one call may spend on waiting and repeating."""

MAX_ATTEMPTS = 5
BACKOFF = 0.5
CEILING = 30.0
"""Seconds: the first and the longest pause that this side chooses."""

SHORT = 2.0
"""Seconds: a pause that does not hold back who has just waited out another one."""

BELIEVABLE = 86_400.0
"""Seconds that a service may ask us to wait and be taken at its word."""

MAX_RESTARTS = 10
MAX_STEPS_BACK = 3
MAX_DETAIL = 500

_REFUSED_PAGE = frozenset({400, 413, 422})
_REFUSED_CURSOR = frozenset({400, 404, 410, 422})
_TRANSIENT = frozenset({408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_CHECK_SERVICE = "check that the service is up and that the base URL is right, then run this again"
_CHECK_BASE_URL = "check the base URL (ORQ_BASE_URL or --base-url): it may point to something else than the API"
_LOOK_FIRST = "look at the service before this is sent again"


@dataclass(frozen=True, slots=True)
class RemoteVersion:
    """One version of a prompt, as the service answered it.

    `id` is the version's own id; that it equals the `version` inside its blocks is likely, not documented. The API
    tells neither name nor path of a version.
    """

    id: str
    blocks: dict[Dialect, Json]
    description: str | None
    metadata: Json
    timestamp: str | None
    updated_by_id: str | None
    created_by_id: str | None
    raw: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that was sent, for people who watch (`-v`): no headers, no bodies.

    `seconds` is from before a connection was free to the end of the answer. `attempt` counts from 1. `note` is a
    clause on what went wrong and what follows, or empty.
    """

    method: str
    path: str
    status: int | None
    seconds: float
    attempt: int
    note: str


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
        transport: httpx.BaseTransport | None = None,
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
        self._base = _checked_base(base_url)
        self._host = self._base.netloc.decode("ascii")
        self._prefix = self._base.raw_path.decode("ascii").rstrip("/")
        self._key = key or EMBEDDED_KEY
        self._key_name = key_name
        self._timeout = timeout
        self._patience = patience
        self._observer = observer
        self._hurried = threading.Event()
        self._sleep = sleep or self._hurried.wait
        self._clock = clock
        self._now = now
        self._jitter = jitter
        self._read_only = read_only
        self._gate = _Gate()
        self._lock = threading.Lock()
        self._page_size = PAGE_SIZES[0]
        self._page_size_works = False
        self.requests = 0
        """How many requests were sent."""
        self.skew = 0.0
        """Seconds by which the service's clock is ahead of ours, by the Date of its answers."""
        _silence_loggers()
        if app is not None:
            transport = httpx.WSGITransport(app)
        self._http = self._connect(transport, connections)

    def _connect(self, transport: httpx.BaseTransport | None, connections: int) -> httpx.Client:
        try:
            return httpx.Client(
                auth=_Bearer(self._key),
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "gzip",
                    "User-Agent": f"promptsync/{__version__}",
                },
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                # A pool that is full is no failure: those before us have a timeout of their own.
                timeout=httpx.Timeout(self._timeout, connect=min(self._timeout, 10.0), pool=self._patience),
                limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
                follow_redirects=False,
                transport=transport,
                trust_env=not _is_loopback(self._base.host),
                # Plain http is for loopback alone: there the certificates, which take 50 ms to read, are for no one.
                verify=self._base.scheme == "https",
            )
        except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
            problem = type(error).__name__
        # Not inside the except clause: the error may quote a proxy's password.
        raise ConfigError(
            f"no connection can be set up with this environment ({problem})",
            hint="check HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR",
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._scrub(str(self._base))!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; calls after this raise UnavailableError."""
        self._http.close()

    def hurry(self) -> None:
        """From now on no call waits or repeats itself; those that wait end at once, as if their patience were spent."""
        self._hurried.set()

    def pages(self, *, limit: int = PAGE_SIZES[0], starting_after: str | None = None) -> Iterator[list[RemotePrompt]]:
        """The prompts that the key reaches, newest first, page by page as they are asked for.

        No prompt comes twice, and pages are never empty. `limit` (1 to 200) is how many to ask for at once; a service
        that refuses as many is asked for fewer, which is remembered. `starting_after` is a prompt's id. A sweep that
        cannot be finished raises: the end of the iterator is the end of the list.
        """
        return self._sweep("/v2/prompts", "listing prompts", self._prompt, limit, starting_after)

    def page(self, *, limit: int = PAGE_SIZES[0], starting_after: str | None = None) -> Page[RemotePrompt] | None:
        """One page of the list, for those who read several places of it side by side; see `pages`.

        None where the service refuses `starting_after`: that prompt may be gone. Others take a prompt that is gone
        for the end of the list, or begin at the top: to tell that is up to the caller.
        """
        call = _Call("GET", "/v2/prompts", "listing prompts")
        page = self._page(call, self._prompt, max(1, min(limit, PAGE_SIZES[0])), starting_after)
        return None if isinstance(page, ServiceError) else page

    def list_all(self) -> list[RemotePrompt]:
        """Every prompt that the key reaches, each once, newest first; see `pages`."""
        return [prompt for page in self.pages() for prompt in page]

    def get(self, id: str) -> RemotePrompt:  # noqa: A002
        """The prompt with this id. Raises NotFoundError."""
        return self._entity(_Call("GET", _prompt_path(id), self._doing(f"reading prompt {id}")))

    def create(self, body: Json) -> RemotePrompt:
        """Make a prompt; the answer is the whole entity. At most one POST is carried out."""
        doing = self._doing(f"creating “{_shown(body.get('display_name'))}”")
        return self._entity(_Call("POST", "/v2/prompts", doing, _as_json(body, doing)))

    def update(self, id: str, body: Json) -> RemotePrompt:  # noqa: A002
        """Change a prompt (PATCH); the answer is the whole entity. Raises NotFoundError."""
        doing = self._doing(f"updating prompt {id}")
        return self._entity(_Call("PATCH", _prompt_path(id), doing, _as_json(body, doing)))

    def delete(self, id: str) -> None:  # noqa: A002
        """Delete a prompt with all its versions. One that is gone already (404) is deleted."""
        call = _Call("DELETE", _prompt_path(id), self._doing(f"deleting prompt {id}"))
        outcome = self._exchange(call, self._budget())
        error = self._error(call, outcome)
        if error is not None and not isinstance(error, NotFoundError):
            raise error

    def versions(self, id: str) -> Iterator[RemoteVersion]:  # noqa: A002
        """The versions of a prompt, newest first, read as they are asked for. Raises NotFoundError."""
        doing = self._doing(f"listing the versions of prompt {id}")
        path = f"{_prompt_path(id)}/versions"
        for page in self._sweep(path, doing, self._version, PAGE_SIZES[0], None):
            yield from page

    def version(self, id: str, version: str) -> RemoteVersion:  # noqa: A002
        """One version of a prompt. Raises NotFoundError."""
        path = f"{_prompt_path(id)}/versions/{_segment(version)}"
        call = _Call("GET", path, self._doing(f"reading version {version} of prompt {id}"))
        return self._version(call, self._data(call))

    def _entity(self, call: _Call) -> RemotePrompt:
        return self._prompt(call, self._data(call))

    def _data(self, call: _Call) -> Any:
        outcome = self._exchange(call, self._budget())
        error = self._error(call, outcome)
        if error is not None:
            raise error
        return outcome.data

    def _prompt(self, call: _Call, data: Any) -> RemotePrompt:
        if not (_has_id(data) and isinstance(data.get("display_name"), str)):
            raise self._not_the_api(call, "a prompt")
        return RemotePrompt(
            id=data["_id"],
            display_name=data["display_name"],
            description=_text(data, "description"),
            metadata=_object(data, "metadata"),
            blocks=_blocks(data),
            owner=_text(data, "owner"),
            path=_text(data, "path"),
            created=_text(data, "created"),
            updated=_text(data, "updated"),
            updated_by_id=_text(data, "updated_by_id"),
            raw=data,
        )

    def _version(self, call: _Call, data: Any) -> RemoteVersion:
        if not _has_id(data):
            raise self._not_the_api(call, "a version of a prompt")
        return RemoteVersion(
            id=data["_id"],
            blocks=_blocks(data),
            description=_text(data, "description"),
            metadata=_object(data, "metadata"),
            timestamp=_text(data, "timestamp"),
            updated_by_id=_text(data, "updated_by_id"),
            created_by_id=_text(data, "created_by_id"),
            raw=data,
        )

    def _sweep(
        self, path: str, doing: str, parse: Callable[[_Call, Any], T], limit: int, after: str | None
    ) -> Iterator[list[T]]:
        def fetch(cursor: str | None) -> Page[T] | ServiceError:
            return self._page(_Call("GET", path, doing), parse, max(1, min(limit, PAGE_SIZES[0])), cursor)

        def stuck() -> ServiceError:
            return ServiceError(
                self._scrub(f"{doing}: {self._host} answers with the same page again and again"),
                hint="run this again; if it stays so, the service does not page as its API says",
            )

        return iter(_Sweep(fetch, stuck, after))

    def _page(
        self, call: _Call, parse: Callable[[_Call, Any], T], limit: int, cursor: str | None
    ) -> Page[T] | ServiceError:
        """One page, or the refusal of its cursor. Anything else that goes wrong is raised."""
        budget = self._budget()
        size = wanted = min(limit, self._page_size)
        while True:
            smaller = next((step for step in PAGE_SIZES if step < size), None)
            query = {"limit": str(size)} | ({"starting_after": cursor} if cursor is not None else {})
            outcome = self._exchange(replace(call, query=query, shrinks=smaller is not None), budget)
            if smaller is None or not self._page_too_large(outcome, cursor):
                break
            size = smaller
        error = self._error(call, outcome)
        if error is not None:
            if cursor is not None and outcome.status in _REFUSED_CURSOR:
                return error
            raise error
        with self._lock:
            self._page_size_works = True
            if size < wanted:
                self._page_size = min(self._page_size, size)
        return self._parsed_page(call, parse, outcome.data, size)

    def _page_too_large(self, outcome: _Outcome, cursor: str | None) -> bool:
        if outcome.large or outcome.status == 413:
            return True
        if outcome.status not in _REFUSED_PAGE:
            return False
        return cursor is None or not self._page_size_works or "limit" in _detail(outcome).casefold()

    def _parsed_page(self, call: _Call, parse: Callable[[_Call, Any], T], data: Any, size: int) -> Page[T]:
        items = data.get("data") if isinstance(data, dict) else None
        if not isinstance(items, list):
            raise self._not_the_api(call, "a list")
        more = data.get("has_more")
        return Page([parse(call, item) for item in items], more if isinstance(more, bool) else None, size)

    def _exchange(self, call: _Call, budget: _Budget) -> _Outcome:
        """Send, wait and repeat as the rules for the method allow. The outcome is the last one, and never a 429."""
        if self._read_only and call.method != "GET":
            raise PromptsyncError(f"{call.doing}: this run only reads, nothing was sent")
        attempts = limited = broken = 0
        maybe = False
        while True:
            self._take_turn(call, budget)
            attempts += 1
            started = self._clock()
            outcome = self._send(call)
            held = self._hold(outcome, limited)
            maybe = maybe or (outcome.sent and outcome.fault != "" and call.method != "GET")
            limited += outcome.status == 429
            broken += outcome.fault != ""
            wait = self._repeat_in(call, outcome, broken, held, budget)
            self._observe(call, outcome, started, attempts, wait)
            if wait is None:
                return replace(outcome, sent=maybe)
            budget.sleep(wait)

    def _repeat_in(self, call: _Call, outcome: _Outcome, broken: int, held: bool, budget: _Budget) -> float | None:
        """Seconds until the next attempt, besides what the gate demands; None if there is none."""
        if outcome.status == 429:
            return 0.0
        if not outcome.fault or outcome.final or not (call.safe or not outcome.sent):
            return None
        if broken >= (2 if outcome.large and call.shrinks else MAX_ATTEMPTS):
            return None
        wait = 0.0 if held else self._jitter() * min(CEILING, BACKOFF * 2 ** (broken - 1))
        return wait if wait < budget.left() else None

    def _take_turn(self, call: _Call, budget: _Budget) -> None:
        """Wait while the service wants this client to wait, whichever call it told so."""
        waited_for = -inf
        while True:
            pause = self._gate.read()
            wait = pause.until - self._clock()
            left = budget.left()
            # Whoever has waited goes, unless told of a long pause meanwhile: else the first of the pool to be refused
            # again would hold back all others, and they would go one at a time.
            if wait <= 0 or pause.until <= waited_for or (waited_for > -inf and wait <= SHORT):
                return
            if wait > left:
                if pause.status is None:
                    return
                raise self._too_long(call, pause, budget)
            # Each a little later than asked: sixty-four calls at the same instant would only be told to wait again.
            budget.sleep(min(left, wait + self._jitter() * (0.25 + wait / 10)))
            waited_for = pause.until

    def _hold(self, outcome: _Outcome, limited: int) -> bool:
        """Close the gate for all calls as long as the answer asks for. True if it was closed for a failure."""
        asked = _retry_after(outcome.headers.get("retry-after"), self._now())
        reset = _reset_in(outcome.headers, self._now(), used_up=outcome.status == 429)
        until = self._clock()
        if outcome.status == 429:
            wait = asked if asked is not None else reset
            believed = _believed(wait) if wait is not None else min(CEILING, BACKOFF * 2 ** min(limited, 10))
            self._gate.hold(_Pause(until + believed, wait, 429))
            return True
        if outcome.status == 503 and asked is not None:
            self._gate.hold(_Pause(until + _believed(asked), asked, 503))
            return True
        if reset is not None:
            # Advice, not an order: so no longer than we would have waited by ourselves.
            self._gate.hold(_Pause(until + min(reset, CEILING), reset, None))
        return False

    def _send(self, call: _Call) -> _Outcome:
        """One request and its whole answer, as a value: whatever fails on the way becomes a fault."""
        if self._http.is_closed:
            return _Outcome(fault="is no longer connected", sent=False, final=True)
        with self._lock:
            self.requests += 1
        try:
            request = self._http.build_request(
                call.method,
                self._base.copy_with(raw_path=f"{self._prefix}{call.target}".encode("ascii")),
                content=call.content,
                headers={"Content-Type": "application/json"} if call.content is not None else None,
            )
            response = self._http.send(request, stream=True)
            try:
                return self._judged(call, self._read(response))
            finally:
                response.close()
        except (httpx.HTTPError, OSError) as error:
            return self._failed(error)
        except Exception as error:  # a bug below us, or in the embedded service, is no answer either
            reason = self._clean(f"{type(error).__name__}: {error}")
            return _Outcome(fault=f"failed ({reason})", final=True)

    def _read(self, response: httpx.Response) -> _Outcome:
        outcome = _Outcome(response.status_code, dict(response.headers))
        self._set_clock(response.headers.get("date"))
        body = bytearray()
        deadline = self._clock() + self._timeout
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if not response.is_success and len(body) > MAX_ERROR:
                    break
                if len(body) > MAX_BODY:
                    fault = f"sent more than {MAX_BODY // 1024 // 1024} MiB"
                    return replace(outcome, fault=fault, large=True, final=True)
                if self._clock() > deadline:
                    return replace(outcome, fault=f"took longer than {self._timeout:g} s", large=True)
        except (httpx.HTTPError, OSError) as error:
            failed = self._failed(error)
            return replace(outcome, fault=failed.fault, large=True)
        outcome = replace(outcome, body=bytes(body))
        # h11 sees this by itself, an embedded service's transport does not.
        if response.is_success and 0 < response.num_bytes_downloaded < _declared_length(response):
            return replace(outcome, fault="cut its answer off", large=True)
        return outcome

    def _set_clock(self, date: str | None) -> None:
        """A Date counts whole seconds and is some time under way: what it differs by less says nothing."""
        skew = _until_date(date, self._now()) if date is not None else inf
        if isfinite(skew):
            self.skew = skew if abs(skew) > SHORT else 0.0

    def _judged(self, call: _Call, outcome: _Outcome) -> _Outcome:
        """The outcome with its JSON, or with the fault that makes it no answer."""
        status = outcome.status or 0
        if status >= 500 or status in _TRANSIENT:
            said = self._clean(_detail(outcome))
            fault = f"answered {status}" + (f" ({said})" if said else "")
            return replace(outcome, fault=fault, large=status == 504, final=status not in _TRANSIENT)
        if not 200 <= status < 300 or call.method == "DELETE":
            return replace(outcome, fault="", large=False)
        if outcome.fault:
            return outcome
        if status in (204, 205):
            return replace(outcome, fault=f"answered {status}, without content", final=True)
        data, fault = _parsed(outcome.body)
        if fault:
            html = _is_html(outcome)
            return replace(outcome, fault="answered with an HTML page" if html else fault, large=not html)
        if _deeper_than(data, MAX_DEPTH):
            return replace(outcome, fault=f"answered with more than {MAX_DEPTH} levels of nesting", final=True)
        return replace(outcome, data=data)

    def _failed(self, error: Exception) -> _Outcome:
        sent = not isinstance(error, _NEVER_SENT)
        if isinstance(error, httpx.PoolTimeout):
            return _Outcome(fault="was not asked, as no connection came free", sent=False)
        if isinstance(error, httpx.TimeoutException):
            what = "gave no answer in time" if sent else "could not be reached in time"
            return _Outcome(fault=what, sent=sent, large=isinstance(error, httpx.ReadTimeout))
        if not sent:
            bad_certificate = isinstance(_root(error), ssl.SSLCertVerificationError) or (
                "CERTIFICATE_VERIFY_FAILED" in str(error)
            )
            if bad_certificate:
                return _Outcome(fault="has a certificate that is not trusted here", sent=False, final=True)
            reason = self._clean(str(error))
            return _Outcome(fault="could not be reached" + (f" ({reason})" if reason else ""), sent=False)
        return _Outcome(fault="broke the connection off")

    def _observe(self, call: _Call, outcome: _Outcome, started: float, attempt: int, wait: float | None) -> None:
        if self._observer is None:
            return
        note = "rate limited" if outcome.status == 429 else outcome.fault
        if wait is not None:
            pause = max(wait, self._gate.read().until - self._clock())
            note += f"; next attempt in {max(pause, 0):.1f} s"
        path = self._scrub(f"{self._prefix}{call.target}")
        seconds = self._clock() - started
        self._observer(Exchange(call.method, path, outcome.status, seconds, attempt, self._scrub(note)))

    def _error(self, call: _Call, outcome: _Outcome) -> ServiceError | None:
        """What to raise for an outcome; None for one that is an answer."""
        status = outcome.status
        if outcome.fault or status is None:
            return self._unavailable(call, outcome)
        if 200 <= status < 300:
            return None
        if status < 400:
            return self._redirected(call, outcome)
        detail = self._clean(_detail(outcome))
        if status in (401, 403):
            return self._not_allowed(call, status, detail)
        if status == 404 and not _is_html(outcome):
            message = f"{call.doing}: {self._host} knows nothing of that kind (404)"
            hint = "it was deleted, or the key is of another workspace, or the base URL is wrong"
            return NotFoundError(self._said(message, detail), status=status, hint=hint)
        message = self._said(f"{call.doing}: {self._host} refused it with {status}", detail)
        hint = _CHECK_BASE_URL if _is_html(outcome) else "change what the service complains about"
        return RefusedError(message, status=status, detail=detail, hint=hint)

    def _unavailable(self, call: _Call, outcome: _Outcome) -> UnavailableError:
        message = f"{call.doing}: {self._host} {outcome.fault}"
        hint = _CHECK_SERVICE
        if "certificate" in outcome.fault:
            hint = "set SSL_CERT_FILE to the certificates that your network uses"
        if "HTML page" in outcome.fault:
            hint = _CHECK_BASE_URL
        if outcome.sent and not call.safe:
            message += "; whether it was carried out is unknown"
            hint = _LOOK_FIRST
        return UnavailableError(self._scrub(message), status=outcome.status, ambiguous=outcome.sent, hint=hint)

    def _redirected(self, call: _Call, outcome: _Outcome) -> ServiceError:
        target = _host_of(outcome.headers.get("location", ""))
        where = f"points to {self._clean(target)}" if target else f"answered {outcome.status}"
        return ServiceError(
            self._scrub(f"{call.doing}: {self._host} {where}, and redirects are not followed"),
            status=outcome.status,
            hint="set the base URL (ORQ_BASE_URL or --base-url) to where the API is, if you trust that place",
        )

    def _not_allowed(self, call: _Call, status: int, detail: str) -> AuthError:
        if status == 401:
            message = f"{call.doing}: the key was not accepted by {self._host}"
        else:
            message = f"{call.doing}: the key is not allowed to do this at {self._host}"
        hint = f"set {self._key_name} to a key of the workspace that may do this"
        return AuthError(self._said(message, detail), status=status, hint=hint)

    def _too_long(self, call: _Call, pause: _Pause, budget: _Budget) -> ServiceError:
        asked = _asked(pause.asked)
        spent = f"{budget.spent():.0f} of {self._patience:g} s were waited"
        hint = "run this again later, or with less parallelism"
        if pause.status == 503:
            message = f"{call.doing}: {self._host} is unavailable: {asked}, and {spent}"
            return UnavailableError(self._scrub(message), status=503, ambiguous=False, hint=hint)
        message = f"{call.doing}: {self._host} limits the rate: {asked}, and {spent}"
        return RateLimitedError(self._scrub(message), status=429, hint=hint)

    def _not_the_api(self, call: _Call, what: str) -> ServiceError:
        message = f"{call.doing}: the answer of {self._host} is not {what} of orq.ai"
        if call.safe:
            return ServiceError(self._scrub(message), status=200, hint=_CHECK_BASE_URL)
        message += "; whether it was carried out is unknown"
        return UnavailableError(self._scrub(message), status=200, ambiguous=True, hint=_CHECK_BASE_URL)

    def _said(self, message: str, detail: str) -> str:
        return self._scrub(f"{message}: {detail}" if detail else message)

    def _clean(self, text: str) -> str:
        """Foreign text in one bounded line. The key goes last but one, so that nothing can take it apart or join it."""
        return _bounded(self._scrub(_printable(text)), MAX_DETAIL)

    def _doing(self, text: str) -> str:
        return _bounded(self._scrub(_printable(text)), 200)

    def _scrub(self, text: str) -> str:
        if self._key == EMBEDDED_KEY:
            return text
        return text.replace(self._key, "[key]").replace(_escaped(self._key), "[key]")

    def _budget(self) -> _Budget:
        return _Budget(self._clock, self._sleep, self._patience, self._hurried)


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    doing: str
    content: bytes | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    shrinks: bool = False
    """Whether a smaller page can be asked for instead, so that a large one is not tried again and again."""

    @property
    def safe(self) -> bool:
        return self.method in ("GET", "DELETE")

    @property
    def target(self) -> str:
        if not self.query:
            return self.path
        return self.path + "?" + "&".join(f"{name}={_escaped(value)}" for name, value in self.query.items())


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one request. `fault` says in a clause, behind the host's name, why it is no usable answer."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    data: Any = None
    fault: str = ""
    sent: bool = True
    """Whether it may have been carried out."""
    final: bool = False
    """Whether to ask again is pointless."""
    large: bool = False
    """Whether a smaller page might have gone well."""


@dataclass(frozen=True, slots=True)
class _Pause:
    """Until when (by the clock) nothing is to be sent. `status` is the answer that said so, None for mere advice."""

    until: float = -inf
    asked: float | None = None
    status: int | None = None


class _Gate:
    """The pause that all calls of a client share, so that the pool slows down together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pause = _Pause()

    def read(self) -> _Pause:
        with self._lock:
            return self._pause

    def hold(self, pause: _Pause) -> None:
        with self._lock:
            if pause.until > self._pause.until:
                self._pause = pause


class _Budget:
    """The seconds that one call may spend."""

    def __init__(
        self, clock: Callable[[], float], sleep: Callable[[float], object], patience: float, hurried: threading.Event
    ) -> None:
        self._hurried = hurried
        self._clock = clock
        self._sleep = sleep
        self._patience = patience
        self._started = clock()
        self._slept = 0.0

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._sleep(seconds)
            self._slept += seconds

    def spent(self) -> float:
        # Sleep counts by itself too, so that a clock that stands still cannot make a call endless.
        return max(self._clock() - self._started, self._slept)

    def left(self) -> float:
        return 0.0 if self._hurried.is_set() else self._patience - self.spent()


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Identified)


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


class _Sweep(Generic[T]):
    """All items of a list that changes while it is read, each once.

    A cursor whose item was deleted meanwhile is refused by some services, taken for the end by others, and ignored by
    others again. All three are met by going on from an earlier item, or in the end from the top. `stuck` makes the
    error for a list that does not advance.
    """

    def __init__(
        self,
        fetch: Callable[[str | None], Page[T] | ServiceError],
        stuck: Callable[[], ServiceError],
        after: str | None,
    ) -> None:
        self._fetch = fetch
        self._stuck = stuck
        self._after = after
        self._seen: dict[str, int] = {}
        self._trail: list[str] = []
        self._restarts = 0
        self._steps_back = 0

    def __iter__(self) -> Iterator[list[T]]:
        cursor = self._after
        used: set[str] = set()
        promised = False
        while True:
            page = self._fetch(cursor)
            if isinstance(page, ServiceError) or (promised and not page.items):
                cursor = self._step_back(cursor, page)
                used.clear()
                promised = cursor != self._after
                continue
            fresh = self._fresh(page)
            if fresh:
                yield fresh
            if self._is_end(page, fresh):
                return
            cursor = page.items[-1].id
            if cursor in used:
                self._restart()
                used.clear()
            used.add(cursor)
            promised = page.promises_more

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

    def _is_end(self, page: Page[T], fresh: list[T]) -> bool:
        if not page.items or page.has_more is False:
            return True
        # Without has_more a short page may be the last, or a service that gives fewer than asked: the next page tells.
        return page.has_more is None and not fresh and len(page.items) < page.limit

    def _step_back(self, cursor: str | None, page: Page[T] | ServiceError) -> str | None:
        place = self._seen.get(cursor) if cursor is not None else None
        if place is None and isinstance(page, ServiceError):
            raise page  # the caller's own cursor
        self._restart()
        self._steps_back += 1
        if not place or self._steps_back > MAX_STEPS_BACK:
            return self._after
        return self._trail[place - 1]

    def _restart(self) -> None:
        self._restarts += 1
        if self._restarts > MAX_RESTARTS:
            raise self._stuck()


class _Bearer(httpx.Auth):
    """The key, added as late as possible. An auth of our own also keeps httpx from looking for another one."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


class _Quiet(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_QUIET = _Quiet()
_TALKATIVE = (
    "httpx",
    "httpcore",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)


def _silence_loggers() -> None:
    """Keep httpx and httpcore from logging what passes, whatever level the program sets: they know the headers."""
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_QUIET)


def _check_key(key: str, key_name: str, *, needed: bool) -> None:
    if not key and needed:
        raise ConfigError("there is no key for the service", hint=f"set {key_name} to the key of the workspace")
    if re.search(r"[^\x21-\x7e]", key):
        raise ConfigError(
            "the key holds a space, a line break or a character that no key has",
            hint=f"set {key_name} to the key alone, as the service shows it",
        )


def _checked_base(base_url: str) -> httpx.URL:
    """The URL without what a base has no use for. Never quoted: it may hold a password, or be a key by mistake."""
    try:
        url = httpx.URL(base_url.strip())
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    is_place = re.fullmatch(rb"[\w.:-]+", url.raw_host) and (url.port is None or 0 < url.port < 65536)
    if url.scheme not in ("http", "https") or not is_place or url.userinfo or url.query or url.fragment:
        raise ConfigError(
            "the base URL is not an http(s) address of a host, without user, query and fragment",
            hint="set it like https://api.orq.ai (ORQ_BASE_URL or --base-url)",
        )
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _prompt_path(id: str) -> str:  # noqa: A002
    return f"/v2/prompts/{_segment(id)}"


def _segment(id: str) -> str:  # noqa: A002
    if id in ("", ".", ".."):
        raise ServiceError(f"“{id}” is no id of a prompt or version", hint="look into the lockfile")
    return _escaped(id)


def _escaped(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


def _as_json(body: Json, doing: str) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        problem = type(error).__name__
    raise RefusedError(f"{doing}: what the file says is not JSON ({problem}), so nothing was sent")


_SURROGATES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def _parsed(body: bytes) -> tuple[Any, str]:
    """JSON and no fault, or None and the fault."""
    try:
        text = body.decode("utf-8-sig")
        if "\\ud" in text or "\\uD" in text:
            # Half a character, which JavaScript can hold and UTF-8 cannot: no file or hash could take it.
            text = _SURROGATES.sub(lambda found: found[0] if len(found[0]) != 6 else "\\ufffd", text)
        return json.loads(text, parse_constant=_not_json, parse_float=_finite), ""
    except UnicodeDecodeError:
        return None, "answered with text that is not UTF-8"
    except RecursionError:
        return None, "answered with JSON that is nested too deeply"
    except ValueError:
        return None, "answered with something that is no JSON, or cut off" if body else "answered without content"


def _not_json(word: str) -> Any:
    raise ValueError(word)


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("beyond the largest number")
    return number


def _deeper_than(data: Any, levels: int) -> bool:
    level = [data]
    for _ in range(levels):
        level = [
            item
            for parent in level
            for item in (parent.values() if isinstance(parent, dict) else parent if isinstance(parent, list) else ())
            if isinstance(item, (dict, list))
        ]
        if not level:
            return False
    return True


def _has_id(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("_id"), str) and data["_id"] != ""


def _text(data: Json, name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) else None


def _object(data: Json, name: str) -> Json:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _blocks(data: Json) -> dict[Dialect, Json]:
    return {name: data[name] for name in DIALECTS if isinstance(data.get(name), dict)}


def _declared_length(response: httpx.Response) -> int:
    length = response.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _root(error: BaseException) -> BaseException:
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
    return error


def _retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a Retry-After asks for; None if it asks for nothing, infinity if it makes no sense."""
    if value is None or not value.strip():
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until_date(value, now)
    if seconds != seconds:
        return inf
    return seconds if seconds > 0 else None


def _asked(seconds: float | None) -> str:
    if seconds is None:
        return "it does not say how long to wait"
    return f"it asks to wait {seconds:.0f} s" if isfinite(seconds) else "how long it asks to wait makes no sense"


def _until_date(value: str, now: float) -> float:
    try:
        return parsedate_to_datetime(value).timestamp() - now
    except (TypeError, ValueError, OverflowError, IndexError):
        return inf


def _believed(seconds: float) -> float:
    return seconds if seconds <= BELIEVABLE else CEILING


def _reset_in(headers: Mapping[str, str], now: float, *, used_up: bool) -> float | None:
    """Seconds until the limit is lifted, by a gateway's X-RateLimit headers; None if nothing is used up."""
    try:
        remaining = 0.0 if used_up else float(headers.get("x-ratelimit-remaining", ""))
        reset = float(headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return None
    if not isfinite(reset) or not remaining <= 0:
        return None
    if reset > 1e11:
        reset /= 1000  # epoch in milliseconds
    seconds = reset - now if reset > 1e9 else reset
    return seconds if 0 < seconds <= BELIEVABLE else None


def _host_of(location: str) -> str:
    try:
        return httpx.URL(location).host
    except (httpx.InvalidURL, ValueError):
        return ""


def _is_html(outcome: _Outcome) -> bool:
    kind = outcome.headers.get("content-type", "").lower()
    return "html" in kind or outcome.body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _detail(outcome: _Outcome) -> str:
    """The service's own words in an answer that is an error."""
    if not outcome.body.strip():
        return ""
    if _is_html(outcome):
        return "an HTML page"
    data, fault = _parsed(outcome.body)
    return outcome.body.decode("utf-8", "replace") if fault else _words(data)


def _words(data: Any, depth: int = 0) -> str:
    """The sentences in an error, with the fields they are about: `message`, and what lists of issues say besides."""
    if isinstance(data, str) or depth > 5:
        return str(data)
    if isinstance(data, list):
        return "; ".join(_words(item, depth + 1) for item in data[:20])
    if not isinstance(data, dict):
        return json.dumps(data)
    names = ("message", "error", "detail", "details", "errors", "issues")
    parts = [_words(data[name], depth + 1) for name in names if data.get(name)]
    if not parts:
        return json.dumps(data, ensure_ascii=False)
    path = data.get("path")
    where = ".".join(map(str, path)) if isinstance(path, list) else path if isinstance(path, str) else ""
    return (f"{where}: " if where else "") + "; ".join(dict.fromkeys(parts))


def _printable(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _bounded(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _shown(name: object) -> str:
    return _bounded(_printable(name), 60) if isinstance(name, str) else "a prompt"
