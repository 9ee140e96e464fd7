"""old-snippet: what is called a skill today, by its old name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptsync.lint.rule import Finding, Rule
from promptsync.lint.said import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import PromptFile

_SNIPPET = re.compile(r"\{\{[ \t]*snippet[.:]([^{}\n]{1,200}?)[ \t]*\}\}")


def _check(file: PromptFile) -> Iterator[Finding]:
    for loc, text in texts(file):
        for found in _SNIPPET.finditer(text):
            yield Finding(loc, f"`{found[0]}` is the old word", f"write `{{{{skill.{found[1]}}}}}`", found.start())


RULE = Rule("old-snippet", "warning", "`{{snippet.x}}`, which is `{{skill.x}}` today", _check)
