from __future__ import annotations

import json
import re
from typing import Any

import pytest

NASTY = '<script>alert("1")</script> $id'


def token(text: str) -> str:
    match = re.search(r'name="token" value="([^"]+)"', text)
    assert match is not None
    return match[1]


@pytest.fixture
def page(opened: Any, current: dict[str, Any]) -> tuple[Any, Any, str]:
    sandbox, client = opened()
    del client.headers["Authorization"]
    return sandbox, client, sandbox.create_many([current])[0]


def form(client: Any, prompt_id: str, **changes: str) -> dict[str, str]:
    text = client.get(f"/prompts/{prompt_id}").text
    return {
        "token": token(text),
        "display_name": "Refund",
        "description": "",
        "block": '{"messages": []}',
        **changes,
    }


def test_the_list_is_newest_first_and_searched(page: Any) -> None:
    sandbox, client, _ = page
    sandbox.ui_create({"display_name": "Greeting"})
    text = client.get("/").text
    assert text.index("Greeting") < text.index("Refund")
    assert "2 in all" in text
    found = client.get("/", params={"q": "GREET"}).text
    assert "Greeting" in found
    assert "Refund" not in found
    assert "No prompts here." in client.get("/", params={"q": NASTY}).text


def test_the_list_has_pages(page: Any, current: dict[str, Any]) -> None:
    sandbox, client, prompt_id = page
    sandbox.create_many([current] * 50)
    text = client.get("/", params={"q": "ref"}).text
    assert prompt_id not in text
    older = re.search(r'href="(/\?[^"]+)"', text)
    assert older is not None
    assert prompt_id in client.get(older[1].replace("&amp;", "&")).text


def test_whatever_a_prompt_says_it_is_text(page: Any) -> None:
    sandbox, client, _ = page
    prompt_id = sandbox.ui_create(
        {
            "display_name": NASTY,
            "description": NASTY,
            "path": NASTY,
            "prompt": {"model": NASTY, "messages": [{"role": "user", "content": f"</textarea>{NASTY}"}]},
        }
    )["_id"]
    for url in ("/", f"/prompts/{prompt_id}", f"/prompts/{prompt_id}/delete"):
        response = client.get(url)
        assert response.status_code == 200
        assert "<script" not in response.text
        assert "script-src" not in response.headers["Content-Security-Policy"]
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_an_edit_is_a_new_version_by_a_user(page: Any) -> None:
    sandbox, client, prompt_id = page
    block = {"messages": [{"role": "user", "content": "a\nb"}], "seed": 1}
    data = form(client, prompt_id, display_name="New", description="one\r\ntwo", block=json.dumps(block))
    response = client.post(f"/prompts/{prompt_id}", data=data)
    assert (response.status_code, response.headers["Location"]) == (303, f"/prompts/{prompt_id}")
    (entity,) = sandbox.prompts()
    assert entity["display_name"] == "New"
    assert entity["description"] == "one\ntwo"
    assert entity["prompt"] == {**block, "version": entity["prompt"]["version"]}
    assert entity["updated_by_id"] == sandbox.behaviour.user_id
    assert client.get(f"/prompts/{prompt_id}").text.count("<li>") == 2


def test_an_edit_that_changes_the_name_alone(page: Any, current: dict[str, Any]) -> None:
    sandbox, client, prompt_id = page
    before = sandbox.record(prompt_id)
    data = form(client, prompt_id, display_name="New", block=json.dumps(before.block))
    client.post(f"/prompts/{prompt_id}", data=data)
    after = sandbox.record(prompt_id)
    assert after.block == before.block
    assert "description" not in after.fields


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"block": "{"}, "Malformed JSON"),
        ({"block": "[]"}, "Expected an object"),
        ({"block": '{"temperature": 9}'}, "prompt.temperature: maximum 2 not met"),
        ({"display_name": "x" * 129}, "at most 128 characters"),
    ],
)
def test_a_mistake_is_shown_beside_what_was_typed(page: Any, changes: dict[str, str], message: str) -> None:
    sandbox, client, prompt_id = page
    response = client.post(f"/prompts/{prompt_id}", data=form(client, prompt_id, description="typed", **changes))
    assert response.status_code == 400
    assert message in response.text
    assert "typed" in response.text
    assert sandbox.prompts()[0]["updated_by_id"] is None


def test_delete_asks_first(page: Any) -> None:
    sandbox, client, prompt_id = page
    text = client.get(f"/prompts/{prompt_id}/delete").text
    assert len(sandbox.prompts()) == 1
    response = client.post(f"/prompts/{prompt_id}/delete", data={"token": token(text)})
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert sandbox.prompts() == []


@pytest.mark.parametrize("given", ["", "wrong", "ü"])
def test_a_form_without_the_token_changes_nothing(page: Any, given: str) -> None:
    sandbox, client, prompt_id = page
    for url in (f"/prompts/{prompt_id}", f"/prompts/{prompt_id}/delete"):
        assert client.post(url, data={**form(client, prompt_id), "token": given}).status_code == 403
    assert sandbox.prompts()[0]["updated_by_id"] is None


def test_pages_that_are_not_there(page: Any) -> None:
    _, client, _ = page
    for url in ("/nothing", "/prompts/01J", "/prompts/01J/delete", "/templates/page.html", "/../errors.py"):
        response = client.get(url)
        assert response.status_code == 404
        assert "<h1>" in response.text


def test_the_style(page: Any) -> None:
    _, client, _ = page
    response = client.get("/style.css")
    assert response.headers["Content-Type"].startswith("text/css")
    assert "prefers-color-scheme: dark" in response.text
