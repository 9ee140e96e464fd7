"""Runs command lines in children of its own, and kills each at the point that it is told. Started by `world.Driver`.

A child is a fork of this process, so that everything is imported once. Points are counted in the child: each file
operation that changes something (before it, and for a write also after half of it), and each request (before it is
sent, while it is under way, and after the service has carried it out).
"""

from __future__ import annotations

import importlib
import io
import json
import os
import pkgutil
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

SLOWER = 50
"""Waiting is so many times shorter here than it is for users."""

_real_sleep = time.sleep
time.sleep = lambda seconds: _real_sleep(seconds / SLOWER)

import promptsync.cli.main  # noqa: E402
import promptsync.service.client  # noqa: E402
import promptsync.service.transport  # noqa: E402


def warm_up() -> None:
    """Imports all that a child may need, so that none imports it for itself."""

    for module in pkgutil.walk_packages(promptsync.__path__, "promptsync."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    with promptsync.service.client.Client("http://127.0.0.1:9", "key", patience=0.01) as client, suppress(Exception):
        client.get("nothing")


class Points:
    """Counts, and kills at the one that is meant; 0 means none. `names` tells what each was."""

    def __init__(self, deadly: int) -> None:
        self.deadly = deadly
        self.names: list[str] = []
        self._lock = threading.Lock()

    def pass_by(self, name: str) -> None:
        if self.is_next_deadly(name):
            die()

    def is_next_deadly(self, name: str) -> bool:
        with self._lock:
            self.names.append(name)
            return len(self.names) == self.deadly


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    _real_sleep(60)


def patch(points: Points) -> None:
    for name in ("fsync", "replace", "rename", "unlink", "remove", "ftruncate", "mkdir", "rmdir"):
        _before(points, os, name)
    _before_opening(points)
    _torn_writes(points)
    _requests(points)


def _before(points: Points, module: Any, name: str) -> None:
    real = getattr(module, name)

    def patched(*args: Any, **kwargs: Any) -> Any:
        points.pass_by(name)
        return real(*args, **kwargs)

    setattr(module, name, patched)


def _before_opening(points: Points) -> None:
    real, real_os = io.open, os.open

    def patched(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if any(letter in mode for letter in "wax+"):
            points.pass_by(f"open {mode}")
        return real(file, mode, *args, **kwargs)

    def patched_os(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            points.pass_by("os.open")
        return real_os(path, flags, *args, **kwargs)

    io.open = patched
    os.open = patched_os


def _torn_writes(points: Points) -> None:
    real = os.write

    def patched(descriptor: int, data: bytes) -> int:
        points.pass_by("write")
        if points.is_next_deadly("half of a write"):
            real(descriptor, data[: len(data) // 2])
            die()
        return real(descriptor, data)

    os.write = patched


def _requests(points: Points) -> None:
    real = promptsync.service.transport.Transport.send

    def patched(transport: Any, call: Any, patience: Any) -> Any:
        points.pass_by(f"before {call.method}")
        if points.is_next_deadly(f"during {call.method}"):
            threading.Thread(target=real, args=(transport, call, patience), daemon=True).start()
            _real_sleep(0.003)
            die()
        result = real(transport, call, patience)
        points.pass_by(f"after {call.method}")
        return result

    promptsync.service.transport.Transport.send = patched  # type: ignore[method-assign]


def run(order: dict[str, Any]) -> dict[str, Any]:
    """Runs one command line in a child. Gives how it ended, what it said, and the points that it passed."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(readable)
        os._exit(_child(order, writable))
    os.close(writable)
    with os.fdopen(readable, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "names": json.loads(told) if told else [],
        "out": _read(order["out"]),
    }


def _child(order: dict[str, Any], pipe: int) -> int:
    code = 99
    try:
        os.environ.update(order["env"])
        output = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        points = Points(order["point"])
        patch(points)
        code = promptsync.cli.main.run(order["args"])
        sys.stdout.flush()
        with os.fdopen(pipe, "w") as told:
            json.dump(points.names, told)
    except BaseException:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8", errors="replace")


def main() -> None:
    warm_up()
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
