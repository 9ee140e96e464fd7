"""Globs over keys: `*` stays within a folder, `**` crosses `/`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

EVERYTHING = "**"
"""The glob that matches every key."""

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+", re.DOTALL)
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_FEW_STARS = 3


def is_glob(text: str) -> bool:
    """Whether `text` may match more than itself."""
    return "*" in text or "?" in text


def matches(key: str, globs: Iterable[str]) -> bool:
    """Whether any of `globs` matches the whole of `key`, case and all."""
    return any(_matches(key, glob) for glob in globs)


def is_held(key: str, only: tuple[str, ...], excepted: tuple[str, ...]) -> bool:
    """Whether `key` is one of those that match `only`, where there is any, and not of `excepted`."""
    return (not only or matches(key, only)) and not matches(key, excepted)


def _matches(key: str, glob: str) -> bool:
    tokens = _tokens(glob)
    if sum("*" in token for token in tokens) <= _FEW_STARS:
        return _compiled(glob).fullmatch(key) is not None
    # A regular expression of many stars takes for ever on some keys, and globs can come out of a pull request.
    places = {0}
    for token in tokens:
        places = _after(token, key, places)
    return len(key) in places


def _after(part: str, key: str, places: set[int]) -> set[int]:
    """The places in `key` where a match of `part` that begins at one of `places` may end."""
    if part == "?":
        return {place + 1 for place in places if key[place : place + 1] not in ("", "/")}
    if "*" not in part:
        return {place + len(part) for place in places if key.startswith(part, place)}
    if not places:
        return places
    first = min(places)
    if part == "**/":
        return places | {place + 1 for place in range(first, len(key)) if key[place] == "/"}
    if part == "**":
        return set(range(first, len(key) + 1))
    reached, inside = set(places), False
    for place in range(first, len(key)):
        inside = (inside or place in places) and key[place] != "/"
        if inside:
            reached.add(place + 1)
    return reached


@lru_cache(maxsize=256)
def _tokens(glob: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(glob))


@lru_cache(maxsize=256)
def _compiled(glob: str) -> re.Pattern[str]:
    return re.compile("".join(_MEANING.get(token, re.escape(token)) for token in _tokens(glob)), re.DOTALL)
