"""Whole processes, timed from outside: seconds, processor time, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import resource
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Run:
    """One process. `cpu` is its own and its children's seconds of processor time, `peak` megabytes (10^6) of memory."""

    seconds: float
    cpu: float
    peak: float
    requests: int = 0
    served: float = 0.0
    """Seconds of processor time that the service spent meanwhile."""


class BenchmarkError(Exception):
    """A process did not do what is to be measured."""


def run(command: Sequence[str], env: Mapping[str, str], cwd: Path, expected: int = 0) -> Run:
    """Run a command to its end. Raises BenchmarkError for another exit code than `expected`."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    told = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = code = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if code != expected:
        raise BenchmarkError(f"{' '.join(command)} ended with {code}: {told.decode(errors='replace')[-2000:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak_of(usage))


def peak_of(usage: resource.struct_rusage) -> float:
    """The most memory that a process has used, in megabytes (10^6 bytes)."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def median(measure: Callable[[], Run], runs: int) -> Run:
    """The middle one of several runs, by its seconds."""
    results = sorted((measure() for _ in range(runs)), key=lambda result: result.seconds)
    return results[(runs - 1) // 2]


def interleaved(measures: Sequence[Callable[[], Run]], runs: int) -> list[Run]:
    """The medians of several things, measured in turns, so that a machine that slows down does so for all."""
    results: list[list[Run]] = [[] for _ in measures]
    for _ in range(runs):
        for measure, found in zip(measures, results, strict=True):
            found.append(measure())
    return [sorted(found, key=lambda result: result.seconds)[(runs - 1) // 2] for found in results]


def cpu_of(pid: int) -> float:
    """Seconds of processor time that a running process has used; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / float(os.sysconf("SC_CLK_TCK"))
