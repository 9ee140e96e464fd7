"""init: from a repository, empty or lived in, to the first plan."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptsync.cli import common, console
from promptsync.cli.import_ import import_all
from promptsync.commands import init as preparing
from promptsync.files.git import repository_config
from promptsync.model.errors import ExitCode, UsageError
from promptsync.model.shell import command

if TYPE_CHECKING:
    from promptsync.commands.init import Prepared, Step, Wanted
    from promptsync.files.target import Target


@click.command()
@click.option("--project", help="The project in orq.ai that the first prompt is of; `Default` by default.")
@click.option("--github/--no-github", default=None, help="Write the workflows for GitHub Actions.")
@click.option("--pre-commit/--no-pre-commit", default=None, help="Write an entry for pre-commit.")
@click.option("--from-service", is_flag=True, help="Import the prompts that the service has, in place of a first one.")
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@common.on_target
def init(
    target: Target,
    project: str | None,
    github: bool | None,
    pre_commit: bool | None,
    from_service: bool,
    yes: bool,
) -> int:
    """Write what a repository needs to begin with.

    That is a first prompt, the configuration, and what git and CI want. Nothing that is there is overwritten. Run again
    it says that all is there.
    """
    if from_service and project is not None:
        raise UsageError("--project is of the first prompt, and --from-service takes those of the service in its place")
    if not yes and not sys.stdin.isatty():
        raise UsageError("without a terminal to ask on, init needs --yes")
    prepared = preparing.prepare(target, _wanted(target, project, github, pre_commit, from_service, yes=yes))
    to_write = [step for step in prepared.steps if step.is_open]
    for step in prepared.steps:
        console.say(f"{step.what:<8} {_shown(step)}")
    if to_write and not yes and not console.ask(f"Write {'this' if len(to_write) == 1 else 'these'}?"):
        console.tell("nothing was written")
        return ExitCode.DONE
    preparing.write(prepared)
    code = import_all(target) if from_service else ExitCode.DONE
    _tell_the_rest(target, prepared, all_there=not to_write)
    return code


def _wanted(
    target: Target, project: str | None, github: bool | None, pre_commit: bool | None, from_service: bool, *, yes: bool
) -> Wanted:
    """What is wanted; a person at a terminal is asked for what the options leave open."""
    if yes:
        chosen = None if from_service else project or "Default"
        return preparing.Wanted(chosen, github=bool(github), pre_commit=bool(pre_commit))
    if not from_service and project is None and not preparing.has_prompts(target):
        project = console.answer("Which project in orq.ai is the first prompt of?", "Default")
    if github is None:
        place = repository_config(preparing.existing(target.root.absolute()), "remote.origin.url") or ""
        github = "github" in place.lower() and console.ask("Write the workflows for GitHub Actions?")
    if pre_commit is None:
        pre_commit = console.ask("Write an entry for pre-commit, which checks the files before each commit?")
    return preparing.Wanted(None if from_service else project or "Default", github, pre_commit)


def _shown(step: Step) -> str:
    return os.path.relpath(step.path, Path.cwd())


def _tell_the_rest(target: Target, prepared: Prepared, *, all_there: bool) -> None:
    """What is left to a person, and the next two commands."""
    for step in prepared.steps:
        if step.what == "by hand":
            console.tell(f"add to {_shown(step)}:")
            console.show_talk(step.text.rstrip("\n"))
    if all_there:
        console.tell("all is there")
    for one in prepared.commands:
        console.tell(f"to let git merge two lockfiles, once in each clone: {one.strip('`')}")
    place = () if str(target.root) == "prompts" else ("--dir", str(target.root))
    console.tell("next, on the embedded sandbox, which needs no key:")
    for verb in ("plan", "apply"):
        console.tell(f"  {command(verb, options=('--target', 'sandbox', *place)).strip('`')}")
