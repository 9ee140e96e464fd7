from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from promptsync.sandbox import Disconnect, Fault, Sandbox, serve

if TYPE_CHECKING:
    from pathlib import Path


def test_a_key(opened: Any) -> None:
    _, client = opened(key="right")
    for header, message in [
        (None, "API key is required"),
        ("Basic eA==", "API key is required"),
        ("Bearer ", "API key is required"),
        ("Bearer wrong", "API key is invalid"),
    ]:
        headers = {} if header is None else {"Authorization": header}
        client.headers.pop("Authorization", None)
        response = client.get("/v2/prompts", headers=headers)
        assert response.status_code == 401
        assert response.json() == {"message": message, "code": "401"}
    assert client.get("/v2/prompts", headers={"Authorization": "Bearer right"}).status_code == 200


def test_requests_are_logged_without_their_key(opened: Any, current: dict[str, Any]) -> None:
    sandbox, client = opened()
    client.post("/v2/prompts", json=current, headers={"Authorization": "Bearer s3cret"})
    client.get("/v2/prompts", params={"limit": 0})
    client.post("/v2/prompts", content=b"{")
    assert [each.as_json() for each in sandbox.requests] == [
        {"method": "POST", "path": "/v2/prompts", "query": {}, "body": current, "status": 200},
        {"method": "GET", "path": "/v2/prompts", "query": {"limit": "0"}, "body": None, "status": 400},
        {"method": "POST", "path": "/v2/prompts", "query": {}, "body": "{", "status": 400},
    ]
    assert "s3cret" not in str(list(sandbox.requests))


def test_a_new_prompt_is_listed_late(opened: Any, clock: Any, current: dict[str, Any]) -> None:
    _sandbox, client = opened(list_lag=5)
    prompt_id = client.post("/v2/prompts", json=current).json()["_id"]
    assert client.get(f"/v2/prompts/{prompt_id}").status_code == 200
    assert client.get("/v2/prompts").json()["data"] == []
    clock.now += 5
    assert [each["_id"] for each in client.get("/v2/prompts").json()["data"]] == [prompt_id]


def test_an_update_is_listed_late(opened: Any, clock: Any, current: dict[str, Any]) -> None:
    sandbox, client = opened(update_lag=5)
    prompt_id = client.post("/v2/prompts", json=current).json()["_id"]

    def name(path: str = "") -> str:
        answer = client.get(f"/v2/prompts{path}").json()
        return str((answer["data"][0] if "data" in answer else answer)["display_name"])

    for new in ("Second", "Third"):
        clock.now += 2
        client.patch(f"/v2/prompts/{prompt_id}", json={"display_name": new})
    assert (name(), name(f"/{prompt_id}")) == ("Refund", "Third")
    clock.now += 3
    assert name() == "Second"
    clock.now += 2
    assert name() == "Third"
    sandbox.ui_edit(prompt_id, {"display_name": "Fourth"})
    assert (name(), name(f"/{prompt_id}")) == ("Third", "Fourth")


def test_a_deleted_cursor_still_is_a_place(opened: Any, current: dict[str, Any]) -> None:
    sandbox, client = opened()
    ids = sandbox.create_many([current] * 3)
    client.delete(f"/v2/prompts/{ids[1]}")
    page = client.get("/v2/prompts", params={"starting_after": ids[1]}).json()
    assert [each["_id"] for each in page["data"]] == [ids[0]]


@pytest.mark.parametrize("cursor", ["x", "0" * 25, "u" * 26, "'; DROP TABLE prompts; --"])
def test_a_cursor_that_is_no_id_is_refused(opened: Any, cursor: str) -> None:
    _, client = opened()
    assert client.get("/v2/prompts", params={"ending_before": cursor}).status_code == 400


def test_a_versions_cursor_must_be_a_version(opened: Any, current: dict[str, Any]) -> None:
    sandbox, client = opened()
    (prompt_id,) = sandbox.create_many([current])
    url = f"/v2/prompts/{prompt_id}/versions"
    assert client.get(url, params={"starting_after": "0" * 16}).status_code == 400
    assert client.get("/v2/prompts/01J/versions").status_code == 404
    assert client.get("/v2/prompts/01J/versions/1").status_code == 404


def test_unknown_routes_and_methods(opened: Any) -> None:
    _, client = opened()
    assert client.get("/v2/deployments").json() == {"message": "Not found"}
    response = client.put("/v2/prompts")
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, POST")


def test_delete_has_no_body(opened: Any, current: dict[str, Any]) -> None:
    sandbox, client = opened()
    (prompt_id,) = sandbox.create_many([current])
    response = client.delete(f"/v2/prompts/{prompt_id}")
    assert (response.status_code, response.content) == (200, b"")
    assert "content-type" not in response.headers


