"""The entity as the service answers it: both dialects, and the service's rewriting.

What "documents" rewriting does, and where it was seen:

- A POST answers what was sent, in another key order, with `version` in the block (the documents' create answer: the
  model still is `openai/gpt-4o`, and `responseFormat: null` is kept).
- Any other answer is as the documents' retrieve: in `prompt_config` the model is `gpt-4o` beside the provider `openai`,
  `model_db_id` and `integration_id: null` are added, `metadata` has `use_cases`.
- In `prompt` fields that are null are dropped.

With the rewriting "none" blocks come back as they were sent, with `version` added.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptsync.sandbox.behaviour import Behaviour

Block = Literal["prompt", "prompt_config"]
Form = Literal["created", "retrieved"]
Fields = dict[str, Any]

# The orders in which the documents show an answer's fields. Unknown fields follow.
_CREATED_ORDER = ("display_name", "description", "prompt", "prompt_config", "metadata", "_id", "type")
_RETRIEVED_ORDER = ("_id", "display_name", "prompt", "prompt_config", "metadata", "type", "description")
_CONFIG_ORDER = (
    "model",
    "model_db_id",
    "model_type",
    "model_parameters",
    "provider",
    "integration_id",
    "version",
    "messages",
)
_PARAMETER_ORDER = ("temperature", "maxTokens", "topK", "topP", "frequencyPenalty", "presencePenalty")

# Current name, classic name. `max_completion_tokens` comes first so that `max_tokens` wins where both are given.
_PARAMETERS = (
    ("temperature", "temperature"),
    ("max_completion_tokens", "maxTokens"),
    ("max_tokens", "maxTokens"),
    ("top_k", "topK"),
    ("top_p", "topP"),
    ("frequency_penalty", "frequencyPenalty"),
    ("presence_penalty", "presencePenalty"),
    ("seed", "seed"),
    ("reasoning_effort", "reasoningEffort"),
    ("verbosity", "verbosity"),
    ("response_format", "responseFormat"),
)
_CLASSIC_PARTS = ("text", "image_url", "file")
_SAME_ROLES = ("system", "user", "assistant", "tool")
# The service's own: whatever a body says, these are not the caller's to set.
NOT_THE_CALLERS = frozenset(
    {"_id", "type", "owner", "domain_id", "created", "updated", "created_by_id", "updated_by_id"}
)


@dataclass(frozen=True, slots=True)
class Record:
    """A prompt as it is kept.

    `fields` is the top level as sent (display_name, metadata, description if one was ever sent, unknown keys);
    `dialect` names the one block that is kept, `block` is that block without `version`; the other is derived from it.
    `created` and `updated` are milliseconds since 1970.
    """

    id: str
    version: str
    created: int
    updated: int
    path: str
    dialect: Block
    block: Fields
    fields: Fields
    created_by: str | None = None
    updated_by: str | None = None

    @property
    def name(self) -> str:
        """The display name."""
        return str(self.fields.get("display_name", ""))

    def to_json(self) -> str:
        """The record as text for the database; `from_json` reads it."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Record:
        """A record from `to_json`'s text."""
        return cls(**json.loads(text))

    def in_dialect(self, dialect: Block) -> Record:
        """The same prompt, kept in that dialect."""
        if dialect == self.dialect:
            return self
        derive = prompt_from_config if dialect == "prompt" else config_from_prompt
        return replace(self, dialect=dialect, block=derive(self.block))


def new_record(body: Mapping[str, Any], behaviour: Behaviour) -> Record:
    """The record of a create's body; the store gives id, version and times."""
    dialect: Block = "prompt" if "prompt" in body else "prompt_config"
    fields = {name: body[name] for name in body if name not in NOT_THE_CALLERS | {dialect, "path"}}
    if fields.get("metadata") is None:
        fields["metadata"] = {"language": "English"} if behaviour.metadata_default else {}
    block = {name: value for name, value in body[dialect].items() if name != "version"}
    return Record("", "", 0, 0, str(body.get("path", "")), dialect, block, fields)


