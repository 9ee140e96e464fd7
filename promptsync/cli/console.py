"""The terminal: the one way out for all that is said, whether it has colours and how wide it is, progress on long work.

No other module writes to stdout or stderr: `say` and `tell` take a sentence and escape all that acts on what shows it,
line breaks included; `show` takes what a renderer made, and lets its lines and colours pass.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import sys
import threading
import time
from contextlib import contextmanager, suppress
from itertools import cycle
from typing import TYPE_CHECKING, Any, TextIO

import click

from promptsync.files.system import takes_escapes
from promptsync.output.escape import rendered, terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptsync.service.calls import Exchange


QUIET = 30.0
"""Seconds for which it is not said again that a run waits."""

SOON = 0.5
"""Seconds of waiting that need no sign of life."""

ERASE = "\r\x1b[2K"
"""Empties the line that the cursor is on (ECMA-48)."""

_TURN = 0.1
"""Seconds for which a spinner shows the same sign."""

_WRITING = threading.Lock()

_quiet = threading.Event()
"""Set where only results and errors are wanted (`-q`)."""


def be_quiet() -> None:
    """Shows results and errors alone from now on, until the next command line."""
    _quiet.set()


def prepare() -> None:
    """Lets text be written that the terminal's encoding cannot show, as an escape rather than an error.

    Files and pipes would get the encoding of its oldest programs on Windows.
    """
    _quiet.clear()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8" if sys.platform == "win32" else None, errors="backslashreplace")


class _Output(io.FileIO):
    """An output of the process. What it cannot take for one of the reasons `forgiven` is dropped.

    A reader that has gone away (`promptsync apply | head`) stops nothing and changes no exit code. Windows tells that
    of a pipe as EINVAL.
    """

    def __init__(self, number: int, forgiven: type[OSError]) -> None:
        super().__init__(number, "w", closefd=False)
        self._forgiven = forgiven

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if isinstance(error, self._forgiven) or (sys.platform == "win32" and error.errno == errno.EINVAL):
                return memoryview(data).nbytes
            raise


def let_readers_leave() -> None:
    """Lets the run go on to its end when no one reads its output any more, or where its talk cannot be written."""
    sys.stdout = _replaced(sys.stdout, BrokenPipeError)
    sys.stderr = _replaced(sys.stderr, OSError)


def _replaced(stream: TextIO, forgiven: type[OSError]) -> TextIO:
    if sys.platform == "win32" and stream.isatty():
        return stream  # Python writes to that console by calls of its own, and it goes with its window.
    output = io.BufferedWriter(_Output(stream.fileno(), forgiven))
    return io.TextIOWrapper(output, encoding=stream.encoding, line_buffering=bool(stream.line_buffering))


def has_color(stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`: a terminal that does not say otherwise (https://no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return _is_terminal(stream)


def width(stream: TextIO) -> int:
    """Columns to fill; a fixed number in a pipe, so that its lines are stable."""
    return max(60, min(shutil.get_terminal_size().columns, 160)) if stream.isatty() else 100


def say(sentence: str) -> None:
    """A result of one line, on stdout."""
    sys.stdout.write(f"{terminal(sentence)}\n")
    sys.stdout.flush()


def tell(sentence: str) -> None:
    """Talk of one line, on stderr, in place of a bar or spinner, which shows itself again below it."""
    if not _quiet.is_set():
        complain(sentence)


def complain(sentence: str) -> None:
    """What went wrong, in one line, where talk goes; `-q` does not silence it."""
    _write(f"{ERASE if _is_lively(sys.stderr) else ''}{terminal(sentence)}\n")


def show(text: str) -> None:
    """A result as a renderer made it, on stdout."""
    sys.stdout.write(rendered(text, color=has_color(sys.stdout)) + "\n")
    sys.stdout.flush()


def show_commands(text: str) -> None:
    """Commands to a CI runner as their renderer made them, on stdout. Nothing else may begin a line as they do."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def show_talk(text: str) -> None:
    """Talk as a renderer made it, on stderr."""
    if not _quiet.is_set():
        show_complaint(text)


