"""Says a block in the other dialect, if nothing is lost by that.

The documents' classic `prompt_config` and today's `prompt` tell the same chat prompt in different words. Which one a
service takes is found out on the wire; this file knows what has a counterpart, and names what has none.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptsync.model.canonical import canonical_block
from promptsync.model.errors import DialectError
from promptsync.model.prompt import CLASSIC, CURRENT, Dialect, Json, Prompt, other_dialect

if TYPE_CHECKING:
    from collections.abc import Callable

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

DERIVED_MODEL_TYPES = ("chat", "completion", "vision")
"""The classic model types that follow from model and messages; the others exist in the classic dialect alone."""

_ROLES = ("system", "user", "assistant", "tool")
_MESSAGE_FIELDS = {"role", "content", "tool_calls", "tool_call_id"}
_ROLE_OF_FIELD = {"tool_calls": "assistant", "tool_call_id": "tool"}
_TOOL_CALL_FIELDS = {"id", "type", "function"}
_FUNCTION_FIELDS = {"name", "arguments"}
_PARTS = {"text": "text", "image_url": "image_url", "file": "file"}
_INNER_FIELDS = {"image_url": {"url", "detail"}, "file": {"file_data", "uri", "mimeType", "filename"}}
_RESPONSE_FORMATS = ("text", "json_object", "json_schema")
_JSON_SCHEMA_FIELDS = {"name", "description", "schema", "strict"}
_CLASSIC_EFFORT = "disable"
_THINKING = {"budget_tokens": "budgetTokens", "thinking_level": "thinkingLevel"}
_ENABLED = {"type", *_THINKING}


def translate(prompt: Prompt, dialect: Dialect) -> Prompt:
    """`prompt` in `dialect`, meaning exactly the same; itself if it is in it already.

    Raises DialectError, naming each field that has no home there.
    """
    if prompt.dialect == dialect:
        return prompt
    losses: list[str] = []
    block = _convert(dialect)(canonical_block(prompt.dialect, prompt.block), losses)
    if losses:
        named = ", ".join(f"{prompt.dialect}.{field}" for field in losses)
        raise DialectError(
            f"the service takes only `{dialect}`, which has no place for {named}",
            fields=[f"{prompt.dialect}.{field}" for field in losses],
            hint=f"take {'it' if len(losses) == 1 else 'them'} out of the file or write the prompt as `{dialect}`",
        )
    return replace(prompt, dialect=dialect, block=block)


def told_in(prompt: Prompt, dialect: Dialect) -> tuple[Prompt, list[str]]:
    """What a service can tell of `prompt` in `dialect`, and the fields there that have no word for what it says.

    For comparing, not for sending: what has no home stays as it is, or is told by what comes nearest to it.
    """
    losses: list[str] = []
    fields = canonical_block(prompt.dialect, prompt.block)
    block = _convert(dialect)(fields, losses)
    if dialect == CLASSIC:
        _tell_nearest(fields, block)
    told = replace(prompt, dialect=dialect, block={**fields, **block})
    return told, [field_in(f"{prompt.dialect}.{loss}", dialect) for loss in losses]


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
    classic_name = _THINKING.get(rest.removeprefix("thinking."))
    return f"{CLASSIC}.model_parameters.{classic_name}" if classic_name and head == "thinking" else field


def _classic_field_in_current(field: str, rest: str) -> str:
    parameter = rest.removeprefix("model_parameters.")
    if parameter == rest:
        return f"{CURRENT}.model" if rest == "provider" else field
    head = parameter.split(".", 1)[0]
    if head in PARAMETERS:
        return f"{CURRENT}.{PARAMETERS[head]}{parameter[len(head) :]}"
    for current, classic in _THINKING.items():
        if parameter == classic:
            return f"{CURRENT}.thinking.{current}"
    return field


def _convert(dialect: Dialect) -> Callable[[Json, list[str]], Json]:
    """A function that takes what has a home in `dialect` out of a block, and notes what has none."""
    return _to_current if dialect == CURRENT else _to_classic


def _tell_nearest(left: Json, block: Json) -> None:
    """Adds to a classic block what is told there of the fields that are `left`: both limits of tokens are one there.

    A private model, `workspace@openai/gpt-4o`, is one of that provider.
    """
    parameters = block.setdefault("model_parameters", {})
    thinking = left.get("thinking")
    nearest = {"maxTokens": left.get("max_completion_tokens")}
    if isinstance(thinking, dict):
        nearest |= {classic: thinking.get(name) for name, classic in _THINKING.items()}
    for name, value in nearest.items():
        if value is not None:
            parameters.setdefault(name, value)
    provider = block.get("provider", "")
    if "@" in provider:
        block["model"] = block["model"].removeprefix(f"{provider}/")
        block["provider"] = provider.rpartition("@")[2]


def _to_classic(fields: Json, losses: list[str]) -> Json:
    result: Json = {}
    model = fields.pop("model", None)
    if isinstance(model, str):
        provider, slash, _ = model.partition("/")
        result["model"] = model
        if slash and provider:
            result["provider"] = provider
    elif model is not None:
        losses.append("model")
    messages = _messages(fields.pop("messages", []), CLASSIC, losses)
    result["model_type"] = "vision" if _has_images(messages) else "chat"
    parameters: Json = {}
    for classic, current in PARAMETERS.items():
        if current in fields:
            parameters[classic] = fields.pop(current)
    _check_response_format(parameters.get("responseFormat"), "response_format", CLASSIC, losses)
    _thinking_to_classic(fields, parameters)
    if parameters:
        result["model_parameters"] = parameters
    result["messages"] = messages
    losses.extend(fields)
    return result


def _to_current(fields: Json, losses: list[str]) -> Json:
    result: Json = {}
    model, provider = fields.pop("model", None), fields.pop("provider", None)
    if isinstance(model, str):
        result["model"] = f"{provider}/{model}" if provider else model
    elif model is not None:
        losses.append("model")
    elif provider is not None:
        losses.append("provider")
    if fields.get("model_type") in DERIVED_MODEL_TYPES:
        del fields["model_type"]
    parameters = fields.pop("model_parameters", {})
    if not isinstance(parameters, dict):
        losses.append("model_parameters")
        parameters = {}
    if parameters.get("reasoningEffort") == _CLASSIC_EFFORT:
        losses.append("model_parameters.reasoningEffort")
    for classic, current in PARAMETERS.items():
        if classic in parameters:
            result[current] = parameters.pop(classic)
    _check_response_format(result.get("response_format"), "model_parameters.responseFormat", CURRENT, losses)
    _thinking_to_current(parameters, result)
    losses.extend(f"model_parameters.{name}" for name in parameters)
    result["messages"] = _messages(fields.pop("messages", []), CURRENT, losses)
    losses.extend(fields)
    return result


def _thinking_to_classic(fields: Json, parameters: Json) -> None:
    """A budget of 0 disables thinking, the documents say of the classic dialect."""
    thinking = fields.get("thinking")
    if not isinstance(thinking, dict):
        return
    if thinking == {"type": "disabled"}:
        parameters["budgetTokens"] = 0
    elif thinking.get("type") == "enabled" and thinking.get("budget_tokens") and not thinking.keys() - _ENABLED:
        parameters.update({classic: thinking[name] for name, classic in _THINKING.items() if name in thinking})
    else:
        return
    del fields["thinking"]


def _thinking_to_current(parameters: Json, result: Json) -> None:
    if "budgetTokens" not in parameters:
        return
    budget = parameters.pop("budgetTokens")
    if budget == 0:
        result["thinking"] = {"type": "disabled"}
        return
    result["thinking"] = {"type": "enabled", "budget_tokens": budget}
    if "thinkingLevel" in parameters:
        result["thinking"]["thinking_level"] = parameters.pop("thinkingLevel")


def _check_response_format(value: Any, field: str, target: Dialect, losses: list[str]) -> None:
    """A plain word and a `display_name` are classic alone; a `json_schema` without a schema is current alone."""
    if value is None:
        return
    if not isinstance(value, dict) or value.get("type") not in _RESPONSE_FORMATS:
        losses.append(field)
        return
    losses.extend(f"{field}.{name}" for name in value if name not in ("type", "json_schema"))
    if value["type"] != "json_schema":
        losses.extend([f"{field}.json_schema"] if "json_schema" in value else [])
        return
    schema = value.get("json_schema")
    if not isinstance(schema, dict):
        losses.append(f"{field}.json_schema")
        return
    losses.extend(f"{field}.json_schema.{name}" for name in schema if name not in _JSON_SCHEMA_FIELDS)
    if "name" not in schema:
        losses.append(f"{field}.json_schema.name")
    if target == CLASSIC and not isinstance(schema.get("schema"), dict):
        losses.append(f"{field}.json_schema.schema")


def _messages(messages: Any, target: Dialect, losses: list[str]) -> list[Any]:
    if not isinstance(messages, list):
        losses.append("messages")
        return []
    return [_message(message, f"messages[{i}]", target, losses) for i, message in enumerate(messages)]


def _message(message: Any, field: str, target: Dialect, losses: list[str]) -> Any:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        losses.append(f"{field}.role")
        return message
    role = message["role"]
    for name in message:
        if name not in _MESSAGE_FIELDS or (target == CURRENT and _ROLE_OF_FIELD.get(name, role) != role):
            losses.append(f"{field}.{name}")
    result = dict(message)
    if "content" not in message:
        if target == CURRENT and role != "assistant":
            losses.append(f"{field}.content")
        result["content"] = None
    _check_content(message.get("content"), role, f"{field}.content", target, losses)
    _check_tool_calls(message.get("tool_calls", []), f"{field}.tool_calls", losses)
    if target == CURRENT and role == "tool":
        # Required there, and null where nothing is known.
        result.setdefault("tool_call_id", None)
    return result


def _check_content(content: Any, role: str, field: str, target: Dialect, losses: list[str]) -> None:
    if isinstance(content, list):
        for i, part in enumerate(content):
            _check_part(part, role, f"{field}[{i}]", target, losses)
    elif not isinstance(content, str | None):
        losses.append(field)


def _check_part(part: Any, role: str, field: str, target: Dialect, losses: list[str]) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(kind, str) or kind not in _PARTS or (target == CURRENT and kind != "text" and role != "user"):
        losses.append(field)
        return
    losses.extend(f"{field}.{name}" for name in part if name not in ("type", _PARTS[kind]))
    if _PARTS[kind] not in part:
        losses.append(f"{field}.{_PARTS[kind]}")
    known = _INNER_FIELDS.get(kind)
    inner = part.get(kind)
    if known and isinstance(inner, dict):
        losses.extend(f"{field}.{kind}.{name}" for name in inner if name not in known)


def _check_tool_calls(calls: Any, field: str, losses: list[str]) -> None:
    if not isinstance(calls, list):
        losses.append(field)
        return
    for i, call in enumerate(calls):
        _check_tool_call(call, f"{field}[{i}]", losses)


def _check_tool_call(call: Any, field: str, losses: list[str]) -> None:
    if not isinstance(call, dict) or not isinstance(call.get("function", {}), dict):
        losses.append(field)
        return
    losses.extend(f"{field}.{name}" for name in sorted(call.keys() ^ _TOOL_CALL_FIELDS))
    if "function" in call:
        losses.extend(f"{field}.function.{name}" for name in sorted(call["function"].keys() ^ _FUNCTION_FIELDS))


def _has_images(messages: list[Any]) -> bool:
    return any(
        isinstance(part, dict) and part.get("type") == "image_url"
        for message in messages
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        for part in message["content"]
    )