def test_the_other_dialect_is_ignored_if_told_so(opened: Any, classic: dict[str, Any]) -> None:
    _, client = opened(foreign="ignore")
    created = client.post("/v2/prompts", json=classic).json()
    assert created["prompt"]["messages"] == []
    assert "model" not in created["prompt"]
    patched = client.patch(f"/v2/prompts/{created['_id']}", json={"prompt_config": classic["prompt_config"]})
    assert patched.status_code == 200
    assert patched.json()["prompt"] == created["prompt"]


def test_a_service_of_both_dialects(opened: Any, current: dict[str, Any], classic: dict[str, Any]) -> None:
    _, client = opened(dialect="both")
    for body in (current, classic):
        entity = client.post("/v2/prompts", json=body).json()
        assert entity["prompt"]["model"] == "openai/gpt-4o"
        assert entity["prompt_config"]["provider"] == "openai"
        assert entity["prompt"]["temperature"] == entity["prompt_config"]["model_parameters"]["temperature"] == 0.5


def test_a_fault_before(opened: Any, current: dict[str, Any]) -> None:
    sandbox, client = opened()
    sandbox.faults.add(Fault.parse("429:retry-after=3,method=POST"))
    response = client.post("/v2/prompts", json=current)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "3")
    assert sandbox.prompts() == []
    assert client.post("/v2/prompts", json=current).status_code == 200


def test_a_fault_after(opened: Any, current: dict[str, Any]) -> None:
    sandbox, client = opened()
    sandbox.faults.add(Fault("status", status=503, body="upstream is away", when="after"))
    response = client.post("/v2/prompts", json=current)
    assert (response.status_code, response.text) == (503, "upstream is away")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert len(sandbox.prompts()) == 1


@pytest.mark.parametrize(("kind", "content_type"), [("html", "text/html"), ("garbage", "application/json")])
def test_a_200_that_is_none(opened: Any, kind: Any, content_type: str) -> None:
    sandbox, client = opened()
    sandbox.faults.add(Fault(kind))
    response = client.get("/v2/prompts")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(content_type)
    with pytest.raises(ValueError, match=r"."):
        response.json()


@pytest.mark.parametrize("kind", ["reset", "drop", "timeout", "cut"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_broken_connection_within_the_process(opened: Any, current: dict[str, Any], kind: Any, when: Any) -> None:
    sandbox, client = opened()
    sandbox.faults.add(Fault(kind, when=when, seconds=0))
    with pytest.raises(Disconnect):
        client.post("/v2/prompts", json=current)
    assert len(sandbox.prompts()) == (when == "after")
    assert sandbox.requests[-1].status is None


@pytest.mark.parametrize("when", ["before", "after"])
def test_slow_answers_rightly(opened: Any, current: dict[str, Any], when: Any) -> None:
    sandbox, client = opened(latency=0.001)
    sandbox.faults.add(Fault("slow", seconds=0.01, when=when))
    assert client.post("/v2/prompts", json=current).status_code == 200
    assert len(sandbox.prompts()) == 1


def test_faults_leave_the_page_and_the_control_alone(opened: Any) -> None:
    sandbox, client = opened()
    sandbox.faults.add(Fault("status", times=None))
    assert client.get("/").status_code == 200
    assert client.get("/_sandbox/requests").status_code == 200
    assert client.get("/v2/prompts").status_code == 500


def test_a_body_may_be_large_but_not_without_end(opened: Any, current: dict[str, Any]) -> None:
    _, client = opened()
    current["prompt"]["messages"][0]["content"] = "x" * 2_000_000
    assert client.post("/v2/prompts", json=current).status_code == 200
    huge = httpx.Headers({"Content-Length": str(33 * 1024 * 1024)})
    assert client.post("/v2/prompts", content=b"{}", headers=huge).status_code == 413


def test_a_fault_after_an_error_hides_it(opened: Any) -> None:
    sandbox, client = opened()
    sandbox.faults.add(Fault("status", status=502, when="after"))
    assert client.get("/v2/prompts/01J").status_code == 502
    assert client.get("/v2/prompts/01J").status_code == 404


def test_a_database_that_fails_is_an_answer_that_says_so(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db") as sandbox:
        other = sqlite3.connect(tmp_path / "sandbox.db")
        other.execute("DROP TABLE prompts")
        other.commit()
        other.close()
        with serve(sandbox) as server:
            answer = httpx.get(f"{server.url}/v2/prompts", headers={"Authorization": "Bearer any"})
    assert answer.status_code == 507
    assert "sandbox.db is broken: no such table: prompts; `promptsync sandbox reset` begins anew" in answer.text
