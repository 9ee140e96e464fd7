"""The terminal: whether it has colours and how wide it is, talk on stderr, and progress on long work."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptsync.client import Exchange


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
    print(f"{exchange.method} {exchange.path} {status} {exchange.seconds * 1000:.0f} ms{note}", file=sys.stderr)  # noqa: T201


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[Any], Any]]:
    """A bar on stderr with count and rate, where that is a terminal and there is something to wait for."""
    if total < 2 or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda _: bar.advance(task)


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """A spinner on stderr while something is awaited, where that is a terminal."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(title):
        yield
