"""Lock behind: what git remembers tells a lock that was turned back from an edit in the web page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.world import KEY, World, current

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkout(world: World) -> Checkout:
    """A repository with one prompt, applied and committed; the folder of prompts is not its top."""
    made = Checkout.init(world.root.parent)
    world.write(KEY, current("First."))
    world.write("Default/greeting", current("Hello."))
    assert world.apply().code == 0
    made.commit("first")
    return made


def deploy(world: World, checkout: Checkout, text: str, key: str = KEY) -> str:
    """A change that is applied and committed, with the lock."""
    world.write(key, current(text))
    assert world.apply().code == 0
    return checkout.commit(text)


def held(world: World, key: str = KEY) -> str:
    return str(world.held(key)["prompt"]["messages"][0]["content"])


def test_a_rollback_by_git_revert_just_works(world: World, checkout: Checkout) -> None:
    before = world.id(KEY)
    deploy(world, checkout, "Second.")
    checkout.git("revert", "--no-edit", "HEAD")
    # Nobody has edited it: there is an update back, and no drift.
    assert world.actions() == {KEY: "update"}
    assert world.run("drift").code == 0
    planned = world.plan()
    assert planned.code == 2
    assert 'prompt.messages[0].content: "Second." → "First."' in planned.out
    assert "a later commit of the lockfile holds what the service holds: this takes that apply back" in planned.out
    assert world.apply().code == 0
    assert (held(world), world.id(KEY)) == ("First.", before)
    assert world.plan().code == 0


def test_a_forged_lock_that_is_committed_and_reverted_hides_no_edit(world: World, checkout: Checkout) -> None:
    """A pull request's history is as much its own as its files."""
    world.edit(temperature=0.9)
    lock = world.lock
    lock["prompts"][KEY]["version"] = world.held(KEY)["prompt"]["version"]
    world.lock_path.write_text(json.dumps(lock))
    checkout.commit("forge")
    checkout.git("revert", "--no-edit", "HEAD")
    assert world.actions() == {KEY: "drift"}
    world.write(KEY, current("Mine."))
    assert world.actions() == {KEY: "conflict"}
    assert (world.apply().code, world.held(KEY)["prompt"]["temperature"]) == (3, 0.9)


def test_several_commits_reverted_at_once(world: World, checkout: Checkout) -> None:
    for text in ("Second.", "Third.", "Fourth."):
        deploy(world, checkout, text)
    checkout.git("revert", "--no-edit", "HEAD", "HEAD~1", "HEAD~2")
    assert world.actions() == {KEY: "update"}
    assert (world.apply().code, held(world), world.plan().code) == (0, "First.", 0)


def test_a_rename_that_is_reverted_is_undone(world: World, checkout: Checkout) -> None:
    before = world.id(KEY)
    (world.root / "New").mkdir()
    (world.root / f"{KEY}.yaml").rename(world.root / "New/repay.yaml")
    assert world.apply().code == 0
    checkout.commit("rename")
    checkout.git("revert", "--no-edit", "HEAD")
    assert world.actions() == {KEY: "update"}
    assert world.apply().code == 0
    assert (world.id(KEY), world.sandbox.path_of(before), world.names()) == (before, "Default", ["greeting", "refund"])
    assert world.plan().code == 0


def test_an_edit_after_the_reverted_commit_is_drift(world: World, checkout: Checkout) -> None:
    deploy(world, checkout, "Second.")
    checkout.git("revert", "--no-edit", "HEAD")
    world.edit(temperature=0.9)
    assert world.actions() == {KEY: "drift"}
    assert world.apply().code == 0
    assert world.held(KEY)["prompt"]["temperature"] == 0.9


def test_a_saved_plan_of_a_rollback_can_be_applied(world: World, checkout: Checkout, tmp_path: Path) -> None:
    deploy(world, checkout, "Second.")
    checkout.git("revert", "--no-edit", "HEAD")
    out = str(tmp_path / "plan.json")
    assert world.plan("--out", out).code == 2
    assert (world.apply(out).code, held(world), world.plan().code) == (0, "First.", 0)


