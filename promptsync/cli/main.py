"""The console script: finds the command, runs it, and ends with its exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections import UserDict
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from promptsync import __version__
from promptsync.cli import console

TASKS = {
    "Begin": {
        "init": ("init", "Write what a repository needs to begin with."),
        "doctor": ("doctor", "Look at what is set up and what is not: a line each, and what to do."),
        "import": ("import_", "Bring prompts that no file holds into files and lock, or list them."),
        "adopt": ("import_", "Tie the file KEY to the existing prompt ID."),
        "completion": ("completion", "Print the script that completes commands, options, keys and targets in a shell."),
    },
    "Write": {
        "validate": ("validate", "Check the prompt files and, by rules, what they say; offline."),
        "fmt": ("fmt", "Lay the prompt files out in one way, comments kept."),
        "mv": ("import_", "Give the prompt of the key OLD the key NEW, keeping its id."),
        "schema": (
            "schema",
            "Print the JSON Schema of prompt files, of _defaults.yaml or of promptsync.yaml, for editors.",
        ),
    },
    "Review and apply": {
        "plan": ("plan", "Show what an apply would do."),
        "show": ("show", "Show a plan that `plan --out` saved, without applying it."),
        "apply": ("apply", "Make the service say what the files say."),
        "check": ("plan", "The pre-merge check: files, lockfile and plan."),
        "preview": ("preview", "The prompts of a branch in a place of their own, to be called before the merge."),
        "promote": ("promote", "Let the target TO have what the target FROM holds now."),
    },
    "See what is live": {
        "drift": ("plan", "Show what was changed on the service since the last apply."),
        "pull": ("pull", "Merge what was changed on the service into the files, by default into all of them."),
        "history": ("pull", "Show the versions of the prompt KEY, newest first, and what each changed."),
        "restore": ("pull", "Bring the content of an old VERSION into the file KEY."),
        "log": ("log", "Show which apply made what live: when, from which commit, by whom."),
    },
    "Use and keep the record": {
        "ids": ("ids", "Print the ids of the locked prompts for application code."),
        "lock": ("lock", "The lockfile: look at it, check it, mend it."),
    },
    "In CI, and to try": {
        "github": ("github", "What the GitHub action runs in a workflow."),
        "sandbox": ("sandbox", "The embedded service, to try things on without key and network."),
    },
}
"""By task: the file of each command, which is imported when the command is run, and what `--help` says of it."""

COMMANDS = {name: found for commands in TASKS.values() for name, found in commands.items()}


class Commands(UserDict[str, Any]):
    """The commands of COMMANDS by name, each imported when it is asked for."""

    def __getitem__(self, name: str) -> click.Command:
        file, _ = self.data[name]
        command = getattr(import_module(f"promptsync.cli.{file}"), "import_" if name == "import" else name)
        assert isinstance(command, click.Command)  # noqa: S101 - the table and the files are both ours
        from promptsync.cli.examples import explain  # Only a command that is asked for needs an example.

        explain(name, command)
        return command


class LazyGroup(click.Group):
    """A group whose help is told, and whose commands are completed, without importing them."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
        named = [CompletionItem(name, help=line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for task, commands in TASKS.items():
            with formatter.section(task):
                formatter.write_dl([(name, line) for name, (_, line) in commands.items()])


@click.group(
    cls=LazyGroup,
    commands=Commands(COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", prog_name="promptsync", message="%(prog)s %(version)s")
def cli() -> None:
    """Prompts as code for orq.ai: a folder of YAML files is the truth, the service follows.

    Exit codes: 0 done or nothing to do; 1 error; 2 changes pending; 3 a conflict wants a decision; 4 partly applied
    or not converged; 5 the saved plan is stale; 6 the lockfile did not come home; 64 usage; 70 a bug of promptsync;
    130 interrupted.
    """


def main() -> NoReturn:
    """The console script: runs the command line and ends the process with its exit code."""
    console.let_readers_leave()
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    # Python would take apart, object by object, what the system takes back at once: that is a tenth of a plan.
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Runs a command line and gives its exit code. What a user can mend is told in a sentence, never as a traceback."""
    console.prepare()
    # Prompts are plain data without cycles: looking for some this much less often saves a fifth of a large plan.
    gc.set_threshold(50_000, 20, 100)
    try:
        result = cli.main(arguments, prog_name="promptsync", standalone_mode=False)
        sys.stdout.flush()
        return int(result or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (Exception, KeyboardInterrupt) as error:
        # What shows an error takes a fifth of the start-up to import, and is seldom needed.
        from promptsync.cli import errors

        return errors.tell(error)
