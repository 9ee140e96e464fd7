"""A service that plays a script, a clock that only sleep moves on, and the ways in which a request goes wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from promptsync.service.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptsync.service.calls import Exchange

KEY = "canary-7f3a9c51e2"
BASE = "https://api.orq.test"
EPOCH = 1_790_000_000.0
ENTITY = {"_id": "01A", "display_name": "refund", "prompt": {"messages": [], "version": "v1"}, "metadata": {}}
HTML = "<!doctype html><title>Sign in</title>"


class World:
    """A clock that only sleep moves on, and what was slept and seen."""

    def __init__(self) -> None:
        self.time = 0.0
        self.sleeps: list[float] = []
        self.seen: list[Exchange] = []
        self.requests: list[httpx.Request] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds

    def client(self, handler: Callable[[httpx.Request], httpx.Response], **options: Any) -> Client:
        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return handler(request)

        settings: dict[str, Any] = {"jitter": lambda: 1.0, "observer": self.seen.append} | options
        return Client(
            settings.pop("base_url", BASE),
            settings.pop("key", KEY),
            transport=httpx.MockTransport(answer),
            sleep=self.sleep,
            clock=lambda: self.time,
            now=lambda: EPOCH + self.time,
            **settings,
        )

    def playing(self, *script: Answer, **options: Any) -> Client:
        """A client whose service gives these answers, and the last one from then on."""
        turns = iter(script)
        last = script[-1]
        return self.client(lambda request: play(next(turns, last)), **options)


class Broken(httpx.SyncByteStream):
    """A body that ends in a fault, or just ends."""

    def __init__(self, fault: Exception | None, body: bytes = b'{"_id": "01A", "disp') -> None:
        self.fault = fault
        self.body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self.body
        if self.fault is not None:
            raise self.fault


Answer = httpx.Response | type[Exception] | int | bytes | tuple[int, dict[str, str]]


def play(answer: Answer) -> httpx.Response:
    if isinstance(answer, type):
        raise answer(f"went wrong near {KEY}")
    if isinstance(answer, int):
        return httpx.Response(answer, json={"message": f"fault {answer}"})
    if isinstance(answer, bytes):
        return httpx.Response(200, content=answer)
    if isinstance(answer, tuple):
        return httpx.Response(answer[0], headers=answer[1], json={"message": "slow down"})
    stream = answer.stream
    if isinstance(stream, Broken):
        stream = Broken(stream.fault, stream.body)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)
    return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def ok() -> httpx.Response:
    return httpx.Response(200, json=ENTITY)


def cut_off(fault: Exception | None = None) -> httpx.Response:
    return httpx.Response(200, stream=Broken(fault or httpx.RemoteProtocolError("incomplete chunked read")))


READS: dict[str, Callable[[Client], object]] = {
    "list": lambda client: client.list_all(),
    "get": lambda client: client.get("01A"),
    "versions": lambda client: list(client.versions("01A")),
    "version": lambda client: client.version("01A", "v1"),
}
WRITES: dict[str, Callable[[Client], object]] = {
    "create": lambda client: client.create({"display_name": "refund"}),
    "update": lambda client: client.update("01A", {"display_name": "refund"}),
}
CALLS = READS | WRITES | {"delete": lambda client: client.delete("01A")}

GARBLED: dict[str, Answer] = {
    "cut off": cut_off(),
    "short of its length": httpx.Response(
        200, headers={"content-length": "999"}, stream=Broken(None, json.dumps(ENTITY).encode())
    ),
    "no JSON": b"hello",
    "empty": b"",
    "HTML": httpx.Response(200, html=HTML),
    "not UTF-8": '{"_id": "01A", "display_name": "é"}'.encode("latin-1"),
    "NaN": b'{"_id": "01A", "display_name": "x", "prompt": {"temperature": NaN}}',
    "endless number": b'{"_id": "01A", "display_name": "x", "prompt": {"temperature": 1e999}}',
    "endless integer": b'{"_id": "01A", "display_name": "x", "n": ' + b"9" * 5000 + b"}",
    "too deep for json": b'{"a":' * 200_000,
    "gzip that is cut": httpx.Response(200, stream=Broken(httpx.DecodingError("Error -3"))),
}
LOST: dict[str, Answer] = {
    "read timeout": httpx.ReadTimeout,
    "write timeout": httpx.WriteTimeout,
    "reset": httpx.ReadError,
    "reset while writing": httpx.WriteError,
    "stale connection": httpx.RemoteProtocolError,
    "broken socket": ConnectionResetError,
    "500": 500,
    "502": 502,
    "503": 503,
    "504": 504,
    "503 with Retry-After": (503, {"retry-after": "1"}),
} | GARBLED
UNSENT: dict[str, Answer] = {
    "no connection": httpx.ConnectError,
    "connect timeout": httpx.ConnectTimeout,
    "full pool": httpx.PoolTimeout,
    "proxy refuses": httpx.ProxyError,
}
