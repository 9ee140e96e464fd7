"""What is held here along with files: which of it counts, what an apply takes out of it, and when it is let go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promptsync.commands.held import NOTHING, count_held, held_here, hold, settle, with_held, without_held
from promptsync.commands.home import Unpushed
from promptsync.commands.state import ids_elsewhere, read_lock
from promptsync.files.run_lock import alone
from promptsync.model.errors import LockfileError
from promptsync.model.lockfile import Lockfile
from tests.commands.hub import STATE, entry, hosted, lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptsync.files.target import Target

CONFIG = f"lock: {{branch: {STATE}}}\ntargets: {{staging: {{path_prefix: Staging}}}}\n".encode()
A, AB, MOVED = lock(a=entry("1")), lock(a=entry("1"), b=entry("2")), lock(c=entry("1"))


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    """The files `a`, `b` and `c`, of which origin has `a` and `c`. The lockfile is A, on the branch."""
    names = ("a", "c")
    with hosted(
        tmp_path, "git", {"prompts/promptsync.yaml": CONFIG, **{f"prompts/Default/{name}.yaml": b"" for name in names}}
    ) as hub:
        hub.record(STATE, A)
        clone = hub.clone("clone")
        (clone.path / "prompts/Default/b.yaml").write_bytes(b"")
        target = hub.target(clone)
        with alone(target):
            yield target


def without_file(target: Target, name: str) -> None:
    (target.root / f"Default/{name}.yaml").unlink()


@pytest.mark.parametrize(("after", "name"), [(AB, "b"), (MOVED, "c"), (lock(a=entry("9")), "a")])
def test_it_counts_where_its_file_is(target: Target, after: Lockfile, name: str) -> None:
    hold(target, A, after)
    assert read_lock(target) == after
    without_file(target, name)
    assert read_lock(target) == A
    assert count_held(target) == 1


def test_to_be_brought_home_its_file_must_be_on_the_default_branch_of_origin(target: Target) -> None:
    hold(target, A, AB)
    hold(target, AB, lock(b=entry("2"), c=entry("1")))
    assert held_here(target, A, merged=True) == Unpushed(A, MOVED)


def test_what_is_put_back_is_held_no_more(target: Target) -> None:
    hold(target, A, MOVED)
    hold(target, MOVED, A)
    assert not target.held_path.exists()


def test_what_was_changed_twice_begins_where_the_first_change_did(target: Target) -> None:
    hold(target, A, MOVED)
    hold(target, MOVED, lock(b=entry("1")))
    assert held_here(target, A) == Unpushed(A, lock(b=entry("1")))


def test_what_the_branch_tells_since_is_newer_and_settles_it(target: Target) -> None:
    hold(target, A, AB)
    later = lock(a=entry("1"), b=entry("2", "v2"))
    assert held_here(target, later) == NOTHING
    settle(target, A)
    assert count_held(target) == 1
    settle(target, later)
    assert not target.held_path.exists()


def test_a_move_and_an_update_of_someone_else_are_both(target: Target) -> None:
    hold(target, A, MOVED)
    later = lock(a=entry("1", "v2"))
    assert with_held(target, later, held_here(target, later)) == lock(c=entry("1", "v2"))


def test_a_contradiction_is_told_with_the_file_to_remove(target: Target) -> None:
    hold(target, A, AB)
    later = lock(a=entry("1"), b=entry("7"))
    with pytest.raises(LockfileError, match=f"the branch {STATE} says something else about Default/b") as caught:
        with_held(target, later, held_here(target, later))
    assert str(target.held_path) in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("held", "now", "home"),
    [
        (Unpushed(Lockfile(), lock(b=entry("2"))), AB, A),
        (Unpushed(Lockfile(), lock(b=entry("2"))), lock(a=entry("1"), b=entry("2", "v2")), None),
        (Unpushed(Lockfile(), lock(b=entry("2"))), A, A),
        (Unpushed(Lockfile(), lock(b=entry("2"))), lock(b=replace(entry("2"), version="v2", added=("x",))), lock()),
        (Unpushed(A, MOVED), MOVED, A),
        (Unpushed(A, MOVED), lock(c=entry("1", "v2")), None),
        (Unpushed(A, MOVED), lock(b=entry("2")), None),
        (Unpushed(A, lock(a=entry("9"))), lock(a=entry("9")), A),
        (Unpushed(A, lock(a=entry("9"))), lock(a=entry("9", "v2")), None),
    ],
)
def test_of_what_is_recorded_that_was_written_since_goes_home(held: Unpushed, now: Lockfile, home: Lockfile) -> None:
    assert without_held(now, held) == (home or now)


def test_ids_that_are_held_for_another_target_are_managed(target: Target) -> None:
    staging = replace(target, settings=target.config.target("staging"))
    hold(staging, Lockfile(), lock(x=entry("7")))
    assert ids_elsewhere(target) == {"7"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"branch": 1, "base": {}, "lock": {}}'])
def test_what_is_none_of_our_files_is_told_with_what_to_do(target: Target, text: str) -> None:
    hold(target, A, AB)
    target.held_path.write_text(text, encoding="utf-8")
    with pytest.raises(LockfileError, match=r"held\.default\.json cannot be read"):
        read_lock(target)
