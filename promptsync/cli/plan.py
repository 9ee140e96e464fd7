"""plan, check, drift: what an apply would do, and what was done on the service meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptsync.cli import common, common_plan, console
from promptsync.commands import check as checking
from promptsync.commands import drift as drifting
from promptsync.commands import plan as planning
from promptsync.files.disk import write_atomic
from promptsync.model.errors import ExitCode, UsageError
from promptsync.model.shell import command
from promptsync.output.plan_json import dumps, saved_plan
from promptsync.output.style import counted
from promptsync.output.tables import render_unmanaged
from promptsync.plan.changes import PlanOptions

if TYPE_CHECKING:
    from promptsync.files.target import Target


@click.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan for `apply PLAN`.")
@common_plan.plan_format
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if changes are pending, 3 on drift or conflict.")
@click.option("--offline", is_flag=True, help="Plan against the lock alone, without the service.")
@common.timeout
@common.verbose
@common_plan.deciding
@common.on_target
def plan(
    target: Target,
    options: PlanOptions,
    patience: float | None,
    out: Path | None,
    form: str,
    detailed_exitcode: bool,
    offline: bool,
    verbose: bool,
) -> int:
    """Show what an apply would do."""
    if out is not None and offline:
        raise UsageError("--out needs the service, and --offline leaves it out")
    with console.waiting("Reading files and service"):
        observer = console.watch(verbose=verbose)
        planned = planning.plan(target, options, offline=offline, patience=patience, observer=observer)
    common_plan.show_planned(planned, form, whole=verbose)
    if planned.refused is not None:
        raise planned.refused
    if out is not None:
        write_atomic(out, dumps(saved_plan(planned.plan, planned.host)).encode())
        console.tell(f"saved; carry it out with: {command('apply', str(out)).strip('`')}")
    return planned.exit_code(detailed=detailed_exitcode)


@click.command()
@click.option("--offline", is_flag=True, help="Check against the lock alone, without key and service.")
@click.option("--fail-on-drift", is_flag=True, help="Exit 3 where a prompt was changed on the service alone.")
@click.option("--fail-on-unmanaged", is_flag=True, help="Exit 3 where the service holds prompts of no lockfile.")
@common.only
@common.verbose
@common.on_target
def check(
    target: Target,
    only: tuple[str, ...],
    offline: bool,
    fail_on_drift: bool,
    fail_on_unmanaged: bool,
    verbose: bool,
) -> int:
    """The pre-merge check: files, lockfile and plan. Pending changes pass, drift warns, conflicts fail."""
    if offline and fail_on_unmanaged:
        raise UsageError("--fail-on-unmanaged needs the service, and --offline leaves it out")
    with console.waiting("Reading files and service"):
        observer = console.watch(verbose=verbose)
        options = PlanOptions(only=only)
        planned = checking.check(target, options, offline=offline, with_unmanaged=fail_on_unmanaged, observer=observer)
    common_plan.show_planned(planned, whole=True)
    if fail_on_unmanaged and planned.unmanaged:
        console.tell(f"{counted(len(planned.unmanaged), 'prompt')} on the service in no lockfile:")
        console.show_talk(render_unmanaged(planned.unmanaged, color=False))
        console.tell("help: `promptsync import --all` brings them into files")
    if planned.refused is not None:
        raise planned.refused
    return planned.check_code(fail_on_drift=fail_on_drift, fail_on_unmanaged=fail_on_unmanaged)


@click.command()
@common.verbose
@common.on_target
def drift(target: Target, verbose: bool) -> int:
    """Show what was changed on the service since the last apply. Reads only; exits 3 if there is anything."""
    with console.waiting("Reading files and service"):
        planned = drifting.drift(target, observer=console.watch(verbose=verbose))
    if planned.plan.changes:
        common_plan.show_planned(planned, whole=verbose)
        return ExitCode.CONFLICT
    common.show_warnings(planned.warnings)
    console.say("No drift. The service holds what the lockfile says.")
    return ExitCode.DONE
