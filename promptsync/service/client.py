"""The orq.ai prompts API over HTTP: the only file that knows httpx.

What the service takes and answers is from its OpenAPI document of August 2026 (the `/v2/prompts` part) and from the two
product documents. What these leave open is met both ways: the largest page here, lists that change in `paging`, rate
limits in `pacing`.

Two promises shape the code. A write is repeated only where it is certain that nothing was carried out, since the API
has no idempotency key. And the key is in no message, exception, log line or observation: httpx's exceptions hold the
request with its headers, so they become plain values before anything is raised, and no error has one as its context.
"""

from __future__ import annotations

import logging
import random
import re
import ssl
import sys
import threading
import time
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast
from urllib.request import getproxies, proxy_bypass

# httpx brings in its own command line, and with it rich and pygments, unless that module cannot be imported.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
import httpx  # noqa: E402

from promptsync import __version__  # noqa: E402
from promptsync.model.errors import ConfigError, NotFoundError, PromptsyncError, ServiceError  # noqa: E402
from promptsync.service.answers import (  # noqa: E402
    MAX_DEPTH,
    ForeignError,
    KnownPage,
    RemoteVersion,
    deeper_than,
    parsed,
    read_page,
    read_prompt,
    read_prompts,
    read_version,
)
from promptsync.service.calls import (  # noqa: E402
    PROMPTS,
    Call,
    Outcome,
    as_json,
    prompt_path,
    version_path,
    versions_path,
)
from promptsync.service.connections import Connections  # noqa: E402
from promptsync.service.errors import Complaints  # noqa: E402
from promptsync.service.pagination import Page, Sweep, T  # noqa: E402
from promptsync.service.ratelimit import PATIENCE, Pace, skew  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    from _typeshed.wsgi import WSGIApplication

    from promptsync.model.prompt import Json, RemotePrompt
    from promptsync.service.ratelimit import Budget

R = TypeVar("R")

PAGE_SIZES = (200, 100, 50, 25, 10)
"""Prompts in a page: 200 is the most today; SDK 3.8's time knew 50. Tried in this order where a page is refused."""

MAX_BODY = 64 * 1024 * 1024
"""Bytes of one answer, unpacked."""

MAX_ERROR = 64 * 1024
"""Bytes that are read of an answer that is an error."""

EMBEDDED_KEY = "sandbox"
"""What an embedded service is told where the caller has no key. No secret."""

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


class KnownPages(Protocol):
    """What was read before of pages of prompts that come back byte for byte. For as many threads as like."""

    def get(self, body: bytes) -> KnownPage | None:
        """What was read from the same bytes; None if that is not known."""

    def put(self, body: bytes, page: Page[RemotePrompt]) -> None:
        """Remembers what was read."""


