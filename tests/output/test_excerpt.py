from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.output.cells import width
from promptsync.output.excerpt import one_line, quoted_pair, shorten, word_hunks


def test_what_fits_is_told_whole() -> None:
    assert one_line({"a": [1, "ü"]}) == '{"a": [1, "ü"]}'
    assert one_line("two\nlines") == '"two\\nlines"'
    assert one_line(None) == "null"


def test_what_does_not_fit_tells_how_much_is_left_out() -> None:
    assert shorten("a" * 50 + "b" * 50, 40) == "aaaaaaaaa … (86 characters) … bbbbb"


def test_texts_that_look_alike_are_told_in_escapes() -> None:
    assert quoted_pair("caf\u00e9", "cafe\u0301") == ('"caf\\u00e9"', '"cafe\\u0301"')
    assert quoted_pair("a b", "a\u00a0b") == ('"a b"', '"a\\u00a0b"')
    assert quoted_pair("a\x1b", "a\\x1b") == ('"a\\u001b"', '"a\\\\x1b"')


def test_every_place_that_differs_is_a_hunk() -> None:
    words = [f"word{number}" for number in range(100)]
    old = " ".join(words)
    new = old.replace("word20 ", "other ").replace("word80 ", "")

    hunks = list(word_hunks(old, new, 120))

    assert [hunk.new for hunk in hunks] == [
        '(101 unchanged) … " word16 word17 word18 word19 other word21 word22 word23 word24"',
        '(357 unchanged) … " word76 word77 word78 word79 word81 word82 word83 word84" … (105 unchanged)',
    ]


def test_of_many_differences_each_is_shown() -> None:
    old = " ".join(f"word{number}" for number in range(1_000))
    hunks = list(word_hunks(old, old.replace("0 ", "zero "), 120))

    assert len(hunks) == 100
    assert all("zero" in hunk.new for hunk in hunks)


def test_a_difference_is_never_cut() -> None:
    (hunk,) = word_hunks("one two", "one " + "other " * 200 + "two", 80)

    assert hunk.new.count("other") == 200


def test_a_space_that_looks_alike_is_seen_beside_a_visible_change() -> None:
    words = " ".join(f"word{number}" for number in range(50))
    hunks = list(word_hunks(f"a {words} b c", f"x {words} b\u00a0c", 80))

    assert "\\u00a0" in hunks[-1].new


def test_a_change_within_one_endless_word_is_shown() -> None:
    (hunk,) = word_hunks("x" * 9_000, "x" * 4_500 + "y" + "x" * 4_500, 80)
    (wide,) = word_hunks("中" * 9_000, "中" * 4_500 + "文" + "中" * 4_500, 80)

    assert "y" in hunk.new
    assert "文" in wide.new
    assert max(width(text) for text in (*hunk, *wide)) <= 80


def test_texts_too_large_to_match_are_told_whole() -> None:
    (hunk,) = word_hunks("x " * 5_000, "y " * 5_001, 80)

    assert (hunk.old.count("x"), hunk.new.count("y")) == (5_000, 5_001)


@settings(deadline=None)
@given(st.text(min_size=100), st.text(min_size=100))
def test_other_texts_have_a_hunk(old: str, new: str) -> None:
    assert bool(list(word_hunks(old, new, 80))) == (old != new)


@settings(deadline=None)
@given(st.text(), st.integers(40, 100))
def test_ascii_keeps_within_its_room(text: str, room: int) -> None:
    plain = "".join(character for character in text if " " <= character <= "~") * 9

    assert len(shorten(plain.replace(":", "").replace("#", ""), room)) <= room
