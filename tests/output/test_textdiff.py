from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.output.textdiff import line_rows


def told(old: str, new: str, room: int = 80) -> list[str]:
    return [f"{row.sign}{row.text}" for row in line_rows(old, new, room)]


def test_a_changed_line_stands_between_three_others() -> None:
    old = "\n".join("abcdefghij")

    assert told(old, old.replace("f", "F")) == ["@@@ -3,7 +3,7 @@", " c", " d", " e", "-f", "+F", " g", " h", " i"]


def test_two_distant_changes_are_two_places() -> None:
    old = "".join(f"{number}\n" for number in range(40))

    places = [line for line in told(old, old.replace("5\n", "five\n", 1) + "40\n") if line.startswith("@")]

    assert places == ["@@@ -3,7 +3,7 @@", "@@@ -38,3 +38,4 @@"]


def test_a_missing_newline_at_the_end_is_said() -> None:
    assert told("a\nb\n", "a\nb") == ["(the old text ends with a newline, the new one does not)"]
    assert told("a\nb", "a\nb\n") == ["(the new text ends with a newline, the old one does not)"]


def test_a_trailing_blank_is_seen() -> None:
    assert told("a\nb\n", "a\nb \n")[-2:] == ['-"b"', '+"b "']


def test_carriage_returns_are_seen() -> None:
    assert told("a\nb\n", "a\nb\r\n")[-2:] == ["-b", "+b\\r"]


def test_the_change_within_a_long_line_is_shown_and_not_its_beginning() -> None:
    line = "never " * 200
    rows = told(f"a\n{line}\n", f"a\n{line}but once\n")

    assert any("but once" in row for row in rows)
    assert max(map(len, rows)) < 120


def test_a_short_line_beside_a_long_one_is_told_whole() -> None:
    long = "never " * 40

    rows = told(f"{long}\nred\n", f"{long}but once\ngreen\n")

    assert rows[0] == "@@@ -1,2 +1,2 @@"
    assert rows[-2:] == ["-red", "+green"]


def test_texts_too_large_to_match_are_told_as_taken_away_and_put_in() -> None:
    rows = told("same\n" + "x\ny\n" * 5_000, "same\n" + "y\nz\n" * 5_001)

    assert rows[:2] == ["@@@ -1,10001 +1,10003 @@", " same"]
    assert (rows.count("-x"), rows.count("-y"), rows.count("+y"), rows.count("+z")) == (5_000, 5_000, 5_001, 5_001)


def test_what_stands_on_either_side_of_many_blank_lines_is_told() -> None:
    old = "one\n" + "\n" * 400 + "two\n" + "\n" * 400 + "three\n"

    assert told(old, old.replace("one", "ONE").replace("three", "THREE\nmore"))[-2:] == ["+THREE", "+more"]
    rows = told(old, old.replace("one", "ONE").replace("two", "TWO").replace("three", "THREE"))
    assert len(rows) < 40
    assert {"+ONE", "+TWO", "+THREE", "-two"} <= set(rows)


def test_of_a_long_line_that_did_not_change_the_beginning_is_enough() -> None:
    assert told("x" * 500 + "\na", "x" * 500 + "\nb")[1] == " " + "x" * 60 + " … (440 unchanged)"
    assert told("a", "x" * 500)[-1] == '+"' + "x" * 500 + '"'


def test_a_small_change_in_a_huge_text_is_still_found() -> None:
    old = "x\n" * 50_000

    assert told(old + "a\n" + old, old + "b\n" + old)[4:6] == ["-a", "+b"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "a b", ""])), st.lists(st.sampled_from(["a", "b", "c", ""])))
def test_other_texts_are_never_told_as_alike(old: list[str], new: list[str]) -> None:
    before, after = "\n".join(old), "\n".join(new)

    assert bool(told(before, after)) == (before != after)
