"""What the service only writes differently, and what is a change however small."""

from __future__ import annotations

import struct
import unicodedata
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from promptsync.model.canonical import Ordered
from promptsync.model.writing import as_written, same_writing
from tests.strategies import json_values, texts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Be kind\n", "Be kind", id="a final newline"),
        pytest.param("Be kind\n\n", "Be kind", id="several"),
        pytest.param("\n", "", id="nothing but one"),
        pytest.param("a\r\nb\r\n", "a\nb", id="line ends"),
        pytest.param("cafe\u0301", "caf\u00e9", id="the Unicode form"),
        pytest.param(0.7, 0.699999988079071, id="32 bits"),
        pytest.param(16_777_217, 16_777_216, id="a whole number in 32 bits"),
        pytest.param(1e300, 1e300, id="a number that 32 bits cannot hold"),
        pytest.param(["a\n", 0.1], ["a", 0.10000000149011612], id="in a list"),
        pytest.param({"a": "x\n", "b": 1}, {"b": 1, "a": "x"}, id="in an object"),
        pytest.param(None, None, id="nothing at all"),
    ],
)
def test_what_is_only_written_differently(one: Any, other: Any) -> None:
    assert same_writing(one, other)
    assert same_writing(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Be kind", "Be  kind", id="a blank"),
        pytest.param("Be kind ", "Be kind", id="a blank at the end"),
        pytest.param("\nBe kind", "Be kind", id="a first newline"),
        pytest.param("a\n\nb", "a\nb", id="an empty line"),
        pytest.param("a\rb", "a\nb", id="a lone carriage return"),
        pytest.param("ﬁne", "fine", id="a ligature"),
        pytest.param("kind", "Kind", id="a capital"),
        pytest.param(0.7, 0.7000001, id="a number next to it"),
        pytest.param(0.7, 0.69, id="another number"),
        pytest.param(1e300, 1e301, id="two large numbers"),
        pytest.param(10**400, 0.5, id="a whole number that no float can hold"),
        pytest.param(1, True, id="a number and a truth"),
        pytest.param(1, "1", id="a number and a text"),
        pytest.param("", None, id="nothing and no text"),
        pytest.param(["a", "b"], ["b", "a"], id="the order of a list"),
        pytest.param(["a"], ["a", "a"], id="one more"),
        pytest.param({"a": 1}, {"a": 1, "b": 2}, id="a further field"),
        pytest.param(Ordered(a=1, b=2), Ordered(b=2, a=1), id="an order that is content"),
    ],
)
def test_what_is_a_change(one: Any, other: Any) -> None:
    assert not same_writing(one, other)
    assert not same_writing(other, one)


@given(json_values)
def test_a_value_is_the_same_as_itself(value: Any) -> None:
    assert same_writing(value, value)


@given(json_values, json_values)
def test_neither_side_comes_first(one: Any, other: Any) -> None:
    assert same_writing(one, other) is same_writing(other, one)


@given(texts)
def test_all_that_a_service_may_do_to_a_text_is_the_same(text: str) -> None:
    for written in (text + "\n", text.rstrip("\n"), text.replace("\n", "\r\n"), unicodedata.normalize("NFC", text)):
        assert same_writing(text, written)


@given(st.floats(-1e6, 1e6))
def test_a_number_is_the_same_in_32_bits(number: float) -> None:
    assert same_writing(number, struct.unpack("f", struct.pack("f", number))[0])


@given(st.lists(st.sampled_from(["be", "kind", "Kind", "café", "0.7", "é", "\n"]), max_size=6), st.data())
def test_a_word_that_differs_is_never_hidden(words: list[str], data: st.DataObject) -> None:
    others = data.draw(st.lists(st.sampled_from(["be", "kind", "Kind", "café", "0.7", "é", "\n"]), max_size=6))
    assume([word for word in words if word != "\n"] != [word for word in others if word != "\n"])
    assert not same_writing(" ".join(words), " ".join(others))


@pytest.mark.parametrize(
    ("value", "like", "written"),
    [
        ("Be kind", "Be right\n", "Be kind\n"),
        ("Be kind\n", "Be right", "Be kind"),
        ("a\nb", "a\r\nc\r\n", "a\r\nb\r\n"),
        (0.699999988079071, 0.5, 0.7),
        (0.123456789, 0.5, 0.123456789),
        (7, 8, 7),
        ("text", None, "text"),
    ],
)
def test_how_a_file_would_write_it(value: Any, like: Any, written: Any) -> None:
    assert as_written(value, like) == written
