"""The wrong place: another workspace, another key, another target. Stopped before any write, and said which."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.sandbox import Sandbox, serve
from tests.e2e.world import KEY, World, current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMANDS = ["plan", "drift", "check", "pull", "lock verify", "import --list", "import --all", "apply --yes --prune"]


def agreed(world: World, count: int = 4) -> None:
    world.write(KEY, current())
    for number in range(count - 1):
        world.write(f"Default/p{number}", current(f"Prompt {number}."))
    assert world.apply().code == 0
    world.sandbox.requests.clear()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bool], Sandbox]]:
    """Another workspace, that the key now reaches; whether its answers name another owner can be chosen."""
    sandboxes: list[Any] = []

    def go(owned: bool) -> Sandbox:
        sandbox = Sandbox()
        if owned:
            sandbox.behaviour = replace(sandbox.behaviour, owner="another-workspace")
        server = serve(sandbox)
        sandboxes.extend((server, sandbox))
        monkeypatch.setenv("ORQ_BASE_URL", server.__enter__().url)
        sandbox.ui_create({"display_name": "refund", "path": "D", **current("Theirs.")})
        sandbox.ui_create({"display_name": "else", "path": "D", **current("Theirs.")})
        return sandbox

    yield go
    for opened in sandboxes:
        opened.__exit__(None, None, None)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_lock_of_another_workspace_stops_all(
    world: World, elsewhere: Callable[[bool], Sandbox], command: str
) -> None:
    agreed(world)
    before = {path: path.read_bytes() for path in (world.lock_path, *world.root.rglob("*.yaml"))}
    there = elsewhere(True)
    ran = world.run(command)
    assert ran.code == 1
    assert (
        f"belongs to the workspace {world.sandbox.behaviour.owner}, and this key reaches another-workspace" in ran.err
    )
    assert {request.method for request in there.requests} == {"GET"}
    assert {path: path.read_bytes() for path in before} == before
    assert len(list(world.root.rglob("*.yaml"))) == 4


@pytest.mark.parametrize("command", COMMANDS)
def test_a_key_that_reaches_hardly_any_of_the_ids_stops_all(
    world: World, elsewhere: Callable[[bool], Sandbox], command: str
) -> None:
    """A project key of another project in the same workspace, say."""
    agreed(world)
    lock = world.lock_path.read_bytes()
    there = elsewhere(False)
    ran = world.run(command)
    if command == "lock verify":
        assert (ran.code, ran.out.count("is not on the service")) == (3, 4)
    elif command == "import --list":
        assert ran.code == 0
    else:
        assert ran.code == 1
        assert (
            "4 of the 4 locked prompts are not on the service: this is the wrong key or the wrong workspace" in ran.err
        )
    assert {request.method for request in there.requests} == {"GET"}
    assert world.lock_path.read_bytes() == lock
    assert len(list(world.root.rglob("*.yaml"))) == 4


@pytest.mark.parametrize(("deleted", "stopped"), [(2, False), (3, True)])
def test_half_may_be_gone_and_more_not(world: World, deleted: int, stopped: bool) -> None:
    agreed(world)
    for number in range(deleted):
        world.sandbox.ui_delete(world.id(f"Default/p{number}"))
    ran = world.apply("--overwrite", "**")
    assert (ran.code, len(world.names())) == ((1, 1) if stopped else (0, 4))


def test_a_key_that_is_not_accepted_stops_all(world: World) -> None:
    agreed(world)
    world.sandbox.behaviour = replace(world.sandbox.behaviour, key="another")
    lock = world.lock_path.read_bytes()
    for command in COMMANDS:
        ran = world.run(command)
        assert (ran.code, "ORQ_API_KEY" in ran.err) == (1, True)
    assert ({request.method for request in world.sandbox.requests}, world.lock_path.read_bytes()) == ({"GET"}, lock)


TARGETS = """\
targets:
  default: {path_prefix: Production, exclusive: true}
  staging: {path_prefix: Staging, exclusive: true}
policies: {create_twins: true}
"""


def test_two_targets_in_one_workspace_never_take_each_others_prompts(world: World) -> None:
    world.write("promptsync", TARGETS)
    for name in ("refund", "greeting"):
        world.write(f"Default/{name}", current(name))
    staging = World(world.root, world.sandbox, world.url, world.capsys, target="staging")
    assert world.apply().code == 0
    assert staging.actions() == {"Default/refund": "create", "Default/greeting": "create"}
    assert staging.apply().code == 0
    ids = [{key: entry["id"] for key, entry in each.lock["prompts"].items()} for each in (world, staging)]
    assert not set(ids[0].values()) & set(ids[1].values())
    assert (world.plan().code, staging.plan().code) == (0, 0)
    # A rename, an edit and a delete of one are not the other's.
    world.remove("Default/greeting")
    (world.root / "Default/refund.yaml").rename(world.root / "Default/repay.yaml")
    assert staging.apply("--prune").code == 0
    assert sorted(world.sandbox.record(id_).name for id_ in ids[0].values()) == ["greeting", "refund"]
    assert world.apply("--prune").code == 0
    assert (world.id("Default/repay"), staging.id("Default/repay")) == (
        ids[0]["Default/refund"],
        ids[1]["Default/refund"],
    )
    assert staging.run("import", "--list").out == "every prompt on the service is in a lockfile\n"
    taken = staging.run("adopt", "Default/repay", ids[0]["Default/refund"])
    assert (taken.code, "is in another lockfile" in taken.err) == (1, True)


def test_two_roots_in_one_workspace_never_take_each_others_prompts(world: World) -> None:
    other = World(world.root.parent / "others", world.sandbox, world.url, world.capsys)
    for tree in (world, other):
        tree.write(KEY, current(f"Of {tree.root.name}."))
        tree.write("Default/greeting", current("The same."))
    assert world.apply().code == 0
    ids = {entry["id"] for entry in world.lock["prompts"].values()}
    # The names are there already, and no one says that they are ours.
    assert other.actions() == {KEY: "conflict", "Default/greeting": "conflict"}
    assert other.apply().code == 3
    assert other.apply("--create-twins").code == 0
    assert not ids & {entry["id"] for entry in other.lock["prompts"].values()}
    other.remove(KEY)
    (other.root / "Default/greeting.yaml").rename(other.root / "Default/hello.yaml")
    assert other.apply("--prune").code == 0
    assert (world.plan().code, {entry["id"] for entry in world.lock["prompts"].values()}) == (0, ids)
    assert ids <= {prompt["_id"] for prompt in world.sandbox.prompts()}


def test_an_empty_workspace_gets_one_prompt_at_most_and_nothing_of_it_is_recorded(
    world: World, elsewhere: Callable[[bool], Sandbox]
) -> None:
    """Two that are locked and gone are too few to tell a wrong key by."""
    agreed(world, count=2)
    for number in range(5):
        world.write(f"New/n{number}", current(f"New {number}."))
    there = elsewhere(True)
    for prompt in there.prompts():
        there.ui_delete(prompt["_id"])
    lock = world.lock
    applied = world.apply()
    (made,) = there.prompts()
    assert (applied.code, world.lock) == (4, lock)
    owner = world.sandbox.behaviour.owner
    assert (
        f"the prompt {made['_id']} is in the workspace another-workspace, and the lockfile belongs to {owner}: "
        "it was made or changed there, and nothing of it is recorded"
    ) in applied.out
    assert applied.out.count("the key reaches another workspace than that of the lockfile") == 4
    assert not list(world.root.glob(".promptsync/journal.*"))
