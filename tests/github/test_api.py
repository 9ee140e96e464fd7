"""The calls to GitHub, judged by a small GitHub over real HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from werkzeug.wrappers import Response

from promptsync.github import api, http
from promptsync.github.api import GitHub, Note
from promptsync.github.http import GitHubError
from promptsync.model.errors import DeniedError, MovedError
from tests.github.server import BOT, REPOSITORY, TOKEN, FakeGitHub, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Client(GitHub):
    """Notes its pauses and does not make them."""

    def __init__(self, url: str, **kwargs: Any) -> None:
        self.slept: list[float] = []
        super().__init__(REPOSITORY, kwargs.pop("token", TOKEN), api_url=url, sleep=self.slept.append, **kwargs)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[FakeGitHub, Client]]:
    with serving(tmp_path) as (github, url):
        client = Client(url)
        yield github, client
        client.close()


def limited(status: int, message: str = "", **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps({"message": message}), status=status, headers=names)


@pytest.mark.parametrize(
    ("url", "graphql", "is_verified"),
    [
        ("https://api.github.com", None, True),
        ("HTTPS://ghe.example.com/api/v3", None, True),
        ("http://127.0.0.1:1", "https://ghe.example.com/api/graphql", True),
        ("http://127.0.0.1:1", None, False),
    ],
)
def test_certificates_are_verified_wherever_not_all_is_plain_http(
    url: str, graphql: str | None, is_verified: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(http.httpx, "Client", lambda **given: asked.update(given))
    Client(url, graphql_url=graphql)
    assert asked["verify"] is is_verified


def test_only_its_own_comments_are_given_of_however_many(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    pull = github.pull("topic")
    for number in range(230):
        github.comment(pull.number, BOT if number % 100 == 0 else "mona", f"comment {number}")
    assert [note.body for note in client.own_comments(pull.number)] == ["comment 0", "comment 100", "comment 200"]
    assert len(github.log) == 3


def test_a_comment_is_made_and_changed(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    pull = github.pull("topic")
    client.create_comment(pull.number, "first")
    (note,) = client.own_comments(pull.number)
    client.update_comment(note.number, "second “✓”")
    assert [(one.author, one.body) for one in github.comments] == [(BOT, "second “✓”")]


def test_an_issue_is_opened_found_by_its_label_and_closed(world: tuple[FakeGitHub, Client]) -> None:
    _, client = world
    number = client.create_issue("Drift", "two prompts", "promptsync")
    client.create_issue("Other", "", "else")
    assert list(client.own_issues("promptsync")) == [Note(number, "two prompts", "Drift")]
    client.update_issue(number, state="closed")
    assert list(client.own_issues("promptsync")) == []


def test_a_commit_lands_on_the_tip_that_it_was_built_on(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    first = github.commit("main", {"a.json": b"{}\n"}, "first")
    assert client.tip("main") == first
    second = client.commit("main", first, {"prompts/lock.json": b"\xff\x00new\n"}, "Record", "why")
    assert github.tip("main") == second
    assert client.read("prompts/lock.json", second) == b"\xff\x00new\n"
    assert client.read("a.json", second) == b"{}\n"
    assert client.read("prompts/lock.json", first) is None
    assert github.git("log", "-1", "--format=%an: %B", "main").startswith("github-actions[bot]: Record\n\nwhy")


def test_a_branch_that_moved_is_told_as_that(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    first = github.commit("main", {"a": b"1"}, "first")
    github.before_commit.append(lambda: github.commit("main", {"b": b"2"}, "quicker"))
    with pytest.raises(MovedError, match="did not commit to main: Expected branch to point to"):
        client.commit("main", first, {"c": b"3"}, "late")


@pytest.mark.parametrize("how", ["protected", "denied"])
def test_a_branch_that_takes_no_commit_is_told_as_that(world: tuple[FakeGitHub, Client], how: str) -> None:
    github, client = world
    first = github.commit("main", {"a": b"1"}, "first")
    getattr(github, how).add("main" if how == "protected" else "createCommitOnBranch")
    with pytest.raises(DeniedError, match="GitHub did not commit to main"):
        client.commit("main", first, {"c": b"3"}, "no")


def test_a_branch_is_made_and_moved(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    first = github.commit("main", {"a": b"1"}, "first")
    second = github.commit("main", {"a": b"2"}, "second")
    assert client.tip("promptsync/lock") is None
    client.point("promptsync/lock", first, create=True)
    client.point("promptsync/lock", second, create=False)
    assert client.tip("promptsync/lock") == second


def test_a_branch_is_begun_with_nothing_but_these_files(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    github.commit("main", {"readme": b"1"}, "first")
    made = client.commit("promptsync/state", None, {"prompts/lock.json": b"{}\n"}, "Record", "why")
    assert (github.tip("promptsync/state"), client.names(made)) == (made, ["prompts/lock.json"])
    assert github.git("log", "--format=%P|%B", "promptsync/state").strip() == "|Record\n\nwhy"


def test_a_branch_that_another_one_begun_meanwhile_is_told_as_moved(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    github.commit("promptsync/state", {"prompts/lock.json": b"{}"}, "quicker")
    with pytest.raises(MovedError, match="was begun by someone else meanwhile"):
        client.commit("promptsync/state", None, {"prompts/lock.json": b"[]"}, "late")


def test_the_files_of_a_commit_are_listed_all_or_not_at_all(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    first = github.commit("main", {"a": b"1", "b/c d": b"2"}, "first")
    assert client.names(first) == ["a", "b/c d"]
    github.too_large.add(first)
    with pytest.raises(GitHubError, match="did not list all the files"):
        client.names(first)


def test_what_is_proposed_is_one_commit_ahead_whatever_the_branch_held(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    first = github.commit("main", {"a": b"1", "gone": b""}, "first")
    one = client.propose("lock", "main", first, {"b": b"2\n"}, "Record").commit
    second = github.commit("main", {"a": b"2"}, "second")
    two = client.propose("lock", "main", second, {"b": b"3\n", "gone": None}, "Record", "why").commit
    assert (github.tip("lock"), github.git("rev-parse", f"{two}^")) == (two, second)
    assert (client.names(two), client.read("b", two)) == (["a", "b"], b"3\n")
    assert client.merge_base(one, two) == first
    other = client.commit("else", None, {"c": b""}, "apart")
    assert client.merge_base(one, other) is None


def test_a_pull_request_is_opened_found_and_merged_when_it_is_ready(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    head = github.commit("lock", {"a": b"1"}, "first")
    assert client.own_pull("lock", "main") is None
    made = client.create_pull("lock", "main", "Record", "ids")
    assert (made.head, made.base, made.is_merged) == (head, "main", False)
    assert client.own_pull("lock", "main") == made
    assert client.merge_when_ready(made) is False
    github.allows_auto_merge = True
    assert client.merge_when_ready(made) is True
    assert github.pulls[0].auto_merge


@pytest.mark.parametrize("planted", [{"author": "mallory"}, {"is_from_fork": True}, {"base": "other"}])
def test_a_pull_request_from_a_branch_of_that_name_is_ours_only_if_we_made_it_here(
    world: tuple[FakeGitHub, Client], planted: dict[str, Any]
) -> None:
    github, client = world
    github.commit("lock", {"a": b"1"}, "first")
    github.pull("lock", author=BOT)
    for name, value in planted.items():
        setattr(github.pulls[0], name, value)
    assert client.own_pull("lock", "main") is None


def test_artefacts_are_listed_the_newest_first_and_fetched_without_the_token(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    github.upload("plan", "a" * 40, {"plan.json": b"old"}, "2026-11-01T10:00:00Z")
    github.upload("plan", "b" * 40, {"plan.json": b"new"}, "2026-11-01T11:00:00Z")
    github.upload("other", "b" * 40, {"plan.json": b"other"}, "2026-11-01T12:00:00Z")
    new, old = client.artefacts("plan")
    assert (new.commit, old.commit) == ("b" * 40, "a" * 40)
    assert (client.unpacked(new), client.event_of(new.run)) == ({"plan.json": b"new"}, "pull_request")
    assert github.seen == [""]


def test_as_many_artefacts_are_listed_as_there_are(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    for _ in range(230):
        github.upload("plan", "a" * 40, {}, "2026-11-01T10:00:00Z")
    assert len(list(client.artefacts("plan"))) == 230


@pytest.mark.parametrize("made", [{"repository": 2}, {"repository": None}, {"expired": True}, {"name": "other"}])
def test_an_artefact_of_a_fork_is_none(world: tuple[FakeGitHub, Client], made: dict[str, Any]) -> None:
    github, client = world
    forged = github.upload("plan", "a" * 40, {"plan.json": b"forged"}, "2026-11-02T10:00:00Z")
    for name, value in made.items():
        setattr(forged, name, value)
    assert list(client.artefacts("plan")) == []


def test_commits_are_compared_by_what_came_since_they_parted(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    first = github.commit("main", {"a": b"1"}, "first")
    github.git("update-ref", "refs/heads/topic", first)
    second = github.commit("main", {"prompts/x.yaml": b"1", "b": b"2"}, "second")
    found = client.compare(first, second)
    assert (found.is_ahead, found.names) == (True, ("b", "prompts/x.yaml"))
    assert [found.touches(folder) for folder in ("prompts", ".", "prompt", "../else")] == [True, True, False, True]
    assert client.compare(first, first).is_ahead
    assert not client.compare(second, first).is_ahead
    assert not client.compare(second, github.commit("topic", {"c": b"3"}, "third")).is_ahead


def test_more_files_than_github_lists_of_two_commits_touch_everything(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    first = github.commit("main", {"a": b"1"}, "first")
    second = github.commit("main", {f"src/{number}": b"1" for number in range(300)}, "many")
    found = client.compare(first, second)
    assert (found.names, found.touches("prompts")) == (None, True)


@pytest.mark.parametrize("how", ["squash", "merge"])
def test_a_commit_s_history_tells_the_pull_requests(world: tuple[FakeGitHub, Client], how: str) -> None:
    github, client = world
    first = github.commit("main", {"a": b"1"}, "first")
    github.git("update-ref", "refs/heads/topic", first)
    head = github.commit("topic", {"b": b"2"}, "second")
    pull = github.pull("topic")
    merged = github.merge(pull, how)
    found = {commit.id: commit for commit in client.history(merged)}
    assert (found[merged].parent, found[first].parent) == (first, None)
    assert [(one.number, one.head, one.base, one.is_merged) for one in found[merged].pulls] == [
        (pull.number, head, "main", True)
    ]
    assert found[first].pulls == ()


@pytest.mark.parametrize(
    ("answer", "slept"),
    [
        (limited(403, "You have exceeded a secondary rate limit", retry_after="7"), 7.0),
        (limited(403, "You have exceeded a secondary rate limit and have been blocked"), http.SECONDARY),
        (limited(429, "slow down", retry_after="2"), 2.0),
    ],
)
def test_a_limit_is_waited_for(world: tuple[FakeGitHub, Client], answer: Response, slept: float) -> None:
    github, client = world
    pull = github.pull("topic")
    github.answers.append(answer)
    client.create_comment(pull.number, "once")
    assert client.slept == [slept]
    assert [one.body for one in github.comments] == ["once"]


def test_a_limit_that_holds_for_too_long_is_an_error(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    github.answers.append(limited(429, "slow down", retry_after="4000"))
    with pytest.raises(GitHubError, match=r"it answered 429 \(slow down\)"):
        client.create_comment(1, "never")
    assert client.slept == []


def test_what_reads_is_sent_again_and_what_writes_is_not(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    first = github.commit("main", {"a": b"1"}, "first")
    github.answers += [limited(502), limited(503)]
    assert client.tip("main") == github.tip("main")
    github.answers.append(limited(502))
    assert client.own_pull("topic", "main") is None
    github.answers.append(limited(502))
    with pytest.raises(GitHubError, match="it answered 502"):
        client.commit("main", first, {"b": b"2"}, "once")
    github.answers.append(limited(502))
    with pytest.raises(GitHubError, match="it answered 502"):
        client.create_comment(1, "once")
    assert github.comments == []


def test_a_token_that_may_not_is_told_and_not_shown(world: tuple[FakeGitHub, Client]) -> None:
    github, client = world
    github.denied.add("comments")
    with pytest.raises(DeniedError, match="Resource not accessible by integration") as denied:
        client.create_comment(1, "no")
    assert TOKEN not in str(denied.value)
    with pytest.raises(DeniedError, match="Bad credentials"):
        Client(client._api, token="wrong").tip("main")


@pytest.mark.parametrize(
    "fails",
    [
        httpx.ConnectError(f"no route with {TOKEN}"),
        httpx.ReadTimeout(""),
        httpx.RemoteProtocolError("cut off"),
    ],
)
def test_a_github_that_cannot_be_reached_is_told_without_the_token(fails: Exception) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise fails

    client = Client("https://api.github.example", network=httpx.MockTransport(handler))
    with pytest.raises(GitHubError, match="it could not be reached") as error:
        client.create_comment(1, "x")
    assert TOKEN not in str(error.value)


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04broken"])
def test_an_artefact_that_is_no_archive_is_told(world: tuple[FakeGitHub, Client], data: bytes) -> None:
    github, client = world
    github.upload("plan", "a" * 40, {}, "2026-11-01T10:00:00Z").data = data
    with pytest.raises(GitHubError, match="the artefact plan is no archive"):
        client.unpacked(next(client.artefacts("plan")))


def test_an_artefact_that_unpacks_to_too_much_is_refused(
    world: tuple[FakeGitHub, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    github, client = world
    monkeypatch.setattr(api, "MAX_ANSWER", 1000)
    github.upload("plan", "a" * 40, {"plan.json": b"0" * 1001}, "2026-11-01T10:00:00Z")
    with pytest.raises(GitHubError, match="is larger than"):
        client.unpacked(next(client.artefacts("plan")))
