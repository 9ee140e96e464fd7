from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.merge.conflict_markers import split_conflicted
from promptsync.merge.locks import edits, merge_locks
from promptsync.model.errors import LockfileError
from promptsync.model.lockfile import LockEntry, Lockfile, dump, parse
from promptsync.model.prompt import CLASSIC, CURRENT

ROOT = Path(__file__).parent.parent.parent


def entry(id: str, content: str = "a", *, path: str | None = "Default", protected: bool = False) -> LockEntry:
    return LockEntry(
        id, f"v-{content}", path, "name", CURRENT, f"sha256:s{content}", f"sha256:r{content}", (), protected
    )


def lock(**prompts: LockEntry) -> Lockfile:
    return Lockfile(prompts, owner="acme")


BASE = lock(a=entry("1"), b=entry("2"))


def clean(base: Lockfile | None, ours: Lockfile, theirs: Lockfile) -> Lockfile:
    """The merge of two sides, which must be clean, and the same the other way round."""
    merged, mirrored = merge_locks(base, ours, theirs), merge_locks(base, theirs, ours)
    assert (merged.conflicts, mirrored.conflicts) == ([], [])
    assert mirrored.lock == merged.lock
    return merged.lock


def test_both_sides_add() -> None:
    ours, theirs = lock(**BASE.prompts, c=entry("3")), lock(**BASE.prompts, d=entry("4"))

    assert clean(BASE, ours, theirs) == lock(**BASE.prompts, c=entry("3"), d=entry("4"))
    assert clean(None, ours, theirs) == lock(**BASE.prompts, c=entry("3"), d=entry("4"))


def test_one_side_updates_and_the_other_removes_another() -> None:
    assert clean(BASE, lock(a=entry("1", "b"), b=entry("2")), lock(a=entry("1"))) == lock(a=entry("1", "b"))


def test_what_one_side_removed_stays_if_the_other_changed_it() -> None:
    assert clean(BASE, lock(a=entry("1")), lock(a=entry("1"), b=entry("2", "b"))) == lock(
        a=entry("1"), b=entry("2", "b")
    )


def test_both_sides_remove() -> None:
    assert clean(BASE, lock(a=entry("1")), lock(a=entry("1"))) == lock(a=entry("1"))


def test_a_move_is_followed() -> None:
    ours = lock(a=entry("1"), moved=entry("2", path="Elsewhere"))

    assert clean(BASE, ours, BASE) == ours


def test_a_move_here_and_an_update_there_are_both() -> None:
    ours = lock(a=entry("1"), moved=entry("2", path="Elsewhere"))
    theirs = lock(a=entry("1"), b=entry("2", "b"))

    assert clean(BASE, ours, theirs) == lock(a=entry("1"), moved=entry("2", "b", path="Elsewhere"))


def test_a_move_here_and_a_removal_there_keeps_the_prompt() -> None:
    ours = lock(a=entry("1"), moved=entry("2"))

    assert clean(BASE, ours, lock(a=entry("1"))) == ours


def test_a_key_that_was_freed_may_be_given_anew() -> None:
    ours = lock(a=entry("1"), b=entry("3"), moved=entry("2"))

    assert clean(BASE, ours, BASE) == ours


def test_two_keys_that_swap_their_prompts() -> None:
    ours = lock(a=entry("2"), b=entry("1"))

    assert clean(BASE, ours, BASE) == ours


def test_the_same_content_under_two_versions_is_no_conflict() -> None:
    one, other = replace(entry("1", "b"), added=("prompt.n",)), replace(entry("1", "b"), version="v-c", added=("x",))

    joined = clean(BASE, lock(a=one, b=entry("2")), lock(a=other, b=entry("2")))

    assert joined.prompts["a"] == replace(one, version="v-c", added=("prompt.n", "x"))


def test_a_path_that_one_side_learned_is_kept_without_a_base() -> None:
    assert clean(None, lock(a=entry("1", path=None)), lock(a=entry("1"))) == lock(a=entry("1"))


