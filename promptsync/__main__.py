"""`python -m promptsync` and the console script are the same."""

from __future__ import annotations

import sys

from promptsync import __version__


def main() -> None:
    """Runs the command line. The version is told without it: scripts ask often, and loading it takes a while."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"promptsync {__version__}\n")
        return
    from promptsync.cli.main import main as command_line

    command_line()


if __name__ == "__main__":
    main()
