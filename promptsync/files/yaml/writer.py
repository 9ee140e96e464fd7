"""Data as YAML text for people: one way to write a value, in a new file as in an edit of one that is there.

What is written is the same to every YAML reader. A text of more than a line stands in a literal block wherever YAML can
hold it in one. Quotes stand only where a reader could take the text for something else, or where it holds what cannot
be seen or would not be read back.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from promptsync.files.yaml.careful import MAX_DEPTH, UNSAYABLE
from promptsync.files.yaml.noted import Alias, MergeKey, Noted
from promptsync.files.yaml.scalars import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 120
"""Columns of a line; a text that would be longer goes into a block of its own."""

Path = tuple[str | int, ...]

_FLOW_WIDTH = 100
_LONGEST_KEY = 900
"""YAML readers look for the `:` behind a key within 1024 characters; a longer key must be marked with `?`."""

# What never stands as it is: control characters, line ends but \n, byte order marks, halves of characters. Said as what
# is out, since the class of all the others takes Python twelve times as long to compile.
_OUT = "\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff"
# Neither do characters that turn the direction of the text around, so that a reviewer sees what the model will see.
_ESCAPED = re.compile(f"[\t{_OUT}\u202a-\u202e\u2066-\u2069]")
# In a block, which has no escapes, stands what texts in Arabic or Hebrew need: isolates and embeddings, which end with
# their line. What overrides the direction of letters does not.
_NOT_IN_BLOCK = re.compile(f"[{_OUT}\u202d\u202e]")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_ESCAPES |= {"\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P"}
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))


class NotYamlError(ValueError):
    """Data that no YAML text says the same way to every reader. `path` leads to it, `message` tells why."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Written:
    """A value as text: `head` stands behind the key or dash, `tail` holds further lines, each with its "\\n" before.

    `comment`, with the blanks before it, follows on the line where `head` ends. `here` tells that the first line of
    `tail` may follow a dash directly, as in `- role: user`.
    """

    head: str
    tail: str = ""
    here: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Habits:
    """How a file is laid out: columns per level, and whether lists under a key stand in by as much.

    Without `blocks` no text stands in a block of its own.
    """

    step: int = 2
    lists_indented: bool = True
    dash_width: int = 2
    blocks: bool = True


def dump(document: dict[str, Any]) -> str:
    """`document`, which is not empty, as block style YAML with a final newline. Raises NotYamlError.

    Its values may be `Noted`.
    """
    refuse_unsayable(document)
    return "\n".join(_mapping(document, 0, Habits())) + "\n"


def ways(value: Any, column: int, habits: Habits, used: int, *, dash: bool = False) -> Iterator[Written]:
    """Ways to write `value` behind a key (or dash) at `column`, outside of flow collections; the best first.

    `used` counts the columns before it on its line.
    """
    yield _written(value, column, habits, used, dash=dash)
    # Empty lines behind a block can become part of it.
    yield _written(value, column, replace(habits, blocks=False), used, dash=dash)


def refuse_unsayable(value: Any, path: Path = (), depth: int = 1) -> None:
    """Raises NotYamlError for what is nested too deeply, is no number of JSON, or holds no whole characters."""
    if isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            raise NotYamlError(path, f"it is nested deeper than {MAX_DEPTH} levels")
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(key, str):
                _check_text(key, (*path, key))
            refuse_unsayable(item, (*path, key), depth + 1)
    elif isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, float) and not math.isfinite(value):
        raise NotYamlError(path, "it is no finite number, which JSON cannot carry")
    elif isinstance(value, int):
        try:
            float(value)
        except OverflowError:
            raise NotYamlError(path, "its number is too large to hold") from None


def _check_text(text: str, path: Path) -> None:
    bad = UNSAYABLE.search(text)
    if bad is not None:
        name = "a NUL character" if bad.group() == "\0" else f"half a character (U+{ord(bad.group()):04X})"
        raise NotYamlError(path, f"its text holds {name}, which YAML cannot carry")


