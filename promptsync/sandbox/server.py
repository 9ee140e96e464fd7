"""The sandbox over HTTP/1.1: a thread per connection, keep-alive, loopback only.

Standard library alone: werkzeug's own server closes the connection after each answer, and a client's pool of
connections is one of the things to be tested here.
"""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote_to_bytes, urlsplit

from promptsync.sandbox.app import SERVED, App
from promptsync.sandbox.errors import ConfigurationError, Disconnect
from promptsync.sandbox.guard import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from _typeshed.wsgi import WSGIEnvironment

    from promptsync.sandbox.service import Sandbox

_log = logging.getLogger(__name__)

# Above the app's own bound, so that it is the app that answers 413; this one only bounds memory.
_LARGEST_BODY = 64 * 1024 * 1024
_IDLE_SECONDS = 300
_LINGER = "hh" if sys.platform == "win32" else "ii"
_TURN = 0.5
"""Seconds for which the end is waited for at a time: on Windows no interrupt reaches who waits without an end."""


class Server:
    """A sandbox being served in a thread; `url` is where. Close it, or use it as a context manager."""

    def __init__(self, sandbox: Sandbox, host: str, port: int) -> None:
        self._server = _Listener(sandbox, host, port)
        self._closed = threading.Event()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="sandbox", daemon=True)
        self._thread.start()
        ready.wait()
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, break the connections that are open, and wait for their threads. Twice is fine.

        The sandbox stays open; it can be served again.
        """
        if not self._closed.is_set():
            self._server.shutdown()
            self._server.close_connections()
            self._server.sandbox.wake()
            self._server.server_close()
            self._thread.join()
            self._closed.set()

    def wait(self) -> None:
        """Block until `close` is called, from another thread or by an interrupt."""
        while not self._closed.wait(_TURN):
            pass

    def _run(self, ready: threading.Event) -> None:
        ready.set()
        self._server.serve_forever(poll_interval=0.02)


def serve(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Serve a sandbox in a thread; port 0 takes a free one.

    Raises ConfigurationError for a host that is not loopback, OSError if the port is taken.
    """
    return Server(sandbox, host, port)


def run_forever(
    sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0, *, ready: Callable[[str], object] = lambda url: None
) -> None:
    """Serve until interrupted (KeyboardInterrupt, which is taken as the wish to end), then close cleanly.

    `ready` is called with the URL once it answers. Raises as `serve` does.
    """
    with serve(sandbox, host, port) as server, contextlib.suppress(KeyboardInterrupt):
        ready(server.url)
        server.wait()


class _Listener(ThreadingMixIn, TCPServer):
    # On Windows it would let two servers have the same port.
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 128
    # Joined by server_close, so that no thread outlives a test; close_connections makes them end.
    daemon_threads = False

    def __init__(self, sandbox: Sandbox, host: str, port: int) -> None:
        if not is_loopback(host):
            raise ConfigurationError(
                f"the sandbox has no real authentication and listens on loopback only (127.0.0.1), not on {host!r}"
            )
        self.sandbox = sandbox
        self.app = App(sandbox)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._resetting: set[socket.socket] = set()
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
            resetting = request in self._resetting
            self._resetting.discard(request)
        if resetting:
            # Lingering for no time makes the close a reset; a shutdown before it would say goodbye first.
            request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
            request.close()
        else:
            super().shutdown_request(request)

    def reset(self, request: socket.socket) -> None:
        """Have the connection end in a TCP reset."""
        with self._lock:
            self._resetting.add(request)

    def close_connections(self) -> None:
        """Wake the threads that wait for a next request."""
        with self._lock:
            for request in self._open:
                with contextlib.suppress(OSError):
                    request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that goes away (a test of timeouts, a killed process) is no news.
        if not isinstance(sys.exception(), OSError):
            _log.exception("the sandbox failed at a request")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    wbufsize = -1
    server: _Listener

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        _log.debug(format, *args)

    def version_string(self) -> str:
        return "promptsync-sandbox"

    def _answer(self) -> None:
        body = self._body()
        if body is None:
            return
        try:
            self._through_wsgi(body)
        except Disconnect as fault:
            self.close_connection = True
            if fault.kind == "reset":
                self.server.reset(self.connection)
        except OSError:
            raise  # the client is gone; the base class ends the connection
        except Exception:
            _log.exception("the sandbox failed at %s %s", self.command, self.path)
            self.close_connection = True
            self._begin("500 Internal Server Error", [("Content-Type", "application/json"), ("Connection", "close")])
            self.wfile.write(b'{"message": "The sandbox failed; its log says why"}')

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def _through_wsgi(self, body: bytes) -> None:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
            started[:] = [status, headers]
            return lambda data: None

        answer: Iterable[bytes] = self.server.app(self._environ(body), start_response)
        try:
            self._begin(*started)
            for part in answer:
                self.wfile.write(part)
                if len(part) > io.DEFAULT_BUFFER_SIZE:
                    self.wfile.flush()
            self.wfile.flush()
        finally:
            if hasattr(answer, "close"):
                answer.close()

    def _begin(self, status: str, headers: list[tuple[str, str]]) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def _environ(self, body: bytes) -> WSGIEnvironment:
        # The path of an absolute URL (as a proxy gets it) too; a path of two slashes is no host.
        target = self.path if self.path.startswith("/") else f"/{urlsplit(self.path).path.lstrip('/')}"
        path, _, query = target.partition("?")
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": str(self.server.server_address[0]),
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": str(self.client_address[0]),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            SERVED: True,
        }
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            if key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING") and "_" not in name:
                environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def _body(self) -> bytes | None:
        """The request's body; None if it was refused, and the connection will be closed."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            body = self._chunked_body()
        else:
            length = self.headers.get("Content-Length", "0")
            body = self._read(int(length)) if length.isdecimal() and len(length) < 12 else None
        if body is None:
            self.close_connection = True
            self.send_error(400, "Bad request body")
        return body

    def _chunked_body(self) -> bytes | None:
        parts: list[bytes] = []
        size = 0
        while True:
            line = self.rfile.readline(100).split(b";")[0].strip()
            try:
                length = int(line, 16)
            except ValueError:
                return None
            if length == 0:
                while self.rfile.readline(65536).strip():
                    pass
                return b"".join(parts)
            size += length
            part = self._read(length) if length > 0 and size <= _LARGEST_BODY else None
            if part is None:
                return None
            parts.append(part)
            self.rfile.readline(10)

    def _read(self, length: int) -> bytes | None:
        if length > _LARGEST_BODY:
            return None
        body = self.rfile.read(length)
        return body if len(body) == length else None
