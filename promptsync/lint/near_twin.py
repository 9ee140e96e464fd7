"""near-twin: two prompts that say almost the same."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from promptsync.lint.rule import Finding, Rule
from promptsync.lint.said import texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptsync.model.prompt import PromptFile

ALIKE = 0.9
"""Of all lines of two prompts, the part that both have, from which on they are almost alike."""
_FEWEST = 5
_SHORT = 12
_COMMON = 30
"""Prompts that share a line, from which on it is a phrase of the house, and tells nothing."""


def _compare(files: Mapping[str, PromptFile]) -> Iterator[tuple[str, Finding]]:
    """Only prompts that share a line that few have are compared, so that the time grows with the files."""
    lines = {key: said for key, file in sorted(files.items()) if len(said := _lines(file)) >= _FEWEST}
    holders: dict[str, list[str]] = defaultdict(list)
    for key, said in lines.items():
        for line in said:
            holders[line].append(key)
    for key, said in lines.items():
        shared: dict[str, int] = defaultdict(int)
        for line in said:
            for other in holders[line] if len(holders[line]) <= _COMMON else ():
                shared[other] += 1
        near = [other for other, count in shared.items() if other < key and _alike(said, lines[other], count)]
        if near:
            loc = (files[key].prompt.dialect, "messages")
            hint = "keep one, with a variable for what differs, or share the text by `{{skill.name}}`"
            yield key, Finding(loc, f"it says almost the same as {min(near)}", hint)


def _alike(one: set[str], other: set[str], shared: int) -> bool:
    return shared >= ALIKE * (len(one) + len(other) - shared)


def _lines(file: PromptFile) -> set[str]:
    """The lines of its messages that are long enough to tell something."""
    return {line.strip() for _, text in texts(file) for line in text.splitlines() if len(line.strip()) >= _SHORT}


RULE = Rule("near-twin", "warning", "two prompts that say almost the same", compare=_compare)
