from __future__ import annotations

from typing import Any

import pytest

from promptsync.sandbox import Behaviour
from promptsync.sandbox.errors import BadRequest
from promptsync.sandbox.validation import check_body, cursors, page_size, parse_body

MESSAGES = [{"role": "user", "content": "Hi"}]


def created(block: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {"display_name": "A", "path": "Default", "prompt": {"messages": MESSAGES, **(block or {})}, **fields}


@pytest.mark.parametrize(
    "block",
    [
        {},
        {"model": "openai/gpt-4o", "temperature": 2, "top_p": 0, "max_tokens": None, "stop": None},
        {"stop": ["a", "b", "c", "d"], "thinking": {"type": "adaptive"}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}},
        {"messages": [{"role": "tool", "content": "x", "tool_call_id": None}]},
        {"plugins": [{"id": "pii_redaction", "language": "nl"}], "cache": {"type": "exact_match"}},
        {"a_field_of_tomorrow": {"x": 1}},
    ],
    ids=str,
)
def test_what_the_document_allows(block: dict[str, Any]) -> None:
    body = created(block)
    assert check_body("create", body, Behaviour()) == body


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "body: display_name, prompt, path required"),
        (created(display_name="x" * 129), "display_name: must be at most 128 characters"),
        (created(description=7), "description: expected string or null, received number"),
        (created(path="/"), "path: must name a project"),
        (created(metadata=None), "metadata: expected object, received null"),
        (created({"messages": None}), "prompt.messages: expected array, received null"),
        (created({"temperature": 2.1}), "prompt.temperature: maximum 2 not met"),
        (created({"max_tokens": 1.5}), "prompt.max_tokens: expected integer or null, received number"),
        (created({"temperature": True}), "prompt.temperature: expected number or null, received boolean"),
        (created({"thinking": None}), "prompt.thinking: expected object, received null"),
        (
            created({"messages": [{"role": "developer", "content": "x"}]}),
            "prompt.messages[0].role: expected one of system, user, assistant, tool",
        ),
        (
            created({"messages": [{"role": "user", "content": [{"type": "text"}]}]}),
            "prompt.messages[0].content[0]: text required",
        ),
        (
            created({"thinking": {"type": "enabled"}}),
            "prompt.thinking: budget_tokens required",
        ),
        (created({"stop": list("abcde")}), "prompt.stop: maxItems 4 not met"),
    ],
)
def test_what_the_document_refuses(body: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest) as error:
        check_body("create", body, Behaviour())
    assert error.value.message == message


def test_an_update_needs_nothing() -> None:
    assert check_body("update", {}, Behaviour()) == {}
    assert check_body("update", {"prompt": {}}, Behaviour()) == {"prompt": {}}
    assert check_body("update", {"prompt": {"model": None}}, Behaviour()) == {"prompt": {"model": None}}


def test_a_long_text_is_not_repeated_in_the_error() -> None:
    with pytest.raises(BadRequest) as error:
        check_body("create", created({"messages": [{"role": "user", "content": {"a": "x" * 9999}}]}), Behaviour())
    assert len(error.value.message) <= 300
    assert "xxx" not in error.value.message


CONFIG = {"messages": [{"role": "expected_output", "content": None}], "provider": "of-tomorrow", "model_type": "ocr"}


@pytest.mark.parametrize("dialect", ["classic", "both"])
def test_the_classic_shape_has_open_lists(dialect: Any) -> None:
    body = {"display_name": "A", "path": "D", "prompt_config": CONFIG, "metadata": {"use_cases": ["New"]}}
    assert check_body("create", body, Behaviour(dialect=dialect)) == body


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "prompt_config: messages required"),
        (
            {**CONFIG, "model_parameters": {"temperature": None}},
            "prompt_config.model_parameters.temperature: expected number, received null",
        ),
        ({"messages": [{"role": "system"}]}, "prompt_config.messages[0]: content required"),
    ],
)
def test_the_classic_shape_is_a_shape(config: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest) as error:
        check_body("update", {"prompt_config": config}, Behaviour(dialect="classic"))
    assert error.value.message == message


@pytest.mark.parametrize(
    ("dialect", "own", "foreign"), [("current", "prompt", "prompt_config"), ("classic", "prompt_config", "prompt")]
)
def test_the_other_dialects_block(dialect: Any, own: str, foreign: str) -> None:
    alone: dict[str, Any] = {"display_name": "A", "path": "D", foreign: {"messages": MESSAGES}}
    refusing, ignoring = Behaviour(dialect=dialect), Behaviour(dialect=dialect, foreign="ignore")
    for operation in ("create", "update"):
        with pytest.raises(BadRequest) as error:
            check_body(operation, alone, refusing)  # type: ignore[arg-type]
        assert error.value.message == f"{own}: Required; {foreign} is not accepted"
    without = {"display_name": "A", "path": "D"}
    assert check_body("update", alone, ignoring) == without
    assert check_body("create", alone, ignoring) == {**without, own: {"messages": []}}
    both = {**alone, own: {"messages": MESSAGES}}
    assert check_body("create", both, refusing) == {**without, own: {"messages": MESSAGES}}


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff", b'{"a": NaN}', b'{"a": "\\ud800"}', b"[" * 100_000, b"[]", b"null"]
)
def test_bodies_that_are_none(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_body(raw)


def test_page_size() -> None:
    assert page_size({}, Behaviour()) == 10
    assert page_size({"limit": "200"}, Behaviour()) == 200
    # As SDK 3.8 writes it.
    assert page_size({"limit": "10.0"}, Behaviour()) == 10
    for text in ("", "0", "201", "1.5", "x", "٣", "1" * 5000):
        with pytest.raises(BadRequest):
            page_size({"limit": text}, Behaviour())
    with pytest.raises(BadRequest, match="from 1 to 50"):
        page_size({"limit": "51"}, Behaviour(max_page=50))


def test_cursors_exclude_each_other() -> None:
    assert cursors({"starting_after": "a"}) == ("a", None)
    assert cursors({"ending_before": "b", "starting_after": ""}) == (None, "b")
    with pytest.raises(BadRequest):
        cursors({"starting_after": "a", "ending_before": "b"})


def test_a_null_inside_an_object_takes_a_field_away_where_objects_are_merged_at_every_depth() -> None:
    body = {"prompt_config": {"model_parameters": {"topP": None}, "messages": MESSAGES}}
    assert check_body("update", body, Behaviour(dialect="classic", patch="deep")) == body
    for patch in ("merge", "replace"):
        with pytest.raises(BadRequest, match="topP"):
            check_body("update", body, Behaviour(dialect="classic", patch=patch))
    with pytest.raises(BadRequest, match="thinking"):
        check_body("update", {"prompt": {"thinking": None}}, Behaviour(patch="deep"))
