from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from promptsync.sandbox.editing import ROLES, BrokenField, edited, fields, messages, settings
from promptsync.sandbox.validation import document
from tests.strategies import classic_blocks, current_blocks


def as_shown(block: dict[str, Any]) -> dict[str, str]:
    """The form as it is before anyone types, with line ends as in a text area."""
    shown = [settings(block), *(field for at, each in enumerate(messages(block)) for field in fields(at, each))]
    return {field.name: field.value.replace("\r\n", "\n").replace("\r", "\n") for field in shown}


@given(current_blocks() | classic_blocks())
def test_what_is_not_edited_stays(block: dict[str, Any]) -> None:
    assert edited(block, as_shown(block)) == block


def test_a_text_is_text_and_the_rest_is_json() -> None:
    message = {
        "role": "user",
        "content": [{"type": "text", "text": "a\nb", "cache_control": {"type": "ephemeral"}}, {"type": "refusal"}],
        "name": "x",
    }
    form = as_shown({"messages": [message]})
    assert form == {
        "settings": "{}",
        "text-0-0": "a\nb",
        "text-0-1": '{\n  "type": "refusal"\n}',
        "more-0": '{\n  "name": "x"\n}',
    }
    form |= {"text-0-0": "c", "more-0": '{"name": "y"}', "role-0": "assistant"}
    assert edited({"messages": [message]}, form)["messages"] == [
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "c", "cache_control": {"type": "ephemeral"}}, {"type": "refusal"}],
            "name": "y",
        }
    ]


def test_what_is_taken_out_of_the_json_is_gone() -> None:
    block = {"model": "m", "seed": 1, "messages": [{"role": "user", "content": "a", "name": "x"}]}
    form = as_shown(block) | {"settings": '{"model": "m"}', "more-0": "{}"}
    assert edited(block, form) == {"model": "m", "messages": [{"role": "user", "content": "a"}]}


def test_a_broken_field_is_named() -> None:
    message = {"role": "user", "content": [{"type": "file", "file": {}}]}
    with pytest.raises(BrokenField, match="Part 1 of message 1: line 1, column 2: ") as caught:
        edited({"messages": [message]}, {"text-0-0": "{"})
    assert caught.value.name == "text-0-0"


def test_the_roles_are_those_of_the_document() -> None:
    shapes = document()["components"]["schemas"]
    current = shapes["UpdatePromptRequest"]["properties"]["prompt"]["properties"]["messages"]["items"]["oneOf"]
    assert ROLES["prompt"] == tuple(each["properties"]["role"]["enum"][0] for each in current)
    classic = shapes["ClassicPromptConfig"]["properties"]["messages"]["items"]
    assert set(ROLES["prompt_config"]) == set(classic["properties"]["role"]["enum"])
