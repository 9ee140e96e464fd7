from __future__ import annotations

import http.client
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from promptsync.sandbox import Behaviour, ConfigurationError, Fault, Sandbox, Server, run_forever, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def served() -> Iterator[tuple[Sandbox, Server, httpx.Client]]:
    with (
        Sandbox() as sandbox,
        serve(sandbox) as server,
        httpx.Client(base_url=server.url, headers={"Authorization": "Bearer any"}, timeout=5) as client,
    ):
        yield sandbox, server, client


def raw(server: Server, request: bytes) -> bytes:
    """What the server answers to these very bytes, until it closes."""
    address = httpx.URL(server.url)
    with socket.create_connection((address.host, address.port or 0), timeout=5) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def test_connections_are_kept(served: Any, current: dict[str, Any]) -> None:
    _, server, _ = served
    address = httpx.URL(server.url)
    connection = http.client.HTTPConnection(address.host, address.port or 0, timeout=5)
    headers = {"Authorization": "Bearer any"}
    ports = set()
    for _ in range(3):
        connection.request("GET", "/v2/prompts", headers=headers)
        response = connection.getresponse()
        response.read()
        assert response.version == 11
        ports.add(connection.sock.getsockname()[1])
    connection.close()
    assert len(ports) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "example.com", ""])
def test_only_loopback_is_listened_on(host: str) -> None:
    with Sandbox() as sandbox, pytest.raises(ConfigurationError, match="loopback only"):
        serve(sandbox, host)


def test_a_port_that_is_taken(served: Any) -> None:
    _, server, _ = served
    with pytest.raises(OSError, match="in use"):
        serve(served[0], port=httpx.URL(server.url).port or 0)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", httpx.ReadError),
        ("drop", httpx.RemoteProtocolError),
        ("timeout", httpx.RemoteProtocolError),
        ("cut", httpx.RemoteProtocolError),
    ],
)
def test_broken_connections(served: Any, current: dict[str, Any], kind: Any, error: type[Exception]) -> None:
    sandbox, _, client = served
    sandbox.faults.add(Fault(kind, when="after", seconds=0.01))
    with pytest.raises(error):
        client.post("/v2/prompts", json=current)
    # The server goes on, and so does the client's pool.
    assert len(client.get("/v2/prompts").json()["data"]) == 1


def test_a_client_that_does_not_wait(served: Any) -> None:
    sandbox, _, client = served
    sandbox.faults.add(Fault("timeout", seconds=30))
    with pytest.raises(httpx.ReadTimeout):
        client.get("/v2/prompts", timeout=0.03)
    assert client.get("/v2/prompts").status_code == 200
    # The other request still waits; the fixture's close does not.


def test_many_at_once(served: Any, current: dict[str, Any]) -> None:
    sandbox, _, client = served
    statuses: list[int] = []

    def create() -> None:
        statuses.extend(client.post("/v2/prompts", json=current).status_code for _ in range(5))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40
    assert len({each["_id"] for each in sandbox.prompts()}) == 40


def test_a_chunked_body(served: Any, current: dict[str, Any]) -> None:
    _sandbox, _, client = served
    parts = iter([b'{"display_name": "A", "path": "D", ', b'"prompt": {"messages": []}}'])
    headers = {"Content-Type": "application/json"}
    assert client.post("/v2/prompts", content=parts, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: x\r\n",
        b"Content-Length: 10\r\n",
        b"Content-Length: 99999999999\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-5\r\n",
    ],
)
def test_a_body_that_cannot_be_read(served: Any, head: bytes) -> None:
    _, server, _ = served
    answer = raw(server, b"POST /v2/prompts HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("host", [b"evil.example", b"evil.example:80", b"localhost.evil.example", b"", b"[::1"])
def test_another_host_name_is_refused(served: Any, host: bytes) -> None:
    _, server, _ = served
    answer = raw(
        server,
        b"GET /v2/prompts HTTP/1.1\r\nHost: " + host + b"\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 403")


def test_a_target_with_two_slashes_is_a_path(served: Any) -> None:
    _, server, _ = served
    answer = raw(server, b"GET //localhost/v2/prompts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404")


def test_a_mistake_in_the_sandbox_is_a_500(served: Any, current: dict[str, Any]) -> None:
    sandbox, _, client = served
    sandbox.behaviour = Behaviour(rewriter=lambda entity: {}["no such"])
    assert client.post("/v2/prompts", json=current).status_code == 500
    sandbox.behaviour = Behaviour()
    assert client.get("/v2/prompts").status_code == 200


def test_closing_does_not_wait_for_a_fault(current: dict[str, Any]) -> None:
    with Sandbox() as sandbox, serve(sandbox) as server:
        sandbox.faults.add(Fault("slow", seconds=30))
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{server.url}/v2/prompts", timeout=0.03)
        start = time.monotonic()
        server.close()
        assert time.monotonic() - start < 5


def test_closing_is_quick_and_can_be_done_twice() -> None:
    with Sandbox(behaviour=Behaviour()) as sandbox:
        server = serve(sandbox)
        with httpx.Client(base_url=server.url) as client:
            client.get("/v2/prompts")  # a kept connection must not hold it up
            start = time.monotonic()
            server.close()
            server.close()
        assert time.monotonic() - start < 2
        with serve(sandbox) as again:
            assert httpx.get(again.url).status_code == 200


def test_run_forever_ends_at_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def interrupted(self: Server) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "wait", interrupted)
    with Sandbox() as sandbox:
        run_forever(sandbox, ready=lambda url: seen.append(httpx.get(f"{url}/v2/prompts").status_code))
    assert seen == [401]
    assert not [each for each in threading.enumerate() if each.name == "sandbox"]


def test_it_answers_on_ipv6_too() -> None:
    try:
        with Sandbox() as sandbox, serve(sandbox, "::1") as server:
            assert httpx.get(f"{server.url}/v2/prompts").status_code == 401
    except OSError:
        pytest.skip("no IPv6 here")
