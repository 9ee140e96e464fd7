"""empty-message: nothing to say."""

from __future__ import annotations

import pytest

from tests.lint.findings import in_block


def test_no_message() -> None:
    (finding,) = in_block("empty-message", {"messages": []})

    assert finding[:2] == (("prompt", "messages"), "the prompt has no message")


@pytest.mark.parametrize("content", ["", " \n", None, [], [{"type": "text", "text": ""}]])
def test_a_message_that_says_nothing(content: object) -> None:
    (finding,) = in_block("empty-message", {"messages": [{"role": "user", "content": content}]})

    assert finding.loc == ("prompt", "messages", 0, "content")


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "{{question}}"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "{{photo}}"}}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "assistant", "refusal": "No."},
    ],
)
def test_what_is_fine(message: dict[str, object]) -> None:
    assert in_block("empty-message", {"messages": [message]}) == []
