"""literal-newline: a backslash and an n."""

from __future__ import annotations

import pytest

from tests.lint.findings import in_text


@pytest.mark.parametrize("text", [r"One\nTwo", r"One\n\nTwo", "One\\nTwo\n"])
def test_a_line_end_that_is_none(text: str) -> None:
    assert [one.at for one in in_text("literal-newline", text)] == [3]


@pytest.mark.parametrize("text", ["One\nTwo", "Split at \\n.\nThen go on.", r"C:\new\dir", r"write \\n", "plain"])
def test_what_is_fine(text: str) -> None:
    assert in_text("literal-newline", text) == []
