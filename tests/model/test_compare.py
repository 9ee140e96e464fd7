from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from promptsync.model import compare as module
from promptsync.model.canonical import WITHOUT_ORDER
from promptsync.model.compare import (
    FieldDiff,
    all_differences,
    all_fields,
    differences,
    drop,
    expand,
    file_differences,
    is_service_only,
    provider_of,
    service_only,
)
from promptsync.model.prompt import CLASSIC, CURRENT, Prompt
from tests.factories import block, classic, file, prompt, remote
from tests.strategies import prompts


def told(desired: dict[str, Any], actual: dict[str, Any], **options: Any) -> list[tuple[str, str, Any, Any]]:
    """The differences of two current blocks, as tuples."""
    found = differences(prompt(content=desired), prompt(content=actual), **options)
    return [(item.field, item.op, item.before, item.after) for item in found]


def says(*messages: tuple[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in messages]}


@pytest.mark.parametrize(
    ("desired", "actual", "expected"),
    [
        ({"n": 1}, {}, [("prompt.n", "add", None, 1)]),
        ({}, {"n": 1}, [("prompt.n", "remove", 1, None)]),
        ({"n": 1}, {"n": 2}, [("prompt.n", "replace", 2, 1)]),
        ({"n": True}, {"n": 1}, [("prompt.n", "replace", 1, True)]),
        ({"n": 0}, {"n": False}, [("prompt.n", "replace", False, 0)]),
        ({"stop": [1, "a"]}, {"stop": [True, "a"]}, [("prompt.stop", "replace", [True, "a"], [1, "a"])]),
        ({"n": 1.0}, {"n": 1}, []),
        ({"stop": ["a", "b"]}, {"stop": ["a"]}, [("prompt.stop", "replace", ["a"], ["a", "b"])]),
        ({"stop": "a"}, {"stop": ["a"]}, [("prompt.stop", "replace", ["a"], "a")]),
        ({"cache": {"type": "x"}}, {"cache": {"type": "x", "ttl": 5}}, [("prompt.cache.ttl", "remove", 5, None)]),
        ({"cache": {"type": "x"}}, {"cache": "x"}, [("prompt.cache", "replace", "x", {"type": "x"})]),
    ],
)
def test_fields(desired: Any, actual: Any, expected: Any) -> None:
    assert told(desired, actual) == expected


A, B, C = ("system", "a"), ("user", "b"), ("user", "c")


@pytest.mark.parametrize(
    ("desired", "actual", "expected"),
    [
        ([A, B], [A, B], []),
        ([A, B], [B], [("prompt.messages[0]", "add", None, {"role": "system", "content": "a"})]),
        ([B], [A, B], [("prompt.messages[0]", "remove", {"role": "system", "content": "a"}, None)]),
        ([A, B, C], [A, C], [("prompt.messages[1]", "add", None, {"role": "user", "content": "b"})]),
        ([A, ("user", "x"), C], [A, B, C], [("prompt.messages[1].content", "replace", "b", "x")]),
        ([A, ("assistant", "b")], [A, B], [("prompt.messages[1].role", "replace", "user", "assistant")]),
        (
            [B, A],
            [A, B],
            [
                ("prompt.messages[0]", "add", None, {"role": "user", "content": "b"}),
                ("prompt.messages[1]", "remove", {"role": "user", "content": "b"}, None),
            ],
        ),
        ([A, A], [A], [("prompt.messages[1]", "add", None, {"role": "system", "content": "a"})]),
        ([A], [], [("prompt.messages", "add", None, [{"role": "system", "content": "a"}])]),
    ],
)
def test_messages_are_paired_by_what_they_say(desired: Any, actual: Any, expected: Any) -> None:
    assert told(says(*desired), says(*actual)) == expected


def test_an_inserted_message_does_not_hide_an_edited_one() -> None:
    found = told(says(("system", "new"), A, ("user", "y")), says(A, B))
    assert found == [
        ("prompt.messages[0]", "add", None, {"role": "system", "content": "new"}),
        ("prompt.messages[2].content", "replace", "b", "y"),
    ]


