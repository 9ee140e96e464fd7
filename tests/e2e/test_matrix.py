"""Parts of a tree, planned and applied side by side: the workflows that the documents show, in real processes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from promptsync.sandbox import Behaviour, Fault
from tests.e2e.checkout import REPOSITORY, Checkout
from tests.e2e.runner import Hub
from tests.e2e.world import World, current, wait_for

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.runner import Job

    Process = subprocess.Popen[str]

APPLY = REPOSITORY / "docs/examples/promptsync-apply-parts.yml"
CHECK = REPOSITORY / "docs/examples/promptsync-check-parts.yml"
LOCK = "promptsync.lock.json"
NOTHING_LEFT = "See that nothing is left to do"

SUPPORT = [f"Default/Support/{name}" for name in ("refund", "triage", "order-status")]
OTHERS = ["Default/Documents/summarise", "Default/Data/question-to-sql", "Default/Content/translate"]
KEYS = [*SUPPORT, *OTHERS]


@pytest.fixture
def hub(world: World, tmp_path: Path) -> Hub:
    """A repository of six prompts, two in each part but for `support`, that were never applied."""
    for key in KEYS:
        world.write(key, current(f"I am {key}."))
    made = Hub(tmp_path / "hub")
    author = Checkout.init(tmp_path)
    (tmp_path / ".gitignore").write_text(".promptsync/\n/hub/\n", encoding="utf-8")
    author.git("init", "--quiet", "--bare", "--initial-branch=main", str(made.remote))
    author.git("remote", "add", "origin", str(made.remote))
    publish(world)
    return made


def publish(world: World) -> None:
    author = Checkout(world.root.parent)
    author.commit("Change prompts")
    author.git("push", "--quiet", "origin", "main")


def follow(world: World, hub: Hub, parts: list[Job], meanwhile: Callable[[list[Process]], None] | None = None) -> Job:
    """Runs the parts at the same time, then the job that joins, which it gives. The author then pulls the lockfile."""
    processes = [part.start() for part in parts]
    if meanwhile is not None:
        meanwhile(processes)
    for part in parts:
        part.finish()
    (join,) = hub.jobs(APPLY, "join")
    join.finish()
    Checkout(world.root.parent).git("pull", "--quiet", "--rebase", "origin", "main")
    return join


def assert_each_is_there_once(world: World, keys: list[str]) -> None:
    ids = {key: entry["id"] for key, entry in world.lock["prompts"].items()}
    assert sorted(ids) == sorted(keys)
    held = {prompt["_id"]: prompt["prompt"]["messages"][0]["content"] for prompt in world.sandbox.prompts()}
    wanted = {key: world.read(key)["prompt"]["messages"][0]["content"] for key in keys}
    assert {key: held[ids[key]] for key in keys} == wanted
    assert len(held) == len(keys)
    assert world.plan().out.endswith(f"No changes. {len(keys)} prompts are as the files say.\n")


def test_parts_applied_side_by_side_are_joined_and_nothing_is_left_to_do(world: World, hub: Hub) -> None:
    join = follow(world, hub, hub.jobs(APPLY, "part"))

    assert not join.failed, join.said
    assert "No changes. 6 prompts are as the files say." in join.said
    assert_each_is_there_once(world, KEYS)
    assert [method for method, _ in world.writes] == ["POST"] * 6


def test_a_killed_part_and_a_failing_one_keep_nothing_back_and_the_next_run_does_the_rest(
    world: World, hub: Hub
) -> None:
    """What the killed process wrote stands in its journal alone, and is settled on its runner."""
    assert world.apply().code == 0
    new = [f"Default/Support/{number:02}" for number in range(14)]
    for key in new:
        world.write(key, current(f"I am {key}."))
    changed = ["Default/Documents/summarise", "Default/Content/translate"]
    for key in changed:
        world.write(key, current(f"I am {key}, edited."))
    uncovered = "Default/Sales/offer"
    world.write(uncovered, current(f"I am {uncovered}."))
    publish(world)
    refused = f"/v2/prompts/{world.id('Default/Content/translate')}"
    world.sandbox.faults.add(Fault("status", status=422, method="PATCH", path=refused, times=None))
    # Eight at a time: four are recorded, eight are made and wait for their answers, two are not begun.
    world.sandbox.faults.add(Fault("slow", when="after", method="POST", skip=4, times=8))

    def kill_the_first(processes: list[Process]) -> None:
        wait_for(lambda: len(world.sandbox.prompts()) == len(KEYS) + 12)
        processes[0].kill()

    support, documents, others = parts = hub.jobs(APPLY, "part")
    join = follow(world, hub, parts, kill_the_first)

    assert (support.ended["Apply"], support.ended["Settle what was left open"]) == (-9, 0), support.said
    assert (documents.ended["Apply"], others.ended["Apply"]) == (0, 4)
    assert (join.ended["Join the lockfiles"], join.ended[NOTHING_LEFT]) == (0, 2), join.said
    assert "~  update    Default/Content/translate" in join.said
    assert "Plan: 2 to create, 8 to adopt; 7 unchanged." in support.said
    assert "+  create    Default/Sales/offer" in join.said
    assert "Plan: 1 to create, 1 to update; 19 unchanged." in join.said

    world.sandbox.faults.clear()
    assert "Applied: 1 created, 1 updated." in world.apply().out
    assert_each_is_there_once(world, [*KEYS, *new, uncovered])


def test_parts_that_overlap_may_make_a_prompt_twice_and_that_is_told(world: World, hub: Hub) -> None:
    world.sandbox.behaviour = Behaviour(list_lag=600)
    support, documents, _ = hub.jobs(APPLY, "part")
    documents.matrix["only"] += " --only Default/*/refund"

    join = follow(world, hub, [support, documents])

    assert (support.failed, documents.failed) == (False, False)
    assert join.ended["Join the lockfiles"] == 3
    assert (
        "Default/Support/refund: `Default/Support/refund` is one prompt on our side and another on theirs" in join.said
    )
    # What was joined first comes back; the other one's lockfile is in its artefact.
    assert set(world.lock["prompts"]) == {SUPPORT[0], *OTHERS[:2]}
    kept = world.id("Default/Support/refund")
    assert NOTHING_LEFT not in join.ended

    world.sandbox.behaviour = Behaviour()
    (twin,) = [one["_id"] for one in world.sandbox.prompts() if one["display_name"] == "refund" and one["_id"] != kept]
    world.sandbox.ui_delete(twin)
    assert "2 adopted" in world.run("adopt", "--by-name", "--yes").err
    assert world.apply().code == 0
    assert_each_is_there_once(world, KEYS)


def test_a_pull_request_is_checked_part_by_part(world: World, hub: Hub) -> None:
    parts = hub.jobs(CHECK, "part")
    processes = [part.start() for part in parts]

    for part in parts:
        part.finish()

    assert [process.returncode for process in processes] == [0, 0, 0]
    told = {part.matrix["part"]: {key for key in KEYS if f"create    {key}\n" in part.said} for part in parts}
    assert told == {"support": {*SUPPORT}, "documents": {*OTHERS[:2]}, "others": {*OTHERS[2:]}}
    assert world.writes == []


@pytest.mark.parametrize(("exclusive", "codes"), [(False, [3, 0]), (True, [0, 3])])
def test_copies_in_two_parts_are_never_made_twice_for_one_key(world: World, exclusive: bool, codes: list[int]) -> None:
    """The later part does not know what the other one made: it waits, or on an exclusive target takes it over."""
    world.write("promptsync", {"targets": {"default": {"exclusive": exclusive}}})
    world.write("Default/A/refund", current())
    world.write("Default/B/refund", current())
    none, theirs = world.root.parent / "none.json", world.root.parent / "theirs.json"
    assert world.apply("--only", "Default/B/*").code == 0
    world.lock_path.rename(theirs)

    applied = world.apply("--only", "Default/A/*")
    joined = world.run("lock merge", str(none), str(world.lock_path), str(theirs))

    assert [applied.code, joined.code] == codes
    assert len(world.sandbox.prompts()) == 1
    if exclusive:
        assert "was moved to two places, `Default/A/refund` and `Default/B/refund`" in joined.err
    else:
        assert world.apply().out.endswith("Applied: 1 created.\n")
        assert world.plan().code == 0


@pytest.mark.parametrize("parts", [["Support", "Documents", "Data"], ["Documents", "Data", "Support"]])
def test_a_file_that_changes_parts_is_moved_by_the_one_that_gets_it(world: World, parts: list[str]) -> None:
    """Whichever part comes first, and in whatever order they are joined; what is gone is deleted by its old part.

    Joined once more, as after a job that was run again, they say the same.
    """
    for key in KEYS:
        world.write(key, current(f"I am {key}."))
    assert world.apply().code == 0
    old = world.id("Default/Support/refund")
    (world.root / "Default/Support/refund.yaml").rename(world.root / "Default/Documents/refund.yaml")
    world.remove("Default/Support/triage")
    world.write("Default/Data/question-to-sql", current("I am edited."))
    base = world.root.parent / "base.json"
    shutil.copyfile(world.lock_path, base)
    world.sandbox.requests.clear()

    for part in parts:
        shutil.copyfile(base, world.lock_path)
        assert world.apply("--prune", "--only", f"Default/{part}/**").code == 0
        shutil.copyfile(world.lock_path, world.root.parent / f"{part}.json")
    shutil.copyfile(base, world.lock_path)
    for part in [*parts, *parts]:
        theirs = world.root.parent / f"{part}.json"
        assert world.run("lock merge", str(base), str(world.lock_path), str(theirs)).code == 0

    assert world.plan("--prune").out.endswith("No changes. 5 prompts are as the files say.\n")
    assert world.id("Default/Documents/refund") == old
    assert sorted(method for method, _ in world.writes) == ["DELETE", "PATCH", "PATCH"]
