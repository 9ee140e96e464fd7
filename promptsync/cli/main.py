"""The command line: parse, call one function, print. What is called can be used without a terminal."""

from __future__ import annotations

import functools
import gc
import os
import signal
import sys
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from promptsync import __version__
from promptsync.model.errors import ExitCode, PromptsyncError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptsync.apply.applier import Applier
    from promptsync.commands.project import Project
    from promptsync.commands.results import Pair, Planned, Pulled
    from promptsync.model.prompt import Problem
    from promptsync.plan.changes import Plan, PlanOptions


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
    from promptsync.cli import console

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


def _show_error(error: PromptsyncError) -> None:
    from promptsync.cli.console import has_color
    from promptsync.output.problems import render_error

    color = has_color(sys.stderr)
    click.echo(render_error(error, color=color), err=True, color=color)


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command; the command gets the project that they name."""

    @click.option(
        "--dir",
        "root",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="PROMPTSYNC_DIR",
        default="prompts",
        show_default=True,
        help="The folder of the prompt files (PROMPTSYNC_DIR).",
    )
    @click.option("--target", default="default", show_default=True, help="The target; `sandbox` is built in.")
    @click.option("--base-url", help="Another host for the target (ORQ_BASE_URL).")
    @functools.wraps(command)
    def wrapped(root: Path, target: str, base_url: str | None, **options: Any) -> Any:
        from promptsync.commands.project import Project

        return command(Project.open(root, target, base_url=base_url, environ=os.environ), **options)

    return wrapped


_only = click.option("--only", multiple=True, metavar="GLOB", help="Only these keys.")


def _deciding(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that decide beforehand; the command gets them as `options` (PlanOptions)."""

    @click.option("--prune", is_flag=True, help="Delete prompts whose files are gone.")
    @click.option("--overwrite", multiple=True, metavar="GLOB", help="The file wins for these keys (`**` crosses /).")
    @click.option("--create-twins", is_flag=True, help="Create prompts even where others bear their names.")
    @_only
    @functools.wraps(command)
    def wrapped(
        *args: Any, prune: bool, overwrite: tuple[str, ...], create_twins: bool, only: tuple[str, ...], **kwargs: Any
    ) -> Any:
        from promptsync.plan.changes import PlanOptions

        return command(*args, options=PlanOptions(prune, overwrite, create_twins, only), **kwargs)

    return wrapped


_patient = click.option(
    "--timeout",
    "patience",
    type=click.FloatRange(0, min_open=True),
    help="Seconds that one call may wait for a service that limits the rate or fails; 120 by default.",
)
_verbose = click.option("-v", "--verbose", is_flag=True, help="Tell each request, and every field of new prompts.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", prog_name="promptsync", message="%(prog)s %(version)s")
def cli() -> None:
    """Prompts as code for orq.ai: a folder of YAML files is the truth, the service follows.

    Exit codes: 0 done or nothing to do; 1 error; 2 changes pending; 3 a conflict wants a decision; 4 partly applied
    or not converged; 5 the saved plan is stale; 64 usage; 130 interrupted.
    """


@cli.command()
@click.argument("files", nargs=-1, type=click.Path())
@_common
def validate(project: Project, files: tuple[str, ...]) -> int:
    """Check the prompt files, offline."""
    from promptsync.commands import validate as validating

    count, warnings = validating.validate(project, files)
    _show_warnings(warnings)
    click.echo(f"{count} prompt file{'s are' if count != 1 else ' is'} valid")
    return ExitCode.DONE


@cli.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan for `apply PLAN`.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if changes are pending, 3 on drift or conflict.")
@click.option("--offline", is_flag=True, help="Plan against the lock alone, without the service.")
@_patient
@_verbose
@_deciding
@_common
def plan(
    project: Project,
    options: PlanOptions,
    patience: float | None,
    out: Path | None,
    form: str,
    detailed_exitcode: bool,
    offline: bool,
    verbose: bool,
) -> int:
    """Show what an apply would do."""
    from promptsync.cli import console
    from promptsync.commands import plan as planning

    if out is not None and offline:
        raise UsageError("--out needs the service, and --offline leaves it out")
    with console.waiting("Reading files and service"):
        observer = console.watch(verbose=verbose)
        planned = planning.plan(project, options, offline=offline, patience=patience, observer=observer)
    _show_warnings(planned.warnings)
    _show_plan(planned, form, verbose=verbose)
    if out is not None:
        _save(planned, out)
    return planned.exit_code(detailed=detailed_exitcode)


