"""A variable that an update takes out is told: the applications that fill it in would fill in nothing."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync.model.prompt import CLASSIC, CURRENT, PromptFile, RemotePrompt
from promptsync.plan.callers import lost_variables
from tests import factories


def told(before: Any, after: Any) -> tuple[str, ...]:
    file = PromptFile("Default/a", "Default/a.yaml", factories.prompt(content=_block(after)))
    remote = RemotePrompt("01J0", "a", None, {}, {CURRENT: _block(before), CLASSIC: _block(before)})
    return lost_variables(file, remote)


def _block(content: Any) -> dict[str, Any]:
    return factories.block(messages=[{"role": "user", "content": content}])


def test_a_variable_that_is_gone() -> None:
    assert told("{{a}} {{ b }} {{c}}", "{{b}}") == (
        "it no longer has {{a}}, {{c}}: look at the applications that fill in what is gone",
    )


def test_of_many_the_first_are_named() -> None:
    (sentence,) = told("".join(f"{{{{v{number}}}}}" for number in range(8)), "")

    assert "{{v4}} and 3 more" in sentence


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{{a}}", "{{ a }}"),
        ("{{a}}", [{"type": "text", "text": "{{a}} {{b}}"}]),
        ("{{snippet.a}}", "{{skill.a}}"),
        ("{a} {{}}", "x"),
    ],
)
def test_what_is_not_gone(before: Any, after: Any) -> None:
    assert told(before, after) == ()


def test_offline_nothing_is_known() -> None:
    file = PromptFile("Default/a", "Default/a.yaml", factories.prompt())

    assert lost_variables(file, None) == ()
