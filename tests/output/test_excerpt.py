from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.output.cells import width
from promptsync.output.excerpt import one_line, quoted_pair, shorten, too_much, word_hunks


def test_what_fits_is_told_whole() -> None:
    assert one_line({"a": [1, "ü"]}, 40) == '{"a": [1, "ü"]}'
    assert one_line("two\nlines", 40) == '"two\\nlines"'
    assert one_line(None, 40) == "null"


def test_what_does_not_fit_tells_how_much_is_left_out() -> None:
    assert shorten("a" * 50 + "b" * 50, 40) == "aaaaaaaaa … (86 characters) … bbbbb"


def test_texts_that_look_alike_are_told_in_escapes() -> None:
    assert quoted_pair("caf\u00e9", "cafe\u0301", 80) == ('"caf\\u00e9"', '"cafe\\u0301"')
    assert quoted_pair("a b", "a\u00a0b", 80) == ('"a b"', '"a\\u00a0b"')
    assert quoted_pair("a\x1b", "a\\x1b", 80) == ('"a\\u001b"', '"a\\\\x1b"')


def test_every_place_that_differs_is_a_hunk() -> None:
    words = [f"word{number}" for number in range(100)]
    old = " ".join(words)
    new = old.replace("word20 ", "other ").replace("word80 ", "")

    hunks = list(word_hunks(old, new, 120))

    assert [hunk.new for hunk in hunks] == [
        '(101 characters) … " word16 word17 word18 word19 other word21 word22 word23 word24"',
        '(357 characters) … " word76 word77 word78 word79 word81 word82 word83 word84" … (105 characters)',
    ]


def test_of_many_differences_the_rest_is_counted() -> None:
    old = " ".join(f"word{number}" for number in range(1_000))
    hunks = list(word_hunks(old, old.replace("0 ", "zero "), 120))

    assert len(hunks) == 8
    assert hunks[-1].new.endswith(" with 92 more differences)")


def test_a_change_within_one_endless_word_is_shown() -> None:
    (hunk,) = word_hunks("x" * 9_000, "x" * 4_500 + "y" + "x" * 4_500, 80)
    (wide,) = word_hunks("中" * 9_000, "中" * 4_500 + "文" + "中" * 4_500, 80)

    assert "y" in hunk.new
    assert "文" in wide.new
    assert max(width(text) for text in (*hunk, *wide)) <= 80


def test_texts_too_large_to_match_are_told_by_their_ends() -> None:
    (hunk,) = word_hunks("x " * 50_000, "y " * 50_000, 80)

    assert hunk.old.startswith('"x x x')
    assert " characters) … " in hunk.old
    assert len(hunk.old) <= 80


def test_what_difflib_would_choke_on_is_not_given_to_it() -> None:
    assert not too_much(["a"] * 300, ["a"] * 300)
    assert too_much(["a"] * 400, ["a"] * 400)
    assert too_much([str(number) for number in range(2_001)], [])


@settings(deadline=None)
@given(st.text(min_size=100), st.text(min_size=100))
def test_a_hunk_is_bounded_and_never_the_same_on_both_sides(old: str, new: str) -> None:
    if old != new:
        hunks = list(word_hunks(old, new, 80))
        assert hunks
        assert len(hunks[0].old) < 800


@settings(deadline=None)
@given(st.text(), st.integers(40, 100))
def test_ascii_keeps_within_its_room(text: str, room: int) -> None:
    plain = "".join(character for character in text if " " <= character <= "~") * 9

    assert len(shorten(plain.replace(":", "").replace("#", ""), room)) <= room
