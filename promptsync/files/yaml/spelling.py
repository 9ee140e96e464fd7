"""A text that is spelt over several lines of a file, changed so that only what changes in it is spelt anew.

A spelling is cut into pieces that each say a part of the text: a run of characters, an escape, a line break. What
differs between two texts is found line by line, and word by word; the pieces that say it are replaced, all others stay.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from promptsync.files.yaml.writer import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Change: TypeAlias = tuple[int, int, str]
"""What to replace, from and to, and by what."""

Spell: TypeAlias = "Callable[[str, str, str], str | None]"
"""How a part of a text is spelt, given what is spelt just before and behind it; None if it cannot be."""

_MOST_WORK = 250_000
"""Pairs of lines or words that are looked at to find which stay; beyond that all between first and last is new."""

_BEFORE, _AHEAD = 1000, 2
"""Characters around a part that may matter for how it is spelt."""

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_WORD = re.compile(r"\n|[^\S\n]+|\S+")

_BREAK = r"(?P<fold>[ \t]*\n(?P<more>(?:[ \t]*\n)*)[ \t]*)"
_PATTERNS = {
    '"': re.compile(
        r"(?P<joint>\\\n(?P<gap>(?:[ \t]*\n)*)[ \t]*)"
        rf"|{_BREAK}|(?P<run>[ \t]+|[^ \t\n\\]+)"
        r"|\\(?P<escape>x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)"
    ),
    "'": re.compile(rf"{_BREAK}|(?P<run>[ \t]+|[^ \t\n']+)|(?P<escape>'')"),
    "": re.compile(rf"{_BREAK}|(?P<run>[ \t]+|[^ \t\n]+)"),
}
_ESCAPES = dict(zip("0abtnvfre_NLP", "\0\a\b\t\n\v\f\r\x1b\xa0\x85\u2028\u2029", strict=True)) | {"''": "'"}


class Piece(NamedTuple):
    """A part of a spelling, and what it says. Of a run, each character says itself."""

    source: str
    says: str
    is_run: bool = False


def quoted_pieces(source: str, quote: str) -> list[Piece]:
    """The pieces of what stands between the quotes of a scalar, or of one without any."""
    found = []
    for match in _PATTERNS[quote].finditer(source):
        names = match.groupdict()
        if names["run"]:
            found.append(Piece(match[0], match[0], is_run=True))
        elif names["fold"]:
            found.append(Piece(match[0], "\n" * names["more"].count("\n") or " "))
        elif names.get("joint"):
            found.append(Piece(match[0], "\n" * names["gap"].count("\n")))
        else:
            found.append(Piece(match[0], _unescaped(names["escape"])))
    return found


def folded_pieces(lines: list[str], margin: int) -> list[Piece]:
    """The pieces of a folded block of these lines, which stand in by `margin`; each line has its end before it."""
    found: list[Piece] = []
    source, ends, before = "", 0, None
    for line in lines:
        source, content = f"{source}\n{line[:margin]}", line[margin:]
        if not content:
            ends += 1
            continue
        if before is not None and (content[0] in " \t" or before[0] in " \t"):
            ends += 1
        found.append(Piece(source, "\n" * ends or (" " if before is not None else "")))
        found.append(Piece(content, content, is_run=True))
        source, ends, before = "", 0, content
    return found


def block_of(lines: list[str], old: str, new: str, margin: str) -> str:
    """The lines of a literal block that says `old`, changed to say `new`; each has its "\\n" before.

    Blanks on an empty line say nothing, and stay too.
    """
    before, after = (text.removesuffix("\n").split("\n") for text in (old, new))
    fresh = [f"{margin}{line}" if line else "" for line in after]
    if len(lines) == len(before):
        at = 0
        for low, high, begin, _ in [*_differing(before, after), (len(before), len(before), len(after), len(after))]:
            fresh[begin - (low - at) : begin] = lines[at:low]
            at = high
    return "".join(f"\n{line}" for line in fresh)


def respelt(pieces: list[Piece], old: str, new: str, spell: Spell) -> str | None:
    """The spelling of `old`, changed to say `new`; None where `pieces` do not say `old`, or a part cannot be spelt."""
    if "".join(piece.says for piece in pieces) != old:
        return None
    places = _Places(pieces)
    spelling = "".join(piece.source for piece in pieces)
    limit, ahead = len(spelling), ""
    found: list[str] = []
    for change in reversed(list(_changes(old, new))):
        start, end, part = places.of(*change)
        if end > limit:
            return None
        ahead = spelling[end : min(end + _AHEAD, limit)] + ahead
        spelt = spell(part, spelling[max(start - _BEFORE, 0) : start], ahead)
        if spelt is None:
            return None
        found += [spelling[end:limit], spelt]
        limit, ahead = start, (spelt + ahead)[:_AHEAD]
    return "".join([spelling[:limit], *reversed(found)])


def spell_double(margin: str) -> Spell:
    """Within double quotes: where a line of the text ends, one of the file does too, and the next has this margin."""

    def spell(part: str, before: str, behind: str) -> str:
        spelt = ""
        for line in _LINE.findall(part):
            # A blank at the beginning of a line of the file would be none of the text.
            mark = "\\" if line[0] == " " and _at_margin(spelt or before) else ""
            spelt += mark + escape(line) + (f"\\\n{margin}" if line.endswith("\n") else "")
        if part.endswith("\n") and (not behind or behind.startswith("\\\n")):
            spelt = spelt.removesuffix(f"\\\n{margin}")
        return spelt + ("\\" if behind[:1] in (" ", "\t") and _at_margin(spelt or before) else "")

    return spell


def spell_single(part: str, _before: str, _behind: str) -> str | None:
    """Within single quotes."""
    return None if "\n" in part else part.replace("'", "''")


def spell_plain(part: str, _before: str, _behind: str) -> str | None:
    """Without quotes, and in a folded block."""
    return None if "\n" in part else part


def _at_margin(spelling: str) -> bool:
    """Whether nothing of the text stands yet on the last line of a spelling."""
    line = spelling.rpartition("\n")
    return bool(line[1]) and not line[2].strip(" \t")


class _Places:
    """Where in a spelling its pieces stand, and what they say in the text."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces = pieces
        self.said = [0, *accumulate(len(piece.says) for piece in pieces)]
        self.spelt = [0, *accumulate(len(piece.source) for piece in pieces)]

    def of(self, low: int, high: int, part: str) -> Change:
        """The change of the spelling for one of the text. A piece that is no run is replaced with all that it says."""
        first = bisect_right(self.said, low) - 1
        last = first if low == high else bisect_left(self.said, high) - 1
        if first == len(self.pieces):
            return self.spelt[-1], self.spelt[-1], part
        start, lead, _ = self._cut(first, low)
        end, _, trail = self._cut(last, high)
        if trail:
            end = self.spelt[last + 1]
        elif high > low and self.pieces[last].says.endswith("\n"):
            # Whole lines go, with the line of the file that each was.
            end = self.spelt[bisect_right(self.said, high) - 1]
        return start, end, lead + part + trail

    def _cut(self, index: int, at: int) -> tuple[int, str, str]:
        """Where `at` stands in a piece, and what it says before and behind that if it cannot be cut there."""
        piece, inside = self.pieces[index], at - self.said[index]
        if inside == len(piece.says):
            return self.spelt[index + 1], "", ""
        if inside == 0 or piece.is_run:
            return self.spelt[index] + inside, "", ""
        return self.spelt[index], piece.says[:inside], piece.says[inside:]


