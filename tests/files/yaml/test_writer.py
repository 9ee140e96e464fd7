"""One value is written one way, wherever it is written, and every reader takes it for the same."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from promptsync.files.yaml.editor import edit
from promptsync.files.yaml.edits import Edit, identical
from promptsync.files.yaml.reader import decode, read
from promptsync.files.yaml.writer import NotYamlError, dump, escape

# Each turns up often: what ends lines, what is not seen, and what YAML has a meaning for.
PIECES = st.sampled_from(
    [" ", "  ", "\n", "\n\n", "\t", "\r", "\r\n", "\x85", "\u2028", "\u2029", "\ufeff", "\xa0", "\x07", "\x7f",
     "\u202e", "a", "b c", "#", " #", ": ", ":", "- ", "---", "...", "? ", "|", ">", "|2-", "'", '"', "\\", "{{v}}",
     "[", "]", ",", "&", "*", "!", "%", "@", "`", "~", "=", "<<", "no", "null", "12:30", "0x1", "日本", "🙂",
     "word " * 30]
)  # fmt: skip
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXT = st.lists(PIECES | CHARACTERS, max_size=10).map("".join)
CANNOT_STAND_IN_A_BLOCK = frozenset("\r\x85\u2028\u2029\ufeff\x07\x7f")
LINES = st.lists(st.sampled_from([" ", "\n", "\t", "a", "#", "---", "é"]), max_size=10).map("".join)


def read_by_all(text: str) -> list[Any]:
    """What our reader and both of PyYAML's make of a file."""
    plain, complaints = decode(text.encode())
    document = read(plain)
    assert (complaints, document.complaints) == ([], [])
    return [document.data, yaml.load(text, yaml.SafeLoader), yaml.load(text, getattr(yaml, "CSafeLoader"))]  # noqa: B009


@given(TEXT)
@example("")
@example("\n")
@example(" \n")
@example("\n \n\t\n")
@example("a\n \n")
@example("a\n\n\n")
@example("\ta\n")
@example(" " * 200)
def test_any_text_is_read_back_by_all_readers(text: str) -> None:
    for document in ({"k": text}, {"k": [text, {"in": text}], "l": text}, {"k": {"in": [[text], text]}}):
        for data in read_by_all(dump(document)):
            assert data == document


def test_what_a_reviewer_cannot_see_is_escaped_and_nothing_else() -> None:
    """Line ends but the plain one, control characters, and what turns the direction of the text around."""
    turning = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
    unseen = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF)}
    escaped = {
        char for code in (*range(0xD800), *range(0xE000, 0x10001), 0x10FFFF) if escape(char := chr(code)) != char
    }
    assert escaped == unseen | turning | {'"', "\\"}


@given(LINES)
@example(" \n")
@example("\n\n")
@example("a \nb\t\n  \n")
def test_a_text_of_lines_stands_in_a_block(text: str) -> None:
    """Blanks and tabs at the end of a line, at the beginning of the text, and any number of line ends at its end."""
    header = dump({"k": text, "l": 0}).partition("\n")[0]

    assert header.startswith("k: |") == ("\n" in text)


@pytest.mark.parametrize("char", ["\u200f", "\u2067\u2069", "\u202b\u202c"])
def test_what_turns_the_direction_until_the_end_of_a_line_stands_in_a_block(char: str) -> None:
    """Texts in Arabic and Hebrew need it. In a text of one line, which may be quoted, it is seen as an escape."""
    assert dump({"k": f"שלום {char}\nb"}) == f"k: |-\n  שלום {char}\n  b\n"
    assert read_by_all(dump({"k": f"שלום {char}\nb"}))[0] == {"k": f"שלום {char}\nb"}


@pytest.mark.parametrize("char", [*sorted(CANNOT_STAND_IN_A_BLOCK), "\u202e"])
def test_what_no_block_can_hold_is_quoted_line_by_line(char: str) -> None:
    written = dump({"k": f"one \n  two{char}\n\nthree"}).split("\n")

    assert [line[:8] for line in written] == ['k: "one ', "  \\  two", "  \\n\\", '  three"', ""]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\n", "|\n  a\n"),
        ("a\nb", "|-\n  a\n  b\n"),
        ("a\n\n", "|+\n  a\n\n"),
        (" a\nb", "|2-\n   a\n  b\n"),
        ("\ta\n", "|2\n  \ta\n"),
        ("\n", "|2+\n\n"),
        ("a  \nb", "|-\n  a  \n  b\n"),
        ("# a\n--- b", "|-\n  # a\n  --- b\n"),
        ("x" * 118, "|-\n  " + "x" * 118 + "\n"),
        ("x" * 117, "x" * 117 + "\n"),
        ("a\tb", '"a\\tb"\n'),
        ("it's", "it's\n"),
        ("it's: so", '"it\'s: so"\n'),
        ("no", "'no'\n"),
        ("", "''\n"),
    ],
)
def test_how_a_text_is_written(text: str, written: str) -> None:
    assert dump({"k": text}) == f"k: {written}"


VALUES = st.recursive(
    TEXT | st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(-1e300, 1e300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT | st.just("k" * 1100), inner, max_size=4),
    max_leaves=8,
)


@given(VALUES)
@example("word " * 40)
@example("a\n\n\n")
@example(["a" * 90, "b"])
@example({"k" * 1100: ["a\nb", [1, [2, {}]]]})
def test_a_value_is_written_alike_in_a_new_file_and_by_an_edit(value: Any) -> None:
    whole = dump({"a": [0], "k": value, "z": 1})

    for before in ("a: [0]\nk: 0\nz: 1\n", "a: [0]\nk: null\nz: 1\n", "a: [0]\nk:\nz: 1\n"):
        edited = edit(before, [Edit(("k",), "set", value)]).text
        assert edited == whole or (value is None and edited == before)


@given(VALUES)
def test_a_new_field_and_a_new_element_are_written_as_in_a_new_file(value: Any) -> None:
    whole = dump({"a": [{"k": value}, 0], "z": 1})
    text = "a:\n  - 0\nz: 1\n"

    assert edit(text, [Edit(("a", 0), "insert", {"k": value})]).text == whole
    assert edit("z: 1\n", [Edit(("k",), "set", value)]).text == dump({"z": 1, "k": value})


@given(VALUES)
def test_what_is_read_is_what_was_written(value: Any) -> None:
    for data in read_by_all(dump({"k": value}))[:1]:
        assert identical(data, {"k": value})


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({"a": ["x", "\ud800"]}, ("k", "a", 1), "its text holds half a character (U+D800), which YAML cannot carry"),
        ({"a\0": 1}, ("k", "a\0"), "its text holds a NUL character, which YAML cannot carry"),
        (float("inf"), ("k",), "it is no finite number, which JSON cannot carry"),
        (10**400, ("k",), "its number is too large to hold"),
    ],
)
def test_what_no_file_can_say_is_refused_with_its_place(value: Any, path: tuple[Any, ...], message: str) -> None:
    with pytest.raises(NotYamlError) as caught:
        dump({"k": value})

    assert (caught.value.path, caught.value.message) == (path, message)
