"""The pull request of edits: whose its branch is, and when it is opened, changed, left alone and closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.github.api import GitHub
from promptsync.github.offer import Offer, Offered, offer
from promptsync.model.errors import BranchError, DeniedError, MovedError
from promptsync.model.provenance import parse_provenance
from tests.github.server import BOT, REPOSITORY, TOKEN, FakeGitHub, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BRANCH = "promptsync/drift-default"
OLD, NEW = b"temperature: 0.2\n", b"temperature: 0.9\n"


class World:
    """A repository with two prompts on `main`, and a run on it."""

    def __init__(self, github: FakeGitHub, client: GitHub) -> None:
        self.github, self.client = github, client
        github.commit("main", {"prompts/refund.yaml": OLD, "prompts/other.yaml": OLD}, "first")

    def offer(self, files: dict[str, bytes], *, title: str = "Edits", body: str = "one", run: str = "main") -> Offered:
        before = {path: self.github.file("main", path) for path in files}
        return offer(self.client, run, Offer("default", before, files, title, body))

    @property
    def pulls(self) -> list[tuple[str, str, str, str]]:
        return [(pull.author, pull.state, pull.title, pull.body) for pull in self.github.pulls]

    @property
    def branches(self) -> list[str]:
        return self.github.git("for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()

    def writes(self) -> list[str]:
        return [line for line in self.github.log if not line.startswith("GET") and "/graphql" not in line]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with serving(tmp_path) as (github, url):
        client = GitHub(REPOSITORY, TOKEN, api_url=url)
        yield World(github, client)
        client.close()


REFUND = {"prompts/refund.yaml": NEW}


def test_the_first_offer_opens_a_pull_request_of_one_commit_on_the_default_branch(world: World) -> None:
    found = world.offer(REFUND)
    assert (found.done, found.problem) == ("opened", "")
    assert found.pull is not None
    assert found.pull.url == f"https://github.example/acme/shop/pull/{found.pull.number}"
    assert world.pulls == [(BOT, "open", "Edits", "one")]
    assert world.branches == ["main", BRANCH]
    assert world.github.git("diff", "--name-only", "main", BRANCH) == "prompts/refund.yaml"
    assert world.github.file(BRANCH, "prompts/refund.yaml") == NEW
    assert world.github.git("log", "--format=%an %s", f"main..{BRANCH}") == f"{BOT} Take over what was edited in orq.ai"
    assert parse_provenance(world.github.git("log", "-1", "--format=%B", BRANCH)) == []  # It is no apply.


def test_the_same_offer_writes_nothing(world: World) -> None:
    world.offer(REFUND)
    world.github.log.clear()
    found = world.offer(REFUND)
    assert (found.done, found.problem, found.pull is not None) == (None, "", True)
    assert world.writes() == []


def test_nothing_is_written_for_a_default_branch_that_moved_elsewhere(world: World) -> None:
    world.offer(REFUND)
    world.github.commit("main", {"README.md": b"shop"}, "meanwhile")
    world.github.log.clear()
    assert world.offer(REFUND).done is None
    assert world.writes() == []


def test_another_offer_moves_the_branch_and_the_pull_request_stays_open(world: World) -> None:
    first = world.offer(REFUND)
    world.github.commit("main", {"prompts/other.yaml": b"temperature: 0.3\n"}, "meanwhile")
    found = world.offer({"prompts/other.yaml": NEW}, title="Other", body="two")
    assert found.done == "updated"
    assert found.pull is not None
    assert first.pull is not None
    assert found.pull.number == first.pull.number
    assert world.pulls == [(BOT, "open", "Other", "two")]
    assert world.github.git("rev-parse", f"{BRANCH}^") == world.github.tip("main")
    assert world.github.git("diff", "--name-only", "main", BRANCH) == "prompts/other.yaml"
    assert world.branches == ["main", BRANCH]


def test_a_text_that_changed_alone_is_changed_alone(world: World) -> None:
    world.offer(REFUND)
    tip = world.github.tip(BRANCH)
    assert world.offer(REFUND, body="two").done == "updated"
    assert (world.github.tip(BRANCH), world.pulls) == (tip, [(BOT, "open", "Edits", "two")])


def test_a_moot_offer_is_closed_and_its_branch_deleted(world: World) -> None:
    world.offer(REFUND)
    assert world.offer({}) == Offered(None, "closed")
    assert [state for _, state, _, _ in world.pulls] == ["closed"]
    assert [one.body for one in world.github.comments] == ["Nothing is left to take over."]
    assert world.branches == ["main"]
    world.github.log.clear()
    assert world.offer({}) == Offered(None)
    assert world.writes() == []


def test_after_the_merge_the_branch_is_cleared_away(world: World) -> None:
    world.offer(REFUND)
    world.github.git("update-ref", "refs/heads/main", BRANCH)
    world.github.pulls[0].state, world.github.pulls[0].merged_at = "closed", "2026-11-27T10:00:00Z"
    assert world.offer({}) == Offered(None)
    assert world.branches == ["main"]
    assert world.offer({"prompts/other.yaml": NEW}).done == "opened"


@pytest.mark.parametrize("squashed", [False, True])
def test_a_merged_branch_that_was_left_is_used_again(world: World, squashed: bool) -> None:
    world.offer(REFUND)
    if squashed:
        world.github.commit("main", REFUND, "Edits (#101)")
    else:
        world.github.git("update-ref", "refs/heads/main", BRANCH)
    world.github.pulls[0].state, world.github.pulls[0].merged_at = "closed", "2026-11-27T10:00:00Z"
    assert world.offer({"prompts/other.yaml": NEW}).done == "opened"
    assert world.github.git("diff", "--name-only", "main", BRANCH) == "prompts/other.yaml"


@pytest.mark.parametrize("empty", [False, True])
def test_what_someone_else_pushed_is_left_as_it_is(world: World, empty: bool) -> None:
    world.offer(REFUND)
    theirs = world.github.commit(BRANCH, {"prompts/refund.yaml": b"temperature: 0.8\n"}, "Better")
    found = world.offer({} if empty else {"prompts/other.yaml": NEW})
    assert found.problem == f"the branch {BRANCH} holds a commit of someone else, so it is left as it is"
    assert (found.done, found.pull is not None) == (None, True)
    assert (world.github.tip(BRANCH), world.pulls[0][1]) == (theirs, "open")


def test_a_commit_of_ours_that_someone_amended_is_theirs(world: World) -> None:
    world.offer(REFUND)
    message = world.github.git("log", "-1", "--format=%B", BRANCH)
    world.github.git("update-ref", f"refs/heads/{BRANCH}", "main")
    theirs = world.github.commit(BRANCH, {"prompts/refund.yaml": b"temperature: 0.8\n"}, message, author=BOT)
    assert "someone else" in world.offer(REFUND).problem
    assert world.github.tip(BRANCH) == theirs


def test_a_branch_of_that_name_that_was_there_before_is_not_ours(world: World) -> None:
    world.github.git("update-ref", f"refs/heads/{BRANCH}", "main")
    theirs = world.github.commit(BRANCH, {"prompts/refund.yaml": NEW}, "Mine")
    assert "someone else" in world.offer(REFUND).problem
    assert (world.github.tip(BRANCH), world.pulls) == (theirs, [])


def test_a_fork_s_pull_request_from_a_branch_of_that_name_is_not_ours(world: World) -> None:
    planted = world.github.pull(BRANCH)
    planted.author, planted.is_from_fork = BOT, True
    assert world.offer(REFUND).done == "opened"
    assert (planted.title, planted.body, planted.state) == ("", "", "open")


def test_someone_else_s_pull_request_from_our_branch_is_not_touched(world: World) -> None:
    world.offer(REFUND)
    world.github.pulls.clear()
    planted = world.github.pull(BRANCH, author="mallory")
    with pytest.raises(BranchError, match="A pull request already exists for acme:promptsync/drift-default"):
        world.offer(REFUND)
    assert (planted.title, planted.body, planted.state) == ("", "", "open")
    assert len(world.github.pulls) == 1


def test_a_push_while_the_commit_is_made_is_not_overwritten(world: World) -> None:
    world.offer(REFUND)
    theirs: list[str] = []
    world.github.before_commit.append(lambda: theirs.append(world.github.commit(BRANCH, {"x": b"1"}, "quicker")))
    with pytest.raises(MovedError, match="someone pushed to promptsync/drift-default meanwhile"):
        world.offer({"prompts/other.yaml": NEW})
    assert world.github.tip(BRANCH) == theirs[0]
    assert world.branches == ["main", BRANCH]


def test_what_someone_closed_is_not_offered_again_until_it_is_another(world: World) -> None:
    world.offer(REFUND)
    world.github.pulls[0].state = "closed"
    assert world.offer(REFUND) == Offered(None, "closed by someone, and is not opened again for the same edits")
    assert len(world.pulls) == 1
    assert world.offer({**REFUND, "prompts/other.yaml": NEW}).done == "opened"
    assert [state for _, state, _, _ in world.pulls] == ["closed", "open"]


def test_files_that_are_not_those_of_the_branch_are_not_offered(world: World) -> None:
    wanted = Offer("default", {"prompts/refund.yaml": b"temperature: 0.5\n"}, REFUND, "Edits", "one")
    assert offer(world.client, "main", wanted).problem == (
        "the files here are not those of main, so the next run offers the edits"
    )
    assert world.branches == ["main"]


def test_a_run_on_another_branch_offers_nothing(world: World) -> None:
    found = world.offer(REFUND, run="topic")
    assert found == Offered(None, problem="edits are offered from runs on main alone, and this one is on topic")
    assert world.branches == ["main"]


def test_where_no_pull_request_may_be_opened_no_branch_is_left(world: World) -> None:
    world.github.denied.add("create_pull")
    with pytest.raises(DeniedError, match="not permitted to create or approve pull requests"):
        world.offer(REFUND)
    assert world.branches == ["main"]


def test_more_files_than_github_lists_are_offered_and_stay_ours(world: World) -> None:
    many = {f"prompts/{number:03}.yaml": OLD for number in range(320)}
    world.github.commit("main", many, "many")
    assert world.offer(dict.fromkeys(many, NEW)).done == "opened"
    assert world.offer({**dict.fromkeys(many, NEW), "prompts/319.yaml": b"temperature: 1\n"}).done == "updated"
    assert world.github.file(BRANCH, "prompts/319.yaml") == b"temperature: 1\n"