@cli.command()
@click.argument("plan_file", metavar="[PLAN]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--all-or-nothing", is_flag=True, help="Write nothing while a conflict is open.")
@click.option("--max-deletes", type=click.IntRange(0), help="Allow so many deletes, in place of 30 % of the lock.")
@click.option("--archive", type=click.Path(path_type=Path, file_okay=False), help="Keep what is deleted here.")
@click.option("--parallelism", type=click.IntRange(1, 64), default=8, show_default=True, help="Prompts side by side.")
@_patient
@_verbose
@_deciding
@_common
def apply(
    project: Project,
    options: PlanOptions,
    patience: float | None,
    plan_file: Path | None,
    yes: bool,
    all_or_nothing: bool,
    max_deletes: int | None,
    archive: Path | None,
    parallelism: int,
    verbose: bool,
) -> int:
    """Make the service say what the files say.

    With PLAN, a file that `plan --out` wrote, exactly that plan is carried out, or nothing if the world has moved.
    """
    from promptsync.cli import console
    from promptsync.commands import apply as applying
    from promptsync.output.outcomes import render_outcomes
    from promptsync.plan.changes import PlanOptions

    if plan_file is not None and options != PlanOptions():
        raise UsageError("a saved plan carries its own --prune, --overwrite, --create-twins and --only")
    if not yes and not sys.stdin.isatty():
        raise UsageError("without a terminal to ask on, apply needs --yes")
    saved = _saved(plan_file) if plan_file else None
    with ExitStack() as stack:

        def show(planned: Planned) -> None:
            _show_warnings(planned.warnings)
            _show_plan(planned, "text", verbose=verbose)

        def start(applier: Applier) -> None:
            stack.enter_context(_stopped_by_signals(applier))

        advance: list[Callable[[Any], Any]] = []

        def confirm(made: Plan) -> bool:
            if not yes and not click.confirm("Apply these changes?", err=True):
                return False
            advance.append(stack.enter_context(console.progress("Applying", len(made.decided))))
            return True

        watcher = applying.Watcher(
            on_plan=show,
            confirm=confirm,
            on_start=start,
            on_outcome=lambda outcome: advance[0](outcome) if advance else None,
            on_request=console.watch(verbose=verbose),
        )
        applied = applying.apply(
            project,
            options,
            saved=saved,
            all_or_nothing=all_or_nothing,
            max_deletes=max_deletes,
            parallelism=parallelism,
            patience=patience,
            archive=archive,
            watcher=watcher,
        )
    color = console.has_color(sys.stdout)
    click.echo(render_outcomes(applied.outcomes, applied.plan, color=color), color=color)
    return applied.exit_code


@cli.command()
@click.option("--offline", is_flag=True, help="Check against the lock alone, without key and service.")
@click.option("--fail-on-drift", is_flag=True, help="Exit 3 where a prompt was changed on the service alone.")
@_only
@_verbose
@_common
def check(project: Project, only: tuple[str, ...], offline: bool, fail_on_drift: bool, verbose: bool) -> int:
    """The pre-merge check: files, lockfile and plan. Pending changes pass, drift warns, conflicts fail."""
    from promptsync.cli import console
    from promptsync.commands import plan as planning

    with console.waiting("Reading files and service"):
        planned = planning.check(project, only, offline=offline, observer=console.watch(verbose=verbose))
    _show_warnings(planned.warnings)
    _show_plan(planned, "text", verbose=verbose)
    failed = planned.plan.conflicts or (fail_on_drift and planned.plan.drifts)
    return ExitCode.CONFLICT if failed else ExitCode.DONE


@cli.command()
@_verbose
@_common
def drift(project: Project, verbose: bool) -> int:
    """Show what was changed on the service since the last apply. Reads only; exits 3 if there is anything."""
    from promptsync.cli import console
    from promptsync.commands import plan as planning

    with console.waiting("Reading files and service"):
        planned = planning.drift(project, observer=console.watch(verbose=verbose))
    _show_warnings(planned.warnings)
    if not planned.plan.changes:
        click.echo("No drift. The service holds what the lockfile says.")
        return ExitCode.DONE
    _show_plan(planned, "text", verbose=verbose)
    return ExitCode.CONFLICT


