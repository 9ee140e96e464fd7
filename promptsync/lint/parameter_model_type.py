"""parameter-model-type: a parameter that models of this type, or of this provider, do not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.lint.rule import Finding, Rule
from promptsync.model.prompt import CLASSIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import PromptFile

_CHAT = ("chat", "completion", "vision")
"""`vision` is a chat model that sees; the documents' own example gives it a temperature."""
_OF_TYPES = {
    **dict.fromkeys(("temperature", "maxTokens", "topK", "topP", "frequencyPenalty", "presencePenalty"), _CHAT),
    **dict.fromkeys(("numImages", "format", "dimensions", "quality", "style"), ("image",)),
}
"""Source: the descriptions of `model_parameters` in the service's OpenAPI document ("Only supported on …")."""
_OF_PROVIDER = {"photoRealVersion": "leonardoai"}


def _check(file: PromptFile) -> Iterator[Finding]:
    block = file.prompt.block
    if file.prompt.dialect != CLASSIC:
        return
    kind, provider = block.get("model_type"), block.get("provider")
    for name, value in (block.get("model_parameters") or {}).items():
        loc = (CLASSIC, "model_parameters", name)
        types, owner = _OF_TYPES.get(name), _OF_PROVIDER.get(name)
        if value is None:
            continue
        if types and kind and kind not in types:
            yield Finding(
                loc, f"models of the type {kind} do not take `{name}`", f"it is for {', '.join(types)} models"
            )
        if owner and provider and provider != owner:
            yield Finding(loc, f"models of {provider} do not take `{name}`", f"it is for models of {owner}")


RULE = Rule("parameter-model-type", "warning", "a parameter that the type of the model does not take", _check)
