"""What is kept here of a lockfile that lives on a branch: what was read last, and what is not there yet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promptsync.apply.journal import Journal
from promptsync.commands.home import fetch_home, last_home, read_unpushed, write_unpushed
from promptsync.commands.state import ids_elsewhere, read_lock, read_state, record, write_lock
from promptsync.files.run_lock import alone
from promptsync.model.errors import BranchError, LockfileError
from promptsync.model.lockfile import Lockfile
from tests.commands.hub import PLACE, STATE, entry, hosted, lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptsync.files.target import Target
    from tests.commands.hub import Hub

CONFIG = f"lock: {{branch: {STATE}}}\ntargets: {{staging: {{path_prefix: Staging}}}}\n".encode()
ONE = lock(a=entry("1"))
TWO = lock(a=entry("1"), b=entry("2"))


@pytest.fixture(params=["git", "github"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    """A repository whose lockfile is ONE, on the branch."""
    with hosted(tmp_path, request.param, {"prompts/promptsync.yaml": CONFIG}) as made:
        made.record(STATE, ONE)
        yield made


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def target(hub: Hub, told: list[str]) -> Target:
    clone = hub.clone("clone")
    return replace(hub.target(clone), branches=hub.branches(clone), notify=told.append)


class Unreached:
    """Branches that cannot be reached."""

    def tip(self, branch: str) -> str | None:
        raise BranchError("nobody answers")


def test_the_lockfile_is_read_from_the_tip_of_the_branch(hub: Hub, target: Target) -> None:
    assert read_lock(target) == ONE
    hub.record(STATE, TWO)
    state = read_state(target)
    assert (state.lock, state.on_disk, state.home) == (TWO, TWO, TWO)
    assert not target.lock_path.exists()


def test_a_tip_that_was_read_already_is_not_read_again(hub: Hub, target: Target) -> None:
    read_lock(target)
    hub.github.log.clear()
    assert read_lock(target) == ONE
    assert len(hub.github.log) == (1 if hub.kind == "github" else 0)


def test_what_was_recorded_here_is_merged_with_what_others_brought(hub: Hub, target: Target) -> None:
    with alone(target):
        record(target, read_state(target), lock(a=entry("1", "v2")))
    assert read_lock(target) == lock(a=entry("1", "v2"))
    hub.record(STATE, TWO)
    state = read_state(target)
    assert state.lock == lock(a=entry("1", "v2"), b=entry("2"))
    assert state.home == TWO
    with alone(target):
        write_lock(target, state.lock, since=state.on_disk, home=state.home)
    hub.record(STATE, ONE)
    # What others brought is not taken for ours, so what they take away again goes.
    assert read_lock(target) == lock(a=entry("1", "v2"))


def test_an_entry_that_was_forgotten_here_stays_forgotten(hub: Hub, target: Target) -> None:
    with alone(target):
        record(target, read_state(target), lock())
    hub.record(STATE, TWO)
    assert read_lock(target) == lock(b=entry("2"))


def test_what_is_as_on_the_branch_is_not_kept(target: Target) -> None:
    with alone(target):
        state = read_state(target)
        record(target, state, TWO)
        assert read_unpushed(target) is not None
        record(target, state, ONE)
    assert not target.lock_path.exists()


def test_what_an_interrupted_run_recorded_counts_too(target: Target) -> None:
    journal = Journal(target.journal_path)
    with alone(target):
        journal.end_with(0, "Default/b", entry("2"))
        journal.close()
    assert read_state(target).lock.prompts == TWO.prompts


def test_where_both_say_something_else_of_a_prompt_both_are_left_and_told(hub: Hub, target: Target) -> None:
    with alone(target):
        record(target, read_state(target), lock(a=entry("1", "v2")))
    hub.record(STATE, lock(a=entry("1", "v3")))
    with pytest.raises(LockfileError, match=f"the branch {STATE} says something else about Default/a") as caught:
        read_state(target)
    assert caught.value.hint == f"to go by the branch, remove {target.lock_path}: a plan then shows what differs"
    target.lock_path.unlink()
    assert read_lock(target) == lock(a=entry("1", "v3"))


def test_where_it_cannot_be_reached_it_is_as_last_seen_and_that_is_told(target: Target, told: list[str]) -> None:
    away = replace(target, branches=Unreached())
    with pytest.raises(BranchError, match="nobody answers"):
        read_lock(away)
    read_lock(target)
    assert told == []
    assert read_lock(away) == ONE
    home = last_home(target)
    assert home is not None
    assert told == [f"nobody answers; the lockfile is that of {STATE} as last seen here, {(home.commit or '')[:10]}"]


def test_ids_of_other_targets_are_those_on_the_branch_and_those_not_there_yet(hub: Hub, target: Target) -> None:
    hub.record(STATE, lock(x=entry("7")), "prompts/promptsync.staging.lock.json")
    hub.record(STATE, lock(x=entry("8")), "elsewhere/promptsync.lock.json")
    assert ids_elsewhere(target) == {"7"}
    staging = replace(target, settings=target.config.target("staging"))
    assert (read_lock(staging), ids_elsewhere(staging)) == (lock(x=entry("7")), {"1"})
    with alone(staging):
        record(staging, read_state(staging), lock(x=entry("7"), y=entry("9")))
    assert ids_elsewhere(target) == {"7", "9"}


@pytest.mark.parametrize("name", ["README.md", "promptsync.lock.json.orig", "prompts/promptsync.yaml", "x/lock.json"])
def test_a_branch_that_holds_anything_else_is_none_of_lockfiles(hub: Hub, target: Target, name: str) -> None:
    hub.github.commit(STATE, {name: b""}, "else")
    with pytest.raises(LockfileError, match=f"the branch {STATE} holds {name}, so it is no branch of lockfiles alone"):
        read_lock(target)


def test_a_branch_of_which_not_all_is_known_is_not_believed(hub: Hub, target: Target) -> None:
    hub.github.too_large.add(hub.github.tip(STATE) or "")
    if hub.kind == "github":
        with pytest.raises(BranchError, match="did not list all the files"):
            read_lock(target)


def test_a_branch_that_is_gone_is_no_empty_lockfile(hub: Hub, target: Target) -> None:
    home = fetch_home(target, hub.branches(hub.clone("other")))
    hub.github.git("update-ref", "-d", f"refs/heads/{STATE}")
    with pytest.raises(LockfileError, match=f"there is no branch {STATE} any more") as caught:
        read_lock(target)
    assert f"git push origin {home.commit}:refs/heads/{STATE}" in (caught.value.hint or "")


def test_of_a_branch_that_never_was_the_lockfile_is_empty(hub: Hub, target: Target) -> None:
    hub.github.git("update-ref", "-d", f"refs/heads/{STATE}")
    assert read_lock(target) == Lockfile()


def test_what_was_recorded_for_another_branch_is_not_mixed_up(target: Target) -> None:
    with alone(target):
        write_unpushed(target, TWO, ONE)
    moved = replace(target, config=replace(target.config, lock_branch="promptsync/other"))
    with pytest.raises(LockfileError, match=f"was recorded for the branch {STATE}, not for promptsync/other"):
        read_unpushed(moved)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"branch": 1, "commit": "x", "locks": {}}', "[" * 100_000])
def test_what_is_none_of_our_files_is_told_with_what_to_do(target: Target, text: str) -> None:
    read_lock(target)
    for path in (target.state_folder / "home.json", target.lock_path):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(LockfileError, match=f"{path.name} cannot be read") as caught:
            read_lock(target)
        assert caught.value.hint == "remove it, to go by what the branch of lockfiles says"
        path.unlink()
    assert read_lock(target) == ONE


def test_the_lockfile_lies_where_the_root_does(hub: Hub, target: Target) -> None:
    home = fetch_home(target, hub.branches(hub.clone("other")))
    assert (home.folder, home.path(target)) == ("prompts/", PLACE)
    assert list(home.locks) == [PLACE]
