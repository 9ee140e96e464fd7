from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.canonical import canonical_block, canonical_json
from promptsync.model.dialects import PARAMETERS, field_in, translate
from promptsync.model.errors import DialectError
from promptsync.model.prompt import CLASSIC, CURRENT, Dialect, Json, Prompt, other_dialect
from tests.factories import MY_PROMPT, block, classic, prompt


def to_current(**fields: Any) -> Json:
    return translate(prompt(content=classic(**fields), dialect=CLASSIC), CURRENT).block


def to_classic(**fields: Any) -> Json:
    return translate(prompt(content=block(**fields)), CLASSIC).block


def lost(dialect: Dialect, **fields: Any) -> tuple[str, ...]:
    """What has no home in the other dialect."""
    content = block(**fields) if dialect == CURRENT else classic(**fields)
    with pytest.raises(DialectError) as caught:
        translate(prompt(content=content, dialect=dialect), other_dialect(dialect))
    return caught.value.fields


def test_the_documents_example_as_current() -> None:
    assert translate(prompt(content=MY_PROMPT, dialect=CLASSIC), CURRENT).block == {
        "model": "openai/gpt-4o",
        "temperature": 1,
        "max_tokens": 256,
        "top_p": 0.7,
        "frequency_penalty": 0,
        "presence_penalty": 0,
        "messages": [{"role": "system", "content": "You are a helpful assistant"}],
    }


def test_the_documents_example_as_classic() -> None:
    current = {
        "model": "openai/gpt-4o",
        "temperature": 1,
        "max_tokens": 256,
        "top_p": 0.7,
        "messages": [
            {"role": "system", "content": "You are a helpful assistant"},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]},
        ],
    }
    assert translate(prompt(content=current), CLASSIC).block == {
        "model": "openai/gpt-4o",
        "provider": "openai",
        "model_type": "vision",
        "model_parameters": {"temperature": 1, "maxTokens": 256, "topP": 0.7},
        "messages": current["messages"],
    }


def test_a_prompt_in_the_wanted_dialect_is_itself() -> None:
    asked = prompt()
    assert translate(asked, CURRENT) is asked


def test_everything_about_the_block_stays() -> None:
    asked = Prompt("N", "D", {"language": "Dutch"}, CLASSIC, classic(), {"x": 1})
    made = translate(asked, CURRENT)
    assert (made.display_name, made.description, made.metadata, made.extra) == (
        "N",
        "D",
        {"language": "Dutch"},
        {"x": 1},
    )


def test_a_translation_shares_no_data_with_what_it_was_made_from() -> None:
    asked = prompt(content=block(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}))
    before = canonical_json(asked.block)
    made = translate(asked, CLASSIC).block
    made["messages"][0]["content"] = "changed"
    made["model_parameters"]["responseFormat"]["json_schema"]["schema"]["a"] = 1
    assert canonical_json(asked.block) == before


@pytest.mark.parametrize(
    ("model", "provider", "expected"),
    [
        ("gpt-4o", "openai", "openai/gpt-4o"),
        ("openai/gpt-4o", "openai", "openai/gpt-4o"),
        ("openai/gpt-4o", None, "openai/gpt-4o"),
        ("gpt-4o", None, "gpt-4o"),
        ("meta-llama/Llama", "togetherai", "togetherai/meta-llama/Llama"),
    ],
)
def test_provider_and_model(model: str, provider: str | None, expected: str) -> None:
    assert to_current(model=model, provider=provider)["model"] == expected


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ({"budgetTokens": 2048}, {"thinking": {"type": "enabled", "budget_tokens": 2048}}),
        (
            {"budgetTokens": 2048, "thinkingLevel": "low"},
            {"thinking": {"type": "enabled", "budget_tokens": 2048, "thinking_level": "low"}},
        ),
        ({"budgetTokens": 0}, {"thinking": {"type": "disabled"}}),
        ({"topK": 5}, {"top_k": 5}),
        ({"seed": 7}, {"seed": 7}),
        ({"reasoningEffort": "low"}, {"reasoning_effort": "low"}),
        ({"verbosity": "low"}, {"verbosity": "low"}),
        ({"cacheControl": {"type": "ephemeral", "ttl": "5m"}}, {"cache_control": {"type": "ephemeral", "ttl": "5m"}}),
        ({"responseFormat": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
        (
            {"responseFormat": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"a": None}}}},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"a": None}}}},
        ),
    ],
)
def test_parameters_both_ways(said: Json, becomes: Json) -> None:
    assert to_current(model_parameters=said) == {**block(), **becomes}
    assert to_classic(**becomes)["model_parameters"] == said


