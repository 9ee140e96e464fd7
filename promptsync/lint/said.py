"""The texts of a prompt that a model reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.lint.rule import Path
    from promptsync.model.prompt import PromptFile


def messages(file: PromptFile) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Each message with its place."""
    dialect = file.prompt.dialect
    for index, message in enumerate(file.prompt.block.get("messages") or ()):
        yield (dialect, "messages", index), message


def texts(file: PromptFile) -> Iterator[tuple[Path, str]]:
    """Each text of a message, or of a text part of one, with its place."""
    for loc, message in messages(file):
        content = message.get("content")
        if isinstance(content, str):
            yield (*loc, "content"), content
        for index, part in enumerate(content if isinstance(content, list) else ()):
            if part.get("type") == "text" and isinstance(part.get("text"), str):
                yield (*loc, "content", index, "text"), part["text"]
