from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.joined import changed_alone, joined, start_of_next

TEXTS = st.lists(st.text("ab\n", max_size=5), min_size=1, max_size=4)


def test_texts_are_joined_with_an_empty_line_between() -> None:
    assert joined(["a", "b\nc"]) == "a\n\nb\nc"
    assert joined(["a", "b"])[start_of_next("a") :] == "b"


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("A\n\nb\n\nc", {0: "A"}),
        ("a\n\nB\n\nB\n\nc", {1: "B\n\nB"}),
        ("a\n\nb\n\nb\n\nc", {1: "b\n\nb", 2: "b\n\nc", 0: "a\n\nb"}),
        ("A\n\nb\n\nC", {}),
        ("a\n\nc", {}),
    ],
)
def test_which_of_three_texts_changed_alone(text: str, alone: dict[int, str]) -> None:
    assert changed_alone(["a", "b", "c"], text) == alone


@given(TEXTS, st.text("ab\n", max_size=5), st.data())
def test_a_text_that_changed_alone_is_among_those_that_may_have(
    parts: list[str], new: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(parts) - 1))
    now = [*parts[:at], new, *parts[at + 1 :]]
    found = changed_alone(parts, joined(now))
    assert found[at] == new
    assert all(joined([*parts[:i], text, *parts[i + 1 :]]) == joined(now) for i, text in found.items())
