"""`python -m benchmarks NAME…`: measures, prints tables, and ends with 1 where a promise is broken."""

from __future__ import annotations

import argparse
import os
import platform
import sys

from benchmarks import applies, edits, plans, profile, startup
from benchmarks.options import Options

NAMES = {
    "plan-1000": plans.thousand,
    "plan-10000": plans.ten_thousand,
    "changes": plans.changes,
    "strangers": plans.strangers,
    "apply": applies.apply,
    "apply-10000": applies.apply_more,
    "startup": startup.startup,
    "edits": edits.edits,
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
    broken = 0
    for name in arguments.names or NAMES:
        for table in NAMES[name](options):
            print(table, flush=True)
            broken += sum(verdict.startswith("BROKEN") for verdict in table.verdicts)
    return 1 if broken and not arguments.quick else 0


if __name__ == "__main__":
    sys.exit(main())
