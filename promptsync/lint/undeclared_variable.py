"""undeclared-variable: a variable that a file uses and does not declare, where it declares some."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from promptsync.lint.rule import Finding, Rule
from promptsync.model.secrets import texts
from promptsync.model.variables import variables_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import PromptFile


def _check(file: PromptFile) -> Iterator[Finding]:
    if file.variables is None:
        return
    told: set[str] = set()
    for loc, text in texts({file.prompt.dialect: file.prompt.block}):
        for name, at in variables_in(text):
            if name not in file.variables and name not in told:
                told.add(name)
                near = get_close_matches(name, file.variables, 1)
                hint = f"did you mean `{{{{{near[0]}}}}}`?" if near else "add it to `variables`"
                yield Finding(loc, f"the variable `{name}` is not declared", hint, at)


RULE = Rule(
    "undeclared-variable", "warning", "a variable that is used and not declared, where a file declares some", _check
)