def test_protection_set_by_one_side_stays_and_taken_away_by_one_side_goes() -> None:
    plain, protected = lock(a=entry("1")), lock(a=entry("1", protected=True))

    assert clean(plain, plain, protected) == protected
    assert clean(protected, plain, protected) == plain
    assert clean(None, plain, protected) == protected


def test_keys_of_a_later_format_are_merged_too() -> None:
    ours = Lockfile({"a": replace(entry("1"), extra={"new": 1})}, "acme", extra={"top": [1]})
    theirs = Lockfile({"a": entry("1", "b")}, "acme", extra={"other": True})

    assert clean(lock(a=entry("1")), ours, theirs) == Lockfile(
        {"a": replace(entry("1", "b"), extra={"new": 1})}, "acme", extra={"top": [1], "other": True}
    )


def test_what_a_later_format_says_of_the_whole_is_settled_alike_on_both_sides() -> None:
    ours, theirs = Lockfile(extra={"top": 1}), Lockfile(extra={"top": 2})

    assert clean(None, ours, theirs).extra == {"top": 2}


def test_hashes_of_unknown_rules_make_the_whole_unknown() -> None:
    assert clean(BASE, replace(BASE, canonical=0), BASE).canonical == 0


def test_hashes_of_rules_that_are_known_stand_beside_those_of_todays() -> None:
    """A tool that knows only the older ones must not read them."""
    assert clean(BASE, replace(BASE, canonical=1), BASE).canonical == BASE.canonical == 2


def test_a_workspace_that_one_side_does_not_know_yet() -> None:
    assert clean(None, Lockfile(), BASE).owner == "acme"


def test_both_sides_change_one_prompt() -> None:
    ours, theirs = lock(a=entry("1", "b"), b=entry("2")), lock(a=entry("1", "c"), b=entry("2"), c=entry("3"))

    merged = merge_locks(BASE, ours, theirs)

    assert merged.conflicts == ["a"]
    assert merged.reasons == {"a": "both sides changed the prompt 1"}
    assert merged.lock == lock(a=entry("1", "b"), b=entry("2"), c=entry("3"))


def test_both_sides_make_a_prompt_for_one_file() -> None:
    merged = merge_locks(Lockfile(), lock(a=entry("1")), lock(a=entry("2")))

    assert merged.reasons == {"a": "`a` is one prompt on our side and another on theirs: `1` and `2`"}
    assert merged.lock == lock(a=entry("1"))
    assert merged.left_out == {"2": "a"}


def test_without_a_base_different_entries_of_one_prompt_conflict() -> None:
    merged = merge_locks(None, lock(a=entry("1")), lock(a=entry("1", "b")))

    assert (merged.conflicts, merged.lock) == (["a"], lock(a=entry("1")))


def test_both_sides_move_one_prompt_to_two_places() -> None:
    merged = merge_locks(BASE, lock(a=entry("1"), x=entry("2")), lock(a=entry("1"), y=entry("2")))

    assert merged.reasons == dict.fromkeys("xy", "the prompt 2 was moved to two places, `x` and `y`")
    assert merged.lock == lock(a=entry("1"), x=entry("2"))


def test_a_prompt_moved_to_where_the_other_side_made_one_goes_back() -> None:
    ours, theirs = lock(**BASE.prompts, c=entry("3")), lock(a=entry("1"), c=entry("2"))

    merged = merge_locks(BASE, ours, theirs)

    assert merged.conflicts == ["b", "c"]
    assert merged.lock == ours
    assert merged.left_out == {}


def test_a_path_sent_to_two_places() -> None:
    merged = merge_locks(BASE, lock(a=entry("1", path="X"), b=entry("2")), lock(a=entry("1", path="Y"), b=entry("2")))

    assert merged.conflicts == ["a"]


def test_two_workspaces_are_never_joined() -> None:
    with pytest.raises(LockfileError, match="belong to two workspaces, acme and other"):
        merge_locks(None, BASE, Lockfile(owner="other"))


