"""YAML text to plain data, with nothing guessed.

The text is read event by event (no constructor runs, no tag makes an object), and data is built from the events here,
so that everything on which YAML readers differ can be refused where it stands instead of being decided silently.
Positions are kept only when someone asks for one: the good path reads once and forgets them.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from sys import intern
from typing import TYPE_CHECKING, Any, Final

import yaml

from promptsync.files.yaml.mistakes import Complaint, complex_key, plain_words
from promptsync.files.yaml.scalars import Ambiguous, quoted, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 64
MAX_NODES = 100_000
MAX_COMPLAINTS = 1000
MAX_ALIAS_TEXT = 8 << 20
"""Characters that aliases may add to a document."""

Path = tuple[Any, ...]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALAR, _ALIAS, _DOCUMENT = yaml.ScalarEvent, yaml.AliasEvent, yaml.DocumentStartEvent
_MAPPING, _SEQUENCE = yaml.MappingStartEvent, yaml.SequenceStartEvent
_MAPPING_END, _SEQUENCE_END = yaml.MappingEndEvent, yaml.SequenceEndEvent
_MERGE: Final = object()
_OPEN: Final = object()
_STR_TAG = "tag:yaml.org,2002:str"
_CONTAINER_TAGS = (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_SCALAR_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null", "timestamp", "binary", "merge")
}
# What YAML does not allow raw, and the line ends that YAML 1.1 has and 1.2 has not: they would turn to other text.
_UNWELCOME = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Again(Exception):  # noqa: N818 - no error: a signal that positions are needed
    """Something is wrong: read once more, with positions."""


class _Stop(Exception):  # noqa: N818 - no error either
    """What follows cannot be read."""


@dataclass(slots=True)
class Places:
    """Where each node and each key stands, by its path of keys and indexes."""

    values: dict[Path, yaml.Mark] = field(default_factory=dict)
    keys: dict[Path, yaml.Mark] = field(default_factory=dict)
    raw: dict[Path, str] = field(default_factory=dict)
    aliases: dict[Path, Path] = field(default_factory=dict)

    def origin(self, path: Path) -> Path:
        """The path at which the node of `path` is written, which is elsewhere for what came through an alias."""
        for _ in range(MAX_DEPTH):
            for end in range(len(path), 0, -1):
                target = self.aliases.get(path[:end])
                if target is not None and target != path[:end]:
                    path = target + path[end:]
                    break
            else:
                break
        return path


@dataclass(slots=True)
class Document:
    """Data read from `text`, and what is wrong with it. With `fatal`, `data` is None."""

    text: str
    data: Any
    complaints: list[Complaint] = field(default_factory=list)
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
            self._places = _read(self.text)._places or Places()
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
    bad = _UNWELCOME.search(text)
    if bad is None:
        return text, []
    line = text.count("\n", 0, bad.start()) + 1
    column = bad.start() - text.rfind("\n", 0, bad.start())
    return "", [Complaint(line, column, *_unwelcome(bad.group()))]


def read(text: str) -> Document:
    """What `decode` gave, to data. Never raises; depth, nodes and what aliases add are bounded."""
    try:
        return Document(text, _plain(text))
    except _Again:
        return _read(text)


def _plain(text: str) -> Any:
    """The data of a text in which nothing is out of the ordinary. Raises _Again for all else, an alias or a mistake."""
    get_event = _Loader(text).get_event
    # Raw, half a character or NUL would not have been let in.
    may_escape = "\\" in text
    data: Any = None
    holder: Any = None
    key: str | None = None
    outer: list[tuple[Any, str | None]] = []
    nodes = documents = 0
    try:
        while (event := get_event()) is not None:
            kind = type(event)
            if kind is _SCALAR:
                nodes += 1
                value = event.value
                if event.tag is not None or event.anchor is not None:
                    raise _Again
                if may_escape and (_SURROGATE.search(value) or "\0" in value):
                    raise _Again
                if key is None and type(holder) is dict:
                    # The same few names stand in thousands of files: one text for each of them.
                    key = intern(value)
                    if key in holder or (key == "<<" and not event.style):
                        raise _Again
                    continue
                if not event.style:
                    value = resolve(value)
                    if type(value) is Ambiguous:
                        raise _Again
            elif kind is _MAPPING or kind is _SEQUENCE:
                nodes += 1
                unfit_as_key = key is None and type(holder) is dict
                if event.tag is not None or event.anchor is not None or unfit_as_key or len(outer) >= MAX_DEPTH:
                    raise _Again
                outer.append((holder, key))
                holder, key = ({} if kind is _MAPPING else []), None
                continue
            elif kind is _MAPPING_END or kind is _SEQUENCE_END:
                value = holder
                holder, key = outer.pop()
            elif kind is _ALIAS:
                raise _Again
            else:
                documents += kind is _DOCUMENT
                continue
            if holder is None:
                data = value
            elif key is None:
                holder.append(value)
            else:
                holder[key] = value
                key = None
    except (yaml.YAMLError, ValueError, OverflowError):
        raise _Again from None
    if documents > 1 or nodes > MAX_NODES:
        raise _Again
    return data


def _unwelcome(char: str) -> tuple[str, str]:
    name = f"U+{ord(char):04X}"
    if char in "\x85\u2028\u2029":
        escape = {"\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P"}[char]
        return (
            f"the invisible line separator {name} is read differently by YAML 1.1 and 1.2",
            f'remove it, or write {escape} inside "…"',
        )
    if char == "\ufeff":
        return f"a byte order mark ({name}) inside the text", "remove the invisible character"
    return f"the control character {name} is not allowed in YAML", f'remove it, or write \\x{ord(char):02x} inside "…"'


def _events(text: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _Syntax(plain_words(error, text)) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # An escape or a directive beyond all bounds: PyYAML lets what chr() and int() raise through, without a place.
        raise _Syntax(Complaint(1, 1, f"this is not valid YAML: {error}", None)) from None


class _Syntax(Exception):  # noqa: N818 - carries the complaint to _read
    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint)
        self.complaint = complaint


def _read(text: str) -> Document:
    """The same with positions, aliases and complaints."""
    places = Places()
    builder = _Builder(text, places)
    try:
        for event in _events(text):
            builder.take(event)
    except _Syntax as error:
        builder.complaints.append(error.complaint)
    except _Stop:
        pass
    else:
        return Document(text, builder.data, builder.complaints, False, places)
    return Document(text, None, builder.complaints, True, places)


class _Frame:
    """A mapping or list that is being filled."""

    __slots__ = ("anchor", "key", "merge", "path", "value")

    def __init__(self, value: Any, anchor: str | None, path: Path) -> None:
        self.value = value
        self.anchor = anchor
        self.path = path
        self.key: Any = None
        self.merge: Any = None


class _Builder:
    """Takes events, builds data, and notes in `places` where each value stands."""

    def __init__(self, text: str, places: Places) -> None:
        self.text = text
        self.places = places
        self.complaints: list[Complaint] = []
        self.data: Any = None
        self.frames: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, Path]] = {}
        self.nodes = 0
        self.alias_text = 0
        self.documents = 0

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self.scalar(event)
        elif kind is yaml.MappingStartEvent:
            self.start(event, {})
        elif kind is yaml.SequenceStartEvent:
            self.start(event, [])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self.end()
        elif kind is yaml.AliasEvent:
            self.alias(event)
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                self.stop(event, "a second document begins here, expected one", "one file holds one prompt")

    def complain(self, event: Any, message: str, hint: str | None = None) -> None:
        mark = event.start_mark
        self.complaints.append(Complaint(mark.line + 1, mark.column + 1, message, hint))
        if len(self.complaints) >= MAX_COMPLAINTS:
            message = f"more than {MAX_COMPLAINTS:,} problems; the rest of the file is not looked at"
            self.complaints.append(Complaint(mark.line + 1, mark.column + 1, message))
            raise _Stop

    def stop(self, event: Any, message: str, hint: str | None = None) -> None:
        self.complain(event, message, hint)
        raise _Stop

    def count(self, event: Any) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.stop(event, f"more than {MAX_NODES:,} values, counting what aliases repeat")

    def scalar(self, event: Any) -> None:
        self.count(event)
        frame = self.frames[-1] if self.frames else None
        if _SURROGATE.search(event.value) or "\0" in event.value:
            self.complain(event, "an escape for half a character or for NUL", "write the character itself")
        if frame is not None and frame.key is None and type(frame.value) is dict:
            self.key(frame, event)
            return
        value = self.scalar_value(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, self.path())
        self.add(value, event)

    def scalar_value(self, event: Any) -> Any:
        tag = event.tag
        if tag is not None and tag not in ("!", _STR_TAG):
            self.refuse_tag(event)
        if tag is not None or event.style:
            return event.value
        value = resolve(event.value)
        if type(value) is Ambiguous:
            self.complain(event, value.message, value.hint)
            return event.value
        self.places.raw[self.path()] = event.value
        return value

    def refuse_tag(self, event: Any) -> None:
        hint = "remove the tag; text that looks like something else is written in quotes"
        shown = event.tag.replace("tag:yaml.org,2002:", "!!")
        known = event.tag in _SCALAR_TAGS
        self.complain(event, f"the tag {quoted(shown)} is not needed here" if known else "tags are not allowed", hint)

    def key(self, frame: _Frame, event: Any) -> None:
        if event.tag not in (None, "!", _STR_TAG):
            self.refuse_tag(event)
        # The same few names stand in thousands of files: one text for each of them.
        name: Any = intern(event.value)
        if event.anchor is not None:
            self.anchors[event.anchor] = (name, (*frame.path, name))
        if name == "<<" and not event.style and event.tag is None:
            name = _MERGE
        if (frame.merge is not None) if name is _MERGE else (name in frame.value):
            self.duplicate(frame, event, name)
        else:
            self.places.keys[(*frame.path, name)] = event.start_mark
        frame.key = name

    def duplicate(self, frame: _Frame, event: Any, name: Any) -> None:
        first = self.places.keys.get((*frame.path, name))
        where = f"; the first is on line {first.line + 1}" if first else ""
        self.complain(event, f"the key {quoted(event.value)} is given twice{where}", "keep one of the two")

    def path(self) -> Path:
        """The path of the value that comes next."""
        if not self.frames:
            return ()
        frame = self.frames[-1]
        return (*frame.path, frame.key if type(frame.value) is dict else len(frame.value))

    def start(self, event: Any, value: Any) -> None:
        self.count(event)
        if event.tag not in _CONTAINER_TAGS:
            self.complain(event, "tags are not allowed", "remove the tag")
        self.refuse_complex_key(event)
        if len(self.frames) >= MAX_DEPTH:
            self.stop(event, f"nested deeper than {MAX_DEPTH} levels")
        path = self.path()
        self.places.values[path] = event.start_mark
        if event.anchor is not None:
            self.anchors[event.anchor] = (_OPEN, path)
        self.frames.append(_Frame(value, event.anchor, path))

    def refuse_complex_key(self, event: Any) -> None:
        frame = self.frames[-1] if self.frames else None
        if frame is not None and frame.key is None and type(frame.value) is dict:
            self.complaints.append(complex_key(event.start_mark, self.text))
            raise _Stop

    def end(self) -> None:
        frame = self.frames.pop()
        if frame.merge is not None:
            self.merge(frame)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (frame.value, frame.path)
        self.add(frame.value, None)

    def add(self, value: Any, event: Any) -> None:
        if event is not None:
            self.places.values[self.path()] = event.start_mark
        if not self.frames:
            self.data = value
            return
        frame = self.frames[-1]
        if type(frame.value) is list:
            frame.value.append(value)
        elif frame.key is _MERGE:
            frame.merge = self.mergeable(value, event)
            frame.key = None
        else:
            frame.value[frame.key] = value
            frame.key = None

    def mergeable(self, value: Any, event: Any) -> list[tuple[Path, Any]]:
        """The mappings that a `<<` brings in, each with the path behind `<<` at which it stands."""
        if type(value) is dict:
            return [((), value)]
        if type(value) is list and all(type(item) is dict for item in value):
            return [((index,), item) for index, item in enumerate(value)]
        frame = self.frames[-1]
        mark = self.places.keys.get((*frame.path, _MERGE))
        at = event if mark is None else yaml.Event(mark, mark)
        self.complain(at, "`<<` merges a mapping or a list of mappings", 'write "<<" for a key of that name')
        return []

    def merge(self, frame: _Frame) -> None:
        for behind, mapping in frame.merge:
            for name, value in mapping.items():
                if name not in frame.value:
                    frame.value[name] = value
                    origin = (*frame.path, _MERGE, *behind, name)
                    self.places.aliases[(*frame.path, name)] = origin

    def alias(self, event: Any) -> None:
        self.refuse_complex_key(event)
        value, origin = self.anchors.get(event.anchor, (None, None))
        if origin is None:
            hint = "put text that begins with * in quotes, or define the anchor with &"
            self.complain(event, f"the alias *{event.anchor} has no anchor before it", hint)
        elif value is _OPEN:
            self.stop(event, f"the alias *{event.anchor} contains itself")
        else:
            self.places.aliases[self.path()] = origin
        self.add(self.copy(value, event, len(self.frames)), event)

    def copy(self, value: Any, event: Any, depth: int) -> Any:
        """`value` anew, so that no two places share data. Recursion is bounded by MAX_DEPTH."""
        self.count(event)
        if depth >= MAX_DEPTH and isinstance(value, (dict, list)):
            self.stop(event, f"nested deeper than {MAX_DEPTH} levels, counting what aliases repeat")
        if isinstance(value, list):
            return [self.copy(item, event, depth + 1) for item in value]
        if isinstance(value, dict):
            self.alias_text += sum(map(len, value))
            return {name: self.copy(item, event, depth + 1) for name, item in value.items()}
        if type(value) is str:
            self.alias_text += len(value)
        if self.alias_text > MAX_ALIAS_TEXT:
            self.stop(event, "the aliases repeat more text than is sensible", "use content_file for long texts")
        return value
