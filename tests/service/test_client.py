"""The client against a service that misbehaves in every way that is known."""

from __future__ import annotations

import json
import threading
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.model.errors import (
    AuthError,
    NotFoundError,
    PromptsyncError,
    RateLimitedError,
    RefusedError,
    ServiceError,
    UnavailableError,
)
from promptsync.service.client import Client
from tests.service.world import (
    BASE,
    CALLS,
    ENTITY,
    EPOCH,
    HTML,
    KEY,
    LOST,
    READS,
    UNSENT,
    WRITES,
    Answer,
    World,
    cut_off,
    ok,
    play,
)

if TYPE_CHECKING:
    from collections.abc import Callable


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
def test_a_list_gives_each_prompt_that_was_there_throughout_exactly_once(
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


def test_what_an_observer_sees(world: World) -> None:
    with world.playing(503, (429, {"retry-after": "2"}), ok()) as client:
        client.get("01A")
    assert [(seen.method, seen.path, seen.status, seen.attempt, seen.note, seen.retry_in) for seen in world.seen] == [
        ("GET", "/v2/prompts/01A", 503, 1, "answered 503 (fault 503)", 0.5),
        ("GET", "/v2/prompts/01A", 429, 2, "rate limited", 2.0),
        ("GET", "/v2/prompts/01A", 200, 3, "", None),
    ]
