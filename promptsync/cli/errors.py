"""What went wrong, as a sentence on stderr and an exit code. Imported only when something did."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import TYPE_CHECKING

import click

from promptsync import __version__
from promptsync.cli import console
from promptsync.model.errors import ExitCode, PromptsyncError
from promptsync.output.escape import terminal
from promptsync.output.problems import render_error

if TYPE_CHECKING:
    from collections.abc import Mapping

ISSUES = "https://github.com/promptsync/promptsync/issues"

_SECRET = ("ORQ_", "KEY", "TOKEN", "SECRET", "PASSWORD")
"""What the name of a variable that holds a key begins with (a target's must begin with `ORQ_`), or has in it."""

_SHORTEST_KEY = 4
"""Characters: what is shorter is no key, and would take letters out of every word."""


def tell(error: BaseException) -> int:
    """Says what went wrong and gives the exit code. Only a bug of ours is told with a traceback."""
    match error:
        case click.UsageError():
            _show_usage(error)
            return ExitCode.USAGE
        case click.Abort() | KeyboardInterrupt():
            console.complain("interrupted")
            return ExitCode.INTERRUPTED
        case click.ClickException():
            console.complain(f"Error: {error.format_message()}")
            return ExitCode.ERROR
        case PromptsyncError():
            return _show(error)
        case OSError():
            what = f"{error.filename}" if error.filename else "the output"
            why = (error.strerror or str(error)).lower()
            return _show(PromptsyncError(f"{what} cannot be read or written: {why}"))
        case _:
            console.show_complaint(bug_report("".join(traceback.format_exception(error)), os.environ))
            return ExitCode.BUG


def bug_report(trace: str, environ: Mapping[str, str]) -> str:
    """What to say of an exception that no one foresaw. No value of a variable that may hold a key is in it.

    `trace` shows lines of source, and no values but those that stand in the exception's own text.
    """
    # The longest first: one may be the beginning of another.
    for name, value in sorted(environ.items(), key=lambda item: len(item[1]), reverse=True):
        if len(value) >= _SHORTEST_KEY and name != "ORQ_BASE_URL" and any(word in name.upper() for word in _SECRET):
            for spelled in (value, repr(value)[1:-1], json.dumps(value)[1:-1]):
                trace = trace.replace(spelled, f"${name}")
    report = f"this is a bug in promptsync {__version__}: please report it at {ISSUES}, with the lines below\n\n{trace}"
    return terminal(report, newlines=True).rstrip()


def _show_usage(error: click.UsageError) -> None:
    """What click says of a wrong use: its message repeats what was typed."""
    if error.ctx is not None and error.message == error.ctx.get_help():
        console.show_complaint(error.message)
        return
    if error.ctx is not None:
        console.show_complaint(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n")
    console.complain(f"Error: {error.format_message()}")


def _show(error: PromptsyncError) -> ExitCode:
    console.show_complaint(render_error(error, color=console.has_color(sys.stderr)))
    return error.exit_code
