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
from promptsync.commands.unmanaged import ANY, unmanaged
from promptsync.model.errors import ExitCode, UsageError
from promptsync.output.formats import render
from promptsync.output.style import counted
from promptsync.output.tables import render_pairs, render_unmanaged, unmanaged_json
from promptsync.output.text import place
from promptsync.plan.filters import Filter

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.commands.results import Imported, Pair
    from promptsync.files.target import Target


@click.command("import")
@click.option("--list", "listing", is_flag=True, help="Show what the service holds that no file does.")
@click.option("--all", "everything", is_flag=True, help="Import all of that.")
@click.option("--id", "ids", multiple=True, help="Import this prompt.")
@click.option("--into", metavar="FOLDER", help="The folder of the new files, in place of the service's or Default.")
@click.option("--name", "names", multiple=True, metavar="GLOB", help="Only prompts of such a name.")
@click.option("--model", "models", multiple=True, metavar="GLOB", help="Only of such a model, as `openai/*`.")
@click.option("--path", "paths", multiple=True, metavar="GLOB", help="Only in such a folder, if the service tells it.")
@click.option(
    "--updated-since", "since", callback=common.time_ago, help="Only changed since: 2026-11-30, or 7d, 12h, 30m ago."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How --list tells them.")
@common.on_target
def import_(
    target: Target,
    listing: bool,
    everything: bool,
    ids: tuple[str, ...],
    into: str | None,
    form: str,
    **wanted: Any,
) -> int:
    """Bring prompts that no file holds into files and lock, or list them. The service is only read."""
    if listing + everything + bool(ids) != 1:
        raise UsageError("import takes one of --list, --all and --id")
    chosen = Filter(**wanted)
    if ids and chosen:
        raise UsageError("--id names the prompts already: --name, --model, --path and --updated-since choose among all")
    if form != "text" and not listing:
        raise UsageError("--format is of --list")
    if listing:
        _list(target, chosen, form)
        return ExitCode.DONE
    return import_all(target, None if everything else ids, into, chosen)


def import_all(
    target: Target, ids: tuple[str, ...] | None = None, into: str | None = None, chosen: Filter = ANY
) -> ExitCode:
    """Imports with a bar that tells how far it is, and tells what came of it."""
    with ExitStack() as stack:
        advance: list[Callable[[Any], Any]] = []
        done = importing.import_prompts(
            target,
            ids,
            into,
            chosen,
            on_start=lambda total: advance.append(stack.enter_context(console.progress("Importing", total))),
            on_prompt=lambda key: advance[0](key),
            observer=console.watch(),
        )
    _show_imported(target, done)
    return ExitCode.PARTIAL if done.left_out else ExitCode.DONE


def _list(target: Target, chosen: Filter, form: str) -> None:
    found = unmanaged(target, chosen, observer=console.watch())
    if form == "json":
        console.show(unmanaged_json(found))
    elif found:
        console.show(render_unmanaged(found, color=console.has_color(sys.stdout)))
    else:
        console.say("no such prompt" if chosen else "every prompt on the service is in a lockfile")


def _show_imported(target: Target, done: Imported) -> None:
    for key, id in done.keys.items():
        console.say(f"{key}  {id}")
    for id, why in done.left_out.items():
        console.tell(f"{id} was left out: {why}")
    if done.allow_fields:
        console.tell(f"promptsync.yaml lets through: {', '.join(done.allow_fields)}")
    console.tell(f"{len(done.keys)} imported, {len(done.left_out)} left out")
    if done.keys:
        what = "the new files and the lockfile" if target.lock_branch is None else "the new files"
        console.tell(f"next: `promptsync plan`, which is empty; then commit {what}")
        common.tell_held(target)


@click.command()
@click.argument("key", required=False, shell_complete=common.complete_key)
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
    done = adopting.adopt(target, key, id, observer=console.watch())
    where = target.lock_name if target.lock_branch is None else str(target.held_path)
    console.say(f"{done.file.key} is {id} from now on; {where} holds it")
    if done.only_there:
        console.tell(f"only the service has, and keeps: {', '.join(done.only_there)}")
    if done.plan.changes:
        console.tell("the next apply would change on it:")
        console.show(render(done.plan, common.layout_of_stdout(whole=True)))
    common.tell_held(target)
    return ExitCode.DONE


def _adopt_by_name(target: Target, *, yes: bool) -> int:
    if not yes and not sys.stdin.isatty():
        raise UsageError("without a terminal to ask on, adopt --by-name needs --yes")

    left_out: list[Pair] = []

    def confirm(pairs: list[Pair]) -> bool:
        left_out.extend(pair for pair in pairs if pair.lost)
        console.show(render_pairs(pairs, color=False))
        where = place(target.name, target.connection.host, target.settings.path_prefix)
        return yes or console.ask(f"Tie {counted(len(pairs), 'file')} to these prompts? They are of the {where}.")

    tied = adopting.adopt_by_name(target, confirm, observer=console.watch())
    for pair in left_out:
        console.tell(f"{pair.file.key} was left out: an apply of it would take away {', '.join(pair.lost)}")
    console.tell(f"{len(tied)} adopted")
    if tied:
        common.tell_held(target)
    return ExitCode.PARTIAL if left_out else ExitCode.DONE


@click.command()
@click.argument("old", shell_complete=common.complete_key)
@click.argument("new")
@common.on_target
def mv(target: Target, old: str, new: str) -> int:
    """Give the prompt of the key OLD the key NEW, keeping its id. Renames the file too, if it is still OLD's."""
    console.say(moving.mv(target, old, new))
    common.tell_held(target)
    return ExitCode.DONE
