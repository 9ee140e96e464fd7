"""apply: shows the plan, asks, and shows what came of it."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptsync.cli import common, common_plan, console
from promptsync.cli.signals import stopped_by_signals
from promptsync.commands import apply as applying
from promptsync.model.errors import ExitCode, UsageError
from promptsync.output.outcomes import render_outcomes
from promptsync.output.plan_json import saved_plan
from promptsync.output.style import counted
from promptsync.output.text import place
from promptsync.plan.changes import PlanOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.commands.results import Applied, Planned
    from promptsync.files.target import Target
    from promptsync.plan.changes import Plan


@click.command()
@click.argument("plan_file", metavar="[PLAN]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--all-or-nothing", is_flag=True, help="Write nothing while a conflict is open.")
@click.option("--archive", type=click.Path(path_type=Path, file_okay=False), help="Keep what is deleted here.")
@click.option("--parallelism", type=click.IntRange(1, 64), default=8, show_default=True, help="Prompts side by side.")
@common.timeout
@common.verbose
@common_plan.deciding
@common.on_target
@common.brings_home
def apply(
    target: Target, options: PlanOptions, plan_file: Path | None, yes: bool, verbose: bool, **settings: Any
) -> int:
    """Make the service say what the files say.

    With PLAN, a file that `plan --out` wrote, exactly that plan is carried out, or nothing if the world has moved.
    """
    if plan_file is not None and options != PlanOptions():
        raise UsageError("a saved plan carries its own --prune, --max-deletes, --overwrite, --create-twins and --only")
    if not yes and not sys.stdin.isatty():
        raise UsageError("without a terminal to ask on, apply needs --yes")
    saved = common_plan.read_saved(plan_file) if plan_file else None
    with ExitStack() as stack:
        looking = watcher(stack, yes=yes, verbose=verbose)
        applied = applying.apply(target, options, saved=saved, written=saved_plan, watcher=looking, **settings)
    show_applied(applied)
    return applied.exit_code


def show_applied(applied: Applied, *, apart: bool = False) -> None:
    """Lists what came of the plan, and what kept it from being recorded; `apart` from the results, as talk."""
    if applied.interrupted and not applied.outcomes:
        console.tell("nothing was applied")
        return
    color = console.has_color(sys.stderr if apart else sys.stdout)
    text = render_outcomes(applied.outcomes, applied.plan, color=color, interrupted=applied.interrupted)
    try:
        (console.show_talk if apart else console.show)(text)
    except OSError:
        # The disk that is full may be that of the output. What was done has to be known all the same.
        console.show_complaint(text)
        if applied.exit_code == ExitCode.DONE:
            raise
    if applied.problem is not None:
        from promptsync.cli import errors

        errors.tell(applied.problem)


def watcher(stack: ExitStack, *, yes: bool, verbose: bool, apart: bool = False) -> applying.Watcher:
    """Shows the plan, asks unless `yes`, and shows the progress until `stack` is closed.

    `apart` leaves the plan out, where stdout is for something else.
    """
    advance: list[Callable[[Any], Any]] = []

    def confirm(made: Plan) -> bool:
        where = place(made.target, made.host, made.path_prefix)
        if not yes and not console.ask(f"Apply {counted(len(made.decided), 'change')} to the {where}?"):
            return False
        advance.append(stack.enter_context(console.progress("Applying", len(made.decided))))
        return True

    def on_plan(planned: Planned) -> None:
        if apart:
            common.show_warnings(planned.warnings)
        else:
            common_plan.show_planned(planned, whole=verbose)

    return applying.Watcher(
        on_plan=on_plan,
        confirm=confirm,
        on_start=lambda applier: stack.enter_context(stopped_by_signals(applier)),
        on_outcome=lambda outcome: advance[0](outcome) if advance else None,
        on_request=console.watch(verbose=verbose),
    )
