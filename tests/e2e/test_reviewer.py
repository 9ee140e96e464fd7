"""A reviewer reads what `check` prints into a pipe, and nothing else: all that is new must stand in it."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

from tests.e2e.world import KEY, Keyboard, answers, current
from tests.output.edits import KINDS, Edited, word

if TYPE_CHECKING:
    import pytest

    from tests.e2e.world import World


def with_text(text: str) -> str:
    """A prompt file that says so; JSON is YAML, and every character can be written in it."""
    return json.dumps(current(text))


def test_what_was_edited_in_any_of_fifty_prompts_is_told(world: World) -> None:
    edits = [kind(Random(number)) for number in range(1) for kind in KINDS]
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