def test_a_null_in_a_response_format_is_not_sent_to_todays_service_which_refuses_it() -> None:
    said = {"type": "json_schema", "json_schema": {"name": "x", "schema": {}, "description": None}}
    made = to_current(model_parameters={"responseFormat": said})
    assert made["response_format"] == {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}


NO_ID = {"type": "function", "function": {"name": "f", "arguments": "{}"}}
CACHED = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def test_messages_that_both_know() -> None:
    messages = [
        {"role": "system", "content": [{"type": "text", "text": "hi"}]},
        {"role": "user", "content": [{"type": "file", "file": {"file_data": "x", "filename": "y"}}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "content": "5", "tool_call_id": "c1"},
    ]
    assert to_current(messages=messages)["messages"] == messages
    assert to_classic(messages=messages)["messages"] == messages


def test_a_message_without_content_gets_the_null_that_classic_requires() -> None:
    assert to_classic(messages=[{"role": "assistant", "tool_calls": [CALL]}])["messages"] == [
        {"role": "assistant", "content": None, "tool_calls": [CALL]}
    ]


def test_a_tool_message_gets_the_null_that_current_requires() -> None:
    assert to_current(messages=[{"role": "tool", "content": "5"}])["messages"] == [
        {"role": "tool", "content": "5", "tool_call_id": None}
    ]


def test_what_says_nothing_is_not_lost() -> None:
    assert to_current(integration_id=None, model_parameters={"numImages": None}, model_db_id=None) == block()
    assert to_classic(fallbacks=[], retry={}, stop=None)["messages"] == block()["messages"]


CONFIG = "prompt_config"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"stream": False}, [f"{CONFIG}.stream"]),
        ({"integration_id": "x", "model_db_id": "y"}, [f"{CONFIG}.integration_id", f"{CONFIG}.model_db_id"]),
        ({"model_type": "image"}, [f"{CONFIG}.model_type"]),
        ({"model": None}, [f"{CONFIG}.provider"]),
        ({"model_parameters": {"numImages": 2}}, [f"{CONFIG}.model_parameters.numImages"]),
        ({"model_parameters": {"thinkingLevel": "low"}}, [f"{CONFIG}.model_parameters.thinkingLevel"]),
        (
            {"model_parameters": {"budgetTokens": 0, "thinkingLevel": "low"}},
            [f"{CONFIG}.model_parameters.thinkingLevel"],
        ),
        ({"model_parameters": {"reasoningEffort": "disable"}}, [f"{CONFIG}.model_parameters.reasoningEffort"]),
        ({"model_parameters": {"responseFormat": "mp3"}}, [f"{CONFIG}.model_parameters.responseFormat"]),
        ({"model_parameters": ["x"]}, [f"{CONFIG}.model_parameters"]),
        (
            {"model_parameters": {"responseFormat": {"type": "text", "display_name": "T"}}},
            [f"{CONFIG}.model_parameters.responseFormat.display_name"],
        ),
        ({"messages": [{"role": "developer", "content": "x"}]}, [f"{CONFIG}.messages[0].role"]),
        ({"messages": [{"role": "expected_output", "content": "x"}]}, [f"{CONFIG}.messages[0].role"]),
        ({"messages": [{"role": "user", "content": None}]}, [f"{CONFIG}.messages[0].content"]),
        ({"messages": [{"role": "user", "content": "x", "tool_calls": [CALL]}]}, [f"{CONFIG}.messages[0].tool_calls"]),
        ({"messages": [{"role": "user", "content": "x", "tool_call_id": "c"}]}, [f"{CONFIG}.messages[0].tool_call_id"]),
        (
            {"messages": [{"role": "assistant", "content": None, "tool_calls": [{**CALL, "index": 0}]}]},
            [f"{CONFIG}.messages[0].tool_calls[0].index"],
        ),
        (
            {"messages": [{"role": "assistant", "content": None, "tool_calls": [NO_ID]}]},
            [f"{CONFIG}.messages[0].tool_calls[0].id"],
        ),
        (
            {"messages": [{"role": "system", "content": [{"type": "image_url", "image_url": {"url": "u"}}]}]},
            [f"{CONFIG}.messages[0].content[0]"],
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u", "id": "i"}}]}]},
            [f"{CONFIG}.messages[0].content[0].image_url.id"],
        ),
    ],
)  # fmt: skip
def test_what_current_has_no_place_for(fields: Any, expected: list[str]) -> None:
    assert list(lost(CLASSIC, **fields)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"n": 2}, ["prompt.n"]),
        ({"stop": ["x"], "tool_choice": "auto"}, ["prompt.stop", "prompt.tool_choice"]),
        ({"max_completion_tokens": 5}, ["prompt.max_completion_tokens"]),
        ({"thinking": {"type": "adaptive"}}, ["prompt.thinking"]),
        ({"thinking": {"type": "enabled"}}, ["prompt.thinking"]),
        ({"thinking": {"type": "enabled", "budget_tokens": 0}}, ["prompt.thinking"]),
        ({"thinking": {"type": "enabled", "budget_tokens": 5, "new": 1}}, ["prompt.thinking"]),
        ({"response_format": {"type": "grammar"}}, ["prompt.response_format"]),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
            ["prompt.response_format.json_schema.schema"],
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": True}}},
            ["prompt.response_format.json_schema.schema"],
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
            ["prompt.response_format.json_schema.name"],
        ),
        ({"response_format": {"type": "json_schema"}}, ["prompt.response_format.json_schema"]),
        ({"response_format": {"type": "json_schema", "json_schema": "x"}}, ["prompt.response_format.json_schema"]),
        ({"messages": [{"role": "user", "name": "Bo", "content": "x"}]}, ["prompt.messages[0].name"]),
        ({"messages": [{"role": "assistant", "refusal": "no"}]}, ["prompt.messages[0].refusal"]),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{**CALL, "thought_signature": "s"}]}]},
            ["prompt.messages[0].tool_calls[0].thought_signature"],
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f"}}]}]},
            ["prompt.messages[0].tool_calls[0].function.arguments"],
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]},
            ["prompt.messages[0].content[0]"],
        ),
        (
            {"messages": [{"role": "user", "content": [CACHED]}]},
            ["prompt.messages[0].content[0].cache_control"],
        ),
        ({"messages": [{"role": ["x"]}, "text", {"role": "user", "content": {"a": 1}}]},
         ["prompt.messages[0].role", "prompt.messages[1].role", "prompt.messages[2].content"]),
        ({"messages": [{"role": "assistant", "tool_calls": 5}]}, ["prompt.messages[0].tool_calls"]),
        ({"messages": [{"role": "assistant", "tool_calls": [5, {**CALL, "function": 5}]}]},
         ["prompt.messages[0].tool_calls[0]", "prompt.messages[0].tool_calls[1]"]),
        ({"messages": "x"}, ["prompt.messages"]),
        ({"model": 5}, ["prompt.model"]),
    ],
)  # fmt: skip
def test_what_classic_has_no_place_for(fields: Any, expected: list[str]) -> None:
    assert list(lost(CURRENT, **fields)) == expected


