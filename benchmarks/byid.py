"""Every prompt of a lockfile by id, N at once, with our own client: `python -m benchmarks.byid URL LOCK N`."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from promptsync.service.client import Client

if __name__ == "__main__":
    entries = json.loads(Path(sys.argv[2]).read_bytes())["prompts"]
    at_once = int(sys.argv[3])
    with Client(sys.argv[1], "benchmark", connections=at_once) as client, ThreadPoolExecutor(at_once) as pool:
        found = list(pool.map(client.get, [entry["id"] for entry in entries.values()]))
    assert len(found) == len(entries)
