"""model-provider: a model without a provider, or with one that no one knows."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from promptsync.lint.rule import Finding, Rule
from promptsync.model.prompt import CLASSIC
from promptsync.model.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.lint.rule import Path
    from promptsync.model.prompt import PromptFile


def models(file: PromptFile) -> Iterator[tuple[Path, str]]:
    """The models that a prompt names, those to fall back to and to share the load with among them."""
    dialect, block = file.prompt.dialect, file.prompt.block
    balanced = (block.get("load_balancer") or {}).get("models")
    held: list[tuple[Path, Any]] = [((dialect,), block)]
    held += [((dialect, "fallbacks", index), one) for index, one in enumerate(block.get("fallbacks") or ())]
    held += [((dialect, "load_balancer", "models", index), one) for index, one in enumerate(balanced or ())]
    for loc, one in held:
        if isinstance(one.get("model"), str):
            yield (*loc, "model"), one["model"]


def parted(model: str) -> tuple[str, str]:
    """Provider and name of `provider/name`, or of a private model's `workspace@provider/name`.

    Source: the description of `model` in the service's OpenAPI document.
    """
    provider, _, name = model.rpartition("@")[2].partition("/")
    return (provider, name) if name else ("", provider)


def _check(file: PromptFile) -> Iterator[Finding]:
    is_classic = file.prompt.dialect == CLASSIC
    for loc, model in models(file):
        provider, name = parted(model)
        if is_classic and (file.prompt.block.get("provider") or provider in PROVIDERS):
            continue
        if not provider:
            yield Finding(loc, f"the model `{model}` has no provider", f"write it as in `openai/{name}`")
        elif provider not in PROVIDERS:
            near = get_close_matches(provider, PROVIDERS, 1)
            hint = f"did you mean `{near[0]}/{name}`?" if near else "write it as in `openai/gpt-4o`"
            yield Finding(loc, f"the model `{model}` is of no known provider", hint)


RULE = Rule("model-provider", "warning", "a model without or with an unknown provider", _check)
