"""unused-variable: a variable that a file declares and does not use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.lint.rule import Finding, Rule
from promptsync.model.variables import variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import PromptFile


def _check(file: PromptFile) -> Iterator[Finding]:
    if not file.variables:
        return
    used = variables(file.prompt.block)
    for index, name in enumerate(file.variables):
        if name not in used:
            yield Finding(("variables", index), f"the variable `{name}` is not used", "take it out, or use it")


RULE = Rule("unused-variable", "warning", "a variable that is declared and not used", _check)
