"""Three-way merge of lists of lines (diff3): what only one side changed is taken, what both changed is told."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Hunk(NamedTuple):
    """Lines that follow each other. `lines` is what they become, None where both sides changed them differently."""

    base: list[str]
    ours: list[str]
    theirs: list[str]
    lines: list[str] | None


def merge_texts(base: str, ours: str, theirs: str, *, prefer: str | None = None) -> str | None:
    """The text with the changes of both sides, or None if they overlap and `prefer` (ours, theirs) does not decide.

    Changes of neighbouring lines overlap, as they do for git.
    """
    merged: list[str] = []
    for hunk in hunks(base.split("\n"), ours.split("\n"), theirs.split("\n")):
        if hunk.lines is not None:
            merged += hunk.lines
        elif prefer is None:
            return None
        else:
            merged += hunk.ours if prefer == "ours" else hunk.theirs
    return "\n".join(merged)


def hunks(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> list[Hunk]:
    """The three sides cut where all of them agree."""
    found: list[Hunk] = []
    at_base = at_ours = at_theirs = 0
    for in_base, in_ours, in_theirs, length in _agreed(base, ours, theirs):
        changed = _hunk(base[at_base:in_base], ours[at_ours:in_ours], theirs[at_theirs:in_theirs])
        if changed is not None:
            found.append(changed)
        same = list(base[in_base : in_base + length])
        if same:
            found.append(Hunk(same, same, same, same))
        at_base, at_ours, at_theirs = in_base + length, in_ours + length, in_theirs + length
    return found


def _hunk(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> Hunk | None:
    if not base and not ours and not theirs:
        return None
    b, o, t = list(base), list(ours), list(theirs)
    lines = o if o == t or b == t else t if b == o else None
    return Hunk(b, o, t, lines)


def _agreed(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """(base, ours, theirs, length) of the runs of lines that all three have, and an empty run at the end."""
    in_ours = _kept(base, ours)
    in_theirs = _kept(base, theirs)
    runs: list[tuple[int, int, int, int]] = []
    for index in range(len(base)):
        o, t = in_ours.get(index), in_theirs.get(index)
        if o is None or t is None:
            continue
        if runs and runs[-1] == (index - runs[-1][3], o - runs[-1][3], t - runs[-1][3], runs[-1][3]):
            begin, o_begin, t_begin, length = runs.pop()
            runs.append((begin, o_begin, t_begin, length + 1))
        else:
            runs.append((index, o, t, 1))
    return [*runs, (len(base), len(ours), len(theirs), 0)]


def _kept(base: Sequence[str], other: Sequence[str]) -> dict[int, int]:
    blocks = SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return {block.a + offset: block.b + offset for block in blocks for offset in range(block.size)}
