"""What was read from the prompt files the last time, so that a file that is byte for byte the same is not parsed again.

The cache is a convenience: it may be missing, old or unwritable, and it is never trusted over the bytes of a file or
of the texts that it includes. Since whoever can put a file into a checkout could put a cache there too, each one is
signed with a secret of this user's on this machine, and one that is not is passed over.
"""

from __future__ import annotations

import hashlib
import hmac
import marshal
import os
import sys
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptsync import __version__
from promptsync.canonical import CANONICAL, source_hash
from promptsync.loader import IncludeError
from promptsync.models import Problem, Prompt, PromptFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from promptsync.loader import Source

_SIGNATURE = hashlib.sha256().digest_size
_SECRET = 32


class FileCache:
    """The cache in the file `path`. `settings` is what the reading depends on besides the bytes."""

    def __init__(self, path: Path, secret: bytes | None, settings: Collection[str] = ()) -> None:
        self._path = path
        self._secret = secret
        self._settings = [__version__, CANONICAL, sys.version, *sorted(settings)]
        self._known = self._read()
        self._now: dict[str, Any] = {}
        self._has_news = False

    def get(self, source: Source, include: Callable[[str, str], str]) -> tuple[PromptFile, list[Problem]] | None:
        """What was read from the same bytes and the same included texts; None where it was not, or is not known."""
        entry = self._known.get(source.key)
        if entry is None or entry[0] != hashlib.sha256(source.data).digest() or entry[1] != source.file:
            return None
        try:
            if any(_hash(include(source.key, name)) != known for name, known in entry[2]):
                return None
        except IncludeError:
            return None
        self._now[source.key] = entry
        prompt, (named, protected, hashed), problems = entry[3:]
        includes = tuple(name for name, _ in entry[2])
        file = PromptFile(source.key, source.file, Prompt(*prompt), named, protected, includes, hashed)
        return file, [Problem(*problem) for problem in problems]

    def put(
        self, source: Source, include: Callable[[str, str], str], file: PromptFile, problems: list[Problem]
    ) -> None:
        """Remembers what was read. A text that cannot be read again now is not worth remembering."""
        with suppress(IncludeError):
            prompt = file.prompt
            self._now[source.key] = (
                hashlib.sha256(source.data).digest(),
                source.file,
                [(name, _hash(include(source.key, name))) for name in file.includes],
                (
                    prompt.display_name,
                    prompt.description,
                    prompt.metadata,
                    prompt.dialect,
                    prompt.block,
                    prompt.extra,
                ),
                (file.named, file.protected, source_hash(prompt)),
                [astuple(problem) for problem in problems],
            )
            self._has_news = True

    @property
    def is_new(self) -> bool:
        """Whether this run read something else than the last one."""
        return self._secret is not None and (self._has_news or self._now.keys() != self._known.keys())

    def save(self) -> None:
        """Writes what this run read. A folder that cannot be written costs time, no more."""
        if self._secret is None:
            return
        with suppress(OSError, ValueError):
            data = marshal.dumps((self._settings, self._now))
            temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            with temporary.open("wb") as file:
                file.write(_sign(self._secret, data))
                file.write(data)
            temporary.replace(self._path)

    def _read(self) -> Mapping[str, Any]:
        if self._secret is None:
            return {}
        try:
            signed = self._path.read_bytes()
        except OSError:
            return {}
        signature, data = signed[:_SIGNATURE], signed[_SIGNATURE:]
        if not hmac.compare_digest(signature, _sign(self._secret, data)):
            return {}
        # Signed by this user's own run, so these are bytes that `save` wrote.
        settings, known = marshal.loads(data)  # noqa: S302
        return known if settings == self._settings else {}


def user_secret(environ: Mapping[str, str]) -> bytes | None:
    """The secret that signs caches, made where there is none yet; None where no place for it is to be had."""
    base = environ.get("XDG_CACHE_HOME") or (f"{environ['HOME']}/.cache" if environ.get("HOME") else None)
    if base is None:
        return None
    path = Path(base) / "promptsync" / "secret"
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(os.urandom(_SECRET))
        secret = path.read_bytes()
    except OSError:
        return None
    return secret if len(secret) == _SECRET else None


def _sign(secret: bytes, data: bytes) -> bytes:
    return hmac.digest(secret, data, "sha256")


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
