"""github: what the action runs in a workflow, with what the runner says in the environment."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptsync.cli import common, common_plan, console
from promptsync.cli.signals import stopped_by_signals
from promptsync.commands.apply import Watcher
from promptsync.github import apply as applying
from promptsync.github import check as checking
from promptsync.github import drift as drifting
from promptsync.github.api import GitHub
from promptsync.github.event import read_event
from promptsync.github.runner import Checked, Runner, read_payload
from promptsync.model.errors import ConfigError
from promptsync.plan.changes import PlanOptions

if TYPE_CHECKING:
    from promptsync.files.target import Target
    from promptsync.github.event import Event


@click.group()
def github() -> None:
    """What the GitHub action runs in a workflow.

    It reads GITHUB_* as a runner sets them, and GITHUB_TOKEN.
    """


@github.command()
@click.option("--fail-on-drift", is_flag=True, help="Exit 3 where a prompt was changed on the service alone.")
@click.option("--comment/--no-comment", default=True, show_default=True, help="Tell the plan in the pull request.")
@click.option("--preview", is_flag=True, help="Make the changed prompts in a place of their own until it is closed.")
@common_plan.deleting
@common.verbose
@common.on_target
def check(
    target: Target,
    prune: bool,
    max_deletes: int | None,
    fail_on_drift: bool,
    comment: bool,
    preview: bool,
    verbose: bool,
) -> int:
    """Tell a pull request what its merge would do: annotations, summary, comment, page.

    Nothing live is written. Where the pull request changes no prompt, it ends at once. --prune and --max-deletes are
    those of the apply that is to follow. With --preview the changed prompts can be called by ids of their own, which
    the comment tells; they are deleted when the pull request is closed.
    """
    event = _event()
    with _github(event) as api, ExitStack() as stack:
        watcher = Watcher(
            on_start=lambda applier: stack.enter_context(stopped_by_signals(applier, breaks_off=False)),
            on_request=console.watch(verbose=verbose),
        )
        checked = checking.check(
            replace(target, branches=api),
            event,
            api,
            _runner(target),
            options=PlanOptions(prune=prune, max_deletes=max_deletes),
            fail_on_drift=fail_on_drift,
            comments=comment,
            preview=watcher if preview else None,
            observer=console.watch(verbose=verbose),
        )
    return _told(checked)


@github.command()
@click.option(
    "--approval",
    type=click.Choice(["any", "approved"]),
    default="any",
    show_default=True,
    help="Apply any change, or only what the checks of the merged pull requests told.",
)
@click.option("--comment/--no-comment", default=True, show_default=True, help="Tell it in the merged pull requests.")
@common_plan.deleting
@common.verbose
@common.on_target
def apply(target: Target, prune: bool, max_deletes: int | None, approval: Any, comment: bool, verbose: bool) -> int:
    """Apply what was merged into the default branch, and bring the lockfile home.

    A commit that the branch has left behind is not applied: the run of the newer one does it.
    """
    event = _event()
    with _github(event) as api, ExitStack() as stack:
        if api is None:
            raise ConfigError(
                "GITHUB_TOKEN is not set, and the lockfile comes home with it", hint="give it to the step"
            )
        watcher = Watcher(
            on_plan=lambda planned: common_plan.show_planned(planned, whole=True),
            # The lockfile is still to be brought home when the last prompt is written.
            on_start=lambda applier: stack.enter_context(stopped_by_signals(applier, breaks_off=False)),
            on_request=console.watch(verbose=verbose),
        )
        checked = applying.apply(
            replace(target, branches=api),
            event,
            api,
            _runner(target),
            options=PlanOptions(prune=prune, max_deletes=max_deletes),
            approval=approval,
            comments=comment,
            watcher=watcher,
        )
    return _told(checked)


@github.command()
@click.option("--fail-on-drift", is_flag=True, help="Exit 3 where there is any.")
@click.option("--pull-request", is_flag=True, help="Offer the edits as a pull request, made as `pull` makes them.")
@common.verbose
@common.on_target
def drift(target: Target, fail_on_drift: bool, pull_request: bool, verbose: bool) -> int:
    """Tell what was changed on the service alone in one issue, which closes when it is gone. Reads the service only."""
    event = _event()
    with _github(event) as api:
        checked = drifting.drift(
            replace(target, branches=api),
            event,
            api,
            _runner(target),
            fail_on_drift=fail_on_drift,
            pull_request=pull_request,
            observer=console.watch(verbose=verbose),
        )
    return _told(checked)


def _event() -> Event:
    return read_event(os.environ, read_payload(_path("GITHUB_EVENT_PATH")))


def _told(checked: Checked) -> int:
    if checked.commands:
        console.show_commands(checked.commands)
    console.tell(checked.said)
    return checked.exit_code


def _github(event: Event) -> closing[GitHub] | nullcontext[None]:
    """GitHub, where there is a token for it."""
    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        return nullcontext()
    api_url = os.environ.get("GITHUB_API_URL") or "https://api.github.com"
    return closing(GitHub(event.repository, token, api_url=api_url, graphql_url=os.environ.get("GITHUB_GRAPHQL_URL")))


def _runner(target: Target) -> Runner:
    temporary = _path("RUNNER_TEMP") or target.state_folder
    top = _path("GITHUB_WORKSPACE") or Path.cwd()
    return Runner(
        _path("GITHUB_OUTPUT"),
        _path("GITHUB_STEP_SUMMARY"),
        temporary / "promptsync",
        Path(os.path.relpath(target.root, top)).as_posix(),
    )


def _path(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None
