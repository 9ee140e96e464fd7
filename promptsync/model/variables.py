"""What stands in double braces in a text: variables, which the application fills in, and what the service puts in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from promptsync.model.secrets import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

_BRACES = re.compile(r"\{\{[ \t]*([^\s{}][^{}\n]{0,199}?)[ \t]*\}\}")
_REFERENCE = re.compile(r"(?:snippet|skill)[.:]")


def variables(value: Any) -> set[str]:
    """The names of the variables in all texts of a JSON value."""
    return {name for _, text in texts(value) for name, _ in variables_in(text)}


def variables_in(text: str) -> Iterator[tuple[str, int]]:
    """The variables of a text, each with the place where it begins."""
    for found in _BRACES.finditer(text) if "{{" in text else ():
        if not _REFERENCE.match(found[1]):
            yield found[1], found.start()


def references(text: str) -> Iterator[str]:
    """The skills, which were called snippets, that the service puts into a text."""
    return (found[1] for found in _BRACES.finditer(text) if _REFERENCE.match(found[1]))
