"""Reads a YAML text in which something is out of the ordinary: aliases, mistakes, or a place that is asked for.

The straight way is `reader`'s, which turns to this one when it meets something that it does not know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from sys import intern
from typing import Any, Final, NoReturn

import yaml

from promptsync.files.yaml.events import walk
from promptsync.files.yaml.guards import TEXTS, cut_off, cut_text
from promptsync.files.yaml.mistakes import Complaint, complex_key, plain_words
from promptsync.files.yaml.scalars import Ambiguous, quoted, resolve

MAX_DEPTH = 64
MAX_NODES = 100_000
MAX_COMPLAINTS = 1000
MAX_ALIAS_TEXT = 8 << 20
"""Characters that aliases may add to a document."""

UNSAYABLE = re.compile("[\0\ud800-\udfff]")
"""What no text may hold: NUL, and half a character."""

_ESCAPE = re.compile(r"\\(?:x..|u.{4}|U.{8}|.)", re.DOTALL)
_PAIR = re.compile(r"\\(?:u|U0000)[dD][89abAB]..\\(?:u|U0000)[dD][c-fC-F]..")

Path = tuple[Any, ...]

_MERGE: Final = object()
_OPEN: Final = object()
_STR_TAG = "tag:yaml.org,2002:str"
_CONTAINER_TAGS = (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_SCALAR_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null", "timestamp", "binary", "merge")
}


class _Stop(Exception):  # noqa: N818 - no error: what is wrong is among the complaints
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
class Found:
    """What was read, what is wrong with it, and where it stands. With `is_fatal`, `data` is None."""

    data: Any
    complaints: list[Complaint]
    warnings: list[Complaint]
    is_fatal: bool
    places: Places


def read_carefully(text: str) -> Found:
    """The data of `text`, with positions, aliases and complaints. Never raises."""
    places = Places()
    builder = _Builder(text, places)
    try:
        walk(text, builder)
    except _Stop:
        pass
    except yaml.MarkedYAMLError as error:
        builder.complaints.append(plain_words(error, text))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        builder.complaints.append(Complaint(1, 1, f"this is not valid YAML: {error}", None))
    else:
        return Found(builder.data, builder.complaints, builder.warnings, False, places)
    return Found(None, builder.complaints, builder.warnings, True, places)


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
        self.warnings: list[Complaint] = []
        self.data: Any = None
        self.frames: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, Path]] = {}
        self.nodes = 0
        self.alias_text = 0
        self.documents = 0

    def document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self.stop(event, "a second document begins here, expected one", "one file holds one prompt")

    def complain(self, event: Any, message: str, hint: str | None = None) -> None:
        mark = event.start_mark
        self.complain_at(mark.line + 1, mark.column + 1, message, hint)

    def complain_at(self, line: int, column: int, message: str, hint: str | None) -> None:
        self.complaints.append(Complaint(line, column, message, hint))
        if len(self.complaints) >= MAX_COMPLAINTS:
            message = f"more than {MAX_COMPLAINTS:,} problems; the rest of the file is not looked at"
            self.complaints.append(Complaint(line, column, message))
            raise _Stop

    def stop(self, event: Any, message: str, hint: str | None = None) -> NoReturn:
        self.complain(event, message, hint)
        raise _Stop

    def count(self, event: Any) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.stop(event, f"more than {MAX_NODES:,} values, counting what aliases repeat")

    def scalar(self, event: Any) -> None:
        self.refuse_unsayable(event)
        value = self.scalar_value(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, self.path())
        self.add(value, event)

    def refuse_unsayable(self, event: Any) -> None:
        self.count(event)
        if UNSAYABLE.search(event.value):
            at, is_nul = _unsayable_escape(self.text, event.start_mark.index, event.end_mark.index)
            message = "an escape for NUL, which no text can hold" if is_nul else "an escape for half a character"
            line, column = self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at)
            self.complain_at(line, column, message, "remove it" if is_nul else "write the character itself")

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
        if type(value) is str:
            self.warn_if_cut(event)
        return value

    def warn_if_cut(self, event: Any) -> None:
        """Tell of a plain text that may have been meant to go on behind a ` #`."""
        end = event.end_mark
        if self.path()[-1:] and self.path()[-1] in TEXTS:
            rest = cut_off(self.text, end.index)
            if rest is not None and len(self.warnings) < MAX_COMPLAINTS:
                self.warnings.append(cut_text(end.line + 1, end.column + 1, event.value, rest))

    def refuse_tag(self, event: Any) -> None:
        hint = "remove the tag; text that looks like something else is written in quotes"
        shown = event.tag.replace("tag:yaml.org,2002:", "!!")
        known = event.tag in _SCALAR_TAGS
        self.complain(event, f"the tag {quoted(shown)} is not needed here" if known else "tags are not allowed", hint)

    def key(self, event: Any) -> None:
        self.refuse_unsayable(event)
        frame = self.frames[-1]
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

    def mapping(self, event: Any) -> None:
        self.start(event, {})

    def sequence(self, event: Any) -> None:
        self.start(event, [])

    def start(self, event: Any, value: Any) -> None:
        self.count(event)
        self.refuse_container_tag(event.tag, event)
        if len(self.frames) >= MAX_DEPTH:
            self.stop(event, f"nested deeper than {MAX_DEPTH} levels")
        path = self.path()
        self.places.values[path] = event.start_mark
        if event.anchor is not None:
            self.anchors[event.anchor] = (_OPEN, path)
        self.frames.append(_Frame(value, event.anchor, path))

    def refuse_container_tag(self, tag: str | None, event: Any) -> None:
        if tag not in _CONTAINER_TAGS:
            self.complain(event, "tags are not allowed", "remove the tag")

    def complex_key(self, event: Any) -> NoReturn:
        self.refuse_container_tag(getattr(event, "tag", None), event)
        self.complaints.append(complex_key(event.start_mark, self.text))
        raise _Stop

    def end(self, event: Any) -> None:
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


def _unsayable_escape(text: str, start: int, end: int) -> tuple[int, bool]:
    """Where the first escape for NUL or for half a character stands in a quoted text, and whether it is for NUL."""
    at = start
    while (escape := _ESCAPE.search(text, at, end)) is not None:
        pair = _PAIR.match(text, escape.start(), end)
        if pair is None:
            code = escape[0][2:] if escape[0][1] in "xuU" else ""
            is_nul = escape[0] == "\\0" or (code != "" and not code.strip("0"))
            if is_nul or re.fullmatch(r"(?:0000)?[dD][89a-fA-F]..", code):
                return escape.start(), is_nul
        at = (pair or escape).end()
    return start, "\0" in text[start:end]