def test_the_error_says_what_to_do() -> None:
    with pytest.raises(DialectError) as caught:
        to_classic(n=2, stop="x")
    assert (
        caught.value.message == "the service takes only `prompt_config`, which has no place for prompt.n, prompt.stop"
    )
    assert caught.value.hint == "take them out of the file or write the prompt as `prompt_config`"


@pytest.mark.parametrize(("old", "new"), sorted(PARAMETERS.items()))
def test_the_name_of_each_parameter_in_the_other_dialect(old: str, new: str) -> None:
    assert field_in(f"prompt_config.model_parameters.{old}", CURRENT) == f"prompt.{new}"
    assert field_in(f"prompt.{new}", CLASSIC) == f"prompt_config.model_parameters.{old}"
    assert field_in(f"prompt.{new}.a.b[0]", CLASSIC) == f"prompt_config.model_parameters.{old}.a.b[0]"


@pytest.mark.parametrize(
    ("name", "dialect", "expected"),
    [
        ("display_name", CURRENT, "display_name"),
        ("metadata.language", CLASSIC, "metadata.language"),
        ("prompt.temperature", CURRENT, "prompt.temperature"),
        ("prompt.messages[0].content", CLASSIC, "prompt_config.messages[0].content"),
        ("prompt.messages", CLASSIC, "prompt_config.messages"),
        ("prompt.model", CLASSIC, "prompt_config.model"),
        ("prompt_config.model", CURRENT, "prompt.model"),
        ("prompt_config.provider", CURRENT, "prompt.model"),
        ("prompt.thinking.budget_tokens", CLASSIC, "prompt_config.model_parameters.budgetTokens"),
        ("prompt.thinking.thinking_level", CLASSIC, "prompt_config.model_parameters.thinkingLevel"),
        ("prompt.thinking.type", CLASSIC, "prompt.thinking.type"),
        ("prompt_config.model_parameters.budgetTokens", CURRENT, "prompt.thinking.budget_tokens"),
        ("prompt_config.model_parameters.thinkingLevel", CURRENT, "prompt.thinking.thinking_level"),
        ("prompt_config.model_parameters.numImages", CURRENT, "prompt_config.model_parameters.numImages"),
        ("prompt_config.stream", CURRENT, "prompt_config.stream"),
        ("prompt.n", CLASSIC, "prompt.n"),
        ("prompt.budget_tokens", CLASSIC, "prompt.budget_tokens"),
    ],
)
def test_the_name_of_a_field_in_the_other_dialect(name: str, dialect: Dialect, expected: str) -> None:
    assert field_in(name, dialect) == expected


