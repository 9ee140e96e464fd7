"""Where the processor time of a plan goes, room by room."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.table import Shares
from benchmarks.world import World, world

if TYPE_CHECKING:
    from benchmarks.options import Options


def profile(options: Options) -> list[Shares]:
    """A plan of 10,000 prompts, with files read for the first time and with files seen before."""
    count = options.scaled(10_000)
    with world(count, latency=options.latency) as place:
        place.plan()  # so that Python's own caches are warm
        place.forget_files()
        first, again = _phases(place), _phases(place)
    title = f"Where the processor time of a plan of {count:,} prompts goes"
    return [Shares(title, {"files read for the first time": first, "files seen before": again})]


def _phases(place: World) -> dict[str, float]:
    with tempfile.NamedTemporaryFile(prefix="promptsync-benchmark-") as file:
        plan = ["plan", "--dir", str(place.prompts), "--detailed-exitcode"]
        place.measured([sys.executable, "-m", "benchmarks.phases", file.name, *plan])
        spent: dict[str, float] = json.loads(Path(file.name).read_bytes())
    return spent
