"""json-mode: JSON is asked of the service, and no message asks the model for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.lint.rule import Finding, Rule
from promptsync.lint.said import texts
from promptsync.model.prompt import CLASSIC
from promptsync.model.variables import references

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.lint.rule import Path
    from promptsync.model.prompt import PromptFile


def _check(file: PromptFile) -> Iterator[Finding]:
    block = file.prompt.block
    loc: Path = (file.prompt.dialect, "response_format", "type")
    asked = block.get("response_format")
    if file.prompt.dialect == CLASSIC:
        loc = (CLASSIC, "model_parameters", "responseFormat", "type")
        asked = (block.get("model_parameters") or {}).get("responseFormat")
    if not isinstance(asked, dict) or asked.get("type") != "json_object":
        return
    said = [text for _, text in texts(file)]
    # What the service puts in may say it.
    if any("json" in text.lower() or any(references(text)) for text in said):
        return
    hint = "say in a message that the answer is JSON, and which keys it has, or give a `json_schema`"
    yield Finding(loc, "JSON is asked for, and no message has the word JSON in it", hint)


RULE = Rule("json-mode", "warning", "`json_object` without the word JSON in a message", _check)
