"""The one way to open state, and whatever else a checkout may have brought along.

A pull request can put any file, link or folder into the tree, and an archive that is unpacked there pipes and devices
too. So no link is followed, nothing is waited for, only a regular file is read, and no more of it than its bound; and
what a run has recorded is believed only in a folder that is this user's own.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from promptsync.files.system import is_junction, is_open_to_others, is_ours, open_itself, set_mode
from promptsync.model.errors import PromptsyncError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_STATE_BYTES = 1 << 30
"""Of a lockfile, a journal, a saved plan or an archived prompt. A journal holds what each update asked for, so that of
ten thousand long prompts has hundreds of megabytes; it must never be refused to the one who wrote it."""

LINK = "is a symbolic link, which is not followed"
_INSTEAD = "put the file itself in its place"
_ODD = "is no regular file"


class Unfit(Exception):  # noqa: N818 - turned into the error of who wanted the file
    """A file that must not be opened."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class TooLarge(Unfit):
    """A file of more bytes than were to be read."""


def open_regular(path: str | Path, flags: int, mode: int = 0o600) -> int:
    """A descriptor of the regular file at `path`. Raises Unfit for a link or anything else, and OSError."""
    try:
        descriptor = open_itself(path, flags, mode)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Unfit(LINK, _INSTEAD) from None
        if error.errno == errno.ENXIO:  # a socket, or a pipe that no one reads
            raise Unfit(_ODD) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unfit(_ODD)
    return descriptor


def read_regular(path: str | Path, most: int) -> bytes:
    """The bytes of the regular file at `path`. Raises Unfit for a link or anything else, TooLarge, and OSError."""
    descriptor = open_regular(path, os.O_RDONLY)
    try:
        held = os.fstat(descriptor).st_size
        # One byte more than there should be: a file that grows, or is too large, is noticed.
        size = min(held, most) + 1
        data = os.read(descriptor, size)
        if len(data) != held:
            data += b"".join(_chunks(descriptor, size, most + 1 - len(data)))
    finally:
        os.close(descriptor)
    if len(data) > most:
        raise TooLarge(f"is larger than {most:,} bytes")
    return data


def mode_of(path: Path) -> int | None:
    """The mode of the regular file at `path`, None where nothing is. Raises Unfit for a link or anything else."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise Unfit(LINK, _INSTEAD) if stat.S_ISLNK(mode) else Unfit(_ODD)
    return stat.S_IMODE(mode)


def real(path: Path) -> Path:
    """The path without links. Unlike `Path.resolve`, it gives something for a link that leads to itself."""
    return Path(os.path.realpath(path))


def is_link(path: Path | os.DirEntry[str]) -> bool:
    """Whether a file or folder is another one, by a symbolic link or a junction."""
    return path.is_symlink() or is_junction(path)


def leads_out(root: Path, path: Path) -> bool:
    """Whether the folder of `path` is outside of `root`, by a link or by `..`."""
    return not real(path.parent).is_relative_to(real(root))


def check_own(folder: Path) -> None:
    """Makes sure that a folder is this user's alone, and holds files and folders of theirs and nothing else.

    What others may write into is closed to them. Raises PromptsyncError.
    """
    if sys.platform == "win32":
        _check_by_name(folder)
    else:
        _check_opened(folder)


def reason(error: OSError) -> str:
    """What the system says, to stand within a sentence."""
    return (error.strerror or str(error)).lower()


if sys.platform != "win32":

    def _check_opened(folder: Path) -> None:
        try:
            descriptor = open_itself(folder, os.O_RDONLY | os.O_DIRECTORY, 0)
        except OSError as error:
            odd = LINK if folder.is_symlink() else "is no folder" if error.errno == errno.ENOTDIR else None
            raise _refused(folder, odd or f"cannot be opened: {reason(error)}") from None
        try:
            status = os.fstat(descriptor)
            if not is_ours(status):
                raise _refused(folder, "belongs to another user")
            if is_open_to_others(status):
                set_mode(descriptor, 0o700)
            for name in sorted(os.listdir(descriptor)):  # noqa: PTH208 - the folder that was opened
                _check_entry(folder / name, os.stat(name, dir_fd=descriptor, follow_symlinks=False))
        except OSError as error:
            raise _refused(folder, f"cannot be used: {reason(error)}") from None
        finally:
            os.close(descriptor)


def _check_by_name(folder: Path) -> None:
    """The same where a folder cannot be opened, and whose it is is not told."""
    if is_link(folder):
        raise _refused(folder, LINK)
    try:
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 - names, as above
            _check_entry(folder / name, os.lstat(folder / name))
    except NotADirectoryError:
        raise _refused(folder, "is no folder") from None
    except OSError as error:
        raise _refused(folder, f"cannot be used: {reason(error)}") from None


def _check_entry(path: Path, status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode) or is_junction(path):
        raise _refused(path, LINK)
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise _refused(path, "is neither a file nor a folder")
    if not is_ours(status):
        raise _refused(path, "belongs to another user")


def _refused(path: Path, what: str) -> PromptsyncError:
    hint = "what is kept there must be promptsync's own: look at it and remove it"
    return PromptsyncError(f"{path} {what}", hint=hint)


def _chunks(descriptor: int, size: int, most: int) -> Iterator[bytes]:
    while most > 0 and (chunk := os.read(descriptor, min(size, most))):
        most -= len(chunk)
        yield chunk
