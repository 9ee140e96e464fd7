"""The shapes of the fields, held against the service's OpenAPI document (a copy without its prose)."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from promptsync.model.prompt import CLASSIC, CURRENT, Dialect
from promptsync.model.schema import (
    ShapeProblem,
    check,
    file_fields,
    in_order,
    known_fields,
    list_fields,
    nullable_fields,
)
from promptsync.sandbox.validation import document
from tests.strategies import classic_blocks, current_blocks, documents

OPENAPI = document()
SHAPES = OPENAPI["components"]["schemas"]
UPDATE = SHAPES["UpdatePromptRequest"]["properties"]["prompt"]
CREATE = SHAPES["CreatePromptRequest"]["properties"]["prompt"]
ANSWERED = SHAPES["Prompt"]["properties"]["prompt_config"]
# Create and update agree but for `model`, which an update may set to null, and `messages`, which a create needs.
JUDGE = Draft202012Validator({**UPDATE, "required": ["messages"], "components": OPENAPI["components"]})
USER = {"role": "user", "content": "hi"}


def errors(document: Any, **options: Any) -> list[ShapeProblem]:
    return [problem for problem in check(document, **options) if problem.severity == "error"]


def only(document: Any) -> ShapeProblem:
    problems = check(document)
    assert len(problems) == 1, problems
    return problems[0]


def current(**fields: Any) -> dict[str, Any]:
    return {"prompt": {"messages": [USER], **fields}}


def classic(**fields: Any) -> dict[str, Any]:
    return {"prompt_config": {"messages": [USER], **fields}}


def or_let_through(meant: str, field: str) -> str:
    return f"{meant}{' Or' if meant.endswith('?') else ', or'} list `{field}` in allow_fields to send it as it is"


def takes_null(schema: dict[str, Any]) -> bool:
    return Draft202012Validator({**schema, "components": OPENAPI["components"]}).is_valid(None)


def test_the_fields_of_the_current_dialect_are_those_of_the_openapi_document() -> None:
    assert known_fields(CURRENT) == set(UPDATE["properties"]) == set(CREATE["properties"])


def test_the_fields_that_can_be_cleared_by_null_are_those_of_the_openapi_document() -> None:
    assert nullable_fields(CURRENT) == {name for name, schema in UPDATE["properties"].items() if takes_null(schema)}


def test_the_lists_are_those_of_the_openapi_document() -> None:
    lists = {
        name for name, schema in UPDATE["properties"].items() if schema.get("type") in ("array", ["array", "null"])
    }
    assert list_fields(CURRENT) == lists


def test_the_classic_fields_are_those_of_the_openapi_document() -> None:
    properties = ANSWERED["properties"]
    parameters = {f"model_parameters.{name}" for name in properties["model_parameters"]["properties"]}

    assert known_fields(CLASSIC) == (set(properties) - {"version"}) | parameters


def test_the_classic_fields_that_can_be_null_are_those_of_the_openapi_document() -> None:
    properties = ANSWERED["properties"]
    dotted = {f"model_parameters.{name}": s for name, s in properties["model_parameters"]["properties"].items()}

    nullable = {name for name, schema in {**properties, **dotted}.items() if takes_null(schema)}
    assert nullable_fields(CLASSIC) == nullable
    assert list_fields(CLASSIC) == {"messages"}


def bounded(schema: dict[str, Any], place: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str, Any]]:
    found = [
        (place, word, schema[word])
        for word in ("minimum", "maximum", "exclusiveMinimum", "minItems", "maxItems", "maxLength")
        if word in schema
    ]
    for name, inner in schema.get("properties", {}).items():
        found += bounded(inner, (*place, name))
    return found


def with_value(place: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A document with `value` at `place` in the block, and what must stand beside it."""
    beside: dict[str, Any] = {"cache": {"type": "exact_match"}}
    block: dict[str, Any] = {"messages": [USER]}
    holder = block
    for name in place[:-1]:
        holder = holder.setdefault(name, copy.deepcopy(beside.get(name, {})))
    holder[place[-1]] = value
    return {"prompt": block}