def test_pull_leaves_a_rollback_alone(world: World, checkout: Checkout) -> None:
    deploy(world, checkout, "Second.")
    checkout.git("revert", "--no-edit", "HEAD")
    before = (world.root / f"{KEY}.yaml").read_bytes()
    assert world.run("pull").out == "nothing was changed on the service\n"
    assert (world.root / f"{KEY}.yaml").read_bytes() == before
    assert world.actions() == {KEY: "update"}


def test_a_branch_behind_main_is_told_so(world: World, checkout: Checkout) -> None:
    checkout.git("branch", "feature")
    deploy(world, checkout, "Second.")
    checkout.git("switch", "--quiet", "feature")
    planned = world.plan()
    assert world.actions() == {KEY: "drift"}
    word = "not an edit in orq.ai: the lockfile of another branch holds this version; merge or rebase onto it"
    assert word in planned.out
    assert (world.apply().code, held(world)) == (0, "Second.")
    checkout.git("merge", "--quiet", "main")
    assert world.plan().code == 0


def test_a_branch_behind_main_that_changed_the_prompt_too_is_told_so(world: World, checkout: Checkout) -> None:
    checkout.git("branch", "feature")
    deploy(world, checkout, "Second.")
    checkout.git("switch", "--quiet", "feature")
    world.write(KEY, current("Mine."))
    planned = world.plan()
    assert world.actions() == {KEY: "conflict"}
    assert "the lockfile of another branch holds this version" in planned.out


def test_an_edit_in_the_web_page_is_not_told_as_behind(world: World, checkout: Checkout) -> None:
    deploy(world, checkout, "Second.")
    world.edit(temperature=0.9)
    assert "another branch" not in world.plan().out


@pytest.mark.parametrize("how", ["shallow", "no git folder", "no git command"])
def test_without_history_it_is_plain_drift(
    world: World,
    checkout: Checkout,
    how: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deploy(world, checkout, "Second.")
    checkout.git("revert", "--no-edit", "HEAD")
    if how == "shallow":
        clone = tmp_path_factory.mktemp("clone") / "shallow"
        checkout.git("clone", "--quiet", "--depth=1", f"file://{checkout.path}", str(clone))
        world.root = clone / "prompts"
    elif how == "no git folder":
        (checkout.path / ".git").rename(checkout.path / "gone")
    else:
        monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))
    assert world.actions() == {KEY: "drift"}
    assert (world.plan().code, world.apply().code) == (3, 0)


def test_a_lock_that_was_never_committed_is_plain_drift(world: World, checkout: Checkout) -> None:
    world.write(KEY, current("Second."))
    world.apply()
    checkout.git("checkout", "--quiet", "--", ".")
    assert world.actions() == {KEY: "drift"}


def test_an_id_that_a_branch_changed_by_hand_is_told_by_check(world: World, checkout: Checkout) -> None:
    theirs = world.add_unmanaged("payments")
    lock = world.lock
    before = lock["prompts"][KEY]["id"]
    lock["prompts"][KEY]["id"] = theirs
    world.lock_path.write_text(json.dumps(lock))
    word = f"`{KEY}` is the prompt {theirs} here, and was {before} where this branch began"
    assert word in world.run("check").err
    assert word in world.run("check", "--offline").err
    assert word not in world.run("check", "--only", "Default/greeting").err
    checkout.git("update-ref", "refs/remotes/origin/main", "HEAD")
    checkout.commit("swap")
    assert word not in world.run("check").err
    checkout.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert word in world.run("check").err


def test_a_protection_taken_out_of_file_and_lock_at_once_is_told_by_check(world: World, checkout: Checkout) -> None:
    world.change(KEY, lambda data: data.update(protected=True))
    assert world.apply().code == 0
    checkout.commit("protect")
    world.change(KEY, lambda data: data.pop("protected"))
    lock = world.lock
    del lock["prompts"][KEY]["protected"]
    world.lock_path.write_text(json.dumps(lock))
    assert world.plan().code == 0
    assert f"`{KEY}` ({world.id(KEY)}) is not protected here, and was where this branch began" in world.run("check").err