def render(record: Record, behaviour: Behaviour, form: Form) -> Fields:
    """The whole entity as it is answered: JSON in the OpenAPI document's shape `Prompt`, without the path.

    `form` is "created" for the answer to a POST and "retrieved" for any other.
    """
    metadata = dict(record.fields.get("metadata") or {})
    if behaviour.rewriting == "documents" and form == "retrieved":
        metadata = {"use_cases": metadata.pop("use_cases", []), **metadata}
    entity = {
        **record.fields,
        **_blocks(record, behaviour, form),
        "metadata": metadata,
        "_id": record.id,
        "type": "prompt",
        "owner": behaviour.owner,
        "domain_id": behaviour.domain_id,
        "created": timestamp(record.created),
        "updated": timestamp(record.updated),
        "created_by_id": record.created_by,
        "updated_by_id": record.updated_by,
    }
    return _ordered(entity, _CREATED_ORDER if form == "created" else _RETRIEVED_ORDER)


def render_version(record: Record, behaviour: Behaviour) -> Fields:
    """A version as it is answered, the document's shape `PromptVersion`: no name, path or message.

    `record` is the prompt as it was at that version.
    """
    entity = render(record, behaviour, "retrieved")
    item = {
        "_id": record.version,
        "timestamp": timestamp(record.updated),
        "created_by_id": record.created_by,
        "updated_by_id": record.updated_by,
    }
    for name in ("description", "prompt", "prompt_config", "metadata"):
        if name in entity:
            item[name] = entity[name]
    return item


def rendering(behaviour: Behaviour) -> str:
    """What a rendered text depends on beside the record; texts rendered under another one are of no use."""
    return json.dumps([behaviour.dialect, behaviour.rewriting, behaviour.owner, behaviour.domain_id])