def ends_open(value: Any) -> bool:
    """Whether empty lines behind `value`, as it is written, would become part of it."""
    if isinstance(value, Noted):
        return not value.below and ends_open(value.value)
    if isinstance(value, dict | list) and value:
        return ends_open(list(value.values() if isinstance(value, dict) else value)[-1])
    return isinstance(value, str) and chomp_for(value) == "+" and fits_block(value)


def _written(value: Any, column: int, habits: Habits, used: int, *, dash: bool = False) -> Written:
    if isinstance(value, Noted):
        return _noted(value, column, habits, used, dash=dash)
    if isinstance(value, str):
        return _text(value, column, habits, used)
    if isinstance(value, list) and value and all(_is_short(item) for item in value):
        line = flow(value)
        if used + 1 + len(line) <= _FLOW_WIDTH:
            return Written(line)
    if isinstance(value, dict | list) and value:
        return _collection(value, column, habits, dash=dash)
    return Written(single(value))


def _collection(value: dict[str, Any] | list[Any], column: int, habits: Habits, *, dash: bool) -> Written:
    inner = _inner(value, column, habits, dash=dash)
    lines = _mapping(value, inner, habits) if isinstance(value, dict) else _sequence(value, inner, habits)
    return Written("", "".join(f"\n{line}" for line in lines), dash)


def _inner(value: Any, column: int, habits: Habits, *, dash: bool) -> int:
    """The column of the members of a collection behind a key (or dash) at `column`."""
    if dash:
        return column + habits.dash_width
    return column + (habits.step if isinstance(value, dict) or habits.lists_indented else 0)


def _noted(note: Noted, column: int, habits: Habits, used: int, *, dash: bool) -> Written:
    if note.below:
        written = _collection(note.value, column, habits, dash=dash)
    else:
        written = _written(note.value, column, habits, used, dash=dash)
    head = f"&{note.anchor} {written.head}".rstrip(" ") if note.anchor else written.head
    below = "".join(f"\n{line}" for line in _comments(note.below, _inner(note.value, column, habits, dash=dash)))
    here = written.here and not (note.anchor or note.behind)
    return Written(head, written.tail + below, here, note.behind)


def _comments(lines: tuple[str, ...], column: int) -> Iterator[str]:
    return (" " * column + line if line else "" for line in lines)


def _above(value: Any, column: int) -> Iterator[str]:
    return _comments(value.above, column) if isinstance(value, Noted) else iter(())


def _mapping(value: dict[str, Any], column: int, habits: Habits) -> Iterator[str]:
    for name, item in value.items():
        yield from _above(item, column)
        start = " " * column + key(name, column)
        used = len(start) - start.rfind("\n") - 1
        yield from _lines(start, _written(item, column, habits, used))


def _sequence(value: list[Any], column: int, habits: Habits) -> Iterator[str]:
    for item in value:
        yield from _above(item, column)
        written = _written(item, column, habits, column + 1, dash=True)
        yield from _lines(" " * column + "-", written, column + habits.dash_width)


def _lines(start: str, value: Written, here: int = 0) -> Iterator[str]:
    tail = value.tail.split("\n")[1:]
    if value.here and tail:
        start = start.ljust(here) + tail.pop(0)[here:]
    yield (f"{start} {value.head}" if value.head else start) + value.comment
    yield from tail


def key(name: str, column: int) -> str:
    """The name of a field at `column`, with what marks it as a key."""
    line = str(name) if isinstance(name, MergeKey) else one_line(name)
    return f"{line}:" if len(line) <= _LONGEST_KEY else f"? {line}\n{' ' * column}:"


def _text(value: str, column: int, habits: Habits, used: int) -> Written:
    line = one_line(value)
    if "\n" not in value and used + 1 + len(line) <= WIDTH:
        return Written(line)
    if habits.blocks and fits_block(value):
        return literal(value, column, habits.step)
    return Written(quoted_lines(value, column + habits.step) if "\n" in value else line)


