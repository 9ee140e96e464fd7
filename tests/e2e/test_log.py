"""Provenance: which apply made a version live, told from git and the lockfile."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.model.provenance import HEADLINE, Provenance
from tests.e2e.checkout import Checkout
from tests.e2e.world import KEY, World, current

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkout(world: World) -> Checkout:
    return Checkout.init(world.root.parent)


def deploy(world: World, checkout: Checkout, text: str, key: str = KEY, **told: Any) -> str:
    """A prompt that is committed, applied, and recorded in a commit that tells of it; gives the version."""
    world.write(key, current(text))
    source = checkout.commit(f"{text} (#12)")
    assert world.apply("--prune").code == 0
    provenance = Provenance(
        **{"target": "default", "commit": source, "run": f"https://ci/{text}", "by": "octo", **told}
    )
    checkout.commit(f"{HEADLINE}\n\n{provenance.trailers}")
    return str(world.lock["prompts"][key]["version"])


def log(world: World, *arguments: str) -> Any:
    return world.run("log", "--format", "json", *arguments).json


def told(world: World, *arguments: str) -> list[list[tuple[str, str]]]:
    """By commit, newest first, the keys and what became of them."""
    return [[(one["key"], one["change"]) for one in commit["changes"]] for commit in log(world, *arguments)["commits"]]


def test_each_version_with_the_apply_that_made_it_live(world: World, checkout: Checkout) -> None:
    first = deploy(world, checkout, "First.")
    deploy(world, checkout, "Other.", "Default/other")
    second = deploy(world, checkout, "Second.", pull_request="#12")
    found = log(world, KEY)
    assert (found["key"], found["live"], found["uncommitted"], found["cut"]) == (KEY, [], [], [])
    newest, oldest = found["commits"]
    assert [newest["changes"][0][side]["version"] for side in ("before", "now")] == [first, second]
    assert (oldest["changes"][0]["change"], oldest["changes"][0]["now"]["version"]) == ("created", first)
    (apply,) = newest["applies"]
    assert apply == {
        "target": "default",
        "commit": checkout.git("rev-parse", "HEAD~1").strip(),
        "subject": "Second. (#12)",
        "run": "https://ci/Second.",
        "pull_request": "#12",
        "by": "octo",
    }
    assert newest["commit"] == checkout.git("rev-parse", "HEAD").strip()
    assert newest["time"] == checkout.git("show", "--no-patch", "--format=%cI", "HEAD").strip()
    shown = world.run("log", f"{KEY}.yaml")
    assert (shown.code, shown.err) == (0, "")
    assert f"applied {apply['commit'][:10]} (Second. (#12)) from #12 by octo\n" in shown.out
    assert f"updated    {KEY}  {world.id(KEY)}  {first} → {second}" in shown.out


def test_without_a_key_each_commit_with_what_it_changed(world: World, checkout: Checkout) -> None:
    deploy(world, checkout, "First.")
    deploy(world, checkout, "Other.", "Default/other")
    (world.root / f"{KEY}.yaml").rename(world.root / "Default/renamed.yaml")
    world.remove("Default/other")
    deploy(world, checkout, "First.", "Default/renamed")
    assert told(world) == [
        [("Default/other", "deleted"), ("Default/renamed", "moved")],
        [("Default/other", "created")],
        [(KEY, "created")],
    ]
    assert told(world, "-n", "2") == told(world)[:2]


def test_a_prompt_is_followed_through_its_names_and_found_by_each(world: World, checkout: Checkout) -> None:
    deploy(world, checkout, "First.")
    (world.root / f"{KEY}.yaml").rename(world.root / "Default/renamed.yaml")
    deploy(world, checkout, "First.", "Default/renamed")
    deploy(world, checkout, "Second.", "Default/renamed")
    world.remove("Default/renamed")
    deploy(world, checkout, "Other.", "Default/other")
    whole = [
        [("Default/renamed", "deleted")],
        [("Default/renamed", "updated")],
        [("Default/renamed", "moved")],
        [(KEY, "created")],
    ]
    assert told(world, "Default/renamed") == told(world, "prompts/Default/renamed.yaml") == whole
    # By its first name it is found where it left it; what it was called later is its own from there on.
    assert told(world, KEY) == whole[2:]


def test_a_key_that_never_was_is_told_with_the_nearest(world: World, checkout: Checkout) -> None:
    deploy(world, checkout, "First.")
    ran = world.run("log", "Default/refunt")
    assert (ran.code, ran.out) == (64, "")
    assert ran.err == (
        f"error: there is no `Default/refunt` in {world.lock_path}, and none in its history\n"
        f"help: did you mean `{KEY}`?\n"
    )


def test_an_edit_in_the_web_page_has_no_commit_and_is_told_first(world: World, checkout: Checkout) -> None:
    first = deploy(world, checkout, "First.")
    deploy(world, checkout, "Other.", "Default/other")
    world.edit(temperature=0.9)
    live = world.held(KEY)["prompt"]["version"]
    (edited,) = log(world)["live"]
    assert (edited["key"], edited["locked"], edited["version"], edited["commit"]) == (KEY, first, live, None)
    assert edited["by"] == world.sandbox.behaviour.user_id
    shown = world.run("log").out
    assert shown.startswith(f"!  edited  {KEY}  {live} is live and has no commit: edited in orq.ai on ")
    assert world.run("log", "Default/other").out.startswith(checkout.git("rev-parse", "HEAD")[:10])
    assert (log(world, "--offline")["live"], "edited" in world.run("log", "--offline").out) == (None, False)


def test_a_deletion_in_the_web_page_is_told_first(world: World, checkout: Checkout) -> None:
    deploy(world, checkout, "First.")
    world.sandbox.ui_delete(world.id(KEY))
    assert [(one["key"], one["version"]) for one in log(world)["live"]] == [(KEY, None)]


def test_a_version_of_another_commit_is_no_edit(world: World, checkout: Checkout) -> None:
    deploy(world, checkout, "First.")
    checkout.git("branch", "feature")
    second = deploy(world, checkout, "Second.")
    commit = checkout.git("rev-parse", "HEAD").strip()
    checkout.git("switch", "--quiet", "feature")
    (behind,) = log(world)["live"]
    assert (behind["version"], behind["commit"]) == (second, commit)
    assert f"!  behind  {KEY}  {second} is live, of commit {commit[:10]}; " in world.run("log").out


def test_what_is_applied_and_not_committed_is_told_as_such(world: World, checkout: Checkout) -> None:
    deploy(world, checkout, "First.")
    world.write(KEY, current("Second."))
    assert world.apply().code == 0
    found = log(world, KEY)
    assert [(one["key"], one["change"]) for one in found["uncommitted"]] == [(KEY, "updated")]
    assert (found["live"], len(found["commits"])) == ([], 1)
    assert world.run("log").out.startswith("not committed yet\n")


def test_a_commit_by_hand_is_told_with_its_author_and_subject(world: World, checkout: Checkout) -> None:
    deploy(world, checkout, "First.")
    world.run("lock forget", KEY)
    checkout.commit("Give up the refunds\n\nAt last.")
    head, change, *_ = world.run("log", "--offline").out.splitlines()
    assert head.endswith("  A: Give up the refunds")
    assert change.split()[:3] == ["-", "deleted", KEY]


@pytest.mark.parametrize("missing", ["key", "service"])
def test_without_the_service_the_history_is_told_all_the_same(
    world: World, checkout: Checkout, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    deploy(world, checkout, "First.")
    if missing == "key":
        monkeypatch.delenv("ORQ_API_KEY")
    else:
        monkeypatch.setenv("ORQ_BASE_URL", "http://127.0.0.1:9")
    ran = world.run("log", KEY)
    assert (ran.code, "created" in ran.out) == (0, True)
    assert ran.err.splitlines()[-1].startswith("the service was not asked what is live: ")


def test_two_branches_that_are_merged_tell_each_apply_once(world: World, checkout: Checkout) -> None:
    checkout.use_merge_driver()
    deploy(world, checkout, "First.")
    deploy(world, checkout, "Other.", "Default/other")
    checkout.git("switch", "--quiet", "-c", "feature")
    deploy(world, checkout, "Feature.")
    checkout.git("switch", "--quiet", "main")
    deploy(world, checkout, "Main.", "Default/other", by="hubot")
    checkout.git("merge", "--quiet", "--no-edit", "feature")
    assert sorted(told(world)[:2]) == [[("Default/other", "updated")], [(KEY, "updated")]]
    assert len(told(world)) == 4


def test_a_lockfile_that_was_broken_for_a_commit_hides_nothing_that_is_known(world: World, checkout: Checkout) -> None:
    deploy(world, checkout, "First.")
    whole = world.lock_path.read_bytes()
    world.lock_path.write_text("<<<<<<< HEAD\n")
    checkout.commit("Break it")
    world.lock_path.write_bytes(whole)
    checkout.commit("Mend it")
    found = log(world, KEY)["commits"]
    assert [commit["is_readable"] for commit in found] == [False, False, True]
    assert [commit["subject"] for commit in found] == ["Mend it", "Break it", HEADLINE]
    assert "what changed is not known" in world.run("log", KEY).out


def test_no_name_in_a_commit_acts_on_the_terminal(world: World, checkout: Checkout) -> None:
    evil = "x\x1b[2J\u202e\r::error::y"
    checkout.git("config", "user.name", evil.replace("\r", ""))
    deploy(world, checkout, "First.", by=evil, run=evil, pull_request=evil)
    world.run("lock forget", KEY)
    checkout.commit(f"{evil}\n::warning::z")
    for arguments in ([], ["--format", "json"]):
        out = world.run("log", *arguments).out
        assert not set("\x1b\u202e\r") & set(out)
        assert not any(line.lstrip().startswith("::") for line in out.splitlines())


def test_outside_of_git_it_says_so_and_before_any_commit_too(world: World, tmp_path: Path) -> None:
    world.write(KEY, current())
    assert world.apply().code == 0
    outside = world.run("log")
    assert (outside.code, outside.out) == (1, "")
    assert "is in no git repository, or git is not there" in outside.err
    checkout = Checkout.init(tmp_path)
    assert [one["change"] for one in log(world)["uncommitted"]] == ["created"]
    checkout.commit("files and lock")
    assert told(world) == [[(KEY, "created")]]


def test_where_a_shallow_clone_ends_is_said(world: World, checkout: Checkout, tmp_path: Path) -> None:
    for text in ("First.", "Second.", "Third."):
        deploy(world, checkout, text)
    checkout.git("clone", "--quiet", "--depth=2", f"file://{checkout.path}", str(tmp_path / "clone"))
    world.root = tmp_path / "clone/prompts"
    ran = world.run("log")
    assert ran.out.count("updated") == 1
    assert "what was before is not in this clone." in ran.out
    assert ran.err == "help: `git fetch --unshallow` brings the rest of the history into this clone\n"


def test_thousands_of_commits_are_looked_through_in_little_time(world: World, checkout: Checkout) -> None:
    """Some hundred milliseconds of processor time; a process for each of a thousand commits would take seconds."""
    deploy(world, checkout, "First.")
    lock = world.lock_path.read_text()
    version = str(world.lock["prompts"][KEY]["version"])
    other = lock.replace('"id": "', '"id": "X').replace(KEY, "Default/zzz")
    stream = ["reset refs/heads/main\nfrom refs/heads/main^0\n"]
    for number in range(3_000):
        data = other.replace(version, f"v{number}") if number % 3 == 0 else ""
        path = world.lock_path.relative_to(checkout.path) if data else f"src/{number}"
        stream.append(
            f"commit refs/heads/main\ncommitter A <a@b> {1_700_000_000 + number} +0000\ndata 1\nx\n"
            f"M 644 inline {path}\ndata {len(data)}\n{data}\n"
        )
    feed = checkout.path / "feed"
    feed.write_text("".join(stream))
    checkout.git("-c", "alias.feed=!git fast-import --quiet --force < feed", "feed")
    feed.unlink()
    checkout.git("checkout", "--quiet", "--force", "main")
    before = time.process_time() + sum(os.times()[2:4])
    found = told(world, "--offline", KEY)
    spent = time.process_time() + sum(os.times()[2:4]) - before
    assert found == [[(KEY, "deleted")], [(KEY, "created")]]
    assert spent < 3


@pytest.fixture
def home(world: World, checkout: Checkout, tmp_path: Path) -> Checkout:
    """A checkout whose lockfile lives on a branch of its origin."""
    checkout.git("init", "--quiet", "--bare", str(tmp_path.parent / f"{tmp_path.name}-origin"))
    checkout.git("remote", "add", "origin", str(tmp_path.parent / f"{tmp_path.name}-origin"))
    (world.root / "promptsync.yaml").write_text("lock: {branch: promptsync/state}\n")
    for text in ("First.", "Second."):
        world.write(KEY, current(text))
        checkout.commit(text)
        assert world.apply().code == 0
    return checkout


def test_the_history_of_a_branch_of_lockfiles(world: World, home: Checkout) -> None:
    assert told(world) == told(world, KEY) == [[(KEY, "updated")], [(KEY, "created")]]
    found = log(world)
    assert [apply["subject"] for commit in found["commits"] for apply in commit["applies"]] == ["Second.", "First."]
    assert (found["live"], found["uncommitted"]) == ([], [])
    world.sandbox.ui_edit(found["commits"][0]["changes"][0]["now"]["id"], {"prompt": {"temperature": 0.9}})
    assert [(one["key"], one["commit"]) for one in log(world)["live"]] == [(KEY, None)]


def test_the_history_of_a_branch_offline_is_that_which_was_fetched(
    world: World, home: Checkout, tmp_path: Path
) -> None:
    origin = home.git("remote", "get-url", "origin").strip()
    home.git("push", "--quiet", "origin", "main")
    os.rename(origin, f"{origin}-gone")  # noqa: PTH104
    assert told(world, "--offline", KEY) == [[(KEY, "updated")], [(KEY, "created")]]
    home.git("clone", "--quiet", "--branch=main", f"{origin}-gone", str(tmp_path / "clone"))
    world.root = tmp_path / "clone/prompts"
    assert told(world, "--offline", KEY) == [[(KEY, "updated")], [(KEY, "created")]]
