from __future__ import annotations

import html
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
    return {"token": token(text), "display_name": "Refund", "path": "Default", "description": "", **changes}


def test_the_list_is_newest_first_and_searched(page: Any) -> None:
    sandbox, client, _ = page
    sandbox.ui_create({"display_name": "Greeting"})
    text = client.get("/").text
    assert text.index("Greeting") < text.index("Refund")
    assert "2 in all" in text
    found = client.get("/", params={"q": "GREET"}).text
    assert "Greeting" in found
    assert "Refund" not in found
    none = client.get("/", params={"q": NASTY}).text
    assert f"No prompt has “{html.escape(NASTY)}” in its name." in none
    assert "<table>" not in none


def test_an_empty_sandbox_says_so(opened: Any) -> None:
    _, client = opened()
    assert "There are no prompts yet." in client.get("/").text


def test_times_are_for_people(page: Any) -> None:
    _, client, prompt_id = page
    for url in ("/", f"/prompts/{prompt_id}"):
        assert ">1 January 2026, 00:00 UTC</time>" in client.get(url).text


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
    for url in ("/", f"/prompts/{prompt_id}", f"/prompts/{prompt_id}/delete", "/new"):
        response = client.get(url)
        assert response.status_code == 200
        assert "<script" not in response.text
        assert "script-src" not in response.headers["Content-Security-Policy"]
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        # A browser that may tell no referrer sends the forms of this page with the origin "null".
        assert response.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1"])
def test_a_form_of_another_site_changes_nothing(page: Any, origin: str) -> None:
    sandbox, client, prompt_id = page
    response = client.post(f"/prompts/{prompt_id}", data=form(client, prompt_id), headers={"Origin": origin})
    assert response.status_code == 403
    assert sandbox.prompts()[0]["updated_by_id"] is None


def test_a_form_of_this_page_is_taken(page: Any) -> None:
    _, client, prompt_id = page
    headers = {"Origin": "http://localhost"}
    assert client.post(f"/prompts/{prompt_id}", data=form(client, prompt_id), headers=headers).status_code == 303


def test_an_edit_is_a_new_version_by_a_user(page: Any) -> None:
    sandbox, client, prompt_id = page
    changes = {
        "display_name": "New",
        "path": "Default/Elsewhere",
        "description": "one\r\ntwo",
        "text-0": "a\r\nb",
        "role-0": "user",
        "settings": '{"seed": 1}',
    }
    response = client.post(f"/prompts/{prompt_id}", data=form(client, prompt_id, **changes))
    (entity,) = sandbox.prompts()
    version = entity["prompt"]["version"]
    assert (response.status_code, response.headers["Location"]) == (303, f"/prompts/{prompt_id}?saved={version}")
    assert (entity["display_name"], entity["description"]) == ("New", "one\ntwo")
    assert entity["prompt"] == {"seed": 1, "messages": [{"role": "user", "content": "a\nb"}], "version": version}
    assert sandbox.path_of(prompt_id) == "Default/Elsewhere"
    assert entity["updated_by_id"] == sandbox.behaviour.user_id
    shown = client.get(response.headers["Location"]).text
    assert f"Saved as version {version}." in shown
    assert shown.count("<li>") == 2


def test_what_is_said_to_be_saved_is_the_version_that_is_there(page: Any) -> None:
    _, client, prompt_id = page
    assert "Saved as" not in client.get(f"/prompts/{prompt_id}?saved=another").text


def test_a_form_that_is_sent_as_it_is_changes_nothing_of_the_prompt(page: Any) -> None:
    sandbox, client, _ = page
    block = {
        "model": "openai/gpt-4o",
        "temperature": 0.5,
        "messages": [
            {"role": "system", "content": "one\r\ntwo\rthree\n\n", "name": "x"},
            {"role": "user", "content": [{"type": "text", "text": "\n a"}, {"type": "file", "file": {"uri": "u"}}]},
            {"role": "assistant", "content": None, "tool_calls": []},
            {"role": "assistant", "refusal": "no"},
        ],
    }
    made = sandbox.ui_create({"display_name": "All", "path": "Default/x", "description": "a\rb", "prompt": block})
    url = f"/prompts/{made['_id']}"
    assert client.post(url, data=as_sent(client.get(url).text)).status_code == 303
    record = sandbox.record(made["_id"])
    assert json.dumps(record.block) == json.dumps(block)
    assert (record.name, record.path, record.fields["description"]) == ("All", "Default/x", "a\rb")


def as_sent(text: str) -> dict[str, str]:
    """What a browser sends of the one form that posts on a page, with line ends as browsers send them."""
    (inside,) = re.findall(r'<form method="post".*?</form>', text, re.DOTALL)
    sent = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"(?! *checked)', inside))
    sent |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', inside, re.DOTALL))
    for name, options in re.findall(r'<select name="([^"]+)">(.*?)</select>', inside):
        sent[name] = re.findall(r"<option selected>([^<]*)", options)[0]
    sent = {name: html.unescape(value) for name, value in sent.items() if not name.startswith("remove-")}
    return {name: re.sub("\r\n|\r|\n", "\r\n", value) for name, value in sent.items()}


def test_messages_come_and_go(page: Any) -> None:
    sandbox, client, prompt_id = page
    client.post(f"/prompts/{prompt_id}", data=form(client, prompt_id, **{"new-text": "Hi", "new-role": "user"}))
    assert sandbox.record(prompt_id).block["messages"][1:] == [{"role": "user", "content": "Hi"}]
    client.post(f"/prompts/{prompt_id}", data=form(client, prompt_id, **{"remove-0": "yes"}))
    assert sandbox.record(prompt_id).block["messages"] == [{"role": "user", "content": "Hi"}]


