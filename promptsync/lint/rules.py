"""All rules, and a run of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.lint import (
    empty_message,
    invisible_character,
    json_mode,
    literal_newline,
    model_family,
    model_provider,
    near_twin,
    old_snippet,
    parameter_model_type,
    secret,
    thinking_budget,
    undeclared_variable,
    unused_variable,
    variable_syntax,
)
from promptsync.lint.rule import Rule
from promptsync.model.prompt import CUT_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptsync.lint.rule import Finding
    from promptsync.model.prompt import Level, PromptFile

_RULES = (
    model_provider.RULE,
    model_family.RULE,
    parameter_model_type.RULE,
    thinking_budget.RULE,
    json_mode.RULE,
    empty_message.RULE,
    variable_syntax.RULE,
    unused_variable.RULE,
    undeclared_variable.RULE,
    old_snippet.RULE,
    # The loader finds it, since only the text of the file shows it.
    Rule(CUT_TEXT, "warning", "a text that ` #` cut"),
    literal_newline.RULE,
    invisible_character.RULE,
    secret.RULE,
    near_twin.RULE,
)

RULES = {rule.name: rule for rule in _RULES}
"""The rules by name."""


def level_of(rule: Rule, levels: Mapping[str, Level]) -> Level:
    """How much a rule counts: as the configuration says, else as it says itself."""
    return levels.get(rule.name, rule.level)


def run(files: Mapping[str, PromptFile], levels: Mapping[str, Level]) -> Iterator[tuple[str, Rule, Finding]]:
    """What the rules find that are not off, with the key of the file; the rules in their order."""
    for rule in RULES.values():
        if level_of(rule, levels) == "off":
            continue
        if rule.check is not None:
            yield from ((key, rule, found) for key, file in files.items() for found in rule.check(file))
        if rule.compare is not None:
            yield from ((key, rule, found) for key, found in rule.compare(files))
