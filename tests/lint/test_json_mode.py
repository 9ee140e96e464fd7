"""json-mode: JSON that only the service is asked for."""

from __future__ import annotations

import pytest

from tests.lint.findings import in_block


def asked(content: object, **block: object) -> int:
    messages = [{"role": "user", "content": content}]
    return len(in_block("json-mode", {"messages": messages, **block}))


CURRENT = {"response_format": {"type": "json_object"}}
CLASSIC = {"model_parameters": {"responseFormat": {"type": "json_object"}}}


@pytest.mark.parametrize("block", [CURRENT, CLASSIC])
def test_json_is_asked_for_in_a_message(block: dict[str, object]) -> None:
    assert asked("Give me a name.", **block) == 1
    assert asked([{"type": "text", "text": "Give me a name."}], **block) == 1
    assert asked("Give me a name as json.", **block) == 0
    assert asked([{"type": "text", "text": "Answer in JSON."}], **block) == 0


@pytest.mark.parametrize("text", ["{{skill.format}}", "{{snippet:format}}"])
def test_a_skill_may_say_it(text: str) -> None:
    assert asked(text, **CURRENT) == 0
    assert asked("{{format}}", **CURRENT) == 1


@pytest.mark.parametrize("form", [{"type": "text"}, {"type": "json_schema", "json_schema": {"name": "a"}}])
def test_only_json_mode_needs_it(form: dict[str, object]) -> None:
    assert asked("Hi", response_format=form) == 0
