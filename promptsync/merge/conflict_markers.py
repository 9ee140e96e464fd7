"""A lockfile in which git left conflict markers, taken apart into its sides."""

from __future__ import annotations

import re

from promptsync.model.errors import LockfileError
from promptsync.model.lockfile import Lockfile, parse
from promptsync.model.shell import typed

_MARKER = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?: .*)?")
_EITHER: tuple[str, ...] = ("ours", "base", "theirs")


def split_conflicted(data: bytes, name: str) -> tuple[Lockfile | None, Lockfile, Lockfile]:
    """The base, our side and their side of a lockfile in which git left conflict markers.

    The base is there with the conflict style diff3, and None with the others. Without it, what one side removed inside
    a conflict comes back: git's own three versions are better, where the merge is still open. `name` is the path to
    show in messages. Raises LockfileError where a side is no whole lockfile: git joins what is outside the markers
    line by line.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _cannot_split(name, "it is not UTF-8 text") from None
    texts, has_base = _split(text, name)
    ours, theirs = (_side(texts[side], name, side) for side in ("ours", "theirs"))
    base = None
    if has_base:
        try:
            base = _side(texts["base"], name, "base")
        except LockfileError:
            # zdiff3 moves what both sides have in common out of the markers, and a merge of several bases leaves
            # markers in the base: joined without it, nothing is lost.
            base = None
    return base, ours, theirs


def _split(text: str, name: str) -> tuple[dict[str, str], bool]:
    lines: dict[str, list[str]] = {side: [] for side in _EITHER}
    into: tuple[str, ...] = _EITHER
    bases = hunks = 0
    for number, line in enumerate(text.split("\n"), start=1):
        found = _MARKER.fullmatch(line.removesuffix("\r"))
        if found is None:
            for side in into:
                lines[side].append(line)
            continue
        before, after = _STEPS[found.group(1)[0]]
        if into not in before:
            raise _cannot_split(name, f"the conflict marker on line {number} has no partner")
        into = after
        hunks += after == ("ours",)
        bases += after == ("base",)
    if into != _EITHER or not hunks:
        what = "its last conflict has no end" if hunks else "it holds no conflict markers"
        raise _cannot_split(name, what)
    return {side: "\n".join(lines[side]) for side in _EITHER}, bases == hunks


_STEPS: dict[str, tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]] = {
    "<": ((_EITHER,), ("ours",)),
    "|": ((("ours",),), ("base",)),
    "=": ((("ours",), ("base",)), ("theirs",)),
    ">": ((("theirs",),), _EITHER),
}


def _side(text: str, name: str, side: str) -> Lockfile:
    try:
        return parse(text.encode(), f"the side “{side}” of {name}")
    except LockfileError as error:
        raise _cannot_split(name, error.message) from None


def _cannot_split(name: str, what: str) -> LockfileError:
    return LockfileError(
        f"the conflict in {name} cannot be taken apart: {what}",
        hint=f"git has both sides whole: {typed('git', 'show', f':1:./{name}')} is the base, "
        "`:2:` our side and `:3:` theirs",
    )
