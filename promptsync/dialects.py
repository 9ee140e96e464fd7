"""Says a block in the other dialect, if nothing is lost by that.

The documents' classic `prompt_config` and today's `prompt` tell the same chat prompt in different words. Which one a
service takes is found out on the wire; this file knows what has a counterpart, and names what has none.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from promptsync.errors import DialectError
from promptsync.models import CLASSIC, CURRENT, Dialect, Json, Prompt, other_dialect

PARAMETERS = {
    "temperature": "temperature",
    "maxTokens": "max_tokens",
    "topK": "top_k",
    "topP": "top_p",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
    "seed": "seed",
    "responseFormat": "response_format",
    "reasoningEffort": "reasoning_effort",
    "verbosity": "verbosity",
    "cacheControl": "cache_control",
}
"""Classic model parameters and the current fields that mean the same."""

DERIVED_MODEL_TYPES = {"chat", "completion", "vision"}
"""The classic model types that follow from model and messages; the others exist in the classic dialect alone."""

_ROLES = {"system", "user", "assistant", "tool"}
_MESSAGE_FIELDS = {"role", "content", "tool_calls", "tool_call_id"}
_TOOL_CALL_FIELDS = {"id", "type", "function"}
_PARTS = {"text": {"text"}, "image_url": {"image_url"}, "file": {"file"}}
_RESPONSE_FORMATS = {"text", "json_object", "json_schema"}


def translate(prompt: Prompt, dialect: Dialect) -> Prompt:
    """`prompt` in `dialect`, meaning exactly the same; itself if it is in it already.

    Raises DialectError, naming each field that has no home there.
    """
    if prompt.dialect == dialect:
        return prompt
    losses: list[str] = []
    convert = _to_current if dialect == CURRENT else _to_classic
    block = convert(prompt.block, losses)
    if losses:
        named = ", ".join(f"{prompt.dialect}.{field}" for field in losses)
        raise DialectError(
            f"the service takes only `{dialect}`, which has no place for {named}",
            fields=[f"{prompt.dialect}.{field}" for field in losses],
            hint=f"take {'it' if len(losses) == 1 else 'them'} out of the file or write the prompt as `{dialect}`",
        )
    return replace(prompt, dialect=dialect, block=block)


def field_in(field: str, dialect: Dialect) -> str:
    """The path of a field in the words of `dialect`; unchanged if it has no counterpart there."""
    wire = other_dialect(dialect)
    if not field.startswith(f"{wire}."):
        return field
    rest = field.removeprefix(f"{wire}.")
    head = re.split(r"[.\[]", rest, maxsplit=1)[0]
    if head in ("messages", "model"):
        return f"{dialect}.{rest}"
    if dialect == CURRENT:
        return _classic_field_in_current(field, rest)
    for classic, current in PARAMETERS.items():
        if head == current:
            return f"{CLASSIC}.model_parameters.{classic}{rest[len(head) :]}"
    return f"{CLASSIC}.model_parameters.budgetTokens" if rest == "thinking.budget_tokens" else field


def _classic_field_in_current(field: str, rest: str) -> str:
    parameter = rest.removeprefix("model_parameters.")
    head = parameter.split(".", 1)[0]
    if parameter == rest:
        return f"{CURRENT}.model" if rest == "provider" else field
    if head in PARAMETERS:
        return f"{CURRENT}.{PARAMETERS[head]}{parameter[len(head) :]}"
    return f"{CURRENT}.thinking.budget_tokens" if head == "budgetTokens" else field


def _to_classic(block: Json, losses: list[str]) -> Json:
    fields = _told(block)
    result: Json = {}
    model = fields.pop("model", None)
    if isinstance(model, str):
        provider, slash, _ = model.partition("/")
        result["model"] = model
        if slash:
            result["provider"] = provider
    messages = _messages(fields.pop("messages", []), CURRENT, losses)
    result["model_type"] = "vision" if _has_images(messages) else "chat"
    parameters: Json = {}
    for classic, current in PARAMETERS.items():
        if current in fields:
            parameters[classic] = fields.pop(current)
    _check_response_format(parameters.get("responseFormat"), "response_format", losses)
    _thinking_to_classic(fields, parameters)
    if parameters:
        result["model_parameters"] = parameters
    result["messages"] = messages
    losses.extend(fields)
    return result


def _to_current(block: Json, losses: list[str]) -> Json:
    fields = _told(block)
    result: Json = {}
    model, provider = fields.pop("model", None), fields.pop("provider", None)
    if isinstance(model, str):
        result["model"] = model if not provider or model.startswith(f"{provider}/") else f"{provider}/{model}"
    elif provider is not None:
        losses.append("provider")
    if fields.get("model_type") in DERIVED_MODEL_TYPES:
        del fields["model_type"]
    parameters = _told(fields.pop("model_parameters", {}))
    for classic, current in PARAMETERS.items():
        if classic in parameters:
            result[current] = parameters.pop(classic)
    _check_response_format(result.get("response_format"), "model_parameters.responseFormat", losses)
    if "budgetTokens" in parameters:
        result["thinking"] = {"type": "enabled", "budget_tokens": parameters.pop("budgetTokens")}
        if "thinkingLevel" in parameters:
            result["thinking"]["thinking_level"] = parameters.pop("thinkingLevel")
    losses.extend(f"model_parameters.{name}" for name in parameters)
    result["messages"] = _messages(fields.pop("messages", []), CLASSIC, losses)
    losses.extend(fields)
    return result


def _told(fields: Any) -> Json:
    """The fields that say something: null is the absence of a value in both dialects."""
    return {name: value for name, value in fields.items() if value is not None} if isinstance(fields, dict) else {}


def _thinking_to_classic(fields: Json, parameters: Json) -> None:
    thinking = fields.get("thinking")
    known = {"type", "budget_tokens", "thinking_level"}
    if not isinstance(thinking, dict) or thinking.get("type") != "enabled" or thinking.keys() - known:
        return
    del fields["thinking"]
    parameters["budgetTokens"] = thinking.get("budget_tokens")
    if thinking.get("thinking_level") is not None:
        parameters["thinkingLevel"] = thinking["thinking_level"]


def _check_response_format(value: Any, field: str, losses: list[str]) -> None:
    """A plain word and a `display_name` are classic alone; a schema-less `json_schema` is current alone."""
    if value is None:
        return
    if not isinstance(value, dict) or value.get("type") not in _RESPONSE_FORMATS:
        losses.append(field)
        return
    losses.extend(f"{field}.{name}" for name in value.keys() - {"type", "json_schema"})
    schema = value.get("json_schema")
    if value["type"] == "json_schema" and not (isinstance(schema, dict) and isinstance(schema.get("schema"), dict)):
        losses.append(f"{field}.json_schema.schema")


def _messages(messages: Any, dialect: Dialect, losses: list[str]) -> list[Any]:
    if not isinstance(messages, list):
        losses.append("messages")
        return []
    return [_message(message, f"messages[{i}]", dialect, losses) for i, message in enumerate(messages)]


def _message(message: Any, field: str, dialect: Dialect, losses: list[str]) -> Any:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        losses.append(f"{field}.role")
        return message
    told = _told(message)
    losses.extend(f"{field}.{name}" for name in told.keys() - _MESSAGE_FIELDS)
    if "content" not in told:
        if message["role"] != "assistant" and dialect == CLASSIC:
            losses.append(f"{field}.content")
        told["content"] = None
    elif isinstance(told["content"], list):
        for i, part in enumerate(told["content"]):
            _check_part(part, message["role"], f"{field}.content[{i}]", losses)
    for i, call in enumerate(told.get("tool_calls", [])):
        _check_tool_call(call, f"{field}.tool_calls[{i}]", losses)
    return told


def _check_part(part: Any, role: str, field: str, losses: list[str]) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in _PARTS or (kind != "text" and role != "user"):
        losses.append(field)
        return
    losses.extend(f"{field}.{name}" for name in _told(part).keys() - _PARTS[kind] - {"type"})


def _check_tool_call(call: Any, field: str, losses: list[str]) -> None:
    if not isinstance(call, dict):
        losses.append(field)
        return
    told = _told(call)
    losses.extend(f"{field}.{name}" for name in told.keys() - _TOOL_CALL_FIELDS)
    losses.extend(f"{field}.{name}" for name in sorted(_TOOL_CALL_FIELDS - told.keys()))
    function = told.get("function")
    if isinstance(function, dict):
        losses.extend(f"{field}.function.{name}" for name in sorted({"name", "arguments"} - function.keys()))


def _has_images(messages: list[Any]) -> bool:
    return any(
        isinstance(part, dict) and part.get("type") == "image_url"
        for message in messages
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        for part in message["content"]
    )
