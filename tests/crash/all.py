"""Kills an apply of some thirty changes at every point there is: `python -m tests.crash.all [FROM [TO [WAY]]]`.

Prints how many points were covered; exit 1 if one run could not be finished by the next.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from promptsync.sandbox import Behaviour
from tests.crash.world import APPLY, LAG, Driver, copied, opened, prepare, survives

WAYS = {
    "one by one": (Behaviour(), ("--parallelism", "1")),
    "one by one, the list lags": (Behaviour(list_lag=LAG), ("--parallelism", "1")),
    "eight side by side": (Behaviour(), ("--parallelism", "8")),
    "eight side by side, the list lags": (Behaviour(list_lag=LAG), ("--parallelism", "8")),
}


def main(first: int = 1, last: int | None = None, only: int | None = None) -> int:
    failed = 0
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as temporary, Driver() as driver:
        folder = Path(temporary) / "prepared"
        prepare(folder, driver)
        for number, (way, (behaviour, extra)) in enumerate(WAYS.items(), 1):
            if only not in (None, number):
                continue
            failed += _every_point(way, folder, Path(temporary) / "copy", driver, behaviour, extra, first, last)
    return 1 if failed else 0


def _every_point(
    way: str,
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
        wrong = survives(folder, copy, driver, point, behaviour, *extra)
        covered += wrong is not None
        if wrong:
            failed += 1
            name = whole.names[point - 1] if point <= len(whole.names) else "?"
            print(f"  point {point} ({name}): " + "; ".join(wrong), flush=True)
    kinds = ", ".join(f"{count} {name}" for name, count in sorted(Counter(whole.names).items()))
    seconds = time.monotonic() - began
    print(f"{way}: {covered} points covered, {failed} failed, {seconds:.0f} s ({kinds})", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(*(int(number) for number in sys.argv[1:])))
