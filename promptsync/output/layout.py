"""How to lay out what is shown."""

from __future__ import annotations

from dataclasses import dataclass

from promptsync.output.style import Style

_MIN_ROOM = 40


@dataclass(frozen=True, slots=True)
class Layout:
    """`color` or none, `width` in columns, `whole` where nothing may be left out but what did not change.

    `uncut` is for a page that scrolls and folds: nothing at all is left out. `limit` is the characters that there may
    be, `link` where all of it is to be seen. `facts` say, each in a clause, what the plan does not know of how it was
    made; `sum`, if there is one, stands in place of its own.
    """

    color: bool = False
    width: int = 100
    whole: bool = False
    uncut: bool = False
    limit: int | None = None
    link: str | None = None
    facts: tuple[str, ...] = ()
    sum: str = ""

    @property
    def style(self) -> Style:
        """What puts colour on a text."""
        return Style(self.color)

    def room(self, indent: int) -> int:
        """The columns left beside an indent."""
        return max(self.width - indent, _MIN_ROOM)
