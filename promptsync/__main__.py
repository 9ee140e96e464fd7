"""`python -m promptsync` and the console script are the same."""

from __future__ import annotations

import os
import sys

from promptsync import __version__


def main() -> None:
    """Runs the command line, and ends in a sentence also where it is interrupted while that is still loaded."""
    try:
        _open_missing_streams()
        _run()
    except KeyboardInterrupt:
        os.write(sys.stderr.fileno(), b"\ninterrupted\n")
        os._exit(130)


def _open_missing_streams() -> None:
    """Lets streams that were closed (by cron, a daemon, `>&-`) lead nowhere.

    Else the next file that is opened, such as the journal, would get the number of one, and be written to as such.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _run() -> None:
    """The version is told without the command line: scripts ask often, and loading it takes a while."""
    if sys.argv[1:] == ["--version"]:
        try:
            sys.stdout.write(f"promptsync {__version__}\n")
            sys.stdout.flush()
            return
        except OSError:
            pass  # the command line tells that, too
    from promptsync.cli.main import main as command_line

    command_line()


if __name__ == "__main__":
    main()
