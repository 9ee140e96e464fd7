"""What the action runs after a merge, as a runner would: a real repository and service, a small GitHub over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.model.errors import PromptsyncError
from promptsync.sandbox import Behaviour, Fault
from tests.e2e.checkout import Checkout
from tests.e2e.test_github import Actions
from tests.e2e.world import KEY, Ran, World, current, wait_for
from tests.github.server import BOT, TOKEN, Pull, serving
from tests.output.test_github import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = "prompts/promptsync.lock.json"
WAITING = "promptsync/lockfile"


class Shop(Actions):
    """A team's repository: what is merged into `main` is applied by a run that has it checked out."""

    before: str
    checkout: Checkout

    def __post_init__(self) -> None:
        self.checkout = Checkout.init(self.world.root.parent)
        ignored = ["runner/", "shop.git/", ".promptsync/"]
        (self.checkout.path / ".gitignore").write_text("\n".join(ignored), encoding="utf-8")
        self.checkout.git("remote", "add", "origin", str(self.github.git_folder))
        self.before = self.checkout.commit("first")
        self.checkout.git("push", "--quiet", "origin", "main")

    def propose(self, branch: str = "topic") -> Pull:
        """Opens a pull request with what is changed in the folder."""
        self.checkout.git("checkout", "--quiet", "-B", branch)
        self.checkout.commit(f"change {branch}")
        self.checkout.git("push", "--quiet", "--force", "origin", branch)
        self.pull = self.github.pull(branch)
        return self.pull

    def check(self, *arguments: str, **kwargs: Any) -> Ran:
        """Checks the pull request, and keeps the plan as the action does."""
        ran = self.run(*arguments, **kwargs)
        self.keep()
        return ran

    def keep(self, *, at: str = "2026-11-01T09:00:00Z", **how: Any) -> None:
        saved = (self.folder / "promptsync" / "default.json").read_bytes()
        self.github.upload("promptsync-plan-default", self.pull.head, {"default.json": saved}, at, **how)

    def merge(self, how: str = "squash") -> None:
        """Merges the pull request; then main's tip is checked out, as the workflow does."""
        self.before = self.github.tip("main") or ""
        self.github.merge(self.pull, how)
        self.update()

    def update(self, commit: str = "origin/main") -> None:
        """A new machine has a commit checked out."""
        self.checkout.git("fetch", "--quiet", "origin", "main")
        self.checkout.git("checkout", "--quiet", "--force", "-B", "main", commit)
        self.checkout.git("clean", "-fdqx", "prompts")

    def apply(self, *arguments: str, event: str = "push", ref: str = "refs/heads/main", **env: str) -> Ran:
        self.monkeypatch.setenv("GITHUB_REF", ref)
        head = self.checkout.git("rev-parse", "HEAD").strip()
        about = {"before": self.before, "after": head}
        return self.run(*arguments, verb="apply", event=event, about=about if event == "push" else None, **env)

    def approved(self, *arguments: str) -> Ran:
        return self.apply("--approval", "approved", *arguments)

    @property
    def home(self) -> Any:
        """The lockfile on main."""
        return json.loads(self.github.file("main", LOCK))["prompts"]

    def says(self, *texts: str) -> bool:
        (body,) = [one.body for one in self.github.comments if one.author == BOT]
        return all(text in body for text in texts)


@pytest.fixture
def shop(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    folder = tmp_path / "runner"
    folder.mkdir()
    monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "1")
    monkeypatch.setattr("promptsync.github.apply.LAG", 0.0)
    with serving(tmp_path) as (github, api):
        yield Shop(world, github, api, folder, monkeypatch)


@pytest.fixture
def merged(shop: Shop) -> Shop:
    """A pull request with one prompt is checked and merged."""
    shop.world.write(KEY, current())
    shop.propose()
    assert shop.check().code == 0
    shop.merge()
    return shop


