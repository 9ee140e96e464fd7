"""What one rule finds in a prompt, for the tests of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptsync.lint.rules import RULES
from promptsync.model.prompt import CLASSIC, CURRENT, PromptFile
from tests import factories

if TYPE_CHECKING:
    from promptsync.lint.rule import Finding


def in_block(rule: str, block: dict[str, Any], variables: tuple[str, ...] | None = None) -> list[Finding]:
    """What a rule finds in a prompt with this block, which is a classic one if it has a type of model or a provider.

    `variables` are those that the file declares.
    """
    dialect = CLASSIC if {"model_type", "provider", "model_parameters"} & block.keys() else CURRENT
    prompt = factories.prompt(content={"messages": [], **block}, dialect=dialect)
    check = RULES[rule].check
    assert check is not None
    return list(check(PromptFile("Default/a", "Default/a.yaml", prompt, variables=variables)))


def in_text(rule: str, *texts: Any) -> list[Finding]:
    """The same of a prompt whose messages have these contents."""
    return in_block(rule, {"messages": [{"role": "user", "content": text} for text in texts]})
