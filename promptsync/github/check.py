"""The check of a pull request: what the merge would do, told where reviewers look. Nothing live is written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.check import check as plan_of_merge
from promptsync.commands.preview import changed_in
from promptsync.files.disk import write_atomic
from promptsync.github.comments import MAX_COMMENT, comment, with_preview
from promptsync.github.http import GitHubError
from promptsync.github.previews import end, follow
from promptsync.github.runner import SUMMARY_CHARACTERS, Checked, failure, tell_failure, write_outputs, write_summary
from promptsync.model.errors import ExitCode, PromptsyncError
from promptsync.output.formats import render
from promptsync.output.github import annotate, annotation
from promptsync.output.layout import Layout
from promptsync.output.plan_json import dumps, saved_plan

_FAILED = "this could not be planned"
_ROOM = MAX_COMMENT - 256
"""Characters of a comment, beside its marker."""
_ROOM_OF_MARKER = 256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from promptsync.commands.apply import Watcher
    from promptsync.commands.results import Planned
    from promptsync.files.target import Target
    from promptsync.github.api import GitHub
    from promptsync.github.event import Event
    from promptsync.github.runner import Runner
    from promptsync.model.errors import PlanError
    from promptsync.plan.changes import PlanOptions
    from promptsync.service.calls import Exchange


def check(
    target: Target,
    event: Event,
    github: GitHub | None,
    runner: Runner,
    *,
    options: PlanOptions | None = None,
    fail_on_drift: bool = False,
    comments: bool = True,
    preview: Watcher | None = None,
    observer: Callable[[Exchange], None] | None = None,
) -> Checked:
    """Plans what the merge would do, and tells it as annotations, summary, comment, page and outputs.

    `options` are those that the apply will be given. Where the pull request, or the merge queue, touches nothing in the
    folder of the prompts, it ends at once. Without secrets the plan is made offline. What fails is told likewise.

    With `preview`, who looks on, the changed prompts are made in a place of the pull request's own, and deleted once it
    is closed.
    """
    preview = preview if event.pull_request is not None else None
    if preview is not None and event.action == "closed":
        return end(target, event, github, runner, preview)
    if github is not None and not _touches(event, github, runner.folder):
        if preview is not None:
            # Of an earlier push there may be one.
            return end(target, event, github, runner, preview)
        write_outputs(runner.outputs, {"exit-code": "0"})
        return Checked(ExitCode.DONE, "", f"nothing under {runner.folder} is changed here")
    commenting = github if comments else None
    offline = not event.has_secrets
    try:
        planned = plan_of_merge(target, options, offline=offline, observer=observer)
    except PromptsyncError as error:
        told, text = tell_failure(error, _FAILED, runner), failure(error, _FAILED, _ROOM)
        return _with_comment(told, commenting, event, target.name, text)
    code = planned.check_code(fail_on_drift=fail_on_drift)
    layout = _layout(event, planned.refused, offline=offline)
    _report(planned, code, layout, runner)
    refused = annotation("error", "promptsync", _refusal(planned.refused)) if planned.refused else ""
    commands = [refused, annotate(planned.warnings), render(planned.plan, layout, "github")]
    made = follow(target, event, github, runner, changed_in(planned.plan), preview) if preview is not None else None
    if made is not None:
        write_summary(runner.summary, made.markdown)
        commands.append(made.commands)
        code = code or made.exit_code
        write_outputs(runner.outputs, {"exit-code": str(int(code))})
    told = Checked(code, "\n".join(part for part in commands if part), "told in the job's summary")
    limit = _ROOM - (len(made.markdown) + _ROOM_OF_MARKER if made is not None else 0)
    text = render(planned.plan, replace(layout, limit=limit), "markdown")
    text = with_preview(target.name, text, made.markdown) if made is not None else text
    return _with_comment(told, commenting, event, target.name, text)


def _with_comment(told: Checked, github: GitHub | None, event: Event, target: str, text: str) -> Checked:
    """The same with what became of the comment; where it could not be written, a warning says so and nothing fails."""
    pull = event.pull_request
    if github is None or pull is None or pull.is_from_fork:
        return told
    try:
        changed = comment(github, pull.number, target, text)
    except GitHubError as error:
        warning = annotation("warning", "promptsync", f"{error.message}; the plan is in the job's summary")
        return replace(told, commands=f"{told.commands}\n{warning}", said="the comment could not be written")
    said = "the comment is up to date" if changed else "the comment says so already"
    return replace(told, said=said if told.exit_code != ExitCode.ERROR else f"{told.said}; {said}")


def _touches(event: Event, github: GitHub, folder: str) -> bool:
    """Whether the run is about the folder. What GitHub does not tell is taken as a change."""
    try:
        if event.pull_request is not None:
            return github.touches(event.pull_request.number, folder)
        if event.merge_group is not None:
            return github.compare(event.merge_group.base, event.merge_group.head).touches(folder)
    except GitHubError:
        pass
    return True


def _layout(event: Event, refused: PlanError | None, *, offline: bool) -> Layout:
    facts = [f"Commit {event.head[:10]} of {event.repository}"]
    if refused is not None:
        facts.append(f"An apply would refuse this: {_refusal(refused)}")
    if offline:
        facts.append("Planned offline: GitHub gives this run no secrets, so no key")
    return Layout(whole=True, link=event.run_url, facts=tuple(facts))


def _refusal(error: PlanError) -> str:
    """Why an apply would not begin, and what to do about it."""
    return f"{error.message}; {error.hint}" if error.hint else error.message


def _report(planned: Planned, code: ExitCode, layout: Layout, runner: Runner) -> None:
    """Summary, page, saved plan, and the outputs that name them."""
    made = planned.plan
    page, saved = runner.reports / f"{made.target}.html", runner.reports / f"{made.target}.json"
    write_atomic(page, render(made, layout, "html").encode("utf-8", "replace"))
    write_atomic(saved, dumps(saved_plan(made, planned.host)).encode())
    write_summary(runner.summary, render(made, replace(layout, limit=SUMMARY_CHARACTERS), "markdown"))
    counts = {name: str(number) for name, number in made.summary.items()}
    write_outputs(runner.outputs, {**_outputs(code, made.digest, saved, page), **counts})


def _outputs(code: ExitCode, digest: str, saved: Path, page: Path) -> Mapping[str, str]:
    return {"exit-code": str(int(code)), "digest": digest, "plan": str(saved), "report": str(page)}