def test_what_was_merged_goes_live_and_the_lockfile_comes_home(merged: Shop) -> None:
    shop, world = merged, merged.world
    before = shop.github.tip("main")
    ran = shop.apply()
    assert ran.code == 0, ran.out + ran.err
    id = shop.home[KEY]["id"]
    assert [one["_id"] for one in world.sandbox.prompts()] == [id]
    tip = shop.github.tip("main") or ""
    assert shop.github.git("rev-parse", f"{tip}^") == before
    assert shop.github.git("diff", "--name-only", f"{before}", tip) == LOCK
    message = shop.github.git("log", "-1", "--format=%an%n%B", "main")
    assert message.startswith(f"{BOT}\nRecord what is live in orq.ai\n\nPromptsync-Target: default\n")
    assert f"Promptsync-Commit: {before}\nPromptsync-Run: https://github.com/acme/shop/actions/runs/42" in message
    assert f"Promptsync-Pull-Request: #{shop.pull.number}\nPromptsync-By: mona" in message
    assert ran.err.endswith(f"Applied: 1 created. The lockfile is on main, by the commit {tip[:10]}\n")
    assert f"{id}  version " in shop.summary
    assert shop.says("### Plan: 1 to create", "<!-- promptsync applied default -->", "Applied by [run 42](", id)
    outputs = shop.outputs
    told = ("exit-code", "create", "done", "failed", "not-converged", "not-approved", "conflict")
    assert [outputs[name] for name in told] == ["0", "1", "1", "0", "0", "0", "0"]
    assert "lock" not in outputs
    assert json.loads(Path(outputs["plan"]).read_text())["digest"] == outputs["digest"]
    assert "<h1>Applied: 1 created.</h1>" in Path(outputs["report"]).read_text()
    shop.update()
    assert world.plan().code == 0


def test_a_second_run_has_nothing_to_do_and_says_nothing_anew(merged: Shop) -> None:
    merged.apply()
    merged.update()
    body, tip = merged.github.comments[0].body, merged.github.tip("main")
    ran = merged.apply()
    assert (ran.code, merged.github.comments[0].body, merged.github.tip("main")) == (0, body, tip)
    assert "Nothing to do." in merged.summary
    assert merged.world.sandbox.prompts()[0]["_id"] in body


@pytest.mark.parametrize(
    ("event", "ref"), [("workflow_dispatch", "refs/heads/topic"), ("pull_request_target", "refs/heads/main")]
)
def test_only_what_is_on_the_default_branch_is_applied(merged: Shop, event: str, ref: str) -> None:
    ran = merged.apply(event=event, ref=ref)
    assert ran.code == 1
    assert "nothing was applied" in merged.summary
    assert merged.outputs == {"exit-code": "1"}
    assert merged.world.sandbox.prompts() == []


def test_a_folder_that_is_no_checkout_is_not_applied(merged: Shop) -> None:
    (merged.checkout.path / ".git").rename(merged.checkout.path / "elsewhere")
    ran = merged.run(verb="apply", event="push", GITHUB_REF="refs/heads/main")
    assert (ran.code, merged.world.sandbox.prompts()) == (1, [])
    assert "is in no checkout that git can read" in merged.summary


def test_without_a_token_nothing_is_begun(merged: Shop) -> None:
    ran = merged.apply(GITHUB_TOKEN="")
    assert (ran.code, merged.world.sandbox.prompts()) == (1, [])
    assert "GITHUB_TOKEN is not set" in ran.err


def test_a_commit_that_main_has_left_behind_is_not_applied(merged: Shop) -> None:
    old = merged.github.tip("main") or ""
    merged.github.commit("main", {"prompts/Default/other.yaml": b"prompt: {}\n"}, "newer")
    ran = merged.apply()
    assert ran.code == 0
    assert ran.err == f"main has moved on from {old[:10]}: the run of its newer commit applies what is there\n"
    assert merged.outputs == {"exit-code": "0"}
    assert merged.world.sandbox.prompts() == []


def test_a_rerun_of_an_old_run_takes_the_lockfile_of_the_tip(merged: Shop) -> None:
    old = merged.checkout.git("rev-parse", "HEAD").strip()
    assert merged.apply().code == 0
    merged.github.commit("main", {"README.md": b"read\n"}, "no prompt changed")
    merged.update(old)
    assert not merged.world.lock_path.exists()
    ran = merged.apply()
    assert ran.code == 0
    assert "Nothing to do." in merged.summary
    assert len(merged.world.sandbox.prompts()) == 1


