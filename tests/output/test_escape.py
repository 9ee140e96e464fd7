from __future__ import annotations

import sys
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.output.escape import terminal

HOSTILE = st.text(st.one_of(st.characters(), st.sampled_from(":#[ \t\n\r\x1b\x85\u2028\u202e\u200b\ud800\U000e0041")))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, wide 日本 and 🙂", "plain, wide 日本 and 🙂"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m \x7f", "\\x9b31m \\x7f"),
        ("abc\u202edef\u2069", "abc\\u202edef\\u2069"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\x85d"),
        ("\ud800", "\\ud800"),
        ("tag \U000e0041", "tag \\U000e0041"),
        ("one\ntwo\tthree\r", "one\\ntwo\\tthree\\r"),
        ("C:\\new", "C:\\new"),
        ("heart ❤\ufe0f", "heart ❤\ufe0f"),
        ("hidden ❤\ufe0f\ufe0e\ufe0f", "hidden ❤\ufe0f\\ufe0e\\ufe0f"),
        ("::set-output name=x::y", ":\\x3aset-output name=x::y"),
        ("  ::error::x", "  :\\x3aerror::x"),
        ("\u3000::error::x", "\u3000:\\x3aerror::x"),
        ("say ##[group] and ##vso[task]", "say ##\\x5bgroup] and ##vso\\x5btask]"),
        ("a::b, ## [link]", "a::b, ## [link]"),
    ],
)
def test_terminal(text: str, shown: str) -> None:
    assert terminal(text) == shown


def test_newlines_and_tabs_stay_where_they_are_wanted() -> None:
    assert terminal("a\n\tb\r\n::c", newlines=True, tabs=True) == "a\n\tb\\r\n:\\x3ac"


def test_every_control_and_format_character_is_escaped() -> None:
    characters = (chr(code) for code in range(sys.maxunicode + 1))
    unseen = "".join(c for c in characters if category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp"))

    assert terminal(unseen).isascii()


@settings(deadline=None)
@given(HOSTILE)
def test_nothing_that_acts_is_left(text: str) -> None:
    shown = terminal(text)

    assert not any(category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in shown)
    assert not shown.lstrip().startswith("::")
    assert "##[" not in shown
    shown.encode()


@settings(deadline=None)
@given(HOSTILE)
def test_no_line_is_a_command_where_newlines_stay(text: str) -> None:
    lines = terminal(text, newlines=True, tabs=True).splitlines()

    assert not any(line.strip().startswith("::") or "##[" in line for line in lines)
