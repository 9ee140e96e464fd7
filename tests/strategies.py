"""Hypothesis strategies for prompts: blocks of both dialects, prompt files as data, and `Prompt`s. All valid."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from promptsync.model.prompt import CLASSIC, CURRENT, DIALECTS, MAX_DISPLAY_NAME, Prompt

# What JSON and YAML both can carry: no half characters, no NUL.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
numbers = st.one_of(st.integers(-1000, 1000), st.floats(-1000, 1000, allow_nan=False, width=32))
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=6,
)


def mapping(required: dict[str, Any], optional: dict[str, Any] | None = None) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional or {})


def few(items: st.SearchStrategy[Any], *, least: int = 0, most: int = 2) -> st.SearchStrategy[list[Any]]:
    return st.lists(items, min_size=least, max_size=most)


def nullable(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


_CACHE = mapping({"type": st.just("ephemeral")}, {"ttl": st.sampled_from(["5m", "1h"])})
_TEXT = mapping({"type": st.just("text"), "text": texts}, {"cache_control": _CACHE})
_IMAGE = mapping(
    {
        "type": st.just("image_url"),
        "image_url": mapping({"url": texts}, {"detail": st.sampled_from(["low", "high", "auto"])}),
    },
    {"cache_control": _CACHE},
)
_AUDIO = mapping(
    {
        "type": st.just("input_audio"),
        "input_audio": mapping({"data": texts, "format": st.sampled_from(["mp3", "wav"])}),
    }
)
_FILE_DATA = mapping({}, {"file_data": texts, "uri": texts, "mimeType": texts, "filename": texts})
_REFERRED_FILE = mapping({}, {"file_data": texts, "uri": texts, "mimeType": texts, "filename": texts, "file_id": texts})
_FILE = mapping({"type": st.just("file"), "file": _REFERRED_FILE}, {"cache_control": _CACHE})
_ASSISTANT_PART = st.one_of(
    _TEXT,
    mapping({"type": st.just("refusal")}, {"refusal": texts}),
    mapping({"type": st.just("reasoning"), "reasoning": texts, "signature": texts}),
    mapping({"type": st.just("redacted_reasoning"), "data": texts}),
)
_TOOL_CALL = mapping(
    {
        "id": texts,
        "type": st.just("function"),
        "function": mapping({}, {"name": texts, "arguments": texts}),
    },
    {
        "thought_signature": texts,
        "extra_content": mapping({}, {"google": mapping({}, {"thought_signature": texts})}),
    },
)

current_messages = st.one_of(
    mapping({"role": st.just("system"), "content": st.one_of(texts, few(_TEXT, least=1))}, {"name": texts}),
    mapping(
        {"role": st.just("user"), "content": st.one_of(texts, few(st.one_of(_TEXT, _IMAGE, _AUDIO, _FILE)))},
        {"name": texts},
    ),
    mapping(
        {"role": st.just("assistant")},
        {
            "content": st.one_of(st.none(), texts, few(_ASSISTANT_PART)),
            "refusal": nullable(texts),
            "name": texts,
            "reasoning_content": texts,
            "audio": nullable(mapping({"id": texts})),
            "tool_calls": few(_TOOL_CALL),
        },
    ),
    mapping(
        {
            "role": st.just("tool"),
            "content": st.one_of(texts, few(_TEXT)),
            "tool_call_id": nullable(texts),
        },
        {"cache_control": _CACHE},
    ),
)

_PII = {
    "on_failure": st.sampled_from(["block", "passthrough"]),
    "threshold": st.floats(0, 1),
    "entities": few(st.sampled_from(["EMAIL_ADDRESS", "PERSON", "BSN"])),
    "entity_thresholds": st.dictionaries(st.sampled_from(["EMAIL_ADDRESS", "PERSON"]), st.floats(0, 1), max_size=2),
    "regions": few(st.sampled_from(["nl", "gb", "all"])),
}
_PLUGINS = st.one_of(
    mapping({"id": st.just("pii_redaction")}, {**_PII, "language": st.sampled_from(["auto", "en", "nl"])}),
    mapping({"id": st.just("response_healing")}),
    mapping(
        {"id": st.just("trace_scrubbing"), "mask": few(st.sampled_from(["all", "system", "input", "output"]), least=1)}
    ),
)
_CURRENT_PARAMETERS = {
    "model": st.sampled_from(["openai/gpt-4o", "anthropic/claude-sonnet-4", "gpt-4o"]),
    "name": texts,
    "audio": nullable(
        mapping({"voice": st.sampled_from(["alloy", "nova"]), "format": st.sampled_from(["wav", "mp3"])})
    ),
    "frequency_penalty": nullable(numbers),
    "presence_penalty": nullable(numbers),
    "max_tokens": nullable(st.integers(0, 10_000)),
    "max_completion_tokens": nullable(st.one_of(st.integers(1, 10_000), st.just(256.0))),
    "logprobs": nullable(st.booleans()),
    "top_logprobs": nullable(st.integers(0, 20)),
    "n": nullable(st.integers(1, 10)),
    "response_format": st.one_of(
        mapping({"type": st.sampled_from(["text", "json_object"])}),
        mapping(
            {
                "type": st.just("json_schema"),
                "json_schema": mapping(
                    {"name": texts}, {"description": texts, "schema": json_values, "strict": st.booleans()}
                ),
            }
        ),
    ),
    "reasoning_effort": st.sampled_from(["none", "instant", "minimal", "low", "medium", "high", "xhigh", "max"]),
    "verbosity": st.sampled_from(["low", "medium", "high"]),
    "seed": nullable(numbers),
    "stop": st.one_of(st.none(), texts, few(texts, most=4)),
    "stream_options": nullable(mapping({}, {"include_usage": st.booleans()})),
    "thinking": st.one_of(
        mapping({"type": st.sampled_from(["disabled", "adaptive"])}),
        mapping(
            {"type": st.just("enabled"), "budget_tokens": numbers},
            {"thinking_level": st.sampled_from(["minimal", "low", "medium", "high"])},
        ),
    ),
    "temperature": nullable(st.floats(0, 2)),
    "top_p": nullable(st.one_of(st.integers(0, 1), st.floats(0, 1))),
    "top_k": nullable(numbers),
    "tool_choice": st.one_of(
        st.sampled_from(["none", "auto", "required"]),
        mapping({"function": mapping({"name": texts})}, {"type": st.just("function")}),
    ),
    "parallel_tool_calls": st.booleans(),
    "modalities": nullable(few(st.sampled_from(["text", "audio"]))),
    "guardrails": few(
        mapping(
            {
                "id": st.sampled_from(["orq_pii_detection", "01JGUARDRAIL"]),
                "execute_on": st.sampled_from(["input", "output"]),
            }
        )
    ),
    "plugins": few(_PLUGINS),
    "fallbacks": few(mapping({"model": texts})),
    "fallback_on_codes": few(st.integers(400, 599), most=20),
    "retry": mapping({}, {"count": st.integers(1, 5), "on_codes": few(st.integers(100, 599), least=1)}),
    "cache": mapping({"type": st.just("exact_match")}, {"ttl": st.integers(1, 259_200)}),
    "load_balancer": mapping(
        {
            "type": st.just("weight_based"),
            "models": few(mapping({"model": texts}, {"weight": st.floats(0.001, 1)})),
        }
    ),
    "timeout": mapping({"call_timeout": st.integers(1, 600_000)}),
    "cache_control": _CACHE,
    "prompt_cache_key": texts,
}

_CLASSIC_PART = st.one_of(
    mapping({"type": st.just("text"), "text": texts}),
    mapping({"type": st.just("image_url"), "image_url": mapping({"url": texts}, {"detail": texts})}),
    mapping({"type": st.just("file"), "file": _FILE_DATA}),
)
_CLASSIC_ROLES = st.sampled_from(
    ["system", "developer", "assistant", "user", "exception", "tool", "prompt", "correction", "expected_output"]
)
classic_messages = mapping(
    {"role": _CLASSIC_ROLES, "content": st.one_of(st.none(), texts, few(_CLASSIC_PART))},
    {
        "tool_calls": few(
            mapping(
                {"type": st.just("function"), "function": mapping({"name": texts, "arguments": texts})},
                {"id": texts, "index": st.integers(0, 5)},
            )
        ),
        "tool_call_id": nullable(texts),
    },
)
_MODEL_PARAMETERS = {
    **dict.fromkeys(
        [
            "temperature",
            "maxTokens",
            "topK",
            "topP",
            "frequencyPenalty",
            "presencePenalty",
            "numImages",
            "seed",
            "budgetTokens",
        ],
        numbers,
    ),
    "format": st.sampled_from(["url", "b64_json", "text", "json_object"]),
    "dimensions": texts,
    "quality": texts,
    "style": texts,
    "responseFormat": st.one_of(
        st.none(),
        st.sampled_from(["mp3", "json", "text", "url"]),
        mapping({"type": st.sampled_from(["text", "json_object"])}),
        mapping(
            {
                "type": st.just("json_schema"),
                "json_schema": mapping(
                    {"name": texts, "schema": st.dictionaries(names, json_values, max_size=2)},
                    {"description": nullable(texts), "strict": st.booleans()},
                ),
            },
            {"display_name": texts},
        ),
    ),
    "cacheControl": nullable(_CACHE),
    "photoRealVersion": st.sampled_from(["v1", "v2"]),
    "encoding_format": st.sampled_from(["float", "base64"]),
    "reasoningEffort": st.sampled_from(["none", "disable", "minimal", "low", "medium", "high"]),
    "verbosity": st.sampled_from(["low", "medium", "high"]),
    "thinkingLevel": st.sampled_from(["low", "high"]),
}
_CLASSIC_FIELDS = {
    "stream": st.booleans(),
    "model": st.sampled_from(["openai/gpt-4o", "gpt-4o"]),
    "model_db_id": nullable(texts),
    "model_type": nullable(st.sampled_from(["chat", "completion", "vision", "image", "moderation"])),
    "model_parameters": mapping({}, _MODEL_PARAMETERS),
    "provider": nullable(st.sampled_from(["openai", "anthropic", "azure"])),
    "integration_id": nullable(texts),
}

metadata = mapping(
    {},
    {
        "language": nullable(st.sampled_from(["English", "Dutch", "German"])),
        "use_cases": few(st.sampled_from(["Chatbots", "SQL", "Translation (document)"])),
    },
)
display_names = texts.filter(str.strip) | st.just("x" * MAX_DISPLAY_NAME)


def _some(fields: dict[str, Any], always: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """`always` and a few of `fields`: drawing all of them would be slow, and most would be there each time."""
    chosen = st.lists(st.sampled_from(sorted(fields)), max_size=6, unique=True)
    return chosen.flatmap(lambda some: st.fixed_dictionaries({**{name: fields[name] for name in some}, **always}))


def current_blocks() -> st.SearchStrategy[dict[str, Any]]:
    """Contents of `prompt`."""
    return _some(_CURRENT_PARAMETERS, {"messages": few(current_messages, most=3)})


def classic_blocks() -> st.SearchStrategy[dict[str, Any]]:
    """Contents of `prompt_config`."""
    return _some(_CLASSIC_FIELDS, {"messages": few(classic_messages, most=3)})


def blocks(dialect: str) -> st.SearchStrategy[dict[str, Any]]:
    return current_blocks() if dialect == CURRENT else classic_blocks()


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """The data of prompt files, without content_file."""
    optional = {
        "display_name": display_names,
        "description": nullable(texts),
        "metadata": metadata,
        "protected": st.booleans(),
    }
    return st.one_of(
        mapping({CURRENT: current_blocks()}, optional),
        mapping({CLASSIC: classic_blocks()}, optional),
    )


@st.composite
def prompts(draw: st.DrawFn) -> Prompt:
    """What a prompt file asks for."""
    dialect = draw(st.sampled_from(DIALECTS))
    return Prompt(
        display_name=draw(display_names),
        description=draw(nullable(texts)),
        metadata=draw(metadata),
        dialect=dialect,
        block=draw(blocks(dialect)),
    )