ENTRIES = st.builds(
    LockEntry,
    id=st.sampled_from("123456"),
    version=st.sampled_from(["v1", "v2", None]),
    path=st.sampled_from([None, "P", "Q"]),
    display_name=st.just("name"),
    dialect=st.sampled_from([CURRENT, CLASSIC]),
    source=st.sampled_from(["s1", "s2"]),
    remote=st.sampled_from(["r1", "r2"]),
    added=st.sampled_from([(), ("x",), ("x", "y")]),
    protected=st.booleans(),
    extra=st.sampled_from([{}, {"new": 1}, {"new": 2}]),
)
LOCKS = st.builds(
    lambda keys, entries: Lockfile(dict(zip(keys, entries, strict=False)), "acme"),
    st.permutations("abcdefg"),
    st.lists(ENTRIES, max_size=6, unique_by=lambda one: one.id),
)


@given(LOCKS | st.none(), LOCKS)
def test_merging_with_itself_changes_nothing(base: Lockfile | None, ours: Lockfile) -> None:
    assert clean(base, ours, ours) == ours


@given(LOCKS, LOCKS)
def test_a_side_that_changed_nothing_takes_the_other(base: Lockfile, theirs: Lockfile) -> None:
    assert clean(base, base, theirs) == theirs


@given(LOCKS | st.none(), LOCKS, LOCKS)
def test_the_result_is_whole_and_the_sides_may_change_places(
    base: Lockfile | None, ours: Lockfile, theirs: Lockfile
) -> None:
    merged, mirrored = merge_locks(base, ours, theirs), merge_locks(base, theirs, ours)

    assert parse(dump(merged.lock), "lock") == merged.lock
    assert merged.conflicts == mirrored.conflicts
    settled = [
        {key: entry for key, entry in one.lock.prompts.items() if key not in one.conflicts}
        for one in (merged, mirrored)
    ]
    assert settled[0] == settled[1]


@given(LOCKS | st.none(), LOCKS, LOCKS)
def test_no_id_is_lost_without_a_conflict(base: Lockfile | None, ours: Lockfile, theirs: Lockfile) -> None:
    merged = merge_locks(base, ours, theirs)

    kept = ours.ids() & theirs.ids() if base else ours.ids() | theirs.ids()
    if not merged.conflicts:
        assert kept <= merged.lock.ids()


DRIVER = """
import sys
from pathlib import Path
from promptsync.model.lockfile import Lockfile, dump, parse
from promptsync.merge.locks import merge_locks
base, ours, theirs = (parse(data, name) if (data := Path(name).read_bytes()) else None for name in sys.argv[1:4])
merged = merge_locks(base, ours or Lockfile(), theirs or Lockfile())
Path(sys.argv[2]).write_bytes(dump(merged.lock))
sys.exit(bool(merged.conflicts))
"""
NAME = "promptsync.lock.json"


