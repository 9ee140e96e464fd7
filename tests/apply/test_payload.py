"""What is sent for a prompt, how fields are cleared, and whether an answer says what was asked."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync.apply import payload
from promptsync.apply.payload import create_body, judge, nested, patch_for, still_held, was_ignored
from promptsync.model.canonical import IN_ORDER, WITHOUT_ORDER, canonical
from promptsync.model.prompt import CLASSIC
from tests.factories import block, classic, prompt, remote, with_schema


def test_a_create_says_all_and_never_leaves_the_metadata_to_the_service() -> None:
    asked = prompt("Refund", description="Refunds", extra={"further": 1})

    assert create_body(asked, "Default") == {
        "display_name": "Refund",
        "path": "Default",
        "description": "Refunds",
        "metadata": {},
        "further": 1,
        "prompt": block(),
    }


def test_a_create_without_a_description_sends_none() -> None:
    assert "description" not in create_body(prompt(), "Default")


def test_an_update_says_all_that_the_file_says_and_no_path_that_is_not_known() -> None:
    asked = prompt("Refund", metadata={"language": "Dutch"})

    assert patch_for(asked, prompt("Old"), None, ()).body == {
        "display_name": "Refund",
        "description": None,
        "metadata": {"language": "Dutch"},
        "prompt": block(),
    }
    assert patch_for(asked, asked, "Default", ()).body["path"] == "Default"


CLEARED: list[Any] = [
    pytest.param("seed", 7, None, id="null where it may be null"),
    pytest.param("guardrails", [{"id": "g"}], [], id="an empty list where it is a list"),
    pytest.param("reasoning_effort", "low", ..., id="else left out"),
]


@pytest.mark.parametrize(("name", "value", "sent"), CLEARED)
def test_what_was_taken_out_of_the_file_is_cleared(name: str, value: Any, sent: Any) -> None:
    patch = patch_for(prompt(), prompt(content=block(**{name: value})), None, ())

    assert patch.body["prompt"].get(name, ...) == sent
    assert any(field.startswith(f"prompt.{name}") for field in patch.cleared)


def test_a_parameter_of_a_classic_prompt_is_cleared_among_those_that_stay() -> None:
    asked = prompt(content=classic(model_parameters={"topK": 5}), dialect=CLASSIC)
    held = prompt(content=classic(model_parameters={"topK": 5, "responseFormat": {"type": "text"}}), dialect=CLASSIC)

    patch = patch_for(asked, held, None, ())

    assert patch.body[CLASSIC]["model_parameters"] == {"topK": 5, "responseFormat": None}
    assert asked.block["model_parameters"] == {"topK": 5}


def test_what_is_the_services_own_is_not_cleared() -> None:
    held = prompt(content=block(seed=7, top_k=5))

    patch = patch_for(prompt(), held, None, ("prompt.seed",))

    assert (patch.body["prompt"].get("seed", ...), patch.body["prompt"].get("top_k", ...)) == (..., None)
    assert patch.cleared == {"prompt.top_k": 5}
    assert patch_for(prompt(), held, None, None).cleared == {}


def test_metadata_and_description_are_cleared_by_their_own_words() -> None:
    held = prompt(description="Old", metadata={"use_cases": ["Agents"], "language": "Dutch"})

    body = patch_for(prompt(), held, None, ()).body

    assert body["description"] is None
    assert body["metadata"]["use_cases"] == []


def test_an_answer_that_says_what_was_asked_has_nothing_wrong() -> None:
    verdict = judge(prompt(), remote(content=block(top_k=5)))

    assert (verdict.wrong, verdict.added) == ((), ("prompt.top_k",))


def test_an_answer_that_says_something_else_is_wrong_there() -> None:
    verdict = judge(prompt(content=block(temperature=0.5)), remote(content=block(temperature=0.7)))

    assert [item.field for item in verdict.wrong] == ["prompt.temperature"]


def test_a_cleared_field_may_have_a_default_but_not_its_old_value() -> None:
    answer = remote(content=block(seed=7))

    assert [item.field for item in judge(prompt(), answer, {"prompt.seed": 7}).wrong] == ["prompt.seed"]
    assert judge(prompt(), answer, {"prompt.seed": 8}).added == ("prompt.seed",)


def test_an_answer_in_the_other_dialect_alone_is_judged_in_its_words() -> None:
    answer = remote(content=classic(), dialect=CLASSIC)

    assert judge(prompt(), answer).wrong == ()


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        pytest.param(prompt(), remote(), id="word for word"),
        pytest.param(prompt(), remote(other=classic()), id="in both dialects"),
        pytest.param(prompt(), remote(content=block(top_k=5)), id="with a field of its own"),
        pytest.param(prompt(content=block(temperature=0.5)), remote(), id="with another value"),
        pytest.param(prompt("Refund"), remote(), id="under another name"),
        pytest.param(prompt(metadata={"language": "Dutch"}), remote(), id="without what was said about it"),
        pytest.param(
            prompt(content=classic(), dialect=CLASSIC),
            remote(content=classic(), dialect=CLASSIC),
            id="in the classic one",
        ),
        pytest.param(
            prompt(content=classic(), dialect=CLASSIC),
            remote(content={**classic(), "model_db_id": "db"}, dialect=CLASSIC),
            id="with an id that it set",
        ),
        pytest.param(prompt(), remote(content=classic(), dialect=CLASSIC), id="in the other dialect"),
    ],
)
def test_that_the_hash_tells_it_first_changes_no_verdict(
    asked: Any, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setattr(payload, "_is_word_for_word", lambda *_: False)
        slowly = judge(asked, answer)
    assert judge(asked, answer) == slowly


def test_a_create_whose_block_was_dropped_was_ignored() -> None:
    assert was_ignored(prompt(), remote(content={"messages": []}), None)
    assert not was_ignored(prompt(), remote(), None)


def test_an_update_that_changed_nothing_was_ignored_unless_nothing_was_to_change() -> None:
    before = remote(content=block(temperature=0.1))

    assert was_ignored(prompt(content=block(temperature=0.5)), before, before)
    assert not was_ignored(prompt(content=block(temperature=0.1)), before, before)
    assert not was_ignored(prompt(content=block(temperature=0.5)), remote(content=block(temperature=0.5)), before)


NAME, AGE = {"type": "string"}, {"type": "number"}
PROPERTIES = "prompt.response_format.json_schema.schema.properties"


def of(properties: Any, **more: Any) -> Any:
    return prompt(content=with_schema(properties, **more))


def test_what_the_service_only_writes_differently_is_not_wrong() -> None:
    asked = prompt(content=block(temperature=0.7, messages=[{"role": "system", "content": "Be kind\n"}]))

    verdict = judge(asked, remote(content=block(temperature=0.699999988079071)))

    assert verdict.wrong == ()
    assert {item.field for item in verdict.rewritten} == {"prompt.temperature", "prompt.messages[0].content"}
    assert verdict.form is IN_ORDER


def test_what_it_dropped_or_replaced_is_wrong_beside_it() -> None:
    asked = prompt(content=block(temperature=0.7, n=2, messages=[{"role": "system", "content": "Be kind\n"}]))

    verdict = judge(asked, remote(content=block(temperature=0.5)))

    assert [item.field for item in verdict.wrong] == ["prompt.temperature", "prompt.n"]
    assert [item.field for item in verdict.rewritten] == ["prompt.messages[0].content"]


def test_an_order_that_is_lost_is_not_wrong_and_told() -> None:
    asked, answer = of({"n": NAME, "a": AGE}), remote(content=with_schema({"a": AGE, "n": NAME}))

    verdict = judge(asked, answer)

    assert (verdict.wrong, verdict.form) == ((), WITHOUT_ORDER)
    assert [item.field for item in verdict.rewritten] == [PROPERTIES]
    assert judge(asked, remote(content=with_schema({"n": NAME, "x": NAME, "a": AGE}))).form is IN_ORDER


def test_a_word_that_changes_with_a_lost_order_is_wrong() -> None:
    answer = remote(content=with_schema({"a": AGE, "n": AGE}))

    verdict = judge(of({"n": NAME, "a": AGE}), answer)

    assert [item.field for item in verdict.wrong] == [f"{PROPERTIES}.n.type"]
    assert verdict.form is WITHOUT_ORDER


def test_a_null_in_the_place_of_what_was_to_be_cleared_is_wrong() -> None:
    cleared = {f"{PROPERTIES}.a": AGE}

    assert still_held(of({"n": NAME}), remote(content=with_schema({"n": NAME, "a": None})), cleared) == {
        f"{PROPERTIES}.a": None
    }
    assert still_held(of({"n": NAME}), remote(content=with_schema({"n": NAME})), cleared) == {}


def test_of_all_parameters_that_are_still_there_each_is_told() -> None:
    answer = remote(content=classic(model_parameters={"topP": 0.5, "seed": 1}), dialect=CLASSIC)
    asked = prompt(content=classic(), dialect=CLASSIC)
    cleared = {"prompt_config.model_parameters": {"topP": 0.5, "seed": 1}}

    assert still_held(asked, answer, cleared) == {
        "prompt_config.model_parameters.topP": 0.5,
        "prompt_config.model_parameters.seed": 1,
    }


def test_values_in_nested_objects() -> None:
    body = patch_for(of({"x.y": {"a": 1}}), of({}), None, ()).body
    schema = f"{PROPERTIES}.x.y"

    placed = nested(body, {f"{schema}.b": None, f"{PROPERTIES}.p.q": None})

    assert placed is not None
    assert placed["prompt"]["response_format"]["json_schema"]["schema"]["properties"] == {
        "x.y": {"a": 1, "b": None},
        "p.q": None,
    }
    assert nested({"prompt_config": {}}, {"prompt_config.model_parameters.seed": None}) == {
        "prompt_config": {"model_parameters": {"seed": None}}
    }


@pytest.mark.parametrize("name", ["prompt.cache", "prompt.messages[0].name", "description"])
def test_what_has_no_place_in_a_nested_object(name: str) -> None:
    assert nested({"prompt": block()}, {name: None}) is None


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        pytest.param(with_schema({"a": AGE, "n": NAME}), of({"n": NAME, "a": AGE}), id="the order"),
        pytest.param(block(temperature=0.699999988079071), prompt(content=block(temperature=0.7)), id="32 bits"),
    ],
)
def test_an_update_that_the_service_writes_differently_was_not_ignored(before: Any, asked: Any) -> None:
    assert not was_ignored(asked, remote(content=before, version="v2"), remote(content=before))


@pytest.mark.parametrize("path", ["Default", None])
def test_nothing_let_through_overrides_what_a_plan_tells(path: str | None) -> None:
    """The configuration refuses such names; should one come by all the same, it is not what is sent."""
    names = ("display_name", "description", "metadata", "path", "prompt", "prompt_config")
    asked = prompt(extra={**dict.fromkeys(names, "theirs"), "team": "a"})
    bodies = [patch_for(asked, prompt(), path, ()).body, create_body(asked, "Default")]
    for body in bodies:
        assert "theirs" not in body.values()
        assert (body["team"], body["display_name"]) == ("a", "refund")
    told = canonical(asked)
    assert "theirs" not in [told[name] for name in ("display_name", "metadata", "prompt")]
