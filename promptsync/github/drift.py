"""What was changed on the service alone, as one issue that opens, changes and closes by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.drift import drift as changed_there
from promptsync.github.comments import MAX_COMMENT, marker, report_drift
from promptsync.github.runner import SUMMARY_CHARACTERS, Checked, write_outputs, write_summary
from promptsync.model.errors import ExitCode
from promptsync.output.formats import render
from promptsync.output.layout import Layout
from promptsync.output.style import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.files.target import Target
    from promptsync.github.api import GitHub
    from promptsync.github.event import Event
    from promptsync.github.runner import Runner
    from promptsync.plan.changes import Plan
    from promptsync.service.calls import Exchange


def drift(
    target: Target,
    event: Event,
    github: GitHub | None,
    runner: Runner,
    *,
    fail_on_drift: bool = False,
    observer: Callable[[Exchange], None] | None = None,
) -> Checked:
    """Looks for edits on the service, and tells them in the target's issue and in the job's summary.

    Without `github` in the summary alone. Raises PromptsyncError as `drift` does.
    """
    planned = changed_there(target, observer=observer)
    made = planned.plan
    layout = Layout(whole=True, link=event.run_url, facts=(f"Compared with {event.commit[:10]} of {event.repository}",))
    text = render(made, replace(layout, limit=SUMMARY_CHARACTERS), "markdown") if made.changes else None
    write_summary(runner.summary, text or f"### promptsync: no drift in the target {made.target}")
    code = ExitCode.CONFLICT if made.changes and fail_on_drift else ExitCode.DONE
    counts = {name: str(number) for name, number in made.summary.items()}
    write_outputs(runner.outputs, {"exit-code": str(int(code)), "digest": made.digest, **counts})
    said = f"{counted(len(made.changes), 'prompt')} drifted" if made.changes else "no drift"
    if github is not None:
        done = report_drift(github, made.target, _title(made), _body(made, layout) if made.changes else None)
        said += f"; the issue was {done}" if done else ""
    return Checked(code, render(made, layout, "github") if made.changes else "", said)


def _title(made: Plan) -> str:
    return f"promptsync: {counted(len(made.changes), 'prompt')} of the target {made.target} changed in orq.ai"


def _body(made: Plan, layout: Layout) -> str:
    """The drift, and what to do about it: git is ahead of what it tells, or behind."""
    how = (
        "Someone edited these prompts in orq.ai, or an apply's lockfile did not come home. `promptsync pull` takes the "
        "edits into the files; `promptsync apply --overwrite KEY` puts the files' content back.\n\n"
    )
    room = MAX_COMMENT - len(marker(made.target, "drift")) - len(how) - 1
    return how + render(made, replace(layout, limit=room), "markdown")
