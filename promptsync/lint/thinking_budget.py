"""thinking-budget: tokens to think with that are too few, or more than there are in all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptsync.lint.rule import Finding, Rule
from promptsync.model.prompt import CLASSIC, CURRENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.lint.rule import Path
    from promptsync.model.prompt import PromptFile

LEAST = 1024
"""Tokens. Source: `budget_tokens` and `budgetTokens` in the service's OpenAPI document."""


def _check(file: PromptFile) -> Iterator[Finding]:
    block = file.prompt.block
    if file.prompt.dialect == CURRENT:
        thinking = block.get("thinking") or {}
        if thinking.get("type") == "enabled":
            loc: Path = (CURRENT, "thinking", "budget_tokens")
            yield from _judge(loc, thinking.get("budget_tokens"), block, ("max_tokens", "max_completion_tokens"))
        return
    parameters = block.get("model_parameters") or {}
    # 0 turns thinking off.
    if parameters.get("budgetTokens"):
        yield from _judge(
            (CLASSIC, "model_parameters", "budgetTokens"), parameters["budgetTokens"], parameters, ("maxTokens",)
        )


def _judge(loc: Path, budget: Any, held: dict[str, Any], limits: tuple[str, ...]) -> Iterator[Finding]:
    if not isinstance(budget, int | float):
        return
    if budget < LEAST:
        yield Finding(loc, f"a budget of {budget} tokens is too small to think with", f"give it {LEAST} or more")
    for name in limits:
        limit = held.get(name)
        if isinstance(limit, int | float) and limit <= budget:
            message = f"`{name}` is {limit}, and thinking alone may take {budget} of it"
            yield Finding(loc, message, f"raise `{name}` above the budget, or lower the budget")


RULE = Rule("thinking-budget", "error", "a thinking budget below 1,024 tokens, or not below `max_tokens`", _check)
