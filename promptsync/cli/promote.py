"""promote: one target gets what another one holds."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptsync.cli import common, common_plan, console
from promptsync.cli.apply import show_applied, watcher
from promptsync.commands import apply as applying
from promptsync.commands import plan as planning
from promptsync.commands import promote as promoting
from promptsync.files.disk import write_atomic
from promptsync.files.target import open_target
from promptsync.model.errors import ExitCode, UsageError
from promptsync.model.shell import command
from promptsync.output.plan_json import dumps, saved_plan
from promptsync.plan.changes import PlanOptions

if TYPE_CHECKING:
    from promptsync.files.loader import Loaded
    from promptsync.files.target import Target


@click.command()
@click.argument("origin", metavar="FROM")
@click.argument("destination", metavar="TO")
@click.argument("plan_file", metavar="[PLAN]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Apply it. Without this it is only planned.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan for `promote FROM TO PLAN`."
)
@common_plan.plan_format
@common.verbose
@common_plan.deciding
@common.where
def promote(
    root: Path,
    target: str,
    base_url: str | None,
    origin: str,
    destination: str,
    plan_file: Path | None,
    yes: bool,
    out: Path | None,
    form: str,
    verbose: bool,
    options: PlanOptions,
) -> int:
    """Let the target TO have what the target FROM holds now.

    Whatever was merged since, the files are taken as they were applied to FROM, and with what promptsync.yaml says of
    TO. Shows the plan; --yes applies it. With PLAN, a file that --out wrote, exactly that plan is carried out. What was
    changed on FROM since its apply is named, and nothing is promoted: exit 3.
    """
    if target != "default":
        raise UsageError("promote names its two targets itself, and has no --target")
    if plan_file is not None and options != PlanOptions():
        raise UsageError("a saved plan carries its own --prune, --max-deletes, --overwrite, --create-twins and --only")
    if yes and (out is not None):
        raise UsageError("--out saves the plan, and --yes applies it: one at a time")
    source, goal = (
        replace(open_target(root, name, base_url=base_url, environ=os.environ), notify=console.tell)
        for name in (origin, destination)
    )
    saved = common_plan.read_saved(plan_file) if plan_file else None
    chosen = saved.options if saved else options
    with console.waiting("Reading files and services"):
        tree = promoting.files_of(source, goal, chosen, observer=console.watch(verbose=verbose))
    if yes or saved is not None:
        return _apply(goal, options=options, tree=tree, plan_file=plan_file, yes=yes, verbose=verbose)
    return _plan(source, goal, options, tree, out, form, verbose=verbose)


def _plan(
    source: Target, target: Target, options: PlanOptions, tree: Loaded, out: Path | None, form: str, *, verbose: bool
) -> ExitCode:
    planned = planning.plan(target, options, tree=tree, observer=console.watch(verbose=verbose))
    common_plan.show_planned(planned, form, whole=verbose)
    if planned.refused is not None:
        raise planned.refused
    if out is not None:
        write_atomic(out, dumps(saved_plan(planned.plan, planned.host)).encode())
        carried = command("promote", source.name, target.name, str(out), options=("--yes",)).strip("`")
        console.tell(f"saved; carry it out with: {carried}")
    return ExitCode.DONE


@common.brings_home
def _apply(
    target: Target, *, options: PlanOptions, tree: Loaded, plan_file: Path | None, yes: bool, verbose: bool
) -> int:
    if not yes and not sys.stdin.isatty():
        raise UsageError("without a terminal to ask on, promote needs --yes")
    saved = common_plan.read_saved(plan_file) if plan_file else None
    with ExitStack() as stack:
        looking = watcher(stack, yes=yes, verbose=verbose)
        applied = applying.apply(target, options, tree=tree, saved=saved, written=saved_plan, watcher=looking)
    show_applied(applied)
    return applied.exit_code
