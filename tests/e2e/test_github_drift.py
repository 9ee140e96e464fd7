"""`github drift` on a schedule: the issue about edits in orq.ai, and the pull request that offers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.test_github import Actions
from tests.e2e.world import KEY, current
from tests.github.server import BOT, TOKEN, serving
from tests.output.test_github import commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.world import Ran, World
    from tests.github.server import FakeGitHub, Issue, Pull

BRANCH = "promptsync/drift-default"
FILE = f"prompts/{KEY}.yaml"
TEXT = """\
# Refunds, by the support team
prompt:
  model: openai/gpt-4o
  temperature: 0.2 # kept low
  messages:
    - role: system
      content: You answer briefly.
    - role: user
      content: "{{question}}"
"""


@dataclass
class Scheduled:
    """A repository whose `main` is applied, and its scheduled run."""

    actions: Actions

    @property
    def world(self) -> World:
        return self.actions.world

    @property
    def github(self) -> FakeGitHub:
        return self.actions.github

    def push(self) -> None:
        """Commits what is in the working tree to `main`."""
        top = self.world.root.parent
        held = [path for path in self.world.root.rglob("*") if path.is_file() and ".promptsync" not in path.parts]
        self.github.commit("main", {str(path.relative_to(top)): path.read_bytes() for path in held}, "work")

    def take(self, branch: str) -> None:
        """Merges a branch into `main` and checks that out."""
        self.github.git("update-ref", "refs/heads/main", branch)
        for name in self.github.git("ls-tree", "-r", "--name-only", "main", "prompts").splitlines():
            (self.world.root.parent / name).write_bytes(self.github.file("main", name))

    def run(self, *arguments: str, **env: str) -> Ran:
        given = {"GITHUB_REF_NAME": "main", "GITHUB_SHA": self.github.tip("main") or "", **env}
        return self.actions.run("--pull-request", *arguments, verb="drift", event="schedule", **given)

    @property
    def issue(self) -> Issue:
        (issue,) = self.github.issues
        return issue

    @property
    def pulls(self) -> list[Pull]:
        return self.github.pulls[1:]  # The first one is that of `Actions`.

    def files(self, branch: str = BRANCH) -> list[str]:
        return self.github.git("diff", "--name-only", f"main...{branch}").splitlines()


@pytest.fixture
def scheduled(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scheduled]:
    world.write(KEY, TEXT)
    folder = tmp_path / "runner"
    folder.mkdir()
    with serving(tmp_path) as (github, api):
        made = Scheduled(Actions(world, github, api, folder, monkeypatch))
        assert world.apply().code == 0
        made.push()
        yield made


def test_edits_are_offered_with_comments_kept_and_the_files_here_stay(scheduled: Scheduled) -> None:
    world = scheduled.world
    world.edit(KEY, temperature=0.9)
    before = {path: path.read_bytes() for path in world.root.glob("**/*.*") if path.is_file()}
    ran = scheduled.run()
    assert ran.code == 0
    assert ran.err == ("1 prompt drifted (target default); the issue was opened; the pull request was opened\n")
    assert scheduled.files() == [FILE]
    assert scheduled.github.file(BRANCH, FILE).decode() == TEXT.replace("0.2 # kept", "0.9 # kept")
    assert {path: path.read_bytes() for path in before} == before
    (pull,) = scheduled.pulls
    issue = scheduled.issue
    assert pull.title == "promptsync: take over 1 prompt edited in orq.ai (target default)"
    assert f"All that differs is told in #{issue.number}." in pull.body
    assert "! prompt.temperature: 0.2 → 0.9" in pull.body
    assert "# on the service since version" in pull.body
    assert f"The pull request #{pull.number} takes the edits into the files." in issue.body
    assert "<b>orq.ai is ahead:</b> edited there, and the file is as it was applied: <code>Default/refund</code>" in (
        issue.body
    )
    assert world.writes[-1][0] != "PATCH"


def test_a_second_run_writes_nothing_and_an_edit_more_updates_in_place(scheduled: Scheduled) -> None:
    scheduled.world.edit(KEY, temperature=0.9)
    scheduled.run()
    scheduled.github.log.clear()
    assert scheduled.run().err == "1 prompt drifted (target default)\n"
    assert [line for line in scheduled.github.log if not line.startswith(("GET", "POST /graphql"))] == []
    scheduled.world.edit(KEY, temperature=0.8)
    assert scheduled.run().err.endswith("the issue was updated; the pull request was updated\n")
    (pull,) = scheduled.pulls
    assert (pull.state, "0.2 → 0.8" in pull.body) == ("open", True)
    assert b"temperature: 0.8 # kept" in scheduled.github.file(BRANCH, FILE)


def test_merged_it_leaves_nothing_to_tell_after_the_apply(scheduled: Scheduled) -> None:
    world = scheduled.world
    world.edit(KEY, temperature=0.9)
    scheduled.run()
    scheduled.take(BRANCH)
    scheduled.pulls[0].state, scheduled.pulls[0].merged_at = "closed", "2026-11-27T10:00:00Z"
    assert scheduled.run().err.startswith("no drift, the lockfile is behind for 1 prompt (target default)")
    assert "<b>The lockfile is behind:</b>" in scheduled.issue.body
    assert world.apply().code == 0
    scheduled.push()
    assert scheduled.run().err == "no drift (target default); the issue was closed\n"
    assert scheduled.github.tip(BRANCH) is None


def test_taken_back_in_orq_it_is_closed(scheduled: Scheduled) -> None:
    scheduled.world.edit(KEY, temperature=0.9)
    scheduled.run()
    scheduled.world.edit(KEY, temperature=0.2)
    ran = scheduled.run()
    assert ran.err == "no drift (target default); the issue was closed; the pull request was closed\n"
    assert (scheduled.pulls[0].state, scheduled.issue.state) == ("closed", "closed")
    assert scheduled.github.tip(BRANCH) is None


def test_both_sides_merge_where_they_can_and_the_apply_after_it_knows(scheduled: Scheduled) -> None:
    world = scheduled.world
    world.edit(KEY, temperature=0.9)
    world.write(KEY, TEXT.replace("briefly", "briefly and kindly"))
    scheduled.push()
    assert scheduled.run("--fail-on-drift").code == 3
    assert scheduled.files() == [FILE, "prompts/promptsync.lock.json"]
    assert "<b>Both are ahead:</b>" in scheduled.issue.body
    scheduled.take(BRANCH)
    assert world.actions() == {KEY: "update"}
    assert world.apply().code == 0
    held = world.held(KEY)["prompt"]
    assert (held["temperature"], held["messages"][0]["content"]) == (0.9, "You answer briefly and kindly.")


def test_what_cannot_be_merged_is_told_in_both(scheduled: Scheduled) -> None:
    world = scheduled.world
    world.sandbox.ui_edit(world.id(KEY), {"prompt": {"temperature": 0.9, "top_p": 0.5}})
    world.write(KEY, TEXT.replace("0.2", "0.7"))
    scheduled.push()
    scheduled.run()
    assert scheduled.files() == [FILE]
    assert b"temperature: 0.7 # kept" in scheduled.github.file(BRANCH, FILE)
    assert b"top_p: 0.5" in scheduled.github.file(BRANCH, FILE)
    (pull,) = scheduled.pulls
    assert "!! to decide <b><code>Default/refund</code></b>" in pull.body
    assert "# conflict: prompt.temperature is left as in the file, service → file" in pull.body
    assert "! prompt.temperature: 0.9 → 0.7" in pull.body
    assert "# help: `promptsync pull Default/refund --ours` keeps the file's side" in pull.body
    assert "# conflict:" in scheduled.issue.body


def test_nothing_that_merges_is_no_pull_request(scheduled: Scheduled) -> None:
    world = scheduled.world
    world.edit(KEY, temperature=0.9)
    world.write(KEY, TEXT.replace("0.2", "0.7"))
    scheduled.push()
    assert scheduled.run().err == "1 prompt drifted (target default); the issue was opened\n"
    assert (scheduled.pulls, scheduled.github.tip(BRANCH)) == ([], None)


def test_a_prompt_deleted_in_orq_is_told_and_no_file_is_touched(scheduled: Scheduled) -> None:
    world = scheduled.world
    world.write("Default/other", current())
    assert world.apply().code == 0
    scheduled.push()
    world.sandbox.ui_delete(world.id("Default/other"))
    assert scheduled.run().err == "1 prompt drifted (target default); the issue was opened\n"
    assert "<b>Both are ahead:</b> edited there too, or deleted" in scheduled.issue.body


def test_a_text_in_a_file_beside_is_offered_there(scheduled: Scheduled) -> None:
    world = scheduled.world
    (world.root / "Default" / "refund.system.md").write_text("You answer briefly.\n")
    world.write(KEY, TEXT.replace("content: You answer briefly.", "content_file: refund.system.md"))
    assert world.apply().code == 0
    scheduled.push()
    world.edit_text("You answer at length.")
    scheduled.run()
    assert scheduled.files() == ["prompts/Default/refund.system.md"]
    assert scheduled.github.file(BRANCH, "prompts/Default/refund.system.md") == b"You answer at length.\n"


def test_where_a_policy_lets_git_win_nothing_is_offered(scheduled: Scheduled) -> None:
    world = scheduled.world
    (world.root / "promptsync.yaml").write_text('policies: {overwrite: ["Default/**"]}\n')
    scheduled.push()
    world.edit(KEY, temperature=0.9)
    assert scheduled.run().err == "1 prompt drifted (target default); the issue was opened\n"
    assert scheduled.pulls == []


def test_someone_else_s_push_is_told_and_stays(scheduled: Scheduled) -> None:
    scheduled.world.edit(KEY, temperature=0.9)
    scheduled.run()
    theirs = scheduled.github.commit(BRANCH, {FILE: TEXT.replace("0.2", "0.85").encode()}, "Between the two")
    scheduled.world.edit(KEY, temperature=0.8)
    ran = scheduled.run()
    assert ran.code == 0
    assert commands(ran.out)[-1][2] == (
        "the branch promptsync/drift-default holds a commit of someone else, so it is left as it is"
    )
    assert scheduled.github.tip(BRANCH) == theirs
    assert "0.8" in scheduled.issue.body


@pytest.mark.parametrize("denied", ["create_pull", "createCommitOnBranch", "refs"])
def test_a_token_that_may_not_falls_back_to_the_issue_with_a_warning(scheduled: Scheduled, denied: str) -> None:
    scheduled.github.denied.add(denied)
    scheduled.world.edit(KEY, temperature=0.9)
    ran = scheduled.run()
    assert (ran.code, ran.err) == (0, "1 prompt drifted (target default); the issue was opened\n")
    name, _, message = commands(ran.out)[-1]
    assert name == "warning"
    assert message.startswith("the edits could not be offered as a pull request: GitHub did not ")
    assert TOKEN not in ran.out + ran.err
    assert scheduled.pulls == []
    assert scheduled.github.git("for-each-ref", "--format=%(refname:short)").split() == ["main", "topic"]


def test_without_a_token_all_is_in_the_summary(scheduled: Scheduled) -> None:
    scheduled.world.edit(KEY, temperature=0.9)
    assert scheduled.run(GITHUB_TOKEN="").err == "1 prompt drifted (target default)\n"
    assert "<b>orq.ai is ahead:</b>" in scheduled.actions.summary


def test_each_target_has_its_own_issue_and_pull_request(scheduled: Scheduled, monkeypatch: Any) -> None:
    world = scheduled.world
    monkeypatch.setenv("ORQ_STAGING_KEY", "key-for-tests")
    (world.root / "promptsync.yaml").write_text(
        "targets:\n  staging: {api_key_env: ORQ_STAGING_KEY, path_prefix: Staging, exclusive: true}\n"
    )
    world.target = "staging"
    assert world.apply("--create-twins").code == 0
    scheduled.push()
    world.edit(KEY, temperature=0.8)
    scheduled.run()
    world.target = "default"
    world.edit(KEY, temperature=0.9)
    assert scheduled.run().err.endswith("the issue was opened; the pull request was opened\n")
    assert [pull.branch for pull in scheduled.pulls] == ["promptsync/drift-staging", BRANCH]
    assert len(scheduled.github.issues) == 2
    assert [pull.author for pull in scheduled.pulls] == [BOT, BOT]
    assert b"temperature: 0.8" in scheduled.github.file("promptsync/drift-staging", FILE)
    assert b"temperature: 0.9" in scheduled.github.file(BRANCH, FILE)


def test_an_applied_lockfile_on_another_branch_is_no_edit(scheduled: Scheduled) -> None:
    world = scheduled.world
    checkout = Checkout.init(world.root.parent)
    checkout.git("add", "prompts")
    checkout.git("commit", "-q", "-m", "applied")
    checkout.git("checkout", "-q", "-b", "feature")
    world.write(KEY, TEXT.replace("0.2", "0.4"))
    assert world.apply().code == 0
    checkout.git("add", "prompts")
    checkout.git("commit", "-q", "-m", "applied from a branch")
    checkout.git("checkout", "-q", "main")
    assert scheduled.run().err.startswith("no drift, the lockfile is behind for 1 prompt (target default)")
    assert scheduled.pulls == []


def test_with_a_lockfile_on_a_branch_nothing_of_it_is_offered(
    scheduled: Scheduled, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = scheduled.world
    origin = str(tmp_path_factory.mktemp("origin"))
    checkout = Checkout.init(world.root.parent)
    checkout.git("init", "-q", "--bare", origin)
    checkout.git("remote", "add", "origin", origin)
    (world.root / "promptsync.yaml").write_text("lock: {branch: promptsync/state}\n")
    world.lock_path.unlink()
    checkout.git("add", "prompts")
    checkout.git("commit", "-q", "-m", "a branch for the lockfile")
    id = world.sandbox.prompts()[0]["_id"]
    assert world.run("adopt", KEY, id).code == 0
    assert world.run("lock push", "--unmerged").code == 0
    scheduled.push()
    checkout.git("fetch", "-q", "origin", "promptsync/state")
    checkout.git("push", "-q", scheduled.github.git_folder.as_uri(), "FETCH_HEAD:refs/heads/promptsync/state")
    state = scheduled.github.tip("promptsync/state")
    world.sandbox.ui_edit(id, {"prompt": {"temperature": 0.9}})
    world.write(KEY, TEXT.replace("briefly", "briefly and kindly"))
    scheduled.push()
    assert scheduled.run().err.endswith("the issue was opened; the pull request was opened\n")
    assert scheduled.files() == [FILE]
    assert scheduled.github.tip("promptsync/state") == state
    (pull,) = scheduled.pulls
    assert (
        "# help: both sides changed: once this is merged, `promptsync apply --overwrite Default/refund` applies it"
        in pull.body
    )


def test_a_key_with_odd_characters_is_offered(scheduled: Scheduled) -> None:
    world = scheduled.world
    key = "Default/re fund #1 & 100% “é”"
    world.write(key, TEXT)
    assert world.apply("--create-twins").code == 0
    scheduled.push()
    world.edit(key, temperature=0.9)
    scheduled.run()
    assert b"temperature: 0.9 # kept" in scheduled.github.file(BRANCH, f"prompts/{key}.yaml")
    assert scheduled.run().err == "1 prompt drifted (target default)\n"


def test_what_is_not_applied_yet_is_told_and_opens_nothing(scheduled: Scheduled) -> None:
    scheduled.world.write("Default/new", current())
    scheduled.push()
    assert scheduled.run().err == "no drift, 1 prompt in git not applied yet (target default)\n"
    assert scheduled.github.issues == []
    scheduled.world.edit(KEY, temperature=0.9)
    scheduled.run()
    assert "<b>Git is ahead:</b> not applied yet: <code>Default/new</code>" in scheduled.issue.body
