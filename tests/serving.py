"""`promptsync sandbox serve` in a process of its own, as a user starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.serving import make_server

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[1]


@contextmanager
def app_served(app: Any) -> Iterator[str]:
    """The URL at which a WSGI application answers, on loopback and in this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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
