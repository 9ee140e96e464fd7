"""What the `/v2/prompts` API promises, judged from outside: the same tests for the sandbox and for any other host.

The sandbox is judged in each run, over real HTTP, as today's service and as the classic one. Another host joins when
the environment names it; what is made there has names of its own and is deleted again:

    PROMPTSYNC_CONTRACT_URL      https://api.orq.ai
    PROMPTSYNC_CONTRACT_KEY      a key for it
    PROMPTSYNC_CONTRACT_PATH     where prompts may be made; default `Default/Prompts`
    PROMPTSYNC_CONTRACT_DIALECT  `current` (default) or `classic`

Only what is documented is asserted here. What is UNKNOWN of the service stands in tests/sandbox, as switches.
"""

from __future__ import annotations

import os
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from promptsync.sandbox import Behaviour, Sandbox, serve
from promptsync.sandbox.validation import document

if TYPE_CHECKING:
    from collections.abc import Iterator

# The product documents' create payload, name and path aside.
DOCUMENTS_BLOCK = {
    "model_parameters": {
        "responseFormat": None,
        "temperature": 1,
        "maxTokens": 256,
        "topP": 0.7,
        "frequencyPenalty": 0,
        "presencePenalty": 0,
    },
    "model": "openai/gpt-4o",
    "model_type": "vision",
    "provider": "openai",
    "messages": [{"role": "system", "content": "You are a helpful assistant"}],
}
CURRENT_BLOCK = {
    "model": "openai/gpt-4o",
    "temperature": 0.7,
    "max_tokens": 1000,
    "messages": [
        {"role": "system", "content": "You are a helpful assistant"},
        {"role": "user", "content": "What is the weather in {{city}}?"},
    ],
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")


@dataclass
class Host:
    """A service under judgement, and what has been made there."""

    client: httpx.Client
    dialect: str
    path: str
    made: list[str] = field(default_factory=list)

    @property
    def block(self) -> str:
        return "prompt_config" if self.dialect == "classic" else "prompt"

    def body(self, **changes: Any) -> dict[str, Any]:
        block = DOCUMENTS_BLOCK if self.dialect == "classic" else CURRENT_BLOCK
        name = f"promptsync-contract-{uuid.uuid4().hex}"
        return {
            "display_name": name,
            "path": self.path,
            "description": "Prompt Description",
            "metadata": {"language": "English"},
            self.block: block,
            **changes,
        }

    def post(self, body: Any) -> httpx.Response:
        response = self.client.post("/v2/prompts", json=body)
        if response.status_code == 200:
            self.made.append(response.json()["_id"])
        return response

    def create(self, **changes: Any) -> dict[str, Any]:
        response = self.post(self.body(**changes))
        assert response.status_code == 200, response.text
        entity: dict[str, Any] = response.json()
        return entity

    def get(self, path: str, **query: Any) -> Any:
        response = self.client.get(f"/v2/prompts{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def patch(self, prompt_id: str, body: Any) -> httpx.Response:
        return self.client.patch(f"/v2/prompts/{prompt_id}", json=body)

    def delete(self, prompt_id: str) -> httpx.Response:
        return self.client.delete(f"/v2/prompts/{prompt_id}")


URL, KEY = os.environ.get("PROMPTSYNC_CONTRACT_URL", ""), os.environ.get("PROMPTSYNC_CONTRACT_KEY", "")


@pytest.fixture(params=["current", "classic", *(["other"] if URL and KEY else [])])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    if request.param == "other":
        dialect = os.environ.get("PROMPTSYNC_CONTRACT_DIALECT", "current")
        path = os.environ.get("PROMPTSYNC_CONTRACT_PATH", "Default/Prompts")
        yield from judged(URL, KEY, dialect, path)
        return
    with Sandbox(behaviour=Behaviour(dialect=request.param)) as sandbox, serve(sandbox) as server:
        yield from judged(server.url, "any", request.param, "Default/Prompts")


def judged(url: str, key: str, dialect: str, path: str) -> Iterator[Host]:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        host = Host(client, dialect, path)
        try:
            yield host
        finally:
            for prompt_id in host.made:
                host.delete(prompt_id)


def assert_shape(value: dict[str, Any], shape: str, dialect: str) -> None:
    """By the published OpenAPI document; the classic service answers no `prompt`."""
    components = document()["components"]
    schema = {"$ref": f"#/components/schemas/{shape}", "components": components}
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(value)]
    if dialect == "classic":
        errors.remove("'prompt' is a required property")
        assert "prompt_config" in value
    assert errors == []


def test_create_answers_the_whole_entity(host: Host) -> None:
    body = host.body()
    entity = host.post(body).json()
    assert_shape(entity, "Prompt", host.dialect)
    assert entity["display_name"] == body["display_name"]
    assert entity["description"] == "Prompt Description"
    assert entity["metadata"]["language"] == "English"
    assert entity["type"] == "prompt"
    assert TIME.fullmatch(entity["created"])
    assert TIME.fullmatch(entity["updated"])
    block = entity[host.block]
    assert block["version"]
    assert block["messages"] == body[host.block]["messages"]
    assert "path" not in entity


def test_create_with_the_documents_payload(host: Host) -> None:
    if host.dialect != "classic":
        pytest.skip("the documents' payload is of the classic dialect")
    entity = host.create()
    # The documents' answer, field for field, but for what differs each time.
    config = dict(entity["prompt_config"])
    assert re.fullmatch("[a-z0-9]{16}", config.pop("version"))
    assert config == DOCUMENTS_BLOCK
    assert entity["metadata"] == {"language": "English"}
    assert entity["created_by_id"] is None
    assert entity["updated_by_id"] is None
    assert set(entity) == {
        "display_name",
        "description",
        "prompt_config",
        "metadata",
        "_id",
        "type",
        "owner",
        "domain_id",
        "created",
        "updated",
        "created_by_id",
        "updated_by_id",
    }


def test_retrieve_of_the_documents_prompt(host: Host) -> None:
    if host.dialect != "classic":
        pytest.skip("the documents' prompt is of the classic dialect")
    entity = host.get(f"/{host.create()['_id']}")
    config = entity["prompt_config"]
    assert (config["model"], config["provider"], config["model_type"]) == ("gpt-4o", "openai", "vision")
    assert config["model_parameters"] == DOCUMENTS_BLOCK["model_parameters"]
    assert {"model_db_id", "integration_id", "version"} <= set(config)
    assert {"use_cases", "language"} <= set(entity["metadata"])


def test_retrieve_gives_what_was_created(host: Host) -> None:
    created = host.create()
    entity = host.get(f"/{created['_id']}")
    assert_shape(entity, "Prompt", host.dialect)
    for name in ("_id", "display_name", "description", "created", "updated", "owner", "domain_id"):
        assert entity[name] == created[name]
    assert entity[host.block]["version"] == created[host.block]["version"]
    assert entity[host.block]["messages"] == created[host.block]["messages"]


def test_the_current_dialect_answers_both_blocks(host: Host) -> None:
    if host.dialect == "classic":
        pytest.skip("the classic dialect answers one")
    entity = host.create()
    assert entity["prompt"]["model"] == "openai/gpt-4o"
    assert entity["prompt"]["temperature"] == 0.7
    assert entity["prompt_config"]["messages"] == CURRENT_BLOCK["messages"]


def test_two_prompts_may_bear_one_name(host: Host) -> None:
    first = host.create()
    second = host.create(display_name=first["display_name"])
    assert first["_id"] != second["_id"]


@pytest.mark.parametrize(
    "broken",
    [
        {"display_name": None},
        {"display_name": "x" * 129},
        {"display_name": 7},
        {"path": None},
        {"description": 7},
        {"metadata": "English"},
    ],
    ids=str,
)
def test_create_refuses_what_is_wrong(host: Host, broken: dict[str, Any]) -> None:
    body = {name: value for name, value in host.body(**broken).items() if value is not None}
    response = host.post(body)
    assert 400 <= response.status_code < 500, response.text


def test_create_refuses_a_body_without_a_block(host: Host) -> None:
    body = host.body()
    del body[host.block]
    assert host.post(body).status_code == 400


@pytest.mark.parametrize(
    "block", [{}, {"messages": "Hi"}, {"messages": [{"role": "nobody", "content": "Hi"}]}], ids=str
)
def test_create_refuses_a_wrong_block(host: Host, block: dict[str, Any]) -> None:
    assert host.post(host.body(**{host.block: block})).status_code == 400


def test_create_refuses_what_is_no_json(host: Host) -> None:
    response = host.client.post(
        "/v2/prompts", content=b"display_name: no", headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 400


def test_no_key_is_401(host: Host) -> None:
    del host.client.headers["Authorization"]
    response = host.client.get("/v2/prompts")
    assert response.status_code == 401
    assert isinstance(response.json()["message"], str)


@pytest.mark.parametrize("call", ["GET", "PATCH", "DELETE"])
def test_an_unknown_prompt_is_404(host: Host, call: str) -> None:
    content = {"json": {"display_name": "x"}} if call == "PATCH" else {}
    response = host.client.request(call, "/v2/prompts/01ARZ3NDEKTSV4RRFFQ69G5FAV", **content)
    assert response.status_code == 404
    assert isinstance(response.json()["message"], str)


def test_update_changes_what_is_sent_and_keeps_the_id(host: Host) -> None:
    created = host.create()
    messages = [{"role": "user", "content": "Hello!"}]
    sent = {"display_name": f"{created['display_name']}-2", "metadata": {}, host.block: {"messages": messages}}
    response = host.patch(created["_id"], sent)
    assert response.status_code == 200, response.text
    entity = response.json()
    assert_shape(entity, "Prompt", host.dialect)
    assert entity["_id"] == created["_id"]
    assert entity["display_name"] == sent["display_name"]
    assert entity["description"] == "Prompt Description"
    assert entity[host.block]["messages"] == messages
    assert entity[host.block]["version"] != created[host.block]["version"]
    assert host.get(f"/{created['_id']}")[host.block]["messages"] == messages


def test_update_refuses_what_is_wrong(host: Host) -> None:
    created = host.create()
    assert host.patch(created["_id"], {"display_name": "x" * 129}).status_code == 400
    assert host.patch(created["_id"], {host.block: {"messages": "Hi"}}).status_code == 400
    assert host.get(f"/{created['_id']}")["display_name"] == created["display_name"]


def test_delete_takes_the_prompt_and_its_versions_away(host: Host) -> None:
    prompt_id = host.create()["_id"]
    response = host.delete(prompt_id)
    assert response.status_code == 200
    assert host.client.get(f"/v2/prompts/{prompt_id}").status_code == 404
    assert host.client.get(f"/v2/prompts/{prompt_id}/versions").status_code in (200, 404)
    assert host.delete(prompt_id).status_code == 404


def test_list_is_newest_first_and_of_whole_entities(host: Host) -> None:
    ids = [host.create()["_id"] for _ in range(3)]
    page = host.get("", limit=3)
    assert page["object"] == "list"
    assert [each["_id"] for each in page["data"]] == ids[::-1]
    for entity in page["data"]:
        assert_shape(entity, "Prompt", host.dialect)
    assert page["data"][0] == host.get(f"/{ids[2]}")


def test_list_is_paged_by_ids(host: Host) -> None:
    ids = [host.create()["_id"] for _ in range(4)][::-1]
    first = host.get("", limit=2)
    assert [each["_id"] for each in first["data"]] == ids[:2]
    assert first["has_more"] is True
    second = host.get("", limit=2, starting_after=ids[1])
    assert [each["_id"] for each in second["data"]] == ids[2:]
    back = host.get("", limit=2, ending_before=ids[2])
    assert [each["_id"] for each in back["data"]] == ids[:2]


@pytest.mark.parametrize("limit", ["0", "-1", "201", "many"])
def test_list_refuses_a_wrong_limit(host: Host, limit: str) -> None:
    assert host.client.get("/v2/prompts", params={"limit": limit}).status_code == 400


def test_versions_are_newest_first(host: Host) -> None:
    created = host.create()
    prompt_id = created["_id"]
    newer = host.patch(prompt_id, {host.block: {"messages": [{"role": "user", "content": "Hello!"}]}}).json()
    page = host.get(f"/{prompt_id}/versions")
    assert page["object"] == "list"
    assert page["has_more"] is False
    assert len(page["data"]) == 2
    for item in page["data"]:
        assert_shape(item, "PromptVersion", host.dialect)
        assert "display_name" not in item
        assert TIME.fullmatch(item["timestamp"])
    versions = [item[host.block]["version"] for item in page["data"]]
    assert versions == [newer[host.block]["version"], created[host.block]["version"]]
    assert page["data"][1][host.block]["messages"] == created[host.block]["messages"]


def test_versions_are_paged(host: Host) -> None:
    prompt_id = host.create()["_id"]
    for number in range(2):
        host.patch(prompt_id, {host.block: {"messages": [{"role": "user", "content": f"Hello {number}"}]}})
    ids = [item["_id"] for item in host.get(f"/{prompt_id}/versions")["data"]]
    page = host.get(f"/{prompt_id}/versions", limit=2)
    assert [item["_id"] for item in page["data"]] == ids[:2]
    assert page["has_more"] is True
    rest = host.get(f"/{prompt_id}/versions", limit=2, starting_after=ids[1])
    assert [item["_id"] for item in rest["data"]] == ids[2:]
    assert rest["has_more"] is False


def test_one_version(host: Host) -> None:
    prompt_id = host.create()["_id"]
    host.patch(prompt_id, {host.block: {"messages": [{"role": "user", "content": "Hello!"}]}})
    oldest = host.get(f"/{prompt_id}/versions")["data"][-1]
    assert host.get(f"/{prompt_id}/versions/{oldest['_id']}") == oldest
    response = host.client.get(f"/v2/prompts/{prompt_id}/versions/0000000000000000")
    assert response.status_code == 404
