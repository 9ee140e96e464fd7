"""How long it takes until anything happens."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Run, interleaved, run
from benchmarks.table import Table
from benchmarks.world import REPOSITORY

if TYPE_CHECKING:
    from benchmarks.options import Options


def startup(options: Options) -> list[Table]:
    """`--version`, `--help` and `validate` beside a Python that imports click."""
    table = Table("Start-up, no service")
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ.get("PATH", ""), "HOME": home, "PYTHONPATH": str(REPOSITORY)}
        ours = partial(_python, env, "-m", "promptsync")
        measures = {
            "python -c 'import click'": partial(_python, env, "-c", "import click"),
            "promptsync --version": partial(ours, "--version"),
            "promptsync --help": partial(ours, "--help"),
            "promptsync validate, the shipped prompts": partial(ours, "validate", "--dir", str(REPOSITORY / "prompts")),
        }
        results = interleaved([*measures.values()], options.runs * 4)
    for what, result in zip(measures, results, strict=True):
        table.add(what, result, base=result is results[0])
    for result, what, limit in zip(results[1:], ("--version", "--help", "validate"), (1.0, 1.5, 4.0), strict=True):
        table.judge(f"{what}, times the import of click", result.seconds / results[0].seconds, limit)
    return [table]


def _python(env: dict[str, str], *arguments: str) -> Run:
    return run([sys.executable, *arguments], env, Path(env["HOME"]))
