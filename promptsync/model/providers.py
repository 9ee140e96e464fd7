"""The providers of models that the service knows. The list grows: another one is no error."""

from __future__ import annotations

from typing import Final

PROVIDERS: Final = (
    "openai", "groq", "cohere", "azure", "aws", "google", "google-ai", "huggingface", "togetherai",
    "perplexity", "anthropic", "leonardoai", "fal", "nvidia", "jina", "elevenlabs", "litellm", "cerebras",
    "openailike", "bytedance", "mistral", "deepseek", "contextualai", "moonshotai", "zai", "minimax", "xai",
    "alibaba", "tensorix", "scaleway", "hcompany", "inception", "inceptron", "wafer", "poolside", "tencent",
    "nebius", "fireworks", "baseten", "reson8", "meta", "greenpt", "liquid", "typesafe", "berget",
    "cloudflare", "slack", "orq", "replicate", "anyscale",
)  # fmt: skip
"""Source: `provider` of `prompt_config` in the service's OpenAPI document."""
