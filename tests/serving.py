"""`promptsync sandbox serve` in a process of its own, as a user starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[1]


@contextmanager
def command_served(root: Path, *options: str) -> Iterator[str]:
    """The URL at which the command serves the sandbox of `root`."""
    root.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "promptsync", "sandbox", "serve", "--dir", str(root), "--port", "0", *options]
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environ) as process:
        try:
            assert process.stderr is not None
            told = process.stderr.readline()
            found = re.search(r"http://[0-9.:]+", told)
            assert found is not None, told + process.stderr.read()
            yield found[0]
        finally:
            process.terminate()
