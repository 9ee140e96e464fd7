from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from promptsync.model.canonical import (
    MAX_DEPTH,
    canonical,
    canonical_block,
    canonical_json,
    digest,
    remote_hash,
    source_hash,
)
from promptsync.model.compare import differences, expand
from promptsync.model.errors import PromptsyncError
from promptsync.model.prompt import CLASSIC, CURRENT, Prompt
from tests.factories import MY_PROMPT, MY_PROMPT_ANSWERED, block, prompt, remote


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ({"top_k": None}, {}),
        ({"stop": []}, {}),
        ({"cache": {}}, {}),
        ({"cache": {"ttl": None}}, {}),
        ({"cache": {"a": {"b": {"c": []}}}}, {}),
        ({"stop": ["", None]}, {"stop": ["", None]}),
        ({"modalities": [{}]}, {"modalities": [{}]}),
        ({"a": ""}, {"a": ""}),
        ({"a": 0}, {"a": 0}),
        ({"a": False}, {"a": False}),
        ({"temperature": 1.0}, {"temperature": 1}),
        ({"temperature": -0.0}, {"temperature": 0}),
        ({"temperature": 0.7}, {"temperature": 0.7}),
        ({"on_codes": [429.0, 500]}, {"on_codes": [429, 500]}),
        ({"seed": 2**53 - 1}, {"seed": 9007199254740991}),
        ({"seed": 2**60}, {"seed": 1152921504606846976.0}),
        ({"seed": 10**20}, {"seed": 1e20}),
        ({"seed": 1e20}, {"seed": 1e20}),
    ],
)
def test_what_a_block_means(said: dict[str, Any], means: dict[str, Any]) -> None:
    assert canonical_json(canonical_block(CURRENT, said)) == canonical_json(means)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": True}, {"a": 1}),
        ({"a": False}, {"a": 0}),
        ({"a": "1"}, {"a": 1}),
        ({"a": ""}, {}),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}),
        ({"a": 0}, {}),
        ({"a": False}, {}),
        ({"a": "\u00e9"}, {"a": "e\u0301"}),
    ],
)
def test_what_is_not_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert source_hash(prompt(content=block(**one))) != source_hash(prompt(content=block(**other)))
    assert differences(prompt(content=block(**one)), prompt(content=block(**other)))


def test_an_integer_that_javascript_rounds_comes_back_as_the_same() -> None:
    assert source_hash(prompt(content=block(seed=2**60))) == source_hash(
        prompt(content=block(seed=1152921504606847000))
    )


def test_an_integer_that_no_float_can_hold_is_kept() -> None:
    assert canonical_block(CURRENT, {"seed": 10**400})["seed"] == 10**400


def test_the_order_of_keys_means_nothing() -> None:
    turned = {"messages": [{"content": "Be kind", "role": "system"}], "model": "openai/gpt-4o"}
    assert source_hash(prompt(content=turned)) == source_hash(prompt())


SCHEMA = {
    "type": "object",
    "required": [],
    "additionalProperties": {},
    "properties": {
        "schema": {"type": "object", "default": None, "properties": {}},
        "json_schema": {"schema": None},
        "n": {"enum": [None, 1.0, True], "minimum": 0.0},
    },
}


def test_a_json_schema_is_kept_word_for_word_but_for_its_numbers() -> None:
    said = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": None}}}
    expected = {
        "type": "object",
        "required": [],
        "additionalProperties": {},
        "properties": {
            "schema": {"type": "object", "default": None, "properties": {}},
            "json_schema": {"schema": None},
            "n": {"enum": [None, 1, True], "minimum": 0},
        },
    }
    assert canonical_json(canonical_block(CURRENT, said)) == canonical_json(
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": expected}}}
    )


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ({"schema": None}, {}),
        ({"schema": {"a": None}}, {}),
        ({"plugin": {"schema": {"a": None, "b": 1}}}, {"plugin": {"schema": {"b": 1}}}),
        ({"json_schema": {"schema": None, "name": "x"}}, {"json_schema": {"name": "x"}}),
        ({"json_schema": {"schema": {}, "name": "x"}}, {"json_schema": {"schema": {}, "name": "x"}}),
        ({"json_schema": [{"schema": {"a": None}}]}, {"json_schema": [{}]}),
    ],
)
def test_a_key_named_schema_elsewhere_is_a_key_like_any_other(said: dict[str, Any], means: dict[str, Any]) -> None:
    assert canonical_block(CURRENT, said) == means


def test_metadata_named_schema_is_metadata() -> None:
    assert canonical(prompt(metadata={"schema": {"a": None}}))["metadata"] == {}


