"""The two product documents, taken at their word: what they send is sent, and what they answer is no difference."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from promptsync.sandbox import Behaviour
from tests.documents import CREATED, CURL, RETRIEVED, SDK, SENT
from tests.serving import command_served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.world import World

MY_PROMPT = """\
display_name: MyPrompt
description: Prompt Description
metadata:
  language: English
prompt_config:
  model_parameters:
    responseFormat: null
    temperature: 1
    maxTokens: 256
    topP: 0.7
    frequencyPenalty: 0
    presencePenalty: 0
  model: openai/gpt-4o
  model_type: vision
  provider: openai
  messages:
    - role: system
      content: You are a helpful assistant
"""


def test_the_default_server_takes_the_documents_two_calls_as_printed(tmp_path: Path) -> None:
    headers = {
        "accept": "application/json",
        "authorization": "Bearer ORQ_API_KEY",
        "content-type": "application/json",
    }
    with command_served(tmp_path / "prompts") as url, httpx.Client(base_url=url, headers=headers) as client:
        for body in (CURL, SDK):
            created = client.post("/v2/prompts", content=body)
            assert created.status_code == 200, created.text
            assert shape(created.json()) == {**shape(CREATED), "prompt": {}}
            retrieved = client.get(f"/v2/prompts/{created.json()['_id']}").json()
            # The prompt that the document retrieves has no description.
            assert shape(retrieved) == {**shape(RETRIEVED), "prompt": {}, "description": {}}
            # As today's service: the block of the current dialect stands beside what was sent.
            assert retrieved["prompt"]["model"] == "openai/gpt-4o"
            assert retrieved["prompt_config"]["model"] == "gpt-4o"


def test_a_server_of_one_dialect_takes_that_one(tmp_path: Path) -> None:
    with command_served(tmp_path / "prompts", "--dialect", "current") as url:
        refused = httpx.post(f"{url}/v2/prompts", content=CURL, headers={"authorization": "Bearer any"})
        assert refused.json() == {"message": "prompt: Required; prompt_config is not accepted"}


def shape(entity: dict[str, Any]) -> dict[str, Any]:
    """The fields of an answer, and those of its classic block."""
    return {name: set(value) if name == "prompt_config" else {} for name, value in entity.items()}


def as_retrieved(entity: dict[str, Any]) -> dict[str, Any]:
    """The documents' retrieve answer for whatever is held."""
    return RETRIEVED


def as_created_then_retrieved(entity: dict[str, Any]) -> dict[str, Any]:
    """The documents' answers to both calls; the sandbox answers `use_cases` to all but a POST.

    The documents retrieve a prompt that someone edited after their create. Here no one did, so the words and the use
    cases are those of the create, and the rest is as printed.
    """
    if "use_cases" not in entity["metadata"]:
        return {**CREATED, "_id": entity["_id"]}
    block = {**RETRIEVED["prompt_config"], "messages": CREATED["prompt_config"]["messages"]}
    metadata = {"use_cases": [], "language": "English"}
    told = {"prompt_config": block, "metadata": metadata, "description": "Prompt Description"}
    return {**RETRIEVED, **told, "_id": entity["_id"]}


@pytest.mark.parametrize(
    "behaviour", [Behaviour(dialect="classic"), Behaviour(dialect="both")], ids=["classic", "both"]
)
def test_the_create_payload_arrives_value_for_value(world: World) -> None:
    world.write("Default/Prompts/MyPrompt", MY_PROMPT)
    assert world.apply().code == 0
    # As JSON text, so that 1 is not 1.0 and null is not left out.
    (sent,) = world.sent("POST")
    assert json.dumps(sent, sort_keys=True) == json.dumps(SENT, sort_keys=True)


@pytest.mark.parametrize("behaviour", [Behaviour(dialect="classic", rewriter=as_retrieved)])
def test_what_a_retrieve_answers_is_no_difference(world: World) -> None:
    """`gpt-4o`, and `model_db_id`, `integration_id: null`, `use_cases` and `version` that no one sent."""
    world.write(
        "Default/Prompts/MyPrompt",
        MY_PROMPT.replace("helpful", "useful").replace("description: Prompt Description\n", ""),
    )
    applied = world.apply()
    assert applied.code == 0, applied.out
    assert world.lock["prompts"]["Default/Prompts/MyPrompt"]["id"] == "PROMPT_ID"
    assert world.lock["prompts"]["Default/Prompts/MyPrompt"]["version"] == "05wlf2wpw1z83cxz"
    planned = world.plan()
    assert planned.code == 0
    assert planned.out.endswith("No changes. 1 prompt is as its file says.\n")


@pytest.mark.parametrize("behaviour", [Behaviour(dialect="classic", rewriter=as_created_then_retrieved)])
def test_a_create_and_a_retrieve_that_answer_differently_are_no_difference(world: World) -> None:
    world.write("Default/Prompts/MyPrompt", MY_PROMPT)
    assert world.apply().code == 0
    planned = world.plan()
    assert (planned.code, world.actions()) == (0, {}), planned.out
    assert world.apply().code == 0
    # The entry has the version of the retrieve from now on, so there is nothing left to say.
    assert world.plan().out.endswith("No changes. 1 prompt is as its file says.\n")
    assert [method for method, _ in world.writes] == ["POST"]


def as_edited(entity: dict[str, Any]) -> dict[str, Any]:
    """The documents' answers, under an id that the sandbox knows again."""
    return {**(CREATED if "use_cases" not in entity["metadata"] else RETRIEVED), "_id": entity["_id"]}


@pytest.mark.parametrize("behaviour", [Behaviour(dialect="classic", rewriter=as_edited)])
def test_what_someone_edited_between_the_documents_calls_is_drift(world: World) -> None:
    """Word for word, the documents fetch another text, no description and other use cases than they sent."""
    world.write("Default/Prompts/MyPrompt", MY_PROMPT)
    world.apply()
    planned = world.plan_json("--detailed-exitcode")
    (change,) = planned["changes"]
    assert (change["action"], [item["field"] for item in change["diff"]]) == (
        "drift",
        ["metadata.use_cases", "prompt_config.messages[0].content", "description"],
    )
