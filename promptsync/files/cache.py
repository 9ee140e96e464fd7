"""What was read from the prompt files the last time, so that a file that is byte for byte the same is not parsed again.

It lies in the user's own cache folder, where no checkout can put anything, and is never trusted over the bytes of a
file or of the texts that it takes in. A cache that is missing, broken, of other rules or someone else's is none.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import secrets
import sys
import zlib
from contextlib import suppress
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from promptsync import __version__
from promptsync.files.loader import IncludeError
from promptsync.files.safe import Unfit, check_own, open_regular
from promptsync.files.system import is_open_to_others, is_ours
from promptsync.model.canonical import IN_ORDER, source_hash
from promptsync.model.errors import PromptsyncError
from promptsync.model.prompt import Included, Origin, Problem, Prompt, PromptFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from promptsync.files.loader import Source

MOST = 1 << 30
"""Bytes of a cache that is read."""


def cache_path(root: Path, environ: Mapping[str, str]) -> Path | None:
    """The cache of the files of `root`, by the XDG Base Directory Specification; None where the user has no home."""
    base, home = Path(environ.get("XDG_CACHE_HOME", "")), Path(environ.get("HOME", ""))
    if sys.platform == "win32" and not base.is_absolute():
        base = Path(environ.get("LOCALAPPDATA", ""))
    if not base.is_absolute():
        if not home.is_absolute():
            return None
        base = home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"
    return base / "promptsync" / _digest(os.fsencode(root.absolute()))[:32] / "files.cache"


class _Entry(NamedTuple):
    """One file: the digest of its bytes and layers, those of the texts that it takes in by name, and what was read."""

    digest: str
    texts: dict[str, str]
    file: PromptFile
    problems: list[Problem]


class FileCache:
    """The cache in the file `path`: a line of JSON for the rules of reading, and one for each prompt file.

    `include` reads a text, as for the loader, which must read by `FileCache.include` so that the texts are known, too.
    """

    def __init__(self, path: Path | None, include: Callable[[str, str], str], allow_fields: Collection[str]) -> None:
        self._path = path
        self._include = include
        self._rules = [__version__, _code(), sorted(allow_fields), *map(_names, (PromptFile, Prompt, Problem))]
        self._texts: dict[tuple[str, str], str] = {}
        self._known = self._read()
        self._now: dict[str, _Entry] = {}

    def include(self, key: str, name: str) -> str:
        """The text that the file of `key` calls `name`. Raises IncludeError."""
        text = self._include(key, name)
        self._texts[key, name] = _digest(text.encode())
        return text

    def get(self, source: Source) -> tuple[PromptFile, list[Problem]] | None:
        """What was read from the same bytes, layers and included texts; None if that is not known."""
        entry = self._known.get(source.key)
        if entry is None or entry.file.file != source.file or entry.digest != _digest_of(source):
            return None
        try:
            if any(_digest(self._include(source.key, name).encode()) != known for name, known in entry.texts.items()):
                return None
        except IncludeError:
            return None
        self._now[source.key] = entry
        return entry.file, entry.problems

    def put(self, source: Source, file: PromptFile, problems: list[Problem]) -> None:
        """Remembers what was read from `source`, which is valid."""
        texts = {name: self._texts[source.key, name] for name in file.includes}
        self._now[source.key] = _Entry(_digest_of(source), texts, file, problems)

    def save(self) -> None:
        """Writes what this run read, if the last one did not read the same. What cannot be written costs time alone."""
        is_same = len(self._now) == len(self._known)
        if self._path is None or (is_same and all(self._known.get(key) is entry for key, entry in self._now.items())):
            return
        if not all(map(_comes_back, islice(self._now.values(), 1))):
            return
        temporary = self._path.with_name(f".{self._path.name}.{secrets.token_hex(6)}")
        with suppress(OSError, PromptsyncError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_own(self._path.parent)
            try:
                with os.fdopen(open_regular(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
                    file.write(_line(self._rules))
                    file.writelines(filter(None, map(_kept, self._now.values())))
                temporary.replace(self._path)
            finally:
                temporary.unlink(missing_ok=True)

    def _read(self) -> dict[str, _Entry]:
        if self._path is None:
            return {}
        try:
            check_own(self._path.parent)
            with os.fdopen(open_regular(self._path, os.O_RDONLY), "rb") as lines:
                is_fit = _is_fit(os.fstat(lines.fileno())) and _value(next(lines)) == self._rules
                return {entry.file.key: entry for entry in map(_entry, lines)} if is_fit else {}
        except (OSError, Unfit, PromptsyncError, ValueError, TypeError, StopIteration, RecursionError):
            return {}


def _is_fit(status: os.stat_result) -> bool:
    """Whether a file is this user's, whom alone it can be written by, and not too large."""
    return is_ours(status) and not is_open_to_others(status) and status.st_size <= MOST