@pytest.mark.parametrize(
    ("model", "provider", "means"),
    [
        ("openai/gpt-4o", "openai", "gpt-4o"),
        ("gpt-4o", "openai", "gpt-4o"),
        ("openai/gpt-4o", "azure", "openai/gpt-4o"),
        ("openai/gpt-4o", None, "openai/gpt-4o"),
        ("togetherai/meta-llama/Llama", "togetherai", "meta-llama/Llama"),
        ("openaix/gpt", "openai", "openaix/gpt"),
    ],
)
def test_the_providers_prefix_of_a_classic_model(model: str, provider: str | None, means: str) -> None:
    assert canonical_block(CLASSIC, {"model": model, "provider": provider})["model"] == means


def test_the_prefix_of_a_current_model_stays() -> None:
    assert canonical_block(CURRENT, {"model": "openai/gpt-4o", "provider": "openai"})["model"] == "openai/gpt-4o"


def test_a_model_that_is_no_text_does_no_harm() -> None:
    assert canonical_block(CLASSIC, {"model": ["x"], "provider": "openai"}) == {"model": ["x"], "provider": "openai"}


def test_the_whole_of_a_prompt() -> None:
    asked = Prompt(
        "N", "", {"language": None, "use_cases": []}, CURRENT, {"messages": []}, {"new": {"a": None, "b": 1}}
    )
    assert canonical(asked) == {"display_name": "N", "metadata": {}, "prompt": {}, "new": {"b": 1}}
    assert canonical(replace(asked, description="D"))["description"] == "D"


def test_the_documents_answer_hashes_like_what_they_sent_but_for_what_is_added() -> None:
    answered = remote(content={k: v for k, v in MY_PROMPT_ANSWERED.items() if k != "model_db_id"}, dialect=CLASSIC)
    assert remote_hash(answered, CLASSIC) == source_hash(prompt(content=MY_PROMPT, dialect=CLASSIC))


def test_the_hash_is_over_sorted_compact_utf_8() -> None:
    assert canonical_json({"b": "é\u2028", "a": [1, True, None]}) == '{"a":[1,true,null],"b":"é\u2028"}'.encode()
    assert digest({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_golden_hash_of_the_documents_example() -> None:
    """A change of this value makes every lockfile in the world drift: raise CANONICAL with it."""
    asked = Prompt("MyPrompt", "Prompt Description", {"language": "English"}, CLASSIC, MY_PROMPT)
    assert source_hash(asked) == "sha256:4f97a90129a9ca2057040a9e297fdae7b2a229655dee45792fc96de43eda70a8"


@pytest.mark.parametrize("text", ["\ud800", "a\udc00b", "\ud83d\ude00", "\x00", "\ufeff"])
def test_any_text_has_a_hash(text: str) -> None:
    assert source_hash(prompt(text)).startswith("sha256:")
    assert source_hash(prompt(text)) != source_hash(prompt(text + "x"))


def test_numbers_that_are_none_do_not_break_a_plan() -> None:
    odd = prompt(content=block(temperature=math.nan, top_p=math.inf))
    assert source_hash(odd) == source_hash(odd)
    assert differences(odd, odd) == []


def _nested(levels: int, *, as_list: bool = False) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value] if as_list else {"a": value}
    return value


@pytest.mark.parametrize("as_list", [True, False])
def test_data_as_deep_as_the_client_lets_through_is_compared(as_list: bool) -> None:
    deep = prompt(content={"messages": [], "x": _nested(MAX_DEPTH - 2, as_list=as_list)})
    deeper = prompt(content={"messages": [], "x": {"b": _nested(MAX_DEPTH - 3, as_list=as_list)}})
    assert source_hash(deep) != source_hash(deeper)
    assert differences(deep, deep) == []
    assert expand(differences(deep, deeper))


@pytest.mark.parametrize("as_list", [True, False])
@pytest.mark.parametrize("where", ["x", "schema"])
@pytest.mark.parametrize("levels", [300, 5_000])
def test_deeper_data_is_an_error_and_no_traceback(where: str, as_list: bool, levels: int) -> None:
    deep = prompt(content={"json_schema": {where: _nested(levels, as_list=as_list)}})
    with pytest.raises(PromptsyncError, match="nested more than 200 levels deep"):
        source_hash(deep)


def test_a_hash_of_the_service_holds_what_the_file_asks_for_beyond_the_known_fields() -> None:
    asked = prompt(extra={"team": "a"})
    before, after = remote(raw={"team": "a", "seen": 1}), remote(raw={"team": "b", "seen": 2})
    assert remote_hash(before, CURRENT) == remote_hash(after, CURRENT)
    assert remote_hash(before, CURRENT, asked) == source_hash(asked)
    assert remote_hash(after, CURRENT, asked) != source_hash(asked)
