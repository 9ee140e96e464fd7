"""YAML text to plain data, with nothing guessed.

The text is read event by event, and data is built from the events here, so that everything on which YAML readers
differ can be refused where it stands instead of being decided silently. Positions are kept only when someone asks for
one: the good path reads once and forgets them.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from sys import intern
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from promptsync.files.yaml.careful import MAX_DEPTH, MAX_NODES, UNSAYABLE, read_carefully
from promptsync.files.yaml.events import walk
from promptsync.files.yaml.guards import TEXTS, cut_off, left_by_git
from promptsync.files.yaml.mistakes import Complaint
from promptsync.files.yaml.scalars import Ambiguous, resolve

if TYPE_CHECKING:
    from yaml.events import DocumentStartEvent, ScalarEvent

    from promptsync.files.yaml.careful import Path, Places

# What YAML does not allow raw, and the line ends that YAML 1.1 has and 1.2 has not: they would turn to other text.
_UNWELCOME = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_ASCII = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
"""What most files are made of alone: to take that out shows it in a tenth of the time that the search takes."""


class _Again(Exception):  # noqa: N818 - no error: a signal that positions are needed
    """Something is out of the ordinary: read once more, carefully."""


@dataclass(slots=True)
class Document:
    """Data read from `text`, and what is wrong with it. With `fatal`, `data` is None."""

    text: str
    data: Any
    complaints: list[Complaint] = field(default_factory=list)
    warnings: list[Complaint] = field(default_factory=list)
    fatal: bool = False
    _places: Places | None = None

    def place(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the node at `path` (or of its key), or of the nearest node around it."""
        places = self._known_places()
        path = places.origin(path)
        mark = places.keys.get(path) if key else None
        while mark is None and path:
            mark = places.values.get(path)
            path = path[:-1]
        mark = mark or places.values.get(())
        return (mark.line + 1, mark.column + 1) if mark else (1, 1)

    def raw(self, path: Path) -> str | None:
        """How the plain scalar at `path` is written; None for anything else."""
        places = self._known_places()
        return places.raw.get(places.origin(path))

    def _known_places(self) -> Places:
        if self._places is None:
            self._places = read_carefully(self.text).places
        return self._places


def decode(data: bytes) -> tuple[str, list[Complaint]]:
    """Bytes to text with plain line ends and no byte order mark; empty with a complaint where that is impossible."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return "", [Complaint(1, 1, "the file is UTF-16 or UTF-32, expected UTF-8", "save it as UTF-8")]
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode().replace("\r\n", "\n").replace("\r", "\n")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        return "", [Complaint(line, column, message, "save the file as UTF-8")]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    bad = _UNWELCOME.search(text) if data.translate(None, _ASCII) else None
    if bad is None:
        left = left_by_git(text)
        return ("", [left]) if left else (text, [])
    line = text.count("\n", 0, bad.start()) + 1
    column = bad.start() - text.rfind("\n", 0, bad.start())
    return "", [Complaint(line, column, *_unwelcome(bad.group()))]


def read(text: str) -> Document:
    """What `decode` gave, to data. Never raises; depth, nodes and what aliases add are bounded."""
    try:
        return Document(text, _plain(text))
    except _Again:
        found = read_carefully(text)
        return Document(text, found.data, found.complaints, found.warnings, found.is_fatal, found.places)


def _plain(text: str) -> Any:
    """The data of a text in which nothing is out of the ordinary. Raises _Again for all else, an alias or a mistake."""
    builder = _Plain(text)
    try:
        walk(text, builder)
    except (yaml.YAMLError, ValueError, OverflowError):
        raise _Again from None
    if builder.nodes > MAX_NODES:
        raise _Again
    return builder.data


class _Plain:
    """Builds data, and raises _Again where that alone is not enough."""

    __slots__ = ("data", "documents", "holder", "may_cut", "may_escape", "name", "nodes", "outer", "source")

    def __init__(self, text: str) -> None:
        self.source = text
        # Raw, half a character or NUL would not have been let in.
        self.may_escape = "\\" in text
        self.may_cut = " #" in text or "\t#" in text
        self.data: Any = None
        self.holder: Any = None
        self.name = ""
        self.outer: list[Any] = []
        self.nodes = self.documents = 0

    def document(self, event: DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _Again

    def key(self, event: ScalarEvent) -> None:
        # The same few names stand in thousands of files: one text for each of them.
        name = self.name = intern(self.text(event))
        if name in self.holder or (name == "<<" and not event.style):
            raise _Again

    def scalar(self, event: ScalarEvent) -> None:
        value: Any = self.text(event)
        if not event.style:
            value = resolve(value)
            if type(value) is Ambiguous or (self.may_cut and self.name in TEXTS and self.is_cut(event)):
                raise _Again
        self.add(value)

    def is_cut(self, event: Any) -> bool:
        return cut_off(self.source, event.end_mark.index) is not None

    def text(self, event: ScalarEvent) -> str:
        self.nodes += 1
        value = event.value
        if event.tag is not None or event.anchor is not None:
            raise _Again
        if self.may_escape and UNSAYABLE.search(value):
            raise _Again
        return value

    def mapping(self, event: Any) -> None:
        self.start(event, {})

    def sequence(self, event: Any) -> None:
        self.start(event, [])

    def start(self, event: Any, value: Any) -> None:
        self.nodes += 1
        if event.tag is not None or event.anchor is not None or len(self.outer) >= MAX_DEPTH:
            raise _Again
        self.add(value)
        self.outer.append(self.holder)
        self.holder = value

    def end(self, event: Any) -> None:
        self.holder = self.outer.pop()

    def add(self, value: Any) -> None:
        if self.holder is None:
            self.data = value
        elif type(self.holder) is dict:
            self.holder[self.name] = value
        else:
            self.holder.append(value)

    def alias(self, event: Any) -> NoReturn:
        raise _Again

    complex_key = alias


def _unwelcome(char: str) -> tuple[str, str]:
    name = f"U+{ord(char):04X}"
    if char == "\0":
        return f"the character {name} (NUL), which no text can hold", "remove it"
    if char in "\x85\u2028\u2029":
        escape = {"\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P"}[char]
        return (
            f"the invisible line separator {name} is read differently by YAML 1.1 and 1.2",
            f'remove it, or write {escape} inside "…"',
        )
    if char == "\ufeff":
        return f"a byte order mark ({name}) inside the text", "remove the invisible character"
    escape = f"\\x{ord(char):02x}" if char < "\x80" else f"\\u{ord(char):04x}"
    return f"the control character {name} is not allowed in YAML", f'remove it, or write {escape} inside "…"'
