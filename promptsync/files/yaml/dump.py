"""Plain data to YAML text for people: the one text that every YAML reader takes for the same data.

The counterpart of `text`. Long text stands in literal blocks; what a reader could take for something else, and
what an editor could change unseen (a blank at the end of a line, a tab, an invisible character), stands in quotes.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from promptsync.files.yaml.careful import MAX_DEPTH
from promptsync.files.yaml.scalars import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 120
"""Columns of a line; a text that would be longer goes into a block of its own."""

Path = tuple[str | int, ...]

_FLOW_WIDTH = 100
_LONGEST_KEY = 900
"""YAML readers look for the `:` behind a key within 1024 characters; a longer key must be marked with `?`."""
_EXACT_INTEGERS = 2**53

# What stands as it is: no control characters, no line ends but \n, no byte order mark, and no characters that turn
# the direction of the text around, so that a reviewer sees what the model will see.
_ESCAPED = re.compile(
    "[^\n\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_NOT_UNICODE = re.compile("[\0\ud800-\udfff]")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_ESCAPES |= {"\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P"}
_CHUNK = re.compile(r"[^\n]*\n|[^\n]+")
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))


class NotYamlError(ValueError):
    """Data that no YAML text says the same way to every reader. `path` leads to it, `message` tells why."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def dump(document: dict[str, Any]) -> str:
    """`document`, which is not empty, as block style YAML with a final newline. Raises NotYamlError."""
    refuse_unsayable(document)
    return "\n".join(_mapping(document, 0)) + "\n"


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
    elif isinstance(value, int) and abs(value) >= _EXACT_INTEGERS:
        try:
            float(value)
        except OverflowError:
            raise NotYamlError(path, "its number is too large to hold") from None


def _check_text(text: str, path: Path) -> None:
    bad = _NOT_UNICODE.search(text)
    if bad is not None:
        name = "a NUL character" if bad.group() == "\0" else f"half a character (U+{ord(bad.group()):04X})"
        raise NotYamlError(path, f"its text holds {name}, which YAML cannot carry")


def _mapping(value: dict[str, Any], indent: int) -> Iterator[str]:
    margin = " " * indent
    for key, item in value.items():
        name = _one_line(key)
        if len(name) > _LONGEST_KEY:
            yield f"{margin}? {name}"
            yield from _entry(f"{margin}:", item, indent)
        else:
            yield from _entry(f"{margin}{name}:", item, indent)


def _list(value: list[Any], indent: int) -> Iterator[str]:
    margin = " " * indent
    for item in value:
        if item and isinstance(item, dict | list):
            inner = _mapping(item, indent + 2) if isinstance(item, dict) else _list(item, indent + 2)
            yield f"{margin}- {next(inner)[indent + 2 :]}"
            yield from inner
        else:
            yield from _entry(f"{margin}-", item, indent)


def _entry(start: str, value: Any, indent: int) -> Iterator[str]:
    """The lines of `value` behind `start`, which is a key or a dash at the column `indent`."""
    if isinstance(value, str):
        yield from _text(start, value, " " * (indent + 2))
    elif isinstance(value, dict) and value:
        yield start
        yield from _mapping(value, indent + 2)
    elif isinstance(value, list) and value:
        flow = _flow(value)
        if flow is not None and len(start) + 1 + len(flow) <= _FLOW_WIDTH:
            yield f"{start} {flow}"
        else:
            yield start
            yield from _list(value, indent + 2)
    else:
        yield f"{start} {_plain_value(value)}"


def _plain_value(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < _EXACT_INTEGERS:
        return str(value)
    if isinstance(value, int | float):
        # Beyond 53 bits an integer is the float that JavaScript makes of it. A mantissa without a point is text in
        # YAML 1.1.
        digits, mark, exponent = repr(float(value)).partition("e")
        return f"{digits}{'' if '.' in digits else '.0'}{mark}{exponent}"
    return "{}" if isinstance(value, dict) else "[]"


def _flow(value: list[Any]) -> str | None:
    """A short list of single values on one line; None where it holds more than that."""
    items = []
    for item in value:
        if isinstance(item, dict | list) or (isinstance(item, str) and ("\n" in item or _ESCAPED.search(item))):
            return None
        if isinstance(item, str):
            items.append(item if _is_plain(item) and not set(item) & set(",[]{}:?") else _quoted(item))
        else:
            items.append(_plain_value(item))
    return f"[{', '.join(items)}]"


def _text(start: str, text: str, margin: str) -> Iterator[str]:
    line = _one_line(text)
    if "\n" not in text and len(start) + 1 + len(line) <= WIDTH:
        yield f"{start} {line}"
    elif _fits_block(text):
        yield from _block(start, text, margin)
    else:
        # Line by line all the same: \n\ ends a line of the text and of the file.
        chunks = [_escape(chunk) for chunk in _CHUNK.findall(text)]
        chunks = chunks[:1] + [f"\\{chunk}" if chunk.startswith(" ") else chunk for chunk in chunks[1:]]
        first, *others = chunks
        lines = [f'{start} "{first}', *(margin + chunk for chunk in others)]
        yield from (f"{line}\\" for line in lines[:-1])
        yield f'{lines[-1]}"'


def _fits_block(text: str) -> bool:
    return bool(text.strip("\n")) and " \n" not in text and not text.endswith(" ") and not _ESCAPED.search(text)


def _block(start: str, text: str, margin: str) -> Iterator[str]:
    ends = len(text) - len(text.rstrip("\n"))
    indicator = "2" if text[0] in " \n" else ""
    yield f"{start} |{indicator}{'-' if ends == 0 else '' if ends == 1 else '+'}"
    for line in (text[:-1] if ends else text).split("\n"):
        yield margin + line if line else ""


def _one_line(text: str) -> str:
    if _is_plain(text):
        return text
    return _quoted(text) if "\n" not in text and not _ESCAPED.search(text) else f'"{_escape(text)}"'


def _is_plain(text: str) -> bool:
    """Whether no YAML reader, and no person, could take `text` without quotes for anything else."""
    if not text or "\n" in text or _ESCAPED.search(text):
        return False
    if not (text[0].isalnum() or text[0] in "_/(" or text[0] > "\xa0") or text[-1] in " :":
        return False
    if ": " in text or " #" in text or text.casefold() in _WORDS or not isinstance(resolve(text), str):
        return False
    return not text[0].isdigit() or any(char.isalpha() for char in text)


def _quoted(text: str) -> str:
    if "'" in text and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def _escape(text: str) -> str:
    return re.sub(r'["\\\n]|' + _ESCAPED.pattern, lambda found: _escaped(found.group()), text)


def _escaped(char: str) -> str:
    code = ord(char)
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