@pytest.mark.parametrize(
    ("place", "word", "bound"), [case for case in bounded(UPDATE) if case[1] in ("minimum", "maximum")]
)
def test_a_bound_is_held(place: tuple[str, ...], word: str, bound: float) -> None:
    beyond = bound - 1 if word == "minimum" else bound + 1
    assert errors(with_value(place, bound)) == []
    assert [problem.loc for problem in errors(with_value(place, beyond))] == [("prompt", *place)]


def test_the_table_of_bounds_is_not_empty() -> None:
    assert len(bounded(UPDATE)) > 10


@given(current_blocks())
def test_what_is_taken_here_is_taken_by_the_service(block: dict[str, Any]) -> None:
    assert check({"prompt": block}) == []
    assert list(JUDGE.iter_errors(block)) == []


ODD_VALUES = st.sampled_from(
    [None, True, 0, 1, -1, 3, 1.0, 1.5, 1e9, "x", "", "text", "user", [], {}, ["x"], [{}], [None], {"type": "text"}]
)


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [place] if place else []
    if isinstance(value, dict):
        for name, inner in value.items():
            found += places(inner, (*place, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += places(inner, (*place, index))
    return found


def mutated(block: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    block = copy.deepcopy(block)
    place = data.draw(st.sampled_from(places(block)))
    holder: Any = block
    for part in place[:-1]:
        holder = holder[part]
    if data.draw(st.booleans()):
        holder[place[-1]] = data.draw(ODD_VALUES)
    else:
        del holder[place[-1]]
    return block


@given(current_blocks(), st.data())
def test_a_changed_block_is_judged_as_by_the_service(block: dict[str, Any], data: st.DataObject) -> None:
    block = mutated(block, data)
    problems = check({"prompt": block})

    # Where a list is known to grow, or the service would drop a key in silence, we differ on purpose.
    if any(problem.severity == "warning" or problem.message.startswith("unknown key") for problem in problems):
        return
    assert (problems == []) == JUDGE.is_valid(block), problems


@given(documents(), st.data())
def test_no_data_makes_the_check_raise(document: dict[str, Any], data: st.DataObject) -> None:
    for _ in range(3):
        if places(document):
            document = mutated(document, data)
    for problem in check(document):
        assert problem.message
        assert all(isinstance(part, str | int) for part in problem.loc)


@pytest.mark.parametrize("document", [None, [], "x", 3, True, {}, {"prompt": None}, {"prompt": [], "prompt_config": 1}])
def test_what_is_no_prompt_at_all_is_refused(document: Any) -> None:
    assert errors(document)


@pytest.mark.parametrize(
    ("document", "loc", "message", "hint"),
    [
        (
            current(temprature=1),
            ("prompt", "temprature"),
            "unknown key `temprature` in `prompt`",
            or_let_through("did you mean `temperature`?", "prompt.temprature"),
        ),
        (
            current(maxTokens=1),
            ("prompt", "maxTokens"),
            "unknown key `maxTokens` in `prompt`",
            or_let_through("that is `max_tokens` here", "prompt.maxTokens"),
        ),
        (
            classic(temperature=1),
            ("prompt_config", "temperature"),
            "unknown key `temperature` in `prompt_config`",
            or_let_through("it belongs in `prompt_config.model_parameters`", "prompt_config.temperature"),
        ),
        (
            classic(max_tokens=1),
            ("prompt_config", "max_tokens"),
            "unknown key `max_tokens` in `prompt_config`",
            or_let_through(
                "it belongs in `prompt_config.model_parameters`, as `maxTokens`", "prompt_config.max_tokens"
            ),
        ),
        (
            classic(model_parameters={"model": "x"}),
            ("prompt_config", "model_parameters", "model"),
            "unknown key `model` in `model_parameters`",
            or_let_through("it belongs in `prompt_config`", "prompt_config.model_parameters.model"),
        ),
        (
            current(description="x"),
            ("prompt", "description"),
            "unknown key `description` in `prompt`",
            or_let_through("it belongs at the top level of the file, beside `prompt`", "prompt.description"),
        ),
        (
            current(numImages=1),
            ("prompt", "numImages"),
            "unknown key `numImages` in `prompt`",
            or_let_through("it is a field of `prompt_config`, and `prompt` has no counterpart", "prompt.numImages"),
        ),
        (
            {**current(), "path": "Default"},
            ("path",),
            "unknown key `path`",
            "the folder of the file is the path; move the file, or set path_prefix of the target",
        ),
        (
            {**current(), "model": "gpt"},
            ("model",),
            "unknown key `model`",
            or_let_through("it belongs in `prompt`", "model"),
        ),
        (
            current(version="05wlf2wpw1z83cxz"),
            ("prompt", "version"),
            "`version` cannot be written in `prompt`: the service sets it",
            "remove it",
        ),
        (
            current(provider="openai"),
            ("prompt", "provider"),
            "unknown key `provider` in `prompt`",
            or_let_through("write it before the model, as in `model: openai/gpt-4o`", "prompt.provider"),
        ),
        (
            current(sparkle=1),
            ("prompt", "sparkle"),
            "unknown key `sparkle` in `prompt`",
            "remove it, or list `prompt.sparkle` in allow_fields to send it as it is",
        ),
        (
            {"prompt": {"messages": [{"role": "usr", "content": "x"}]}},
            ("prompt", "messages", 0, "role"),
            "`role` is 'usr', expected system, user, assistant or tool",
            "did you mean user?",
        ),
        (
            {"prompt": {"messages": [{"role": "developer", "content": "x"}]}},
            ("prompt", "messages", 0, "role"),
            "`role` is 'developer', expected system, user, assistant or tool",
            "the role developer exists only in `prompt_config`",
        ),
        (
            {"prompt": {"messages": [{"role": "user", "content": [{"type": "txt", "text": "x"}]}]}},
            ("prompt", "messages", 0, "content", 0, "type"),
            "`type` is 'txt', expected text, image_url, input_audio or file",
            "did you mean text?",
        ),
        (
            {"prompt": {"messages": [{"role": "user", "content": "x", "content_file": "y"}]}},
            ("prompt", "messages", 0, "content"),
            "both `content` and `content_file` are given, expected one of them",
            "keep one of the two",
        ),
        (
            {"prompt": {"messages": [{"role": "user"}]}},
            ("prompt", "messages", 0),
            "the key `content` is missing in `messages[0]`",
            "add it, or `content_file` with the name of a text file",
        ),
        (
            {"prompt": {"messages": [{"role": "user", "contnet": "x"}]}},
            ("prompt", "messages", 0, "contnet"),
            "unknown key `contnet` in `messages[0]`",
            or_let_through("did you mean `content`?", "prompt.messages.contnet"),
        ),
        ({"prompt": {}}, ("prompt",), "the key `messages` is missing in `prompt`", "add it"),
        (
            {**current(), "display_name": "x" * 129},
            ("display_name",),
            "`display_name` has 129 characters, expected at most 128",
            None,
        ),
        (
            {**current(), "display_name": " "},
            ("display_name",),
            "`display_name` is empty, expected something in it",
            None,
        ),
        (current(temperature=2.5), ("prompt", "temperature"), "`temperature` is 2.5, expected at most 2", None),
        (
            current(temperature="0.5"),
            ("prompt", "temperature"),
            "`temperature` is text, expected a number",
            "write 0.5 without quotes",
        ),
        (current(temperature=True), ("prompt", "temperature"), "`temperature` is a boolean, expected a number", None),
        (current(n=1.5), ("prompt", "n"), "`n` is 1.5, expected a whole number", None),
        (current(stop=["a"] * 5), ("prompt", "stop"), "`stop` has 5 items, expected at most 4", None),
        (
            current(seed=float("nan")),
            ("prompt", "seed"),
            "`seed` is not a finite number, which JSON cannot carry",
            None,
        ),
        (current(seed=10**400), ("prompt", "seed"), "`seed` is too large a number", None),
        (
            classic(model_parameters={"topP": None}),
            ("prompt_config", "model_parameters", "topP"),
            "`topP` is null, expected a number",
            "remove the key, or give it a value",
        ),
        (
            current(tool_choice="atuo"),
            ("prompt", "tool_choice"),
            "`tool_choice` is 'atuo', expected none, auto or required",
            "did you mean auto?",
        ),
        (
            {},
            (),
            "the file has neither `prompt` nor `prompt_config`, expected one of them",
            "put model, messages and parameters under `prompt:`",
        ),
        (
            {**current(), **classic()},
            ("prompt_config",),
            "the file has both `prompt` and `prompt_config`, expected one of them",
            "keep the one in the dialect that you write",
        ),
    ],
)
def test_an_error_says_what_is_wrong_and_what_was_meant(
    document: Any, loc: tuple[Any, ...], message: str, hint: str | None
) -> None:
    problem = only(document)
    assert (problem.loc, problem.message, problem.hint, problem.severity) == (loc, message, hint, "error")


@pytest.mark.parametrize(
    ("document", "loc", "hint"),
    [
        (current(reasoning_effort="hihg"), ("prompt", "reasoning_effort"), "did you mean high?"),
        (classic(provider="opena"), ("prompt_config", "provider"), "did you mean openai?"),
        (classic(model_type="telepathy"), ("prompt_config", "model_type"), None),
        ({**current(), "metadata": {"language": "Englsh"}}, ("metadata", "language"), "did you mean English?"),
        ({**current(), "metadata": {"use_cases": ["Chatbot"]}}, ("metadata", "use_cases", 0), "did you mean Chatbots?"),
        (current(thinking={"type": "enable", "x": 1}), ("prompt", "thinking", "type"), "did you mean enabled?"),
        (current(plugins=[{"id": "brand_new", "y": 2}]), ("prompt", "plugins", 0, "id"), None),
    ],
)
def test_a_word_in_no_list_is_a_warning(document: Any, loc: tuple[Any, ...], hint: str | None) -> None:
    problem = only(document)
    assert (problem.loc, problem.severity, problem.hint) == (loc, "warning", hint)
    assert "in no list of the service that is known here" in problem.message


ASSISTANT = {"role": "assistant", "reasoning_content": "Hm.", "content": None}
CALL = {"id": "1", "type": "function", "function": {}, "extra_content": {"google": {"thought_signature": "x"}}}
PII = {"id": "pii_redaction", "regions": ["nl"], "entities": ["BSN"], "entity_thresholds": {"BSN": 0.5}}


@pytest.mark.parametrize(
    "fields",
    [
        {"fallback_on_codes": [400, 599]},
        {"messages": [{**ASSISTANT, "tool_calls": [CALL]}]},
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]},
        {"plugins": [PII, {**PII, "language": "auto"}]},
        {"reasoning_effort": "instant"},
        {"reasoning_effort": "max"},
    ],
)
def test_what_the_newest_sdk_sends_is_no_problem_here_nor_for_the_service(fields: dict[str, Any]) -> None:
    block = {"messages": [USER], **fields}
    assert check({"prompt": block}) == []
    assert list(JUDGE.iter_errors(block)) == []


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"fallback_on_codes": list(range(400, 421))}, ("fallback_on_codes",)),
        ({"fallback_on_codes": [399]}, ("fallback_on_codes", 0)),
        ({"plugins": [{**PII, "entity_thresholds": {"BSN": 2}}]}, ("plugins", 0, "entity_thresholds", "BSN")),
        ({"messages": [{**USER, "reasoning_content": "Hm."}]}, ("messages", 0, "reasoning_content")),
    ],
)
def test_what_the_newest_sdk_would_not_send_is_a_problem(fields: dict[str, Any], place: tuple[Any, ...]) -> None:
    assert [problem.loc for problem in errors(current(**fields))] == [("prompt", *place)]


