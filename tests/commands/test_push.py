"""The lockfile comes home: the same by git and by GitHub's API, to the branch it is committed to and to its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promptsync.commands.home import read_unpushed, write_unpushed
from promptsync.commands.push import WAITING, provenance_of, push, take
from promptsync.commands.results import Pushed
from promptsync.commands.state import read_state
from promptsync.files.run_lock import alone
from promptsync.model.errors import DeniedError, LockfileError, MovedError, PromptsyncError, UsageError
from promptsync.model.lockfile import Lockfile, dump, parse
from promptsync.model.provenance import HEADLINE, Provenance
from tests.commands.hub import PLACE, STATE, entry, hosted, lock, write_lock_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.commands.hub import Hub

BASE = lock(a=entry("1"))
OURS = lock(a=entry("1", "v2"), b=entry("2"))
THEIRS = lock(a=entry("1"), c=entry("3"))
BOTH = lock(a=entry("1", "v2"), b=entry("2"), c=entry("3"))
CONFIG = f"lock: {{branch: {STATE}}}\n".encode()


@pytest.fixture(params=["git", "github"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    """A repository whose lockfile is BASE, in the tree."""
    with hosted(tmp_path, request.param, {PLACE: dump(BASE), "README.md": b"shop\n"}) as made:
        yield made


@pytest.fixture(params=["git", "github"])
def away(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    """A repository whose lockfile lives on a branch that is not there yet."""
    files = {"prompts/promptsync.yaml": CONFIG + b"targets: {staging: {path_prefix: Staging}}\n"}
    with hosted(tmp_path, request.param, files) as made:
        yield made


def subjects(hub: Hub, branch: str) -> list[str]:
    return hub.github.git("log", "--format=%s", branch).splitlines()


def test_it_is_one_commit_on_the_tip_that_changes_nothing_else(hub: Hub) -> None:
    clone = hub.clone("clone")
    path = write_lock_file(clone, OURS)
    tip = hub.github.commit("main", {"other.txt": b"1\n"}, "meanwhile")
    pushed = hub.push(clone, hub.branches(clone))
    assert pushed == Pushed("main", hub.github.tip("main") or "")
    assert hub.github.git("rev-parse", "main^") == tip
    assert hub.github.git("diff", "--name-only", "main^", "main") == PLACE
    assert hub.github.file("main", PLACE) == dump(OURS)
    said = hub.github.git("log", "-1", "--format=%B", "main")
    assert said == f"{HEADLINE}\n\nPromptsync-Target: default\nPromptsync-Commit: {'c' * 40}\nPromptsync-By: mona"
    assert path.read_bytes() == dump(OURS)
    assert clone.git("status", "--porcelain") == f" M {PLACE}\n"


def test_where_nothing_was_recorded_nothing_is_done(hub: Hub) -> None:
    clone = hub.clone("clone")
    assert hub.push(clone, hub.branches(clone)) == Pushed("main")
    write_lock_file(clone, OURS)
    hub.record("main", BOTH)
    assert hub.push(clone, hub.branches(clone)) == Pushed("main")
    assert subjects(hub, "main") == ["else", "first"]


def test_what_others_brought_meanwhile_is_merged(hub: Hub) -> None:
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    hub.record("main", THEIRS)
    hub.push(clone, hub.branches(clone))
    assert hub.lock("main") == BOTH


@pytest.mark.parametrize("times", [1, 4])
def test_a_branch_that_moves_is_read_again(hub: Hub, times: int) -> None:
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    branches = hub.branches(clone)
    branches.before = [lambda: hub.record("main", THEIRS)]
    branches.before += [lambda: hub.github.commit("main", {"n": b""}, "again")] * (times - 1)
    hub.push(clone, branches)
    assert hub.lock("main") == BOTH
    assert hub.slept == [0.3, 0.6, 1.2, 2.4][:times]
    assert subjects(hub, "main") == [HEADLINE, *["again"] * (times - 1), "else", "first"]


def test_one_that_moves_five_times_is_given_up(hub: Hub) -> None:
    clone = hub.clone("clone")
    path = write_lock_file(clone, OURS)
    branches = hub.branches(clone)
    branches.before = [lambda: hub.github.commit("main", {"n": b""}, "again")] * 5
    with pytest.raises(MovedError):
        hub.push(clone, branches)
    assert path.read_bytes() == dump(OURS)
    hub.push(clone, branches)
    assert hub.lock("main") == OURS


def test_a_contradiction_names_its_keys_and_changes_nothing(hub: Hub) -> None:
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    hub.record("main", lock(a=entry("1", "v3")))
    with pytest.raises(LockfileError, match=r"here and on main contradict each other about Default/a: both sides"):
        hub.push(clone, hub.branches(clone))
    assert subjects(hub, "main") == ["else", "first"]


@pytest.mark.parametrize("poison", [b"{", b"<<<<<<< HEAD\n{}\n=======\n>>>>>>> x\n", b"\xff\xfe", b"[" * 10_000])
def test_a_lockfile_that_is_broken_there_is_told_and_left(hub: Hub, poison: bytes) -> None:
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    hub.record("main", poison)
    with pytest.raises(LockfileError, match=r"^prompts/promptsync\.lock\.json of the branch main ") as caught:
        hub.push(clone, hub.branches(clone))
    assert (
        caught.value.hint
        == "look at `git log main -- prompts/promptsync.lock.json`, and revert the commit that broke it"
    )
    assert hub.github.file("main", PLACE) == poison


def test_one_that_was_taken_out_there_is_not_put_back(hub: Hub) -> None:
    """Its home was moved, and this checkout does not know yet."""
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    hub.github.git("update-ref", "refs/heads/main", hub.github.commit("empty", {"README.md": b""}, "moved"))
    with pytest.raises(LockfileError, match=r"there is no prompts/promptsync\.lock\.json any more on main"):
        hub.push(clone, hub.branches(clone))


def test_the_first_lockfile_of_all_and_those_of_other_targets_come_too(hub: Hub) -> None:
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    write_lock_file(clone, lock(x=entry("9")), "promptsync.staging.lock.json")
    hub.push(clone, hub.branches(clone))
    assert hub.lock("main", "prompts/promptsync.staging.lock.json") == lock(x=entry("9"))
    assert hub.lock("main") == OURS
    assert len(subjects(hub, "main")) == 2


def test_where_the_branch_takes_no_commit_it_waits_on_another(hub: Hub) -> None:
    hub.protect("main")
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    tip = hub.github.tip("main")
    pushed = hub.push(clone, hub.branches(clone))
    assert pushed == Pushed(WAITING, hub.github.tip(WAITING) or "", is_proposed=True)
    assert hub.github.git("rev-parse", f"{WAITING}^") == tip == hub.github.tip("main")
    assert hub.lock(WAITING) == OURS


def test_what_waits_there_already_is_kept_and_put_on_the_new_tip(hub: Hub) -> None:
    hub.protect("main")
    for name, found in (("one", lock(a=entry("1", "v2"))), ("two", lock(a=entry("1"), b=entry("2")))):
        tip = hub.github.commit("main", {"n": name.encode()}, name)
        clone = hub.clone(name)
        write_lock_file(clone, found)
        assert hub.push(clone, hub.branches(clone)).is_proposed
        assert hub.github.git("rev-parse", f"{WAITING}^") == tip
    assert hub.lock(WAITING) == OURS


def test_what_says_nothing_new_leaves_the_commit_that_waits(hub: Hub) -> None:
    """A push would start the checks of its pull request again, and dismiss who approved it."""
    hub.protect("main")
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    waits = hub.push(clone, hub.branches(clone))
    assert hub.push(clone, hub.branches(clone)) == waits
    hub.github.commit("main", {"n": b""}, "files alone")
    later = hub.clone("later")
    take(hub.target(later), hub.branches(later), branch="main", waiting=[WAITING])
    assert hub.push(later, hub.branches(later)) == waits
    tip = hub.record("main", THEIRS)
    assert hub.push(later, hub.branches(later)) != waits
    assert (hub.lock(WAITING), hub.github.git("rev-parse", f"{WAITING}^")) == (BOTH, tip)


def test_a_commit_that_brings_anything_else_is_replaced(hub: Hub) -> None:
    """A pull request of ours would bring it into the branch."""
    hub.protect("main")
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    hub.push(clone, hub.branches(clone))
    hub.github.commit(WAITING, {"prompts/Default/x.yaml": b"hostile"}, "else")
    hub.push(clone, hub.branches(clone))
    assert hub.github.git("diff", "--name-only", "main", WAITING) == PLACE


def test_what_waits_and_is_not_ours_is_not_taken_along(hub: Hub) -> None:
    hub.protect("main")
    hub.github.git("branch", WAITING, "main")
    hub.record(WAITING, THEIRS)
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    push(
        hub.target(clone),
        hub.branches(clone),
        branch="main",
        provenance=Provenance("default"),
        joins=lambda: False,
    )
    assert hub.lock(WAITING) == OURS


def test_a_run_in_ci_is_of_the_commit_that_is_checked_out(hub: Hub) -> None:
    """A job that waited for another checks out the tip of its branch, and not what started it."""
    clone = hub.clone("clone")
    tip = clone.git("rev-parse", "HEAD").strip()
    for ci in ({"GITHUB_ACTIONS": "true", "GITHUB_SHA": "e" * 40}, {"GITLAB_CI": "true", "CI_COMMIT_SHA": "e" * 40}):
        assert provenance_of(replace(hub.target(clone), environ=ci)).commit == tip


def test_where_the_two_contradict_what_this_run_wrote_is_kept(hub: Hub) -> None:
    hub.protect("main")
    hub.github.git("branch", WAITING, "main")
    hub.record(WAITING, lock(a=entry("1", "v8"), c=entry("3")))
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    hub.push(clone, hub.branches(clone))
    assert hub.lock(WAITING) == BOTH


def test_where_no_branch_takes_a_commit_that_is_told(hub: Hub) -> None:
    hub.protect("main", WAITING)
    hub.github.denied.add("trees")
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    with pytest.raises(DeniedError):
        hub.push(clone, hub.branches(clone))


def test_a_branch_must_be_named_and_be_there(hub: Hub) -> None:
    clone = hub.clone("clone")
    write_lock_file(clone, OURS)
    with pytest.raises(UsageError, match="the branch of the lockfile is not known"):
        hub.push(clone, hub.branches(clone), None)
    with pytest.raises(UsageError, match="there is no branch nowhere"):
        hub.push(clone, hub.branches(clone), "nowhere")
    with pytest.raises(UsageError, match="the lockfile of the sandbox stays on this machine"):
        hub.push(clone, hub.branches(clone), name="sandbox")


def test_while_another_run_is_at_work_nothing_is_pushed(hub: Hub) -> None:
    clone = hub.clone("clone")
    with alone(hub.target(clone)), pytest.raises(PromptsyncError, match="is at work on the target"):
        hub.push(clone, hub.branches(clone))


def test_from_a_shallow_clone_on_a_detached_head(hub: Hub) -> None:
    hub.github.commit("main", {"n": b""}, "second")
    clone = hub.clone("clone", "--depth=1")
    clone.git("checkout", "--quiet", "--detach")
    write_lock_file(clone, OURS)
    hub.record("main", THEIRS)
    hub.push(clone, hub.branches(clone))
    assert (hub.lock("main"), clone.git("diff", "--cached", "--name-only")) == (BOTH, "")


def test_the_lockfile_at_the_tip_is_taken_and_nothing_else(hub: Hub) -> None:
    """A run that waited has an older checkout than the one before it left."""
    clone = hub.clone("clone")
    hub.record("main", THEIRS)
    hub.github.commit("main", {"README.md": b"hostile\n", "prompts/Default/x.yaml": b"hostile\n"}, "more")
    target = hub.target(clone)
    assert take(target, hub.branches(clone), branch="main") == ["promptsync.lock.json"]
    assert parse(target.lock_path.read_bytes(), "taken") == THEIRS
    assert clone.git("status", "--porcelain") == f" M {PLACE}\n"
    assert take(target, hub.branches(clone), branch="main") == []


def test_what_waits_to_be_merged_is_taken_by_what_it_changed(hub: Hub) -> None:
    hub.github.git("branch", WAITING, "main")
    hub.record(WAITING, lock(a=entry("1", "v2"), b=entry("2")))
    hub.record("main", THEIRS)
    clone = hub.clone("clone")
    target = hub.target(clone)
    take(target, hub.branches(clone), branch="main", waiting=[WAITING, "not-there"])
    assert parse(target.lock_path.read_bytes(), "taken") == BOTH
    hub.push(clone, hub.branches(clone))
    assert hub.lock("main") == BOTH


@pytest.mark.parametrize("poison", [b"{", b"<<<<<<< HEAD\n", dump(lock(a=entry("1", "v9")))[:-3]])
def test_of_what_waits_a_broken_lockfile_is_not_taken(hub: Hub, poison: bytes) -> None:
    hub.github.git("branch", WAITING, "main")
    hub.record(WAITING, poison)
    clone = hub.clone("clone")
    with pytest.raises(LockfileError, match=f"of the branch {WAITING}"):
        take(hub.target(clone), hub.branches(clone), branch="main", waiting=[WAITING])
    assert clone.git("status", "--porcelain") == ""


def test_what_waits_and_contradicts_is_not_taken_and_what_to_do_is_told(hub: Hub) -> None:
    hub.github.git("branch", WAITING, "main")
    hub.record(WAITING, lock(a=entry("1", "v8")))
    hub.record("main", lock(a=entry("1", "v9")))
    clone = hub.clone("clone")
    with pytest.raises(LockfileError, match=f"here and on {WAITING} contradict each other about Default/a") as caught:
        take(hub.target(clone), hub.branches(clone), branch="main", waiting=[WAITING])
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("if it was merged long ago, delete that branch")
    assert clone.git("status", "--porcelain") == ""


def test_what_was_merged_and_lingers_is_old_and_changes_nothing(hub: Hub) -> None:
    hub.github.git("branch", WAITING, "main")
    merged = hub.record(WAITING, OURS)
    hub.github.git("update-ref", "refs/heads/main", merged)
    hub.record("main", lock(a=entry("1", "v9")))
    clone = hub.clone("clone")
    assert take(hub.target(clone), hub.branches(clone), branch="main", waiting=[WAITING]) == []


def test_on_a_branch_of_lockfiles_there_is_nothing_to_take(away: Hub) -> None:
    clone = away.clone("clone")
    assert take(away.target(clone), away.branches(clone), branch="main", waiting=[WAITING]) == []


def recorded(hub: Hub, name: str, found: Lockfile, target: str = "default") -> Callable[[], Pushed]:
    """A machine that recorded a lockfile, and has not brought it home; what brings it there."""
    clone = hub.clone(name)
    place = hub.target(clone, target)
    with alone(place):
        state = read_state(place)
        write_unpushed(place, found, state.home or Lockfile())
    return lambda: hub.push(clone, hub.branches(clone), None, target)


def test_the_branch_is_begun_with_the_lockfile_alone(away: Hub) -> None:
    push = recorded(away, "one", OURS)
    assert push() == Pushed(STATE, away.github.tip(STATE) or "")
    assert away.github.git("log", "--format=%P|%s", "--name-only", STATE) == f"|{HEADLINE}\n\n{PLACE}"
    assert away.lock(STATE) == OURS
    assert push() == Pushed(STATE)


def test_two_machines_at_once_both_come_home(away: Hub) -> None:
    one, two = recorded(away, "one", lock(a=entry("1"))), recorded(away, "two", lock(b=entry("2")))
    one()
    two()
    assert away.lock(STATE) == lock(a=entry("1"), b=entry("2"))
    assert subjects(away, STATE) == [HEADLINE, HEADLINE]


def test_one_that_begins_the_branch_meanwhile_is_merged(away: Hub) -> None:
    clone = away.clone("one")
    place = away.target(clone)
    with alone(place):
        read_state(place)
        write_unpushed(place, lock(a=entry("1")), Lockfile())
    branches = away.branches(clone)
    branches.before = [
        lambda: away.record(STATE, lock(b=entry("2"))),
        lambda: away.record(STATE, lock(b=entry("2"), c=entry("3"))),
    ]
    away.push(clone, branches, None)
    assert away.lock(STATE) == lock(a=entry("1"), b=entry("2"), c=entry("3"))
    assert away.slept == [0.3, 0.6]
    assert read_unpushed(place) is None


def test_the_targets_of_a_root_lie_side_by_side(away: Hub) -> None:
    recorded(away, "one", lock(a=entry("1")))()
    recorded(away, "two", lock(b=entry("2")), "staging")()
    names = away.github.git("ls-tree", "-r", "--name-only", STATE).splitlines()
    assert names == [PLACE, "prompts/promptsync.staging.lock.json"]


def test_a_branch_of_lockfiles_that_takes_no_commit_has_no_other(away: Hub) -> None:
    recorded(away, "one", BASE)()
    push = recorded(away, "two", OURS)
    away.protect(STATE)
    with pytest.raises(DeniedError):
        push()
    assert away.github.tip(WAITING) is None


def test_what_contradicts_stays_here_and_is_told(away: Hub) -> None:
    recorded(away, "one", BASE)()
    push = recorded(away, "two", OURS)
    away.record(STATE, lock(a=entry("1", "v3")))
    with pytest.raises(LockfileError, match=r"contradict each other about Default/a"):
        push()
    assert away.lock(STATE) == lock(a=entry("1", "v3"))
