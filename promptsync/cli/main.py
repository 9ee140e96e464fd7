"""The console script: finds the command, runs it, and turns whatever it ends with into an exit code."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from promptsync import __version__
from promptsync.cli import console
from promptsync.model.errors import ExitCode, PromptsyncError
from promptsync.output.problems import render_error

if TYPE_CHECKING:
    from collections.abc import Iterable

ISSUES = "https://github.com/promptsync/promptsync/issues"

COMMANDS = {
    "adopt": ("import_", "Tie the file KEY to the existing prompt ID."),
    "apply": ("apply", "Make the service say what the files say."),
    "check": ("plan", "The pre-merge check: files, lockfile and plan."),
    "drift": ("plan", "Show what was changed on the service since the last apply."),
    "history": ("pull", "Show the versions of the prompt KEY, newest first, and what each changed."),
    "import": ("import_", "Bring prompts that no file holds into files and lock, or list them."),
    "lock": ("lock", "The lockfile: look at it, check it, mend it."),
    "mv": ("import_", "Give the prompt of the key OLD the key NEW, keeping its id."),
    "plan": ("plan", "Show what an apply would do."),
    "pull": ("pull", "Merge what was changed on the service into the files, by default into all of them."),
    "restore": ("pull", "Bring the content of an old VERSION into the file KEY."),
    "sandbox": ("sandbox", "The embedded service, to try things on without key and network."),
    "validate": ("validate", "Check the prompt files, offline."),
}
"""The file of each command, which is imported when the command is run, and what `--help` says of it."""


class LazyGroup(click.Group):
    """The commands of COMMANDS, of which only the one that is wanted is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"promptsync.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, "import_" if cmd_name == "import" else cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - the table and the files are both ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", prog_name="promptsync", message="%(prog)s %(version)s")
def cli() -> None:
    """Prompts as code for orq.ai: a folder of YAML files is the truth, the service follows.

    Exit codes: 0 done or nothing to do; 1 error; 2 changes pending; 3 a conflict wants a decision; 4 partly applied
    or not converged; 5 the saved plan is stale; 64 usage; 70 a bug of promptsync; 130 interrupted.
    """


def main() -> NoReturn:
    """The console script: runs the command line and ends the process with its exit code."""
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
    except click.UsageError as error:
        error.show(sys.stderr)
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        error.show(sys.stderr)
        return ExitCode.ERROR
    except BrokenPipeError:
        # Whoever read the output has gone; Python would complain once more when it flushes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.ERROR
    except PromptsyncError as error:
        _show_error(error)
        return error.exit_code
    except OSError as error:
        what = f"{error.filename}" if error.filename else "the output"
        _show_error(PromptsyncError(f"{what} cannot be read or written: {(error.strerror or str(error)).lower()}"))
        return ExitCode.ERROR
    except Exception:
        click.echo(bug_report(traceback.format_exc(), os.environ.items()), err=True)
        return ExitCode.BUG


def bug_report(trace: str, environ: Iterable[tuple[str, str]]) -> str:
    """What to say of an exception that no one foresaw. No value of a variable that may hold a key is in it."""
    for name, value in environ:
        if len(value) >= _SHORTEST_KEY and any(word in name.upper() for word in ("KEY", "TOKEN", "SECRET", "PASSWORD")):
            trace = trace.replace(value, f"${name}")
    return (
        f"this is a bug in promptsync {__version__}: please report it at {ISSUES}, with the lines below\n\n{trace}"
    ).rstrip()


_SHORTEST_KEY = 4
"""Characters: what is shorter is no key, and would take letters out of every word."""


def _show_error(error: PromptsyncError) -> None:
    color = console.has_color(sys.stderr)
    click.echo(render_error(error, color=color), err=True, color=color)
