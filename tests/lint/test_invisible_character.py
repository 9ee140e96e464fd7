"""invisible-character: what no one sees."""

from __future__ import annotations

import pytest

from tests.lint.findings import in_text


@pytest.mark.parametrize(
    "char", ["\u200b", "\ufeff", "\u202e", "\u2066", "\xad", "\u2060", "\U000e0041", "\x07", "\u2028"]
)
def test_what_is_not_seen(char: str) -> None:
    (finding,) = in_text("invisible-character", f"ab{char}c")

    assert finding.at == 2
    assert f"U+{ord(char):04X}" in finding.message
    assert char not in finding.message


@pytest.mark.parametrize(
    "text",
    ["plain\ttext\n", "👩\u200d🚀", "❤\ufe0f", "می\u200cخواهم", "שלום \u2067x\u2069", "مرحبا\u200f", "日本\u3000語",
     "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"],
)  # fmt: skip
def test_what_is_needed(text: str) -> None:
    assert in_text("invisible-character", text) == []


def test_an_override_is_told_in_any_text() -> None:
    assert len(in_text("invisible-character", "שלום \u202ex")) == 1
