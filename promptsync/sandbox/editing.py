"""A prompt's block as the fields of a form, and the form as a block again. Pure.

What a message says stands as text in a field of its own; the parameters, and what else a message has, stand as JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptsync.sandbox.errors import BadRequest
from promptsync.sandbox.validation import parse_body

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptsync.sandbox.entity import Block

Json = dict[str, Any]

ROLES: dict[Block, tuple[str, ...]] = {
    "prompt": ("system", "user", "assistant", "tool"),
    "prompt_config": (
        "system",
        "developer",
        "assistant",
        "user",
        "exception",
        "tool",
        "prompt",
        "correction",
        "expected_output",
    ),
}
SETTINGS = "settings"
NEW_TEXT = "new-text"
NEW_ROLE = "new-role"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form: its name there, what people call it, and what is in it."""

    name: str
    label: str
    value: str
    is_json: bool = False


class BrokenField(BadRequest):
    """What was typed into the field `name` cannot be read."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def settings(block: Json) -> Field:
    """All of the block but its messages."""
    return Field(SETTINGS, "Model and parameters", _dumped(block, "messages"), is_json=True)


def messages(block: Json) -> list[Json]:
    """The messages that have a form; what is none of that shape is not the page's to show."""
    return [message for message in block.get("messages") or () if isinstance(message, dict)]


def fields(index: int, message: Json) -> Iterator[Field]:
    """The fields of a message, but for its role."""
    number, content = index + 1, message.get("content")
    if isinstance(content, str):
        yield Field(f"text-{index}", f"Text of message {number}", content)
    for at, part in enumerate(content if isinstance(content, list) else ()):
        label, name = f"part {at + 1} of message {number}", f"text-{index}-{at}"
        if _is_text(part):
            yield Field(name, f"Text of {label}", part["text"])
        else:
            yield Field(name, label.capitalize(), json.dumps(part, indent=2, ensure_ascii=False), is_json=True)
    more = _dumped(message, *_apart(content))
    if more != "{}":
        yield Field(f"more-{index}", f"More of message {number}", more, is_json=True)


def edited(block: Json, form: Mapping[str, str]) -> Json:
    """The block as the form says it. Raises BrokenField for JSON that is none, naming line and column."""
    changed = _parsed(settings(block), form)
    if "messages" in changed:
        raise BrokenField(SETTINGS, "Model and parameters: the messages stand in fields of their own")
    kept = [
        _edited(index, message, form)
        for index, message in enumerate(messages(block))
        if not form.get(f"remove-{index}")
    ]
    if form.get(NEW_TEXT):
        kept.append({"role": form.get(NEW_ROLE, "user"), "content": form[NEW_TEXT]})
    return {**changed, "messages": kept}


def typed(stored: str, name: str, form: Mapping[str, str]) -> str:
    """What stands in a field now. A browser has one kind of line end, so a text alike but for these is as it was."""
    now = form.get(name, stored)
    return stored if now == stored.replace("\r\n", "\n").replace("\r", "\n") else now


def _edited(index: int, message: Json, form: Mapping[str, str]) -> Json:
    content = message.get("content")
    by_name = {field.name: field for field in fields(index, message)}
    more_name = f"more-{index}"
    more = _parsed(by_name[more_name], form) if more_name in by_name else {}
    result = {name: value for name, value in message.items() if name in ("role", *_apart(content)) or name in more}
    result["role"] = form.get(f"role-{index}", message.get("role"))
    if isinstance(content, str):
        result["content"] = typed(content, f"text-{index}", form)
    elif isinstance(content, list):
        result["content"] = [
            {**part, "text": typed(part["text"], name, form)} if _is_text(part) else _parsed(by_name[name], form)
            for name, part in ((f"text-{index}-{at}", part) for at, part in enumerate(content))
        ]
    return result | more


def _apart(content: object) -> tuple[str, ...]:
    """The keys of a message that have fields of their own."""
    return ("role", "content") if isinstance(content, str | list) else ("role",)


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


def _dumped(value: Json, *without: str) -> str:
    kept = {name: inner for name, inner in value.items() if name not in without}
    return json.dumps(kept, indent=2, ensure_ascii=False)


def _parsed(field: Field, form: Mapping[str, str]) -> Json:
    text = form.get(field.name, field.value)
    try:
        json.loads(text)
        return parse_body(text.encode("utf-8", "surrogatepass"))
    except json.JSONDecodeError as error:
        message = f"{field.label}: line {error.lineno}, column {error.colno}: {error.msg}"
    except RecursionError:
        message = f"{field.label}: nested too deeply"
    except BadRequest as error:
        message = f"{field.label}: {error.message}"
    raise BrokenField(field.name, message)
