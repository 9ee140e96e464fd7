"""The client against a service that misbehaves in every way that is known."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import struct
import threading
import traceback
from contextlib import contextmanager
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.model.errors import (
    AuthError,
    ConfigError,
    NotFoundError,
    PromptsyncError,
    RateLimitedError,
    RefusedError,
    ServiceError,
    UnavailableError,
)
from promptsync.service import transport as module
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


@pytest.fixture
def world() -> World:
    return World()


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


@pytest.mark.parametrize("fault", [*LOST.values(), *UNSENT.values()], ids=[*LOST, *UNSENT])
def test_a_read_is_repeated_after_any_failure(world: World, fault: Answer) -> None:
    with world.playing(fault, fault, ok()) as client:
        assert client.get("01A").id == "01A"
        assert client.requests == 3
    assert [seen.attempt for seen in world.seen] == [1, 2, 3]
    assert world.seen[0].note
    assert world.seen[2].note == ""


@pytest.mark.parametrize("fault", [*LOST.values(), *UNSENT.values()], ids=[*LOST, *UNSENT])
def test_a_read_gives_up_after_five_attempts(world: World, fault: Answer) -> None:
    with world.playing(fault) as client, pytest.raises(UnavailableError) as raised:
        client.get("01A")
    assert client.requests == 5
    assert not raised.value.ambiguous
    assert raised.value.message.startswith("reading prompt 01A: api.orq.test ")
    assert raised.value.hint


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_that_may_have_been_carried_out_is_not_repeated(
    world: World, write: Callable[[Client], object], fault: Answer
) -> None:
    with world.playing(fault, ok()) as client, pytest.raises(UnavailableError) as raised:
        write(client)
    assert client.requests == 1
    assert raised.value.ambiguous
    assert raised.value.message.endswith("; whether it was carried out is unknown")


@pytest.mark.parametrize("fault", UNSENT.values(), ids=UNSENT)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_is_repeated_where_no_connection_was_made(
    world: World, write: Callable[[Client], object], fault: Answer
) -> None:
    with world.playing(fault, fault, ok()) as client:
        write(client)
    assert client.requests == 3


@pytest.mark.parametrize("fault", UNSENT.values(), ids=UNSENT)
def test_a_write_that_never_left_is_certain_not_to_be_carried_out(world: World, fault: Answer) -> None:
    with world.playing(fault) as client, pytest.raises(UnavailableError) as raised:
        client.create({"display_name": "refund"})
    assert client.requests == 5
    assert not raised.value.ambiguous
    assert raised.value.message.startswith("creating “refund”: api.orq.test ")


def test_a_write_is_lost_after_it_was_refused_for_its_rate(world: World) -> None:
    with world.playing(429, httpx.ReadTimeout) as client, pytest.raises(UnavailableError) as raised:
        client.create({"display_name": "refund"})
    assert client.requests == 2
    assert raised.value.ambiguous


@pytest.mark.parametrize(
    "body", [[], {}, {"_id": "01A"}, {"_id": 1, "display_name": "x"}, {"_id": "", "display_name": "x"}, None, "x"]
)
@pytest.mark.parametrize("call", ["get", "create", "update"])
def test_an_answer_that_is_no_prompt(world: World, call: str, body: object) -> None:
    with world.playing(json.dumps(body).encode()) as client, pytest.raises(ServiceError) as raised:
        CALLS[call](client)
    assert client.requests == 1
    assert "the answer of api.orq.test is not a prompt of orq.ai" in raised.value.message
    assert "base URL" in str(raised.value.hint)
    assert getattr(raised.value, "ambiguous", False) is (call != "get")


def test_backoff_doubles_from_half_a_second_with_full_jitter(world: World) -> None:
    jitters = iter([1.0, 0.5, 1.0, 0.0])
    with world.playing(500, jitter=lambda: next(jitters)) as client, pytest.raises(UnavailableError):
        client.get("01A")
    assert world.sleeps == [0.5, 0.5, 2.0]
    assert client.requests == 5


def test_backoff_stays_within_patience(world: World) -> None:
    with world.playing(500, patience=1.2) as client, pytest.raises(UnavailableError):
        client.get("01A")
    assert world.sleeps == [0.5]


def test_a_slow_request_counts_against_patience(world: World) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        world.time += 50
        raise httpx.ReadTimeout("slow")

    with world.client(slow) as client, pytest.raises(UnavailableError):
        client.get("01A")
    assert client.requests == 3


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_any_call_waits_when_told_to(world: World, call: Callable[[Client], object]) -> None:
    told = False

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal told
        if not told:
            told = True
            return httpx.Response(429, headers={"retry-after": "7"})
        listing = request.url.path in ("/v2/prompts", "/v2/prompts/01A/versions") and request.method == "GET"
        return httpx.Response(200, json={"data": [], "has_more": False} if listing else ENTITY)

    with world.client(handler) as client:
        call(client)
    assert client.requests == 2
    assert world.sleeps == [pytest.approx(7 + 0.25 + 0.7)]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "3"}, 3),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": formatdate(EPOCH + 20, usegmt=True)}, 20),
        ({}, 0.5),
        ({"retry-after": ""}, 0.5),
        ({"retry-after": "0"}, 0.5),
        ({"retry-after": "-5"}, 0.5),
        ({"retry-after": formatdate(EPOCH - 20, usegmt=True)}, 0.5),
        ({"retry-after": "1000000000"}, 30),
        ({"retry-after": "soon"}, 30),
        ({"retry-after": "nan"}, 30),
        ({"retry-after": "inf"}, 30),
        ({"retry-after": "Thu, 99 Foo 2026 99:99:99 GMT"}, 30),
        ({"retry-after": "9" * 400}, 30),
        ({"x-ratelimit-reset": "12"}, 12),
        ({"x-ratelimit-reset": str(EPOCH + 9)}, 9),
        ({"x-ratelimit-reset": str((EPOCH + 9) * 1000)}, 9),
        ({"x-ratelimit-reset": "tomorrow"}, 0.5),
    ],
)
def test_how_long_a_rate_limit_is_waited_out(world: World, headers: dict[str, str], wait: float) -> None:
    with world.playing((429, headers), ok(), jitter=lambda: 0.0) as client:
        client.get("01A")
    assert world.sleeps == [pytest.approx(wait)]


def test_a_limit_without_a_time_is_waited_out_ever_longer(world: World) -> None:
    with world.playing(429, patience=20, jitter=lambda: 0.0) as client, pytest.raises(RateLimitedError) as raised:
        client.get("01A")
    assert world.sleeps == [0.5, 1, 2, 4, 8]
    assert raised.value.message == (
        "reading prompt 01A: api.orq.test limits the rate: it does not say how long to wait, and 16 of 20 s were waited"
    )


def test_a_wait_beyond_patience_is_not_begun_and_holds_for_every_call(world: World) -> None:
    with world.playing((429, {"retry-after": "3600"}), ok()) as client:
        for _ in range(2):
            with pytest.raises(RateLimitedError) as raised:
                client.create({"display_name": "refund"})
            assert "it asks to wait 3600 s, and 0 of 120 s were waited" in raised.value.message
        assert client.requests == 1
    assert world.sleeps == []


def test_a_busy_service_that_names_a_time_is_believed(world: World) -> None:
    with world.playing((503, {"retry-after": "9"}), ok(), jitter=lambda: 0.0) as client:
        client.get("01A")
    assert world.sleeps == [9]


def test_a_busy_service_that_names_too_long_a_time(world: World) -> None:
    with world.playing((503, {"retry-after": "600"})) as client:
        for call in (READS["get"], WRITES["create"]):
            with pytest.raises(UnavailableError, match="unavailable: it asks to wait 600 s") as raised:
                call(client)
            assert not raised.value.ambiguous
    assert client.requests == 1


def test_a_sleep_that_does_not_sleep_ends_all_the_same() -> None:
    client = Client(
        BASE,
        KEY,
        transport=httpx.MockTransport(lambda request: httpx.Response(429, headers={"retry-after": "10"})),
        sleep=lambda seconds: None,
        clock=lambda: 0.0,
    )
    with client, pytest.raises(RateLimitedError):
        client.get("01A")
    assert client.requests <= 13


def test_all_threads_pause_together() -> None:
    world = World()
    limited_at: list[float] = []
    sent_at: list[float] = []
    lock = threading.Lock()
    first = threading.Event()

    def handler(request: httpx.Request) -> httpx.Response:
        with lock:
            sent_at.append(world.time)
            if not limited_at:
                limited_at.append(world.time)
                return httpx.Response(429, headers={"retry-after": "10"})
        return ok()

    def sleep(seconds: float) -> None:
        first.set()
        gate.wait(5)

    gate = threading.Event()
    transport = httpx.MockTransport(handler)
    with Client(BASE, KEY, transport=transport, sleep=sleep, clock=lambda: world.time, patience=60) as client:
        threads = [threading.Thread(target=client.get, args=("01A",)) for _ in range(8)]
        threads[0].start()
        assert first.wait(5)
        for thread in threads[1:]:
            thread.start()
        with lock:
            assert sent_at == [0.0]
            world.time = 11.0
        gate.set()
        for thread in threads:
            thread.join(5)
    assert sent_at == [0.0] + [11.0] * 8


@pytest.mark.parametrize(
    ("remaining", "reset", "sleeps"),
    [
        ("0", "4", [4]),
        ("0", str(EPOCH + 4), [4]),
        ("0", "3600", [30]),
        ("1", "4", []),
        ("0", "-4", []),
        ("0", "later", []),
        ("none", "4", []),
        ("0", "nan", []),
        ("0", "1e300", []),
    ],
)
def test_a_used_up_allowance_slows_the_next_call(world: World, remaining: str, reset: str, sleeps: list[float]) -> None:
    headers = {"x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}
    used_up = httpx.Response(200, headers=headers, json=ENTITY)
    with world.playing(used_up, ok(), jitter=lambda: 0.0) as client:
        client.get("01A")
        client.get("01A")
    assert world.sleeps == [pytest.approx(wait) for wait in sleeps]


def test_a_used_up_allowance_is_advice_and_fails_nothing(world: World) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "20"}
    with world.playing(httpx.Response(200, headers=headers, json=ENTITY), patience=5) as client:
        client.get("01A")
        client.get("01A")
    assert world.sleeps == []


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(world: World, call: Callable[[Client], object], status: int) -> None:
    headers = {"location": f"https://other.test/login?next=/v2/prompts&key={KEY}"}
    with world.playing((status, headers)) as client, pytest.raises(ServiceError) as raised:
        call(client)
    assert client.requests == 1
    assert raised.value.status == status
    assert raised.value.message.endswith("api.orq.test points to other.test, and redirects are not followed")
    assert "base URL" in str(raised.value.hint)


@pytest.mark.parametrize("location", ["", "/elsewhere", "https://[", "\x7f://\xff"])
def test_redirects_to_nowhere(world: World, location: str) -> None:
    headers = [(b"location", location.encode("latin-1"))]
    with world.client(lambda request: httpx.Response(302, headers=headers)) as client, pytest.raises(ServiceError):
        client.get("01A")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, AuthError), (403, AuthError), (404, NotFoundError), (400, RefusedError), (409, RefusedError)],
)
@pytest.mark.parametrize("call", ["get", "create", "update", "version"])
def test_refusals(world: World, call: str, status: int, kind: type[ServiceError]) -> None:
    with world.playing(status) as client, pytest.raises(ServiceError) as raised:
        CALLS[call](client)
    assert type(raised.value) is kind
    assert raised.value.status == status
    assert raised.value.message.endswith(f": fault {status}")
    assert client.requests == 1


def test_a_key_that_is_not_accepted(world: World) -> None:
    with world.playing(httpx.Response(401), key_name="ORQ_STAGING_KEY") as client, pytest.raises(AuthError) as raised:
        client.list_all()
    assert raised.value.message == "listing prompts: the key was not accepted by api.orq.test"
    assert raised.value.hint == "set ORQ_STAGING_KEY to a key of the workspace that may do this"


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (httpx.Response(422, json={"message": "path: no such project"}), "path: no such project"),
        (httpx.Response(422, json={"error": {"message": "nested"}}), "nested"),
        (httpx.Response(422, json={"message": ["one", "two"], "error": "Bad Request"}), "one; two; Bad Request"),
        (
            httpx.Response(422, json={"error": {"issues": [{"path": ["prompt", 0], "message": "unknown"}]}}),
            "prompt.0: unknown",
        ),
        (httpx.Response(422, json={"prompt": ["unknown"]}), '{"prompt": ["unknown"]}'),
        (httpx.Response(422, text="plain\r\n\x1b[31mtext\u202e"), "plain [31mtext"),
        (httpx.Response(422, text='{"message": "cut'), '{"message": "cut'),
        (httpx.Response(422, html=HTML), "an HTML page"),
        (httpx.Response(422, text=HTML), "an HTML page"),
        (httpx.Response(422, text=""), ""),
        (httpx.Response(422, text=f"the key {KEY[:6]}\x00{KEY[6:]} or {KEY}"), "the key canary -7f3a9c51e2 or [key]"),
        (httpx.Response(422, text="x" * 100_000), "x" * 499 + "…"),
        (httpx.Response(422, content=b"\xff\xfe"), "��"),
        (httpx.Response(422, json=7), "7"),
    ],
)
def test_what_a_refusal_says(world: World, answer: httpx.Response, detail: str) -> None:
    with world.playing(answer) as client, pytest.raises(RefusedError) as raised:
        client.create({"display_name": "refund"})
    assert raised.value.detail == detail
    ending = f": {detail}" if detail else ""
    assert raised.value.message == f"creating “refund”: api.orq.test refused it with 422{ending}"


def test_an_html_page_is_no_sign_that_a_prompt_is_gone(world: World) -> None:
    with world.playing(httpx.Response(404, html=HTML)) as client:
        for call in (CALLS["get"], CALLS["delete"]):
            with pytest.raises(RefusedError, match="an HTML page") as raised:
                call(client)
            assert "base URL" in str(raised.value.hint)


@pytest.mark.parametrize("answer", [httpx.Response(204), b"", b"null", 404, cut_off(), httpx.Response(202)])
def test_deleted(world: World, answer: Answer) -> None:
    with world.playing(answer) as client:
        client.delete("01A")
    assert client.requests == 1
    assert world.requests[0].method == "DELETE"


def test_a_delete_is_repeated_and_gone_is_done(world: World) -> None:
    with world.playing(httpx.ReadTimeout, 503, 404) as client:
        client.delete("01A")
    assert client.requests == 3


def test_a_delete_that_may_have_been_carried_out(world: World) -> None:
    with world.playing(httpx.ReadTimeout, httpx.ConnectError) as client, pytest.raises(UnavailableError) as raised:
        client.delete("01A")
    assert raised.value.ambiguous


def test_no_content_is_no_prompt(world: World) -> None:
    with world.playing(httpx.Response(204)) as client, pytest.raises(UnavailableError, match="204, without content"):
        client.get("01A")
    assert client.requests == 1


def test_a_body_beyond_the_bound(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BODY", 1024 * 1024)
    bomb = httpx.Response(200, headers={"content-encoding": "gzip"}, content=gzip.compress(b" " * 3_000_000))
    transport = httpx.MockTransport(lambda request: bomb)
    with Client(BASE, KEY, transport=transport) as client:
        for call in (CALLS["get"], CALLS["create"]):
            with pytest.raises(UnavailableError, match="sent more than 1 MiB"):
                call(client)
    assert client.requests == 2


def test_an_answer_that_trickles_runs_out_of_time(world: World) -> None:
    class Trickle(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(100):
                world.time += 1
                yield b" "

    with (
        world.client(lambda request: httpx.Response(200, stream=Trickle())) as client,
        pytest.raises(UnavailableError, match="took longer than 30 s"),
    ):
        client.create({"display_name": "refund"})


def test_nesting_beyond_the_bound(world: World) -> None:
    deep = b'{"_id": "01A", "display_name": "x", "prompt": ' + b'{"a":' * 250 + b"1" + b"}" * 251
    with world.playing(deep) as client, pytest.raises(UnavailableError, match="more than 200 levels"):
        client.get("01A")


def test_a_prompt_as_it_is_answered(world: World) -> None:
    answer = {
        "_id": "01A",
        "display_name": "Über “refund”",
        "description": None,
        "metadata": None,
        "prompt": {"messages": [], "version": "v1", "seed": 2**63, "temperature": 0.1},
        "prompt_config": "gone",
        "owner": "ws",
        "path": 7,
        "created": "2026-08-01T00:00:00Z",
        "novelty": [1, {"x": None}],
    }
    with world.playing(json.dumps(answer, ensure_ascii=False).encode()) as client:
        prompt = client.get("01A")
    assert prompt.display_name == "Über “refund”"
    assert prompt.metadata == {}
    assert prompt.blocks == {"prompt": answer["prompt"]}
    assert (prompt.description, prompt.owner, prompt.path, prompt.updated) == (None, "ws", None, None)
    assert prompt.raw == answer
    assert prompt.version() == "v1"


def test_half_characters_become_whole_ones(world: World) -> None:
    body = rb'{"_id": "01A", "display_name": "\ud83d\ude00 \ud83d \\ud83d \udE00\ud83d"}'
    with world.playing(body) as client:
        assert client.get("01A").display_name == "\U0001f600 � \\ud83d ��"


def test_a_version_as_it_is_answered(world: World) -> None:
    answer = {
        "_id": "v1",
        "prompt": {"messages": []},
        "timestamp": "2026-08-01",
        "updated_by_id": "u",
        "metadata": None,
    }
    with world.playing(json.dumps(answer).encode()) as client:
        version = client.version("01A", "v/1")
    assert world.requests[0].url.raw_path == b"/v2/prompts/01A/versions/v%2F1"
    assert (version.id, version.timestamp, version.updated_by_id, version.created_by_id) == (
        "v1",
        "2026-08-01",
        "u",
        None,
    )
    assert (version.blocks, version.metadata, version.raw) == ({"prompt": {"messages": []}}, {}, answer)


def test_what_is_sent(world: World) -> None:
    with world.playing(ok(), base_url=f"{BASE}/proxy/") as client:
        client.update("a/b%2F?é", {"display_name": "é", "prompt": {"n": 1}})
    request = world.requests[0]
    assert request.method == "PATCH"
    assert str(request.url) == f"{BASE}/proxy/v2/prompts/a%2Fb%252F%3F%C3%A9"
    assert request.content == '{"display_name":"é","prompt":{"n":1}}'.encode()
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["user-agent"].startswith("promptsync/")
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("base", ["https://h.test", "https://h.test/", " https://h.test ", "http://h.test:8080/a/b//"])
def test_base_urls(world: World, base: str) -> None:
    with world.playing(ok(), base_url=base) as client:
        client.get("01A")
    assert str(world.requests[0].url) == base.strip().rstrip("/") + "/v2/prompts/01A"


@pytest.mark.parametrize(
    "base",
    [
        "",
        "api.orq.ai",
        "ftp://h.test",
        "https://",
        "https://u:p@h.test",
        "https://h.test?x=1",
        "https://[",
        "https://a b",
        "https://h.test:99999",
        KEY,
    ],
)
def test_base_urls_that_cannot_be_used(base: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Client(base, KEY)
    assert_silent(raised.value)


@pytest.mark.parametrize("key", ["", f"{KEY}\n", f" {KEY}", f"{KEY}é", f"{KEY}\r\nX-Evil: 1", f"{KEY}\x00"])
def test_keys_that_cannot_be_used(key: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Client(BASE, key, key_name="ORQ_STAGING_KEY")
    assert "ORQ_STAGING_KEY" in str(raised.value.hint)
    assert_silent(raised.value)


@pytest.mark.parametrize("id", ["", ".", ".."])
def test_ids_that_would_mean_another_path(world: World, id: str) -> None:
    with world.playing(ok()) as client:
        for call in (
            client.get,
            client.delete,
            lambda name: list(client.versions(name)),
            lambda name: client.version("a", name),
        ):
            with pytest.raises(ServiceError, match="is no id"):
                call(id)
    assert client.requests == 0


@pytest.mark.parametrize("body", [{"x": float("nan")}, {"x": object()}, {"x": "\ud800"}])
def test_what_is_not_json_is_not_sent(world: World, body: dict[str, Any]) -> None:
    with world.playing(ok()) as client, pytest.raises(RefusedError, match="nothing was sent"):
        client.create(body)
    assert client.requests == 0


@pytest.mark.parametrize("write", ["create", "update", "delete"])
def test_read_only(world: World, write: str) -> None:
    with world.playing(ok(), read_only=True) as client:
        with pytest.raises(PromptsyncError, match="only reads") as raised:
            CALLS[write](client)
        assert not isinstance(raised.value, ServiceError)
        assert client.requests == 0
        assert client.get("01A").id == "01A"


def test_after_close(world: World) -> None:
    with world.playing(ok()) as client:
        pass
    with pytest.raises(UnavailableError, match="no longer connected") as raised:
        client.create({"display_name": "refund"})
    assert not raised.value.ambiguous
    assert client.requests == 0


def test_a_certificate_that_is_not_trusted(world: World) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")

    with world.client(handler) as client, pytest.raises(UnavailableError, match="not trusted") as raised:
        client.create({"display_name": "refund"})
    assert client.requests == 1
    assert "SSL_CERT_FILE" in str(raised.value.hint)
    assert not raised.value.ambiguous


def test_an_unusable_proxy_is_a_matter_of_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"gopher://user:{KEY}@proxy.test")
    with pytest.raises(ConfigError, match="environment") as raised:
        Client(BASE, "another-key")
    assert_silent(raised.value)


def test_no_proxy_and_no_netrc_for_loopback(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, world: World) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    heard: list[bytes] = []
    with serving(b"HTTP/1.1 204 No Content\r\n\r\n", heard) as base, Client(base, KEY) as client:
        client.delete("01A")
    assert f"Authorization: Bearer {KEY}".encode() in heard[0]
    assert b"Basic" not in heard[0]


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_the_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    heard: list[bytes] = []
    with serving(b"HTTP/1.1 204 No Content\r\n\r\n", heard) as proxy:
        monkeypatch.setenv(variable, proxy.removeprefix("http://"))
        with Client("http://api.orq.test", KEY) as client:
            client.delete("01A")
    assert heard[0].startswith(b"DELETE http://api.orq.test/v2/prompts/01A HTTP/1.1\r\n")


@pytest.mark.parametrize("spared", ["api.orq.test", "orq.test", ".orq.test", "*"])
def test_the_proxy_is_left_out_where_the_environment_says_so(monkeypatch: pytest.MonkeyPatch, spared: str) -> None:
    def refuse(host: str, *args: object) -> None:
        asked.append(host)
        raise OSError("no such host")

    asked: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", spared)
    with Client("http://api.orq.test", KEY, patience=0.1) as client, pytest.raises(UnavailableError):
        client.delete("01A")
    assert set(asked) == {"api.orq.test"}


class Service:
    """A list of prompts, newest first, that can change between two pages."""

    def __init__(self, count: int, *, largest: int = 200, lost: str = "refuse", says_more: bool = True) -> None:
        self.ids = [f"p{number}" for number in range(count)]
        self.largest = largest
        self.lost = lost
        self.says_more = says_more
        self.limits: list[int] = []
        self.before_page: Callable[[Service, str | None], None] = lambda service, cursor: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        limit = int(request.url.params["limit"])
        cursor = request.url.params.get("starting_after")
        self.limits.append(limit)
        if limit > self.largest:
            return httpx.Response(400, json={"message": "limit is too large"})
        self.before_page(self, cursor)
        start = 0
        if cursor in self.ids:
            start = self.ids.index(cursor) + 1
        elif cursor is not None and self.lost != "top":
            status = {"refuse": 400, "unknown": 404}.get(self.lost)
            return httpx.Response(status, json={"message": "no such cursor"}) if status else self._page([], more=False)
        page = self.ids[start : start + limit]
        return self._page(page, more=start + limit < len(self.ids))

    def _page(self, ids: list[str], *, more: bool) -> httpx.Response:
        data = [{"_id": name, "display_name": name} for name in ids]
        body: dict[str, Any] = {"object": "list", "data": data}
        if self.says_more:
            body["has_more"] = more
        return httpx.Response(200, json=body)


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 400, 450])
@pytest.mark.parametrize("says_more", [True, False])
def test_every_page_is_read(world: World, count: int, says_more: bool) -> None:
    service = Service(count, says_more=says_more)
    with world.client(service) as client:
        assert [prompt.id for prompt in client.list_all()] == service.ids


def test_pages_are_read_as_they_are_asked_for(world: World) -> None:
    with world.client(Service(30)) as client:
        pages = client.pages(limit=10, starting_after="p4")
        assert client.requests == 0
        assert [prompt.id for prompt in next(pages)] == [f"p{number}" for number in range(5, 15)]
        assert client.requests == 1


def test_a_service_that_gives_fewer_than_asked_and_says_nothing(world: World) -> None:
    service = Service(120, says_more=False)

    def capped(request: httpx.Request) -> httpx.Response:
        return service(httpx.Request("GET", request.url.copy_set_param("limit", "50")))

    with world.client(capped) as client:
        assert len(client.list_all()) == 120


def test_a_service_without_pages(world: World) -> None:
    with world.playing(json.dumps({"data": [ENTITY]}).encode()) as client:
        assert [prompt.id for prompt in client.list_all()] == ["01A"]


@pytest.mark.parametrize(("largest", "asked"), [(100, [200, 100]), (50, [200, 100, 50]), (10, [200, 100, 50, 25, 10])])
def test_a_page_that_is_refused_is_asked_for_smaller_and_that_is_remembered(
    world: World, largest: int, asked: list[int]
) -> None:
    service = Service(5, largest=largest)
    with world.client(service) as client:
        client.list_all()
        assert service.limits == asked
        client.list_all()
        list(client.versions("01A"))
        assert service.limits == [*asked, largest, largest]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refusal_that_is_not_about_the_page_ends(world: World, status: int) -> None:
    with world.playing(status) as client, pytest.raises(RefusedError, match=f"fault {status}"):
        client.list_all()
    assert client.requests == 5


@pytest.mark.parametrize(
    "fault", [504, cut_off(), httpx.ReadTimeout, b'{"data": [{"_id": "p'], ids=["504", "cut", "timeout", "no JSON"]
)
def test_a_page_that_cannot_be_carried_is_asked_for_smaller(world: World, fault: Answer) -> None:
    service = Service(250)

    def handler(request: httpx.Request) -> httpx.Response:
        return play(fault) if int(request.url.params["limit"]) > 50 else service(request)

    with world.client(handler) as client:
        assert len(client.list_all()) == 250
    assert service.limits == [50] * 5
    assert client.requests == 2 + 2 + 5


def test_a_page_that_grows_too_large_later_is_asked_for_smaller(world: World) -> None:
    service = Service(450)

    def handler(request: httpx.Request) -> httpx.Response:
        if "starting_after" in request.url.params and int(request.url.params["limit"]) == 200:
            return httpx.Response(413)
        return service(request)

    with world.client(handler) as client:
        assert len(client.list_all()) == 450
    assert service.limits == [200, 100, 100, 100]


def test_a_service_that_is_down_is_not_asked_for_smaller_pages(world: World) -> None:
    with world.playing(502) as client, pytest.raises(UnavailableError):
        client.list_all()
    assert client.requests == 5


def test_a_partial_read_is_an_error(world: World) -> None:
    service = Service(450)

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500) if "starting_after" in request.url.params else service(request)

    with world.client(handler) as client, pytest.raises(UnavailableError):
        client.list_all()


@pytest.mark.parametrize("body", [[ENTITY], {"data": {}}, {"data": [ENTITY, {"_id": "x"}]}, ENTITY])
def test_a_list_that_is_none(world: World, body: object) -> None:
    with (
        world.playing(json.dumps(body).encode()) as client,
        pytest.raises(ServiceError, match=r"is not a (list|prompt) of orq\.ai"),
    ):
        client.list_all()


def test_a_cursor_that_does_not_advance_is_an_error(world: World) -> None:
    page = json.dumps({"data": [ENTITY], "has_more": True}).encode()
    with world.playing(page) as client, pytest.raises(ServiceError, match="the same page again and again"):
        client.list_all()
    assert client.requests < 30


def test_a_cursor_of_the_caller_that_is_unknown_is_an_error(world: World) -> None:
    with world.client(Service(30, lost="unknown")) as client, pytest.raises(NotFoundError):
        list(client.pages(starting_after="nobody"))


def test_a_single_page(world: World) -> None:
    with world.client(Service(30)) as client:
        page = client.page(limit=10, starting_after="p4")
        assert page is not None
        assert [prompt.id for prompt in page.items] == [f"p{number}" for number in range(5, 15)]
        assert page.promises_more
        assert client.requests == 1
        last = client.page(starting_after="p28")
        assert last is not None
        assert (last.has_more, last.promises_more, len(last.items)) == (False, False, 1)


@pytest.mark.parametrize("lost", ["refuse", "unknown"])
def test_a_single_page_behind_a_cursor_that_is_refused(world: World, lost: str) -> None:
    with world.client(Service(30, lost=lost)) as client:
        assert client.page() is not None
        assert client.page(starting_after="nobody") is None


@pytest.mark.parametrize(("status", "error"), [(500, UnavailableError), (401, AuthError), (400, RefusedError)])
def test_a_single_page_that_fails_is_an_error(world: World, status: int, error: type[Exception]) -> None:
    with world.playing(status) as client, pytest.raises(error):
        client.page()


def test_versions_are_paged_alike(world: World) -> None:
    service = Service(230)
    with world.client(service) as client:
        assert [version.id for version in client.versions("a b")] == service.ids
    assert {request.url.raw_path.partition(b"?")[0] for request in world.requests} == {b"/v2/prompts/a%20b/versions"}


@pytest.mark.parametrize("lost", ["refuse", "unknown", "empty", "top"])
@pytest.mark.parametrize("deleted", [1, 2, 3, 10])
@pytest.mark.parametrize("says_more", [True, False])
def test_a_cursor_whose_prompt_was_deleted(world: World, lost: str, deleted: int, says_more: bool) -> None:
    service = Service(35, lost=lost, says_more=says_more)

    def delete(service: Service, cursor: str | None) -> None:
        if cursor == "p19":
            del service.ids[20 - deleted : 20]

    service.before_page = delete
    with world.client(service) as client:
        found = [prompt.id for page in client.pages(limit=10) for prompt in page]
    assert found == [f"p{number}" for number in range(35)]


@given(
    count=st.integers(0, 60),
    limit=st.integers(1, 25),
    largest=st.sampled_from([10, 25, 200]),
    lost=st.sampled_from(["refuse", "unknown", "empty", "top"]),
    changes=st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["insert", "delete"])), max_size=6),
)
@settings(max_examples=200, deadline=None)
def test_a_sweep_gives_each_prompt_that_was_there_throughout_exactly_once(
    count: int, limit: int, largest: int, lost: str, changes: list[tuple[int, str]]
) -> None:
    service = Service(count, largest=largest, lost=lost)
    pages = 0
    gone: set[str] = set()

    def change(service: Service, cursor: str | None) -> None:
        nonlocal pages
        for page, what in changes:
            if page == pages and what == "insert":
                service.ids.insert(0, f"new{page}-{len(service.ids)}-{len(gone)}")
            elif page == pages and cursor in service.ids:
                service.ids.remove(cursor)
                gone.add(cursor)
        pages += 1

    service.before_page = change
    with World().client(service) as client:
        found = [prompt.id for page in client.pages(limit=limit) for prompt in page]
    assert len(found) == len(set(found))
    assert set(found) >= {f"p{number}" for number in range(count)} - gone


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that hang on it, whether they are shown or not."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__]
    return iter(found)


def assert_silent(error: BaseException) -> None:
    for one in chain(error):
        shown = [str(one), repr(one), repr(one.args), repr(vars(one)), *traceback.format_exception(one)]
        assert KEY not in "".join(shown)
        assert not isinstance(one, httpx.HTTPError)


def error_of(call: Callable[[Client], object], client: Client) -> PromptsyncError | None:
    try:
        call(client)
    except PromptsyncError as error:
        return error
    return None


ECHO = {"location": f"https://{KEY}.test/{KEY}", "retry-after": KEY, "x-ratelimit-reset": KEY}
FAULTS: dict[str, Answer] = (
    LOST
    | UNSENT
    | {
        str(status): httpx.Response(status, headers=ECHO, json={"message": f"no {KEY}", "details": [KEY]})
        for status in (302, 400, 401, 403, 404, 413, 418, 429, 500, 503)
    }
    | {
        "echo": json.dumps({"key": KEY}).encode(),
        "echo in text": KEY.encode(),
        "echo in a message": httpx.Response(400, text=f"{'x' * 490}{KEY}"),
        "bug": KeyError,
    }
)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_key_is_never_shown(world: World, fault: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, logger=name)
    with world.playing(fault) as client:
        for call in CALLS.values():
            error = error_of(call, client)
            if error is not None:
                assert_silent(error)
                assert len(list(chain(error))) == 1
        assert KEY not in repr(client)
    assert KEY not in repr(world.seen)
    assert KEY not in caplog.text


def test_the_key_is_not_shown_where_it_was_put_by_mistake(world: World) -> None:
    with world.playing(404, base_url=f"{BASE}/{KEY}") as client:
        for call in (lambda: client.get(KEY), lambda: client.create({"display_name": KEY})):
            with pytest.raises(NotFoundError) as raised:
                call()
            assert_silent(raised.value)
        assert KEY not in repr(client)
    assert KEY not in repr(world.seen)


def test_what_an_observer_sees(world: World) -> None:
    with world.playing(503, (429, {"retry-after": "2"}), ok()) as client:
        client.get("01A")
    assert [(seen.method, seen.path, seen.status, seen.attempt, seen.note) for seen in world.seen] == [
        ("GET", "/v2/prompts/01A", 503, 1, "answered 503 (fault 503); next attempt in 0.5 s"),
        ("GET", "/v2/prompts/01A", 429, 2, "rate limited; next attempt in 2.0 s"),
        ("GET", "/v2/prompts/01A", 200, 3, ""),
    ]


def test_an_embedded_service() -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        assert environ["HTTP_AUTHORIZATION"] == "Bearer sandbox"
        assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/v2/prompts", "limit=200")
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"data": [ENTITY], "has_more": False}).encode()]

    with Client("http://sandbox", "", app=app) as client:
        assert [prompt.id for prompt in client.list_all()] == ["01A"]


@pytest.mark.parametrize(("fault", "attempts"), [(ConnectionResetError, 5), (KeyError, 1)])
def test_an_embedded_service_that_breaks(world: World, fault: type[Exception], attempts: int) -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        raise fault(environ["HTTP_AUTHORIZATION"])

    with Client("http://sandbox", KEY, app=app, sleep=world.sleep) as client:
        for call in (CALLS["get"], CALLS["create"]):
            with pytest.raises(UnavailableError) as raised:
                call(client)
            assert_silent(raised.value)
    assert client.requests == attempts + 1


@contextmanager
def serving(answer: bytes, heard: list[bytes], *, reset: bool = False) -> Iterator[str]:
    """A socket that reads one request for each connection, answers with these bytes and hangs up."""
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                if done.is_set():
                    return
                heard.append(connection.recv(65536))
                connection.sendall(answer)
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        address = listener.getsockname()
        try:
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            done.set()
            socket.create_connection(address).close()
            thread.join(5)


@pytest.mark.parametrize(
    ("answer", "reset"),
    [
        (b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"_id": "01A"', False),
        (b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{"_id": "01A"\r\n', False),
        (b"", False),
        (b"", True),
        (b"SSH-2.0-OpenSSH_9.6\r\n", False),
    ],
    ids=["cut off", "cut chunks", "no answer", "reset", "another protocol"],
)
def test_connections_that_break(answer: bytes, reset: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="httpcore.http11")
    heard: list[bytes] = []
    with serving(answer, heard, reset=reset) as base, Client(base, KEY, sleep=lambda seconds: None) as client:
        with pytest.raises(UnavailableError) as raised:
            client.create({"display_name": "refund"})
        assert raised.value.ambiguous
        assert len(heard) == 1
        assert_silent(raised.value)
        with pytest.raises(UnavailableError):
            client.get("01A")
        assert len(heard) == 6
    assert caplog.text == ""


def test_a_port_where_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with (
        Client(f"http://127.0.0.1:{port}", KEY, sleep=lambda seconds: None) as client,
        pytest.raises(UnavailableError, match=f"127.0.0.1:{port} could not be reached") as raised,
    ):
        client.create({"display_name": "refund"})
    assert not raised.value.ambiguous
    assert client.requests == 5
