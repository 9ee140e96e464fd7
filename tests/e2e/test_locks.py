"""The lockfile among people and branches: show, verify, forget, merge; by real git."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from promptsync.cli import main as cli
from tests.e2e.checkout import Checkout
from tests.e2e.world import KEY, World, current

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "Default/greeting"


def agreed(world: World) -> None:
    world.write(KEY, {"protected": True, **current()})
    world.write(OTHER, current("Hello."))
    assert world.apply().code == 0


def test_show_lists_what_is_locked(world: World) -> None:
    agreed(world)
    shown = world.run("lock show")
    assert (shown.code, shown.err) == (0, "")
    header, greeting, refund = (line.split() for line in shown.out.splitlines())
    assert header == ["KEY", "ID", "VERSION", "PATH"]
    assert greeting == [OTHER, world.id(OTHER), world.lock["prompts"][OTHER]["version"], "Default"]
    assert refund == [KEY, world.id(KEY), world.lock["prompts"][KEY]["version"], "Default", "protected"]


def test_verify_finds_that_all_fits(world: World) -> None:
    agreed(world)
    world.sandbox.requests.clear()
    ran = world.run("lock verify")
    assert (ran.code, ran.out, world.writes) == (0, "lockfile, files and service fit\n", [])


def test_verify_tells_what_does_not_fit(world: World) -> None:
    agreed(world)
    for name in ("gone", "renamed", "orphan", "a", "b", "c"):
        world.write(f"Default/{name}", current(name))
    world.apply()
    before = {name: world.lock["prompts"][f"Default/{name}"] for name in ("gone", "renamed")}
    old = world.lock["prompts"][KEY]["version"]
    world.sandbox.ui_delete(before["gone"]["id"])
    world.edit(temperature=0.9)
    world.remove("Default/orphan")
    world.write("Default/new", current())
    ran = world.run("lock verify")
    assert ran.code == 3
    new = world.held(KEY)["prompt"]["version"]
    assert set(ran.out.splitlines()) == {
        "Default/orphan: locked, and its file is gone",
        "Default/new: a file that was never applied",
        f"Default/gone: {before['gone']['id']} is not on the service",
        f"{KEY}: locked at version {old}, the service is at {new}",
    }


def test_forget_leaves_the_prompt_where_it_is(world: World) -> None:
    agreed(world)
    id_ = world.id(KEY)
    world.sandbox.requests.clear()
    ran = world.run("lock forget", KEY)
    assert (ran.code, ran.out) == (0, f"{KEY} is forgotten; {id_} stays on the service\n")
    assert (list(world.lock["prompts"]), world.writes) == ([OTHER], [])
    assert "refund" in world.names()
    assert world.actions() == {KEY: "conflict"}
    assert (world.run("adopt", KEY, id_).code, world.plan().code) == (0, 0)


def test_forget_of_what_is_not_locked_says_so(world: World) -> None:
    agreed(world)
    ran = world.run("lock forget", "Default/refunt")
    assert (ran.code, f"did you mean `{KEY}`?" in ran.err) == (64, True)
    assert len(world.lock["prompts"]) == 2


@pytest.fixture
def checkout(world: World) -> Checkout:
    made = Checkout.init(world.root.parent)
    agreed(world)
    made.commit("first")
    return made


def branches(world: World, checkout: Checkout) -> None:
    """Two branches that each add prompts and apply them; a third commit on `main` reverts an earlier change."""
    world.write(OTHER, current("Good day."))
    assert world.apply().code == 0
    change = checkout.commit("change")
    checkout.git("switch", "--quiet", "-c", "one")
    for name in ("a1", "m1", "z1"):
        world.write(f"Default/{name}", current(name))
    assert world.apply().code == 0
    checkout.commit("one")
    checkout.git("switch", "--quiet", "-c", "two", "main")
    for name in ("a2", "m2", "z2"):
        world.write(f"Default/{name}", current(name))
    assert world.apply("--only", "Default/*2").code == 0
    checkout.commit("two")
    checkout.git("switch", "--quiet", "-c", "back", "main")
    checkout.git("revert", "--no-edit", change)
    assert world.apply("--only", OTHER).code == 0
    if checkout.git("status", "--porcelain"):
        checkout.commit("rolled back")
    checkout.git("switch", "--quiet", "main")


def assert_nothing_lost(world: World, on_service: list[str]) -> None:
    assert set(world.lock["prompts"]) == {KEY, OTHER, *(f"Default/{name}" for name in on_service)}
    assert sorted(entry["id"] for entry in world.lock["prompts"].values()) == sorted(
        prompt["_id"] for prompt in world.sandbox.prompts()
    )
    assert world.plan().out.endswith(f"No changes. {len(on_service) + 2} prompts are as the files say.\n")
    assert world.held(OTHER)["prompt"]["messages"][0]["content"] == "Hello."


NEW = ["a1", "a2", "m1", "m2", "z1", "z2"]


def test_branches_that_add_and_one_that_reverts_merge_by_the_driver(world: World, checkout: Checkout) -> None:
    checkout.use_merge_driver()
    checkout.commit("driver")
    branches(world, checkout)
    for branch in ("one", "two", "back"):
        checkout.git("merge", "--quiet", "--no-edit", branch)
    assert_nothing_lost(world, NEW)


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_without_the_driver_the_refusal_names_the_one_command_that_mends_it(
    world: World, checkout: Checkout, style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.git("config", "merge.conflictStyle", style)
    branches(world, checkout)
    conflicts = 0
    for branch in ("one", "two", "back"):
        if checkout.try_git("merge", "--quiet", "--no-edit", branch).returncode:
            conflicts += 1
            raw = world.lock_path.read_bytes()
            for refused in (world.plan(), world.apply(), world.run("drift"), world.run("pull")):
                assert refused.code == 1
                assert "holds the conflict markers of a git merge" in refused.err
            assert world.lock_path.read_bytes() == raw
            command = shlex.split(refused.err.split("mend it with `promptsync ")[1].split("`")[0])
            assert cli.run(command) == 0
            checkout.commit(f"merge {branch}")
    assert conflicts
    assert_nothing_lost(world, NEW)


def test_markers_are_mended_when_the_merge_is_no_longer_open(world: World, checkout: Checkout) -> None:
    """Someone committed the markers, or took the file elsewhere: what they say is joined."""
    branches(world, checkout)
    checkout.git("merge", "--quiet", "--no-edit", "one")
    assert checkout.try_git("merge", "--quiet", "--no-edit", "two").returncode == 1
    checkout.commit("with markers")
    assert world.run("lock merge").code == 0
    checkout.commit("mended")
    if checkout.try_git("merge", "--quiet", "--no-edit", "back").returncode:
        assert world.run("lock merge").code == 0
    assert_nothing_lost(world, NEW)


def test_a_true_conflict_is_for_the_same_prompt_alone(world: World, checkout: Checkout) -> None:
    checkout.use_merge_driver()
    checkout.commit("driver")
    locks: list[bytes] = []
    for branch, text in (("one", "One."), ("two", "Two.")):
        checkout.git("switch", "--quiet", "-c", branch, "main")
        world.write(KEY, {"protected": True, **current(text)})
        world.write(f"Default/{branch}", current(branch))
        assert world.apply("--overwrite", KEY, "--only", KEY, "--only", f"Default/{branch}").code in (0, 3)
        locks.append(world.lock_path.read_bytes())
        checkout.commit(branch)
    merged = checkout.try_git("merge", "--no-edit", "one")
    assert merged.returncode == 1
    assert f"{KEY}: both sides changed the prompt {world.id(KEY)}" in merged.stdout + merged.stderr
    # Our side stays, whole and readable, until a person has decided.
    assert world.lock_path.read_bytes() == locks[1]
    asked = world.run("lock merge")
    assert (asked.code, asked.err.splitlines()[-1]) == (
        3,
        "help: `promptsync lock merge --ours` or `--theirs` decides all of these for one side",
    )
    decided = world.run("lock merge", "--theirs")
    assert (decided.code, "; decided for theirs\n" in decided.err) == (0, True)
    assert world.lock["prompts"][KEY] == json.loads(locks[0])["prompts"][KEY]
    assert set(world.lock["prompts"]) == {KEY, "Default/greeting", "Default/one", "Default/two"}


def test_both_sides_of_a_prompt_that_one_moved_and_one_changed(world: World, checkout: Checkout) -> None:
    checkout.use_merge_driver()
    checkout.commit("driver")
    checkout.git("switch", "--quiet", "-c", "moved")
    (world.root / "New").mkdir()
    (world.root / f"{OTHER}.yaml").rename(world.root / "New/greeting.yaml")
    assert world.apply().code == 0
    checkout.commit("move")
    checkout.git("switch", "--quiet", "main")
    world.write("Default/x", current("x"))
    assert world.apply("--only", "Default/x").code == 0
    checkout.commit("x")
    checkout.git("merge", "--quiet", "--no-edit", "moved")
    assert set(world.lock["prompts"]) == {KEY, "New/greeting", "Default/x"}
    assert world.plan().code == 0


def test_merge_of_paths_that_are_none(world: World, tmp_path: Path) -> None:
    for arguments, words in [
        ((), "there is no lockfile"),
        (("a", "b"), "lock merge takes"),
        ((str(tmp_path / "none.json"),), "there is no lockfile"),
    ]:
        ran = world.run("lock merge", *arguments)
        assert (ran.code, words in ran.err) == (64, True)


def test_a_side_that_is_no_lockfile_writes_nothing(world: World, tmp_path: Path) -> None:
    agreed(world)
    broken = tmp_path / "theirs.json"
    broken.write_text("{", encoding="utf-8")
    before = world.lock_path.read_bytes()
    ran = world.run("lock merge", str(world.lock_path), str(world.lock_path), str(broken))
    assert (ran.code, world.lock_path.read_bytes()) == (1, before)
    assert "(theirs)" in ran.err


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", "cannot be used"),
        (b"", "cannot be used"),
        (b'{"lock_version": 2, "canonical": 1, "prompts": {}}', "was written by a newer promptsync"),
    ],
)
def test_a_lockfile_that_cannot_be_trusted_stops_all_and_stays(world: World, raw: bytes, words: str) -> None:
    agreed(world)
    world.lock_path.write_bytes(raw)
    world.sandbox.requests.clear()
    for command in ("plan", "drift", "pull", "import --all", "lock show", "lock verify", f"lock forget {KEY}"):
        ran = world.run(command)
        assert (ran.code, words in ran.err) == (1, True), command
    assert world.apply("--prune").code == 1
    assert (world.lock_path.read_bytes(), list(world.sandbox.requests)) == (raw, [])


def test_the_lock_of_another_target_that_cannot_be_read_stops_all_too(world: World) -> None:
    """What it manages would not be known."""
    agreed(world)
    (world.root / "promptsync.staging.lock.json").write_text("<<<<<<< HEAD\n", encoding="utf-8")
    ran = world.plan()
    assert (ran.code, "promptsync.staging.lock.json" in ran.err) == (1, True)


def test_a_lock_is_always_written_whole_and_sorted(world: World) -> None:
    agreed(world)
    assert json.dumps(world.lock, indent=2, sort_keys=True) + "\n" == world.lock_path.read_text(encoding="utf-8")