def _line(value: Any) -> bytes:
    """A value as JSON behind its checksum. Raises TypeError, ValueError for what JSON cannot hold."""
    text = _ENCODER.encode(value).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _value(line: bytes) -> Any:
    """What a line says. Raises ValueError where it is not as it was written."""
    text = line[9:-1]
    if line != b"%08x %s\n" % (zlib.crc32(text), text):
        raise ValueError("a line of the cache is broken")
    return json.loads(text)


def _kept(entry: _Entry) -> bytes | None:
    """The line of a file; None where JSON cannot hold it. What the reader makes of YAML, JSON gives back unchanged.

    Behind it stands the hash of what it asks for, which takes longer to work out than the file to read back.
    """
    try:
        return _line((*entry, source_hash(entry.file.prompt)))
    except (TypeError, ValueError, RecursionError):
        return None


def _comes_back(entry: _Entry) -> bool:
    """Whether a file is what JSON gives back of it. It is asked of one: a field that is not is in all of them."""
    line = _kept(entry)
    return line is None or _entry(line) == entry


def _entry(line: bytes) -> _Entry:
    """Raises ValueError, TypeError where the line is of another shape."""
    digest, texts, values, problems, source = _value(line)
    said = dict(zip(_names(PromptFile), values, strict=True))
    # JSON knows no dataclasses and no tuples.
    prompt, includes, variables = Prompt(*said.pop("prompt")), tuple(said.pop("includes")), said.pop("variables")
    prompt.hashes[IN_ORDER.name] = source
    variables = None if variables is None else tuple(variables)
    origins = tuple(Origin(*origin) for origin in said.pop("origins"))
    parts = tuple(Included(*part) for part in said.pop("parts"))
    file = PromptFile(prompt=prompt, includes=includes, origins=origins, parts=parts, variables=variables, **said)
    return _Entry(digest, texts, file, [Problem(*problem) for problem in problems])


def _values(noun: Any) -> list[Any]:
    """The fields of a dataclass, for JSON. Raises TypeError for anything else."""
    return [getattr(noun, name) for name in _names(type(noun))]  # type: ignore[arg-type]  # a class can be hashed


@functools.cache
def _names(noun: Any) -> list[str]:
    return [field.name for field in fields(noun) if field.init]


_ENCODER = json.JSONEncoder(default=_values, separators=(",", ":"))


@functools.cache
def _code() -> str:
    """A digest of the code that says what a file means: under other rules nothing is known."""
    package = Path(__file__).parents[1]
    code = [path.read_bytes() for room in ("files", "model") for path in sorted((package / room).rglob("*.py"))]
    return _digest(b"".join(code))


def _digest_of(source: Source) -> str:
    """A digest of all that says what a file means, but for the texts that it takes in."""
    own = _digest(source.data)
    return _digest("\n".join((own, *(layer.digest for layer in source.layers))).encode()) if source.layers else own


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
