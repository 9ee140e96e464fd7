from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.model.compare import FieldDiff
from promptsync.output.formats import render
from promptsync.output.layout import Layout
from promptsync.output.outcomes import render_outcomes
from promptsync.output.plan_json import plan_json
from promptsync.output.style import LOOKS
from promptsync.plan.changes import ACTIONS, Change, Orphan, Outcome, Plan, Sides
from tests.output import examples
from tests.output.golden import same_as_golden
from tests.work import calls

STATUSES: tuple[Literal["done", "failed"], ...] = ("done", "failed")
HOSTILE = st.text(st.one_of(st.characters(), st.sampled_from(":#[ \t\n\r\x1b\x85\u2028\u202e\u200b")), min_size=1)


def render_plan(plan: Plan, *, color: bool, width: int = 100, whole: bool = False) -> str:
    return render(plan, Layout(color, width, whole), "text")


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_a_plan_with_every_kind_of_change(color: bool, whole: bool) -> None:
    shown = render_plan(examples.every_kind(), color=color, whole=whole)

    same_as_golden(f"plan{'.whole' * whole}{'.ansi' * color}.txt", shown)


def test_a_narrow_plan() -> None:
    same_as_golden("plan.narrow.txt", render_plan(examples.every_kind(), color=False, width=60))


@pytest.mark.parametrize(
    ("unchanged", "shown"),
    [
        (13, "No changes. 13 prompts are as the files say."),
        (1, "No changes. 1 prompt is as its file says."),
        (0, "No changes. There are no prompts."),
    ],
)
def test_a_plan_without_changes(unchanged: int, shown: str) -> None:
    told = render_plan(examples.plan_of(unchanged=unchanged), color=False)

    assert told.splitlines() == ["Target “default” (api.orq.ai), path prefix “Staging”.", "", shown]


def test_the_sum_is_the_last_line() -> None:
    changes = (examples.create(), examples.create("x/y"), examples.update(), examples.drift(), examples.conflict())

    last = render_plan(examples.plan_of(*changes), color=False).splitlines()[-1]

    assert last == "Plan: 2 to create, 1 to update, 1 drifted, 1 conflict; 12 unchanged."


def test_what_is_left_alone_is_nothing_to_apply() -> None:
    shown = render_plan(examples.plan_of(examples.orphan(), examples.orphan("a/b")), color=False)

    assert shown.splitlines()[-1] == "Plan: nothing to apply, 2 orphans; 12 unchanged."


def test_an_offline_plan_says_so() -> None:
    bare = replace(examples.update(), diff=(), warnings=())
    shown = render_plan(examples.plan_of(bare, offline=True), color=False).splitlines()

    assert shown[0] == "Offline: the files against the lockfile alone. What the service holds is not known."
    assert "     the file changed since the last apply; which fields, only the service can tell" in shown


def test_a_create_of_the_classic_dialect_names_provider_and_model() -> None:
    block = {"provider": "openai", "model": "gpt-4o", "messages": [], "tools": [{}, {}]}
    file = examples.prompt_file("a/b", block=block)
    change = replace(examples.create("a/b"), file=replace(file, prompt=replace(file.prompt, dialect="prompt_config")))

    assert render_plan(examples.plan_of(change), color=False).splitlines()[2:8] == [
        "+  create    a/b",
        "     name:     b",
        "     path:     a",
        "     model:    openai/gpt-4o",
        "     messages: 0",
        "     tools:    2",
    ]


def test_entries_to_be_recorded_anew_are_told() -> None:
    plan = examples.plan_of(refreshed={"a/b": examples.entry("a/b", 1), "a/c": examples.entry("a/c", 2)})

    assert render_plan(plan, color=False).splitlines()[1] == (
        "2 lockfile entries are to be recorded anew; nothing differs there."
    )


def test_keys_of_wide_characters_are_aligned() -> None:
    plan = examples.plan_of(examples.forget("部/返金"), examples.forget("team/refund"))

    first, second = (line for line in render_plan(plan, color=False).splitlines() if line.startswith("x "))

    assert first == "x  forget    team/refund  01JZ5K7Q8R9S0T1V2W3X4Y5Z07"
    assert second == "x  forget    部/返金      01JZ5K7Q8R9S0T1V2W3X4Y5Z07"


