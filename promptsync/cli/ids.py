"""ids: the ids of prompts for application code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptsync.cli import common, console
from promptsync.commands import ids as finding
from promptsync.files.config import DEFAULT_TARGET
from promptsync.files.disk import read_bytes, write_atomic
from promptsync.model.errors import ExitCode, UsageError
from promptsync.model.shell import command
from promptsync.output.ids import FORMATS, render_ids
from promptsync.output.style import counted

if TYPE_CHECKING:
    from promptsync.files.target import Target

_DEFAULTS = (("--target", DEFAULT_TARGET), ("--dir", common.ROOT))


@click.command()
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="json", show_default=True, help="The language."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write them to this file.")
@click.option(
    "--check",
    "checked",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Exit 2 if this file says something else.",
)
@click.option("--preview", metavar="NAME", help="Where this preview has a prompt of its own, that one's id.")
@common.on_target
def ids(target: Target, form: str, out: Path | None, checked: Path | None, preview: str | None) -> int:
    """Print the ids of the locked prompts for application code."""
    if out is not None and checked is not None:
        raise UsageError("ids takes --out or --check")
    found = finding.ids(target, preview)
    if not found:
        console.tell(f"{target.lock_path} holds no prompt yet; an apply, an import or adopt writes it")
    text = render_ids(found, form, target.name if preview is None else f"{target.name}, preview {preview}")
    if checked is not None:
        return _check(target, form, checked, text, preview)
    if out is None:
        console.show(text)
    else:
        write_atomic(out, f"{text}\n".encode())
        console.tell(f"{out} holds {counted(len(found), 'id')}")
    return ExitCode.DONE


def _check(target: Target, form: str, file: Path, text: str, preview: str | None) -> int:
    # Git may have written other line ends.
    if (read_bytes(file) or b"").replace(b"\r\n", b"\n") == f"{text}\n".encode():
        console.say(f"{file} says what {target.lock_path} does")
        return ExitCode.DONE
    options = {"--format": form, "--out": str(file), "--target": target.name, "--dir": str(target.root)}
    told = [word for option in options.items() if option not in _DEFAULTS for word in option]
    told += ["--preview", preview] if preview is not None else []
    write = command("ids", options=tuple(told))
    console.say(f"{file} does not say what {target.lock_path} does; write it with {write}")
    return ExitCode.CHANGES_PENDING
