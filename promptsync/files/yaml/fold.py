"""Text that is folded over several lines, changed so that the lines not concerned stay as they are."""

from __future__ import annotations

import re
from difflib import get_close_matches

WIDTH = 80
"""Columns up to which new lines are filled if the old ones are shorter."""

_BREAKS = re.compile(r"(?<=\S) (?=\S)")


def refold(lines: list[str], value: str) -> list[str] | None:
    """The lines of a folded block, without their indentation, for `value`; None if it is better not folded.

    `lines` are the lines that stand there now.
    """
    body = value.rstrip("\n")
    if not body or any(line[:1] in (" ", "\t") for line in (*lines, *body.split("\n"))) or body[0] == "\n":
        return None
    old = _paragraphs(lines)
    known = {" ".join(paragraph): paragraph for paragraph in old}
    left = [text for text in known if text not in body.split("\n")]
    found: list[str] = []
    for part in re.split(r"(\n+)", body):
        if part.startswith("\n"):
            found += [""] * len(part)
        elif part in known:
            found += known[part]
        else:
            near = left if len(left) == 1 else get_close_matches(part, left, n=1, cutoff=0.3)
            found += refit(known[near[0]] if near else [], part)
    return found


def refit(lines: list[str], text: str) -> list[str]:
    """`text` over several lines: `lines` at its beginning and end as far as it still says them, the rest filled."""
    first = 0
    while first < len(lines) and text.startswith(" ".join(lines[: first + 1]) + " "):
        first += 1
    before = sum(len(line) + 1 for line in lines[:first])
    last = len(lines)
    while last > first and text.endswith(" " + " ".join(lines[last - 1 :])):
        if len(text) - len(" ".join(lines[last - 1 :])) - 1 < before:
            break
        last -= 1
    after = len(text) - (len(" ".join(lines[last:])) + 1 if last < len(lines) else 0)
    width = max(WIDTH, *map(len, lines)) if lines else WIDTH
    return [*lines[:first], *_filled(text[before:after], width), *lines[last:]] or [""]


def _filled(text: str, width: int) -> list[str]:
    found: list[str] = []
    for word in _BREAKS.split(text) if text else ():
        if found and len(found[-1]) + 1 + len(word) <= width:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


def _paragraphs(lines: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line:
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [paragraph for paragraph in found if paragraph]