def test_every_action_has_a_sign_of_its_own_in_ascii() -> None:
    signs = [LOOKS[action].sign for action in ACTIONS]

    assert len(set(signs)) == len(ACTIONS)
    assert all(sign.isascii() for sign in signs)


@pytest.mark.parametrize("kind", get_args(Change), ids=lambda kind: kind.action)
def test_every_kind_of_change_is_shown_by_every_renderer(kind: type[Change]) -> None:
    change = next(one for one in examples.every_kind().changes if type(one) is kind)
    plan = examples.plan_of(change)

    shown = render_plan(plan, color=False, whole=True).splitlines()
    assert any(kind.action in line and change.key in line for line in shown)
    assert f"1 {LOOKS[kind.action].counted}" in shown[-1]
    (told,) = plan_json(plan)["changes"]
    assert (told["action"], plan_json(plan)["summary"][kind.action]) == (kind.action, 1)
    outcomes = [Outcome(change.key, kind.action, "done", change.id)] if kind.is_decided else []
    expected = f"1 {LOOKS[kind.action].done}" if kind is not Orphan else "Nothing to do."
    assert expected in render_outcomes(outcomes, plan, color=False)


def test_no_data_url_is_shown() -> None:
    shown = render_plan(examples.every_kind(), color=False, whole=True)

    assert "base64" not in shown
    assert "[image/png, 204 bytes, sha256:" in shown


@pytest.mark.parametrize("color", [False, True])
def test_outcomes(color: bool) -> None:
    shown = render_outcomes(examples.OUTCOMES, examples.every_kind(), color=color)

    same_as_golden(f"outcomes{'.ansi' * color}.txt", shown)


def test_outcomes_without_a_plan_tell_drift_and_conflicts_of_their_own() -> None:
    outcomes = [Outcome("a/b", "conflict", "left", None, "changed here and there", "decide")]

    assert render_outcomes(outcomes, None, color=False).splitlines() == [
        "!! conflict  a/b",
        "     changed here and there",
        "     help: decide",
        "",
        "Applied: nothing; 1 conflict.",
    ]


def test_a_conflict_that_plan_and_outcomes_tell_is_told_once() -> None:
    change = examples.conflict()
    outcomes = [Outcome(change.key, "conflict", "left", None, "again")]

    shown = render_outcomes(outcomes, examples.plan_of(change), color=False)

    assert shown.count(change.key + "\n") == 1
    assert shown.endswith("Applied: nothing; 1 conflict.")


def test_no_outcomes() -> None:
    assert render_outcomes([], None, color=False) == "Nothing to do."
    done = [Outcome("a/b", "create", "done", "1"), Outcome("a/c", "create", "done", "2")]
    shown = render_outcomes(done, None, color=False)
    assert shown.splitlines() == ["+  created  a/b  1", "+  created  a/c  2", "", "Applied: 2 created."]


def test_an_interrupted_run_ends_in_a_short_list_and_says_to_run_it_again() -> None:
    doubtful = Outcome("a/b", "create", "failed", None, "no answer", in_doubt=True)
    skipped = [Outcome(f"b/{number:02}", "update", "skipped", "1", "interrupted") for number in range(12)]
    outcomes = [Outcome("a/a", "update", "done", "1"), doubtful, *skipped]

    assert render_outcomes(outcomes, None, color=False, interrupted=True).splitlines() == [
        "failed         create    a/b",
        "     no answer",
        "interrupted:",
        "     done:     1",
        f"     not done: 12 ({', '.join(item.key for item in skipped[:10])} and 2 more)",
        "     in doubt: 1 (a/b)",
        "     help: run it again: it first looks what became of what is in doubt, and does nothing twice",
        "",
        "Applied: 1 updated; 1 failed, 12 skipped.",
    ]


