"""Runs a command line as on Windows, as far as another system can play it: `python windows.py plan --target sandbox`.

What promptsync asks `sys` and `os` is answered as Windows does: no owners, no modes, no `fcntl`, no folder that is
opened, no signal that asks whether a process is alive. Libraries, and Python's own modules, are on the real system.
"""

from __future__ import annotations

import fcntl
import importlib
import os
import pkgutil
import shutil
import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

# Before anyone is told that this is Windows: what all of promptsync stands on.
import click
import deepdiff
import httpx
import jsonschema
import pydantic
import werkzeug
import yaml

LIBRARIES = (click, deepdiff, httpx, jsonschema, pydantic, werkzeug, yaml)
GONE = frozenset(
    {*("O_NOFOLLOW", "O_NONBLOCK", "O_DIRECTORY", "O_CLOEXEC"), *("geteuid", "getuid", "fchmod", "mkfifo")}
)


class Played:
    """A module as promptsync sees it: what is in `other` goes before what is in the module."""

    def __init__(self, module: ModuleType, gone: frozenset[str] = frozenset(), **other: Any) -> None:
        vars(self).update(_module=module, _gone=gone, **other)

    def __getattr__(self, name: str) -> Any:
        if name in self._gone:
            raise AttributeError(f"{self._module.__name__} of Windows has no {name}")
        return getattr(self._module, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)


def opened(path: Any, flags: int, mode: int = 0o777, **folder: Any) -> int:
    assert not folder, "Windows opens no file by a folder's number"
    if Path(path).is_dir():
        raise PermissionError(13, "Permission denied", str(path))
    return os.open(path, flags, mode)


def status_of(path: Any, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
    assert dir_fd is None, "Windows knows no file by a folder's number"
    return Path(path).stat(follow_symlinks=follow_symlinks)


def listed(path: Any = ".") -> list[str]:
    assert not isinstance(path, int), "Windows lists no folder by its number"
    return os.listdir(path)  # noqa: PTH208 - the one that is played


def asked(process: int, signal: int) -> None:
    raise AssertionError(f"signal {signal} ends process {process} on Windows")


def locked(descriptor: int, _: int, size: int) -> None:
    assert size == 1
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PermissionError(13, "Permission denied") from None


def main(words: list[str], programs: Path) -> int:
    (programs / "git.exe").symlink_to(str(shutil.which("git")))
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    sys.modules["msvcrt"] = SimpleNamespace(LK_NBLCK=2, locking=locked)  # type: ignore[assignment]
    sys.modules["fcntl"] = None  # type: ignore[assignment]
    real, sys.platform = sys.platform, "win32"
    import promptsync

    found = [one.name for one in pkgutil.walk_packages(promptsync.__path__, "promptsync.")]
    modules = [importlib.import_module(name) for name in found if not name.endswith("__main__")]
    sys.platform = real
    played = {
        "os": Played(*(os, GONE), O_BINARY=0, O_NOINHERIT=0, open=opened, stat=status_of, listdir=listed, kill=asked),
        "sys": Played(sys, platform="win32"),
    }
    for module in modules:
        for name in played.keys() & vars(module).keys():
            setattr(module, name, played[name])
    from promptsync.cli import console
    from promptsync.cli.main import run

    console.let_readers_leave()
    return run(words)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        code = main(sys.argv[1:], Path(folder))
    sys.stdout.flush()
    os._exit(code)
