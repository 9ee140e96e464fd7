"""One request to the service and its whole answer, over a connection of `network`; no other file knows httpx.

A key is in no message, exception, log line or observation: httpx's exceptions hold the request with its headers, so
whatever fails on the way becomes a plain value before anything is raised, and no error has one as its context.
"""

from __future__ import annotations

import logging
import re
import ssl
import threading
from dataclasses import replace
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, TypeAlias, cast

import httpx

from promptsync import __version__
from promptsync.model.errors import ConfigError
from promptsync.service.answers import MAX_DEPTH, Texts, deeper_than, parsed
from promptsync.service.calls import Fault, HttpResult
from promptsync.service.errors import ServiceErrors
from promptsync.service.network import DEADLINE, dial
from promptsync.service.ratelimit import skew

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication

    from promptsync.service.calls import Call
    from promptsync.service.ratelimit import Patience

Network: TypeAlias = httpx.BaseTransport
"""What carries a request there and the answer back."""

MAX_BODY = 64 * 1024 * 1024
"""Bytes of one answer, unpacked."""

MAX_ERROR = 64 * 1024
"""Bytes that are read of an answer that is an error."""

EMBEDDED_KEY = "sandbox"
"""What an embedded service is told where the caller has no key. No secret."""

_NONE_CAME_FREE = "was not asked, as no connection came free"
_TRANSIENT = frozenset({408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class Transport:
    """The service at `base_url`, asked once at a time by each of as many threads as like.

    The parameters are the client's. Raises ConfigError for a key, a base URL or an environment that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        key_name: str,
        app: WSGIApplication | None,
        network: Network | None,
        timeout: float,
        connections: int,
        clock: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        _check_key(key, key_name, needed=app is None)
        base = _checked_base(base_url)
        self.url = str(base).rstrip("/")
        self.prefix = base.raw_path.decode("ascii").rstrip("/")
        self._key = key or EMBEDDED_KEY
        self.errors = ServiceErrors(base.netloc.decode("ascii"), key if key != EMBEDDED_KEY else "", key_name)
        self.texts = Texts()
        """What answers say at length; texts that are known here are in memory once."""
        self.requests = 0
        """How many requests were sent."""
        self.skew = 0.0
        """Seconds by which the service's clock is ahead of ours, by the Date of its answers."""
        self._timeout = timeout
        self._timeouts = httpx.Timeout(timeout, connect=min(timeout, 10.0)).as_dict()
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._is_closed = False
        _silence_loggers()
        if app is not None:
            network = httpx.WSGITransport(app)
        self._networks = [network] * connections if network is not None else dial(base, connections)
        # The one that was used last comes first: it is the least likely to have been closed at the other end.
        self._idle: LifoQueue[Network] = LifoQueue()
        for one in self._networks:
            self._idle.put(one)

    def close(self) -> None:
        """Closes every connection; what is sent after this fails."""
        self._is_closed = True
        for network in self._networks:
            network.close()

    def send(self, call: Call, patience: Patience) -> HttpResult:
        """One request and its whole answer, as a value: whatever fails on the way becomes a fault.

        It takes no longer than one request may, and no longer than `patience` grants.
        """
        if self._is_closed:
            return HttpResult(fault="is no longer connected", sent=False, final=True)
        try:
            # To wait for others is no failure: they have a timeout of their own.
            network = self._idle.get(timeout=patience.granted())
        except Empty:
            return HttpResult(fault=_NONE_CAME_FREE, sent=False)
        try:
            with self._lock:
                self.requests += 1
            return self._ask(network, call, min(self._timeout, patience.granted()))
        except (httpx.HTTPError, OSError) as error:
            return self._failed(error)
        except Exception as error:  # a bug below us, or in the embedded service, is no answer either
            reason = self.errors.clean(f"{type(error).__name__}: {error}")
            return HttpResult(fault=f"failed ({reason})", final=True)
        finally:
            self._idle.put(network)

    def _ask(self, network: Network, call: Call, seconds: float) -> HttpResult:
        response = network.handle_request(self._request(call, seconds))
        try:
            return self._judged(call, self._read(response, seconds))
        finally:
            response.close()

    def _request(self, call: Call, seconds: float) -> httpx.Request:
        """The request, and with it the key: as late as possible."""
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Connection": "keep-alive",
            "User-Agent": f"promptsync/{__version__}",
            "Authorization": f"Bearer {self._key}",
        }
        if call.content is not None:
            headers["Content-Type"] = "application/json"
        extensions = {"timeout": self._timeouts, DEADLINE: seconds}
        return httpx.Request(
            call.method, f"{self.url}{call.target}", headers=headers, content=call.content, extensions=extensions
        )

    def _read(self, response: httpx.Response, seconds: float) -> HttpResult:
        status, headers = response.status_code, dict(response.headers.items())
        ahead = skew(headers.get("date"), self._now())
        if ahead is not None:
            self.skew = ahead
        result = HttpResult(status, headers, redirect=_host_of(headers.get("location")))
        # What is not packed needs none of the layers that would unpack it.
        packed = "content-encoding" in headers
        chunks: list[bytes] = []
        size = 0
        # A connection of ours ends by itself; an embedded service has none.
        deadline = self._clock() + seconds
        try:
            for chunk in response.iter_bytes() if packed else cast("httpx.SyncByteStream", response.stream):
                chunks.append(chunk)
                size += len(chunk)
                if not response.is_success and size > MAX_ERROR:
                    break
                if size > MAX_BODY:
                    fault = f"sent more than {MAX_BODY // 1024 // 1024} MiB"
                    return replace(result, fault=fault, large=True, final=True)
                if self._clock() > deadline:
                    return replace(result, fault=f"took longer than {seconds:g} s", large=True)
        except (httpx.HTTPError, OSError) as error:
            return replace(result, fault=self._failed(error).fault, large=True)
        # h11 sees this by itself, an embedded service's transport does not.
        received = response.num_bytes_downloaded if packed else size
        if response.is_success and 0 < received < _declared_length(headers):
            return replace(result, body=b"".join(chunks), fault="cut its answer off", large=True)
        return replace(result, body=b"".join(chunks))

    def _judged(self, call: Call, result: HttpResult) -> HttpResult:
        """The result with its JSON, or with the fault that makes it no answer."""
        status = result.status or 0
        if status >= 500 or status in _TRANSIENT:
            said = self.errors.clean(result.complaint)
            fault = f"answered {status}" + (f" ({said})" if said else "")
            return replace(result, fault=fault, large=status == 504, final=status not in _TRANSIENT)
        if not 200 <= status < 300 or call.method == "DELETE":
            return replace(result, fault="", large=False)
        if result.fault:
            return result
        if status in (204, 205):
            return replace(result, fault=f"answered {status}, without content", final=True)
        return self._decoded(result)

    def _decoded(self, result: HttpResult) -> HttpResult:
        """The result with its JSON in place of its body."""
        data, fault = parsed(result.body, self.texts.share)
        if fault and result.is_html:
            return replace(result, fault="answered with an HTML page", kind=Fault.NOT_THE_API)
        if fault:
            return replace(result, fault=fault, large=True)
        opened = result.body.count(b"{") + result.body.count(b"[")
        if opened > MAX_DEPTH and deeper_than(data, MAX_DEPTH):
            return replace(result, fault=f"answered with more than {MAX_DEPTH} levels of nesting", final=True)
        return replace(result, body=b"", data=data)

    def _failed(self, error: Exception) -> HttpResult:
        sent = not isinstance(error, _NEVER_SENT)
        if isinstance(error, httpx.PoolTimeout):
            return HttpResult(fault=_NONE_CAME_FREE, sent=False)
        if isinstance(error, httpx.TimeoutException):
            fault = "gave no answer in time" if sent else "could not be reached in time"
            return HttpResult(fault=fault, sent=sent, large=isinstance(error, httpx.ReadTimeout))
        if sent:
            return HttpResult(fault="broke the connection off")
        if _is_about_certificate(error):
            fault = "has a certificate that is not trusted here"
            return HttpResult(fault=fault, kind=Fault.CERTIFICATE, sent=False, final=True)
        reason = self.errors.clean(str(error))
        return HttpResult(fault="could not be reached" + (f" ({reason})" if reason else ""), sent=False)


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


def _declared_length(headers: dict[str, str]) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _is_about_certificate(error: BaseException) -> bool:
    """Whether a connection failed for the certificate that was shown. httpx hands OpenSSL's own words on."""
    root = error
    while (below := root.__cause__ or root.__context__) is not None:
        root = below
    return isinstance(root, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error)


def _host_of(location: str | None) -> str:
    try:
        return httpx.URL(location).host if location else ""
    except (httpx.InvalidURL, ValueError):
        return ""
