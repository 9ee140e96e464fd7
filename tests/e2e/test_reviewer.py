"""A reviewer reads what `check` prints into a pipe, and nothing else: all that is new must stand in it."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from promptsync.model.compare import FieldDiff
from promptsync.output.formats import render
from promptsync.output.layout import Layout
from tests.e2e.edits import KINDS, Edited, word
from tests.e2e.world import KEY, Keyboard, answers, current
from tests.output import examples
from tests.work import calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.plan.changes import Update
    from tests.e2e.world import World

EDITS = [(number, KINDS[number % len(KINDS)]) for number in range(190)]


def update(edited: Edited, key: str = "Default/one") -> Update:
    item = examples.replaced("prompt.messages[0].content", edited.before, edited.after)
    if not edited.before:
        item = FieldDiff(item.field, "add", None, edited.after)
    return replace(examples.update(key), diff=(item,), warnings=())


@pytest.mark.parametrize(("number", "kind"), EDITS, ids=[f"{kind.__name__}-{number}" for number, kind in EDITS])
def test_what_is_new_is_told(number: int, kind: Callable[[Random], Edited]) -> None:
    edited = kind(Random(number))

    told = render(examples.plan_of(update(edited)), Layout(whole=True))

    assert edited.seen in told.replace("\n", " ") or edited.seen in told


@pytest.mark.parametrize("number", range(10))
def test_the_fiftieth_prompt_is_told_like_the_first(number: int) -> None:
    random = Random(number)
    edits = [Edited("old", f"{word(random)}\n" * 50 + "end", "") for _ in range(60)]
    changes = [update(edited, f"Default/{place:02}") for place, edited in enumerate(edits)]

    told = render(examples.plan_of(*changes), Layout(whole=True))

    assert [edited for edited in edits if told.count(edited.after[:12]) != 50] == []


def test_a_plan_of_a_thousand_changes_is_told_in_little_work_and_200_megabytes() -> None:
    random = Random(1)
    lines = [f"You are line {number} of a prompt that is as long as most." for number in range(60)]
    changes = []
    for number in range(1_000):
        after = list(lines)
        for _ in range(5):
            after[random.randrange(60)] = word(random)
        changes.append(update(Edited("\n".join(lines), "\n".join(after), ""), f"Default/{number:04}"))
    plan = examples.plan_of(*changes)

    tracemalloc.start()
    render(plan, Layout(whole=True))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 200_000_000
    assert calls(lambda: render(plan, Layout(whole=True))) < 3_000 * len(changes)


def with_text(text: str) -> str:
    """A prompt file that says so; JSON is YAML, and every character can be written in it."""
    return json.dumps(current(text))


def test_what_was_edited_in_any_of_fifty_prompts_is_told(world: World) -> None:
    edits = [kind(Random(0)) for kind in KINDS]
    edits += [Edited("Old.", f"Old. {word(Random(number))}", word(Random(number))) for number in range(50)]
    for number, edited in enumerate(edits):
        world.write(f"Default/{number:02}", with_text(edited.before or "one\ntwo"))
    assert world.apply().code == 0
    for number, edited in enumerate(edits):
        world.write(f"Default/{number:02}", with_text(edited.after))

    ran = world.run("check")

    assert ran.code == 0
    assert [edited.seen for edited in edits if edited.seen not in ran.out] == []


def test_a_new_prompt_is_told_whole(world: World) -> None:
    new = [word(Random(number)) for number in range(3)]
    lines = "\n".join([*map(str, range(500)), new[0]])
    world.write(KEY, json.dumps({**current(lines), "description": "word " * 50 + new[1]}))
    for command in ("check", "plan", "plan -v", "check --offline"):
        told = world.run(command).out
        assert new[0] in told, command
        assert new[1] in told, command


def test_what_is_left_out_on_a_terminal_is_counted_and_v_shows_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    world.write(KEY, with_text("old"))
    assert world.apply().code == 0
    world.write(KEY, with_text("\n".join(f"line {number}" for number in range(100))))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    plan, whole, check = world.plan().out, world.plan("-v").out, world.run("check").out
    assert "line 99" not in plan
    assert " more lines: -v shows them" in plan
    for told in (whole, check):
        assert "line 99" in told
        assert "more line" not in told


def test_a_no_says_that_nothing_was_applied(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(KEY, current())
    answers(monkeypatch, "no")
    ran = world.run("apply")
    assert ran.code == 130
    assert f"Apply 1 change to the target “default” ({world.url.removeprefix('http://')}), no path prefix?" in ran.err
    assert ran.err.endswith("nothing was applied\n")
    assert "Nothing to do" not in ran.out
    assert world.writes == []


def test_a_yes_applies_and_tells_the_new_id_and_version(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(KEY, current())
    answers(monkeypatch, "yes")
    ran = world.run("apply")
    assert ran.code == 0
    entry = world.lock["prompts"][KEY]
    assert f"+  created  {KEY}  {entry['id']}  version {entry['version']}\n" in ran.out


def test_a_path_prefix_is_named_in_plan_and_question(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("promptsync", "targets:\n  default: {path_prefix: Team}\n")
    world.write(KEY, current())
    assert "path prefix “Team”" in world.plan().out
    answers(monkeypatch, "no")
    assert "path prefix “Team”?" in world.run("apply").err


def test_no_one_at_the_terminal_is_an_interruption(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(KEY, current())
    monkeypatch.setattr("sys.stdin", Keyboard(""))
    assert (world.run("apply").code, world.writes) == (130, [])