def timestamp(milliseconds: int) -> str:
    """ISO 8601 in UTC with milliseconds and a Z, as in the documents."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def config_from_prompt(prompt: Mapping[str, Any]) -> Fields:
    """The deprecated `prompt_config` that today's service answers beside `prompt`.

    Only what has a counterpart is in it; the messages keep the text, image and file parts.
    """
    provider, model = _split(prompt.get("model"))
    parameters = {classic: prompt[current] for current, classic in _PARAMETERS if prompt.get(current) is not None}
    # A free word in `prompt`, a closed list here (OpenAPI).
    if parameters.get("verbosity") not in ("low", "medium", "high"):
        parameters.pop("verbosity", None)
    thinking = prompt.get("thinking") or {}
    if "budget_tokens" in thinking:
        parameters["budgetTokens"] = thinking["budget_tokens"]
    if "thinking_level" in thinking:
        parameters["thinkingLevel"] = thinking["thinking_level"]
    messages = [_classic_message(message) for message in prompt.get("messages") or []]
    return {
        "model": model,
        "model_type": "vision" if any(map(_has_image, messages)) else "chat",
        "model_parameters": parameters,
        "provider": provider,
        "messages": messages,
    }


def prompt_from_config(config: Mapping[str, Any]) -> Fields:
    """The `prompt` for a `prompt_config`: what has a counterpart; roles of the classic dialect alone become `user`."""
    parameters = config.get("model_parameters") or {}
    prompt: Fields = {"messages": [_current_message(message) for message in config.get("messages") or []]}
    provider, model = config.get("provider"), config.get("model")
    if model is not None:
        prompt["model"] = f"{provider}/{model}" if provider and not _is_qualified(model, provider) else model
    for current, classic in _PARAMETERS:
        if current != "max_completion_tokens" and parameters.get(classic) is not None:
            prompt[current] = parameters[classic]
    # A plain word (an audio or image format) is nothing for a chat model.
    if not isinstance(prompt.get("response_format", {}), dict):
        del prompt["response_format"]
    if parameters.get("budgetTokens"):
        prompt["thinking"] = {"type": "enabled", "budget_tokens": parameters["budgetTokens"]}
    return prompt


def _blocks(record: Record, behaviour: Behaviour, form: Form) -> Fields:
    blocks = {}
    if behaviour.dialect != "classic":
        blocks["prompt"] = _answered_prompt(record.in_dialect("prompt").block, record.version, behaviour)
    config = record.in_dialect("prompt_config").block
    # What is derived has never been sent, so a create cannot answer it as sent.
    as_sent = form == "created" and record.dialect == "prompt_config"
    blocks["prompt_config"] = _answered_config(config, record.version, behaviour, as_sent)
    return blocks


def _answered_prompt(block: Fields, version: str, behaviour: Behaviour) -> Fields:
    if behaviour.rewriting == "none":
        return {**block, "version": version}
    kept = {name: value for name, value in block.items() if value is not None}
    # Sorted stands for "another order than was sent"; the documents show no answer with this block.
    return _ordered({**kept, "version": version}, ("model", *sorted(set(kept) - {"model", "messages"}), "version"))


def _answered_config(block: Fields, version: str, behaviour: Behaviour, as_sent: bool) -> Fields:
    if behaviour.rewriting == "none":
        return {**block, "version": version}
    config = {**block, "version": version}
    provider, model = block.get("provider"), block.get("model")
    if not as_sent:
        if provider and model and _is_qualified(model, provider):
            config["model"] = model[len(provider) + 1 :]
        config["model_db_id"] = block.get("model_db_id") or _model_db_id(f"{provider}/{config.get('model')}")
        config["integration_id"] = block.get("integration_id")
    if "model_parameters" in block:
        config["model_parameters"] = _ordered(block["model_parameters"], _PARAMETER_ORDER)
    return _ordered(config, _CONFIG_ORDER)


@lru_cache(maxsize=1024)
def _model_db_id(model: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, model))


def _ordered(fields: Mapping[str, Any], order: Iterable[str]) -> Fields:
    first = {name: fields[name] for name in order if name in fields}
    return {**first, **fields}


def _is_qualified(model: str, provider: str) -> bool:
    return model.startswith(f"{provider}/")


def _split(model: str | None) -> tuple[str | None, str | None]:
    """`openai/gpt-4o` as provider and model; `workspace@openai/gpt-4o` is a private model of that provider."""
    if model is None or "/" not in model:
        return None, model
    provider, _, name = model.partition("/")
    return provider.rpartition("@")[2], name


def _has_image(message: Mapping[str, Any]) -> bool:
    content = message.get("content")
    return isinstance(content, list) and any(part.get("type") == "image_url" for part in content)


def _classic_message(message: Mapping[str, Any]) -> Fields:
    content = message.get("content")
    if isinstance(content, list):
        content = [
            {name: value for name, value in part.items() if name != "cache_control"}
            for part in content
            if part.get("type") in _CLASSIC_PARTS
        ]
    answer: Fields = {"role": message.get("role"), "content": content}
    if message.get("tool_calls"):
        answer["tool_calls"] = [
            {
                "id": call["id"],
                "type": "function",
                # Optional in `prompt`, required here (OpenAPI).
                "function": {"name": "", "arguments": "", **call["function"]},
            }
            for call in message["tool_calls"]
        ]
    if message.get("tool_call_id") is not None:
        answer["tool_call_id"] = message["tool_call_id"]
    return answer


def _current_message(message: Mapping[str, Any]) -> Fields:
    role = message.get("role")
    if role not in _SAME_ROLES:
        role = "system" if role == "developer" else "user"
    answer = {**message, "role": role}
    if role == "tool":
        answer.setdefault("tool_call_id", None)
    if role != "assistant" and answer.get("content") is None:
        answer["content"] = ""
    if isinstance(answer.get("tool_calls"), list):
        answer["tool_calls"] = [{"id": "", **call} for call in answer["tool_calls"]]
    return answer
