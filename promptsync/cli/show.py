"""show: a saved plan, in any format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptsync.cli import common, common_plan, console
from promptsync.model.errors import ExitCode
from promptsync.model.shell import command
from promptsync.output.again import show_again
from promptsync.output.formats import render_shown
from promptsync.output.heading import heading

if TYPE_CHECKING:
    from promptsync.files.target import Target


@click.command()
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path, dir_okay=False))
@common_plan.plan_format
@click.option("-v", "--verbose", is_flag=True, help="Tell every text whole.")
@common.on_target
def show(target: Target, plan_file: Path, form: str, verbose: bool) -> int:
    """Show a plan that `plan --out` saved, without applying it.

    Neither files nor service are looked at: it is shown as it was made, whatever has changed since.
    """
    saved = common_plan.read_saved(plan_file)
    plan = show_again(saved, str(target.root))
    layout = common.layout_of_stdout(whole=verbose)
    common_plan.show_rendered(render_shown(plan, layout, form), form)
    console.tell(f"a saved plan: {'; '.join(heading(plan, layout).facts)}")
    if not plan.offline:
        console.tell(f"carry it out with: {command('apply', str(plan_file)).strip('`')}")
    return ExitCode.DONE