def _changes(old: str, new: str, pattern: re.Pattern[str] = _LINE, at: int = 0) -> Iterator[Change]:
    """What of `old` to replace: lines, and of those that stay words."""
    one, other = pattern.findall(old), pattern.findall(new)
    places = list(accumulate(map(len, one), initial=at))
    for low, high, begin, end in _differing(one, other):
        if pattern is _WORD:
            yield places[low], places[high], "".join(other[begin:end])
        elif high - low == end - begin:
            for index in range(high - low):
                yield from _changes(one[low + index], other[begin + index], _WORD, places[low + index])
        else:
            yield from _changes("".join(one[low:high]), "".join(other[begin:end]), _WORD, places[low])


def _differing(one: list[str], other: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where two lists differ: from and to in the one, and in the other."""
    first = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    most = min(len(one), len(other)) - first
    last = next((at for at in range(most) if one[-1 - at] != other[-1 - at]), most)
    left, right = one[first : len(one) - last], other[first : len(other) - last]
    if len(left) * len(right) > _MOST_WORK:
        yield first, first + len(left), first, first + len(right)
        return
    for tag, low, high, begin, end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag != "equal":
            yield first + low, first + high, first + begin, first + end


def _unescaped(escape: str) -> str:
    if escape[0] in "xuU" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    return _ESCAPES.get(escape, escape)
