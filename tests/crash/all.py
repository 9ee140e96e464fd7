"""Kills an apply at every point there is: `python -m tests.crash.all [SCENE] [FROM [TO [WAY]]]`.

The scenes are some thirty changes of all kinds, files that traded places, and a preview that is made, changed and
deleted; of this one all points are taken in one way.

Prints how many points were covered; exit 1 if one run could not be finished by the next.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

from promptsync.sandbox import Behaviour
from tests.crash import previews, trades, world
from tests.crash.world import APPLY, LAG, Driver, copied, opened, survives

SCENES = {"changes": world, "trades": trades}

WAYS = {
    "one by one": (Behaviour(), ("--parallelism", "1")),
    "one by one, the list lags": (Behaviour(list_lag=LAG), ("--parallelism", "1")),
    "eight side by side": (Behaviour(), ("--parallelism", "8")),
    "eight side by side, the list lags": (Behaviour(list_lag=LAG), ("--parallelism", "8")),
}


def main(*arguments: str) -> int:
    scenes = {**{name: partial(_every_way, name) for name in SCENES}, "previews": _previews}
    named = [name for name in scenes if name in arguments]
    numbers = [int(number) for number in arguments[len(named) :]]
    return 1 if sum(scenes[name](*numbers) for name in named or scenes) else 0


def _previews(first: int = 1, last: int | None = None) -> int:
    failed = 0
    with tempfile.TemporaryDirectory() as temporary, Driver() as driver:
        for what in previews.COMMANDS:
            folder, copy = Path(temporary) / what, Path(temporary) / "copy"
            previews.prepare(folder, driver, what)
            names = previews.points(folder, copy, driver, Behaviour(), what)
            for point, name in list(enumerate(names, 1))[first - 1 : last]:
                wrong = previews.survives(folder, copy, driver, point, Behaviour(), what)
                failed += bool(wrong)
                if wrong:
                    print(f"  previews, {what}: point {point} ({name}): " + "; ".join(wrong), flush=True)
            print(f"previews, {what}: {len(names)} points", flush=True)
    return failed


def _every_way(scene: str, first: int = 1, last: int | None = None, only: int | None = None) -> int:
    failed = 0
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as temporary, Driver() as driver:
        folder = Path(temporary) / "prepared"
        SCENES[scene].prepare(folder, driver)
        for number, (way, (behaviour, extra)) in enumerate(WAYS.items(), 1):
            if only not in (None, number):
                continue
            copy = Path(temporary) / "copy"
            failed += _every_point(way, scene, folder, copy, driver, behaviour, extra, first, last)
    return failed


def _every_point(
    way: str,
    scene: str,
    folder: Path,
    copy: Path,
    driver: Driver,
    behaviour: Behaviour,
    extra: tuple[str, ...],
    first: int,
    last: int | None,
) -> int:
    with opened(copied(folder, copy), driver, behaviour) as world:
        whole = world.run(*APPLY, *extra)
        assert whole.code == 0, whole.out
    began, failed, covered = time.monotonic(), 0, 0
    for point in range(first, min(last or len(whole.names), len(whole.names)) + 1):
        wrong = survives(folder, copy, driver, point, behaviour, *extra, judge=SCENES[scene].check)
        covered += wrong is not None
        if wrong:
            failed += 1
            name = whole.names[point - 1] if point <= len(whole.names) else "?"
            print(f"  point {point} ({name}): " + "; ".join(wrong), flush=True)
    kinds = ", ".join(f"{count} {name}" for name, count in sorted(Counter(whole.names).items()))
    seconds = time.monotonic() - began
    print(f"{scene}, {way}: {covered} points covered, {failed} failed, {seconds:.0f} s ({kinds})", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
