from __future__ import annotations

import math
from dataclasses import replace
from typing import Any
from unittest.mock import Mock, call

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model import canonical as module
from promptsync.model.canonical import (
    FORMS,
    IN_ORDER,
    MAX_DEPTH,
    RULES_1,
    WITHOUT_ORDER,
    Ordered,
    canonical,
    canonical_block,
    canonical_json,
    digest,
    exact_json,
    form_of,
    is_same_json,
    is_turned,
    remote_hash,
    schemas_of,
    source_hash,
    source_hash_like,
    source_hashes,
    source_hashes_named,
)
from promptsync.model.compare import differences, expand
from promptsync.model.errors import PromptsyncError
from promptsync.model.prompt import CLASSIC, CURRENT, Prompt
from tests.factories import (
    MY_PROMPT,
    MY_PROMPT_ANSWERED,
    block,
    prompt,
    remote,
    with_parameters,
    with_schema,
)
from tests.strategies import json_values, prompts


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


NAME, AGE = {"type": "string", "title": "n"}, {"title": "a", "type": "number"}
TOOLS = {"type": "function", "function": {"name": "f", "parameters": {"a": NAME, "b": AGE}}}
TURNED_TOOLS = {"type": "function", "function": {"name": "f", "parameters": {"b": AGE, "a": NAME}}}

TURNED = [
    pytest.param(
        prompt(content=with_schema({"n": NAME, "a": AGE})),
        prompt(content=with_schema({"a": AGE, "n": NAME})),
        id="current",
    ),
    pytest.param(
        prompt(content=with_parameters({"n": NAME, "a": AGE}), dialect=CLASSIC),
        prompt(content=with_parameters({"a": AGE, "n": NAME}), dialect=CLASSIC),
        id="classic",
    ),
    pytest.param(
        prompt(content=with_schema({"n": NAME})),
        prompt(content=with_schema({"n": {"title": "n", "type": "string"}})),
        id="deeper",
    ),
    pytest.param(
        prompt(content=with_schema({"n": {"anyOf": [True, {"a": 1, "b": 2}]}})),
        prompt(content=with_schema({"n": {"anyOf": [True, {"b": 2, "a": 1}]}})),
        id="in a list",
    ),
    pytest.param(prompt(content=block(tools=[TOOLS])), prompt(content=block(tools=[TURNED_TOOLS])), id="a tool"),
    pytest.param(prompt(extra={"tools": [TOOLS]}), prompt(extra={"tools": [TURNED_TOOLS]}), id="beside the block"),
]


@pytest.mark.parametrize(("one", "other"), TURNED)
def test_below_a_json_schema_the_order_of_keys_is_content(one: Prompt, other: Prompt) -> None:
    assert source_hash(one) != source_hash(other)
    assert not is_same_json(canonical(one), canonical(other))
    assert exact_json(canonical(one)) != exact_json(canonical(other))
    for form in (WITHOUT_ORDER, RULES_1):
        assert source_hash(one, form) == source_hash(other, form)


def test_the_hashes_of_two_forms_are_never_alike_where_there_is_an_order() -> None:
    """Not even where the keys are sorted already: else a lock could not tell that their order counts."""
    for asked in (with_schema({}), with_schema({"a": {}, "b": {}})):
        assert len({source_hash(prompt(content=asked), form) for form in FORMS}) == len(FORMS)
    assert len({source_hash(prompt(), form) for form in FORMS}) == 1


def test_the_hashes_of_rules_1_are_what_they_were() -> None:
    """Those of locks that are in use: no change of today's rules may move them."""
    asked = prompt(content=with_schema({"n": NAME, "a": AGE}), metadata={"use_cases": ["Chatbots", "Agents"]})
    known = "sha256:fa960aaf037b95961429ae35a953ddc9d3625359ae5fadc8eaeef836ecd781a4"
    assert source_hash(asked, RULES_1) == known
    assert list(source_hashes(asked)) == [source_hash(asked), known]


def test_the_hashes_under_other_names_are_those_of_the_prompt_so_named() -> None:
    asked = prompt(content=with_schema({"n": NAME, "a": AGE}), name="sha256:é“\\")
    names = ["a", "é“\\", asked.display_name]
    assert source_hashes_named(asked, names) == {
        name: list(source_hashes(replace(asked, display_name=name))) for name in names
    }


def test_a_hash_is_told_by_the_rules_of_the_one_that_is_recorded() -> None:
    asked = prompt(content=with_schema({"n": NAME, "a": AGE}))
    today, older = source_hashes(asked)
    assert [source_hash_like(asked, one) for one in (today, older, None, "sha256:0")] == [today, older, today, today]


