"""pull, restore, history: what the service holds or held, seen and brought into the files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptsync.cli import common, console
from promptsync.commands import history as remembering
from promptsync.commands import pull as pulling
from promptsync.commands import restore as restoring
from promptsync.model.errors import ExitCode
from promptsync.output.pulled import render_pulled
from promptsync.output.tables import render_history

if TYPE_CHECKING:
    from promptsync.commands.results import Pulled
    from promptsync.files.target import Target


@click.command()
@click.argument("keys", nargs=-1, shell_complete=common.complete_key)
@click.option("--ours", "resolve", flag_value="ours", help="Where both sides changed, keep the file's.")
@click.option("--theirs", "resolve", flag_value="theirs", help="Where both sides changed, take the service's.")
@common.on_target
def pull(target: Target, keys: tuple[str, ...], resolve: Any) -> int:
    """Merge what was changed on the service into the files, by default into all of them.

    What does not overlap merges by itself. What does is left in the file and shown; exit 3 while it is open.
    """
    with console.waiting("Reading files and service"):
        done = pulling.pull(target, keys, resolve, observer=console.watch())
    return _show_pulled(done, "nothing was changed on the service")


@click.command()
@click.argument("key", shell_complete=common.complete_key)
@click.argument("version", required=False)
@click.option("--archive", type=click.Path(path_type=Path, file_okay=False), help="Where deleted prompts were kept.")
@common.on_target
def restore(target: Target, key: str, version: str | None, archive: Path | None) -> int:
    """Bring the content of an old VERSION into the file KEY. The next apply makes it live.

    Without VERSION, a prompt that an apply deleted is brought back from the archive, as a file.
    """
    if version is None:
        path = restoring.restore_deleted(target, key, archive)
        console.say(f"{path} is back; the next apply makes a new prompt of it, under a new id")
        return ExitCode.DONE
    return _show_pulled(
        [restoring.restore(target, key, version, observer=console.watch())], "the file says that already"
    )


@click.command()
@click.argument("key", shell_complete=common.complete_key)
@click.option("-n", "limit", type=click.IntRange(1), default=20, show_default=True, help="How many versions.")
@common.on_target
def history(target: Target, key: str, limit: int) -> int:
    """Show the versions of the prompt KEY, newest first, and what each changed."""
    key, entry, steps = remembering.history(target, key, limit, observer=console.watch())
    console.show(render_history(key, entry, steps, common.layout_of_stdout(whole=True)))
    return ExitCode.DONE


def _show_pulled(done: list[Pulled], nothing: str) -> int:
    changed = [pulled for pulled in done if pulled.edits or pulled.kept or pulled.is_open or pulled.is_unsettled]
    if changed:
        console.show(render_pulled(changed, common.layout_of_stdout(whole=True)))
    else:
        console.say(nothing)
    return ExitCode.CONFLICT if any(pulled.is_open for pulled in done) else ExitCode.DONE
