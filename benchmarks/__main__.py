"""`python -m benchmarks NAME…`: measures, prints tables, and ends with 1 where a promise is broken."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from typing import TYPE_CHECKING

from benchmarks import applies, edits, plans, profile, pulls, rendering, startup
from benchmarks.options import Options
from benchmarks.table import Shares, Table, promise_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAMES: dict[str, Callable[[Options], Sequence[Table | Shares]]] = {
    "plan-1000": plans.thousand,
    "plan-10000": plans.ten_thousand,
    "changes": plans.changes,
    "big": plans.big,
    "unmanaged": plans.unmanaged,
    "apply": applies.apply,
    "apply-10000": applies.apply_more,
    "startup": startup.startup,
    "pull": pulls.pull,
    "edits": edits.edits,
    "render": rendering.render,
    "profile": profile.profile,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; by default all")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds a request (0.05)")
    parser.add_argument("--runs", type=int, default=5, help="how many runs a median is of (5)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the prompts, 10 ms, one run: a smoke test")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - NAMES.keys()
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    options = Options(arguments.latency, arguments.runs)
    if arguments.quick:
        options = Options(latency=0.01, runs=1, scale=10)
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} processors\n")
    measured: list[Table | Shares] = []
    for name in arguments.names or NAMES:
        for table in NAMES[name](options):
            print(table, flush=True)
            measured.append(table)
    print(promise_table(measured))
    is_kept = all(promise.is_kept for table in measured for promise in table.promises)
    return 0 if is_kept or arguments.quick else 1


if __name__ == "__main__":
    sys.exit(main())
