"""Parses many files on several processors: the threads of one process would take turns.

The others are processes of their own that know nothing but this program and the root: no key, no variable. One that
cannot be started, or ends too early, leaves its work to this one.
"""

from __future__ import annotations

import marshal
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import astuple
from itertools import islice
from pathlib import Path
from queue import Empty, Queue, SimpleQueue
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from promptsync.files.disk import include_reader
from promptsync.files.loader import Source, parser
from promptsync.files.packed import Packed, PackedFile, pack
from promptsync.model.prompt import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from promptsync.files.loader import Read

MOST_HELPERS = 3
BATCH = 200

_LENGTH = 8
_MOST = 1 << 31
_PROGRAM = "import sys; sys.path[:] = {path!r}; from promptsync.files.helpers import help_out; help_out()"

Batch: TypeAlias = list[Source]


def parse_together(
    sources: Iterable[Source], root: Path, max_bytes: int, allow_fields: Collection[str]
) -> Iterator[Read]:
    """What is in each of many files of `root`, in any order."""
    settings = (str(root), max_bytes, sorted(allow_fields))
    parse = parser(include_reader(root, max_bytes=max_bytes), allow_fields)
    todo: Queue[Batch | None] = Queue()
    done: SimpleQueue[tuple[Batch, list[Read] | None]] = SimpleQueue()
    helpers = [_Helper(settings, todo, done) for _ in range(min(_processors() - 1, MOST_HELPERS))]
    rest = iter(sources)
    given = 0
    try:
        while batch := list(islice(rest, BATCH)):
            todo.put(batch)
            given += 1
            if todo.qsize() > 2 * len(helpers):
                given -= 1
                yield from parse(_next(todo))
        while given:
            given -= 1
            if batch := _next(todo):
                yield from parse(batch)
                continue
            batch, reads = done.get()
            yield from parse(batch) if reads is None else reads
    finally:
        while not todo.empty():
            with suppress(Empty):
                todo.get_nowait()
        for _ in helpers:
            todo.put(None)
        for helper in helpers:
            helper.end()


class _Helper:
    """A process that parses batches, and the thread that talks with it."""

    def __init__(
        self,
        settings: tuple[Any, ...],
        todo: Queue[Batch | None],
        done: SimpleQueue[tuple[Batch, list[Read] | None]],
    ) -> None:
        self._settings = settings
        self._todo = todo
        self._done = done
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._work, name="parsing", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Ends the process, whatever it is doing, and waits for the thread, which knows that there is no more to do."""
        if self._process is not None:
            self._process.kill()
        self._thread.join()

    def _work(self) -> None:
        while (batch := self._todo.get()) is not None:
            try:
                reads = self._ask(batch)
            except Exception:  # whatever it is, the work is done here
                self._done.put((batch, None))
                break
            self._done.put((batch, reads))
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def _ask(self, batch: Batch) -> list[Read]:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - this program
                [sys.executable, "-I", "-c", _PROGRAM.format(path=sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ},
            )
            _send(self._process.stdin, self._settings)
        _send(self._process.stdin, [(source.key, source.file, source.data) for source in batch])
        return [_read(source, *told) for source, told in zip(batch, _receive(self._process.stdout), strict=True)]


def help_out() -> None:
    """What the other process does: answers each batch on stdin, until there is none any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that asks is told, and ends this one
    try:
        root, max_bytes, allow_fields = _receive(sys.stdin.buffer)
        include = include_reader(Path(root), max_bytes=max_bytes)
        parse = parser(include, allow_fields)
        while True:
            batch = [Source(*told) for told in _receive(sys.stdin.buffer)]
            _send(sys.stdout.buffer, [_told(*read, include) for read in parse(batch)])
    except (EOFError, BrokenPipeError):
        return


def _told(source: Source, file: Any, problems: list[Problem], include: Callable[[str, str], str]) -> tuple[Any, ...]:
    """A file as it goes through a pipe: the fields of `Packed`, nothing where there is an error; and all problems."""
    packed = pack(source, include, file, problems) if file is not None else None
    if file is not None and packed is None:
        raise ValueError(source.file)  # a text that went away meanwhile: the other process finds out by itself
    return tuple(packed.packed) if packed is not None else None, [astuple(problem) for problem in problems]


def _read(source: Source, packed: tuple[Any, ...] | None, problems: list[tuple[Any, ...]]) -> Read:
    file = PackedFile(source.key, Packed(*packed)) if packed is not None else None
    return source, file, [Problem(*problem) for problem in problems]


def _send(pipe: IO[bytes] | None, value: Any) -> None:
    data = marshal.dumps(value)
    if pipe is not None:
        pipe.write(len(data).to_bytes(_LENGTH, "big") + data)
        pipe.flush()


def _receive(pipe: IO[bytes] | None) -> Any:
    head = pipe.read(_LENGTH) if pipe is not None else b""
    if pipe is None or len(head) < _LENGTH:
        raise EOFError
    length = int.from_bytes(head, "big")
    data = pipe.read(length) if length <= _MOST else b""
    if len(data) < length:
        raise EOFError
    # From a process that this one started, of the same Python.
    return marshal.loads(data)  # noqa: S302


def _next(todo: Queue[Batch | None]) -> Batch:
    try:
        return todo.get_nowait() or []
    except Empty:
        return []


def _processors() -> int:
    """Those that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
