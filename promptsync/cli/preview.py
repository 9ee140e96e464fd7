"""preview: the prompts of a branch, made for a time in a place of their own."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from promptsync.cli import common, console
from promptsync.cli.apply import show_applied, watcher
from promptsync.commands import preview as previewing
from promptsync.files.target import preview_of
from promptsync.model.errors import ExitCode, PromptsyncError
from promptsync.output.style import counted
from promptsync.output.tables import previews_json, render_previews

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from promptsync.commands.results import Preview
    from promptsync.files.target import Target

_name = click.option("--name", required=True, help="The name of the preview, as pr-123.")
_form = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="How the ids are listed."
)


@click.group()
def preview() -> None:
    """The prompts of a branch in a place of their own, to be called before the merge.

    They lie below `preview.path_prefix` of promptsync.yaml, and have ids of their own. What is live is not touched.
    """


@preview.command()
@_name
@click.option("--since", metavar="REF", help="Preview what changed since this branch has left REF, as origin/main.")
@_form
@common.verbose
@common.on_target
def apply(target: Target, name: str, since: str | None, form: str, verbose: bool) -> int:
    """Make the preview of what is changed, or bring it up to date, and list its ids.

    Changed is what a plan for the target calls so; with --since, what git does. What is not changed any more is deleted
    from the preview.
    """
    one = preview_of(target, name)
    with console.waiting("Reading files and service"):
        keys = previewing.changed(target, since, observer=console.watch(verbose=verbose))
    if not keys:
        console.tell(f"nothing is changed, so no prompt belongs to the preview {one.settings.preview}")
    code = _make(one, keys=keys, form=form, verbose=verbose)
    _show([previewing.preview_at(target, name)], form)
    return code


@preview.command()
@_name
@click.option("--forget", is_flag=True, help="Drop the record of it alone, and leave the service as it is.")
@common.verbose
@common.on_target
def delete(target: Target, name: str, forget: bool, verbose: bool) -> int:
    """Delete what a preview made. Where there is no such preview, nothing is to be done."""
    one = preview_of(target, name)
    return _forget(one) if forget else _delete(one, verbose=verbose)


@preview.command()
@click.option(
    "--older-than",
    "before",
    required=True,
    metavar="TIME",
    callback=common.time_ago,
    help="Delete those that were not changed for so long: 7d, 12h, 30m.",
)
@common.verbose
@common.on_target
def sweep(target: Target, before: datetime, verbose: bool) -> int:
    """Delete the previews that were abandoned, by the service's dates. Only what a preview made is deleted."""
    ended = [_swept(target, one, before, verbose=verbose) for one in previewing.previews(target)]
    swept = [code for code in ended if code is not None]
    console.say(f"{counted(swept.count(ExitCode.DONE), 'preview')} swept" if swept else "no preview is that old")
    return max(swept, default=ExitCode.DONE)


@preview.command("list")
@click.option("--name", help="This preview alone.")
@_form
@common.on_target
def list_(target: Target, name: str | None, form: str) -> int:
    """List the previews of the target, with the ids of their prompts."""
    wanted = preview_of(target, name).settings.preview if name is not None else None
    _show([one for one in previewing.previews(target) if wanted in (None, one.name)], form)
    return ExitCode.DONE


@common.brings_home
def _make(one: Target, *, keys: Collection[str], form: str, verbose: bool) -> int:
    apart = form == "json"
    with ExitStack() as stack:
        looking = watcher(stack, yes=True, verbose=verbose, apart=apart)
        applied = previewing.make(one, keys, watcher=looking)
    show_applied(applied, apart=apart)
    return applied.exit_code


@common.brings_home
def _delete(one: Target, *, verbose: bool) -> int:
    with ExitStack() as stack:
        applied = previewing.delete(one, watcher=watcher(stack, yes=True, verbose=verbose))
    if applied is None:
        console.tell(f"there is no preview {one.settings.preview}")
        return ExitCode.DONE
    show_applied(applied)
    return applied.exit_code


@common.brings_home
def _forget(one: Target) -> int:
    for key, entry in previewing.forget(one).prompts.items():
        console.say(f"{key} is forgotten; {entry.id} stays on the service, if it is there")
    return ExitCode.DONE


def _swept(target: Target, one: Preview, before: datetime, *, verbose: bool) -> int | None:
    """The exit code of a preview's end, None for one that is not abandoned; what fails keeps no other from its end."""
    try:
        if not previewing.is_abandoned(target, one, before, observer=console.watch(verbose=verbose)):
            return None
        return _delete(preview_of(target, one.name), verbose=verbose)
    except PromptsyncError as error:
        from promptsync.cli import errors

        return errors.tell(error)


def _show(found: list[Preview], form: str) -> None:
    if form == "json":
        console.show(previews_json(found))
    elif found:
        console.show(render_previews(found, color=console.has_color(sys.stdout)))
    else:
        console.say("there is no preview")
