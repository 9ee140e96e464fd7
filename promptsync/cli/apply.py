"""apply: shows the plan, asks, and shows what came of it."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptsync.cli import common, console
from promptsync.commands import apply as applying
from promptsync.files.disk import read_bytes
from promptsync.model.errors import ExitCode, UsageError
from promptsync.output.outcomes import render_outcomes
from promptsync.output.plan_json import saved_plan
from promptsync.output.style import counted
from promptsync.output.text import place
from promptsync.plan.changes import PlanOptions
from promptsync.plan.saved import parse_saved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptsync.apply.applier import Applier
    from promptsync.commands.results import Applied
    from promptsync.files.target import Target
    from promptsync.plan.changes import Plan
    from promptsync.plan.saved import SavedPlan


@click.command()
@click.argument("plan_file", metavar="[PLAN]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--all-or-nothing", is_flag=True, help="Write nothing while a conflict is open.")
@click.option("--archive", type=click.Path(path_type=Path, file_okay=False), help="Keep what is deleted here.")
@click.option("--parallelism", type=click.IntRange(1, 64), default=8, show_default=True, help="Prompts side by side.")
@common.timeout
@common.verbose
@common.deciding
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
    saved = _saved(plan_file) if plan_file else None
    with ExitStack() as stack:
        watcher = _watcher(stack, yes=yes, verbose=verbose)
        applied = applying.apply(target, options, saved=saved, written=saved_plan, watcher=watcher, **settings)
    if applied.interrupted and not applied.outcomes:
        console.tell("nothing was applied")
    else:
        _show(applied)
    return applied.exit_code


def _show(applied: Applied) -> None:
    """Lists what came of the plan, and what kept it from being recorded."""
    color = console.has_color(sys.stdout)
    text = render_outcomes(applied.outcomes, applied.plan, color=color, interrupted=applied.interrupted)
    try:
        console.show(text)
    except OSError:
        # The disk that is full may be that of the output. What was done has to be known all the same.
        console.show_talk(text)
        if applied.exit_code == ExitCode.DONE:
            raise
    if applied.problem is not None:
        from promptsync.cli import errors

        errors.tell(applied.problem)


def _watcher(stack: ExitStack, *, yes: bool, verbose: bool) -> applying.Watcher:
    """Shows the plan, asks unless `yes`, and shows the progress until `stack` is closed."""
    advance: list[Callable[[Any], Any]] = []

    def confirm(made: Plan) -> bool:
        where = place(made.target, made.host, made.path_prefix)
        if not yes and not console.ask(f"Apply {counted(len(made.decided), 'change')} to the {where}?"):
            return False
        advance.append(stack.enter_context(console.progress("Applying", len(made.decided))))
        return True

    return applying.Watcher(
        on_plan=lambda planned: common.show_planned(planned, whole=verbose),
        confirm=confirm,
        on_start=lambda applier: stack.enter_context(_stopped_by_signals(applier)),
        on_outcome=lambda outcome: advance[0](outcome) if advance else None,
        on_request=console.watch(verbose=verbose),
    )


def _saved(path: Path) -> SavedPlan:
    data = read_bytes(path)
    if data is None:
        raise UsageError(f"there is no plan {path}")
    return parse_saved(data, str(path))


@contextmanager
def _stopped_by_signals(applier: Applier) -> Iterator[None]:
    """The first signal lets what is in flight end and be recorded; the second breaks off, as a crash would.

    The journal is complete at any moment, so the next run finishes what either left.
    """
    seen: list[int] = []

    def stop(number: int, _: object) -> None:
        seen.append(number)
        if len(seen) > 1:
            console.shout(b"broken off; the next run settles what was in flight\n")
            os._exit(ExitCode.INTERRUPTED)
        applier.interrupt()
        console.shout(b"finishing what is in flight; once more breaks off\n")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