class Repository:
    """A repository with a lockfile on `main`, and a second branch `side`."""

    def __init__(self, folder: Path, lock: Lockfile | None) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Test")
        self.git("config", "user.email", "test@example.com")
        (folder / "driver.py").write_text(DRIVER)
        (folder / "README").touch()
        if lock is not None:
            self.write(lock)
        self.commit()
        self.git("branch", "side")

    def git(self, *command: str, code: int = 0) -> str:
        done = subprocess.run(["git", *command], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def use_driver(self) -> None:
        python = f"PYTHONPATH='{ROOT}' '{sys.executable}' '{self.folder}/driver.py'"
        self.git("config", "merge.promptsync.driver", f"{python} %O %A %B")
        (self.folder / ".git/info/attributes").write_text("*.lock.json merge=promptsync\n")

    def write(self, lock: Lockfile) -> None:
        (self.folder / NAME).write_bytes(dump(lock))

    def commit(self) -> None:
        self.git("add", ".")
        self.git("commit", "-q", "-m", "change")

    def on(self, branch: str, lock: Lockfile) -> None:
        self.git("checkout", "-q", branch)
        self.write(lock)
        self.commit()

    def read(self) -> Lockfile:
        return parse((self.folder / NAME).read_bytes(), NAME)


MANY = lock(**{f"k{number}": entry(f"id{number}") for number in range(10)})


def test_two_branches_that_each_add_prompts_and_one_that_reverts(tmp_path: Path) -> None:
    repository = Repository(tmp_path, MANY)
    repository.use_driver()
    repository.on("side", lock(**MANY.prompts, new1=entry("new1"), new2=entry("new2")))
    repository.on("main", lock(**MANY.prompts, other=entry("other")))
    added = lock(**MANY.prompts, other=entry("other"), new1=entry("new1"), new2=entry("new2"))

    repository.git("merge", "-q", "side", "-m", "merge")
    assert repository.read() == added

    repository.git("checkout", "-q", "-b", "back")
    repository.git("revert", "--no-edit", "-m", "1", "HEAD")
    assert repository.read() == lock(**MANY.prompts, other=entry("other"))
    repository.on("main", lock(**added.prompts, last=entry("last")))
    repository.git("merge", "-q", "back", "-m", "merge")

    assert repository.read() == lock(**MANY.prompts, other=entry("other"), last=entry("last"))


def test_two_branches_that_each_make_the_lockfile(tmp_path: Path) -> None:
    repository = Repository(tmp_path, None)
    repository.use_driver()
    repository.on("side", lock(a=entry("1")))
    repository.on("main", lock(b=entry("2")))

    repository.git("merge", "-q", "side", "-m", "merge")

    assert repository.read() == lock(a=entry("1"), b=entry("2"))


def test_a_true_conflict_stops_the_merge(tmp_path: Path) -> None:
    repository = Repository(tmp_path, BASE)
    repository.use_driver()
    repository.on("side", lock(a=entry("1", "b"), b=entry("2")))
    repository.on("main", lock(a=entry("1", "c"), b=entry("2")))

    repository.git("merge", "-q", "side", "-m", "merge", code=1)

    assert repository.git("diff", "--name-only", "--diff-filter=U").split() == [NAME]


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_a_conflict_that_git_left_is_taken_apart(tmp_path: Path, style: str) -> None:
    repository = Repository(tmp_path, MANY)
    repository.git("config", "merge.conflictStyle", style)
    ours = lock(**MANY.prompts, new1=entry("new1"))
    theirs = lock(**{**MANY.prompts, "k2": entry("id2", "b")}, new2=entry("new2"), new3=entry("new3"))
    del theirs.prompts["k8"]
    repository.on("side", theirs)
    repository.on("main", ours)
    repository.git("merge", "-q", "side", "-m", "merge", code=1)

    base, *sides = split_conflicted((repository.folder / NAME).read_bytes(), NAME)

    assert (base is not None) == (style == "diff3")
    expected = lock(**{**MANY.prompts, "k2": entry("id2", "b")}, **{f"new{n}": entry(f"new{n}") for n in (1, 2, 3)})
    del expected.prompts["k8"]
    assert clean(base, *sides) == expected


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (BASE, []),
        (lock(a=entry("1", "b"), c=entry("3")), []),
        (
            lock(a=entry("1", path="Else"), b=entry("2", path=None)),
            [
                "`a` (1) is locked in `Else` here, and was in `Default` where this branch began",
                "`b` (2) is locked in a path that no one knows here, and was in `Default` where this branch began",
            ],
        ),
        (lock(a=entry("9"), b=entry("2")), ["`a` is the prompt 9 here, and was 1 where this branch began"]),
        (
            lock(a=entry("2"), b=entry("1")),
            [
                "`a` is the prompt 2 here, and was 1 where this branch began",
                "`b` is the prompt 1 here, and was 2 where this branch began",
            ],
        ),
        (lock(c=entry("1"), b=entry("2")), []),
    ],
    ids=["the same", "what a plan tells", "other paths", "another id", "swapped", "moved"],
)
def test_what_no_plan_tells_of_an_edited_lockfile(now: Lockfile, told: list[str]) -> None:
    assert [sentence for _, sentence in edits(BASE, now)] == told


@pytest.mark.parametrize("key", ["a", "moved"])
def test_a_protection_that_is_gone_is_told_under_the_key_that_it_had(key: str) -> None:
    base = lock(a=entry("1", protected=True))
    assert list(edits(base, lock(**{key: entry("1", protected=True)}))) == []
    assert list(edits(base, lock(**{key: entry("1")}))) == [
        ("a", "`a` (1) is not protected here, and was where this branch began")
    ]
    assert [key for key, _ in edits(base, lock())] == ["a"]