@cli.command()
@click.argument("key")
@click.option("-n", "limit", type=click.IntRange(1), default=20, show_default=True, help="How many versions.")
@_common
def history(project: Project, key: str, limit: int) -> int:
    """Show the versions of the prompt KEY, newest first, and what each changed."""
    from promptsync.cli import console
    from promptsync.commands import history
    from promptsync.output.tables import render_history

    entry, steps = history.history(project, key, limit)
    color = console.has_color(sys.stdout)
    click.echo(render_history(key, entry, steps, color=color, width=console.width(sys.stdout)), color=color)
    return ExitCode.DONE


@cli.command()
@click.argument("keys", nargs=-1)
@click.option("--ours", "resolve", flag_value="ours", help="Where both sides changed, keep the file's.")
@click.option("--theirs", "resolve", flag_value="theirs", help="Where both sides changed, take the service's.")
@_common
def pull(project: Project, keys: tuple[str, ...], resolve: Any) -> int:
    """Merge what was changed on the service into the files, by default into all of them.

    What does not overlap merges by itself. What does is left in the file and shown; exit 3 while it is open.
    """
    from promptsync.cli import console
    from promptsync.commands import pull as pulling

    with console.waiting("Reading files and service"):
        done = pulling.pull(project, keys, resolve)
    return _show_pulled(done, "nothing was changed on the service")


@cli.command()
@click.argument("key")
@click.argument("version", required=False)
@click.option("--archive", type=click.Path(path_type=Path, file_okay=False), help="Where deleted prompts were kept.")
@_common
def restore(project: Project, key: str, version: str | None, archive: Path | None) -> int:
    """Bring the content of an old VERSION into the file KEY. The next apply makes it live.

    Without VERSION, a prompt that an apply deleted is brought back from the archive, as a file.
    """
    from promptsync.commands import pull as pulling

    if version is None:
        path = pulling.bring_back(project, key, archive)
        click.echo(f"{path} is back; the next apply makes a new prompt of it, under a new id")
        return ExitCode.DONE
    return _show_pulled([pulling.restore(project, key, version)], "the file says that already")


@cli.command("import")
@click.option("--list", "listing", is_flag=True, help="Show what the service holds that no file does.")
@click.option("--all", "everything", is_flag=True, help="Import all of that.")
@click.option("--id", "ids", multiple=True, help="Import this prompt.")
@click.option("--into", default="Default", show_default=True, metavar="FOLDER", help="The folder of the new files.")
@_common
def import_(project: Project, listing: bool, everything: bool, ids: tuple[str, ...], into: str) -> int:
    """Bring prompts that no file holds into files and lock, or list them. The service is only read."""
    from promptsync.cli import console
    from promptsync.commands import import_ as importing
    from promptsync.output.escape import terminal
    from promptsync.output.tables import render_strangers

    if listing + everything + bool(ids) != 1:
        raise UsageError("import takes one of --list, --all and --id")
    color = console.has_color(sys.stdout)
    if listing:
        found = importing.strangers(project)
        click.echo(render_strangers(found, color=color) if found else "every prompt on the service is in a lockfile")
        return ExitCode.DONE
    with ExitStack() as stack:
        advance: list[Callable[[Any], Any]] = []
        done = importing.bring_in(
            project,
            None if everything else ids,
            into,
            on_start=lambda total: advance.append(stack.enter_context(console.progress("Importing", total))),
            on_prompt=lambda key: advance[0](key),
        )
    for key, id in done.keys.items():
        click.echo(f"{terminal(key)}  {terminal(id)}")
    for id, why in done.left_out.items():
        click.echo(f"{terminal(id)} was left out: {terminal(why)}", err=True)
    if done.allow_fields:
        click.echo(f"promptsync.yaml lets through: {terminal(', '.join(done.allow_fields))}", err=True)
    click.echo(f"{len(done.keys)} imported, {len(done.left_out)} left out", err=True)
    return ExitCode.PARTIAL if done.left_out else ExitCode.DONE


@cli.command()
@click.argument("old")
@click.argument("new")
@_common
def mv(project: Project, old: str, new: str) -> int:
    """Give the prompt of the key OLD the key NEW, keeping its id. Renames the file too, if it is still OLD's."""
    from promptsync.commands import lock as locking

    click.echo(locking.move(project, old, new))
    return ExitCode.DONE


