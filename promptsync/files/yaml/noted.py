"""What a file says beside its data (comments, empty lines, anchors): wrapped around data that is to be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Noted:
    """A value in a mapping or list, with what stands beside it.

    `above` are the lines before its key or dash, `below` those behind the last member of a collection: comments from
    their `#` on, or empty. `behind` is the comment at the end of its first line, with the blanks before it.
    """

    value: Any
    above: tuple[str, ...] = ()
    behind: str = ""
    below: tuple[str, ...] = ()
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """A value that stands elsewhere, at the anchor of that name."""

    name: str


class MergeKey(str):
    """The key `<<` that takes in the keys of another mapping: in quotes it would be text."""

    __slots__ = ()
