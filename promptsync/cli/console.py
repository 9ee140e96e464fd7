"""The terminal: whether it has colours and how wide it is, talk on stderr, and progress on long work."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptsync.service.calls import Exchange


QUIET = 30.0
"""Seconds for which it is not said again that a run waits."""

SOON = 0.5
"""Seconds of waiting that need no sign of life."""

_WRITING = threading.Lock()


def prepare() -> None:
    """Lets text be written that the terminal's encoding cannot show, as an escape rather than an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def has_color(stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`: a terminal that does not say otherwise (https://no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width(stream: TextIO) -> int:
    """Columns to fill; a fixed number in a pipe, so that its lines are stable."""
    return max(60, min(shutil.get_terminal_size().columns, 160)) if stream.isatty() else 100


def show_exchange(exchange: Exchange) -> None:
    """A line for one request, on stderr (`-v`)."""
    status = exchange.status if exchange.status is not None else "no answer"
    note = f"  {exchange.note}" if exchange.note else ""
    _say(f"{exchange.method} {exchange.path} {status} {exchange.seconds * 1000:.0f} ms{note}")


def _say(line: str) -> None:
    """A whole line on stderr, whichever threads have something to say at once."""
    with _WRITING:
        sys.stderr.write(f"{line}\n")
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
        _say(f"waiting for the service: {exchange.note}")


def watch(*, verbose: bool) -> Callable[[Exchange], None]:
    """What to tell of the requests: each of them, or only that the run waits."""
    return show_exchange if verbose else Waits()


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[Any], Any]]:
    """A bar on stderr with count and time left, where that is a terminal and there is something to wait for."""
    if total < 2 or not _is_lively(sys.stderr):
        yield lambda _: None
        return
    with click.progressbar(length=total, label=title, show_pos=True, file=sys.stderr) as bar:
        yield lambda _: bar.update(1)


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """A word on stderr while something is awaited for longer than `SOON`, where that is a terminal."""
    if not _is_lively(sys.stderr):
        yield
        return
    shown = threading.Event()

    def show() -> None:
        sys.stderr.write(f"{title} …")
        sys.stderr.flush()
        shown.set()

    timer = threading.Timer(SOON, show)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if shown.is_set():
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _is_lively(stream: TextIO) -> bool:
    """Whether what was written to `stream` can be taken back."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"
