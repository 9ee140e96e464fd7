"""import, adopt, mv: which file is which prompt."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from promptsync.cli import common, console
from promptsync.commands import adopt as adopting
from promptsync.commands import import_ as importing
from promptsync.commands import mv as moving
from promptsync.model.errors import ExitCode, UsageError
from promptsync.output.escape import terminal
from promptsync.output.formats import render
from promptsync.output.tables import render_pairs, render_unmanaged

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.commands.results import Imported, Pair
    from promptsync.files.target import Target


@click.command("import")
@click.option("--list", "listing", is_flag=True, help="Show what the service holds that no file does.")
@click.option("--all", "everything", is_flag=True, help="Import all of that.")
@click.option("--id", "ids", multiple=True, help="Import this prompt.")
@click.option("--into", default="Default", show_default=True, metavar="FOLDER", help="The folder of the new files.")
@common.on_target
def import_(target: Target, listing: bool, everything: bool, ids: tuple[str, ...], into: str) -> int:
    """Bring prompts that no file holds into files and lock, or list them. The service is only read."""
    if listing + everything + bool(ids) != 1:
        raise UsageError("import takes one of --list, --all and --id")
    if listing:
        found = importing.unmanaged(target)
        color = console.has_color(sys.stdout)
        common.show(render_unmanaged(found, color=color) if found else "every prompt on the service is in a lockfile")
        return ExitCode.DONE
    with ExitStack() as stack:
        advance: list[Callable[[Any], Any]] = []
        done = importing.import_prompts(
            target,
            None if everything else ids,
            into,
            on_start=lambda total: advance.append(stack.enter_context(console.progress("Importing", total))),
            on_prompt=lambda key: advance[0](key),
        )
    _show_imported(done)
    return ExitCode.PARTIAL if done.left_out else ExitCode.DONE


def _show_imported(done: Imported) -> None:
    for key, id in done.keys.items():
        click.echo(f"{terminal(key)}  {terminal(id)}")
    for id, why in done.left_out.items():
        click.echo(f"{terminal(id)} was left out: {terminal(why)}", err=True)
    if done.allow_fields:
        click.echo(f"promptsync.yaml lets through: {terminal(', '.join(done.allow_fields))}", err=True)
    click.echo(f"{len(done.keys)} imported, {len(done.left_out)} left out", err=True)


@click.command()
@click.argument("key", required=False)
@click.argument("id", required=False)
@click.option("--by-name", is_flag=True, help="Tie every file to the one prompt of its name, after showing the pairs.")
@click.option("--yes", is_flag=True, help="Do not ask, with --by-name.")
@common.on_target
def adopt(target: Target, key: str | None, id: str | None, by_name: bool, yes: bool) -> int:
    """Tie the file KEY to the existing prompt ID. Nothing is written to the service."""
    if by_name is (key is not None) or (key is None) is not (id is None):
        raise UsageError("adopt takes KEY and ID, or --by-name")
    if key is None or id is None:
        return _adopt_by_name(target, yes=yes)
    done = adopting.adopt(target, key, id)
    click.echo(f"{done.file.key} is {id} from now on; {target.lock_path} holds it")
    if done.only_there:
        click.echo(f"only the service has, and keeps: {terminal(', '.join(done.only_there))}", err=True)
    if done.plan.changes:
        click.echo("the next apply would change on it:", err=True)
        common.show(render(done.plan, common.layout_of_stdout()))
    return ExitCode.DONE


def _adopt_by_name(target: Target, *, yes: bool) -> int:
    if not yes and not sys.stdin.isatty():
        raise UsageError("without a terminal to ask on, adopt --by-name needs --yes")

    left_out: list[Pair] = []

    def confirm(pairs: list[Pair]) -> bool:
        left_out.extend(pair for pair in pairs if pair.lost)
        click.echo(render_pairs(pairs, color=False))
        return yes or click.confirm("Tie these files to these prompts?", err=True)

    tied = adopting.adopt_by_name(target, confirm)
    for pair in left_out:
        lost = terminal(", ".join(pair.lost))
        click.echo(f"{terminal(pair.file.key)} was left out: an apply of it would take away {lost}", err=True)
    click.echo(f"{len(tied)} adopted", err=True)
    return ExitCode.PARTIAL if left_out else ExitCode.DONE


@click.command()
@click.argument("old")
@click.argument("new")
@common.on_target
def mv(target: Target, old: str, new: str) -> int:
    """Give the prompt of the key OLD the key NEW, keeping its id. Renames the file too, if it is still OLD's."""
    click.echo(moving.mv(target, old, new))
    return ExitCode.DONE
