"""model-family: names that are nearly those that everyone knows."""

from __future__ import annotations

import pytest

from tests.lint.findings import in_block


@pytest.mark.parametrize(
    ("model", "meant"),
    [
        ("openai/gpt4o", "openai/gpt-4o"),
        ("openai/GPT-4o", "openai/gpt-4o"),
        ("openai/gtp-4o-mini", "openai/gpt-4o-mini"),
        ("anthropic/claude3-opus", "anthropic/claude-3-opus"),
        ("anthropic/cluade-3-5-haiku", "anthropic/claude-3-5-haiku"),
        ("google-ai/gemni-2.5-pro", "google-ai/gemini-2.5-pro"),
        ("acme@openai/gpt_4o", "acme@openai/gpt-4o"),
    ],
)
def test_a_near_miss(model: str, meant: str) -> None:
    (finding,) = in_block("model-family", {"model": model})

    assert finding.hint == f"did you mean `{meant}`?"


@pytest.mark.parametrize(
    "model",
    [
        "openai/gpt-4o", "openai/gpt-5.1-mini", "openai/o3-mini", "openai/chatgpt-4o-latest", "openai/dall-e-3",
        "openai/text-embedding-3-large", "openai/ft:gpt-4o:acme::x", "openai/sora-2", "openai/whisper-1",
        "anthropic/claude-sonnet-4-20250514", "google/gemini-2.5-pro", "google/gemma-3", "groq/gpt4o", "azure/gpt4o",
        "mistral/mistral-large-latest", "xai/grok-4", "deepseek/deepseek-chat", "m",
    ],
)  # fmt: skip
def test_what_is_fine(model: str) -> None:
    assert in_block("model-family", {"model": model}) == []


def test_a_classic_block_tells_the_provider_beside() -> None:
    (finding,) = in_block("model-family", {"model": "gpt4o", "provider": "openai"})

    assert finding.hint == "did you mean `gpt-4o`?"
