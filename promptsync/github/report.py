"""What an apply in a workflow tells: outputs, the job's summary, a page, annotations, comments on what was merged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

from promptsync.files.disk import write_atomic
from promptsync.github.comments import APPLIED, MAX_APPLIED, find_comment, is_told, tell_applied
from promptsync.github.http import GitHubError
from promptsync.github.runner import SUMMARY_CHARACTERS, Checked, failure, tell_failure, write_outputs, write_summary
from promptsync.model.errors import ExitCode
from promptsync.output.applied import applied_sum, render_applied, with_outcomes
from promptsync.output.formats import render
from promptsync.output.github import annotate_applied, annotation
from promptsync.output.layout import Layout
from promptsync.output.markdown import code
from promptsync.output.outcomes import outcome_lines
from promptsync.output.plan_json import dumps, saved_plan
from promptsync.plan.changes import Status

if TYPE_CHECKING:
    from promptsync.commands.results import Applied
    from promptsync.files.target import Target
    from promptsync.github.api import GitHub, Note
    from promptsync.github.approval import Gate
    from promptsync.github.event import Event
    from promptsync.github.home import Home
    from promptsync.github.merges import Merge
    from promptsync.github.runner import Runner
    from promptsync.model.errors import PromptsyncError
    from promptsync.plan.approved import Held

_WORST = (
    ExitCode.INTERRUPTED,
    ExitCode.ERROR,
    ExitCode.PARTIAL,
    ExitCode.STALE_PLAN,
    ExitCode.CONFLICT,
    ExitCode.LOCK_NOT_HOME,
)
"""The exit codes of an apply, the first of several that are due is given."""

_MADE_UP = 10
"""Earlier pull requests that are looked at: a run that waits is replaced by the next one."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an apply ended: what it did, or what kept it from the end, and where the lockfile is now.

    `gate` is what let through only what was approved, None where any change was.
    """

    applied: Applied | None
    failure: PromptsyncError | None
    home: Home
    gate: Gate | None

    @property
    def held(self) -> tuple[Held, ...]:
        """What was not approved."""
        return self.gate.held if self.gate is not None else ()

    @property
    def exit_code(self) -> ExitCode:
        """The worst of what is to be told."""
        codes = {ended.exit_code for ended in (self.applied, self.failure) if ended is not None}
        if any(not one.is_foreign for one in self.held):
            codes.add(ExitCode.STALE_PLAN)
        if self.home.problem is not None:
            codes.add(ExitCode.LOCK_NOT_HOME)
        return next((code for code in _WORST if code in codes), max(codes, default=ExitCode.DONE))


def leave(runner: Runner, branch: str, head: str) -> Checked:
    """Tells that a commit is not applied, since its branch has moved on."""
    said = f"{branch} has moved on from {head[:10]}: the run of its newer commit applies what is there"
    write_summary(runner.summary, f"### promptsync: nothing was applied\n\n<p>{code(said)}</p>")
    write_outputs(runner.outputs, {"exit-code": str(int(ExitCode.DONE))})
    return Checked(ExitCode.DONE, "", said)


def report(target: Target, event: Event, github: GitHub | None, runner: Runner, merge: Merge, ended: Ended) -> Checked:
    """Tells how an apply ended, wherever people look; without `github` in no comment."""
    told = _failed(ended, runner) if ended.applied is None else _applied(ended.applied, event, runner, merge, ended)
    problems = [annotation("error", "promptsync", ended.home.said)] if ended.home.problem is not None else []
    write_outputs(runner.outputs, _left_here(target, is_home=not problems))
    if github is not None:
        problems += _comments(github, target, event, runner, merge, ended)
    return Checked(ended.exit_code, "\n".join(part for part in [told.commands, *problems] if part), told.said)


def _failed(ended: Ended, runner: Runner) -> Checked:
    assert ended.failure is not None  # noqa: S101 - else it came to its end
    told = tell_failure(ended.failure, "not applied", runner, ended.exit_code)
    write_summary(runner.summary, f"<p>{code(ended.home.said)}</p>")
    return replace(told, said=f"{told.said}. {ended.home.said}")


def _applied(applied: Applied, event: Event, runner: Runner, merge: Merge, ended: Ended) -> Checked:
    """Page, saved plan, summary and outputs of an apply that came to its end."""
    plan = applied.plan
    layout = _layout(event, merge, ended)
    page, saved = runner.reports / f"{plan.target}.html", runner.reports / f"{plan.target}.json"
    whole = with_outcomes(applied, ended.held)
    title = applied_sum(applied, ended.held)
    write_atomic(page, render(whole, replace(layout, sum=title), "html").encode("utf-8", "replace"))
    write_atomic(saved, dumps(saved_plan(plan, plan.host)).encode())
    write_summary(runner.summary, render_applied(applied, ended.held, replace(layout, limit=SUMMARY_CHARACTERS)))
    write_outputs(
        runner.outputs,
        {
            "exit-code": str(int(ended.exit_code)),
            "digest": plan.digest,
            "plan": str(saved),
            "report": str(page),
            **_counts(applied, ended.held),
        },
    )
    log = [annotate_applied(applied, ended.held), *outcome_lines(applied.outcomes, plan)]
    return Checked(ended.exit_code, "\n".join(line for line in log if line), f"{title} {ended.home.said}")


def _layout(event: Event, merge: Merge, ended: Ended) -> Layout:
    facts = [f"Commit {merge.head[:10]} of {event.repository}", ended.home.said]
    if ended.applied is not None and ended.applied.problem is not None:
        facts.append(ended.applied.problem.message)
    if ended.gate is not None:
        facts += ["Only what the checks of pull requests told is applied", *ended.gate.notes]
    return Layout(whole=True, link=event.run_url, facts=tuple(facts))


def _counts(applied: Applied, held: tuple[Held, ...]) -> dict[str, str]:
    """How many of each kind of change there were, and how many came to what."""
    statuses = Counter(outcome.status for outcome in applied.outcomes)
    counts = {**applied.plan.summary, **{status: statuses[status] for status in get_args(Status)}}
    return {name.replace(" ", "-"): str(number) for name, number in {**counts, "not-approved": len(held)}.items()}


def _left_here(target: Target, *, is_home: bool) -> dict[str, str]:
    """What must be kept: the lockfile that did not come home, and the journal, which tells of writes in doubt."""
    found = {"journal": target.journal_path} if is_home else {"lock": target.lock_path, "journal": target.journal_path}
    return {name: str(path) for name, path in found.items() if path.exists()}


def _comments(github: GitHub, target: Target, event: Event, runner: Runner, merge: Merge, ended: Ended) -> list[str]:
    """Tells the merged pull requests; gives a warning where that failed."""
    said = _said(event, merge, ended)
    unknown = f"the pull requests were not told: {merge.problem}"
    warnings = [annotation("warning", "promptsync", unknown)] if merge.problem else []
    for pull in merge.pulls:
        try:
            found = find_comment(github, pull.number, target.name)
            if _is_news(found, target, ended) and (found or github.touches(pull.number, runner.folder)):
                tell_applied(github, pull.number, target.name, found, said)
        except GitHubError as error:
            warnings.append(annotation("warning", "promptsync", f"#{pull.number} was not told: {error.message}"))
    try:
        _make_up(github, target, merge, said)
    except GitHubError as error:
        warnings.append(annotation("warning", "promptsync", f"earlier merges were not told: {error.message}"))
    return warnings


def _is_news(found: Note | None, target: Target, ended: Ended) -> bool:
    """Whether there is something to tell: once that nothing was to be done, and whatever else."""
    if ended.applied is None or ended.applied.outcomes or any(not one.is_foreign for one in ended.held):
        return True
    return found is not None and not is_told(found, target.name)


def _make_up(github: GitHub, target: Target, merge: Merge, said: str) -> None:
    """Tells the pull requests of runs that this one was started in place of: those before it that no run told."""
    for pull in [pull for pull in merge.all_pulls if pull not in merge.pulls][:_MADE_UP]:
        found = find_comment(github, pull.number, target.name)
        if found is not None and is_told(found, target.name):
            return
        if found is not None:
            tell_applied(github, pull.number, target.name, found, said)


def _said(event: Event, merge: Merge, ended: Ended) -> str:
    run = f"run {event.run_url.partition('/runs/')[2].partition('/')[0]}"
    head = f"{APPLIED if ended.applied is not None else 'Not applied by'} [{run}]({event.run_url}).\n\n"
    room = MAX_APPLIED - len(head)
    if ended.applied is None:
        assert ended.failure is not None  # noqa: S101 - else it came to its end
        return head + failure(ended.failure, "not applied", room)
    ours = tuple(one for one in ended.held if not one.is_foreign)
    return head + render_applied(ended.applied, ours, replace(_layout(event, merge, ended), limit=room))
