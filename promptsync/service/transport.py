"""One request over HTTP and what became of it, as a value: the only file that knows httpx.

The key is in no message, exception or log line: httpx's exceptions hold the request with its headers, so they become
plain values here, and no error has one as its context.
"""

from __future__ import annotations

import logging
import re
import ssl
import threading
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

import httpx

from promptsync import __version__
from promptsync.model.errors import ConfigError
from promptsync.service.answers import MAX_DEPTH, deeper_than, parsed
from promptsync.service.calls import HttpResult
from promptsync.service.ratelimit import TRANSIENT, skew

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication

    from promptsync.service.calls import Call
    from promptsync.service.errors import ServiceErrors

BaseTransport = httpx.BaseTransport
"""What can stand in for the network."""

MAX_BODY = 64 * 1024 * 1024
"""Bytes of one answer, unpacked."""

MAX_ERROR = 64 * 1024
"""Bytes that are read of an answer that is an error."""

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class Transport:
    """The way to the service at `base`, for as many threads as like.

    `timeout` is seconds for one request, `wait` those for a connection to come free. With `app` the service is a WSGI
    application in this process; `transport` stands in for the network likewise.

    HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE are honoured, but for loopback; a netrc file is not. Redirects are not
    followed, and certificates are always verified. Raises ConfigError for an environment in which that cannot be.
    """

    def __init__(
        self,
        base: httpx.URL,
        key: str,
        errors: ServiceErrors,
        *,
        app: WSGIApplication | None,
        transport: httpx.BaseTransport | None,
        timeout: float,
        wait: float,
        connections: int,
        clock: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self._base = base
        self._prefix = base.raw_path.decode("ascii").rstrip("/")
        self._key = key
        self._errors = errors
        self._timeout = timeout
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._is_closed = False
        self.requests = 0
        """How many requests were sent."""
        self.skew = 0.0
        """Seconds by which the service's clock is ahead of ours, by the Date of its answers."""
        _silence_loggers()
        if app is not None:
            transport = httpx.WSGITransport(app)
        self._headers = {
            "Host": base.netloc.decode("ascii"),
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Connection": "keep-alive",
            "User-Agent": f"promptsync/{__version__}",
        }
        # A pool that is full is no failure: those before us have a timeout of their own.
        timeouts = httpx.Timeout(timeout, connect=min(timeout, 10.0), pool=wait)
        self._extensions = {"timeout": timeouts.as_dict()}
        self._transport = transport or _dial(base, connections)

    def close(self) -> None:
        """Close every connection; what is sent after this fails."""
        self._is_closed = True
        self._transport.close()

    def path(self, call: Call) -> str:
        """Path and query, with what the base URL has before them."""
        return f"{self._prefix}{call.target}"

    def send(self, call: Call) -> HttpResult:
        """One request and its whole answer; whatever fails on the way becomes a fault."""
        if self._is_closed:
            return HttpResult(fault="is no longer connected", sent=False, final=True)
        with self._lock:
            self.requests += 1
        try:
            response = self._transport.handle_request(self._request(call))
            try:
                return self._judged(call, self._read(response))
            finally:
                response.close()
        except (httpx.HTTPError, OSError) as error:
            return self._failed(error)
        except Exception as error:  # a bug below us, or in the embedded service, is no answer either
            reason = self._errors.clean(f"{type(error).__name__}: {error}")
            return HttpResult(fault=f"failed ({reason})", final=True)

    def _request(self, call: Call) -> httpx.Request:
        """The request, and with it the key: as late as possible."""
        headers = {**self._headers, "Authorization": f"Bearer {self._key}"}
        if call.content is not None:
            headers["Content-Type"] = "application/json"
        url = self._base.copy_with(raw_path=self.path(call).encode("ascii"))
        return httpx.Request(call.method, url, headers=headers, content=call.content, extensions=self._extensions)

    def _read(self, response: httpx.Response) -> HttpResult:
        status, headers = response.status_code, dict(response.headers.items())
        ahead = skew(headers.get("date"), self._now())
        if ahead is not None:
            self.skew = ahead
        body = bytearray()
        deadline = self._clock() + self._timeout
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if not response.is_success and len(body) > MAX_ERROR:
                    break
                if len(body) > MAX_BODY:
                    fault = f"sent more than {MAX_BODY // 1024 // 1024} MiB"
                    return HttpResult(status, headers, fault=fault, large=True, final=True)
                if self._clock() > deadline:
                    return HttpResult(status, headers, fault=f"took longer than {self._timeout:g} s", large=True)
        except (httpx.HTTPError, OSError) as error:
            return HttpResult(status, headers, fault=self._failed(error).fault, large=True)
        # h11 sees this by itself, an embedded service's transport does not.
        if response.is_success and 0 < response.num_bytes_downloaded < _declared_length(response):
            return HttpResult(status, headers, bytes(body), fault="cut its answer off", large=True)
        return HttpResult(status, headers, bytes(body))

    def _judged(self, call: Call, result: HttpResult) -> HttpResult:
        """The result with its JSON, or with the fault that makes it no answer."""
        status = result.status or 0
        if status >= 500 or status in TRANSIENT:
            said = self._errors.clean(result.complaint)
            fault = f"answered {status}" + (f" ({said})" if said else "")
            return replace(result, fault=fault, large=status == 504, final=status not in TRANSIENT)
        if not 200 <= status < 300 or call.method == "DELETE":
            return replace(result, fault="", large=False)
        if result.fault:
            return result
        if status in (204, 205):
            return replace(result, fault=f"answered {status}, without content", final=True)
        data, fault = parsed(result.body)
        if fault:
            html = result.is_html
            return replace(result, fault="answered with an HTML page" if html else fault, large=not html)
        opened = result.body.count(b"{") + result.body.count(b"[")
        if opened > MAX_DEPTH and deeper_than(data, MAX_DEPTH):
            return replace(result, fault=f"answered with more than {MAX_DEPTH} levels of nesting", final=True)
        return replace(result, data=data)

    def _failed(self, error: Exception) -> HttpResult:
        sent = not isinstance(error, _NEVER_SENT)
        if isinstance(error, httpx.PoolTimeout):
            return HttpResult(fault="was not asked, as no connection came free", sent=False)
        if isinstance(error, httpx.TimeoutException):
            what = "gave no answer in time" if sent else "could not be reached in time"
            return HttpResult(fault=what, sent=sent, large=isinstance(error, httpx.ReadTimeout))
        if not sent:
            bad_certificate = isinstance(_root(error), ssl.SSLCertVerificationError) or (
                "CERTIFICATE_VERIFY_FAILED" in str(error)
            )
            if bad_certificate:
                return HttpResult(fault="has a certificate that is not trusted here", sent=False, final=True)
            reason = self._errors.clean(str(error))
            return HttpResult(fault="could not be reached" + (f" ({reason})" if reason else ""), sent=False)
        return HttpResult(fault="broke the connection off")


def checked_base(base_url: str) -> httpx.URL:
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


def host_of(location: str) -> str:
    """The host that a `Location` leads to; empty where it is no address."""
    try:
        return httpx.URL(location).host
    except (httpx.InvalidURL, ValueError):
        return ""


def _dial(base: httpx.URL, connections: int) -> httpx.HTTPTransport:
    try:
        # Plain http is for loopback alone: there the certificates, which take 50 ms to read, are for no one.
        certificates = httpx.create_ssl_context(verify=base.scheme == "https", trust_env=not _is_loopback(base.host))
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        return httpx.HTTPTransport(verify=certificates, proxy=_proxy_to(base), limits=limits)
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        problem = type(error).__name__
    # Not inside the except clause: the error may quote a proxy's password.
    raise ConfigError(
        f"no connection can be set up with this environment ({problem})",
        hint="check HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR",
    )


def _proxy_to(base: httpx.URL) -> str | None:
    """The proxy that the environment names for this place."""
    if _is_loopback(base.host) or proxy_bypass(base.netloc.decode("ascii")):
        return None
    named = getproxies()
    proxy = named.get(base.scheme) or named.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _declared_length(response: httpx.Response) -> int:
    length = response.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _root(error: BaseException) -> BaseException:
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
    return error


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
