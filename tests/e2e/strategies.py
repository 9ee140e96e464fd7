"""Any valid prompt, and any service that rewrites as the documents and the OpenAPI document allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

# Letters that YAML, JSON and file systems have opinions on, and ordinary ones.
TEXT = st.text(
    st.one_of(
        st.sampled_from("abcXYZ 019-_:#{}[]'\"\\/\n\t%&*!|>@`~,.?=<é😀\u202e\u00a0\u200bñ"),
        st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")),
    ),
    max_size=12,
)
WORD = st.text("abcdefghij_", min_size=1, max_size=8)
LINE = st.text("abcdefgh ijklm-_.é😀:#'\"", min_size=1, max_size=12).filter(lambda text: bool(text.strip()))
SCHEMA = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(["string", "null", "number"])}, optional={"default": st.none()}),
    lambda inner: st.fixed_dictionaries(
        {"type": st.just("object")},
        optional={"properties": st.dictionaries(WORD, inner, max_size=2), "required": st.just([])},
    ),
    max_leaves=3,
)


def _optional(fields: dict[str, st.SearchStrategy[Any]], **required: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(required, optional=fields)


def _number(least: float, most: float) -> st.SearchStrategy[float]:
    """Whole numbers written both ways, and fractions."""
    whole = st.integers(int(least), int(most))
    return st.one_of(whole, whole.map(float), st.floats(least, most).map(lambda value: round(value, 3)))


def _or_null(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, st.none())


CACHE_CONTROL = _optional({"ttl": st.sampled_from(["5m", "1h"])}, type=st.just("ephemeral"))
TEXT_PART = _optional({"cache_control": CACHE_CONTROL}, type=st.just("text"), text=TEXT)
IMAGE_PART = st.fixed_dictionaries(
    {
        "type": st.just("image_url"),
        "image_url": _optional(
            {"detail": st.sampled_from(["low", "auto"])},
            url=st.sampled_from(["https://example.com/a.png", "data:image/png;base64,iVBORw0KGgo="]),
        ),
    }
)
FILE_PART = st.fixed_dictionaries(
    {"type": st.just("file"), "file": _optional({"filename": LINE}, file_data=st.just("data:text/plain;base64,aGk="))}
)
AUDIO_PART = st.just({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}})
TOOL_CALL = _optional(
    {"thought_signature": WORD},
    id=WORD,
    type=st.just("function"),
    function=st.fixed_dictionaries({"name": WORD, "arguments": st.sampled_from(["{}", '{"a": 1}'])}),
)
JSON_FORMAT = st.fixed_dictionaries(
    {
        "type": st.just("json_schema"),
        "json_schema": _optional({"strict": st.booleans(), "description": TEXT}, name=WORD, schema=SCHEMA),
    }
)

CURRENT_MESSAGE = st.one_of(
    _optional(
        {"name": WORD}, role=st.just("system"), content=st.one_of(TEXT, st.lists(TEXT_PART, min_size=1, max_size=2))
    ),
    _optional(
        {"name": WORD},
        role=st.just("user"),
        content=st.one_of(TEXT, st.lists(st.one_of(TEXT_PART, IMAGE_PART, FILE_PART, AUDIO_PART), max_size=3)),
    ),
    _optional(
        {"content": _or_null(TEXT), "tool_calls": st.lists(TOOL_CALL, max_size=2), "refusal": _or_null(TEXT)},
        role=st.just("assistant"),
    ),
    st.fixed_dictionaries({"role": st.just("tool"), "content": TEXT, "tool_call_id": _or_null(WORD)}),
)
CURRENT_BLOCK = _optional(
    {
        "name": WORD,
        "temperature": _or_null(_number(0, 2)),
        "top_p": _or_null(_number(0, 1)),
        "top_k": _or_null(_number(0, 50)),
        "max_tokens": _or_null(st.integers(1, 10**6)),
        "max_completion_tokens": _or_null(st.integers(1, 10**6)),
        "frequency_penalty": _or_null(_number(-2, 2)),
        "seed": _or_null(st.integers(0, 2**40)),
        "n": _or_null(st.integers(1, 4)),
        "logprobs": _or_null(st.booleans()),
        "top_logprobs": _or_null(st.integers(0, 20)),
        "stop": st.one_of(st.none(), LINE, st.lists(LINE, max_size=4)),
        "response_format": st.one_of(st.just({"type": "text"}), st.just({"type": "json_object"}), JSON_FORMAT),
        "reasoning_effort": st.sampled_from(["none", "low", "high"]),
        "verbosity": st.sampled_from(["low", "medium"]),
        "thinking": st.one_of(
            st.just({"type": "disabled"}),
            st.just({"type": "adaptive"}),
            st.integers(1024, 4096).map(lambda tokens: {"type": "enabled", "budget_tokens": tokens}),
        ),
        "tool_choice": st.one_of(
            st.sampled_from(["none", "auto", "required"]),
            WORD.map(lambda name: {"type": "function", "function": {"name": name}}),
        ),
        "parallel_tool_calls": st.booleans(),
        "modalities": _or_null(st.lists(st.sampled_from(["text", "audio"]), max_size=2, unique=True)),
        "audio": _or_null(st.just({"voice": "alloy", "format": "wav"})),
        "stream_options": _or_null(_optional({"include_usage": st.booleans()})),
        "guardrails": st.lists(st.just({"id": "orq_pii_detection", "execute_on": "input"}), max_size=1),
        "plugins": st.lists(
            st.sampled_from([{"id": "response_healing"}, {"id": "trace_scrubbing", "mask": ["input"]}]), max_size=1
        ),
        "fallbacks": st.lists(st.just({"model": "openai/gpt-4o-mini"}), max_size=2),
        "retry": _optional(
            {"count": st.integers(1, 5), "on_codes": st.lists(st.integers(400, 599), min_size=1, max_size=2)}
        ),
        "cache": _optional({"ttl": st.integers(1, 1000)}, type=st.just("exact_match")),
        "load_balancer": st.just({"type": "weight_based", "models": [{"model": "openai/gpt-4o", "weight": 0.5}]}),
        "timeout": st.just({"call_timeout": 1000}),
        "cache_control": CACHE_CONTROL,
        "prompt_cache_key": WORD,
    },
    model=st.sampled_from(["openai/gpt-4o", "anthropic/claude-3-5-haiku", "gpt-4o", "azure/deployments/a"]),
    messages=st.lists(CURRENT_MESSAGE, max_size=3),
)

CLASSIC_PART = st.one_of(TEXT.map(lambda text: {"type": "text", "text": text}), IMAGE_PART, FILE_PART)
CLASSIC_MESSAGE = _optional(
    {
        "tool_calls": st.lists(
            _optional(
                {"id": WORD, "index": st.integers(0, 3)},
                type=st.just("function"),
                function=st.fixed_dictionaries({"name": WORD, "arguments": st.just("{}")}),
            ),
            max_size=1,
        ),
        "tool_call_id": _or_null(WORD),
    },
    role=st.sampled_from(["system", "developer", "assistant", "user", "exception", "tool", "correction"]),
    content=st.one_of(TEXT, st.none(), st.lists(CLASSIC_PART, max_size=2)),
)
MODEL_PARAMETERS = _optional(
    {
        "temperature": _number(0, 2),
        "maxTokens": st.integers(1, 10**6),
        "topK": _number(0, 50),
        "topP": _number(0, 1),
        "frequencyPenalty": _number(-2, 2),
        "presencePenalty": _number(-2, 2),
        "numImages": st.integers(1, 4),
        "seed": st.integers(0, 2**40),
        "format": st.sampled_from(["url", "text"]),
        "dimensions": st.just("1024x1024"),
        "quality": st.just("hd"),
        "style": st.just("vivid"),
        "responseFormat": st.one_of(
            st.none(), st.just({"type": "json_object"}), st.just({"type": "text"}), st.just("mp3"), JSON_FORMAT
        ),
        "photoRealVersion": st.sampled_from(["v1", "v2"]),
        "encoding_format": st.sampled_from(["float", "base64"]),
        "reasoningEffort": st.sampled_from(["none", "disable", "high"]),
        "budgetTokens": st.integers(0, 4096),
        "verbosity": st.sampled_from(["low", "high"]),
        "thinkingLevel": st.sampled_from(["low", "high"]),
    }
)
CLASSIC_BLOCK = _optional(
    {
        "model_type": st.sampled_from(["chat", "vision", "image", "tts"]),
        "provider": st.sampled_from(["openai", "anthropic"]),
        "model_parameters": MODEL_PARAMETERS,
        "stream": st.booleans(),
        "integration_id": st.none(),
    },
    model=st.sampled_from(["openai/gpt-4o", "gpt-4o", "anthropic/claude-3-5-haiku"]),
    messages=st.lists(CLASSIC_MESSAGE, max_size=3),
)
METADATA = _optional(
    {
        "language": _or_null(st.sampled_from(["English", "Dutch"])),
        "use_cases": st.lists(st.sampled_from(["Chatbots", "Agents", "SQL"]), max_size=2, unique=True),
    }
)


def files(block: str) -> st.SearchStrategy[Json]:
    """A prompt file with that block."""
    return _optional(
        {"display_name": LINE, "description": _or_null(TEXT), "metadata": METADATA},
        **{block: CURRENT_BLOCK if block == "prompt" else CLASSIC_BLOCK},
    )


def trees(block: str, most: int = 3) -> st.SearchStrategy[dict[str, Json]]:
    """Prompt files by key."""
    keys = st.sampled_from(["Default/a", "Default/b", "Default/Deep/er/c", "Other/d"])
    return st.dictionaries(keys, files(block), min_size=1, max_size=most)


@dataclass(frozen=True)
class Rewriting:
    """What a service does to all that it answers, always in the same way."""

    drop_nulls: bool = False
    add_nulls: bool = False
    cut_prefix: bool = False
    reverse: bool = False
    floats: bool = False
    add_known: bool = False
    add_unknown: bool = False

    def __call__(self, entity: Json) -> Json:
        """An answer in the service's own words."""
        answer = dict(entity)
        for name in ("prompt", "prompt_config"):
            if name in answer:
                answer[name] = self._block(name, answer[name])
        answer["metadata"] = self._plain(answer["metadata"], "metadata")
        if self.add_unknown:
            answer["project_id"] = "P1"
            answer["metadata"]["color"] = "red"
        return self._ordered(answer)

    def _block(self, name: str, block: Json) -> Json:
        block = {key: self._plain(value, key) for key, value in block.items()}
        parameters = block if name == "prompt" else block.setdefault("model_parameters", {})
        if self.cut_prefix and name == "prompt" and isinstance(block.get("model"), str):
            block["model"] = block["model"].partition("/")[2] or block["model"]
        if self.drop_nulls:
            block = {key: value for key, value in block.items() if value is not None}
        if self.add_nulls:
            for key in ("seed", "top_k", "stop") if name == "prompt" else ("integration_id",):
                block.setdefault(key, None)
        if self.add_known:
            for key, value in (("temperature", 1), ("seed", 42)):
                if parameters.get(key) is None:
                    parameters[key] = value
        if self.add_unknown:
            block["engine"] = {"name": "v2", "flags": [1, 2]}
            for number, message in enumerate(block["messages"]):
                message["_id"] = f"m{number}"
        return self._ordered(block)

    def _plain(self, value: Any, name: str) -> Any:
        if name == "schema":
            return value
        if isinstance(value, dict):
            plain = {key: self._plain(item, key) for key, item in value.items()}
            if self.drop_nulls:
                plain = {key: item for key, item in plain.items() if item is not None}
            if self.add_nulls and name == "messages":
                plain.setdefault("name", None)
            return self._ordered(plain)
        if isinstance(value, list):
            return [self._plain(item, name) for item in value]
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        if self.floats:
            return float(value)
        return int(value) if value == int(value) else value

    def _ordered(self, value: Json) -> Json:
        return dict(sorted(value.items(), reverse=self.reverse))


REWRITINGS = st.builds(Rewriting, *[st.booleans()] * 7)