def literal(value: str, column: int, step: int, *, indicator: bool = False, chomp: str | None = None) -> Written:
    """`value` behind `|`, its lines `step` columns behind `column`. `chomp` overrules what the end asks for."""
    digit = str(step) if indicator or value[:1] in (" ", "\t", "\n") else ""
    return Written(f"|{digit}{chomp_for(value) if chomp is None else chomp}", block_lines(value, column + step))


def chomp_for(value: str) -> str:
    """What the header of a block says of its end: `-` for no line end, `+` for more than one (or nothing but some)."""
    if not value.endswith("\n"):
        return "-"
    return "+" if value.endswith("\n\n") or value == "\n" else ""


def block_lines(value: str, indent: int) -> str:
    """The lines of a literal block, each with its "\\n" before, the last line end left out."""
    margin = " " * indent
    return "".join(f"\n{margin}{line}" if line else "\n" for line in value.removesuffix("\n").split("\n"))


def fits_block(value: str, before: str = "") -> bool:
    """Whether a text may stand in a block: there is one, and nothing in it needs an escape.

    What stands in the block `before` that is edited may stay: its author did not mind.
    """
    return bool(value) and set(_NOT_IN_BLOCK.findall(value)) <= set(_NOT_IN_BLOCK.findall(before))


def one_line(value: str, quote: str = "", *, in_flow: bool = False) -> str:
    """A text on one line: plain where that is clear and `quote` asks for nothing else, else quoted."""
    if not quote and is_plain(value, in_flow=in_flow):
        return value
    if quote == '"' or "\n" in value or _ESCAPED.search(value):
        return f'"{escape(value)}"'
    if not quote and "'" in value and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return "'" + value.replace("'", "''") + "'"


def quoted_lines(value: str, indent: int) -> str:
    """A text in double quotes, each of its lines on a line of the file: `\\n\\` ends both."""
    margin = " " * indent
    first, *others = [escape(line) for line in _LINE.findall(value)]
    rest = (f"\\\n{margin}{chr(92) if line.startswith(' ') else ''}{line}" for line in others)
    return f'"{first}{"".join(rest)}"'


def is_plain(text: str, *, in_flow: bool = False) -> bool:
    """Whether no YAML reader, and no person, could take `text` without quotes for anything else."""
    if not text or "\n" in text or _ESCAPED.search(text):
        return False
    if not (text[0].isalnum() or text[0] in "_/(" or text[0] > "\xa0") or text[-1] in " :":
        return False
    if ": " in text or " #" in text or text.casefold() in _WORDS or not isinstance(resolve(text), str):
        return False
    if in_flow and set(text) & set(",[]{}:?"):
        return False
    return not text[0].isdigit() or any(char.isalpha() for char in text)


def single(value: Any, *, in_flow: bool = False) -> str:
    """A value that is no text or is empty, as one word."""
    if isinstance(value, str):
        return one_line(value, in_flow=in_flow)
    if isinstance(value, Alias):
        return f"*{value.name}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # A mantissa without a point is text in YAML 1.1.
        digits, mark, exponent = repr(value).partition("e")
        return f"{digits}{'' if '.' in digits else '.0'}{mark}{exponent}"
    return "{}" if isinstance(value, dict) else "[]"


def flow(value: Any) -> str:
    """`value` on one line, in brackets and braces."""
    if isinstance(value, dict) and value:
        return "{" + ", ".join(f"{one_line(name, in_flow=True)}: {flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list) and value:
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return single(value, in_flow=True)


def _is_short(value: Any) -> bool:
    """Whether a value may stand in a list on one line."""
    if isinstance(value, str):
        return "\n" not in value and not _ESCAPED.search(value)
    return not isinstance(value, dict | list | Noted)


def escape(text: str) -> str:
    """A text as it stands within double quotes on one line."""
    return re.sub(r'["\\\n]|' + _ESCAPED.pattern, lambda found: _escaped(found.group()), text)


def _escaped(char: str) -> str:
    code = ord(char)
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
