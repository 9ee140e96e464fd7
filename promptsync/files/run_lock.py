"""One run on a target at a time, on this machine."""

from __future__ import annotations

import os
import socket
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from promptsync.files.disk import read_bytes
from promptsync.files.safe import Unfit, open_regular, reason
from promptsync.files.system import is_alive, lock
from promptsync.files.target import prepare_state
from promptsync.model.errors import PromptsyncError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptsync.files.target import Target


@contextmanager
def alone(target: Target) -> Iterator[None]:
    """Keeps other runs on this target out, on this machine. Raises PromptsyncError where one is at work."""
    prepare_state(target)
    path = target.state_folder / f"run.{target.name}.lock"
    holder = target.state_folder / f"run.{target.name}.holder"
    descriptor = _locked(path)
    if descriptor is None:
        raise PromptsyncError(
            f"{_holder(read_bytes(holder))} is at work on the target “{target.name}”",
            hint="wait until it has ended, then run again",
        )
    try:
        _write_holder(holder)
        _remove_leftovers(target)
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(path: Path) -> int | None:
    """A descriptor that holds the lock until it is closed, or the process ends; None where another one holds it."""
    try:
        descriptor = open_regular(path, os.O_RDWR | os.O_CREAT)
        try:
            lock(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor
    except BlockingIOError:
        return None
    except (OSError, Unfit) as error:
        why = error.message if isinstance(error, Unfit) else reason(error)
        raise PromptsyncError(
            f"{path} cannot be locked: {why}",
            hint="make the folder writable, and keep it on a file system that knows locks",
        ) from None


def _remove_leftovers(target: Target) -> None:
    """Removes the temporary files of runs that were killed between writing one and renaming it."""
    for path in (target.lock_path, target.journal_path):
        for leftover in path.parent.glob(f".{path.name}.*"):
            with suppress(OSError):
                leftover.unlink()


def _write_holder(path: Path) -> None:
    """Says who is at work, for others to read. The lock itself is the system's: it ends with the process."""
    since = time.strftime("%Y-%m-%d %H:%M:%S %z")
    with suppress(OSError, Unfit), os.fdopen(open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w") as file:
        file.write(f"{os.getpid()} {socket.gethostname()} {since}\n")


def _holder(data: bytes | None) -> str:
    """Who is at work, as far as is known. What a process left behind that is dead now tells nothing of the holder."""
    number, _, rest = (data or b"").decode("utf-8", "replace").strip().partition(" ")
    host, _, since = rest.partition(" ")
    if not number.isdecimal() or (host == socket.gethostname() and not is_alive(int(number))):
        return "another run"
    return f"process {number} on {host}, since {since},"
