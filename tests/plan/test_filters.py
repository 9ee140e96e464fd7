"""Which unmanaged prompts are wanted: by name, model, folder and age."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from promptsync.model.prompt import RemotePrompt
from promptsync.plan.filters import Filter, model_of

REFUND = RemotePrompt(
    "01J1",
    "Refund [EU]/assistant",
    None,
    {},
    {"prompt": {"model": "openai/gpt-4o"}},
    path="Default/Support",
    updated="2026-11-20T12:00:00.000Z",
)


@pytest.mark.parametrize(
    ("wanted", "takes"),
    [
        (Filter(), True),
        (Filter(names=("refund*",)), True),
        (Filter(names=("Refund [[]EU]/*",)), True),
        (Filter(names=("*order*", "*ASSISTANT")), True),
        (Filter(names=("refund",)), False),
        (Filter(models=("openai/*",)), True),
        (Filter(models=("anthropic/*",)), False),
        (Filter(paths=("Default/**",)), True),
        (Filter(paths=("Default",)), False),
        (Filter(since=datetime(2026, 11, 20, 12, tzinfo=UTC)), True),
        (Filter(since=datetime(2026, 11, 20, 12, 0, 1, tzinfo=UTC)), False),
        (Filter(names=("refund*",), models=("anthropic/*",)), False),
    ],
)
def test_all_that_is_given_must_be_so(wanted: Filter, takes: bool) -> None:
    assert wanted.takes(REFUND) is takes


def test_a_prompt_whose_folder_is_not_told_is_in_none() -> None:
    assert not Filter(paths=("**",)).takes(replace(REFUND, path=None))


@pytest.mark.parametrize("updated", [None, "", "yesterday"])
def test_a_prompt_whose_age_is_not_told_is_old(updated: str | None) -> None:
    assert not Filter(since=datetime(1970, 1, 1, tzinfo=UTC)).takes(replace(REFUND, updated=updated))


def test_a_time_without_a_zone_is_utc() -> None:
    since = Filter(since=datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert since.takes(replace(REFUND, updated="2026-11-20T12:00:00"))


@pytest.mark.parametrize(
    ("blocks", "model"),
    [
        ({"prompt": {"model": "openai/gpt-4o"}}, "openai/gpt-4o"),
        ({"prompt_config": {"model": "gpt-4o", "provider": "openai"}}, "openai/gpt-4o"),
        ({"prompt_config": {"model": "openai/gpt-4o", "provider": "openai"}}, "openai/gpt-4o"),
        ({"prompt": {"model": "gpt-4o"}, "prompt_config": {"model": "gpt-4o", "provider": "azure"}}, "azure/gpt-4o"),
        ({"prompt": {"model": "gpt-4o"}}, "gpt-4o"),
        ({"prompt": {"model": 7}, "prompt_config": {}}, ""),
        ({}, ""),
    ],
)
def test_a_model_is_told_with_its_provider(blocks: dict[Any, Any], model: str) -> None:
    assert model_of(replace(REFUND, blocks=blocks)) == model
