"""Layers: what is nearer wins, mappings are merged, null takes away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.layers import MISSING, leaves, merged, own_part, resolved, value_at

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.lists(st.integers(0, 2), max_size=2),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=3)


@given(VALUES, VALUES, VALUES)
def test_it_does_not_matter_which_two_layers_are_merged_first(one: Any, two: Any, three: Any) -> None:
    assert merged(merged(one, two), three) == merged(one, merged(two, three))


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_nor_where_more_layers_come_over_them(far: Any, one: Any, two: Any, three: Any) -> None:
    assert merged(far, merged(merged(one, two), three)) == merged(far, merged(one, merged(two, three)))


@given(DOCUMENTS, DOCUMENTS)
def test_a_layer_that_comes_twice_changes_nothing(one: Any, two: Any) -> None:
    assert merged(one, one) == one
    assert merged(merged(one, two), two) == merged(one, two)


@given(DOCUMENTS, DOCUMENTS)
def test_merging_changes_neither_of_the_two(one: Any, two: Any) -> None:
    before = repr((one, two))
    resolved([one, two], two)
    assert repr((one, two)) == before


@pytest.mark.parametrize(
    ("far", "own", "what"),
    [
        ({"metadata": {"a": 1, "b": 2}}, {"metadata": {"b": 3}}, {"metadata": {"a": 1, "b": 3}}),
        ({"prompt": {"stop": ["a", "b"]}}, {"prompt": {"stop": ["c"]}}, {"prompt": {"stop": ["c"]}}),
        ({"prompt": {"seed": 1, "n": 2}}, {"prompt": {"seed": None}}, {"prompt": {"n": 2}}),
        ({"metadata": {"a": 1}}, {"metadata": None, "prompt": {}}, {"prompt": {}}),
        ({"metadata": {"a": 1}}, {"prompt": {"seed": None}}, {"metadata": {"a": 1}, "prompt": {"seed": None}}),
        ({"prompt_config": {"stream": True}}, {"prompt": {"n": 1}}, {"prompt": {"n": 1}}),
        ({"prompt": {"n": None}}, {"prompt": {"seed": 1}}, {"prompt": {"seed": 1}}),
        ({"prompt": {"n": 1}}, {"prompt": None}, {"prompt": None}),
    ],
)
def test_a_file_over_its_defaults(far: Any, own: Any, what: Any) -> None:
    assert resolved([far, own], own) == what


@given(DOCUMENTS, DOCUMENTS)
def test_what_a_file_has_to_say_over_defaults_says_all_of_it(far: Any, wanted: Any) -> None:
    wanted = resolved([wanted], {})  # without nulls, as what the service holds
    own = own_part(far, wanted)
    assert resolved([far, own], own) == wanted


def test_what_the_defaults_say_is_not_said_twice() -> None:
    far = {"prompt": {"model": "m", "n": 1}, "metadata": {"language": "Dutch"}}
    wanted = {"prompt": {"model": "m", "seed": 3}, "metadata": {"language": "Dutch"}}
    assert own_part(far, wanted) == {"prompt": {"seed": 3, "n": None}}


def test_places_and_values() -> None:
    data = {"a": {"b": [{"c": 1}]}, "d": {}}
    assert list(leaves(data)) == [("a", "b"), ("d",)]
    assert value_at(data, ("a", "b", 0, "c")) == 1
    assert value_at(data, ("a", "b", 1)) is MISSING
    assert value_at(data, ("a", 0)) is MISSING