@cli.group()
def lock() -> None:
    """The lockfile: look at it, check it, mend it."""


@lock.command()
@_common
def show(project: Project) -> int:
    """List the locked prompts with their ids and versions."""
    from promptsync.cli import console
    from promptsync.output.tables import render_lock

    color = console.has_color(sys.stdout)
    click.echo(render_lock(project.journal().recover().onto(project.read_lock()), color=color), color=color)
    return ExitCode.DONE


@lock.command()
@_common
def verify(project: Project) -> int:
    """Compare lockfile, files and service. Exits 3 where they do not fit."""
    from promptsync.commands import lock as locking
    from promptsync.output.escape import terminal

    found = locking.lock_verify(project)
    for sentence in found:
        click.echo(terminal(sentence))
    if not found:
        click.echo("lockfile, files and service fit")
    return ExitCode.CONFLICT if found else ExitCode.DONE


@lock.command()
@click.argument("keys", nargs=-1, required=True)
@_common
def forget(project: Project, keys: tuple[str, ...]) -> int:
    """Take KEYS out of the lockfile. Their prompts stay on the service, unmanaged."""
    from promptsync.commands import lock as locking

    for key, entry in zip(keys, locking.lock_forget(project, keys), strict=True):
        click.echo(f"{key} is forgotten; {entry.id} stays on the service")
    return ExitCode.DONE


@lock.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@_common
def merge(project: Project, paths: tuple[Path, ...]) -> int:
    """Join two sides of a lockfile, prompt by prompt.

    Without PATHS, or with one, the conflict markers that git left in the lockfile are resolved. With three it is a
    git merge driver: `promptsync lock merge %O %A %B`.
    """
    from promptsync.commands import lock as locking

    if len(paths) not in (0, 1, 3):
        raise UsageError("lock merge takes no path, the conflicted lockfile, or BASE OURS THEIRS")
    base, ours, theirs = paths if len(paths) == 3 else (None, paths[0] if paths else project.lock_path, None)
    conflicts = locking.lock_merge(base, ours, theirs)
    for sentence in conflicts:
        click.echo(sentence, err=True)
    if not conflicts:
        click.echo(f"{ours} is merged", err=True)
    return ExitCode.CONFLICT if conflicts else ExitCode.DONE


@cli.command()
@click.argument("key", required=False)
@click.argument("id", required=False)
@click.option("--by-name", is_flag=True, help="Tie every file to the one prompt of its name, after showing the pairs.")
@click.option("--yes", is_flag=True, help="Do not ask, with --by-name.")
@_common
def adopt(project: Project, key: str | None, id: str | None, by_name: bool, yes: bool) -> int:
    """Tie the file KEY to the existing prompt ID. Nothing is written to the service."""
    from promptsync.cli import console
    from promptsync.commands import adopt as adopting
    from promptsync.output.formats import render
    from promptsync.output.layout import Layout

    if by_name is (key is not None) or (key is None) is not (id is None):
        raise UsageError("adopt takes KEY and ID, or --by-name")
    if key is None or id is None:
        return _adopt_by_name(project, yes=yes)
    made, file = adopting.adopt(project, key, id)
    color = console.has_color(sys.stdout)
    click.echo(f"{file.key} is {id} from now on; {project.lock_path} holds it")
    if made.changes:
        click.echo("the next apply would change on it:", err=True)
        click.echo(render(made, Layout(color, console.width(sys.stdout))), color=color)
    return ExitCode.DONE


def _adopt_by_name(project: Project, *, yes: bool) -> int:
    from promptsync.commands import adopt as adopting
    from promptsync.output.tables import render_pairs

    if not yes and not sys.stdin.isatty():
        raise UsageError("without a terminal to ask on, adopt --by-name needs --yes")

    def confirm(pairs: list[Pair]) -> bool:
        click.echo(render_pairs(pairs, color=False))
        return yes or click.confirm("Tie these files to these prompts?", err=True)

    tied = adopting.adopt_by_name(project, confirm)
    click.echo(f"{len(tied)} adopted", err=True)
    return ExitCode.DONE


@cli.group()
def sandbox() -> None:
    """The embedded service, to try things on without key and network."""


