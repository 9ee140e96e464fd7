"""Plans that find nothing to do, beside what a script with the official SDK takes for the reading alone."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import tree
from benchmarks.measure import Run, interleaved, median
from benchmarks.table import Table
from benchmarks.world import World, world
from promptsync.service.reader import PARALLELISM

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.options import Options

_HERE = Path(__file__).parent


def thousand(options: Options) -> list[Table]:
    """A plan of 1,000 prompts, and the official SDK retrieving and listing them."""
    count = options.scaled(1_000)
    with world(count, latency=options.latency) as place:
        table = Table(f"Plan of {count:,} prompts, nothing to do, {options.latency * 1000:g} ms a request")
        fresh, known, ten = _in_turns(place, options.runs, partial(sdk, place, "retrieve", 10))
        table.add("plan, fresh checkout", fresh, base=True)
        table.add("plan, files seen before", known)
        alone = sdk(place, "retrieve", 1)
        table.add("SDK, retrieve one by one", alone)
        table.add("SDK, retrieve with ten threads", ten)
        table.add("SDK, list page after page", median(partial(sdk, place, "list", 1), options.runs))
        table.judge("requests", fresh.requests, 8)
        table.judge("fresh: times faster than the SDK one by one", alone.seconds / fresh.seconds, 80, least=True)
        table.judge("fresh checkout: times faster than its ten threads", ten.seconds / fresh.seconds, 8, least=True)
        table.judge("files seen before: times faster than its ten threads", ten.seconds / known.seconds, 15, least=True)
        return [table]


def ten_thousand(options: Options) -> list[Table]:
    """A plan of 10,000 prompts, fresh and known, the SDK with ten threads, the floor, and 1,000 beside it."""
    count, small = options.scaled(10_000), options.scaled(1_000)
    with world(small, latency=options.latency) as place:
        thousand = _in_turns(place, options.runs)[0]
    with world(count, latency=options.latency) as place:
        table = Table(f"Plan of {count:,} prompts, nothing to do, {options.latency * 1000:g} ms a request")
        fresh, known, bare = _in_turns(place, options.runs, partial(floor, place))
        ten = sdk(place, "retrieve", 10)
        table.add("plan, fresh checkout", fresh, base=True)
        table.add("plan, files seen before", known)
        table.add("floor: read, parse, get, decode, hash", bare)
        table.add("SDK, retrieve with ten threads", ten)
        table.add("SDK, list page after page", sdk(place, "list", 1))
        table.add(f"plan of {small:,}", thousand)
        table.judge("requests", fresh.requests, 60)
        table.judge("fresh: times faster than the SDK's ten threads", ten.seconds / fresh.seconds, 30, least=True)
        table.judge("files seen before: times faster than the SDK's", ten.seconds / known.seconds, 50, least=True)
        table.judge("fresh checkout: times the time of a tenth", fresh.seconds / thousand.seconds, 8)
        table.judge("fresh checkout: times the floor", fresh.seconds / bare.seconds, 1.7)
        table.judge("fresh checkout: peak MB", fresh.peak, 170)
        table.judge("files seen before: peak MB", known.peak, 170)
        return [table]


def changes(options: Options) -> list[Table]:
    """A plan in which every prompt changes, told as text: whether a change costs more where there are more."""
    table = Table(f"Plan in which every prompt changes, told as text, {options.latency * 1000:g} ms a request")
    per_change: list[float] = []
    seconds: list[float] = []
    for count in (options.scaled(1_000), options.scaled(10_000)):
        with world(count, latency=options.latency) as place:
            tree.write(place.prompts, count, 0.77)
            place.plan(expected=2)
            made = median(partial(place.plan, expected=2), options.runs)
        table.add(f"{count:,} changes", made, base=not per_change)
        per_change.append(made.cpu / count)
        seconds.append(made.seconds)
    table.judge("seconds for the fewer", seconds[0], 2)
    table.judge("processor time a change, times that of the fewer", per_change[1] / per_change[0], 1.2)
    return [table]


def big(options: Options) -> list[Table]:
    """A plan of 5,000 prompts with long texts: what is held of them at a time."""
    count, size = options.scaled(5_000), 26_000
    with world(count, latency=options.latency, size=size) as place:
        table = Table(f"Plan of {count:,} prompts of {size // 1000} kB each, {options.latency * 1000:g} ms a request")
        fresh, known = _in_turns(place, min(options.runs, 3))
        table.add("plan, fresh checkout", fresh, base=True)
        table.add("plan, files seen before", known)
        table.judge("fresh checkout: peak MB", fresh.peak, 400)
        table.judge("files seen before: peak MB", known.peak, 400)
        return [table]


def unmanaged(options: Options) -> list[Table]:
    """A plan of 1,000 managed prompts among 50,000 unmanaged ones, beside fetching the thousand by id."""
    count, others = options.scaled(1_000), options.scaled(50_000)
    with world(count, latency=options.latency, unmanaged=others) as place:
        title = f"Plan of {count:,} prompts among {others:,} unmanaged ones, {options.latency * 1000:g} ms a request"
        table = Table(title)
        plan = median(place.plan, options.runs)
        ten, sixteen = (median(partial(_by_id, place, at_once), options.runs) for at_once in (10, PARALLELISM))
        table.add("plan", plan, base=True)
        table.add("our client, each by id, ten at once", ten)
        table.add(f"our client, each by id, {PARALLELISM} at once as in the plan", sixteen)
        table.add("SDK, retrieve with ten threads", sdk(place, "retrieve", 10))
        table.judge("times the fetching by id with ten at once", plan.seconds / ten.seconds, 1.0)
        table.notes.append(f"times that with {PARALLELISM}: {plan.seconds / sixteen.seconds:.2f}")
        return [table]


def sdk(place: World, how: str, threads: int) -> Run:
    """The official SDK, in its own environment."""
    python = os.environ.get("PROMPTSYNC_SDK_4_PYTHON", "/tmp/sdk/v4/bin/python")
    lockfile = str(place.prompts / "promptsync.lock.json")
    return place.measured([python, str(_HERE / "sdk.py"), place.url, how, str(threads), lockfile])


def floor(place: World) -> Run:
    """The bare script."""
    return place.measured([sys.executable, str(_HERE / "floor.py"), place.url, str(place.prompts)])


def _by_id(place: World, at_once: int) -> Run:
    lockfile = str(place.prompts / "promptsync.lock.json")
    return place.measured([sys.executable, "-m", "benchmarks.byid", place.url, lockfile, str(at_once)])


def _in_turns(place: World, runs: int, *others: Callable[[], Run]) -> list[Run]:
    """With nothing remembered, as on a CI runner; with the files that this run has read; and then the others."""

    def fresh() -> Run:
        place.forget_files()
        return place.plan()

    place.plan()  # so that Python's own caches and the disk's are warm for all
    return interleaved([fresh, place.plan, *others], runs)