def show_complaint(text: str) -> None:
    """What went wrong, as a renderer made it; `-q` does not silence it."""
    _write(rendered(text, color=has_color(sys.stderr)) + "\n")


def shout(line: bytes) -> None:
    """Talk from within a signal's handler, where a buffer may be half written. It may be for no one."""
    with suppress(OSError):
        os.write(sys.stderr.fileno(), line)


def answer(question: str, default: str) -> str:
    """What a person types, or `default` for an empty line. Raises click.Abort where there is no one."""
    _write(f"{terminal(question)} [{terminal(default)}]: ")
    line = sys.stdin.readline()
    if not line:
        raise click.Abort
    return line.strip() or default


def ask(question: str) -> bool:
    """Whether a person answers `yes`, or `y`; anything else is no. Raises click.Abort where there is no one."""
    while True:
        _write(f"{terminal(question)} [yes/no]: ")
        line = sys.stdin.readline()
        if not line:
            raise click.Abort
        answer = line.strip().lower()
        if answer in ("y", "yes"):
            return True
        if answer in ("n", "no", ""):
            return False
        tell("answer yes or no")


def show_exchange(exchange: Exchange) -> None:
    """A line for one request, on stderr (`-v`)."""
    status = exchange.status if exchange.status is not None else "no answer"
    note = f"  {_note(exchange)}" if exchange.note else ""
    tell(f"{exchange.method} {exchange.path} {status} {exchange.seconds * 1000:.0f} ms{note}")


def _note(exchange: Exchange) -> str:
    """What went wrong, and what follows."""
    return exchange.note + (f"; next attempt in {exchange.retry_in:.1f} s" if exchange.retry_in is not None else "")


def _write(text: str) -> None:
    """Writes to stderr at once, whichever threads have something to say."""
    with _WRITING:
        sys.stderr.write(text)
        sys.stderr.flush()


class Waits:
    """Says once when a run begins to wait for the service, and again only after `QUIET` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = float("-inf")
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        """Takes each request as it ends, from whichever thread."""
        if exchange.retry_in is None:
            return
        with self._lock:
            now = self._clock()
            if now < self._until:
                return
            self._until = now + QUIET
        tell(f"waiting for the service: {_note(exchange)}")


def watch(*, verbose: bool = False) -> Callable[[Exchange], None]:
    """What to tell of the requests: each of them, or only that the run waits."""
    return show_exchange if verbose else Waits()


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[Any], None]]:
    """A bar on stderr with count, rate and time, where that is a terminal and there is something to wait for.

    It advances with each call of what is given, from whichever thread, and is gone in the end.
    """
    if total < 2 or not _is_lively(sys.stderr):
        yield lambda _: None
        return
    began = time.monotonic()

    def pace(_: object) -> str:
        seconds = time.monotonic() - began
        minutes, rest = divmod(int(seconds), 60)
        return f"{bar.pos / max(seconds, 0.001):.1f}/s  {minutes}:{rest:02}"

    def advance(_: object) -> None:
        with _WRITING:
            bar.update(1)

    shows: dict[str, Any] = {"show_pos": True, "show_percent": False, "show_eta": False, "item_show_func": pace}
    bar = click.progressbar(length=total, label=terminal(title), file=sys.stderr, **shows)
    try:
        with bar:
            yield advance
    finally:
        _write(f"\x1b[A{ERASE}")


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """A spinner on stderr while something is awaited for longer than `SOON`, where that is a terminal."""
    if not _is_lively(sys.stderr):
        yield
        return
    done = threading.Event()

    def spin() -> None:
        if done.wait(SOON):
            return
        for sign in cycle("|/-\\"):
            _write(f"\r{sign} {terminal(title)}")
            if done.wait(_TURN):
                break
        _write(ERASE)

    thread = threading.Thread(target=spin, name="spinner", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _is_lively(stream: TextIO) -> bool:
    """Whether what was written to `stream` can be taken back, and anyone wants to see it come and go."""
    return not _quiet.is_set() and _is_terminal(stream)


def _is_terminal(stream: TextIO) -> bool:
    """Whether `stream` goes to a terminal that acts on escape sequences."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and takes_escapes(stream)
