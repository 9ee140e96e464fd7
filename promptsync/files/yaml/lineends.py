"""Line ends and byte order mark of a text that was changed as if it had plain ones."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

BOM = "\ufeff"

_ANY = re.compile(r"\r\n|\r|\n")
_CRLF = re.compile(r"\r\n|\n")


def restore(raw: str, changed: str, *, lone_cr: bool) -> str:
    """`changed`, which has plain line ends and no byte order mark, with those of the text `raw` that it came from.

    A line that stays keeps its own line end, a new one gets the one that is used most. `lone_cr` tells whether a
    single CR ends a line.
    """
    mark = BOM if raw.startswith(BOM) else ""
    pattern = _ANY if lone_cr else _CRLF
    ends = pattern.findall(raw)
    usual = max(dict.fromkeys(ends), key=ends.count, default="\n")
    if len(set(ends)) <= 1:
        return mark + changed.replace("\n", usual)
    return mark + _line_by_line(pattern.split(raw.removeprefix(BOM)), ends, changed.split("\n"), usual)


def _line_by_line(before: list[str], ends: list[str], after: list[str], usual: str) -> str:
    found = [usual] * len(after)
    for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            if block.a + offset < len(ends):
                found[block.b + offset] = ends[block.a + offset]
    return "".join(line + end for line, end in zip(after, found, strict=True)).removesuffix(found[-1])
