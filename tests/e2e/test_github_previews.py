"""The preview of a pull request, as the action makes it: the check that makes it, its comment, its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.test_github_apply import Shop
from tests.e2e.world import KEY, Ran, World, current
from tests.github.server import BOT, serving
from tests.output.test_github import commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STATE = "promptsync/state"
OTHER = "Default/greeting"


class Team(Shop):
    """A repository whose lockfiles live on a branch, and whose checks make previews."""

    def push(self, branch: str = "topic") -> Ran:
        """Pushes what is changed in the folder to a pull request, which is checked on a fresh machine."""
        self.checkout.git("checkout", "--quiet", "-B", branch)
        self.checkout.git("add", "--all")
        self.checkout.git("commit", "--quiet", "--allow-empty", "--message", f"change {branch}")
        self.checkout.git("push", "--quiet", "--force", "origin", branch)
        open_ = [one for one in self.github.pulls if one.branch == branch]
        self.pull = open_[0] if open_ else self.github.pull(branch)
        self.pull.head = self.github.tip(branch) or ""
        return self.preview()

    def preview(self, **kwargs: Any) -> Ran:
        self.fresh()
        return self.run("--preview", **kwargs)

    def close(self) -> Ran:
        self.pull.state = "closed"
        return self.preview(about={"action": "closed"})

    def fresh(self) -> None:
        """What an earlier job left on its machine is gone."""
        self.checkout.git("clean", "-fdqx", "prompts")

    @property
    def ids(self) -> dict[str, str]:
        """The ids that the step hands on."""
        (told,) = json.loads((self.folder / "promptsync/default.preview.json").read_text(encoding="utf-8"))
        return {key: prompt["id"] for key, prompt in told["prompts"].items()}

    @property
    def held(self) -> set[str]:
        return {prompt["_id"] for prompt in self.world.sandbox.prompts()}

    @property
    def state(self) -> list[str]:
        """The lockfiles on their branch."""
        return self.github.git("ls-tree", "-r", "--name-only", STATE).split()


@pytest.fixture
def team(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    """Two prompts are live."""
    folder = tmp_path / "runner"
    folder.mkdir()
    monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "1")
    monkeypatch.setattr("promptsync.github.apply.LAG", 0.0)
    (world.root / "promptsync.yaml").write_text(f"lock: {{branch: {STATE}}}\n", encoding="utf-8")
    for key in (KEY, OTHER):
        world.write(key, current(f"Live {key}."))
    with serving(tmp_path) as (github, api):
        team = Team(world, github, api, folder, monkeypatch)
        team.pull = github.pull("main")
        assert team.apply().code == 0
        yield team


def test_a_pull_request_has_ids_to_call_until_it_is_closed(team: Team) -> None:
    live, lock = team.held, team.github.file(STATE, "prompts/promptsync.lock.json")
    team.world.write(KEY, current("Changed."))
    assert team.push().code == 0
    (made,) = team.held - live
    assert team.ids == {KEY: made}
    assert team.outputs["preview"].endswith("promptsync/default.preview.json")
    assert team.world.sandbox.path_of(made) == f"Preview/pr-{team.pull.number}/Default"
    assert team.says("### Plan: 1 to update", f"### Preview pr-{team.pull.number}: 1 prompt", KEY, made)
    assert made in team.summary
    assert team.state == ["prompts/promptsync.lock.json", f"prompts/promptsync.preview.pr-{team.pull.number}.lock.json"]
    said = team.github.git("log", "-1", "--format=%B", STATE)
    assert f"Promptsync-Pull-Request: #{team.pull.number}" in said
    ran = team.close()
    assert (ran.code, team.outputs) == (0, {"exit-code": "0"})
    assert team.held == live
    assert team.state == ["prompts/promptsync.lock.json"]
    assert team.github.file(STATE, "prompts/promptsync.lock.json") == lock
    assert team.says("### Plan: 1 to update", f"### Preview pr-{team.pull.number} deleted")
    assert not team.says(f"### Preview pr-{team.pull.number}: 1 prompt")


def test_a_second_push_keeps_the_id_and_one_that_drops_a_prompt_deletes_it(team: Team) -> None:
    live = team.held
    team.world.write(KEY, current("Changed."))
    team.world.write(OTHER, current("Changed too."))
    team.push()
    first = team.ids
    team.world.write(OTHER, current(f"Live {OTHER}."))
    team.world.write(KEY, current("Changed again."))
    team.push()
    assert team.ids == {KEY: first[KEY]}
    assert team.held == live | {first[KEY]}


def test_a_push_that_changes_no_prompt_any_more_ends_the_preview(team: Team) -> None:
    live = team.held
    team.world.write(KEY, current("Changed."))
    team.push()
    assert team.held != live
    team.world.write(KEY, current(f"Live {KEY}."))
    team.pull.files = ["README.md"]
    assert team.push().code == 0
    assert team.held == live
    assert team.state == ["prompts/promptsync.lock.json"]


def test_two_pull_requests_at_once_do_not_meet(team: Team) -> None:
    live = team.held
    team.world.write(KEY, current("Of the first."))
    team.push("first")
    first, pull = team.ids, team.pull
    team.world.write(KEY, current("Of the second."))
    team.push("second")
    second = team.ids
    assert team.held == live | {first[KEY], second[KEY]}
    assert team.close().code == 0
    assert team.held == live | {first[KEY]}
    team.pull = pull
    assert team.close().code == 0
    assert team.held == live


def test_what_was_closed_while_its_apply_ran_is_deleted_by_that_run(team: Team) -> None:
    """The run that was to delete it came first, and saw nothing."""
    live = team.held
    team.world.write(KEY, current("Changed."))

    def closed() -> None:
        team.pull.state = "closed"

    team.github.before_commit.append(closed)
    assert team.push().code == 0
    assert team.held == live
    assert team.state == ["prompts/promptsync.lock.json"]


def test_the_lockfiles_of_two_runs_are_both_brought_home(team: Team) -> None:
    """Someone else records another preview between our read and our commit."""
    team.world.write(KEY, current("Changed."))
    place = "prompts/promptsync.preview.pr-9.lock.json"
    lock = {"lock_version": 1, "canonical": 2, "workspace": {"owner": None}, "prompts": {}}
    team.github.before_commit.append(lambda: team.github.commit(STATE, {place: json.dumps(lock).encode()}, "other"))
    assert team.push().code == 0
    assert place in team.state
    assert f"prompts/promptsync.preview.pr-{team.pull.number}.lock.json" in team.state


@pytest.mark.parametrize("how", [{"head": {"id": 2, "full_name": "mallory/shop"}}, {"GITHUB_ACTOR": "dependabot[bot]"}])
def test_a_fork_has_none(team: Team, how: Any) -> None:
    live = team.held
    team.world.write(KEY, current("Changed."))
    team.push()
    made = team.held
    for about in (None, {"action": "closed"}):
        ran = team.preview(about=about, ORQ_API_KEY="", **how)
        assert ran.code == 0
        assert team.held == made
    assert made != live


def test_without_a_branch_for_lockfiles_it_is_told_and_the_plan_all_the_same(team: Team) -> None:
    live = team.held
    (team.world.root / "promptsync.yaml").unlink()
    team.world.write("Default/new", current("New."))
    ran = team.push()
    assert ran.code != 0
    assert "would be known to no one" in ran.out
    assert team.says("### Plan:", "lock move-home --branch promptsync/state")
    assert team.held == live


def test_a_preview_that_is_not_whole_fails_the_check_and_the_next_one_mends_it(team: Team) -> None:
    live = team.held
    team.world.write(KEY, current("Changed."))
    team.world.write("Default/new", {"display_name": "", **current("No name.")})
    refused = team.push()
    assert refused.code != 0
    team.world.remove("Default/new")
    assert team.push().code == 0
    assert len(team.held - live) == 1


def test_words_of_a_pull_request_cannot_end_the_fence_or_begin_a_command(team: Team) -> None:
    key = "Default/`````/::error::x"
    team.world.write(key, current("Changed."))
    ran = team.push()
    assert ran.code == 0
    assert [name for name, _, _ in commands(ran.out) if name == "error"] == []
    (body,) = [one.body for one in team.github.comments if one.author == BOT]
    assert body.rstrip().endswith("``````")


def test_a_closed_pull_request_that_had_no_preview_is_no_matter(team: Team) -> None:
    team.pull = team.github.pull("main")
    ran = team.close()
    assert (ran.code, ran.err) == (0, "there is no preview of this pull request\n")


def test_a_key_that_may_not_write_is_told(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    from promptsync.sandbox import Fault

    team.world.write(KEY, current("Changed."))
    live = team.held
    team.world.sandbox.faults.add(Fault.parse("403:method=POST,times=always"))
    ran = team.push()
    assert ran.code == 4
    assert team.says("### Plan: 1 to update", "failed")
    assert team.held == live
    team.world.sandbox.faults.clear()
    assert team.preview().code == 0
