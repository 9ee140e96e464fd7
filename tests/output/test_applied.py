"""What came of a plan as Markdown, judged as a plan is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, get_args

import pytest

from promptsync.commands.results import Applied
from promptsync.output.applied import render_applied, with_outcomes
from promptsync.output.github import annotate_applied
from promptsync.output.layout import Layout
from promptsync.plan.approved import Held, Told
from promptsync.plan.changes import Outcome, Plan, Status
from tests.output import examples
from tests.output.corpus import CORPUS
from tests.output.golden import same_as_golden
from tests.output.test_github import commands
from tests.output.test_markdown import KINDS, TAGS, raw, tokens

FACTS = ("Commit 0123abc of acme/shop", "The lockfile is on main, by the commit 4567def")
NOW = examples.update("Default/Support/price")
KNOWN = {
    "action": "update",
    "diff": [{"field": "prompt.temperature", "op": "replace", "before": 0.2, "after": 0.5}],
}


def held() -> tuple[Held, ...]:
    """Each reason for which a change is not carried out."""
    same = {"action": "update", "diff": [vars_of(item) for item in NOW.diff]}
    return (
        Held(NOW, Told("the check of #7", (KNOWN,))),
        Held(replace(NOW, key="Default/Support/same"), Told("the check of #7", (same,))),
        Held(examples.create("Default/Support/direct"), None),
        Held(examples.create("Default/Support/elsewhere"), None, is_foreign=True),
        Held(examples.move(), Told("the check of #7", ()), partner="Default/Support/price"),
    )


def vars_of(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ("field", "op", "before", "after")}


def applied(outcomes: tuple[Outcome, ...] = examples.OUTCOMES, **others: Any) -> Applied:
    return Applied(examples.every_kind(), outcomes, **others)


def markdown(ended: Applied, *not_approved: Held, limit: int | None = None) -> str:
    return render_applied(ended, not_approved, Layout(facts=FACTS, limit=limit, link="https://example.com/run"))


def test_all_that_can_come_of_a_plan() -> None:
    same_as_golden("applied.md", markdown(applied(), *held()))


def test_an_apply_that_was_interrupted() -> None:
    text = markdown(applied(interrupted=True))
    assert "interrupted:\n     done:     5\n     not done: 3" in text


def test_nothing_to_do_is_said() -> None:
    text = render_applied(Applied(examples.plan_of()), (), Layout(facts=FACTS))
    assert text.startswith("### Nothing to do.\n")
    assert "```" not in text


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in CORPUS.items()])
def test_hostile_text_stays_text(text: str) -> None:
    plan = examples.hostile(text)
    outcomes = tuple(
        Outcome(text, change.action, status, text, text, text, text)
        for change in plan.decided
        for status in get_args(Status)
    )
    forged = {"action": "update", "diff": [{"field": text, "op": "add", "before": None, "after": [text]}]}
    not_approved = [Held(change, Told(text, (forged,)), partner=None) for change in plan.decided]
    not_approved.append(Held(plan.decided[0], None, partner=text))
    found = tokens(markdown(Applied(plan, outcomes), *not_approved))
    assert {token.type for token in found} <= KINDS
    assert sum(token.type == "fence" for token in found) == len(not_approved) + 1
    for token in found:
        if token.type == "html_block":
            assert {tag.partition(" ")[0] for tag in _tags(token.content)} <= TAGS
            assert not any(sign in raw(token.content) for sign in "@#[]*`")


def _tags(html: str) -> list[str]:
    return re.findall(r"<[/!]?([^\s>]*)", html)


@pytest.mark.parametrize("limit", [4_000, 65_536])
def test_however_much_was_done_it_fits(limit: int) -> None:
    outcomes = tuple(
        Outcome(f"Default/{number:04}", "create", "done", examples.prompt_id(1)) for number in range(2_000)
    )
    many = [replace(one, change=replace(one.change, key=f"{number}")) for number in range(300) for one in held()[:1]]
    for text in (markdown(applied(outcomes), limit=limit), markdown(applied(outcomes), *many, limit=limit)):
        assert len(text) <= limit
        assert "more lines" in text
    assert "prompts of 300 did not fit here" in text


@pytest.mark.parametrize(
    "diff", [None, 7, [7], [{}], [{"field": 7, "op": "add"}], [{"field": "x", "op": "run"}], {"field": "x"}]
)
def test_what_a_forged_plan_calls_a_field_is_left_out(diff: Any) -> None:
    text = markdown(applied(()), Held(NOW, Told("the check of #7", ({"action": "update", "diff": diff},))))
    assert "# approved was: update\n# it would be: update" in text


def test_a_forged_plan_that_is_nested_too_deeply_hides_nothing_else() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    diff = [{"field": "prompt.x", "op": "add", "before": None, "after": deep}]
    text = markdown(applied(()), Held(NOW, Told("the check of #7", ({"action": "update", "diff": diff},))))
    assert "# approved was: update\n@@ + prompt.x: @@\n+ [\n+   [\n" in text
    assert "# it would be: update" in text


def test_data_in_a_forged_plan_is_masked() -> None:
    diff = [{"field": "prompt.x", "op": "add", "before": None, "after": examples.PICTURE}]
    text = markdown(applied(()), Held(NOW, Told("the check of #7", ({"action": "update", "diff": diff},))))
    assert examples.PICTURE[30:] not in text


def test_a_page_says_why_something_was_not_carried_out() -> None:
    plan = with_outcomes(applied(), held())
    told = {change.key: change.warnings[-1] for change in plan.changes if change.warnings}
    assert told["Default/Vision/invoice"] == "failed: the service refuses `top_p`"
    assert told["Default/Support/price"] == "not approved: the check of #7 told something else"
    assert [change.key for change in plan.changes] == sorted(change.key for change in plan.changes)


def test_what_was_not_done_is_annotated_and_what_was_done_is_not() -> None:
    plan = examples.plan_of(examples.update(), examples.pictures(), examples.drift(), examples.conflict())
    outcomes = (
        Outcome("Default/Support/refund", "update", "done", examples.prompt_id(1)),
        Outcome("Default/Vision/invoice", "update", "failed", examples.prompt_id(2), "refused", "take it out"),
    )
    found = commands(annotate_applied(Applied(plan, outcomes), held()[2:4]))
    assert [(name, properties["title"]) for name, properties, _ in found] == [
        ("error", "create Default/Support/direct"),
        ("error", "update Default/Vision/invoice"),
        ("error", "conflict Default/Support/returns"),
        ("warning", "drift Default/Support/shipping"),
        ("notice", "create Default/Support/elsewhere"),
    ]
    assert found[1][1:] == (
        {"file": "prompts/Default/Vision/invoice.yaml", "line": "1", "title": "update Default/Vision/invoice"},
        "failed\nrefused\ntake it out",
    )


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in CORPUS.items()])
def test_hostile_text_begins_no_command(text: str) -> None:
    plan: Plan = examples.hostile(text)
    outcomes = tuple(Outcome(text, change.action, "failed", text, text, text) for change in plan.decided[:3])
    found = commands(annotate_applied(Applied(plan, outcomes), [Held(plan.decided[0], Told(text, ()))]))
    assert len(found) == 3 + 1 + sum(not change.is_decided for change in plan.changes)
