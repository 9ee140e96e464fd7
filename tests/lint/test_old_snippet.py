"""old-snippet: the old word for a skill."""

from __future__ import annotations

import pytest

from tests.lint.findings import in_text


@pytest.mark.parametrize("text", ["{{snippet.tone}}", "{{ snippet.tone }}", "{{snippet:tone}}"])
def test_the_old_word(text: str) -> None:
    (finding,) = in_text("old-snippet", f"Be {text}")

    assert (finding.hint, finding.at) == ("write `{{skill.tone}}`", 3)


@pytest.mark.parametrize("text", ["{{skill.tone}}", "{{snippets}}", "snippet.tone", "{{my.snippet.tone}}"])
def test_what_is_fine(text: str) -> None:
    assert in_text("old-snippet", text) == []
