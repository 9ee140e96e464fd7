"""Words that are not what they seem: a letter of another script may look the same, and is another word to a model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import name

if TYPE_CHECKING:
    from collections.abc import Iterator

_LETTERS = re.compile(r"[^\W\d_]+")
_SCRIPTS = {"LATIN": "Latin", "CYRILLIC": "Cyrillic", "GREEK": "Greek"}


class Mixed(NamedTuple):
    """A word with letters of several scripts, and the line that it stands in."""

    word: str
    line: int
    scripts: tuple[str, ...]


def mixed_words(old: str, new: str) -> Iterator[Mixed]:
    """The words of mixed scripts that `new` has and `old` has not, each once."""
    if new.isascii():
        return
    known = set(_LETTERS.findall(old))
    for number, line in enumerate(new.split("\n"), 1):
        for word in () if line.isascii() else _LETTERS.findall(line):
            if not word.isascii() and word not in known:
                known.add(word)
                scripts = _scripts(word)
                if len(scripts) > 1:
                    yield Mixed(word, number, scripts)


def _scripts(word: str) -> tuple[str, ...]:
    """The scripts of its letters, as Unicode's names of them begin."""
    found = (_SCRIPTS.get(name(letter, "").partition(" ")[0]) for letter in word)
    return tuple(dict.fromkeys(script for script in found if script))
