"""Every call ends in the time that it was given, wherever the service, or the way to it, lets it hang."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.model.errors import ConfigError, ServiceError, UnavailableError
from promptsync.service.client import Client
from promptsync.service.reader import read_service
from tests.service.world import ENTITY, KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 0.4
"""Seconds that a call is given here."""

SOON = 3.0
"""Seconds after which a call that was to end after PATIENCE hangs, on a machine with much else to do."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def listening(handle: Callable[[socket.socket, threading.Event], object]) -> Iterator[str]:
    """A socket whose connections are each given to `handle` in a thread, with an event that tells when to stop."""
    done = threading.Event()
    threads: list[threading.Thread] = []

    def attend(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(SOON)
            handle(connection, done)

    def accept() -> None:
        while not done.is_set():
            connection, _ = listener.accept()
            threads.append(threading.Thread(target=attend, args=(connection,)))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        acceptor = threading.Thread(target=accept)
        acceptor.start()
        address = listener.getsockname()
        try:
            yield f"127.0.0.1:{address[1]}"
        finally:
            done.set()
            socket.create_connection(address).close()
            for thread in [acceptor, *threads]:
                thread.join(SOON)


def dripping(data: bytes, *, before: bytes = b"", pause: float = 0.02) -> Any:
    """Answers with `before` at once, and then with `data`, a byte at a time and from the beginning again."""

    def handle(connection: socket.socket, done: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(before)
        for place in count():
            if done.wait(pause):
                return
            connection.sendall(data[place % len(data)].to_bytes(1))

    return handle


def flooding(data: bytes, *, before: bytes = b"") -> Any:
    """Answers with `before`, and then with `data` without end."""

    def handle(connection: socket.socket, done: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(before)
        while not done.is_set():
            connection.sendall(data)

    return handle


def silent(connection: socket.socket, done: threading.Event) -> None:
    """Takes what is said, and says nothing."""
    connection.recv(65536)
    done.wait(SOON)


def deaf(connection: socket.socket, done: threading.Event) -> None:
    """Does not even take what is said."""
    done.wait(SOON)


def answering(answer: Callable[[int], bytes], pause: float = 0.0) -> Any:
    """Answers each request on a connection with what `answer` gives for its number."""

    def handle(connection: socket.socket, done: threading.Event) -> None:
        for number in count():
            if not connection.recv(65536) or done.wait(pause):
                return
            connection.sendall(answer(number))

    return handle


def page(*ids: str) -> bytes:
    body = json.dumps({"data": [ENTITY | {"_id": id} for id in ids], "has_more": True}).encode()
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


HANGING: dict[str, Any] = {
    "silence": silent,
    "dripped headers": dripping(b"X-Slow: yes\r\n", before=HEAD),
    "a dripped status line": dripping(b"HTTP/1.1 200 OK"),
    "interim answers, dripped": dripping(b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.002),
    "interim answers without end": flooding(b"HTTP/1.1 100 Continue\r\n\r\n" * 500),
    "early hints without end": flooding(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 500),
    "a dripped body": dripping(b'{"a": 1}', before=HEAD + b"Content-Length: 5000\r\n\r\n"),
    "dripped chunks": dripping(b"1\r\n[\r\n", before=HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
    "JSON ever deeper": flooding(
        b"2000\r\n" + b"[" * 0x2000 + b"\r\n", before=HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    ),
    "half a body": dripping(b" ", before=HEAD + b'Content-Length: 99\r\n\r\n{"_id": "01A"', pause=30),
    "an endless error": dripping(b"x", before=b"HTTP/1.1 400 Bad Request\r\nContent-Length: 60000\r\n\r\n"),
    "always busy": answering(lambda _: b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", pause=0.03),
    "always limited": answering(
        lambda _: b"HTTP/1.1 429 Slow\r\nRetry-After: 0.1\r\nContent-Length: 0\r\n\r\n", pause=0.03
    ),
    "limited for long": answering(lambda _: b"HTTP/1.1 429 Slow\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n"),
}
CALLS: dict[str, Callable[[Client], object]] = {
    "get": lambda client: client.get("01A"),
    "list": lambda client: client.list_all(),
    "create": lambda client: client.create({"display_name": "refund"}),
    "delete": lambda client: client.delete("01A"),
}


def ends(client: Client, call: Callable[[Client], object]) -> ServiceError:
    """How the call fails, which is soon."""
    began = time.monotonic()
    with pytest.raises(ServiceError) as raised:
        call(client)
    assert time.monotonic() - began < SOON
    assert KEY not in f"{raised.value} {raised.value.hint}"
    return raised.value


@pytest.mark.parametrize("call", ["get", "create"])
@pytest.mark.parametrize("handle", HANGING.values(), ids=HANGING)
def test_a_call_ends_whatever_is_answered(handle: Any, call: str) -> None:
    with listening(handle) as place, Client(f"http://{place}", KEY, patience=PATIENCE) as client:
        ends(client, CALLS[call])


@pytest.mark.parametrize("call", CALLS)
def test_every_kind_of_call_ends(call: str) -> None:
    with listening(HANGING["dripped headers"]) as place, Client(f"http://{place}", KEY, patience=PATIENCE) as client:
        error = ends(client, CALLS[call])
    assert isinstance(error, UnavailableError)
    assert error.ambiguous is (call in ("create", "delete"))
    assert "gave no answer in time" in error.message


def test_a_request_ends_before_the_call_and_is_repeated() -> None:
    with (
        listening(HANGING["dripped headers"]) as place,
        Client(f"http://{place}", KEY, timeout=0.1, patience=20, sleep=lambda _: None) as client,
    ):
        ends(client, CALLS["get"])
    assert client.requests == 5


@pytest.mark.parametrize("handle", [silent, deaf, dripping(b"\x16\x03\x03\x3f\x00"), flooding(b"\x15\x03\x03\x00\x02")])
def test_a_call_ends_in_the_handshake(handle: Any) -> None:
    with listening(handle) as place, Client(f"https://{place}", KEY, patience=PATIENCE) as client:
        error = ends(client, CALLS["create"])
    assert isinstance(error, UnavailableError)
    assert not error.ambiguous


@pytest.mark.parametrize("handle", [silent, deaf, HANGING["interim answers without end"], HANGING["dripped headers"]])
def test_a_call_ends_at_a_proxy(handle: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(handle) as place:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{place}")
        with Client("https://api.orq.test", KEY, patience=PATIENCE) as client:
            ends(client, CALLS["get"])


def test_a_call_ends_where_no_connection_is_taken() -> None:
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        place = "{}:{}".format(*listener.getsockname())
        with Client(f"http://{place}", KEY, patience=PATIENCE) as client:
            error = ends(client, CALLS["create"])
    assert "could not be reached in time" in error.message
    assert isinstance(error, UnavailableError)
    assert not error.ambiguous


def test_a_call_ends_where_the_name_is_not_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: done.wait(SOON) and [])
    try:
        with Client("http://api.orq.test", KEY, patience=PATIENCE) as client:
            error = ends(client, CALLS["create"])
    finally:
        done.set()
    assert "could not be reached in time" in error.message
    assert isinstance(error, UnavailableError)
    assert not error.ambiguous


def test_every_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def found(host: str, port: int, *rest: Any) -> Any:
        return (
            [*real("::1", port, *rest), *real("127.0.0.1", port, *rest)]
            if host == "orq.test"
            else real(host, port, *rest)
        )

    monkeypatch.setattr(socket, "getaddrinfo", found)
    with listening(answering(lambda _: ANSWER)) as place:
        with Client(f"http://orq.test:{place.rpartition(':')[2]}", KEY, patience=20) as client:
            assert client.get("01A").id == "01A"
        assert client.requests == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for `api.orq.test`, made for this run, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    made, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    about = ["-days", "2", "-subj", "/CN=api.orq.test", "-addext", "subjectAltName=DNS:api.orq.test"]
    try:
        subprocess.run([*command, *about, "-out", made, "-keyout", key], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no openssl to make a certificate with")
    return made, key


@pytest.fixture
def secured(certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    """Makes a handler speak TLS as `api.orq.test`, which is trusted and found here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest: real("127.0.0.1" if host == "api.orq.test" else host, *rest)
    )

    def secure(handle: Any) -> Any:
        def attend(connection: socket.socket, done: threading.Event) -> None:
            with context.wrap_socket(connection, server_side=True) as safe:
                handle(safe, done)

        return attend

    return secure


def tunnelling(connection: socket.socket, done: threading.Event) -> None:
    """A proxy: takes a CONNECT, and from then on hands bytes to and fro, whatever host was named."""
    asked = connection.recv(65536)
    if not asked:
        return
    port = int(asked.split()[1].rpartition(b":")[2])
    with socket.create_connection(("127.0.0.1", port)) as other:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        back = threading.Thread(target=hand_on, args=(other, connection))
        back.start()
        hand_on(connection, other)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)
        back.join(SOON)


def hand_on(taken: socket.socket, given: socket.socket) -> None:
    with suppress(OSError):
        while data := taken.recv(65536):
            given.sendall(data)


ANSWER = json.dumps(ENTITY).encode()
ANSWER = HEAD + b"Content-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "through a proxy"])
def test_tls_is_spoken_and_has_the_same_bounds(
    secured: Callable[[Any], Any], proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        if proxied:
            monkeypatch.setenv("HTTPS_PROXY", f"http://{stack.enter_context(listening(tunnelling))}")
        good, slow = (
            stack.enter_context(listening(secured(handle))).rpartition(":")[2]
            for handle in (answering(lambda _: ANSWER), HANGING["dripped headers"])
        )
        with Client(f"https://api.orq.test:{good}", KEY, patience=20) as client:
            assert [client.get("01A").id for _ in range(3)] == ["01A"] * 3
            assert client.requests == 3
        with Client(f"https://api.orq.test:{slow}", KEY, patience=PATIENCE) as client:
            assert "gave no answer in time" in ends(client, CALLS["get"]).message


def test_a_certificate_that_no_one_knows_is_told(
    secured: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with listening(secured(silent)) as place:
        url = f"https://api.orq.test:{place.rpartition(':')[2]}"
        with Client(url, KEY, patience=20) as client:
            error = ends(client, CALLS["create"])
    assert "has a certificate that is not trusted here" in error.message
    assert client.requests == 1


def test_a_write_that_is_taken_slowly_ends() -> None:
    body = {"display_name": "x" * 20_000_000}
    with listening(deaf) as place, Client(f"http://{place}", KEY, patience=PATIENCE) as client:
        error = ends(client, lambda one: one.create(body))
    assert isinstance(error, UnavailableError)
    assert error.ambiguous


def test_a_list_ends_between_two_pages() -> None:
    def handle(connection: socket.socket, done: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(page("01A"))
        silent(connection, done)

    with listening(handle) as place, Client(f"http://{place}", KEY, patience=PATIENCE) as client:
        ends(client, CALLS["list"])


def test_a_list_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count()
    for module in ("pagination", "reader"):
        monkeypatch.setattr(f"promptsync.service.{module}.MAX_PAGES", 30)
    with listening(answering(lambda _: page(f"{next(numbers)}"))) as place, Client(f"http://{place}", KEY) as client:
        for read in (CALLS["list"], lambda one: read_service(one, locked=["01A"], need_unmanaged=True)):
            assert "more than 30 pages" in ends(client, read).message


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_socks_without_what_speaks_it(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://user:{KEY}@proxy.test:1080")
    with pytest.raises(ConfigError, match="socksio is missing") as raised:
        Client("https://api.orq.test", "another-key")
    assert KEY not in f"{raised.value} {raised.value.hint}"
    assert "pip install socksio" in str(raised.value.hint)
