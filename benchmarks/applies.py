"""Applies: how near to the number of requests times their latency, and how much work a prompt is."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import tree
from benchmarks.measure import Run, median, run
from benchmarks.table import Table
from benchmarks.world import World, world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.options import Options

WORKERS = 16
_TERRAFORM_RESOURCE = """\
resource "terraform_data" "p{number}" {{
  input = <<-EOT
{text}
  EOT
}}
"""


def apply(options: Options) -> list[Table]:
    """1,000 creates and as many updates, with a latency and without, and beside them Terraform where it is there."""
    count = options.scaled(1_000)
    return [_with_latency(options, count), _without_latency(options, count)]


def apply_more(options: Options) -> list[Table]:
    """10,000 creates: whether a prompt costs more where there are more."""
    small, large = options.scaled(1_000), options.scaled(10_000)
    table = Table(f"Creates with --parallelism {WORKERS}, {options.latency * 1000:g} ms a request")
    per_prompt = []
    for count in (small, large):
        with world(count, latency=options.latency, applied=False) as place:
            made = _apply(place)
        table.add(f"{count:,} creates", made, base=count == small)
        per_prompt.append(made.seconds / count)
    table.judge("per prompt, times that of the fewer", per_prompt[1] / per_prompt[0], 1.2)
    return [table]


def _with_latency(options: Options, count: int) -> Table:
    title = f"Apply of {count:,} prompts with --parallelism {WORKERS}, {options.latency * 1000:g} ms a request"
    table = Table(title)
    with world(count, latency=options.latency, applied=False) as place:
        created, updated = _create_and_update(place, count, min(options.runs, 3))
    # One page before it, and for an update a read right before the write.
    for what, made, requests in (("creates", created, count + 1), ("updates", updated, 2 * count + count // 200 + 1)):
        ideal = requests * options.latency / WORKERS
        table.add(f"{count:,} {what}", replace(made, requests=requests), base=what == "creates")
        table.judge(f"{what}, times requests x latency / {WORKERS}", made.seconds / ideal, 1.5)
        table.notes.append(f"{what}: the service itself worked {made.served:.2f} s meanwhile, ideal is {ideal:.2f} s")
    terraform = shutil.which("terraform")
    if terraform is not None:
        with _terraform(terraform, count) as (place_tf, env):
            table.add("Terraform apply of as many terraform_data", run([terraform, *_APPLY], env, place_tf))
            table.add("Terraform plan, nothing to do", run([terraform, *_PLAN], env, place_tf))
    return table


def _without_latency(options: Options, count: int) -> Table:
    table = Table(f"Apply of {count:,} prompts with --parallelism {WORKERS}, no latency")
    with world(count, latency=0, applied=False) as place:
        created, updated = _create_and_update(place, count, options.runs)
        idle = median(partial(place.promptsync, "--version"), options.runs)
    for what, made in (("creates", created), ("updates", updated)):
        table.add(f"{count:,} {what}", made, base=what == "creates")
        table.judge(f"{what}, ms of processor time a prompt", (made.cpu - idle.cpu) / count * 1000, 2.5)
    return table


def _create_and_update(place: World, count: int, runs: int) -> tuple[Run, Run]:
    temperatures = iter(number / 100 for number in range(200))

    def create() -> Run:
        place.reset()
        return _apply(place)

    def update() -> Run:
        tree.write(place.prompts, count, next(temperatures))
        return _apply(place)

    created = median(create, runs)
    return created, median(update, runs)


def _apply(place: World) -> Run:
    return place.promptsync("apply", "--yes", "--parallelism", str(WORKERS))


_APPLY = ("apply", "-auto-approve", f"-parallelism={WORKERS}", "-no-color")
_PLAN = ("plan", "-no-color", "-detailed-exitcode")


@contextmanager
def _terraform(terraform: str, count: int) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with as many resources of the same text, initialised. No provider has to be fetched for these."""
    with tempfile.TemporaryDirectory(prefix="promptsync-benchmark-") as name:
        folder = Path(name)
        resources = (
            _TERRAFORM_RESOURCE.format(number=number, text=tree.text(number).replace("${", "$${"))
            for number in range(count)
        )
        (folder / "main.tf").write_text("".join(resources), encoding="utf-8")
        env = {"PATH": str(Path(terraform).parent), "HOME": name, "CHECKPOINT_DISABLE": "1"}
        run([terraform, "init", "-no-color"], env, folder)
        yield folder, env


if __name__ == "__main__":
    sys.exit("run python -m benchmarks apply")