_TEXT = st.text(max_size=4)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | _TEXT, lambda inner: st.lists(inner, max_size=2), max_leaves=3
)
_PARTS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"type": st.just("text"), "text": _TEXT}),
        st.fixed_dictionaries({"type": st.just("image_url"), "image_url": st.fixed_dictionaries({"url": _TEXT})}),
        st.fixed_dictionaries({"type": st.just("file"), "file": st.fixed_dictionaries({"uri": _TEXT})}),
    ),
    min_size=1,
    max_size=2,
)
_MESSAGE = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user"]), "content": _TEXT}),
    st.fixed_dictionaries({"role": st.just("user"), "content": _PARTS}),
    st.fixed_dictionaries(
        {"role": st.just("assistant"), "content": _TEXT | st.none()}, optional={"tool_calls": st.just([CALL])}
    ),
    st.fixed_dictionaries({"role": st.just("tool"), "content": _TEXT, "tool_call_id": _TEXT | st.none()}),
)  # fmt: skip
_NUMBER = st.integers(0, 9) | st.floats(0, 1) | st.none()
_FORMAT = st.one_of(
    st.fixed_dictionaries({"type": st.sampled_from(["text", "json_object"])}),
    st.fixed_dictionaries(
        {
            "type": st.just("json_schema"),
            "json_schema": st.fixed_dictionaries(
                {"name": _TEXT, "schema": st.dictionaries(_TEXT, _JSON, max_size=2)}, optional={"strict": st.booleans()}
            ),
        }
    ),
)
_THINKING = st.one_of(
    st.just({"type": "disabled"}),
    st.fixed_dictionaries(
        {"type": st.just("enabled"), "budget_tokens": st.integers(1, 9)}, optional={"thinking_level": st.just("low")}
    ),
)
_CURRENT = st.fixed_dictionaries(
    {"messages": st.lists(_MESSAGE, max_size=3)},
    optional={
        "model": st.sampled_from(["openai/gpt-4o", "gpt-4o", "a/b/c"]),
        "temperature": _NUMBER, "max_tokens": _NUMBER, "top_k": _NUMBER, "top_p": _NUMBER, "seed": _NUMBER,
        "frequency_penalty": _NUMBER, "presence_penalty": _NUMBER, "response_format": _FORMAT, "thinking": _THINKING,
        "reasoning_effort": st.sampled_from(["low", "none"]), "verbosity": st.just("low"),
        "cache_control": st.just({"type": "ephemeral"}),
    },
)  # fmt: skip
_CLASSIC = st.fixed_dictionaries(
    {"messages": st.lists(_MESSAGE, max_size=3)},
    optional={
        "model": st.sampled_from(["gpt-4o", "openai/gpt-4o"]),
        "provider": st.sampled_from(["openai", "azure", None]),
        "model_type": st.sampled_from(["chat", "completion", "vision", "image", None]),
        "integration_id": st.none() | _TEXT,
        "model_parameters": st.fixed_dictionaries(
            {},
            optional={
                "temperature": _NUMBER, "maxTokens": _NUMBER, "topK": _NUMBER, "numImages": st.none() | st.just(1),
                "responseFormat": _FORMAT | st.none() | st.just("mp3"), "budgetTokens": st.integers(0, 3),
                "thinkingLevel": st.just("low"), "reasoningEffort": st.sampled_from(["low", "disable"]),
            },
        ),
    },
)  # fmt: skip


