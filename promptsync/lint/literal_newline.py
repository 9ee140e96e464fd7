"""literal-newline: a backslash and an n that were meant as the end of a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptsync.lint.rule import Finding, Rule
from promptsync.lint.said import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import PromptFile

_TWO_CHARACTERS = re.compile(r"(?<!\\)\\n(?!\w+[\\/:])")


def _check(file: PromptFile) -> Iterator[Finding]:
    for loc, text in texts(file):
        # A text that has lines of its own speaks of `\\n`, as one about code does.
        found = None if "\n" in text.rstrip("\n") else _TWO_CHARACTERS.search(text)
        if found is not None:
            hint = "write the text as a block (`|-`), or in double quotes"
            yield Finding(loc, "`\\n` is two characters here, and ends no line", hint, found.start())


RULE = Rule("literal-newline", "warning", "`\\n` that stayed two characters", _check)
