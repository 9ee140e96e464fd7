from __future__ import annotations

from typing import Any

import pytest

from promptsync.sandbox import Behaviour, Fault
from promptsync.sandbox.log import LoggedRequest


def test_faults(opened: Any) -> None:
    sandbox, client = opened()
    answer = client.post("/_sandbox/faults", json=["503", {"kind": "drop", "method": "GET"}])
    assert [each["kind"] for each in answer.json()["faults"]] == ["status", "drop"]
    assert sandbox.faults.pending() == [Fault("status", status=503), Fault("drop", method="GET")]
    assert client.get("/_sandbox/faults").json() == answer.json()
    assert client.post("/_sandbox/faults", json={"clear": True}).json() == {"faults": []}


def test_requests(opened: Any) -> None:
    _sandbox, client = opened()
    client.get("/v2/prompts")
    request = {"method": "GET", "path": "/v2/prompts", "query": {}, "body": None, "status": 200}
    expected = {"requests": [request], "total": 1}
    assert client.get("/_sandbox/requests").json() == expected
    assert client.post("/_sandbox/requests", json={"clear": True}).json() == expected
    assert client.get("/_sandbox/requests").json() == {"requests": [], "total": 0}


def test_all_requests_are_counted_though_the_latest_alone_are_kept(opened: Any) -> None:
    sandbox, client = opened()
    for number in range(2001):
        sandbox.requests.append(LoggedRequest("GET", f"/v2/prompts/{number}", {}, None, 404))

    told = client.get("/_sandbox/requests").json()

    assert (told["total"], len(told["requests"])) == (2001, 2000)
    assert [told["requests"][at]["path"] for at in (0, -1)] == ["/v2/prompts/1", "/v2/prompts/2000"]


def test_behaviour_and_reset(opened: Any) -> None:
    sandbox, client = opened(key="k")
    answer = client.post("/_sandbox/behaviour", json={"dialect": "classic", "max_page": 50}).json()
    assert answer == client.get("/_sandbox/behaviour").json()
    assert sandbox.behaviour == Behaviour(key="k", dialect="classic", max_page=50)
    assert client.post("/_sandbox/reset", json={}).json() == {}
    assert sandbox.behaviour == Behaviour(key="k")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("faults", "nonsense"),
        ("faults", 7),
        ("behaviour", {"dialect": "new"}),
        ("behaviour", {"key": None}),
        ("behaviour", {"max_page": "50"}),
        ("behaviour", []),
    ],
)
def test_what_makes_no_sense_is_refused(opened: Any, name: str, body: object) -> None:
    _, client = opened()
    response = client.post(f"/_sandbox/{name}", json=body)
    assert response.status_code == 400
    assert response.json()["message"]


def test_there_is_nothing_else(opened: Any) -> None:
    _, client = opened()
    assert client.get("/_sandbox/reset").status_code == 404
    assert client.get("/_sandbox/prompts").status_code == 404
    assert client.delete("/_sandbox/faults").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Origin": "http://[::1"},
    ],
    ids=str,
)
def test_another_site_is_refused(opened: Any, headers: dict[str, str]) -> None:
    _sandbox, client = opened()
    assert client.post("/_sandbox/reset", json={}, headers=headers).status_code == 403
    assert client.get("/", headers=headers).status_code == 403


def test_a_plain_form_cannot_reach_it(opened: Any) -> None:
    _, client = opened()
    response = client.post("/_sandbox/reset", content=b"{}", headers={"Content-Type": "text/plain"})
    assert response.status_code == 400


def test_its_own_origin_is_fine(opened: Any) -> None:
    _, client = opened()
    assert client.post("/_sandbox/reset", json={}, headers={"Origin": "http://localhost"}).status_code == 200
