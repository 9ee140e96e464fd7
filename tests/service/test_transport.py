"""One request: what is sent, what comes of whatever comes back, and that the key is shown nowhere."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import struct
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from promptsync.model.errors import (
    ConfigError,
    NotFoundError,
    PromptsyncError,
    ServiceError,
    UnavailableError,
)
from promptsync.service import transport as module
from promptsync.service.client import Client
from tests.service.world import (
    BASE,
    CALLS,
    ENTITY,
    KEY,
    LOST,
    UNSENT,
    Answer,
    World,
    ok,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.mark.parametrize("location", ["", "/elsewhere", "https://[", "\x7f://\xff"])
def test_redirects_to_nowhere(world: World, location: str) -> None:
    headers = [(b"location", location.encode("latin-1"))]
    with world.client(lambda request: httpx.Response(302, headers=headers)) as client, pytest.raises(ServiceError):
        client.get("01A")


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


def test_half_characters_become_whole_ones(world: World) -> None:
    body = rb'{"_id": "01A", "display_name": "\ud83d\ude00 \ud83d \\ud83d \udE00\ud83d"}'
    with world.playing(body) as client:
        assert client.get("01A").display_name == "\U0001f600 � \\ud83d ��"


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


def test_no_more_is_asked_at_once_than_there_are_connections() -> None:
    at_once, most = 0, 0
    lock = threading.Lock()

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        gate.wait(0.01)
        with lock:
            at_once -= 1
        return ok()

    gate = threading.Event()
    transport = httpx.MockTransport(handler)
    with Client(BASE, KEY, transport=transport, connections=2) as client, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(client.get, ["01A"] * 8))
    assert [prompt.id for prompt in found] == ["01A"] * 8
    assert most == 2


def test_who_gets_no_connection_in_time_is_told_and_sends_nothing() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        taken.set()
        gate.wait(20)
        return ok()

    taken, gate = threading.Event(), threading.Event()
    transport = httpx.MockTransport(handler)
    with Client(BASE, KEY, transport=transport, connections=1, patience=0.05) as client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.get, "01A")
        assert taken.wait(20)
        try:
            with pytest.raises(UnavailableError, match="was not asked, as no connection came free") as raised:
                client.create({"display_name": "refund"})
        finally:
            gate.set()
        assert not raised.value.ambiguous
        assert first.result(20).id == "01A"
        assert client.requests == 1
