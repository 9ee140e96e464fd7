"""How many columns of a terminal a text takes."""

from __future__ import annotations

from unicodedata import category, east_asian_width


def width(text: str) -> int:
    """The columns that `text` takes: two for a wide character, none for a combining mark. Controls must be escaped."""
    return len(text) if text.isascii() else sum(_cells(character) for character in text)


def pad(text: str, cells: int) -> str:
    """`text` with blanks behind it, up to `cells` columns."""
    return text + " " * (cells - width(text))


def cut(text: str, cells: int) -> str:
    """As much from the beginning of `text` as `cells` columns hold."""
    if text.isascii():
        return text[:cells]
    taken = 0
    for index, character in enumerate(text):
        taken += _cells(character)
        if taken > cells:
            return text[:index]
    return text


def cut_left(text: str, cells: int) -> str:
    """As much from the end of `text` as `cells` columns hold."""
    taken = 0
    for index in range(len(text) - 1, -1, -1):
        taken += _cells(text[index])
        if taken > cells:
            return text[index + 1 :]
    return text


def _cells(character: str) -> int:
    if category(character) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1
