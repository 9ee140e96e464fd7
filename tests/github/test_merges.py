"""Which pull requests brought what is on a branch."""

from __future__ import annotations

import pytest

from promptsync.github.api import Commit, Pull
from promptsync.github.merges import MOST, mainline, merged, pushed


def pull(number: int, *, base: str = "main", is_merged: bool = True) -> Pull:
    return Pull(number, f"PR_{number}", "a" * 40, "", base, is_merged)


TOPIC = Commit("t1", "m1", (pull(7),))
MAIN = [Commit("m3", "m2", (pull(8),)), Commit("m2", "m1", (pull(7),)), Commit("m1", None, ())]


def test_the_mainline_leaves_out_what_a_merge_brought() -> None:
    assert [commit.id for commit in mainline([MAIN[0], TOPIC, *MAIN[1:]])] == ["m3", "m2", "m1"]


def test_the_mainline_is_looked_at_only_so_far() -> None:
    long = [Commit(str(number), str(number + 1), ()) for number in range(MOST + 10)]
    assert [commit.id for commit in mainline(iter(long))] == [str(number) for number in range(MOST)]
    assert list(mainline([])) == []


@pytest.mark.parametrize(
    ("before", "found"),
    [("m2", ["m3"]), ("m1", ["m3", "m2"]), ("m3", []), ("pushed away", ["m3"]), (None, [])],
)
def test_what_was_pushed_came_after_what_was_there_before(before: str | None, found: list[str]) -> None:
    assert [commit.id for commit in pushed(MAIN, before)] == found


def test_each_merge_into_the_branch_counts_once() -> None:
    commits = [Commit("m4", "m3", (pull(9, base="develop"), pull(10, is_merged=False), pull(8))), *MAIN]
    assert [one.number for one in merged(commits, "main")] == [8, 7]
