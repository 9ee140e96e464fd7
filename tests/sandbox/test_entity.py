from __future__ import annotations

import json
from typing import Any

import pytest

from promptsync.sandbox import Behaviour
from promptsync.sandbox.entity import (
    Record,
    config_from_prompt,
    new_record,
    prompt_from_config,
    render,
    render_version,
    timestamp,
)
from tests.documents import CREATED, SENT


def kept(body: dict[str, Any], **switches: Any) -> tuple[Record, Behaviour]:
    behaviour = Behaviour(**switches)
    draft = new_record(body, behaviour)
    record = Record("01J", "xqvy5y4ssaeqkfsh", 1749212390426, 1749212390426, draft.path, draft.dialect, draft.block,
                    draft.fields)  # fmt: skip
    return record, behaviour


def test_the_documents_create_answer() -> None:
    entity = render(*kept(SENT, dialect="classic", owner="USER_ID", domain_id="DOMAIN_ID"), "created")
    # The documents' text, key order included.
    assert json.dumps(entity) == json.dumps({**CREATED, "_id": "01J"})


def test_the_documents_retrieve_answer() -> None:
    entity = render(*kept(SENT, dialect="classic"), "retrieved")
    config = entity["prompt_config"]
    assert list(config) == [
        "model",
        "model_db_id",
        "model_type",
        "model_parameters",
        "provider",
        "integration_id",
        "version",
        "messages",
    ]
    assert (config["model"], config["integration_id"]) == ("gpt-4o", None)
    assert config["model_parameters"]["responseFormat"] is None
    assert entity["metadata"] == {"use_cases": [], "language": "English"}


def test_without_rewriting_the_block_comes_back_as_it_was_sent() -> None:
    for form in ("created", "retrieved"):
        entity = render(*kept(SENT, dialect="classic", rewriting="none"), form)  # type: ignore[arg-type]
        sent = {**SENT["prompt_config"], "version": "xqvy5y4ssaeqkfsh"}
        assert json.dumps(entity["prompt_config"]) == json.dumps(sent)
        assert entity["metadata"] == {"language": "English"}


def test_the_current_dialect_drops_nulls_and_answers_both() -> None:
    body = {
        "display_name": "A",
        "path": "D",
        "prompt": {"seed": None, "model": "openai/gpt-4o", "messages": [], "temperature": 1},
    }
    entity = render(*kept(body), "created")
    assert entity["prompt"] == {
        "model": "openai/gpt-4o",
        "temperature": 1,
        "messages": [],
        "version": "xqvy5y4ssaeqkfsh",
    }
    assert entity["prompt_config"]["model"] == "gpt-4o"
    assert entity["prompt_config"]["version"] == "xqvy5y4ssaeqkfsh"
    assert entity["metadata"] == {"language": "English"}
    assert "description" not in entity
    assert "path" not in entity


def test_unknown_fields_are_kept_and_the_services_own_are_not_the_callers() -> None:
    body = {
        "display_name": "A",
        "path": "D",
        "tags": ["x"],
        "owner": "me",
        "_id": "1",
        "prompt": {"messages": [], "later": {"a": None}, "version": "mine"},
    }
    entity = render(*kept(body, owner="them"), "retrieved")
    assert entity["tags"] == ["x"]
    assert entity["prompt"]["later"] == {"a": None}
    assert (entity["owner"], entity["_id"]) == ("them", "01J")
    assert entity["prompt"]["version"] == "xqvy5y4ssaeqkfsh"


def test_the_prompt_config_of_a_prompt() -> None:
    config = config_from_prompt(
        {
            "model": "acme@anthropic/claude",
            "max_completion_tokens": 5,
            "verbosity": "chatty",
            "thinking": {"type": "enabled", "budget_tokens": 2048, "thinking_level": "low"},
            "response_format": {"type": "json_object"},
            "fallbacks": [{"model": "openai/gpt-4o"}],
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
                        {"type": "image_url", "image_url": {"url": "u"}},
                        {"type": "input_audio", "input_audio": {"data": "", "format": "mp3"}},
                    ],
                },
                {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f"}}]},
                {"role": "tool", "content": "x", "tool_call_id": "1"},
            ],
        }
    )
    assert config == {
        "model": "claude",
        "model_type": "vision",
        "model_parameters": {
            "maxTokens": 5,
            "responseFormat": {"type": "json_object"},
            "budgetTokens": 2048,
            "thinkingLevel": "low",
        },
        "provider": "anthropic",
        "messages": [
            {
                "role": "user",
                "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": ""}}],
            },
            {"role": "tool", "content": "x", "tool_call_id": "1"},
        ],
    }


@pytest.mark.parametrize(
    ("provider", "model", "joined"),
    [
        ("openai", "gpt-4o", "openai/gpt-4o"),
        ("openai", "openai/gpt-4o", "openai/gpt-4o"),
        (None, "gpt-4o", "gpt-4o"),
        ("togetherai", "meta-llama/Llama-3", "togetherai/meta-llama/Llama-3"),
    ],
)
def test_the_prompt_of_a_prompt_config(provider: str | None, model: str, joined: str) -> None:
    config = {
        "provider": provider,
        "model": model,
        "model_parameters": {"maxTokens": 5, "budgetTokens": 1024, "responseFormat": "mp3", "temperature": 0},
        "messages": [{"role": "developer", "content": "a"}, {"role": "exception", "content": None}],
    }
    assert prompt_from_config(config) == {
        "model": joined,
        "max_tokens": 5,
        "temperature": 0,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "messages": [{"role": "system", "content": "a"}, {"role": "user", "content": ""}],
    }


def test_a_version_has_no_name_and_no_path() -> None:
    item = render_version(*kept(SENT))
    assert set(item) == {
        "_id",
        "timestamp",
        "created_by_id",
        "updated_by_id",
        "description",
        "prompt",
        "prompt_config",
        "metadata",
    }
    assert item["_id"] == item["prompt"]["version"] == "xqvy5y4ssaeqkfsh"


def test_a_record_survives_its_text() -> None:
    record, _ = kept(SENT)
    assert Record.from_json(record.to_json()) == record


def test_times_have_milliseconds() -> None:
    assert timestamp(0) == "1970-01-01T00:00:00.000Z"
    assert timestamp(1749212390007) == "2025-06-06T12:19:50.007Z"
