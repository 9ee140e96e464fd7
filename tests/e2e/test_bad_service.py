"""A key that is wrong, and a service that is down, lies or breaks off: one sentence, and nothing is lost."""

from __future__ import annotations

import http.server
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.sandbox import Behaviour, Fault, Sandbox, serve
from promptsync.service import ratelimit as pacing
from tests.e2e.world import KEY, Ran, World, current

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats come at once: what is tried is in the client's own tests."""
    monkeypatch.setattr(pacing, "BACKOFF", 0.001)
    monkeypatch.setattr(pacing, "CEILING", 0.002)


def assert_fails(world: World, message: str, hint: str = "") -> None:
    """Every command that needs the service ends with exit 1 and one sentence, and leaves the lockfile as it is."""
    before = world.lock_path.read_bytes()
    for ran in (world.plan(), world.apply(), world.run("check")):
        assert_told(ran, message, hint)
    assert world.lock_path.read_bytes() == before


def assert_told(ran: Ran, message: str, hint: str) -> None:
    assert (ran.code, ran.out) == (1, "")
    # That it waits for a better answer is said once before, where it does.
    first, *rest = [line for line in ran.err.splitlines() if not line.startswith("waiting for the service: ")]
    assert ran.err.count("waiting for the service: ") <= 1
    assert first.startswith("error: "), ran.err
    assert message in first
    assert len(rest) <= 2, ran.err
    assert hint in ran.err
    assert "key-for-tests" not in ran.err


@pytest.mark.parametrize("behaviour", [Behaviour(key="the-right-key")])
def test_a_wrong_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(KEY, current())
    for ran in (world.plan(), world.apply(), world.run("check"), world.run("adopt", KEY, "01J")):
        assert_told(ran, "the key was not accepted by", "set ORQ_API_KEY")
    assert (world.sandbox.prompts(), world.lock_path.exists()) == ([], False)
    monkeypatch.setenv("ORQ_API_KEY", "the-right-key")
    assert world.apply().code == 0


def test_a_missing_key(applied: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORQ_API_KEY")
    assert_fails(applied, "there is no API key for the target “default”: ORQ_API_KEY is not set", "set ORQ_API_KEY to")
    assert list(applied.sandbox.requests) == []
    assert applied.plan("--offline").code == 2
    assert applied.run("check", "--offline").code == 0


@pytest.mark.parametrize("key", ["two\nlines", "a b", "schlüssel", "\t"])
def test_a_key_that_cannot_be_one_is_not_sent_nor_told(
    applied: World, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("ORQ_API_KEY", key)
    ran = applied.plan()
    assert ran.code == 1
    assert "ORQ_API_KEY" in ran.err
    assert key.strip() not in ran.err or not key.strip()
    assert list(applied.sandbox.requests) == []


def test_a_service_that_is_down(applied: World) -> None:
    with Sandbox() as sandbox, serve(sandbox) as server:
        nobody = server.url
    applied.extra = ["--base-url", nobody]
    assert_fails(applied, f"{nobody.removeprefix('http://')} could not be reached", "check that the service is up")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("html", times=None), "answered with an HTML page"),
        (Fault("garbage", times=None), "JSON"),
        (Fault("cut", times=None), "broke the connection off"),
        (Fault("drop", times=None), ""),
        (Fault("reset", times=None), ""),
        (Fault("status", status=500, times=None), "500"),
        (Fault("status", status=503, body="<h1>Bad gateway</h1>", times=None), "503"),
        (Fault("status", status=404, body="nothing here", times=None), "404"),
        (Fault("status", status=403, times=None), "403"),
        (Fault("status", status=301, headers={"Location": "https://evil.example"}, times=None), "evil.example"),
        (Fault("status", status=200, body="[]", times=None), ""),
        (Fault("status", status=200, body='{"object": "list"}', times=None), ""),
        (Fault("status", status=200, body='{"data": [{"_id": 1}], "has_more": false}', times=None), ""),
        (Fault("status", status=200, body="", times=None), ""),
    ],
    ids=[
        "html", "garbage", "cut", "drop", "reset", "500", "503", "404", "403", "redirect", "list", "no data",
        "no prompt", "empty",
    ],
)  # fmt: skip
def test_a_service_that_answers_nonsense(applied: World, fault: Fault, message: str) -> None:
    applied.sandbox.faults.add(fault)
    assert_fails(applied, message)
    assert applied.writes == []
    assert "evil.example" not in json.dumps([request.path for request in applied.sandbox.requests])
    applied.sandbox.faults.clear()
    assert applied.actions() == {KEY: "update"}