def test_a_message_put_before_an_edited_one_is_an_addition_and_no_other_role() -> None:
    assert told(says(A, ("user", "b, please")), says(B)) == [
        ("prompt.messages[0]", "add", None, {"role": "system", "content": "a"}),
        ("prompt.messages[1].content", "replace", "b", "b, please"),
    ]


def test_parts_of_a_message() -> None:
    parts = [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "u"}}]
    other = [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "v"}}]
    assert told(says(("user", parts)), says(("user", other))) == [
        ("prompt.messages[0].content[1].image_url.url", "replace", "v", "u")
    ]


@pytest.mark.parametrize(
    ("added", "actual", "expected"),
    [
        (["prompt.top_k"], {"top_k": 1}, []),
        ([], {"top_k": 1}, ["prompt.top_k"]),
        (None, {"top_k": 1, "x": {"y": 1}}, []),
        (["prompt.top_k"], {"top_k": 1, "n": 1}, ["prompt.n"]),
        (["prompt.temperature"], {"temperature": 2}, ["prompt.temperature"]),
        (None, {"temperature": 2}, ["prompt.temperature"]),
        (["prompt.cache"], {"cache": {"type": "x", "ttl": 5}}, []),
        (["prompt.cachet"], {"cache": {"type": "x"}}, ["prompt.cache"]),
    ],
)
def test_what_is_the_services_own_is_no_difference(added: Any, actual: Any, expected: list[str]) -> None:
    found = told({"temperature": 1}, {"temperature": 1, **actual}, added=added)
    assert [item[0] for item in found] == expected


def test_what_is_part_of_an_object_of_the_services_own_is_its_own_too() -> None:
    """The service had a cache of its own; now the file says one as well, and the service keeps its own `ttl` in it."""
    assert told({"cache": {"type": "x"}}, {"cache": {"type": "x", "ttl": 5}}, added=["prompt.cache"]) == []


