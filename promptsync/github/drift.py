"""What was changed on the service alone: one issue that opens, changes and closes by itself, and the edits offered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from promptsync.commands.drift import compare
from promptsync.commands.pull import dry_run
from promptsync.github.comments import MAX_COMMENT, find_issue, marker, report_drift
from promptsync.github.offer import Offer, Offered, offer
from promptsync.github.runner import SUMMARY_CHARACTERS, Checked, write_outputs, write_summary
from promptsync.model.errors import BranchError, ExitCode
from promptsync.output.drift import render_proposed, render_standing
from promptsync.output.formats import render
from promptsync.output.github import annotation
from promptsync.output.layout import Layout
from promptsync.output.style import counted
from promptsync.plan.standing import standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.commands.results import DryRun
    from promptsync.files.target import Target
    from promptsync.github.api import GitHub
    from promptsync.github.event import Event
    from promptsync.github.runner import Runner
    from promptsync.plan.changes import Change, Plan, Standing
    from promptsync.service.calls import Exchange

_HOW = (
    "`promptsync pull` takes edits into the files; `promptsync apply --overwrite KEY` puts the files' content back. "
    "This issue closes by itself when nothing differs any more."
)
_TAKEN = (
    "Someone edited these prompts in orq.ai; `promptsync pull` merged the edits into the files. What waits for a "
    "decision stays in the files as it was. Merge this to keep the edits. Closed, it is not opened again for the same "
    "edits, which stay in orq.ai until an apply overwrites them.\n\n"
    "It follows the edits and the default branch by itself, as long as no one else commits to its branch. A pull "
    "request that a workflow's own token opened starts no workflows: close it and open it again to have it checked."
)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a look found: `whole` is all in which the sides differ, `told` what has moved on the service."""

    whole: Plan
    told: Plan
    layout: Layout

    @property
    def edited(self) -> list[Change]:
        """What a person changed there, which is more than a lockfile that is behind."""
        return [change for change in self.told.changes if standing(change) != "lock"]

    @property
    def sentence(self) -> str:
        """The sum, for the log."""
        behind, waiting = len(self.told.changes) - len(self.edited), _count(self.whole, "git")
        parts = [f"{counted(len(self.edited), 'prompt')} drifted" if self.edited else "no drift"]
        parts += [f"the lockfile is behind for {counted(behind, 'prompt')}"] if behind else []
        parts += [f"{counted(waiting, 'prompt')} in git not applied yet"] if waiting else []
        return ", ".join(parts) + f" (target {self.told.target})"

    def text(self, limit: int, above: str = "") -> str:
        """Who is ahead, what to do about it, and each difference; within so many characters."""
        top = f"{above}{render_standing(self.whole)}\n\n{_HOW}\n\n"
        return top + render(self.told, replace(self.layout, limit=limit - len(top)), "markdown")


def drift(
    target: Target,
    event: Event,
    github: GitHub | None,
    runner: Runner,
    *,
    fail_on_drift: bool = False,
    pull_request: bool = False,
    observer: Callable[[Exchange], None] | None = None,
) -> Checked:
    """Looks for edits on the service, and tells them in the target's issue and in the job's summary.

    With `pull_request` they are offered as a pull request too; where that cannot be, a warning says why. Without
    `github` all is told in the summary alone. Raises PromptsyncError as the command `drift` does.
    """
    found = _look(target, event, observer)
    told = found.told
    summary = found.text(SUMMARY_CHARACTERS) if told.changes else f"### promptsync: {found.sentence}"
    write_summary(runner.summary, summary)
    code = ExitCode.CONFLICT if found.edited and fail_on_drift else ExitCode.DONE
    counts = {name: str(number) for name, number in told.summary.items()}
    write_outputs(runner.outputs, {"exit-code": str(int(code)), "digest": told.digest, **counts})
    commands, said = [render(told, found.layout, "github")] if told.changes else [], [found.sentence]
    if github is not None:
        offering = partial(_offered, target, event, github, runner, found, observer) if pull_request else None
        words, problem = _tell(github, found, offering)
        said += words
        commands += [annotation("warning", "promptsync", problem)] if problem else []
    return Checked(code, "\n".join(commands), "; ".join(said))


def _look(target: Target, event: Event, observer: Callable[[Exchange], None] | None) -> _Found:
    whole = compare(target, observer=observer).plan
    told = tuple(change for change in whole.changes if standing(change) in ("service", "both", "lock"))
    fact = f"Compared with {event.commit[:10]} of {event.repository}"
    return _Found(whole, replace(whole, changes=told), Layout(whole=True, link=event.run_url, facts=(fact,)))


def _tell(github: GitHub, found: _Found, offering: Callable[[int | None], Offered] | None) -> tuple[list[str], str]:
    """Writes the issue and, where edits are offered, the pull request, each with a link to the other.

    Gives what was done, and a warning or nothing.
    """
    opened, offered = None, Offered(None)
    if offering is not None:
        opened = None if find_issue(github, found.told.target) else _report(github, found, offered)
        issue = find_issue(github, found.told.target)
        offered = offering(issue.number if issue else None)
    done = _report(github, found, offered)
    words = [f"the issue was {opened or done}"] if opened or done else []
    words += [f"the pull request was {offered.done}"] if offered.done else []
    return words, offered.problem


def _report(github: GitHub, found: _Found, offered: Offered) -> str | None:
    told, target = found.told, found.told.target
    title = f"promptsync: {counted(len(told.changes), 'prompt')} of the target {target} changed in orq.ai"
    link = f"The pull request #{offered.pull.number} takes the edits into the files.\n\n" if offered.pull else ""
    room = MAX_COMMENT - len(marker(target, "drift")) - 1
    return report_drift(github, target, title, found.text(room, link) if told.changes else None)


def _offered(
    target: Target,
    event: Event,
    github: GitHub,
    runner: Runner,
    found: _Found,
    observer: Callable[[Exchange], None] | None,
    issue: int | None,
) -> Offered:
    """The edits as a pull request; the reason where that cannot be, since the issue is to tell of them all the same."""
    keys = [change.key for change in found.edited if change.edited]
    made = dry_run(target, keys, observer=observer)
    count = counted(sum(bool(pulled.edits) for pulled in made.pulled), "prompt")
    wanted = Offer(
        target.name,
        before={_path(runner, name): data for name, data in made.before.items()},
        files={_path(runner, name): data for name, data in made.after.items()},
        title=f"promptsync: take over {count} edited in orq.ai (target {target.name})",
        body=_body(found, made, issue),
    )
    try:
        return offer(github, event.branch, wanted)
    except BranchError as error:
        return Offered(None, problem=f"the edits could not be offered as a pull request: {error.message}")


def _body(found: _Found, made: DryRun, issue: int | None) -> str:
    since = {change.key: change.sides.since for change in found.edited if change.sides is not None}
    top = f"{_TAKEN}\n\nAll that differs is told in #{issue}." if issue is not None else _TAKEN
    return render_proposed(made, since, top, replace(found.layout, limit=MAX_COMMENT))


def _path(runner: Runner, name: str) -> str:
    return PurePosixPath(runner.folder, name).as_posix()


def _count(plan: Plan, who: Standing) -> int:
    return sum(standing(change) == who for change in plan.changes)
