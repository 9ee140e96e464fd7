"""What DeepDiff is told, and each of its ways that would tell a plan wrongly."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given

from promptsync.model.canonical import MAX_DEPTH, Ordered
from promptsync.model.values import MISSING, find_differences
from tests.strategies import json_values

A = {"role": "system", "content": "a"}
B = {"role": "user", "content": "b"}
NAN = float("nan")


def found(first: Any, second: Any, provider: str | None = None) -> list[tuple[str, Any, Any]]:
    return [tuple(item) for item in find_differences(first, second, provider=provider)]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"n": 1}, {"n": True}, [("n", 1, True)]),
        ({"n": False}, {"n": 0}, [("n", False, 0)]),
        ({"n": 1}, {"n": "1"}, [("n", 1, "1")]),
        ({"n": 1}, {"n": 1.5}, [("n", 1, 1.5)]),
        ({"n": 1}, {"n": None}, [("n", 1, None)]),
        ({"n": NAN}, {"n": float("nan")}, []),
        ({"n": [NAN]}, {"n": [float("nan")]}, []),
    ],
)
def test_values_of_different_kinds_differ(first: Any, second: Any, expected: Any) -> None:
    """`ignore_numeric_type_changes` would make `1` and `True` one."""
    assert found(first, second) == expected


def test_a_list_of_true_is_no_list_of_one() -> None:
    """DeepDiff itself takes the two for equal: github.com/seperman/deepdiff/issues/605."""
    assert found({"stop": [True, "a"]}, {"stop": [1, "a"]}) == [("stop", [True, "a"], [1, "a"])]
    assert found({"stop": [[True, "a"]]}, {"stop": [[1, "a"]]}) == [("stop", [[True, "a"]], [[1, "a"]])]


def test_an_element_that_is_there_twice_is_told() -> None:
    """`ignore_order` and `iterable_compare_func` lose it."""
    assert found({"m": [A]}, {"m": [A, A]}) == [("m[1]", MISSING, A)]
    assert found({"m": [A, A]}, {"m": [A]}) == [("m[1]", A, MISSING)]


def test_elements_that_change_places_are_told() -> None:
    """`ignore_order` and `iterable_compare_func` lose that, too."""
    assert found({"m": [A, B]}, {"m": [B, A]}) == [("m[0]", MISSING, B), ("m[1]", B, MISSING)]


@pytest.mark.parametrize("name", ["__x", "__class__", "_x", "a.b", "[0]", "'", "\"'", "", "ü\ud800"])
def test_any_name_is_looked_at(name: str) -> None:
    """Those with `__` before them are passed over unless `ignore_private_variables` is off."""
    assert found({"o": {name: 1}}, {"o": {name: 2}}) == [(f"o.{name}", 1, 2)]
    assert found({"o": {}}, {"o": {name: 2}}) == [(f"o.{name}", MISSING, 2)]


def test_objects_that_have_little_in_common_are_told_by_field() -> None:
    """By default they would be told as a whole."""
    first, second = {"o": {"a": 1, "b": 1, "c": 1, "d": 1}}, {"o": {"a": 2, "e": 1, "f": 1, "g": 1}}
    assert [path for path, _, _ in found(first, second)] == ["o.a", "o.e", "o.f", "o.g", "o.b", "o.c", "o.d"]


def test_the_order_is_that_of_the_second_and_then_by_name() -> None:
    first, second = {"z": 1, "y": 1, "b": 1, "m": [A]}, {"m": [{**A, "name": "x"}], "c": 1, "b": "2", "a": {}}
    assert [path for path, _, _ in found(first, second)] == ["m[0].name", "c", "b", "a", "y", "z"]


def test_an_added_element_does_not_hide_an_edited_one() -> None:
    edited = {"role": "user", "content": "b, please"}
    assert found({"m": [B]}, {"m": [A, edited]}) == [("m[0]", MISSING, A), ("m[1].content", "b", "b, please")]


def test_the_provider_before_a_model_is_none() -> None:
    first, second = {"p": {"model": "gpt-4o"}}, {"p": {"model": "openai/gpt-4o"}}
    assert found(first, second) == found(first, second, "openai") == []
    assert found(first, second, "azure") == [("p.model", "gpt-4o", "openai/gpt-4o")]
    assert found({"p": {"name": "x"}}, {"p": {"name": "y/x"}}) == [("p.name", "x", "y/x")]
    assert found({"model": "gpt-4o"}, {"model": "openai/gpt-4o"}) == [("model", "gpt-4o", "openai/gpt-4o")]


def test_a_text_is_not_diffed_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """DeepDiff would make a unified diff of it, which takes more than a minute for 1 MB."""
    monkeypatch.setattr("difflib.unified_diff", None)
    assert found({"content": "a\nb\n"}, {"content": "a\nc\n"}) == [("content", "a\nb\n", "a\nc\n")]


def test_the_deepest_data_that_can_be_compared() -> None:
    first: Any = 1
    second: Any = 2
    for level in range(MAX_DEPTH):
        first, second = ([first], [second]) if level % 2 and level > 1 else ({"a": first}, {"a": second})
    assert len(found({"o": first}, {"o": second})) == 1


@given(json_values)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert found({"v": value}, {"v": value}) == []


@given(json_values, json_values)
def test_what_differs_is_told_from_either_side(one: Any, other: Any) -> None:
    assert bool(found({"v": one}, {"v": other})) is bool(found({"v": other}, {"v": one}))


def test_deepdiff_is_imported_for_the_first_difference_alone() -> None:
    program = """
import sys
from promptsync.model.compare import all_differences, all_fields
from promptsync.model.prompt import Prompt
prompt = Prompt("A", None, {}, "prompt", {"n": 1})
assert all_differences(prompt, Prompt("A", None, {}, "prompt", {"n": 1.0})) == []
assert len(all_fields(prompt, "add")) == 2
assert "deepdiff" not in sys.modules
assert len(all_differences(prompt, Prompt("A", None, {}, "prompt", {"n": 2}))) == 1
assert "deepdiff" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_keys_that_change_places_are_told_as_the_object_that_they_are_in() -> None:
    """DeepDiff knows no order of keys."""
    first, second = Ordered(a=Ordered(x=1), b=2), Ordered(b=2, a=Ordered(x=1))
    assert found({"schema": first}, {"schema": second}) == [("schema", first, second)]
    assert found({"schema": {"a": first}}, {"schema": {"a": second}}) == [("schema.a", first, second)]


def test_a_word_in_an_object_whose_keys_keep_their_places_is_told_by_itself() -> None:
    first, second = Ordered(a=Ordered(x=1), b=2), Ordered(a=Ordered(x=2), c=3, b=2)
    assert found({"schema": first}, {"schema": second}) == [("schema.a.x", 1, 2), ("schema.c", MISSING, 3)]


def test_an_order_inside_a_list_is_told_with_the_list() -> None:
    first, second = [True, Ordered(a=1, b=2)], [True, Ordered(b=2, a=1)]
    assert found({"enum": first}, {"enum": second}) == [("enum", first, second)]
    assert found({"enum": first}, {"enum": [True, Ordered(a=1, b=2)]}) == []
    assert found({"anyOf": first[1:]}, {"anyOf": second[1:]}) == [("anyOf[0]", first[1], second[1])]