def test_a_hash_is_worked_out_once_for_a_prompt_and_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = prompt(content=with_schema({"b": 1, "a": 2}))
    worked_out = Mock(wraps=canonical)
    monkeypatch.setattr(module, "canonical", worked_out)

    assert len({source_hash(asked) for _ in range(3)}) == 1
    assert source_hash(asked, RULES_1) == source_hash(asked, RULES_1)
    assert worked_out.call_args_list == [call(asked, IN_ORDER), call(asked, RULES_1)]


def test_a_prompt_that_was_made_from_another_has_a_hash_of_its_own() -> None:
    asked = prompt(content=block(temperature=0.5))
    known = source_hash(asked)

    assert source_hash(replace(asked, block=block(temperature=0.7))) != known
    assert source_hash(replace(asked)) == known


def test_golden_hash_of_an_order() -> None:
    """A change of this value makes every lockfile in the world drift: raise CANONICAL with it."""
    assert (
        source_hash(prompt(content=with_schema({"n": NAME, "a": AGE})))
        == "sha256:5c7c4485d71aec1e3e07a6c40059c55f05d3ee1f320baa0422aa85fa5e60853c"
    )


def test_the_order_of_use_cases_means_nothing() -> None:
    one, other = (prompt(metadata={"use_cases": cases}) for cases in (["B", "A"], ["A", "B", "A"]))
    assert source_hash(one) == source_hash(other)
    assert source_hash(one, RULES_1) != source_hash(other, RULES_1)
    assert canonical(prompt(metadata={"use_cases": ["B", 1]}))["metadata"] == {"use_cases": ["B", 1]}


def test_the_form_of_a_recorded_hash() -> None:
    there, turned = (remote(content=with_schema(one)) for one in ({"n": NAME, "a": AGE}, {"a": AGE, "n": NAME}))
    for form in FORMS:
        assert form_of(remote_hash(there, CURRENT, form=form), there, CURRENT) is form
    assert form_of(remote_hash(there, CURRENT), turned, CURRENT) is None
    for form in (WITHOUT_ORDER, RULES_1):
        assert form_of(remote_hash(there, CURRENT, form=form), turned, CURRENT) is form


def test_an_ordered_object_equals_only_one_in_its_order() -> None:
    one, other = Ordered(a=1, b=Ordered(c=1, d=2)), Ordered(b=Ordered(c=1, d=2), a=1)
    assert one == Ordered(one) == {"a": 1, "b": {"c": 1, "d": 2}}
    assert one != other
    assert {"x": one} != {"x": other}
    assert one != Ordered(a=1, b=Ordered(d=2, c=1))
    assert one != 1


@pytest.mark.parametrize(
    ("one", "other", "turned"),
    [("ab", "ba", True), ("ab", "ab", False), ("ab", "axb", False), ("abc", "cb", True), ("ab", "cd", False)],
)
def test_whether_keys_change_places(one: str, other: str, turned: bool) -> None:
    assert is_turned(dict.fromkeys(one), dict.fromkeys(other)) is turned


def test_the_schemas_of_any_data() -> None:
    data = {"prompt": with_schema({"b": 1, "a": 2}), "tools": [TOOLS], "schema": {"x": 1}}
    assert [text[:30] for text in schemas_of(data)] == [
        '{"type": "object", "properties',
        '{"a": {"type": "string", "titl',
    ]


def _shuffled(value: Any, random: Any, holder: str = "") -> Any:
    """The same with its keys in another order, except below a JSON schema."""
    if isinstance(value, list):
        return [_shuffled(item, random) for item in value]
    if not isinstance(value, dict):
        return value
    names = list(value)
    random.shuffle(names)
    kept = {"json_schema": "schema", "function": "parameters"}.get(holder)
    return {name: value[name] if name == kept else _shuffled(value[name], random, name) for name in names}


@given(prompts(), st.randoms(use_true_random=False))
def test_outside_of_schemas_no_order_is_content(asked: Prompt, random: Any) -> None:
    other = replace(asked, metadata=_shuffled(asked.metadata, random), block=_shuffled(asked.block, random))
    assert source_hash(asked) == source_hash(other)
    assert canonical(asked) == canonical(other)
    assert differences(asked, other) == []


@given(st.dictionaries(st.text(max_size=3), json_values, max_size=4), st.data())
def test_below_a_schema_every_order_is_content(properties: dict[str, Any], data: st.DataObject) -> None:
    names = data.draw(st.permutations(list(properties)))
    one, other = (with_schema(each) for each in (properties, {name: properties[name] for name in names}))
    same = names == list(properties)
    for content, dialect in ((one, CURRENT), (with_parameters(properties), CLASSIC)):
        turned = other if dialect == CURRENT else with_parameters({name: properties[name] for name in names})
        asked, then = prompt(content=content, dialect=dialect), prompt(content=turned, dialect=dialect)
        assert (source_hash(asked) == source_hash(then)) is same
        assert (canonical(asked) == canonical(then)) is same
        assert bool(differences(asked, then)) is not same
        assert differences(asked, then, form=WITHOUT_ORDER) == []