def test_a_force_push_leaves_a_commit_behind_too(merged: Shop) -> None:
    merged.github.git("update-ref", "refs/heads/main", merged.before)
    assert "main has moved on" in merged.apply().err
    assert merged.world.sandbox.prompts() == []


def test_a_merge_that_github_tells_of_a_little_later_is_approved(merged: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    commits, merged.pull.commits = merged.pull.commits, []
    monkeypatch.setattr("time.sleep", lambda _: merged.pull.commits.extend(commits))
    assert merged.approved().code == 0
    assert list(merged.home) == [KEY]


def test_a_push_that_replaced_what_was_there_is_applied(merged: Shop) -> None:
    merged.before = "f" * 40
    assert merged.approved().code == 0
    assert merged.says("Applied by [run 42](")


def test_a_disk_that_cannot_take_the_lockfile_is_told(merged: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise PromptsyncError("the lockfile cannot be written: no space left on device")

    monkeypatch.setattr("promptsync.commands.apply.write_lock", full)
    ran = merged.apply()
    assert ran.code == 4
    assert "no space left on device" in merged.summary
    assert json.loads(Path(merged.outputs["journal"]).read_text().splitlines()[-1])


@pytest.mark.parametrize("times", [1, 4])
def test_a_branch_that_moves_meanwhile_gets_the_lockfile_all_the_same(merged: Shop, times: int) -> None:
    for number in range(times):
        merged.github.before_commit.append(
            lambda number=number: merged.github.commit("main", {f"src/{number}": b"1"}, "quicker")
        )
    ran = merged.apply()
    assert ran.code == 0, ran.err
    assert list(merged.home) == [KEY]
    assert merged.github.file("main", f"src/{times - 1}") == b"1"


def test_a_branch_that_never_rests_leaves_the_lockfile_to_be_kept(merged: Shop) -> None:
    for number in range(5):
        merged.github.before_commit.append(
            lambda number=number: merged.github.commit("main", {f"src/{number}": b"1"}, "quicker")
        )
    ran = merged.apply()
    assert ran.code == 6
    assert "The lockfile did not come home: GitHub did not commit to main" in merged.summary
    outputs = merged.outputs
    assert (outputs["exit-code"], outputs["done"]) == ("6", "1")
    assert list(json.loads(Path(outputs["lock"]).read_text())["prompts"]) == [KEY]
    assert [name for name, _, _ in commands(ran.out)] == ["error"]


@pytest.mark.parametrize("allowed", [True, False])
def test_where_main_takes_no_commit_the_lockfile_waits_in_one_pull_request(merged: Shop, allowed: bool) -> None:
    shop, world = merged, merged.world
    shop.github.protected.add("main")
    shop.github.allows_auto_merge = allowed
    assert shop.apply().code == 0
    (pull,) = [one for one in shop.github.pulls if one.branch == WAITING]
    assert (pull.author, pull.base, pull.auto_merge) == (BOT, "main", allowed)
    assert "main</code> takes no commit of its run" in pull.body
    assert f"the lockfile waits in https://github.example/acme/shop/pull/{pull.number}" in shop.summary

    # Before that is merged, the next one is applied: with what is known of the first.
    shop.update()
    world.write("Default/other", current())
    shop.propose("second")
    shop.check()
    shop.merge()
    assert shop.apply().code == 0
    assert world.names() == ["other", "refund"]
    assert len([one for one in shop.github.pulls if one.branch == WAITING]) == 1
    assert sorted(json.loads(shop.github.file(WAITING, LOCK))["prompts"]) == ["Default/other", KEY]


def test_a_lockfile_that_someone_else_proposes_is_not_taken(merged: Shop) -> None:
    planted = merged.github.pull(WAITING, author="mallory")
    merged.github.commit(WAITING, {LOCK: b"not even a lockfile"}, "planted", author="mallory")
    assert merged.apply().code == 0
    planted.author, planted.is_from_fork = BOT, True
    merged.update()
    assert merged.apply().code == 0


def test_nor_is_it_proposed_with_ours(merged: Shop) -> None:
    merged.github.protected.add("main")
    merged.github.commit(WAITING, {LOCK: b"not even a lockfile", "evil.yml": b""}, "planted", author="mallory")
    assert merged.apply().code == 0
    assert list(json.loads(merged.github.file(WAITING, LOCK))["prompts"]) == [KEY]
    assert merged.github.git("diff", "--name-only", "main", WAITING).split() == [LOCK]


def test_a_token_that_may_write_nowhere_leaves_the_lockfile_to_be_kept(merged: Shop) -> None:
    merged.github.denied |= {"createCommitOnBranch", "trees"}
    ran = merged.apply()
    assert ran.code == 6
    assert list(json.loads(Path(merged.outputs["lock"]).read_text())["prompts"]) == [KEY]
    assert "The lockfile did not come home: GitHub did not write the branch" in merged.summary


def test_where_no_pull_request_may_be_opened_the_lockfile_is_kept(merged: Shop) -> None:
    merged.github.protected.add("main")
    merged.github.denied.add("pulls")
    ran = merged.apply()
    assert ran.code == 6
    assert "Resource not accessible by integration" in merged.summary
    assert Path(merged.outputs["lock"]).exists()
    assert TOKEN not in ran.out + ran.err + merged.summary


def test_a_lockfile_on_a_branch_of_its_own_comes_home_there(shop: Shop) -> None:
    (shop.world.root / "promptsync.yaml").write_text("lock: {branch: promptsync/state}\n", encoding="utf-8")
    shop.world.write(KEY, current())
    shop.propose()
    shop.check()
    shop.merge()
    before = shop.github.tip("main")
    ran = shop.apply()
    assert ran.code == 0, ran.out + ran.err
    assert (shop.github.tip("main"), list(json.loads(shop.github.file("promptsync/state", LOCK))["prompts"])) == (
        before,
        [KEY],
    )
    assert "The lockfile is on promptsync/state" in shop.summary
    shop.world.change(KEY, lambda data: data["prompt"].update(temperature=0.9))
    shop.propose("second")
    assert shop.check().code == 0
    assert "### Plan: 1 to update" in shop.summary


def test_a_token_that_may_not_comment_fails_nothing(merged: Shop) -> None:
    merged.github.denied.add("comment")
    ran = merged.apply()
    assert ran.code == 0
    assert [(name, message.partition(":")[0]) for name, _, message in commands(ran.out)] == [
        ("warning", f"#{merged.pull.number} was not told")
    ]
    assert list(merged.home) == [KEY]


def test_a_token_that_may_not_read_pull_requests_stops_only_what_is_to_be_approved(merged: Shop) -> None:
    merged.github.denied.add("history")
    ran = merged.approved()
    assert (ran.code, merged.world.sandbox.prompts()) == (1, [])
    assert "Resource not accessible by integration" in merged.summary
    ran = merged.apply()
    assert (ran.code, list(merged.home)) == (0, [KEY])
    assert "the pull requests were not told" in commands(ran.out)[0][2]


def test_without_comments_none_is_changed(merged: Shop) -> None:
    body = merged.github.comments[0].body
    assert merged.apply("--no-comment").code == 0
    assert merged.github.comments[0].body == body


def test_a_pull_request_without_a_comment_gets_one_only_for_prompts(shop: Shop) -> None:
    shop.world.write(KEY, current())
    shop.propose()
    shop.check("--no-comment")
    shop.merge()
    shop.before, readme = shop.before, shop.github.pull("docs")
    readme.files, readme.merged_at = ["README.md"], "2026-11-01T10:00:00Z"
    readme.commits = [shop.github.tip("main") or ""]
    assert shop.apply().code == 0
    assert [one.on for one in shop.github.comments] == [shop.pull.number]
    assert shop.says("<!-- promptsync plan default -->\n\n<!-- promptsync applied default -->", "Applied by [run 42](")


def test_a_comment_that_is_full_says_what_was_done_in_place_of_the_plan(merged: Shop) -> None:
    (comment,) = merged.github.comments
    comment.body = comment.body.ljust(65_500, "x")
    assert merged.apply().code == 0
    assert len(comment.body) < 2_000
    assert comment.body.startswith("<!-- promptsync plan default -->\n<!-- promptsync applied default -->\nApplied by")


def test_what_fails_is_told_and_what_was_done_comes_home(merged: Shop) -> None:
    shop, world = merged, merged.world
    world.write("Default/second", current())
    shop.propose("second")
    shop.check()
    shop.merge()
    world.sandbox.faults.add(Fault.parse("400:method=POST,times=1"))
    ran = shop.apply()
    assert ran.code == 4
    done = [key for key in (KEY, "Default/second") if key in shop.home]
    assert len(done) == 1
    found = commands(ran.out)
    assert [(name, properties["title"].partition(" ")[0]) for name, properties, _ in found] == [("error", "create")]
    assert (shop.outputs["done"], shop.outputs["failed"]) == ("1", "1")
    assert "failed" in shop.summary
    assert "failed" in Path(shop.outputs["report"]).read_text()
    shop.update()
    assert shop.apply().code == 0
    assert sorted(shop.home) == [KEY, "Default/second"]


def test_a_service_that_is_not_there_is_told_everywhere(merged: Shop) -> None:
    ran = merged.apply(ORQ_API_KEY="")
    assert ran.code == 1
    assert "ORQ_API_KEY" in merged.summary
    assert merged.outputs == {"exit-code": "1"}


def test_a_broken_file_is_annotated_and_told_in_the_pull_request(merged: Shop) -> None:
    merged.world.write("Default/broken", "prompt:\n  model: openai/gpt-4o\n  temprature: 1\n  messages: []\n")
    ran = merged.apply()
    assert ran.code == 1
    assert [(name, properties["line"]) for name, properties, _ in commands(ran.out)] == [("error", "3")]
    assert "Default/broken.yaml:3" in merged.summary
    assert merged.says("Not applied by [run 42](", "temprature")


def test_what_is_deleted_is_told_in_the_check_with_the_same_options(merged: Shop) -> None:
    shop, world = merged, merged.world
    shop.apply()
    shop.update()
    world.remove(KEY)
    world.write("Default/other", current("Something else."))
    shop.propose("second")
    assert shop.check("--prune", "--max-deletes", "1").code == 0
    assert "--prune --max-deletes 1" in shop.summary
    assert "1 to delete" in shop.summary
    refused = shop.run("--prune", "--max-deletes", "0")
    assert refused.code == 1
    assert "An apply would refuse this: the plan deletes 1 prompts, and --max-deletes allows 0" in shop.summary
    assert "--max-deletes allows 0" in commands(refused.out)[0][2]
    shop.merge()
    assert shop.apply("--prune", "--max-deletes", "1").code == 0
    assert world.names() == ["other"]


def test_a_job_that_is_cancelled_ends_in_good_order(merged: Shop) -> None:
    shop, world = merged, merged.world
    for number in range(60):
        world.write(f"Default/{number:02}", current(f"Number {number}"))
    shop.propose("many")
    shop.merge()
    world.sandbox.behaviour = Behaviour(latency=0.2)
    shop.apply("--help")  # Sets the environment.
    command = [sys.executable, "-m", "promptsync", "github", "apply", "--dir", str(world.root)]
    environ = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        wait_for(lambda: any(request.method == "POST" for request in world.sandbox.requests))
        run.send_signal(signal.SIGINT)
        run.send_signal(signal.SIGTERM)
        out, err = run.communicate(timeout=60)
    assert run.returncode == 130, out + err
    made = {one["_id"] for one in world.sandbox.prompts()}
    assert 1 <= len(made) < 60
    assert {entry["id"] for entry in shop.home.values()} == made
    assert shop.outputs["exit-code"] == "130"
    assert "interrupted:" in shop.summary


def test_what_the_check_told_is_approved(merged: Shop) -> None:
    assert merged.approved().code == 0
    assert list(merged.home) == [KEY]
    assert "Only what the checks of pull requests told is applied" in merged.summary


@pytest.mark.parametrize("how", ["squash", "merge"])
def test_a_pull_request_is_found_however_it_was_merged(shop: Shop, how: str) -> None:
    shop.world.write(KEY, current())
    shop.propose()
    shop.check()
    shop.merge(how)
    assert shop.approved().code == 0
    assert list(shop.home) == [KEY]


def test_what_differs_from_what_was_told_is_not_applied(merged: Shop) -> None:
    shop, world = merged, merged.world
    shop.approved()
    shop.update()
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.7))
    shop.propose("second")
    shop.check()
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.9))
    shop.checkout.commit("after the check")
    shop.checkout.git("push", "--quiet", "origin", "second")
    shop.merge()
    world.sandbox.requests.clear()
    shop.pull.head = shop.github.artefacts[-1].commit
    ran = shop.approved()
    assert ran.code == 5
    assert world.writes == []
    assert "1 not approved" in shop.summary
    assert f"# not applied: the check of #{shop.pull.number} told something else" in shop.summary
    assert "# approved was: update\n! prompt.temperature: 0.2 → 0.7" in shop.summary
    assert "# it would be: update\n! prompt.temperature: 0.2 → 0.9" in shop.summary
    assert commands(ran.out)[0][1]["title"] == f"update {KEY}"
    assert (shop.outputs["not-approved"], shop.outputs["update"]) == ("1", "0")
    assert "not approved: the check of" in Path(shop.outputs["report"]).read_text()


