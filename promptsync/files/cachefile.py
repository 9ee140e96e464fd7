"""What one run remembers for the next under `.promptsync/`: plain values, signed.

It is a convenience: it may be missing, old or unwritable. Since whoever can put a file into a checkout could put one
of these there too, each is signed with a secret of this user's on this machine, and one that is not is passed over.
"""

from __future__ import annotations

import hashlib
import hmac
import marshal
import os
import sys
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptsync import __version__
from promptsync.model.canonical import CANONICAL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_SIGNATURE = hashlib.sha256().digest_size
_SECRET = 32
_LENGTH = 8
_PART = 500
"""Entries that are written at once, so that the whole is never in memory a second time."""


class Remembered:
    """The file `path`. What was written under other `settings`, or by another version, is forgotten.

    Without a `secret` nothing is remembered.
    """

    def __init__(self, path: Path, secret: bytes | None, settings: Collection[str] = ()) -> None:
        self._path = path
        self._secret = secret
        self._settings = [__version__, CANONICAL, sys.version, *sorted(settings)]

    @property
    def is_possible(self) -> bool:
        """Whether anything can be remembered here."""
        return self._secret is not None

    def read(self) -> dict[Any, Any]:
        """What was written; empty if it cannot be trusted."""
        if self._secret is None:
            return {}
        try:
            signed = memoryview(self._path.read_bytes())
        except OSError:
            return {}
        if not hmac.compare_digest(signed[:_SIGNATURE], hmac.digest(self._secret, signed[_SIGNATURE:], "sha256")):
            return {}
        # Signed by this user's own run, so these are bytes that `write` wrote.
        parts = (marshal.loads(part) for part in _parts(signed[_SIGNATURE:]))  # noqa: S302
        known: dict[Any, Any] = {}
        if next(parts) == self._settings:
            for part in parts:
                known.update(part)
        return known

    def write(self, known: dict[Any, Any]) -> None:
        """Writes values that `marshal` takes. A folder that cannot be written costs time, no more."""
        if self._secret is None:
            return
        items = iter(known.items())
        parts: Iterator[Any] = iter(lambda: dict(islice(items, _PART)), {})
        signature = hmac.new(self._secret, digestmod="sha256")
        with suppress(OSError, ValueError):
            temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            with temporary.open("wb") as file:
                file.write(bytes(_SIGNATURE))
                for part in chain([self._settings], parts):
                    data = marshal.dumps(part)
                    for written in (len(data).to_bytes(_LENGTH, "big"), data):
                        signature.update(written)
                        file.write(written)
                file.seek(0)
                file.write(signature.digest())
            temporary.replace(self._path)


def _parts(data: memoryview) -> Iterator[memoryview]:
    while data:
        end = _LENGTH + int.from_bytes(data[:_LENGTH], "big")
        yield data[_LENGTH:end]
        data = data[end:]


def user_secret(environ: Mapping[str, str]) -> bytes | None:
    """The secret that signs them, made where there is none yet; None where no place for it is to be had."""
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
