"""A sandbox that begins with what a lockfile tells of: the service as it was after the last apply, made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.commands.sandbox import seed_from_lock
from promptsync.files.target import open_target
from promptsync.sandbox import Behaviour, Sandbox, serve
from tests.e2e.world import KEY, World, classic, current

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def anew() -> Iterator[Sandbox]:
    """Another service, which has seen nothing of what was applied."""
    with Sandbox() as sandbox:
        yield sandbox


def seed(world: World, sandbox: Sandbox) -> list[str]:
    return seed_from_lock(open_target(world.root, "default", environ={}), sandbox)


def summary(world: World, sandbox: Sandbox) -> dict[str, int]:
    with serve(sandbox) as server:
        told = world.plan_json("--base-url", server.url)["summary"]
    return {name: count for name, count in told.items() if count}


@pytest.mark.parametrize("behaviour", [Behaviour(owner="a workspace of its own"), Behaviour(dialect="classic")])
def test_what_was_applied_is_there_again_and_a_plan_is_empty(world: World, anew: Sandbox) -> None:
    world.write(KEY, current())
    world.write("Default/Support/older", classic())
    world.apply()
    anew.behaviour = Behaviour(dialect=world.sandbox.behaviour.dialect)

    assert seed(world, anew) == []

    assert summary(world, anew) == {"unchanged": 2}
    assert {one["_id"] for one in anew.prompts()} == {one["_id"] for one in world.sandbox.prompts()}
    assert anew.path_of(world.id("Default/Support/older")) == "Default/Support"


def test_a_change_of_a_file_is_planned_against_it_and_applied(world: World, anew: Sandbox) -> None:
    world.write(KEY, current())
    world.apply()
    seed(world, anew)
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.9))

    assert summary(world, anew) == {"update": 1}
    with serve(anew) as server:
        assert world.apply("--base-url", server.url).code == 0
    assert summary(world, anew) == {"unchanged": 1}


def test_what_is_not_as_the_lockfile_remembers_is_told(world: World, anew: Sandbox) -> None:
    for key in (KEY, "Default/edited", "Default/gone"):
        world.write(key, current())
    world.apply()
    world.write("Default/edited", current("Edited."))
    world.remove("Default/gone")

    assert seed(world, anew) == [
        "Default/gone is left out: its file is gone",
        "Default/edited is there as its file says now, which is not what the lockfile was written from",
    ]
    assert len(anew.prompts()) == 2


def test_a_prompt_that_is_there_already_stays_as_it_is(world: World, anew: Sandbox) -> None:
    world.write(KEY, current())
    world.apply()
    seed(world, anew)
    anew.ui_edit(world.id(KEY), {"prompt": {"temperature": 0.9}})

    seed(world, anew)

    assert summary(world, anew) == {"drift": 1}


def test_without_a_lockfile_it_begins_empty(world: World, anew: Sandbox) -> None:
    world.write(KEY, current())
    assert (seed(world, anew), anew.prompts()) == ([], [])
