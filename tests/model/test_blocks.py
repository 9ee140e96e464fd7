"""Of the two blocks of an answer, the one that says all is known, and what it would take away else is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.blocks import unsaid
from promptsync.model.prompt import CLASSIC, CURRENT, DIALECTS, RemotePrompt, other_dialect
from promptsync.sandbox import Behaviour
from promptsync.sandbox.entity import Record, render
from promptsync.service.answers import read_prompt
from tests.strategies import blocks

if TYPE_CHECKING:
    from promptsync.model.prompt import Dialect, Json

SCHEMAS = ({"enum": [{"a": 1, "b": 2}, 1], "type": "object"}, {"type": "object", "enum": [{"b": 2, "a": 1}, 1]})
SYSTEM = {"role": "system", "content": "Be kind"}


def answer(dialect: Dialect, block: Json, **behaviour: Any) -> RemotePrompt:
    """What today's service answers where that block is kept: both, the other derived from it."""
    record = Record("01J0", "v1", 0, 0, "D", dialect, block, {"display_name": "refund", "metadata": {}})
    return read_prompt(render(record, Behaviour(dialect="both", **behaviour), "retrieved"))


def both(current: Json, classic: Json) -> RemotePrompt:
    return RemotePrompt("01J0", "refund", None, {}, {CURRENT: current, CLASSIC: classic})


@given(st.data(), st.sampled_from(DIALECTS), st.sampled_from(["documents", "none"]))
def test_all_that_a_service_derives_from_a_block_follows_from_it(data: Any, dialect: Dialect, rewriting: str) -> None:
    held = answer(dialect, data.draw(blocks(dialect)), rewriting=rewriting)

    assert unsaid(held, dialect) == []


def test_one_block_says_all() -> None:
    alone = RemotePrompt("01J0", "refund", None, {}, {CLASSIC: {"messages": [SYSTEM], "stream": True}})

    assert (unsaid(alone, CLASSIC), unsaid(alone, CURRENT)) == ([], [])


IMAGE = {"model": "dall-e-3", "provider": "openai", "model_type": "image", "messages": [SYSTEM]}


@pytest.mark.parametrize(
    ("dialect", "block", "lost"),
    [
        (CLASSIC, IMAGE, ["prompt_config.model_type"]),
        (
            CLASSIC,
            {**IMAGE, "model_parameters": {"numImages": 2, "quality": "hd"}, "integration_id": "i"},
            [
                "prompt_config.model_type",
                "prompt_config.model_parameters.numImages",
                "prompt_config.model_parameters.quality",
                "prompt_config.integration_id",
            ],
        ),
        (CLASSIC, {"messages": [{**SYSTEM, "role": "developer"}]}, ["prompt_config.messages[0].role"]),
        (
            CLASSIC,
            {"messages": [SYSTEM, {"role": "expected_output", "content": "Yes"}]},
            ["prompt_config.messages[1].role"],
        ),
        (
            CLASSIC,
            {"messages": [], "model_parameters": {"thinkingLevel": "low", "responseFormat": "mp3"}, "stream": True},
            [
                "prompt_config.model_parameters.thinkingLevel",
                "prompt_config.model_parameters.responseFormat",
                "prompt_config.stream",
            ],
        ),
        (
            CURRENT,
            {"messages": [], "stop": ["x"], "cache": {"type": "exact_match"}, "fallbacks": [{"model": "a/b"}]},
            ["prompt.cache.type", "prompt.fallbacks", "prompt.stop"],
        ),
        (CURRENT, {"messages": [], "max_completion_tokens": 9, "max_tokens": 9}, ["prompt.max_completion_tokens"]),
        (CURRENT, {"messages": [{"role": "user", "content": "Hi", "name": "Al"}]}, ["prompt.messages[0].name"]),
        (CURRENT, {"model": "team@openai/gpt-4o", "messages": [SYSTEM]}, ["prompt.model"]),
        (CURRENT, {"messages": [SYSTEM], "engine": {"deep": [None]}}, ["prompt.engine.deep"]),
        (CURRENT, {"model": "openai/gpt-4o", "temperature": 1, "seed": 2.0, "messages": [SYSTEM]}, []),
        (CLASSIC, {"model": "openai/gpt-4o", "provider": "openai", "messages": [SYSTEM], "stream": False}, []),
    ],
)  # fmt: skip
def test_what_a_write_of_the_derived_block_would_take_away(dialect: Dialect, block: Json, lost: list[str]) -> None:
    held = answer(dialect, block)

    assert unsaid(held, dialect) == []
    assert unsaid(held, other_dialect(dialect)) == lost


