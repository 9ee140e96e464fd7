"""The preview of a pull request: made by its check, told in its comment, deleted when the pull request is closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptsync.commands.preview import delete, make, preview_at
from promptsync.files.disk import write_atomic
from promptsync.files.target import preview_of
from promptsync.github.comments import tell_preview
from promptsync.github.home import bring_home
from promptsync.github.http import GitHubError
from promptsync.github.runner import Checked, tell_failure, write_outputs, write_summary
from promptsync.model.errors import ConfigError, ExitCode, PromptsyncError
from promptsync.model.provenance import Provenance
from promptsync.output.github import annotation
from promptsync.output.markdown import code, fenced_within
from promptsync.output.outcomes import outcome_lines
from promptsync.output.style import counted
from promptsync.output.tables import previews_json, render_previews

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from promptsync.commands.apply import Watcher
    from promptsync.commands.results import Applied, Preview
    from promptsync.files.target import Target
    from promptsync.github.api import GitHub
    from promptsync.github.event import Event
    from promptsync.github.runner import Runner

_ROOM = 16_000
"""Characters that a preview may take of a comment."""


@dataclass(frozen=True, slots=True)
class Previewed:
    """What became of a preview: the exit code, the Markdown that tells it, and commands to the runner."""

    exit_code: ExitCode
    markdown: str
    commands: str = ""


def name_of(event: Event) -> str:
    """What the preview of a run's pull request is called."""
    assert event.pull_request is not None  # noqa: S101 - only pull requests have previews
    return f"pr-{event.pull_request.number}"


def follow(
    target: Target, event: Event, github: GitHub | None, runner: Runner, keys: Collection[str], watcher: Watcher
) -> Previewed:
    """Brings the preview up to date with the pull request, and tells its ids; `keys` are those that are changed.

    Where the pull request was closed meanwhile, the preview ends here: the run that was to end it saw less of it.
    """
    if not event.has_secrets:
        return Previewed(ExitCode.DONE, _told(event, ["GitHub gives this run no secrets, so no key: there is none"]))
    try:
        applied = _carried_out(target, event, github, lambda preview: make(preview, keys, watcher=watcher))
        if github is not None and not _is_open(github, event):
            applied = _carried_out(target, event, github, lambda preview: delete(preview, watcher=watcher))
        made = preview_at(target, name_of(event))
    except PromptsyncError as error:
        said = f"{error.message}; {error.hint}" if error.hint else error.message
        problem = annotation("error", "promptsync", f"the preview is not as the pull request says: {said}")
        return Previewed(error.exit_code, _told(event, [said]), problem)
    _report(runner, target, made)
    lines = list(outcome_lines(applied.outcomes, applied.plan)) if applied is not None and applied.exit_code else []
    return Previewed(
        applied.exit_code if applied is not None else ExitCode.DONE,
        _told(event, [*lines, *render_previews([made], color=False).split("\n")], made),
        annotation("error", "promptsync", f"the preview is not whole: {'; '.join(lines)}") if lines else "",
    )


def end(target: Target, event: Event, github: GitHub | None, runner: Runner, watcher: Watcher) -> Checked:
    """Deletes the preview of a pull request that was closed, or changes no prompt any more, and tells that."""
    name = name_of(event)
    if not event.has_secrets:
        return Checked(ExitCode.DONE, "", "there is no preview of this pull request")
    try:
        applied = _carried_out(target, event, github, lambda preview: delete(preview, watcher=watcher))
    except PromptsyncError as error:
        return tell_failure(error, f"the preview {name} could not be deleted", runner)
    exit_code = applied.exit_code if applied is not None else ExitCode.DONE
    write_outputs(runner.outputs, {"exit-code": str(int(exit_code))})
    if applied is None:
        return Checked(exit_code, "", "there is no preview of this pull request")
    lines = list(outcome_lines(applied.outcomes, applied.plan))
    text = _told(event, lines, what="deleted" if exit_code == ExitCode.DONE else "not deleted whole")
    write_summary(runner.summary, text)
    warning = _in_comment(target, event, github, text)
    return Checked(exit_code, warning, f"the preview {name}: {applied.plan.summary['delete']} to delete")


def _carried_out(
    target: Target, event: Event, github: GitHub | None, do: Callable[[Target], Applied | None]
) -> Applied | None:
    """Does something to the preview, and brings its lockfile home, whatever came of it. Raises PromptsyncError."""
    preview = preview_of(target, name_of(event))
    if preview.lock_branch is None or github is None:
        raise ConfigError(
            "a runner is gone after its job, and what it made would be known to no one",
            hint="let the lockfiles live on a branch (`promptsync lock move-home --branch promptsync/state`), "
            "and give the step GITHUB_TOKEN",
        )
    try:
        applied = do(preview)
    finally:
        home = bring_home(preview, github, "", _provenance(preview, event))
    if home.problem is not None:
        raise home.problem
    return applied


def _provenance(preview: Target, event: Event) -> Provenance:
    number = event.pull_request.number if event.pull_request is not None else 0
    return Provenance(preview.name, event.head, event.run_url, f"#{number}", event.actor)


def _is_open(github: GitHub, event: Event) -> bool:
    """Whether the pull request is open still. Where GitHub does not tell, a sweep finds what is left."""
    assert event.pull_request is not None  # noqa: S101 - only pull requests have previews
    try:
        return github.is_open(event.pull_request.number)
    except GitHubError:
        return True


def _report(runner: Runner, target: Target, made: Preview) -> None:
    path = runner.reports / f"{target.name}.preview.json"
    write_atomic(path, f"{previews_json([made])}\n".encode())
    write_outputs(runner.outputs, {"preview": str(path)})


def _told(event: Event, lines: list[str], made: Preview | None = None, *, what: str = "") -> str:
    held = f": {counted(len(made.lock.prompts), 'prompt')}" if made is not None else ""
    title = f"### Preview {name_of(event)}{f' {what}' if what else held}"
    place = f"\n\n<p><sub>Below {code(made.path_prefix)}</sub></p>" if made is not None else ""
    return f"{title}{place}\n\n{fenced_within(lines, _ROOM)}"


def _in_comment(target: Target, event: Event, github: GitHub | None, text: str) -> str:
    """Tells it in the comment on the plan, if there is one; gives a warning where that failed."""
    assert event.pull_request is not None  # noqa: S101 - only pull requests have previews
    try:
        if github is not None:
            tell_preview(github, event.pull_request.number, target.name, text)
    except GitHubError as error:
        return annotation("warning", "promptsync", f"the comment could not be written: {error.message}")
    return ""
