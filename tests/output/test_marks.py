from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promptsync.output import marks
from promptsync.output.marks import blocks
from promptsync.output.textdiff import Row


def marked(old: str, new: str) -> list[list[str]]:
    """The marked pieces of a line that went and of the one that came for it."""
    (block,) = blocks([Row("-", old), Row("+", new)])
    return [[piece.text for piece in line.pieces if piece.is_marked] for line in block.lines]


def test_the_words_that_changed_are_marked() -> None:
    assert marked("Never promise a refund.", "Never promise a voucher.") == [["refund"], ["voucher"]]


def test_lines_with_little_in_common_are_not_marked_at_all() -> None:
    assert marked("Never promise a refund.", "Answer in the language of the customer.") == [[], []]
    # The same words, in no order that both have.
    assert marked("one two three four five", "five four three two one") == [[], []]


@given(st.text("ab .", max_size=30), st.text("ab .", max_size=30))
def test_counting_words_first_changes_no_mark(old: str, new: str) -> None:
    counted = marked(old, new)
    real = marks.Counter
    try:
        marks.Counter = lambda words: real({"x" * 10_000: 1, **real(words)})  # type: ignore[misc,assignment]
        matched = marked(old, new)
    finally:
        marks.Counter = real  # type: ignore[misc]
    assert counted == matched
