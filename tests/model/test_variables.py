"""What stands in double braces."""

from __future__ import annotations

import pytest

from promptsync.model.variables import references, variables


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{a}} and {{ b.c }}", {"a", "b.c"}),
        ("{{skill.a}} {{snippet:b}} {{c}}", {"c"}),
        ("{{}} {a} {{a\nb}} {{ }}", set()),
        ("{{{a}}}", {"a"}),
    ],
)
def test_the_variables_of_a_text(text: str, names: set[str]) -> None:
    assert variables(text) == names
    assert variables({"messages": [{"content": text}]}) == names


def test_what_the_service_puts_in() -> None:
    assert list(references("{{skill.a}} {{ snippet:b }} {{c}}")) == ["skill.a", "snippet:b"]
