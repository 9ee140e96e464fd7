"""Where Windows differs: what the rooms ask of the system is asked here, and of no system by its name elsewhere.

Windows knows no owners by number, no modes, and neither `flock` nor a way to write a folder itself to the disk.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

if sys.platform != "win32":
    import fcntl

    GIT = "git"
    """What the program of git is called."""

    def open_itself(path: str | Path, flags: int, mode: int) -> int:
        """A descriptor of what is at `path`, without waiting. Raises OSError, with ELOOP for a link."""
        return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, mode)

    def lock(descriptor: int) -> None:
        """Locks a file until it is closed, or the process ends. Raises BlockingIOError where another holds it."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def replace(source: Path, target: Path) -> None:
        """Puts a file in the place of another. Raises OSError."""
        os.replace(source, target)  # noqa: PTH105 - the name that crash tests count

    def sync_folder(folder: Path) -> None:
        """Returns when the names in a folder are on the disk. Raises OSError."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        except OSError as error:
            # Some file systems cannot sync a folder; the file is in place all the same.
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
                raise
        finally:
            os.close(descriptor)

    def set_mode(descriptor: int, mode: int) -> None:
        """Gives an open file a mode, as in `os.chmod`."""
        os.fchmod(descriptor, mode)

    def is_ours(status: os.stat_result) -> bool:
        """Whether a file is this user's, as far as the system tells."""
        return status.st_uid == os.geteuid()

    def is_open_to_others(status: os.stat_result) -> bool:
        """Whether others may write to a file, as far as its mode tells."""
        return bool(status.st_mode & 0o022)

    def is_alive(process: int) -> bool:
        """Whether a process of that number may be there."""
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except (OSError, OverflowError):
            pass
        return True

    def takes_escapes(terminal: TextIO) -> bool:
        """Whether a terminal acts on escape sequences (ECMA-48), rather than to show them."""
        return True

else:
    import msvcrt

    GIT = "git.exe"

    def open_itself(path: str | Path, flags: int, mode: int) -> int:
        # The system follows a link whatever it is told. Who can put one here between the two can write the file, too.
        if os.path.islink(path):  # noqa: PTH114 - a text as often as a path
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        return os.open(path, flags | os.O_BINARY | os.O_NOINHERIT, mode)

    def lock(descriptor: int) -> None:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from None

    def replace(source: Path, target: Path) -> None:
        # A virus scanner or an editor that looks at the file keeps it from being replaced for a moment.
        for seconds in (0.01, 0.05, 0.2, 0.5):
            try:
                os.replace(source, target)  # noqa: PTH105 - the name that crash tests count
            except PermissionError:
                time.sleep(seconds)
            else:
                return
        os.replace(source, target)  # noqa: PTH105

    def sync_folder(folder: Path) -> None:
        pass

    def set_mode(descriptor: int, mode: int) -> None:
        pass

    def is_ours(status: os.stat_result) -> bool:
        return True

    def is_open_to_others(status: os.stat_result) -> bool:
        return False

    def is_alive(process: int) -> bool:
        # `os.kill(process, 0)` would be no question: 0 is Ctrl+C for that process.
        return True

    def takes_escapes(terminal: TextIO) -> bool:
        # It does once it is asked to: learn.microsoft.com, "SetConsoleMode", ENABLE_VIRTUAL_TERMINAL_PROCESSING.
        import ctypes

        kernel, mode = ctypes.windll.kernel32, ctypes.c_uint32()
        console = ctypes.c_void_p(msvcrt.get_osfhandle(terminal.fileno()))
        return bool(
            kernel.GetConsoleMode(console, ctypes.byref(mode)) and kernel.SetConsoleMode(console, mode.value | 0x0004)
        )


is_junction: Callable[[str | os.PathLike[str]], bool] = getattr(os.path, "isjunction", lambda _: False)
"""Whether a folder is a junction, which is another one as a link is. Python tells it from 3.12 on."""