@pytest.mark.parametrize("provider", ["openai", "contextualai", "tencent", "greenpt", "replicate", "anyscale"])
def test_the_providers_of_all_sources_are_known(provider: str) -> None:
    assert check(classic(provider=provider)) == []


@pytest.mark.parametrize("model_type", ["moderation", "moderations", "ocr", "vision", "classify", None])
def test_the_model_types_of_all_sources_are_known(model_type: str | None) -> None:
    assert check(classic(model_type=model_type)) == []


@pytest.mark.parametrize(
    ("document", "allowed"),
    [
        (current(sparkle=1), "prompt.sparkle"),
        ({"prompt": {"messages": [{**USER, "foo": 1}]}}, "prompt.messages.foo"),
        (
            {"prompt": {"messages": [{"role": "user", "content": [{"type": "text", "text": "", "foo": 1}]}]}},
            "prompt.messages.content.foo",
        ),
        ({**current(), "folder": 1}, "folder"),
    ],
)
def test_an_allowed_field_is_no_problem(document: Any, allowed: str) -> None:
    assert len(errors(document)) == 1
    assert check(document, allow_fields=[allowed]) == []


@pytest.mark.parametrize(("value", "wants_text"), [(42, True), (None, True), (False, True), (1.5, True), ({}, False)])
def test_a_scalar_where_text_belongs_asks_for_quotes(value: Any, wants_text: bool) -> None:
    assert only({"prompt": {"messages": [{"role": "user", "content": value}]}}).wants_text is wants_text


