"""variable-syntax: braces that do not fit."""

from __future__ import annotations

import pytest

from tests.lint.findings import in_text


@pytest.mark.parametrize(
    ("text", "shown", "at"),
    [
        ("Say {{x} now", "{{x}", 4),
        ("Say {{ x", "{{ x", 4),
        ("Say {{x\nnow", "{{x", 4),
        ("Say {x}} now", "{x}}", 4),
        ("Say {{}} now", "{{}}", 4),
        ("{{a {{b}}", "{{a", 0),
    ],
)
def test_a_variable_that_is_open(text: str, shown: str, at: int) -> None:
    (finding,) = in_text("variable-syntax", text)

    assert (finding.message, finding.at) == (f"`{shown}` is no variable, and is sent as it stands", at)


def test_a_hint_says_how_it_is_written() -> None:
    assert [one.hint for one in in_text("variable-syntax", "{{ name }")] == ["write `{{name}}`"]


@pytest.mark.parametrize(
    "text",
    [
        "{{x}}", "{{ x }}", "{{skill.a}}", "{{snippet:a}}", "{{#if x}}a{{/if}}", '{"a": {"b": 1}}', "f({x})", "{x}",
        "a {{{x}}} b", "function f() {{ return 1; }}", "\\frac{a}{b}", "{{- x | upper }}", "x{{", "${{ a.b }}",
    ],
)  # fmt: skip
def test_what_is_fine(text: str) -> None:
    assert in_text("variable-syntax", text) == []


def test_a_long_text_takes_no_long_time() -> None:
    assert in_text("variable-syntax", "{{" + "a" * 200_000) == []