def test_an_edit_that_changes_the_name_alone(page: Any) -> None:
    sandbox, client, prompt_id = page
    before = sandbox.record(prompt_id)
    client.post(f"/prompts/{prompt_id}", data=form(client, prompt_id, display_name="New"))
    after = sandbox.record(prompt_id)
    assert after.block == before.block
    assert "description" not in after.fields


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": '{"model":\n  nothing}'}, "Model and parameters: line 2, column 3: Expecting value"),
        ({"settings": "[]"}, "Model and parameters: Expected an object"),
        ({"settings": '{"seed": NaN}'}, "Model and parameters: Malformed JSON"),
        ({"settings": "[" * 100_000}, "Model and parameters: nested too deeply"),
        ({"settings": '{"messages": []}'}, "the messages stand in fields of their own"),
        ({"settings": '{"temperature": 9}'}, "prompt.temperature: maximum 2 not met"),
        ({"role-0": "tool"}, "prompt.messages[0]: tool_call_id required"),
        ({"display_name": "x" * 129}, "at most 128 characters"),
        ({"path": " / "}, "path: must name a project"),
    ],
)
def test_a_mistake_is_shown_beside_what_was_typed(page: Any, changes: dict[str, str], message: str) -> None:
    sandbox, client, prompt_id = page
    response = client.post(
        f"/prompts/{prompt_id}", data=form(client, prompt_id, description="typed", **{"text-0": "mine", **changes})
    )
    assert response.status_code == 400
    assert message in response.text
    assert "\ntyped</textarea>" in response.text
    assert "\nmine</textarea>" in response.text
    assert ("aria-invalid" in response.text) == ("settings" in changes and "temperature" not in message)
    assert sandbox.prompts()[0]["updated_by_id"] is None


def test_what_someone_saved_meanwhile_is_not_replaced_unseen(page: Any) -> None:
    sandbox, client, prompt_id = page
    mine = {**as_sent(client.get(f"/prompts/{prompt_id}").text), "text-0": "mine"}
    theirs = sandbox.ui_edit(prompt_id, {"prompt": {"messages": [{"role": "user", "content": "theirs"}]}})
    response = client.post(f"/prompts/{prompt_id}", data=mine)
    assert response.status_code == 409
    assert f"Version {theirs['prompt']['version']} was saved meanwhile." in response.text
    assert sandbox.record(prompt_id).block["messages"][0]["content"] == "theirs"
    client.post(f"/prompts/{prompt_id}", data=as_sent(response.text))
    assert sandbox.record(prompt_id).block["messages"][0]["content"] == "mine"


def test_a_new_prompt(opened: Any) -> None:
    sandbox, client = opened()
    typed = {"display_name": "Greeting", "path": "Default/Hi", "new-role": "system", "new-text": "Be\r\nkind."}
    response = client.post("/new", data={**as_sent(client.get("/new").text), **typed})
    (entity,) = sandbox.prompts()
    version = entity["prompt"]["version"]
    assert response.headers["Location"] == f"/prompts/{entity['_id']}?saved={version}"
    message = {"role": "system", "content": "Be\nkind."}
    assert entity["prompt"] == {"model": "openai/gpt-4o", "messages": [message], "version": version}
    assert sandbox.path_of(entity["_id"]) == "Default/Hi"
    assert "description" not in entity


@pytest.mark.parametrize(
    ("typed", "message"),
    [({"path": ""}, "path: must name a project"), ({"settings": "{"}, "line 1, column 2"), ({}, "display_name")],
)
def test_a_new_prompt_with_a_mistake(opened: Any, typed: dict[str, str], message: str) -> None:
    sandbox, client = opened()
    sent = {"token": token(client.get("/new").text), "path": "Default", "new-text": "mine", **typed}
    response = client.post("/new", data={**sent, "display_name": "x" * (1 if typed else 129)})
    assert (response.status_code, message in response.text) == (400, True)
    assert "\nmine</textarea>" in response.text
    assert sandbox.prompts() == []


def test_a_classic_prompt_is_edited_as_one(opened: Any, classic: dict[str, Any]) -> None:
    sandbox, client = opened(dialect="classic")
    (prompt_id,) = sandbox.create_many([classic])
    client.post(f"/prompts/{prompt_id}", data=form(client, prompt_id, **{"role-0": "developer", "text-0": "New"}))
    record = sandbox.record(prompt_id)
    assert record.dialect == "prompt_config"
    assert record.block == {
        **classic["prompt_config"],
        "messages": [{"role": "developer", "content": "New"}],
    }


def test_delete_asks_first(page: Any) -> None:
    sandbox, client, prompt_id = page
    text = client.get(f"/prompts/{prompt_id}/delete").text
    assert len(sandbox.prompts()) == 1
    response = client.post(f"/prompts/{prompt_id}/delete", data={"token": token(text)})
    assert (response.status_code, response.headers["Location"]) == (303, f"/?deleted={prompt_id}")
    assert sandbox.prompts() == []
    assert f"Deleted {prompt_id}." in client.get(response.headers["Location"]).text


def test_only_what_is_gone_is_said_to_be_deleted(page: Any) -> None:
    _, client, prompt_id = page
    assert "Deleted" not in client.get("/", params={"deleted": prompt_id}).text


@pytest.mark.parametrize("given", ["", "wrong", "ü"])
def test_a_form_without_the_token_changes_nothing(page: Any, given: str) -> None:
    sandbox, client, prompt_id = page
    for url in (f"/prompts/{prompt_id}", f"/prompts/{prompt_id}/delete", "/new"):
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
