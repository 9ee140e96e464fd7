"""The schema that editors show: it takes and refuses what the check does, and says of each field what it is for."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from promptsync.model.json_schema import as_text, defaults_schema, modeline, prompt_schema
from promptsync.model.schema import check, check_shared
from tests.model.test_schema import classic, current, errors, mutated
from tests.strategies import documents

SCHEMA = prompt_schema()
EDITOR = Draft7Validator(SCHEMA)


def shapes() -> dict[str, dict[str, Any]]:
    """Every mapping that a file may hold, by its name."""
    return {"File": SCHEMA, **SCHEMA["definitions"]}


def test_it_is_a_schema_of_draft_07() -> None:
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(SCHEMA)
    assert "$defs" not in as_text(SCHEMA)
    assert json.loads(as_text(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("name", shapes())
def test_every_field_says_what_it_is_for(name: str) -> None:
    fields = shapes()[name]["properties"]
    assert fields
    assert [field for field, schema in fields.items() if not schema.get("description")] == []


def test_the_words_are_those_of_the_service() -> None:
    fields = SCHEMA["definitions"]["CurrentBlock"]["properties"]
    assert fields["top_k"]["description"] == (
        "Limits the model to consider only the top k most likely tokens at each step."
    )
    classic = SCHEMA["definitions"]["ModelParameters"]["properties"]
    assert classic["numImages"]["description"] == "Only supported on `image` models."


def test_where_a_list_grows_its_words_are_suggestions() -> None:
    provider = SCHEMA["definitions"]["ClassicBlock"]["properties"]["provider"]
    assert "openai" in provider["anyOf"][0]["enum"]
    assert {"type": "string"} in provider["anyOf"]
    assert "openai/gpt-4o" in json.dumps(SCHEMA["definitions"]["CurrentBlock"]["properties"]["model"])


@given(documents())
def test_it_takes_what_the_check_takes(document: dict[str, Any]) -> None:
    assert check(document) == []
    assert list(EDITOR.iter_errors(document)) == []


@given(documents(), st.data())
def test_it_refuses_what_the_check_refuses(document: dict[str, Any], data: st.DataObject) -> None:
    document = mutated(document, data)
    assert EDITOR.is_valid(document) == (errors(document) == []), errors(document)


def test_a_name_is_blank_to_it_where_it_is_to_the_check() -> None:
    fields = SCHEMA["properties"]["display_name"]
    blank = "".join(filter(str.isspace, map(chr, range(sys.maxunicode))))
    assert len(blank) > 20
    assert not Draft7Validator(fields).is_valid(blank)
    assert all(Draft7Validator(fields).is_valid(f"{blank}{char}") for char in "x0\u200b\ufeff")


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        (current(), True),
        (classic(), True),
        ({**current(), **classic()}, False),
        ({}, False),
        (current(temprature=1), False),
        (current(reasoning_effort="gigantic"), True),
        ({"prompt": {"messages": [{"role": "user", "content_file": "a.md"}]}}, True),
        ({"prompt": {"messages": [{"role": "user", "content_file": "a.md", "content": "x"}]}}, False),
        ({**current(), "protected": True}, True),
        (current(plugins=[{"id": "pii_redaction", "language": "nl"}]), True),
        (current(response_format={"type": "json_object"}), True),
        (current(response_format={"type": "json_schema"}), False),
        (classic(model_parameters={"responseFormat": {"type": "json_schema"}}), False),
        (current(thinking={"type": "adaptive"}), True),
        (current(thinking={"type": "of tomorrow", "with": "more"}), True),
        (current(load_balancer={"type": 3}), False),
        ({**current(), "display_name": " "}, False),
        ({**current(), "display_name": "x" * 129}, False),
        (current(thinking={"type": "enabled"}), False),
    ],
)
def test_it_knows_our_own_keys(document: Any, valid: bool) -> None:
    assert EDITOR.is_valid(document) is valid
    assert (errors(document) == []) is valid


@pytest.mark.parametrize(
    ("field", "document"),
    [
        ("new_thing", {**current(), "new_thing": 1}),
        ("prompt.new_thing", current(new_thing={"any": ["thing"]})),
        ("prompt.messages.new_thing", {"prompt": {"messages": [{"role": "tool", "new_thing": 1} for _ in "ab"]}}),
        ("prompt.cache_control.new_thing", current(cache_control={"type": "ephemeral", "new_thing": None})),
        ("prompt_config.model_parameters.new_thing", classic(model_parameters={"new_thing": "x"})),
    ],
)
def test_what_the_configuration_lets_through_it_lets_through_there_alone(field: str, document: Any) -> None:
    for message in document.get("prompt", {}).get("messages", []):
        message |= {"tool_call_id": "x", "content": "x"} if message["role"] == "tool" else {}
    opened = Draft7Validator(prompt_schema([field]))

    assert not EDITOR.is_valid(document)
    assert opened.is_valid(document)
    assert errors(document, allow_fields=[field]) == []
    elsewhere = {"prompt": {"messages": [], "retry": {"new_thing": 1}}}
    assert not opened.is_valid(elsewhere)


def test_editors_find_it_by_a_comment() -> None:
    assert modeline(SCHEMA["$id"]) == (
        "# yaml-language-server: $schema="
        "https://raw.githubusercontent.com/promptsync/promptsync/v0/docs/schema/prompt.json\n"
    )


SHARED = Draft7Validator(defaults_schema())


def shared(document: dict[str, Any]) -> dict[str, Any]:
    """What of a prompt file may stand in the defaults of a folder."""
    document = {name: value for name, value in document.items() if name != "display_name"}
    for name in ("prompt", "prompt_config"):
        if name in document:
            document[name] = {field: value for field, value in document[name].items() if field != "messages"}
    return document


@given(documents(), st.data())
def test_the_schema_of_defaults_takes_what_the_check_takes(document: dict[str, Any], data: st.DataObject) -> None:
    document = shared(document)
    block = document.get("prompt") or document.get("prompt_config") or {}
    for name in data.draw(st.sets(st.sampled_from(sorted(block)))) if block else ():
        block[name] = None
    assert check_shared(document) == []
    assert list(SHARED.iter_errors(document)) == []


@pytest.mark.parametrize(
    "document",
    [
        {"display_name": "x"},
        {"prompt": {"messages": []}},
        {"prompt": {"temprature": 1}},
        {"prompt": {"temperature": 3}},
        {"prompt": {"thinking": {"type": "enabled", "budget_tokens": "many"}}},
        {"prompt_config": {"model_parameters": {"temperature": "x"}}},
        {"metadata": 3},
        {"protected": 1},
        [],
    ],
)
def test_what_cannot_be_shared_is_refused_by_schema_and_check(document: Any) -> None:
    assert check_shared(document)
    assert not SHARED.is_valid(document)


def test_of_a_part_the_rest_may_be_missing() -> None:
    document = {"prompt": {"thinking": {"budget_tokens": 9}, "response_format": {"json_schema": {"strict": True}}}}
    assert check_shared(document) == []
    assert SHARED.is_valid(document)