@sandbox.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8700, show_default=True, help="0 takes a free one.")
@click.option("--key", help="Accept this key alone; by default any.")
@click.option("--dialect", type=click.Choice(["current", "classic", "both"]), default="current", show_default=True)
@click.option("--foreign", type=click.Choice(["refuse", "ignore"]), default="refuse", show_default=True)
@click.option("--patch", type=click.Choice(["merge", "replace", "deep"]), default="merge", show_default=True)
@click.option("--version-on", type=click.Choice(["block", "any", "always"]), default="any", show_default=True)
@click.option("--max-page", type=click.IntRange(1), default=200, show_default=True, help="The largest page of a list.")
@click.option("--list-lag", type=click.FloatRange(0, 3600, max_open=True), default=0.0, help="Seconds.")
@click.option("--latency", type=click.FloatRange(0, 3600, max_open=True), default=0.0, help="Seconds a request.")
@click.option(
    "--fault", "faults", multiple=True, metavar="FAULT", help="Such as 429:retry-after=1,method=POST,times=3."
)
@_common
def serve(project: Project, port: int, faults: tuple[str, ...], **switches: Any) -> int:
    """Serve the embedded service on loopback, with a page to look at and edit prompts."""
    from promptsync.sandbox import Behaviour, Fault, Sandbox, SandboxError, run_forever

    project.prepare_state()
    try:
        with Sandbox(project.sandbox_path, behaviour=Behaviour(**switches)) as service:
            for fault in faults:
                service.faults.add(Fault.parse(fault))
            run_forever(service, port=port, ready=_announce)
    except SandboxError as error:
        raise PromptsyncError(str(error)) from None
    except OSError as error:
        raise PromptsyncError(f"port {port} cannot be served: {error.strerror}", hint="choose another --port") from None
    return ExitCode.DONE


@sandbox.command()
@_common
def reset(project: Project) -> int:
    """Empty the embedded service, and forget what was applied to it."""
    from promptsync.commands.project import Project

    Project.open(project.root, "sandbox", environ=os.environ).reset_sandbox()
    click.echo(f"the sandbox of {project.root} is empty")
    return ExitCode.DONE


def _show_pulled(done: list[Pulled], nothing: str) -> int:
    from promptsync.cli import console
    from promptsync.output.pulled import render_pulled

    color = console.has_color(sys.stdout)
    changed = [pulled for pulled in done if pulled.edits or pulled.is_open]
    if changed:
        click.echo(render_pulled(changed, color=color, width=console.width(sys.stdout)), color=color)
    else:
        click.echo(nothing)
    return ExitCode.CONFLICT if any(pulled.is_open for pulled in done) else ExitCode.DONE


def _announce(url: str) -> None:
    click.echo(f"serving the sandbox at {url} (stop with Ctrl+C)", err=True)
    click.echo(f"use it with: promptsync apply --target sandbox --base-url {url}", err=True)


def _show_warnings(warnings: tuple[Problem, ...]) -> None:
    from promptsync.cli.console import has_color
    from promptsync.output.problems import render_problems

    if warnings:
        color = has_color(sys.stderr)
        click.echo(render_problems(warnings, color=color), err=True, color=color)


def _show_notes(notes: tuple[str, ...]) -> None:
    from promptsync.output.escape import terminal

    if notes:
        click.echo("the last run was interrupted:", err=True)
    for note in notes:
        click.echo(f"  {terminal(note)}", err=True)


def _show_plan(planned: Planned, form: str, *, verbose: bool) -> None:
    from promptsync.cli import console
    from promptsync.output.formats import render
    from promptsync.output.layout import Layout

    _show_notes(planned.notes)
    color = console.has_color(sys.stdout)
    layout = Layout(color, console.width(sys.stdout), verbose)
    click.echo(render(planned.plan, layout, form), color=color)


def _save(planned: Planned, out: Path) -> None:
    from promptsync.files.disk import write_atomic
    from promptsync.output.plan_json import dumps, saved_plan

    write_atomic(out, dumps(saved_plan(planned.plan, planned.host)).encode())
    click.echo(f"saved; carry it out with: promptsync apply {out}", err=True)


def _saved(path: Path) -> Any:
    from promptsync.files.disk import read_bytes
    from promptsync.plan.saved import parse_saved

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
            os.write(sys.stderr.fileno(), b"broken off; the next run settles what was in flight\n")
            os._exit(ExitCode.INTERRUPTED)
        applier.interrupt()
        os.write(sys.stderr.fileno(), b"finishing what is in flight; once more breaks off\n")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
