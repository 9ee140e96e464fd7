"""empty-message: a prompt without a message, or a message that says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptsync.lint.rule import Finding, Rule
from promptsync.lint.said import messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import PromptFile

_SAYS_BY = ("tool_calls", "refusal", "audio", "reasoning_content")
"""What a message without content can say instead."""


def _check(file: PromptFile) -> Iterator[Finding]:
    empty = True
    for loc, message in messages(file):
        empty = False
        if not any(message.get(name) for name in _SAYS_BY) and not _says(message.get("content")):
            yield Finding((*loc, "content"), "the message says nothing", "give it a content, or take it out")
    if empty:
        yield Finding((file.prompt.dialect, "messages"), "the prompt has no message", "give it one")


def _says(content: Any) -> bool:
    if isinstance(content, list):
        return any(part.get("type") != "text" or _says(part.get("text")) for part in content)
    return isinstance(content, str) and bool(content.strip())


RULE = Rule("empty-message", "warning", "no message, or one that says nothing", _check)
