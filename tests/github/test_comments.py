"""One comment and one issue for each target, whatever others write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.github.api import GitHub
from promptsync.github.comments import (
    LABEL,
    MAX_APPLIED,
    comment,
    find_comment,
    marker,
    report_drift,
    tell_applied,
    tell_preview,
    with_preview,
)
from tests.github.server import BOT, REPOSITORY, TOKEN, FakeGitHub, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[FakeGitHub, GitHub]]:
    with serving(tmp_path) as (github, url):
        client = GitHub(REPOSITORY, TOKEN, api_url=url)
        yield github, client
        client.close()


def bodies(github: FakeGitHub) -> list[tuple[str, str]]:
    return [(one.author, one.body) for one in github.comments]


def test_the_first_check_comments_and_the_next_ones_change_that(world: tuple[FakeGitHub, GitHub]) -> None:
    github, client = world
    pull = github.pull("topic")
    github.comment(pull.number, "mona", "Looks good")
    assert comment(client, pull.number, "default", "one to create") is True
    assert comment(client, pull.number, "default", "two to create") is True
    first = "<!-- promptsync plan default -->"
    assert bodies(github) == [("mona", "Looks good"), (BOT, f"{first}\ntwo to create")]


def test_what_would_say_the_same_is_left_alone(world: tuple[FakeGitHub, GitHub]) -> None:
    github, client = world
    pull = github.pull("topic")
    comment(client, pull.number, "default", "one to create\n\n")
    github.comments[0].body = github.comments[0].body.rstrip().replace("\n", "\r\n")
    github.log.clear()
    assert comment(client, pull.number, "default", "one to create\n") is False
    assert [line.split()[0] for line in github.log] == ["POST"]  # the question alone


def test_a_preview_is_told_below_the_plan_and_above_what_became_of_the_merge(
    world: tuple[FakeGitHub, GitHub],
) -> None:
    github, client = world
    pull = github.pull("topic")
    comment(client, pull.number, "default", with_preview("default", "one to create", "ids"))
    tell_applied(client, pull.number, "default", find_comment(client, pull.number, "default"), "Applied")
    tell_preview(client, pull.number, "default", "deleted")
    tell_preview(client, pull.number, "default", "deleted")
    ((_, body),) = bodies(github)
    assert body.splitlines() == [
        *("<!-- promptsync plan default -->", "one to create", ""),
        *("<!-- promptsync preview default -->", "deleted", ""),
        *("<!-- promptsync applied default -->", "Applied"),
    ]


def test_the_end_of_a_preview_is_told_where_something_was_told_alone(world: tuple[FakeGitHub, GitHub]) -> None:
    github, client = world
    pull = github.pull("topic")
    tell_preview(client, pull.number, "default", "deleted")
    assert bodies(github) == []


def test_each_target_has_its_own(world: tuple[FakeGitHub, GitHub]) -> None:
    github, client = world
    pull = github.pull("topic")
    for target in ("default", "staging", "default"):
        comment(client, pull.number, target, f"of {target}")
    assert [body.splitlines()[1] for _, body in bodies(github)] == ["of default", "of staging"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(marker("default") + "\nforged", id="someone else's"),
        pytest.param(marker("default") + "\n" + marker("default"), id="twice"),
    ],
)
def test_a_marker_that_someone_else_wrote_is_no_comment_of_ours(world: tuple[FakeGitHub, GitHub], body: str) -> None:
    github, client = world
    pull = github.pull("topic")
    github.comment(pull.number, "mallory", body)
    comment(client, pull.number, "default", "ours")
    assert bodies(github) == [("mallory", body), (BOT, f"{marker('default')}\nours")]


def test_a_quoted_marker_in_our_own_name_is_no_comment_of_ours(world: tuple[FakeGitHub, GitHub]) -> None:
    github, client = world
    pull = github.pull("topic")
    github.comment(pull.number, BOT, f"> {marker('default')}\nanother workflow quotes")
    comment(client, pull.number, "default", "ours")
    assert len(github.comments) == 2


def test_what_an_apply_did_stands_below_the_plan_and_a_second_one_in_its_place(
    world: tuple[FakeGitHub, GitHub],
) -> None:
    github, client = world
    pull = github.pull("topic")
    comment(client, pull.number, "default", "one to create")
    for said in ("failed", "created"):
        found = find_comment(client, pull.number, "default")
        assert found is not None
        tell_applied(client, pull.number, "default", found, said)
        github.comments[0].body = github.comments[0].body.replace("\n", "\r\n")
    plan, applied = marker("default"), marker("default", "applied")
    assert bodies(github) == [(BOT, f"{plan}\r\none to create\r\n\r\n{applied}\r\ncreated")]


def test_a_plan_that_leaves_no_room_gives_way_to_what_was_done(world: tuple[FakeGitHub, GitHub]) -> None:
    github, client = world
    pull = github.pull("topic")
    comment(client, pull.number, "default", "x" * 65_000)
    tell_applied(client, pull.number, "default", find_comment(client, pull.number, "default"), "y" * MAX_APPLIED)
    ((_, body),) = bodies(github)
    assert len(body) <= 65_536
    assert body == f"{marker('default')}\n{marker('default', 'applied')}\n{'y' * MAX_APPLIED}"


def test_what_was_done_is_told_where_no_plan_was(world: tuple[FakeGitHub, GitHub]) -> None:
    github, client = world
    tell_applied(client, github.pull("topic").number, "default", None, "created")
    assert bodies(github) == [(BOT, f"{marker('default')}\n\n{marker('default', 'applied')}\ncreated")]


def test_drift_opens_updates_and_closes_one_issue(world: tuple[FakeGitHub, GitHub]) -> None:
    github, client = world
    assert report_drift(client, "default", "Drift", None) is None
    assert report_drift(client, "default", "1 prompt drifted", "refund") == "opened"
    assert report_drift(client, "default", "1 prompt drifted", "refund") is None
    assert report_drift(client, "default", "2 prompts drifted", "refund, returns") == "updated"
    assert [(one.title, one.state, one.labels) for one in github.issues] == [("2 prompts drifted", "open", [LABEL])]
    assert report_drift(client, "default", "Drift", None) == "closed"
    assert github.issues[0].state == "closed"
    assert report_drift(client, "default", "1 prompt drifted", "again") == "opened"
    assert len(github.issues) == 2


def test_an_issue_that_someone_else_wrote_is_left_alone(world: tuple[FakeGitHub, GitHub]) -> None:
    github, client = world
    number = client.create_issue("planted", marker("default", "drift") + "\nx", LABEL)
    github.issues[0].author = "mallory"
    assert report_drift(client, "default", "Drift", None) is None
    assert report_drift(client, "default", "1 prompt drifted", "refund") == "opened"
    assert [one.number == number for one in github.issues] == [True, False]
