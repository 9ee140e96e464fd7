"""variable-syntax: a variable whose braces do not fit, so that it is sent as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptsync.lint.rule import Finding, Rule
from promptsync.lint.said import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import PromptFile

_NAME = r"[ \t]*(?P<name>[A-Za-z_][\w.:-]{0,99})[ \t]*"
_ODD = re.compile(
    rf"(?<!\{{)\{{\{{{_NAME}(?:\}}(?!\}})|(?=\n|\Z|\{{))"  # {{x}, and {{x with nothing behind
    rf"|(?<![{{\w])\{{{_NAME.replace('name', 'other')}\}}\}}(?!\}})"  # {x}}
    r"|(?<!\{)\{\{[ \t]*\}\}(?!\})"  # {{}}
)


def _check(file: PromptFile) -> Iterator[Finding]:
    for loc, text in texts(file):
        for found in _ODD.finditer(text):
            name = found["name"] or found["other"]
            shown = found[0].strip()
            hint = f"write `{{{{{name}}}}}`" if name else "give the variable a name"
            yield Finding(loc, f"`{shown}` is no variable, and is sent as it stands", hint, found.start())


RULE = Rule("variable-syntax", "warning", "a variable that is open, or has too few braces", _check)
