"""The sandbox in a process of its own: `python -m benchmarks.serve DATABASE`. Prints where it is."""

from __future__ import annotations

import sys
from pathlib import Path

from promptsync.sandbox import Sandbox, run_forever

if __name__ == "__main__":
    with Sandbox(Path(sys.argv[1])) as sandbox:
        run_forever(sandbox, ready=lambda url: print(url, flush=True))
