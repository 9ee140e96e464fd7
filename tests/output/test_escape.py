from __future__ import annotations

import json
import sys
from typing import get_args
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.output.escape import json_text, rendered, terminal
from promptsync.output.style import Colour, Style

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
        (
            "braille\u2800blank, private \ue000\U000f0001\U0010fffd",
            "braille\\u2800blank, private \\ue000\\U000f0001\\U0010fffd",
        ),
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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n\tb", "a\n\tb"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("\x1b[8mhidden \x1b[30mdark \x1b[41mfilled \x1b[2K", "\\x1b[8mhidden \\x1b[30mdark \\x1b[41mfilled \\x1b[2K"),
        ("ok\n::error::x\n##[group]\r", "ok\n:\\x3aerror::x\n##\\x5bgroup]\\r"),
        ("\x1b[1m\u202e\x1b[0m", "\x1b[1m\\u202e\x1b[0m"),
    ],
)
def test_what_a_renderer_made_keeps_its_lines_and_colours_alone(text: str, shown: str) -> None:
    assert rendered(text, color=True) == shown
    assert rendered(shown, color=True) == shown, "what is escaped is not escaped again"
    assert "\x1b" not in rendered(text, color=False)


def test_every_colour_of_ours_passes() -> None:
    for colour in get_args(Colour):
        text = Style(color=True)(colour, "text")
        assert rendered(text, color=True) == text


@settings(deadline=None)
@given(st.lists(st.sampled_from(["#", "##", "[", "##[", "vso", "\\", '"', "a"])))
def test_json_says_the_same_and_commands_no_runner(pieces: list[str]) -> None:
    data = {"".join(pieces): ["".join(pieces)]}

    told = json_text(json.dumps(data))

    assert json.loads(told) == data
    assert "##[" not in told
    assert "##vso[" not in told
