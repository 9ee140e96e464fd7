"""Values as YAML text that fits into a file already there: its indentation, its quotes, its kind of blocks.

A whole new file is `dump`'s work. Whether a text says what was meant is for the caller to try: several texts are
offered where the first may not fit.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from promptsync.files.yaml.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WIDTH = 100
"""Columns that a list on one line may have, and up to which folded text is filled."""

# As in text.py, and the characters that turn the direction of the text around.
_ESCAPED = re.compile(
    "[^\n\t\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_PLAIN_START = re.compile(r"[^\W_]|[_/(]")
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))


@dataclass(frozen=True, slots=True)
class Written:
    """A value as text: `head` stands behind the key or dash, `tail` holds further lines, each with its "\\n" before.

    `here` tells that the first line of `tail` may follow a dash directly, as in `- role: user`.
    """

    head: str
    tail: str = ""
    here: bool = False


@dataclass(frozen=True, slots=True)
class Habits:
    """How a file is laid out: columns per level, and whether lists under a key stand in by as much.

    Without `blocks` no text stands in a block of its own.
    """

    step: int = 2
    lists_indented: bool = True
    dash_width: int = 2
    blocks: bool = True


def written(value: Any, column: int, habits: Habits, *, dash: bool = False) -> Iterator[Written]:
    """Ways to write `value` behind a key (or dash) at `column`, outside of flow collections; the best first."""
    yield _written(value, column, habits, dash=dash)
    # Empty lines behind a block can become part of it.
    yield _written(value, column, replace(habits, blocks=False), dash=dash)


def _written(value: Any, column: int, habits: Habits, *, dash: bool = False) -> Written:
    if isinstance(value, str):
        is_block = habits.blocks and "\n" in value and fits_block(value)
        return literal(value, column, habits.step) if is_block else Written(one_line(value))
    if isinstance(value, dict) and value:
        inner = column + (habits.dash_width if dash else habits.step)
        return Written("", "".join(f"\n{line}" for line in _mapping(value, inner, habits)), dash)
    if isinstance(value, list) and value:
        short = flow(value)
        if column + len(short) + 2 <= WIDTH and not any(_is_long(item) for item in value):
            return Written(short)
        inner = column + (habits.dash_width if dash else habits.step if habits.lists_indented else 0)
        return Written("", "".join(f"\n{line}" for line in _sequence(value, inner, habits)), dash)
    return Written(single(value))


def literal(value: str, column: int, step: int, *, indicator: bool = False, chomp: str | None = None) -> Written:
    """`value` behind `|`, its lines `step` columns behind `column`. `chomp` overrules what the end asks for."""
    ends = len(value) - len(value.rstrip("\n"))
    asked = "-" if not ends else "" if ends == 1 else "+"
    digit = str(step) if indicator or value[:1] in (" ", "\t", "\n") else ""
    return Written(f"|{digit}{asked if chomp is None else chomp}", block_lines(value, column + step))


def block_lines(value: str, indent: int) -> str:
    """The lines of a literal block, each with its "\\n" before, the last line end left out."""
    margin = " " * indent
    return "".join(f"\n{margin}{line}" if line else "\n" for line in value.removesuffix("\n").split("\n"))


def fits_block(value: str) -> bool:
    """Whether a text may stand in a block: nothing in it needs an escape, and there is something in it."""
    return bool(value.strip("\n \t")) and not _ESCAPED.search(value)


def one_line(value: str, quote: str = "", *, in_flow: bool = False) -> str:
    """A text on one line: plain where that is clear and `quote` asks for nothing else, else quoted."""
    if not quote and is_plain(value, in_flow=in_flow):
        return value
    if quote == "'" and "\n" not in value and "\t" not in value and not _ESCAPED.search(value):
        return "'" + value.replace("'", "''") + "'"
    return double(value)


def double(value: str) -> str:
    """A text in double quotes, with an escape for all that is not seen."""
    return _ESCAPED.sub(lambda found: _escape(found[0]), json.dumps(value, ensure_ascii=False))


def is_plain(value: str, *, in_flow: bool = False) -> bool:
    """Whether no YAML reader takes `value` without quotes for anything else."""
    if not _PLAIN_START.match(value) or "\n" in value or _ESCAPED.search(value) or value.casefold() in _WORDS:
        return False
    if in_flow and set(value) & set(",[]{}:?"):
        return False
    if value[0].isdigit() and not any(char.isalpha() for char in value):
        return False
    document = read(f"k: {value}\n")
    return not document.complaints and document.data == {"k": value}


def single(value: Any, *, in_flow: bool = False) -> str:
    """A value that is no text or is empty, as one word."""
    if isinstance(value, str):
        return one_line(value, in_flow=in_flow)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float) and math.isfinite(value):
        # A mantissa without a point is text in YAML 1.1.
        digits, mark, exponent = repr(value).partition("e")
        return f"{digits}{'' if '.' in digits else '.0'}{mark}{exponent}"
    return str(value) if isinstance(value, int) else "{}" if isinstance(value, dict) else "[]"


def flow(value: Any) -> str:
    """`value` on one line, in brackets and braces."""
    if isinstance(value, dict) and value:
        return "{" + ", ".join(f"{key(name, in_flow=True)}: {flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list) and value:
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return single(value, in_flow=True)


def key(name: str, *, in_flow: bool = False) -> str:
    """The name of a field."""
    return one_line(name, in_flow=in_flow)


def unsayable(value: Any) -> str | None:
    """Why `value` cannot stand in a file, or None."""
    if isinstance(value, dict):
        return _first(unsayable(item) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return _first(unsayable(item) for item in value)
    if isinstance(value, float) and not math.isfinite(value):
        return "it is no finite number, which JSON cannot carry"
    if isinstance(value, int) and abs(value) > 2**53:
        return "its number is larger than every YAML reader can hold"
    if isinstance(value, str) and re.search("[\0\ud800-\udfff]", value):
        return "its text holds half a character or a NUL, which YAML cannot carry"
    return None


def _is_long(value: Any) -> bool:
    """Whether a value is better not put into a list on one line."""
    return isinstance(value, dict | list) or (isinstance(value, str) and "\n" in value)


def _first(reasons: Iterable[str | None]) -> str | None:
    return next((reason for reason in reasons if reason), None)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _mapping(value: dict[str, Any], column: int, habits: Habits) -> Iterator[str]:
    for name, item in value.items():
        yield from _lines(" " * column + key(name) + ":", _written(item, column, habits))


def _sequence(value: list[Any], column: int, habits: Habits) -> Iterator[str]:
    for item in value:
        first = _written(item, column, habits, dash=True)
        yield from _lines(" " * column + "-", first, column + habits.dash_width)


def _lines(start: str, value: Written, here: int = 0) -> Iterator[str]:
    tail = value.tail.split("\n")[1:]
    if value.here and tail:
        start = start.ljust(here) + tail.pop(0)[here:]
    yield f"{start} {value.head}" if value.head else start
    yield from tail