def test_the_index_of_an_own_field_means_any() -> None:
    desired = {"messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]}
    actual = {"messages": [{"role": "system", "content": "a", "id": 1}, {"role": "user", "content": "b", "id": 2}]}
    assert told(desired, actual, added=["prompt.messages[7].id"]) == []
    assert service_only(prompt(content=desired), prompt(content=actual)) == [
        FieldDiff("prompt.messages[0].id", "remove", 1, None),
        FieldDiff("prompt.messages[1].id", "remove", 2, None),
    ]


@pytest.mark.parametrize(
    ("desired", "actual"),
    [
        ({"cache": {"type": "x"}}, {"cache": {"type": "x", "ttl": 5}, "n": 1}),
        ({"cache": {"ttl": 5}}, {"cache": []}),
        (says(("user", "a"), ("user", "b")), says(("user", "b"))),
        (says(("user", "a")), {"messages": [{"role": "user", "content": "b"}]}),
    ],
)
def test_the_fields_that_only_the_service_has_need_no_pairing(
    desired: dict[str, Any], actual: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [item for item in told(desired, actual) if item[1] == "remove" and not item[0].endswith("]")]
    monkeypatch.setattr(module, "all_differences", None)
    found = service_only(prompt(content=desired), prompt(content=actual))
    assert [(item.field, item.op, item.before, item.after) for item in found] == expected


@given(prompts(), prompts())
def test_the_fields_that_only_the_service_has_are_among_all_differences(desired: Prompt, other: Prompt) -> None:
    for held in (other.block, {**desired.block, **other.block}, {**other.block, **desired.block}):
        actual = replace(desired, block=held)
        expected = filter(is_service_only, all_differences(desired, actual, form=WITHOUT_ORDER))
        assert sorted(map(repr, service_only(desired, actual))) == sorted(map(repr, expected))


def test_a_surplus_message_is_content_and_never_the_services_own() -> None:
    assert told(says(A), says(A, B), added=None) == [
        ("prompt.messages[1]", "remove", {"role": "user", "content": "b"}, None)
    ]


@pytest.mark.parametrize(
    ("desired", "actual", "provider", "same"),
    [
        ("openai/gpt-4o", "gpt-4o", "openai", True),
        ("gpt-4o", "openai/gpt-4o", "openai", True),
        ("openai/gpt-4o", "gpt-4o", None, True),
        ("openai/gpt-4o", "gpt-4o", "azure", False),
        ("openai/gpt-4o", "azure/gpt-4o", "azure", False),
        ("openai/gpt-4o", "azure/gpt-4o", None, False),
        ("openai/gpt-4o", "openai/gpt-4o-mini", "openai", False),
        ("gpt-4o", "gpt-4o-mini", "openai", False),
        ("togetherai/meta/llama", "meta/llama", "togetherai", True),
        ("togetherai/meta/llama", "llama", "togetherai", False),
        ("/gpt-4o", "gpt-4o", "openai", False),
    ],
)
def test_the_prefix_of_a_model(desired: str, actual: str, provider: str | None, same: bool) -> None:
    assert (told({"model": desired}, {"model": actual}, provider=provider) == []) is same


def test_another_provider_is_a_difference_in_either_dialect() -> None:
    azure = remote(content=block(), other={"provider": "openai", "messages": []})
    assert provider_of(azure) == "openai"
    asked = file(content={**block(), "model": "azure/gpt-4o"})
    assert [item.field for item in file_differences(asked, azure, CURRENT, ())] == ["prompt.model"]
    asked = file(content=classic(provider="azure"), dialect=CLASSIC)
    there = remote(content=classic(), dialect=CLASSIC)
    assert [item.field for item in file_differences(asked, there, CLASSIC, ())] == ["prompt_config.provider"]


def test_what_cannot_be_said_in_the_dialect_of_the_answer_differs_as_a_whole() -> None:
    found = file_differences(file(content=block(n=2)), remote(content=classic(), dialect=CLASSIC), CURRENT, None)
    assert {item.field for item in found} >= {"prompt.n", "prompt.messages"}


@given(prompts())
def test_all_fields_of_a_prompt_are_what_differs_from_one_that_says_nothing(asked: Prompt) -> None:
    differing = expand(differences(asked, Prompt("", None, {}, asked.dialect, {})))
    assert [(item.field, item.after) for item in all_fields(asked, "add")] == [
        (item.field, item.after) for item in differing
    ]
    assert [(item.field, item.before) for item in all_fields(asked, "remove")] == [
        (item.field, item.after) for item in differing
    ]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (FieldDiff("a", "add", None, 1), ["a"]),
        (FieldDiff("a", "add", None, {"b": 1, "c": {"d": 2}}), ["a.b", "a.c.d"]),
        (FieldDiff("a", "remove", [{"b": 1}, {"b": 2}], None), ["a[0].b", "a[1].b"]),
        (FieldDiff("a", "add", None, ["x", "y"]), ["a"]),
        (FieldDiff("a", "add", None, {}), ["a"]),
        (FieldDiff("a", "replace", {"b": 1}, {"b": 2}), ["a"]),
        (FieldDiff("a.schema", "add", None, {"b": 1}), ["a.schema"]),
        (FieldDiff("a", "add", None, {"schema": {"b": 1}}), ["a.schema"]),
    ],
)
def test_objects_that_come_or_go_are_told_by_field(item: FieldDiff, expected: list[str]) -> None:
    once = expand([item])
    assert [leaf.field for leaf in once] == expected
    assert {leaf.op for leaf in once} == {item.op}
    assert expand(once) == once


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("p.a", {"p": {"m": [{"x": 1, "y": 1}, {"x": 2}]}}),
        ("p.m[0].x", {"p": {"a": 1, "m": [{"y": 1}, {}]}}),
        ("p.m[].y", {"p": {"a": 1, "m": [{"x": 1}, {"x": 2}]}}),
        ("p.m", {"p": {"a": 1}}),
        ("p.a.b.c", {"p": {"a": 1, "m": [{"x": 1, "y": 1}, {"x": 2}]}}),
        ("q", {"p": {"a": 1, "m": [{"x": 1, "y": 1}, {"x": 2}]}}),
        ("p.m[0]", {"p": {"a": 1, "m": [{"x": 1, "y": 1}, {"x": 2}]}}),
    ],
)
def test_drop(name: str, left: Any) -> None:
    content = {"p": {"a": 1, "m": [{"x": 1, "y": 1}, {"x": 2}]}}
    drop(content, name)
    assert content == left
