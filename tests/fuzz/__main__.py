"""All of the fuzzing: `python -m tests.fuzz [SHARE]`; SHARE 1 is 100,000 files and 10,000 of everything else."""

from __future__ import annotations

import sys
import time

from tests.fuzz.kinds import KINDS
from tests.fuzz.run import Finding, fuzz


def main(share: float = 1.0) -> int:
    findings: list[Finding] = []
    for kind in KINDS:
        began, count = time.monotonic(), max(1, int(kind.count * share))
        found = list(fuzz(kind, count))
        seconds = time.monotonic() - began
        print(f"{kind.name}: {count:,} tried, {len(found)} findings, {seconds:.0f} s", flush=True)
        for finding in found[:10]:
            print(f"  seed {finding.seed}: {finding.what}\n    {finding.data[:300]!r}", flush=True)
        findings += found
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(*(float(share) for share in sys.argv[1:])))