@given(classic_blocks())
def test_every_classic_block_of_the_strategies_is_valid(block: dict[str, Any]) -> None:
    assert check({"prompt_config": block}) == []


def test_whole_floats_are_integers_to_json_schema() -> None:
    assert check(current(max_tokens=256.0, n=2.0)) == []
    assert only(current(max_tokens=256.00000001)).message == "`max_tokens` is 256.00000001, expected a whole number"


@pytest.mark.parametrize("dialect", [CURRENT, CLASSIC])
def test_lists_and_nullables_are_known_fields(dialect: Dialect) -> None:
    assert nullable_fields(dialect) | list_fields(dialect) <= known_fields(dialect)


def shuffled(value: Any) -> Any:
    """The same data with the keys of every mapping the other way round."""
    if isinstance(value, dict):
        return {name: shuffled(value[name]) for name in reversed(value)}
    return [shuffled(item) for item in value] if isinstance(value, list) else value


@given(documents())
def test_the_order_of_the_shapes_does_not_depend_on_that_of_the_data(document: dict[str, Any]) -> None:
    arranged = in_order(document)
    assert arranged == document
    assert json.dumps(in_order(arranged)) == json.dumps(arranged)
    if "json_schema" not in json.dumps(document):  # its order is the user's
        assert json.dumps(in_order(shuffled(document))) == json.dumps(arranged)


