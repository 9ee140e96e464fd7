"""Connections to the service, on which no call takes longer than it may: made here, used by `transport`.

HTTP libraries bound each wait for the network by itself. A service that sends a byte now and then, or one interim
answer after the other, never lets such a wait run out; so each of them gets no more than is left of the whole call.
"""

from __future__ import annotations

import socket
import time
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from math import inf
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from promptsync.model.errors import ConfigError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator

DEADLINE = "deadline"
"""The extension of a request that says how many seconds all of it may take, to the last byte of its answer."""

KEEP_ALIVE = 5.0
"""Seconds for which a connection without work is kept."""

_TICK = 0.001
_SLICE = 16 * 1024
"""Bytes that are sent at once: a service that takes them slowly is caught between two slices."""

_HTTPCORE = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


def dial(base: httpx.URL, connections: int) -> list[httpx.BaseTransport]:
    """So many connections to the host of `base`, by way of the environment's proxy, each made when it is first used.

    They are not one pool of httpx: that looks at each of them before and after every request, which with sixteen
    threads takes as long as the request itself. Raises ConfigError for an environment that cannot be used.
    """
    proxy = _proxy_to(base)
    try:
        # Plain http is for loopback alone: there the certificates, which take 50 ms to read, are for no one.
        context = httpx.create_ssl_context(verify=base.scheme == "https", trust_env=not _is_loopback(base.host))
        pool = _pool_through(proxy, context)
        return [_Connection(pool) for _ in range(connections)]
    except _NoSocksError:
        problem = None
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        problem = type(error).__name__
    # Not inside the except clause: the error may quote a proxy's password.
    if problem is None:
        raise ConfigError(
            "the environment names a SOCKS proxy, for which the Python package socksio is missing",
            hint="install it beside promptsync (`pip install socksio`), or name an HTTP proxy in HTTPS_PROXY",
        )
    raise ConfigError(
        f"no connection can be set up with this environment ({problem})",
        hint="check HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR",
    )


class _NoSocksError(Exception):
    pass


def proxy_host(base_url: str) -> str | None:
    """Host and port of the proxy by which a service is reached, without user and password; None where there is none."""
    proxy = _proxy_to(httpx.URL(base_url))
    return None if proxy is None else httpx.URL(proxy).netloc.decode("ascii", "replace")


def _pool_through(proxy: str | None, context: ssl.SSLContext) -> Callable[..., httpcore.ConnectionPool]:
    """Makes the pool of one connection, directly or by way of a proxy, when it is called with a backend."""
    shared: dict[str, Any] = {
        "ssl_context": context,
        "max_connections": 1,
        "max_keepalive_connections": 1,
        "keepalive_expiry": KEEP_ALIVE,
    }
    if proxy is None:
        return partial(httpcore.ConnectionPool, **shared)
    through = httpx.Proxy(proxy)
    shared |= {"proxy_url": _place(through.url), "proxy_auth": through.raw_auth}
    if through.url.scheme.startswith("socks"):
        try:
            import socksio  # type: ignore[import-not-found, unused-ignore]  # noqa: F401 - httpcore needs it
        except ImportError:
            raise _NoSocksError from None
        return partial(httpcore.SOCKSProxy, **shared)
    return partial(httpcore.HTTPProxy, **shared)


def _place(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


class _Connection(httpx.BaseTransport):
    """One connection, used by one thread at a time. It is made anew where it was lost."""

    def __init__(self, pool: Callable[..., httpcore.ConnectionPool]) -> None:
        self._countdown = _Countdown()
        self._pool = pool(network_backend=_Backend(self._countdown))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._countdown.start(request.extensions[DEADLINE])
        asked = httpcore.Request(
            request.method,
            _place(request.url),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _told_by_httpx():
            answer = self._pool.handle_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _told_by_httpx():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Countdown:
    """What is left of the call that a connection is used for."""

    def __init__(self) -> None:
        self._until = inf

    def start(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._until

    def left(self, timeout: float | None) -> float:
        """Seconds for one wait, which by itself may take as long as `timeout`."""
        return max(_TICK, min(self._until - time.monotonic(), inf if timeout is None else timeout))


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends with the call."""

    def __init__(self, inner: httpcore.NetworkStream, countdown: _Countdown) -> None:
        self._inner = inner
        self._countdown = countdown

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        # Asked for by itself: a service that always has something to say makes no one wait.
        if self._countdown.is_over:
            raise httpcore.ReadTimeout
        return self._inner.read(max_bytes, self._countdown.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _SLICE):
            if self._countdown.is_over:
                raise httpcore.WriteTimeout
            self._inner.write(buffer[start : start + _SLICE], self._countdown.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._inner.start_tls(ssl_context, server_hostname, self._countdown.left(timeout))
        return _Stream(secured, self._countdown)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Makes connections that end with the call that they are made for."""

    def __init__(self, countdown: _Countdown) -> None:
        self._countdown = countdown
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        until = time.monotonic() + self._countdown.left(timeout)
        addresses = _addresses(host, port, until - time.monotonic())
        for place, address in enumerate(addresses, 1):
            # Each gets its share, so that one which swallows everything leaves time for the next.
            share = max(_TICK, (until - time.monotonic()) / (len(addresses) - place + 1))
            try:
                inner = self._plain.connect_tcp(address, port, share, local_address, socket_options or ())
                return _Stream(inner, self._countdown)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place == len(addresses):
                    raise
        raise httpcore.ConnectError("the host has no address")


def _addresses(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a host. The system's resolver takes no deadline, so one that hangs is left behind."""
    found: Future[list[Any]] = Future()

    def look() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))
        except Exception as error:
            found.set_exception(error)

    Thread(target=look, name="resolver", daemon=True).start()
    try:
        return list(dict.fromkeys(address[0] for *_, address in found.result(seconds)))
    except TimeoutError as error:
        raise httpcore.ConnectTimeout from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error


@contextmanager
def _told_by_httpx() -> Iterator[None]:
    """What goes wrong below as httpx tells it, which has an exception of the same name for each."""
    try:
        yield
    except _HTTPCORE as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


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