@given(_CURRENT)
def test_current_to_classic_and_back_is_the_same(said: Json) -> None:
    made = translate(translate(prompt(content=said), CLASSIC), CURRENT)
    assert canonical_json(canonical_block(CURRENT, made.block)) == canonical_json(canonical_block(CURRENT, said))


@given(_CLASSIC)
def test_classic_to_current_and_back_is_the_same_but_for_what_is_derived(said: Json) -> None:
    asked = prompt(content=said, dialect=CLASSIC)
    try:
        made = translate(translate(asked, CURRENT), CLASSIC).block
    except DialectError:
        return
    one, other = (_full_model(canonical_block(CLASSIC, content)) for content in (made, said))
    assert canonical_json(one) == canonical_json(other)


def _full_model(content: Json) -> Json:
    """Provider and model as one, since the prefix tells the provider where none is given; without the model's type."""
    model, provider = content.pop("model", None), content.pop("provider", None)
    content.pop("model_type", None)
    return {**content, "model": f"{provider}/{model}" if provider else model}


@given(st.sampled_from([CURRENT, CLASSIC]), st.dictionaries(st.sampled_from([
    "messages", "model", "provider", "model_type", "model_parameters", "thinking", "response_format"
]), st.recursive(st.none() | st.integers() | st.sampled_from(["user", "text", "enabled", "json_schema"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([
        "role", "content", "type", "tool_calls", "function", "json_schema", "schema", "budgetTokens", "responseFormat"
    ]), inner, max_size=3), max_leaves=8)))  # fmt: skip
def test_nonsense_is_a_dialect_error_or_goes_through(dialect: Dialect, said: Json) -> None:
    with suppress(DialectError):
        translate(prompt(content=said, dialect=dialect), other_dialect(dialect))
