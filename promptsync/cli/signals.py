"""What a signal does to an apply."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from promptsync.cli import console
from promptsync.model.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.apply.applier import Applier


@contextmanager
def stopped_by_signals(applier: Applier, *, breaks_off: bool = True) -> Iterator[None]:
    """The first signal lets what is in flight end and be recorded; the second breaks off, as a crash would.

    The journal is complete at any moment, so the next run finishes what either left. Where nothing `breaks_off`, the
    second changes nothing: a runner that cancels a job sends two, and kills what is still there after ten seconds
    (docs.github.com, "Workflow cancellation reference").
    """
    seen: list[int] = []

    def stop(number: int, _: object) -> None:
        seen.append(number)
        if len(seen) == 1:
            applier.interrupt()
            again = b"; once more breaks off" if breaks_off else b""
            console.shout(b"finishing what is in flight" + again + b"\n")
        elif breaks_off:
            console.shout(b"broken off; the next run settles what was in flight\n")
            os._exit(ExitCode.INTERRUPTED)

    numbers = {signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGBREAK", signal.SIGINT)}  # Ctrl+Break of Windows
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