class Client:
    """The service at `base_url`, for as many threads as like.

    `timeout` is seconds for one request, `patience` the seconds that one call may spend on waiting and repeating.
    `connections` is how many are open at once. `key_name` is the variable that users are told to set. With `app` the
    service is a WSGI application in this process, `base_url` only gives it a name, and `key` may be empty; `transport`
    stands in for the network likewise. `observer` is called once for each request, from the thread that made it. With
    `read_only` every write raises PromptsyncError before anything is sent. What is `known` of a page is not decoded
    again.

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
        known: KnownPages | None = None,
    ) -> None:
        _check_key(key, key_name, needed=app is None)
        self._base = _checked_base(base_url)
        self._host = self._base.netloc.decode("ascii")
        self._prefix = self._base.raw_path.decode("ascii").rstrip("/")
        self._key = key or EMBEDDED_KEY
        self._complaints = Complaints(self._host, self._key if self._key != EMBEDDED_KEY else "", key_name)
        self._timeout = timeout
        self._patience = patience
        self._observer = observer
        self._clock = clock
        self._now = now
        self._read_only = read_only
        self._known = known
        self._pace = Pace(patience, sleep=sleep, clock=clock, now=now, jitter=jitter)
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
        self._headers = httpx.Headers(
            {
                "Host": self._host,
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Connection": "keep-alive",
                "User-Agent": f"promptsync/{__version__}",
            }
        )
        self._is_dialed = transport is None
        timeouts = httpx.Timeout(timeout, connect=min(timeout, 10.0))
        self._extensions = {"timeout": timeouts.as_dict()}
        self._connections = self._connect(transport, connections)

    def _connect(self, transport: httpx.BaseTransport | None, connections: int) -> Connections[httpx.BaseTransport]:
        """Transports of one connection each; `transport`, if there is one, stands in for all of them."""
        try:
            # A pool that is full is no failure: those before us have a timeout of their own.
            return Connections(lambda: transport, connections, self._patience) if transport else self._dial(connections)
        except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
            problem = type(error).__name__
        # Not inside the except clause: the error may quote a proxy's password.
        raise ConfigError(
            f"no connection can be set up with this environment ({problem})",
            hint="check HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR",
        )

    def _dial(self, connections: int) -> Connections[httpx.BaseTransport]:
        proxy = _proxy_to(self._base)
        # Plain http is for loopback alone: there the certificates, which take 50 ms to read, are for no one.
        certificates = httpx.create_ssl_context(
            verify=self._base.scheme == "https", trust_env=not _is_loopback(self._base.host)
        )
        one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        return Connections(
            lambda: httpx.HTTPTransport(verify=certificates, proxy=proxy, limits=one), connections, self._patience
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._complaints.scrub(str(self._base))!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; calls after this raise UnavailableError."""
        self._connections.close()

    def hurry(self) -> None:
        """From now on no call waits or repeats itself; those that wait end at once, as if their patience were spent."""
        self._pace.hurry()

    def pages(self, *, limit: int = PAGE_SIZES[0], starting_after: str | None = None) -> Iterator[list[RemotePrompt]]:
        """The prompts that the key reaches, newest first, page by page as they are asked for.

        No prompt comes twice, and pages are never empty. `limit` (1 to 200) is how many to ask for at once; a service
        that refuses as many is asked for fewer, which is remembered. `starting_after` is a prompt's id. A sweep that
        cannot be finished raises: the end of the iterator is the end of the list.
        """
        return self._sweep(PROMPTS, "listing prompts", self._prompts, limit, starting_after)

    def page(self, *, limit: int = PAGE_SIZES[0], starting_after: str | None = None) -> Page[RemotePrompt] | None:
        """One page of the list, for those who read several places of it side by side; see `pages`.

        None where the service refuses `starting_after`: that prompt may be gone. Others take a prompt that is gone
        for the end of the list, or begin at the top: to tell that is up to the caller.
        """
        call = Call("GET", PROMPTS, "listing prompts")
        page = self._page(call, self._prompts, max(1, min(limit, PAGE_SIZES[0])), starting_after)
        return None if isinstance(page, ServiceError) else page

    def list_all(self) -> list[RemotePrompt]:
        """Every prompt that the key reaches, each once, newest first; see `pages`."""
        return [prompt for page in self.pages() for prompt in page]

    def get(self, id: str) -> RemotePrompt:
        """The prompt with this id. Raises NotFoundError."""
        return self._entity(Call("GET", prompt_path(id), self._complaints.doing(f"reading prompt {id}")))

    def create(self, body: Json) -> RemotePrompt:
        """Make a prompt; the answer is the whole entity. At most one POST is carried out."""
        doing = self._complaints.doing(f"creating “{self._complaints.shown(body.get('display_name'))}”")
        return self._entity(Call("POST", PROMPTS, doing, as_json(body, doing)))

    def update(self, id: str, body: Json) -> RemotePrompt:
        """Change a prompt (PATCH); the answer is the whole entity. Raises NotFoundError."""
        doing = self._complaints.doing(f"updating prompt {id}")
        return self._entity(Call("PATCH", prompt_path(id), doing, as_json(body, doing)))

    def delete(self, id: str) -> None:
        """Delete a prompt with all its versions. One that is gone already (404) is deleted."""
        call = Call("DELETE", prompt_path(id), self._complaints.doing(f"deleting prompt {id}"))
        outcome = self._exchange(call, self._pace.budget())
        error = self._error(call, outcome)
        if error is not None and not isinstance(error, NotFoundError):
            raise error

    def versions(self, id: str) -> Iterator[RemoteVersion]:
        """The versions of a prompt, newest first, read as they are asked for. Raises NotFoundError."""
        doing = self._complaints.doing(f"listing the versions of prompt {id}")
        for page in self._sweep(versions_path(id), doing, _versions, PAGE_SIZES[0], None):
            yield from page

    def version(self, id: str, version: str) -> RemoteVersion:
        """One version of a prompt. Raises NotFoundError."""
        path = version_path(id, version)
        call = Call("GET", path, self._complaints.doing(f"reading version {version} of prompt {id}"))
        return self._as(call, partial(read_version, self._data(call)))

    def _entity(self, call: Call) -> RemotePrompt:
        return self._as(call, partial(read_prompt, self._data(call)))

    def _data(self, call: Call) -> Any:
        outcome = self._exchange(call, self._pace.budget())
        error = self._error(call, outcome)
        if error is not None:
            raise error
        return outcome.data

    def _as(self, call: Call, read: Callable[[], R]) -> R:
        try:
            return read()
        except ForeignError as error:
            what = str(error)
        raise self._complaints.not_the_api(call, what)

    def _sweep(
        self, path: str, doing: str, read: Callable[[Outcome, int], Page[T]], limit: int, after: str | None
    ) -> Iterator[list[T]]:
        def fetch(cursor: str | None) -> Page[T] | ServiceError:
            return self._page(Call("GET", path, doing), read, max(1, min(limit, PAGE_SIZES[0])), cursor)

        return iter(Sweep(fetch, lambda: self._complaints.stuck(doing), after))

    def _page(
        self, call: Call, read: Callable[[Outcome, int], Page[T]], limit: int, cursor: str | None
    ) -> Page[T] | ServiceError:
        """One page, or the refusal of its cursor. Anything else that goes wrong is raised."""
        budget = self._pace.budget()
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
        return self._as(call, lambda: read(outcome, size))

    def _prompts(self, outcome: Outcome, limit: int) -> Page[RemotePrompt]:
        if isinstance(outcome.data, KnownPage):
            return outcome.data.page(outcome.body, limit)
        page = read_prompts(outcome.body, outcome.data, limit)
        if self._known is not None:
            self._known.put(outcome.body, page)
        return page

    def _page_too_large(self, outcome: Outcome, cursor: str | None) -> bool:
        if outcome.large or outcome.status == 413:
            return True
        if outcome.status not in _REFUSED_PAGE:
            return False
        return cursor is None or not self._page_size_works or "limit" in outcome.complaint.casefold()

    def _exchange(self, call: Call, budget: Budget) -> Outcome:
        """Send, wait and repeat as the rules for the method allow. The outcome is the last one, and never a 429."""
        if self._read_only and call.method != "GET":
            raise PromptsyncError(f"{call.doing}: this run only reads, nothing was sent")
        attempts = limited = broken = 0
        maybe = False
        while True:
            pause = self._pace.take_turn(budget)
            if pause is not None:
                raise self._complaints.too_long(call, pause, budget.spent(), self._patience)
            attempts += 1
            started = self._clock()
            outcome = self._send(call)
            held = self._pace.heed(outcome, limited)
            maybe = maybe or (outcome.sent and outcome.fault != "" and call.method != "GET")
            limited += outcome.status == 429
            broken += outcome.fault != ""
            wait = self._pace.repeat_in(call, outcome, broken, held, budget)
            self._observe(call, outcome, started, attempts, wait)
            if wait is not None:
                budget.sleep(wait)
            if wait is None or (outcome.fault and budget.is_hurried):
                return replace(outcome, sent=maybe) if outcome.fault else outcome

    def _send(self, call: Call) -> Outcome:
        """One request and its whole answer, as a value: whatever fails on the way becomes a fault."""
        if self._connections.is_closed:
            return Outcome(fault="is no longer connected", sent=False, final=True)
        connection = None
        try:
            connection = self._connections.take()
            if connection is None:
                return Outcome(fault="was not asked, as no connection came free", sent=False)
            with self._lock:
                self.requests += 1
            response = connection.handle_request(self._request(call))
            try:
                return self._judged(call, self._read(response))
            finally:
                response.close()
        except (httpx.HTTPError, OSError) as error:
            return self._failed(error)
        except Exception as error:  # a bug below us, or in the embedded service, is no answer either
            reason = self._complaints.clean(f"{type(error).__name__}: {error}")
            return Outcome(fault=f"failed ({reason})", final=True)
        finally:
            if connection is not None:
                self._connections.give_back(connection)

    def _request(self, call: Call) -> httpx.Request:
        """The request, and with it the key: as late as possible."""
        headers = httpx.Headers(self._headers)
        headers["Authorization"] = f"Bearer {self._key}"
        if call.content is not None:
            headers["Content-Type"] = "application/json"
            headers["Content-Length"] = str(len(call.content))
        request = httpx.Request(
            call.method,
            self._base,
            headers=headers,
            stream=httpx.ByteStream(call.content or b""),
            extensions=self._extensions,
        )
        raw_path = f"{self._prefix}{call.target}".encode("ascii")
        request.url = _Place(self._base, raw_path) if self._is_dialed else self._base.copy_with(raw_path=raw_path)
        return request

    def _read(self, response: httpx.Response) -> Outcome:
        status, headers = response.status_code, dict(response.headers.items())
        ahead = skew(headers.get("date"), self._now())
        if ahead is not None:
            self.skew = ahead
        body = bytearray()
        deadline = self._clock() + self._timeout
        try:
            # What is not packed needs none of the layers that would unpack it.
            packed = "content-encoding" in headers
            for chunk in response.iter_bytes() if packed else cast("httpx.SyncByteStream", response.stream):
                body += chunk
                if not response.is_success and len(body) > MAX_ERROR:
                    break
                if len(body) > MAX_BODY:
                    fault = f"sent more than {MAX_BODY // 1024 // 1024} MiB"
                    return Outcome(status, headers, fault=fault, large=True, final=True)
                if self._clock() > deadline:
                    return Outcome(status, headers, fault=f"took longer than {self._timeout:g} s", large=True)
        except (httpx.HTTPError, OSError) as error:
            return Outcome(status, headers, fault=self._failed(error).fault, large=True)
        # h11 sees this by itself, an embedded service's transport does not.
        received = response.num_bytes_downloaded if packed else len(body)
        if response.is_success and 0 < received < _declared_length(response):
            return Outcome(status, headers, bytes(body), fault="cut its answer off", large=True)
        return Outcome(status, headers, bytes(body))

    def _judged(self, call: Call, outcome: Outcome) -> Outcome:
        """The outcome with its JSON, or with the fault that makes it no answer."""
        status = outcome.status or 0
        if status >= 500 or status in _TRANSIENT:
            said = self._complaints.clean(outcome.complaint)
            fault = f"answered {status}" + (f" ({said})" if said else "")
            return replace(outcome, fault=fault, large=status == 504, final=status not in _TRANSIENT)
        if not 200 <= status < 300 or call.method == "DELETE":
            return replace(outcome, fault="", large=False)
        if outcome.fault:
            return outcome
        if status in (204, 205):
            return replace(outcome, fault=f"answered {status}, without content", final=True)
        known = self._known.get(outcome.body) if self._known is not None and call.lists_prompts else None
        if known is not None:
            return replace(outcome, data=known)
        data, fault = parsed(outcome.body)
        if fault:
            html = outcome.is_html
            return replace(outcome, fault="answered with an HTML page" if html else fault, large=not html)
        opened = outcome.body.count(b"{") + outcome.body.count(b"[")
        if opened > MAX_DEPTH and deeper_than(data, MAX_DEPTH):
            return replace(outcome, fault=f"answered with more than {MAX_DEPTH} levels of nesting", final=True)
        return replace(outcome, data=data)

    def _failed(self, error: Exception) -> Outcome:
        sent = not isinstance(error, _NEVER_SENT)
        if isinstance(error, httpx.PoolTimeout):
            return Outcome(fault="was not asked, as no connection came free", sent=False)
        if isinstance(error, httpx.TimeoutException):
            what = "gave no answer in time" if sent else "could not be reached in time"
            return Outcome(fault=what, sent=sent, large=isinstance(error, httpx.ReadTimeout))
        if not sent:
            bad_certificate = isinstance(_root(error), ssl.SSLCertVerificationError) or (
                "CERTIFICATE_VERIFY_FAILED" in str(error)
            )
            if bad_certificate:
                return Outcome(fault="has a certificate that is not trusted here", sent=False, final=True)
            reason = self._complaints.clean(str(error))
            return Outcome(fault="could not be reached" + (f" ({reason})" if reason else ""), sent=False)
        return Outcome(fault="broke the connection off")

    def _observe(self, call: Call, outcome: Outcome, started: float, attempt: int, wait: float | None) -> None:
        if self._observer is None:
            return
        note = "rate limited" if outcome.status == 429 else outcome.fault
        if wait is not None:
            pause = max(wait, self._pace.pause())
            note += f"; next attempt in {max(pause, 0):.1f} s"
        path = self._complaints.scrub(f"{self._prefix}{call.target}")
        seconds = self._clock() - started
        self._observer(Exchange(call.method, path, outcome.status, seconds, attempt, self._complaints.scrub(note)))

    def _error(self, call: Call, outcome: Outcome) -> ServiceError | None:
        location = outcome.headers.get("location")
        return self._complaints.about(call, outcome, _host_of(location) if location else "")


def _versions(outcome: Outcome, limit: int) -> Page[RemoteVersion]:
    return read_page(outcome.data, read_version, limit)


class _Place(httpx.URL):
    """An address at the host of another, for httpx's own transports, which ask for nothing else than `raw_path`.

    httpx takes an address apart, character by character, for a tenth of the time that a request takes.
    """

    def __init__(self, base: httpx.URL, raw_path: bytes) -> None:
        super().__init__(base)
        self._raw_path = raw_path

    @property
    def raw_path(self) -> bytes:
        return self._raw_path


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


def _proxy_to(base: httpx.URL) -> str | None:
    """The proxy that the environment names for this place."""
    if _is_loopback(base.host) or proxy_bypass(base.netloc.decode("ascii")):
        return None
    named = getproxies()
    proxy = named.get(base.scheme) or named.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _declared_length(response: httpx.Response) -> int:
    length = response.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _root(error: BaseException) -> BaseException:
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
    return error


def _host_of(location: str) -> str:
    try:
        return httpx.URL(location).host
    except (httpx.InvalidURL, ValueError):
        return ""
