from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from promptsync.model.pairing import is_list_of_objects, pairs
from tests.strategies import current_messages, few

A: dict[str, Any] = {"role": "system", "content": "Be kind."}
B: dict[str, Any] = {"role": "user", "content": "How are you today?"}
C: dict[str, Any] = {"role": "assistant", "content": "Fine, thanks."}


def edited(message: dict[str, Any]) -> dict[str, Any]:
    return {**message, "content": message["content"] + " Indeed."}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([], [], {}),
        ([A, B], [A, B], {0: 0, 1: 1}),
        ([A, B], [edited(A), edited(B)], {0: 0, 1: 1}),
        ([A], [B], {0: 0}),
        ([A, B], [B], {1: 0}),
        ([B], [A, B], {0: 1}),
        ([A, B, C], [A, C], {0: 0, 2: 1}),
        ([A, A], [A], {0: 0}),
        ([B, A], [A, B], {0: 1}),
        ([B], [A, edited(B)], {0: 1}),
        ([A, edited(B)], [B], {1: 0}),
        ([B, C], [A, edited(B), C], {0: 1, 1: 2}),
        ([B], [edited(C), edited(A)], {}),
        ([{"model": "openai/gpt-4o"}, {"model": "o1"}], [{"model": "gpt-4o"}], {0: 0}),
        ([{"model": "o1"}, {"model": "openai/gpt-4o"}], [{"model": "gpt-4o"}], {1: 0}),
    ],
)
def test_elements_are_paired_by_what_they_say(one: Any, other: Any, expected: Any) -> None:
    assert pairs(one, other) == expected


def test_what_the_service_adds_to_an_element_does_not_hide_it() -> None:
    assert pairs([{**A, "name": "x"}, {**B, "name": "y"}], [B]) == {1: 0}


def test_many_long_elements_are_paired_in_order() -> None:
    """To look for those that are alike would take minutes."""
    one, other = (
        [{"role": "user", "content": " ".join(f"{side}{n}-{word}" for word in range(2000))} for n in range(length)]
        for side, length in (("a", 60), ("b", 61))
    )
    assert pairs(one, other) == {index: index for index in range(60)}


@given(few(current_messages, most=4), few(current_messages, most=4))
def test_each_element_is_in_one_pair_at_most_and_the_order_is_kept(one: Any, other: Any) -> None:
    found = pairs(one, other)
    assert list(found) == sorted(found)
    assert list(found.values()) == sorted({*found.values()})
    assert found.keys() <= set(range(len(one)))
    assert {*found.values()} <= set(range(len(other)))


@pytest.mark.parametrize(
    ("value", "expected"), [([], True), ([{}], True), ([{}, 1], False), (["a"], False), ({}, False), (None, False)]
)
def test_is_list_of_objects(value: Any, expected: bool) -> None:
    assert is_list_of_objects(value) is expected
    assert is_list_of_objects([], value) is expected