def test_what_a_lost_runner_made_is_taken_over_without_a_new_approval(shop: Shop) -> None:
    exclusive = "targets: {default: {exclusive: true}}\n"
    (shop.world.root / "promptsync.yaml").write_text(exclusive, encoding="utf-8")
    shop.world.write(KEY, current())
    shop.propose()
    shop.check()
    shop.merge()
    shop.github.denied |= {"createCommitOnBranch", "trees"}
    assert shop.approved().code == 6
    shop.update()
    shop.github.denied.clear()
    assert shop.approved().code == 0
    assert shop.outputs["adopt"] == "1"
    assert shop.home[KEY]["id"] == shop.world.sandbox.prompts()[0]["_id"]


def test_a_push_without_a_pull_request_approves_nothing(merged: Shop) -> None:
    shop, world = merged, merged.world
    shop.approved()
    shop.update()
    shop.before = shop.github.tip("main") or ""
    world.write("Default/other", current())
    shop.checkout.commit("directly")
    shop.checkout.git("push", "--quiet", "origin", "main")
    ran = shop.approved()
    assert ran.code == 5
    assert world.names() == ["refund"]
    assert "no check told of it" in shop.summary


def test_what_an_earlier_merge_left_is_held_against_no_one(merged: Shop) -> None:
    shop, world = merged, merged.world
    world.write("Default/other", current())
    shop.propose("second")
    shop.check()
    shop.update()
    world.write("Default/unchecked", current())
    shop.checkout.commit("a push whose apply failed")
    shop.checkout.git("push", "--quiet", "origin", "main")
    shop.merge()
    ran = shop.approved()
    assert ran.code == 0, ran.out + ran.err
    assert world.names() == ["other", "refund"]
    assert "no check told of it, and nothing that is merged now concerns it" in shop.summary
    assert shop.outputs["not-approved"] == "1"
    ((name, properties, _),) = commands(ran.out)
    assert (name, properties["title"]) == ("notice", "create Default/unchecked")
    (body,) = [one.body for one in shop.github.comments if one.on == shop.pull.number]
    assert "Default/unchecked" not in body


