from __future__ import annotations

from promptsync.output.cells import cut, cut_left, pad, width


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert [width(text) for text in ("abc", "日本", "e\u0301", "")] == [3, 4, 1, 0]


def test_a_text_is_padded_to_columns() -> None:
    assert pad("日本", 6) == "日本  "
    assert pad("too long", 3) == "too long"


def test_a_wide_character_is_not_cut_in_two() -> None:
    assert cut("abc", 2) == "ab"
    assert cut("日本", 3) == "日"
    assert cut("日本", 9) == "日本"
    assert cut_left("日本", 3) == "本"
    assert cut_left("abc", 9) == "abc"