def test_every_field_has_a_place_in_the_order() -> None:
    blocks: dict[Dialect, dict[str, Any]] = {
        CURRENT: dict.fromkeys(sorted(known_fields(CURRENT))),
        CLASSIC: dict.fromkeys(name for name in sorted(known_fields(CLASSIC)) if "." not in name),
    }
    for dialect, block in blocks.items():
        arranged = in_order({dialect: {"unknown": 1, **block}})[dialect]
        assert list(arranged)[-2:] == ["unknown", "messages"]


@pytest.mark.parametrize(
    "document",
    [
        {
            "prompt": {
                "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"z": 1, "a": 2}}}
            }
        },
        {"prompt": {"thinking": {"z": 1, "type": "other"}, "audio": [], "messages": "no list"}},
        {
            "prompt": {
                "messages": [{"z": 1, "role": "unknown"}, None, "text", {"z": 1, "content": [], "role": ["user"]}]
            }
        },
        {"metadata": [], "prompt": None},
    ],
)
def test_the_users_own_data_and_what_fits_no_shape_stays_as_it_is(document: dict[str, Any]) -> None:
    assert json.dumps(in_order(document)) == json.dumps(document)


def test_the_keys_of_a_file_are_those_of_the_service_and_ours() -> None:
    assert file_fields() == {
        "display_name",
        "description",
        "metadata",
        "prompt",
        "prompt_config",
        "protected",
        "variables",
    }
