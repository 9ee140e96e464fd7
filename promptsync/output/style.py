"""Signs, words and colours. A sign never stands without its word, and nothing is told by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, assert_never

from promptsync.plan.changes import ACTIONS

if TYPE_CHECKING:
    from promptsync.plan.changes import Action

Colour: TypeAlias = Literal["red", "green", "yellow", "blue", "magenta", "cyan", "dim", "bold"]

_CODES: dict[Colour, str] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


class Look(NamedTuple):
    """How a kind of change is shown.

    `sign` is ASCII; `counted` follows its number in the summary, `plural` any number but 1 where that is another word.
    """

    sign: str
    colour: Colour
    counted: str
    done: str
    plural: str | None = None

    def summed(self, number: int) -> str:
        """`2 to create`, `1 conflict`, `2 conflicts`."""
        return f"{number} {self.plural if self.plural and number != 1 else self.counted}"


def _look(action: Action) -> Look:
    match action:
        case "create":
            return Look("+", "green", "to create", "created")
        case "update":
            return Look("~", "yellow", "to update", "updated")
        case "move":
            return Look(">", "cyan", "to move", "moved")
        case "adopt":
            return Look("=", "blue", "to adopt", "adopted")
        case "recreate":
            return Look("-+", "magenta", "to recreate", "recreated")
        case "delete":
            return Look("-", "red", "to delete", "deleted")
        case "forget":
            return Look("x", "dim", "to forget", "forgotten")
        case "drift":
            return Look("!", "yellow", "drifted", "drifted")
        case "conflict":
            return Look("!!", "red", "conflict", "conflict", "conflicts")
        case "orphan":
            return Look("?", "dim", "orphan", "orphan", "orphans")
        case _:
            assert_never(action)


LOOKS: dict[Action, Look] = {action: _look(action) for action in ACTIONS}


@dataclass(frozen=True, slots=True)
class Style:
    """Puts colour on a text, or leaves it alone."""

    color: bool

    def __call__(self, colour: Colour, text: str) -> str:
        """`text` in `colour`."""
        if not self.color or not text:
            return text
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"


def counted(number: int, noun: str) -> str:
    """`1 conflict`, `2 conflicts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
