"""Runs many spoiled inputs through one reader, and tells what should never happen."""

from __future__ import annotations

import random
import resource
import signal
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SLOW = 2.0
"""Seconds of processor time that no input may take."""

MEMORY = 400 * 1024
"""KiB by which the process may grow over a whole kind."""


@dataclass(frozen=True)
class Kind:
    """A reader: `make` gives an input, `read` raises whatever should not happen."""

    name: str
    count: int
    make: Callable[[random.Random], bytes]
    read: Callable[[bytes], None]


@dataclass(frozen=True)
class Finding:
    kind: str
    seed: int
    what: str
    data: bytes


class HangError(BaseException):
    """Not an Exception, so that nothing that is tested can catch it."""


def fuzz(kind: Kind, count: int, first: int = 0) -> Iterator[Finding]:
    """Inputs number `first` and on; each is made from its number alone."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(first, first + count):
        data = kind.make(random.Random(f"{kind.name} {seed}"))
        began = time.process_time()
        try:
            with _watched():
                kind.read(data)
        except HangError:
            yield Finding(kind.name, seed, "hangs", data)
        except Exception:
            yield Finding(kind.name, seed, traceback.format_exc(limit=-3), data)
        took = time.process_time() - began
        if took > SLOW:
            yield Finding(kind.name, seed, f"took {took:.1f} s", data)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    if grown > MEMORY:
        yield Finding(kind.name, first, f"the process grew by {grown // 1024} MiB", b"")


@contextmanager
def _watched() -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
