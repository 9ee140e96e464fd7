"""What it takes to bring many edits of the service into the files."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.measure import Run, interleaved
from benchmarks.table import Table
from benchmarks.world import World, world

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.options import Options


def pull(options: Options) -> list[Table]:
    """A pull of 200 prompts that were all edited on the service, beside telling that they were."""
    count = options.scaled(200)
    with world(count, latency=options.latency) as place:
        place.edit_all()
        before = place.folder / "before"
        shutil.copytree(place.prompts, before)
        drift, pulled = interleaved([partial(_drift, place), partial(_pull, place, before)], options.runs)
    table = Table(f"Pull of {count:,} drifted files, {options.latency * 1000:g} ms a request")
    table.add("drift", drift, base=True)
    table.add("pull", pulled)
    table.judge("times drift", pulled.seconds / drift.seconds, 2)
    return [table]


def _drift(place: World) -> Run:
    return place.promptsync("drift", expected=3)


def _pull(place: World, before: Path) -> Run:
    """A pull, after which the files and the lock are again as they were."""
    pulled = place.promptsync("pull")
    shutil.rmtree(place.prompts)
    shutil.copytree(before, place.prompts)
    return pulled