def test_a_run_that_was_replaced_in_the_queue_is_made_up_for(merged: Shop) -> None:
    shop, world = merged, merged.world
    first = shop.pull
    world.write("Default/other", current())
    shop.propose("second")
    shop.check()
    shop.merge()
    assert shop.approved().code == 0
    assert sorted(shop.home) == ["Default/other", KEY]
    told = {one.on for one in shop.github.comments if "\nApplied by [run 42]" in one.body}
    assert told == {first.number, shop.pull.number}


def test_a_pull_request_that_changes_nothing_is_told_that_once(merged: Shop) -> None:
    shop = merged
    shop.apply()
    shop.update()
    with (shop.world.root / f"{KEY}.yaml").open("a") as file:
        file.write("# a comment\n")
    shop.propose("second")
    shop.check()
    shop.merge()
    first, second = shop.github.comments
    before = first.body
    assert shop.apply(GITHUB_RUN_ID="43").code == 0
    assert "Applied by [run 43]" in second.body
    assert "### Nothing to do." in second.body
    told = second.body
    assert shop.apply(GITHUB_RUN_ID="44").code == 0
    assert (first.body, second.body) == (before, told)


def test_files_that_traded_places_do_so_all_at_once_or_not_at_all(shop: Shop) -> None:
    world = shop.world
    keys = ["Default/a", "Default/b"]
    for key in keys:
        world.write(key, current(f"Text of {key}."))
    shop.propose()
    shop.check()
    shop.merge()
    assert shop.approved().code == 0
    shop.update()
    before = shop.home
    one, other = (world.root / f"{key}.yaml" for key in keys)
    texts = one.read_text(), other.read_text()
    one.write_text(texts[1]), other.write_text(texts[0])
    shop.propose("swap")
    shop.check()
    whole = (shop.folder / "promptsync" / "default.json").read_bytes()
    half = json.loads(whole)
    assert [change["action"] for change in half["changes"]] == ["move", "move"]
    half["changes"].pop()
    artefact = shop.github.artefacts[-1]
    shop.github.artefacts.remove(artefact)
    files = {"default.json": json.dumps(half).encode()}
    shop.github.upload("promptsync-plan-default", shop.pull.head, files, "2026-11-01T09:00:00Z")
    shop.merge()
    assert shop.approved().code == 5
    assert "it trades places with Default/b, which is not approved" in shop.summary
    assert shop.home == before

    shop.github.artefacts[-1] = artefact
    assert shop.approved().code == 0
    assert [shop.home[key]["id"] for key in keys] == [before[key]["id"] for key in reversed(keys)]


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param({"repository": 2}, id="a fork's run"),
        pytest.param({"event": "workflow_dispatch"}, id="another event"),
        pytest.param({"event": "push"}, id="a push to a branch"),
    ],
)
def test_a_forged_artefact_approves_nothing(shop: Shop, forged: dict[str, Any]) -> None:
    shop.world.write(KEY, current())
    shop.propose()
    shop.run()
    shop.keep(**forged)
    shop.merge()
    ran = shop.approved()
    assert (ran.code, shop.world.sandbox.prompts()) == (5, [])
    assert f"no plan is kept of the check of #{shop.pull.number}" in shop.summary


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{}", "is no saved plan: it has no number as its `format_version`"),
        (b"[" * 100_000, "is no saved plan: it is nested too deeply"),
        (b'{"format_version": 1, "options": {}, "options": {}}', "is no saved plan: it has `options` twice"),
    ],
)
def test_an_artefact_that_is_no_plan_approves_nothing(shop: Shop, data: bytes, said: str) -> None:
    shop.world.write(KEY, current())
    shop.propose()
    files = {"default.json": data}
    shop.github.upload("promptsync-plan-default", shop.pull.head, files, "2026-11-01T09:00:00Z")
    shop.merge()
    assert (shop.approved().code, shop.world.sandbox.prompts()) == (5, [])
    assert said in shop.summary


def test_an_offline_plan_approves_nothing(shop: Shop) -> None:
    shop.world.write(KEY, current())
    shop.propose()
    shop.check(GITHUB_ACTOR="dependabot[bot]")
    shop.merge()
    assert (shop.approved().code, shop.world.sandbox.prompts()) == (5, [])
    assert f"the check of #{shop.pull.number} was made offline, and approves nothing here" in shop.summary


def test_a_secondary_limit_is_waited_for(merged: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from werkzeug.wrappers import Response

    limited = Response(json.dumps({"message": "secondary rate limit"}), status=403, headers={"Retry-After": "1"})
    merged.github.answers += [None, limited]
    assert merged.apply().code == 0
    assert list(merged.home) == [KEY]
