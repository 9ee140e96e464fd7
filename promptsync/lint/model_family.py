"""model-family: a model's name that is nearly one of a family that everyone knows."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from promptsync.lint.model_provider import models, parted
from promptsync.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import PromptFile

FAMILIES = {
    "openai": ("gpt", "chatgpt", "text", "dall", "whisper", "tts", "davinci", "babbage", "omni", "codex", "computer"),
    "anthropic": ("claude",),
    "google": ("gemini", "gemma", "imagen", "veo", "text"),
    "google-ai": ("gemini", "gemma", "imagen", "veo", "text", "embedding"),
    "deepseek": ("deepseek",),
    "xai": ("grok",),
}
"""The word with which the names of a provider's models begin; a `-` follows it. Source: the providers' own lists.

Only those of a few providers are told: the others host models of everyone, or have named them in too many ways.
"""

_WORD = re.compile(r"([A-Za-z]{3,})(.*)", re.DOTALL)


def _check(file: PromptFile) -> Iterator[Finding]:
    given = file.prompt.block.get("provider")
    for loc, model in models(file):
        provider, name = parted(model)
        meant = _meant(provider or str(given), name)
        if meant is not None:
            before = model[: len(model) - len(name)]
            yield Finding(loc, f"`{model}` is like no model of {provider or given}", f"did you mean `{before}{meant}`?")


def _meant(provider: str, name: str) -> str | None:
    """The name that was probably meant; None where nothing is wrong, or no one can tell."""
    words, found = FAMILIES.get(provider), _WORD.fullmatch(name)
    if words is None or found is None or name.startswith("ft:"):
        return None
    word, rest = found.groups()
    near = get_close_matches(word.lower(), words, 1, cutoff=0.6)
    if not near:
        return None
    meant = f"{near[0]}{rest}" if rest[:1] in ("-", ".", ":", "") else f"{near[0]}-{rest.lstrip('_ ')}"
    return meant if meant != name else None


RULE = Rule("model-family", "warning", "a model's name that nearly is one of a known family", _check)