@pytest.mark.parametrize(
    ("current", "classic", "lost"),
    [
        ({"messages": [SYSTEM]}, {"messages": [SYSTEM], "provider": "openai"}, ["prompt_config.provider"]),
        ({"model": "gpt-4o", "messages": []}, {"model": "openai/gpt-4o", "messages": []}, []),
        ({"model": "a/b", "messages": []}, {"model": "c", "messages": []}, ["prompt_config.model"]),
        ({"model": "a/b", "messages": []}, {"model": "b", "provider": "c", "messages": []}, ["prompt_config.provider"]),
        ({"messages": [SYSTEM]}, {"messages": [SYSTEM, SYSTEM]}, ["prompt_config.messages"]),
        ({"messages": []}, {"messages": [SYSTEM]}, ["prompt_config.messages"]),
        ({"messages": [SYSTEM]}, {"messages": [{**SYSTEM, "content": "Be"}]}, ["prompt_config.messages[0].content"]),
        ({"messages": [], "temperature": 1}, {"messages": [], "model_parameters": {"temperature": 1.0}}, []),
        (
            {"messages": [], "temperature": 1},
            {"messages": [], "model_parameters": {"temperature": True}},
            ["prompt_config.model_parameters.temperature"],
        ),
        ({"messages": [], "new": {"a": 1}}, {"messages": [], "new": {"a": 1}}, []),
        ({"messages": [], "new": {"a": 1}}, {"messages": [], "new": {"a": 2}}, ["prompt_config.new.a"]),
        ({"messages": [SYSTEM | {"_id": "1"}]}, {"messages": [SYSTEM | {"_id": "1"}], "_id": "x", "version": "y"}, []),
    ],
)  # fmt: skip
def test_two_blocks_that_may_contradict_each_other(current: Json, classic: Json, lost: list[str]) -> None:
    assert unsaid(both(current, classic), CURRENT) == lost


def test_what_has_no_word_in_the_other_dialect_is_not_whatever_stands_there() -> None:
    held = both({"model": "azure/other", "messages": []}, {"provider": "elsewhere", "messages": []})

    assert unsaid(held, CLASSIC) == ["prompt.model"]


@given(st.data(), st.sampled_from(DIALECTS))
def test_a_field_more_in_the_other_block_is_named(data: Any, dialect: Dialect) -> None:
    """However it came there: the service may hold what neither dialect of today knows."""
    held = answer(dialect, data.draw(blocks(dialect)))
    other = other_dialect(dialect)
    held.blocks[other] = {**held.blocks[other], "engine": "v2"}

    assert unsaid(held, dialect) == [f"{other}.engine"]


def test_the_order_of_keys_in_the_other_block_is_nothing_that_it_says() -> None:
    """A service may keep one block as it was sent, and the other one in an order of its own."""
    schemas = [{"type": "json_schema", "json_schema": {"name": "x", "schema": one}} for one in SCHEMAS]
    current = {"model": "openai/gpt-4o", "messages": [SYSTEM], "response_format": schemas[0]}
    classic = {
        "model": "gpt-4o",
        "provider": "openai",
        "messages": [SYSTEM],
        "model_parameters": {"responseFormat": schemas[1]},
    }

    assert (unsaid(both(current, classic), CURRENT), unsaid(both(current, classic), CLASSIC)) == ([], [])
