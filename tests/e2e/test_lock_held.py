"""Commands that change files and lockfile as one, where that lives on a branch: one developer, and everyone else.

Until the files are merged, and until the lockfile tells of them, nobody's plan deletes, overwrites, moves back or
makes twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.test_lock_home import CONFIG, PLACE, STATE, checkout, hub, lock, machine, unpushed
from tests.e2e.world import KEY, World, current

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["checkout", "hub", "machine"]

NEW, EXTRA = "Default/support/refund", "Default/Extra"
LATER = "once the files are merged, and this clone is up to date: `promptsync lock push`\n"


@dataclass
class Team:
    """A developer at work on the branch `feature`, and CI, which applies what is on main; each with a clone."""

    hub: Checkout
    dev: World
    ci: World

    def commit(self) -> None:
        clone = Checkout(self.dev.root.parent)
        if clone.git("status", "--porcelain"):
            clone.commit("change")
        clone.git("push", "--quiet", "origin", "HEAD:feature")

    def merge(self) -> None:
        """What the developer did is merged, and CI checks it out."""
        self.commit()
        clone = Checkout(self.dev.root.parent)
        clone.git("push", "--quiet", "origin", "HEAD:main")
        clone.git("fetch", "--quiet")
        Checkout(self.ci.root.parent).git("pull", "--quiet", "origin", "main")

    def back_to_main(self) -> None:
        """The developer turns to something else in the same clone."""
        self.commit()
        Checkout(self.dev.root.parent).git("checkout", "--quiet", "main")

    @property
    def ids(self) -> dict[str, str]:
        """The ids that the branch tells, by key."""
        return {key: entry["id"] for key, entry in lock(self.hub)["prompts"].items()}

    @property
    def live(self) -> list[Any]:
        return sorted(((one["_id"], one["prompt"]) for one in self.dev.sandbox.prompts()), key=lambda one: one[0])


@pytest.fixture
def team(world: World, checkout: Checkout, hub: Checkout, machine: Callable[[], World]) -> Team:
    assert world.apply().code == 0
    made = Team(hub, machine(), machine())
    Checkout(made.dev.root.parent).git("checkout", "--quiet", "-b", "feature")
    return made


@pytest.fixture(params=[(), ("--prune",)], ids=["apply", "prune"])
def prune(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return tuple(request.param)


def untouched(team: Team, world: World, *arguments: str, code: int = 0) -> None:
    """An apply changes nothing that is live, and ends so."""
    before = team.live
    ran = world.apply(*arguments)
    assert (ran.code, team.live) == (code, before), ran.out + ran.err


def edit(team: Team, **values: Any) -> None:
    team.dev.sandbox.ui_edit(team.ids[KEY], {"prompt": values})


def test_what_was_pulled_is_no_change_of_those_who_do_not_have_it(team: Team, prune: tuple[str, ...]) -> None:
    edit(team, temperature=0.9)
    before = lock(team.hub)
    assert team.dev.run("pull").code == 0
    assert (lock(team.hub), unpushed(team.dev).exists()) == (before, False)
    assert team.ci.actions(*prune) == {KEY: "drift"}
    untouched(team, team.ci, *prune)
    team.merge()
    assert team.ci.actions(*prune) == {KEY: "adopt"}
    untouched(team, team.ci, *prune)
    assert team.ci.plan(*prune).code == team.dev.plan(*prune).code == 0


def test_what_was_joined_of_two_sides_is_applied_by_the_command_that_pull_tells(
    team: Team, prune: tuple[str, ...]
) -> None:
    edit(team, temperature=0.9)
    team.dev.change(KEY, lambda data: data["prompt"].update(max_tokens=50))
    ran = team.dev.run("pull")
    assert ran.code == 0
    assert "once the file is merged, `promptsync apply --overwrite Default/refund` applies it" in ran.out
    assert "applies it" in team.dev.run("pull").out
    untouched(team, team.ci, *prune)
    team.merge()
    assert team.ci.actions(*prune) == {KEY: "conflict"}
    untouched(team, team.ci, *prune, code=3)
    assert team.ci.apply("--overwrite", KEY, *prune).code == 0
    assert [(one["temperature"], one["max_tokens"]) for _, one in team.live] == [(0.9, 50)]
    assert team.ci.plan().code == 0


def test_what_was_decided_for_the_file_is_told_likewise(team: Team) -> None:
    edit(team, temperature=0.9)
    team.dev.change(KEY, lambda data: data["prompt"].update(temperature=0.5))
    assert "applies it" not in team.dev.run("pull").out
    ran = team.dev.run("pull", "--ours")
    assert (ran.code, "applies it" in ran.out) == (0, True)
    ran = team.dev.run("pull", "--theirs")
    assert (ran.code, "applies it" in ran.out) == (0, False)
    assert team.dev.actions() == {KEY: "adopt"}


def test_a_file_that_was_renamed_and_then_pulled_keeps_its_prompt(team: Team, prune: tuple[str, ...]) -> None:
    edit(team, temperature=0.9)
    (team.dev.root / "Default/support").mkdir()
    (team.dev.root / f"{KEY}.yaml").rename(team.dev.root / f"{NEW}.yaml")
    ran = team.dev.run("pull")
    assert (ran.code, f"`promptsync apply --overwrite {NEW}` applies it" in ran.out) == (0, True)
    team.merge()
    untouched(team, team.ci, *prune, code=3)
    assert team.ci.apply("--overwrite", NEW, *prune).code == 0
    assert [one["temperature"] for _, one in team.live] == [0.9]
    assert team.ids == {NEW: team.live[0][0]}


def test_what_was_imported_waits_for_the_merge_of_its_file(team: Team, prune: tuple[str, ...]) -> None:
    made = team.dev.add_unmanaged("Extra")
    ran = team.dev.run("import", "--all")
    assert (ran.code, ran.err.endswith(f"then commit the new files\n{LATER}")) == (0, True)
    assert team.dev.plan(*prune).code == 0
    untouched(team, team.ci, *prune)
    ran = team.dev.run("lock push")
    assert ran.err == ("what was recorded of 1 prompt waits until the files are merged, and this clone is up to date\n")
    assert list(team.ids) == [KEY]
    team.merge()
    assert team.ci.actions(*prune) == {EXTRA: "conflict"}
    untouched(team, team.ci, *prune, code=3)
    assert team.dev.run("lock push").code == 0
    assert team.ids[EXTRA] == made
    untouched(team, team.ci, *prune)
    assert team.ci.plan(*prune).code == team.dev.plan(*prune).code == 0
    assert not team.dev.root.joinpath(".promptsync/held.default.json").exists()


def test_it_is_brought_before_the_merge_where_that_is_said(team: Team) -> None:
    """The check of its pull request may have to pass."""
    made = team.dev.add_unmanaged("Extra")
    team.dev.run("import", "--all")
    team.commit()
    ci = Checkout(team.ci.root.parent)
    ci.git("fetch", "--quiet", "origin", "feature")
    ci.git("checkout", "--quiet", "FETCH_HEAD")
    assert team.ci.run("check").code == 3
    assert team.dev.run("lock push", "--unmerged").code == 0
    assert team.ids[EXTRA] == made
    assert team.ci.run("check").code == 0
    ci.git("checkout", "--quiet", "main")
    assert team.ci.actions() == {EXTRA: "orphan"}
    untouched(team, team.ci)


def test_where_the_default_branch_is_not_known_it_waits_and_what_to_do_is_told(team: Team) -> None:
    made = team.dev.add_unmanaged("Extra")
    team.dev.run("import", "--all")
    team.merge()
    clone = Checkout(team.dev.root.parent)
    clone.git("remote", "set-head", "origin", "--delete")
    assert "`git remote set-head origin --auto`" in team.dev.run("lock push").err
    assert list(team.ids) == [KEY]
    clone.git("remote", "set-head", "origin", "--auto")
    assert team.dev.run("lock push").code == 0
    assert team.ids[EXTRA] == made


def test_what_was_imported_does_not_count_where_its_file_is_not(team: Team, prune: tuple[str, ...]) -> None:
    made = team.dev.add_unmanaged("Extra")
    team.dev.run("import", "--all")
    team.back_to_main()
    assert team.dev.plan(*prune).code == 0
    team.dev.change(KEY, lambda data: data["prompt"].update(max_tokens=50))
    assert team.dev.apply(*prune).code == 0
    assert team.dev.run("lock push").code == 0
    assert list(team.ids) == [KEY]
    clone = Checkout(team.dev.root.parent)
    clone.git("stash", "--quiet")
    clone.git("checkout", "--quiet", "feature")
    team.merge()
    assert team.dev.run("lock push").code == 0
    assert team.ids[EXTRA] == made


def test_other_commands_do_not_bring_along_what_waits(team: Team) -> None:
    made = team.dev.add_unmanaged("Extra")
    team.dev.run("import", "--all")
    team.dev.change(KEY, lambda data: data["prompt"].update(max_tokens=50))
    assert team.dev.apply().code == 0
    assert list(team.ids) == [KEY]
    assert team.dev.run("lock forget", KEY).code == 0
    assert team.ids == {}
    # What is applied is live, and recorded at once.
    team.dev.change(EXTRA, lambda data: data["prompt"].update(max_tokens=50))
    team.dev.apply("--only", EXTRA)
    assert team.ids == {EXTRA: made}


@pytest.mark.parametrize("command", ["import --all", "adopt"])
def test_under_a_policy_by_which_main_would_make_it_again_nothing_is_held(team: Team, command: str) -> None:
    made = team.dev.add_unmanaged("Extra")
    (team.dev.root / "promptsync.yaml").write_text(CONFIG + "policies: {create_twins: true}\n", encoding="utf-8")
    if command == "adopt":
        team.dev.write(EXTRA, current("Ours."))
    ran = team.dev.run(command, *((EXTRA, made) if command == "adopt" else ()))
    assert (ran.code, "put it back after `promptsync lock push`" in ran.err) == (64, True)
    assert (team.dev.root / f"{EXTRA}.yaml").exists() is (command == "adopt")


def test_a_file_that_was_tied_waits_for_its_merge(team: Team, prune: tuple[str, ...]) -> None:
    made = team.dev.add_unmanaged("Extra")
    team.dev.write(EXTRA, current("Ours."))
    ran = team.dev.run("adopt", EXTRA, made)
    assert (ran.code, ran.err.endswith(LATER)) == (0, True)
    untouched(team, team.ci, *prune)
    team.merge()
    untouched(team, team.ci, *prune, code=3)
    assert team.dev.run("lock push").code == 0
    assert team.ci.apply(*prune).code == 0
    assert team.ids[EXTRA] == made
    assert len(team.live) == 2


def test_all_files_that_were_tied_by_name_wait_too(team: Team) -> None:
    made = team.dev.add_unmanaged("Extra")
    team.dev.write(EXTRA, current("Theirs."))
    ran = team.dev.run("adopt", "--by-name", "--yes")
    assert (ran.code, ran.err.endswith(LATER), list(team.ids)) == (0, True, [KEY])
    team.merge()
    team.dev.run("lock push")
    assert team.ids[EXTRA] == made


def test_a_file_of_another_name_is_not_tied_since_main_would_make_a_second(team: Team) -> None:
    made = team.dev.add_unmanaged("Extra")
    team.dev.write("Default/more", current("Ours."))
    ran = team.dev.run("adopt", "Default/more", made)
    assert ran.code == 64
    assert "`Default/more` says the name “more” and the prompt has “Extra”" in ran.err
    assert team.dev.actions() == {"Default/more": "create"}


def test_a_prompt_that_was_deleted_and_made_again_is_tied_to_its_file(team: Team, prune: tuple[str, ...]) -> None:
    team.dev.sandbox.ui_delete(team.ids[KEY])
    made = team.dev.add_unmanaged("Refunds")
    assert team.dev.run("adopt", KEY, made).code == 0
    untouched(team, team.ci, *prune, code=3)
    assert team.dev.run("lock push").code == 0
    assert team.ids == {KEY: made}


def test_a_file_that_was_moved_is_not_moved_back(team: Team, prune: tuple[str, ...]) -> None:
    before = team.ids
    ran = team.dev.run("mv", KEY, NEW)
    assert (ran.code, ran.err) == (0, LATER)
    untouched(team, team.ci, *prune)
    assert team.ids == before
    team.merge()
    assert team.ci.actions(*prune) == {NEW: "move"}
    assert team.ci.apply(*prune).code == 0
    assert (team.ids, len(team.live)) == ({NEW: before[KEY]}, 1)
    assert team.dev.plan(*prune).code == 0
    assert team.dev.run("lock push").code == 0
    assert team.ids == {NEW: before[KEY]}


def test_in_the_clone_of_the_move_it_does_not_count_where_the_file_is_not(team: Team, prune: tuple[str, ...]) -> None:
    before = team.ids
    team.dev.run("mv", KEY, NEW)
    team.back_to_main()
    assert team.dev.plan(*prune).code == 0
    untouched(team, team.dev, *prune)
    assert team.ids == before


def test_a_move_that_others_could_not_see_is_not_made(team: Team) -> None:
    other = "Default/other"
    team.dev.change(KEY, lambda data: data["prompt"].update(messages=[{"role": "user", "content": "All anew."}]))
    ran = team.dev.run("mv", KEY, other)
    assert ran.code == 64
    assert f"an apply of the merged files would not know `{other}` again" in ran.err
    assert (team.dev.root / f"{KEY}.yaml").exists()
    assert team.dev.actions() == {KEY: "update"}


def test_a_move_that_others_cannot_tell_is_decided_by_what_is_pushed(team: Team, prune: tuple[str, ...]) -> None:
    """Two prompts that say the same, both renamed."""
    twins = ("Default/a/x", "Default/b/y")
    for twin in twins:
        team.dev.write(twin, {**current("Twin."), "display_name": "Twin"})
    assert team.dev.apply("--create-twins").code == 0
    team.merge()
    before = team.ids
    for twin, place in zip(twins, ("Default/c/one", "Default/d/two"), strict=True):
        assert team.dev.run("mv", twin, place).code == 0
    team.merge()
    untouched(team, team.ci, *prune, code=3)
    assert team.dev.run("lock push").code == 0
    assert team.ci.apply(*prune).code == 0
    assert team.ids == {KEY: before[KEY], "Default/c/one": before[twins[0]], "Default/d/two": before[twins[1]]}


def test_what_someone_else_recorded_of_it_meanwhile_is_newer(team: Team) -> None:
    made = team.dev.add_unmanaged("Extra")
    team.dev.run("import", "--all")
    team.merge()
    assert team.ci.run("adopt", EXTRA, made).code == 0
    assert team.ci.run("lock push").code == 0
    team.ci.change(EXTRA, lambda data: data["prompt"].update(max_tokens=50))
    assert team.ci.apply().code == 0
    before = lock(team.hub)
    assert team.dev.run("lock push").code == 0
    assert lock(team.hub) == before
    assert not team.dev.root.joinpath(".promptsync/held.default.json").exists()


def test_what_contradicts_is_told_with_the_file_to_remove(team: Team) -> None:
    made = team.dev.add_unmanaged("Extra")
    team.dev.run("import", "--all")
    other = team.ci.add_unmanaged("Extra")
    team.ci.write(EXTRA, current("Theirs."))
    team.ci.run("adopt", EXTRA, other)
    assert team.ci.run("lock push", "--unmerged").code == 0
    held = team.dev.root / ".promptsync/held.default.json"
    ran = team.dev.plan()
    assert (ran.code, f"to go by the branch, remove {held}" in ran.err) == (1, True)
    assert made != team.ids[EXTRA]
    held.unlink()
    assert team.dev.plan().code in (0, 2, 3)


def test_the_lockfile_does_not_move_while_something_waits(team: Team) -> None:
    team.dev.run("mv", KEY, NEW)
    ran = team.dev.run("lock move-home", "--tree")
    assert (ran.code, f"held.default.json holds what is not on the branch {STATE}" in ran.err) == (1, True)


def test_an_import_that_was_interrupted_is_not_brought_to_the_branch_by_the_next_apply(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = team.dev.add_unmanaged("Extra")
    with monkeypatch.context() as patched:
        patched.setattr("promptsync.commands.import_.record_with_files", lambda *_: pytest.fail("dies here"))
        with pytest.raises(pytest.fail.Exception):
            team.dev.run("import", "--all")
    assert team.dev.apply().code == 3
    assert list(team.ids) == [KEY]
    assert team.dev.run("import", "--id", made).code == 0
    team.merge()
    assert team.dev.run("lock push").code == 0
    assert team.ids[EXTRA] == made


@pytest.mark.parametrize("name", ["unpushed", "held"])
def test_what_waits_for_a_branch_that_is_named_no_more_is_told_by_every_command(team: Team, name: str) -> None:
    team.dev.run("mv", KEY, NEW)
    state = team.dev.root / ".promptsync"
    (state / "held.default.json").rename(state / f"{name}.default.json")
    (team.dev.root / "promptsync.yaml").write_text("# none\n", encoding="utf-8")
    for command in ("plan", "validate", "lock show"):
        assert f"{state / name}.default.json is not read" in team.dev.run(command).err
    assert "`lock.branch` again and run `promptsync lock push`" in team.dev.run("doctor").out


def test_without_a_branch_files_and_lockfile_go_together_as_ever(world: World) -> None:
    made = world.add_unmanaged("Extra")
    world.root.mkdir(exist_ok=True)
    ran = world.run("import", "--all")
    assert LATER not in ran.err
    assert world.id(EXTRA) == made
    assert PLACE.endswith(world.lock_path.name)
