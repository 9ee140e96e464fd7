"""model-provider: what has no provider, or one that no one knows."""

from __future__ import annotations

import pytest

from tests.lint.findings import in_block


@pytest.mark.parametrize(
    ("model", "message", "hint"),
    [
        ("gpt-4o", "the model `gpt-4o` has no provider", "write it as in `openai/gpt-4o`"),
        ("openi/gpt-4o", "the model `openi/gpt-4o` is of no known provider", "did you mean `openai/gpt-4o`?"),
        ("zzz/m", "the model `zzz/m` is of no known provider", "write it as in `openai/gpt-4o`"),
    ],
)
def test_a_model_without_a_known_provider(model: str, message: str, hint: str) -> None:
    (finding,) = in_block("model-provider", {"model": model})

    assert finding[:3] == (("prompt", "model"), message, hint)


def test_the_models_to_fall_back_to_and_to_share_with_are_looked_at_too() -> None:
    weighted = {"type": "weight_based", "models": [{"model": "b", "weight": 1}]}
    found = in_block("model-provider", {"fallbacks": [{"model": "a"}], "load_balancer": weighted})

    assert [one.loc[1:] for one in found] == [
        ("fallbacks", 0, "model"),
        ("load_balancer", "models", 0, "model"),
    ]


@pytest.mark.parametrize(
    "block",
    [
        {"model": "openai/gpt-4o"},
        {"model": "azure/deployments/a"},
        {"model": "acme@openai/gpt-4o"},
        {"model": None},
        {},
        {"model": "gpt-4o", "provider": "openai"},
        {"model": "openai/gpt-4o", "model_type": "chat"},
    ],
)
def test_what_is_fine(block: dict[str, object]) -> None:
    assert in_block("model-provider", block) == []


def test_a_classic_model_without_any_provider() -> None:
    (finding,) = in_block("model-provider", {"model": "gpt-4o", "model_type": "chat"})

    assert finding.loc == ("prompt_config", "model")
