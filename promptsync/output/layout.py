"""How to lay out what is shown."""

from __future__ import annotations

from dataclasses import dataclass

from promptsync.output.style import Style

_MIN_ROOM = 40


@dataclass(frozen=True, slots=True)
class Layout:
    """`color` or none, `width` in columns, `whole` where nothing may be left out but what did not change."""

    color: bool = False
    width: int = 100
    whole: bool = False

    @property
    def style(self) -> Style:
        """What puts colour on a text."""
        return Style(self.color)

    def room(self, indent: int) -> int:
        """The columns left beside an indent."""
        return max(self.width - indent, _MIN_ROOM)
