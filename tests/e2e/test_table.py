"""Every row of the plan's table over HTTP: both dialects, and services that merge or replace what a PATCH sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promptsync.sandbox import Behaviour, Fault
from tests.e2e.world import KEY, World, classic, current, parameters

if TYPE_CHECKING:
    from collections.abc import Callable

OTHER = "Default/greeting"

SERVICES = [
    pytest.param((Behaviour(dialect="current", patch="merge"), current), id="current-merge"),
    pytest.param((Behaviour(dialect="current", patch="replace"), current), id="current-replace"),
    pytest.param((Behaviour(dialect="classic", patch="merge"), classic), id="classic-merge"),
    pytest.param((Behaviour(dialect="classic", patch="replace"), classic), id="classic-replace"),
]


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Any:
    """A behaviour, and files in the dialect that it takes."""
    return request.param


@pytest.fixture
def behaviour(service: Any) -> Behaviour:
    found: Behaviour = service[0]
    return found


@pytest.fixture
def make(service: Any) -> Callable[..., dict[str, Any]]:
    found: Callable[..., dict[str, Any]] = service[1]
    return found


def set_here(world: World, temperature: float, key: str = KEY) -> None:
    world.change(key, lambda data: parameters(data).update(temperature=temperature))


def temperature(world: World, key: str = KEY) -> Any:
    return parameters(world.held(key)).get("temperature")


def agreed(world: World, make: Any) -> str:
    """Two prompts that files, lock and service agree about; gives the id of one."""
    world.write(KEY, {"description": "Refunds", **make()})
    world.write(OTHER, make("Greet the customer."))
    assert world.apply().code == 0
    world.sandbox.requests.clear()
    return world.id(KEY)


def test_new_here_is_created(world: World, make: Any) -> None:
    world.write(KEY, make())
    assert world.actions() == {KEY: "create"}
    applied = world.apply()
    assert (applied.code, world.names()) == (0, ["refund"]), applied.out
    assert world.sandbox.path_of(world.id(KEY)) == "Default"
    assert world.plan().code == 0


def test_what_a_lost_create_of_ours_made_is_adopted(world: World, make: Any) -> None:
    world.write(KEY, make())
    world.sandbox.faults.add(Fault("drop", method="POST", when="after"))
    world.sandbox.faults.add(Fault("status", status=403, method="GET", path="/v2/prompts", skip=1, times=None))
    assert (world.apply().code, len(world.names())) == (4, 1)
    world.sandbox.faults.clear()

    assert world.actions() == {KEY: "adopt"}
    assert (world.apply().code, world.names()) == (0, ["refund"])
    assert world.id(KEY) == world.sandbox.prompts()[0]["_id"]
    assert world.plan().code == 0


def test_the_one_of_our_name_is_adopted_where_no_one_else_makes_prompts(world: World, make: Any) -> None:
    world.write("promptsync", "targets:\n  default: {exclusive: true}\n")
    there = world.add_unmanaged(data=make("Theirs."))
    world.write(KEY, make())
    assert world.actions() == {KEY: "adopt"}
    assert (world.apply().code, world.names(), world.id(KEY)) == (0, ["refund"], there)
    assert parameters(world.held(KEY))["temperature"] == 0.2
    assert world.plan().code == 0


def test_others_of_our_name_are_a_conflict_that_lists_them(world: World, make: Any) -> None:
    ids = [world.add_unmanaged(data=make("Theirs.")), world.add_unmanaged(data=make())]
    world.write(KEY, make())
    planned = world.plan()
    assert (planned.code, world.actions()) == (3, {KEY: "conflict"})
    block = next(iter(make()))
    assert f"{ids[0]} (differs in {block}.messages[0].content)" in planned.out
    assert f"{ids[1]} (says the same)" in planned.out
    assert f"promptsync adopt {KEY} ID" in planned.out
    assert "--create-twins" in planned.out
    assert (world.apply().code, world.writes) == (3, [])


def test_as_agreed_is_unchanged(world: World, make: Any) -> None:
    agreed(world, make)
    assert world.plan().out.endswith("No changes. 2 prompts are as the files say.\n")
    assert (world.apply().code, world.writes) == (0, [])


def test_changed_here_is_an_update(world: World, make: Any) -> None:
    before = agreed(world, make)
    set_here(world, 0.7)
    world.change(KEY, lambda data: data.pop("description"))
    assert world.actions() == {KEY: "update"}
    assert world.apply().code == 0
    assert (world.id(KEY), temperature(world)) == (before, 0.7)
    # What was taken out of the file is cleared on the service.
    assert world.held(KEY).get("description") is None
    assert world.plan().code == 0


def test_changed_there_is_drift_and_stays(world: World, make: Any) -> None:
    agreed(world, make)
    extra = "top_p" if make is current else "topP"
    world.edit(temperature=0.9, **{extra: 0.5})
    planned = world.plan()
    assert (planned.code, world.actions()) == (3, {KEY: "drift"})
    # A field that someone put in is seen, too.
    (change,) = world.plan_json()["changes"]
    told = [(item["field"].rpartition(".")[2], item["op"], item["before"], item["after"]) for item in change["diff"]]
    assert told == [("temperature", "replace", 0.9, 0.2), (extra, "remove", 0.5, None)]
    assert (world.apply().code, world.writes, temperature(world)) == (0, [], 0.9)


def test_moved_here_and_changed_there_is_a_conflict(world: World, make: Any) -> None:
    before = agreed(world, make)
    world.edit(temperature=0.9)
    (world.root / "New").mkdir()
    (world.root / f"{KEY}.yaml").rename(world.root / "New/refund.yaml")
    assert world.actions() == {"New/refund": "conflict"}
    applied = world.apply()
    assert (applied.code, world.writes) == (3, [])
    assert "moved here and changed on the service" in applied.out
    assert (world.id(KEY), temperature(world)) == (before, 0.9)


def test_changed_on_both_sides_to_the_same_refreshes_the_lock(world: World, make: Any) -> None:
    agreed(world, make)
    world.edit(temperature=0.7)
    set_here(world, 0.7)
    assert world.actions() == {KEY: "adopt"}
    assert (world.apply().code, world.writes) == (0, [])
    assert world.plan().out.endswith("No changes. 2 prompts are as the files say.\n")


def test_changed_on_both_sides_is_a_conflict(world: World, make: Any) -> None:
    agreed(world, make)
    world.edit(temperature=0.9)
    set_here(world, 0.7)
    assert world.actions() == {KEY: "conflict"}
    assert (world.apply().code, world.writes, temperature(world)) == (3, [], 0.9)
    assert (world.apply("--overwrite", KEY).code, temperature(world)) == (0, 0.7)
    assert world.plan().code == 0


def test_deleted_there_is_a_conflict_and_overwritten_made_anew(world: World, make: Any) -> None:
    before = agreed(world, make)
    world.sandbox.ui_delete(before)
    assert world.actions() == {KEY: "conflict"}
    assert (world.apply().code, world.writes) == (3, [])
    assert world.actions("--overwrite", KEY) == {KEY: "recreate"}
    applied = world.apply("--overwrite", KEY)
    assert applied.code == 0
    assert f"THE ID CHANGED: {before} → {world.id(KEY)}" in applied.out
    assert world.plan().code == 0


def test_a_file_that_is_gone_leaves_an_orphan_and_pruned_a_delete(world: World, make: Any) -> None:
    before = agreed(world, make)
    world.remove(KEY)
    assert (world.plan().code, world.actions()) == (0, {KEY: "orphan"})
    assert (world.apply().code, world.writes) == (0, [])
    assert world.actions("--prune") == {KEY: "delete"}
    assert world.apply("--prune").code == 0
    assert world.writes == [("DELETE", f"/v2/prompts/{before}")]
    assert (world.names(), world.plan().code) == (["greeting"], 0)


def test_a_file_that_is_gone_and_a_prompt_that_was_changed_are_a_conflict(world: World, make: Any) -> None:
    agreed(world, make)
    world.edit(temperature=0.9)
    world.remove(KEY)
    assert world.actions("--prune") == {KEY: "conflict"}
    assert (world.apply("--prune").code, world.writes) == (3, [])


def test_gone_on_both_sides_is_forgotten(world: World, make: Any) -> None:
    before = agreed(world, make)
    world.sandbox.ui_delete(before)
    world.remove(KEY)
    assert world.actions() == {KEY: "forget"}
    assert (world.apply().code, world.writes, list(world.lock["prompts"])) == (0, [], [OTHER])


def test_what_is_not_ours_is_never_touched(world: World, make: Any) -> None:
    agreed(world, make)
    there = world.add_unmanaged("someone else's", make("Theirs."))
    before = world.sandbox.record(there)
    set_here(world, 0.7)
    world.remove(OTHER)
    assert world.apply("--prune", "--overwrite", "**").code == 0
    assert world.sandbox.record(there) == before
    assert there not in {entry["id"] for entry in world.lock["prompts"].values()}


def test_a_renamed_file_is_a_move(world: World, make: Any) -> None:
    before = agreed(world, make)
    (world.root / "New").mkdir()
    (world.root / f"{KEY}.yaml").rename(world.root / "New/repay.yaml")
    assert world.actions() == {"New/repay": "move"}
    assert world.apply().code == 0
    assert [method for method, _ in world.writes] == ["PATCH"]
    assert (world.id("New/repay"), world.names()) == (before, ["greeting", "repay"])
    assert (world.sandbox.path_of(before), world.plan().code) == ("New", 0)


def test_two_candidates_for_two_new_files_are_a_conflict(world: World, make: Any) -> None:
    for name in ("a", "b"):
        world.write(f"Default/{name}", {"display_name": f"Copy {name}", **make()})
    assert world.apply().code == 0
    world.sandbox.requests.clear()
    for name in ("a", "b"):
        world.remove(f"Default/{name}")
        world.write(f"Default/new-{name}", {"display_name": f"Other {name}", **make()})
    planned = world.plan("--prune")
    assert {"Default/new-a": "conflict", "Default/new-b": "conflict"}.items() <= world.actions("--prune").items()
    assert "Default/a, Default/b" in planned.out
    assert "promptsync mv OLD Default/new-a" in planned.out
    assert (world.apply("--prune").code, world.writes) == (3, [])