@contextmanager
def elsewhere() -> Iterator[tuple[str, list[str | None]]]:
    """Another host, and the Authorization headers that it was sent."""
    seen: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_never_takes_the_key_elsewhere(applied: World, status: int) -> None:
    with elsewhere() as (url, seen):
        applied.sandbox.faults.add(
            Fault("status", status=status, headers={"Location": f"{url}/v2/prompts"}, times=None)
        )
        assert_fails(applied, "points to 127.0.0.1, and redirects are not followed")
        assert seen == []


@pytest.mark.parametrize("kind", ["cut", "garbage", "drop", "status"])
@pytest.mark.parametrize("skip", [0, 1, 2])
def test_a_list_that_breaks_off_is_no_list(applied: World, kind: Any, skip: int) -> None:
    """With a page missing, prompts would look deleted, and a name would look free."""
    theirs = applied.sandbox.ui_create({"display_name": "greeting", "path": "Default", **current("Theirs.")})
    for number in range(24):
        applied.write(f"Default/p{number}", current(f"Prompt {number}."))
    assert applied.apply().code == 0
    applied.write("Default/greeting", current("Hello."))
    for number in range(4):
        applied.remove(f"Default/p{number}")
    applied.sandbox.behaviour = Behaviour(max_page=10)
    before = applied.lock_path.read_bytes()
    applied.sandbox.requests.clear()
    applied.sandbox.faults.add(Fault(kind, status=500, method="GET", path="/v2/prompts", skip=skip, times=None))
    ran = applied.apply("--prune", "--max-deletes", "20")
    applied.sandbox.faults.clear()
    assert (ran.code, ran.out, applied.writes) == (1, "", [])
    assert applied.lock_path.read_bytes() == before
    assert applied.actions()["Default/greeting"] == "conflict"
    assert theirs["_id"] in applied.plan().out


def test_a_write_that_is_refused_fails_alone(applied: World) -> None:
    applied.write("Default/greeting", current("Hello."))
    applied.sandbox.faults.add(Fault("status", status=422, body="model: not available", method="POST", times=None))
    ran = applied.apply()
    assert ran.code == 4
    assert ran.out.splitlines()[-1] == "Applied: 1 updated; 1 failed."
    assert "model: not available" in ran.out + ran.err
    assert applied.actions() == {"Default/greeting": "create"}


def test_a_key_that_is_withdrawn_stops_the_run(applied: World) -> None:
    for number in range(5):
        applied.write(f"Default/p{number}", current(f"Prompt {number}."))
    applied.sandbox.faults.add(Fault("status", status=401, method="POST", times=None))
    ran = applied.apply("--parallelism", "1")
    assert ran.code == 4
    assert ran.out.splitlines()[-1] == "Applied: nothing; 1 failed, 5 skipped."
    assert "the service no longer accepts the key" in ran.out


def test_an_answer_that_was_lost_makes_no_twin(applied: World) -> None:
    applied.write("Default/greeting", current("Hello."))
    applied.sandbox.faults.add(Fault("drop", method="POST", when="after"))
    assert applied.apply().code == 0
    assert (applied.names(), applied.plan().code) == (["greeting", "refund"], 0)


def test_too_many_requests_are_waited_out(applied: World) -> None:
    applied.sandbox.faults.add(Fault("status", status=429, headers={"Retry-After": "0"}, times=3))
    assert (applied.apply().code, applied.plan().code) == (0, 0)


def test_what_a_service_says_cannot_act_on_the_terminal(applied: World) -> None:
    evil = "\x1b]0;owned\x07\x1b[31m::error::owned\r\u202eevil"
    applied.sandbox.faults.add(Fault("status", status=422, body=evil, times=None))
    ran = applied.plan()
    assert ran.code == 1
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(ran.out + ran.err)