def test_a_plan_for_no_host_and_without_a_prefix_names_the_target_alone() -> None:
    plan = examples.plan_of(host="", path_prefix="")

    assert render_plan(plan, color=False).splitlines()[0] == "Target “default”, no path prefix."


def test_an_orphan_is_told_once() -> None:
    shown = render_plan(examples.plan_of(examples.orphan()), color=False)

    assert shown.count("file is gone") == 1
    assert shown.count("--prune") == 1


def test_an_orphan_that_cannot_be_pruned_is_not_told_to_be() -> None:
    change = replace(examples.orphan(), warnings=("the file is gone and the prompt stays: it is protected",))

    assert "--prune" not in render_plan(examples.plan_of(change), color=False)


def test_drift_is_told_as_service_and_file_whether_or_not_it_is_known_who_did_it() -> None:
    since = "on the service since version 1: 1 newer version"
    there = (examples.replaced("prompt.model", "openai/gpt-4o", "openai/gpt-4o-mini"),)
    change = examples.drift()

    for told in (change, replace(change, sides=Sides(since, (), there), warnings=(since,))):
        shown = render_plan(examples.plan_of(told), color=False)
        assert '~ prompt.model: "openai/gpt-4o-mini" → "openai/gpt-4o"' in shown
        assert shown.count("→") == 2


def test_a_conflict_tells_who_changed_what_and_all_as_service_and_file() -> None:
    old, there, here = {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 1, "c": 2}, {"a": 1, "b": 3, "c": 3}
    diff = [examples.replaced(name, there[name], here[name]) for name in old]
    sides = Sides(
        "since 1",
        here=tuple(examples.replaced(name, old[name], here[name]) for name in "bc"),
        there=tuple(examples.replaced(name, old[name], there[name]) for name in "ac"),
    )
    change = replace(examples.conflict(), diff=tuple(diff), sides=sides)

    lines = [line.strip() for line in render_plan(examples.plan_of(change), color=False).splitlines()]

    assert lines[lines.index("changed on the service:") :][:6] == [
        "changed on the service:",
        "~ a: 2 → 1",
        "changed in the file:",
        "~ b: 1 → 3",
        "changed on both sides:",
        "~ c: 2 → 3",
    ]


@settings(deadline=None)
@given(HOSTILE)
def test_no_text_acts_on_the_terminal_or_the_log(text: str) -> None:
    plan = examples.hostile(text)
    outcomes = [Outcome(text, "update", status, text, text, text) for status in STATUSES]
    for shown in (
        render_plan(plan, color=False),
        render_plan(plan, color=False, whole=True),
        render_outcomes(outcomes, plan, color=False),
    ):
        assert "\x1b" not in shown
        lines = shown.splitlines()
        assert len(lines) == shown.count("\n") + 1
        assert not any(line.strip().startswith("::") or "##[" in line for line in lines)


@settings(deadline=None)
@given(HOSTILE)
def test_the_only_escapes_are_our_own_colours(text: str) -> None:
    shown = render_plan(examples.hostile(text), color=True)

    assert set(shown.split("\x1b")[1:]) == {piece for piece in shown.split("\x1b")[1:] if piece.startswith("[")}
    assert all(piece.split("m")[0][1:].isdigit() for piece in shown.split("\x1b")[1:])


def test_ten_thousand_changes_cost_ten_times_a_thousand() -> None:
    kinds = examples.every_kind().changes
    changes = [replace(change, key=f"team/{n:05}") for n in range(1_000) for change in kinds]

    plans = (examples.plan_of(*changes[: 100 * len(kinds)]), examples.plan_of(*changes))
    small, large = (calls(partial(render_plan, plan, color=True)) for plan in plans)

    assert 9.9 < large / small < 10.1


def test_what_the_lockfile_alone_holds_is_told_as_that() -> None:
    protection = FieldDiff("protected", "replace", True, False)
    shown = render_plan(examples.plan_of(replace(examples.update(), diff=(protection,))), color=False)
    assert "     only the lockfile changes, and nothing is sent\n     ~ protected: true → false\n" in shown
