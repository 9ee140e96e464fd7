"""What stands above a plan: where it is, how it was made, and what it cannot know."""

from __future__ import annotations

from promptsync.output.heading import heading
from promptsync.output.layout import Layout
from promptsync.output.shown import shown
from promptsync.plan.changes import PlanOptions
from tests.output.examples import entry, plan_of, update


def test_a_plan_says_how_it_was_made() -> None:
    options = PlanOptions(prune=True, create_twins=True, only=("Default/**",), overwrite=("Default/a b",))
    refreshed = {"Default/refund": entry("Default/refund", 1)}

    told = heading(shown(plan_of(update(), options=options, refreshed=refreshed)), Layout(facts=("Head: 1a2b3c",)))

    assert told.facts[1:] == (
        "Head: 1a2b3c",
        "Made with `--prune --create-twins --only 'Default/**' --overwrite 'Default/a b'`",
        "1 prompt to be recorded anew in the lockfile; nothing differs",
    )
    assert told.warnings == ()


def test_a_plan_made_offline_says_what_it_cannot_know() -> None:
    told = heading(shown(plan_of(offline=True)), Layout())

    assert told.warnings == ("Offline: the files against the lockfile alone. What the service holds is not known.",)
