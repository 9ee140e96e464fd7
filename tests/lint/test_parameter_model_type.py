"""parameter-model-type: what the documents say goes with which type of model."""

from __future__ import annotations

import pytest

from tests.lint.findings import in_block


def fields(kind: str | None, provider: str = "openai", **parameters: object) -> list[object]:
    block = {"model": "m", "provider": provider, "model_type": kind, "model_parameters": parameters}
    return [finding.loc[-1] for finding in in_block("parameter-model-type", block)]


@pytest.mark.parametrize("kind", ["image", "embedding", "tts", "stt", "rerank", "moderation"])
def test_a_temperature_is_for_models_that_write(kind: str) -> None:
    assert fields(kind, temperature=1, topK=3, quality=None) == ["temperature", "topK"]


@pytest.mark.parametrize("kind", ["chat", "completion", "vision"])
def test_a_size_is_for_models_that_draw(kind: str) -> None:
    assert fields(kind, temperature=1, numImages=2, dimensions="1x1") == ["numImages", "dimensions"]


def test_a_parameter_of_one_provider() -> None:
    assert fields("image", photoRealVersion="v1") == ["photoRealVersion"]
    assert fields("image", "leonardoai", photoRealVersion="v1") == []


def test_without_a_type_nothing_is_said() -> None:
    assert fields(None, temperature=1, numImages=2) == []
    assert in_block("parameter-model-type", {"model": "openai/gpt-4o", "temperature": 1}) == []
