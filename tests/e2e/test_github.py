"""What the action runs, as a runner would: environment, event payload, files, and a small GitHub over HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.world import KEY, Ran, World, current
from tests.github.server import BOT, REPOSITORY, TOKEN, FakeGitHub, Pull, serving
from tests.github.test_runner import parsed
from tests.output.test_github import commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = {"id": 1, "full_name": REPOSITORY}


@dataclass
class Actions:
    """A runner of GitHub Actions on a pull request."""

    world: World
    github: FakeGitHub
    api: str
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    pull: Pull = field(init=False)

    def __post_init__(self) -> None:
        self.github.commit("main", {"README.md": b"shop"}, "first")
        self.github.git("update-ref", "refs/heads/topic", "main")
        self.pull = self.github.pull("topic")
        self.pull.files = ["README.md", "prompts/Default/refund.yaml"]

    def run(
        self,
        *arguments: str,
        verb: str = "check",
        event: str = "pull_request",
        head: Any = None,
        about: dict[str, Any] | None = None,
        **env: str,
    ) -> Ran:
        """Runs `github check` (or another verb) as a step; what an earlier one wrote into the files is gone.

        `about` is what the payload tells besides.
        """
        payload: dict[str, Any] = {"repository": {"default_branch": "main"}, **(about or {})}
        if event == "pull_request":
            topic = {"sha": self.pull.head, "ref": "topic", "repo": head or OURS}
            payload["pull_request"] = {
                "number": self.pull.number,
                "head": topic,
                "base": {"ref": "main", "repo": OURS},
            }
        (self.folder / "event.json").write_text(json.dumps(payload))
        for name in ("output", "summary"):
            (self.folder / name).write_text("")
        given = {
            "GITHUB_ACTOR": "mona",
            "GITHUB_API_URL": self.api,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_GRAPHQL_URL": f"{self.api}/graphql",
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "42",
            "GITHUB_SHA": self.pull.head,
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_WORKSPACE": str(self.world.root.parent),
            "RUNNER_TEMP": str(self.folder),
            **env,
        }
        for name, value in given.items():
            self.monkeypatch.setenv(name, value)
        return self.world.run(f"github {verb}", *arguments)

    @property
    def outputs(self) -> dict[str, str]:
        return parsed((self.folder / "output").read_text())

    @property
    def summary(self) -> str:
        return (self.folder / "summary").read_text()

    @property
    def comments(self) -> list[tuple[str, str]]:
        return [(one.author, one.body) for one in self.github.comments]


@pytest.fixture
def actions(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Actions]:
    world.write(KEY, current())
    folder = tmp_path / "runner"
    folder.mkdir()
    with serving(tmp_path) as (github, api):
        yield Actions(world, github, api, folder, monkeypatch)


def test_the_first_check_tells_the_plan_everywhere(actions: Actions) -> None:
    ran = actions.run()
    assert ran.code == 0
    assert ran.err == "the comment is up to date\n"
    assert [(name, properties["title"]) for name, properties, _ in commands(ran.out)] == [("notice", f"create {KEY}")]
    ((author, body),) = actions.comments
    assert author == BOT
    assert body.startswith("<!-- promptsync plan default -->\n### Plan: 1 to create; 0 unchanged.\n")
    assert "You are the refund assistant" in body or "prompt.messages[0].content" in body
    assert f"Commit {actions.pull.head[:10]} of acme/shop" in actions.summary
    outputs = actions.outputs
    assert {name: outputs[name] for name in ("exit-code", "create", "update", "conflict")} == {
        "exit-code": "0",
        "create": "1",
        "update": "0",
        "conflict": "0",
    }
    saved = json.loads((actions.folder / "promptsync" / "default.json").read_text())
    assert outputs["plan"].endswith("promptsync/default.json")
    assert outputs["digest"] == saved["digest"]
    assert (actions.folder / "promptsync" / "default.html").read_text().startswith("<!doctype html>")
    assert actions.world.writes == []


def test_the_second_push_changes_the_comment_and_nothing_new_leaves_it_alone(actions: Actions) -> None:
    actions.run()
    assert actions.run().err == "the comment says so already\n"
    actions.world.write("Default/other", current())
    assert actions.run().err == "the comment is up to date\n"
    ((_, body),) = actions.comments
    assert "### Plan: 2 to create; 0 unchanged." in body


def test_a_planted_comment_is_no_one_s(actions: Actions) -> None:
    actions.github.comment(actions.pull.number, "mallory", "<!-- promptsync plan default -->\napproved")
    actions.run()
    assert [author for author, _ in actions.comments] == ["mallory", BOT]


def test_a_pull_request_without_prompts_ends_at_once(actions: Actions) -> None:
    actions.pull.files = ["README.md", "prompts.md", "other/prompts/x.yaml"]
    ran = actions.run(ORQ_API_KEY="")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "nothing under prompts is changed here\n"
    assert actions.outputs == {"exit-code": "0"}
    assert (actions.comments, list(actions.world.sandbox.requests)) == ([], [])


def test_more_files_than_github_lists_are_taken_as_a_change(actions: Actions) -> None:
    actions.pull.files = [f"src/{number}.py" for number in range(3_000)]
    assert actions.run().code == 0
    assert len(actions.comments) == 1


@pytest.mark.parametrize(
    ("env", "head"),
    [
        pytest.param({}, {"id": 2, "full_name": "mallory/shop"}, id="a fork"),
        pytest.param({"GITHUB_ACTOR": "dependabot[bot]"}, None, id="Dependabot"),
    ],
)
def test_without_secrets_the_plan_is_offline_and_says_so(actions: Actions, env: dict[str, str], head: Any) -> None:
    ran = actions.run(ORQ_API_KEY="", head=head, **env)
    assert ran.code == 0
    assert "Planned offline: GitHub gives this run no secrets" in actions.summary
    assert "> [!WARNING]\n> Offline" in actions.summary
    assert list(actions.world.sandbox.requests) == []


def test_a_missing_key_is_an_error_otherwise(actions: Actions) -> None:
    ran = actions.run(ORQ_API_KEY="")
    assert ran.code == 1
    assert "ORQ_API_KEY" in ran.err


def test_in_a_merge_queue_there_is_no_comment(actions: Actions) -> None:
    ran = actions.run(event="merge_group")
    assert (ran.code, ran.err) == (0, "told in the job's summary\n")
    assert "### Plan: 1 to create" in actions.summary
    assert actions.comments == []


@pytest.mark.parametrize(
    ("file", "code", "said"),
    [
        ("README.md", 0, "nothing under prompts is changed here\n"),
        ("prompts/Default/other.yaml", 0, "told in the job's summary\n"),
    ],
)
def test_a_merge_queue_is_asked_what_it_would_merge(actions: Actions, file: str, code: int, said: str) -> None:
    base = actions.github.tip("main") or ""
    actions.github.git("update-ref", "refs/heads/gh-readonly-queue/main/pr-7", base)
    head = actions.github.commit("gh-readonly-queue/main/pr-7", {file: b"x"}, "what would be merged")
    about = {"merge_group": {"head_sha": head, "base_sha": base}}
    ran = actions.run(event="merge_group", about=about)
    assert (ran.code, ran.err) == (code, said)
    assert actions.outputs["exit-code"] == "0"
    assert (head[:10] in actions.summary) is (file != "README.md")


def test_what_github_does_not_tell_is_taken_as_a_change(actions: Actions) -> None:
    actions.github.denied.add("files")
    assert actions.run().code == 0
    assert "### Plan: 1 to create" in actions.summary


def test_whatever_fails_is_in_the_summary(actions: Actions) -> None:
    ran = actions.run(ORQ_API_KEY="")
    ((name, _, message),) = commands(ran.out)
    assert (name, "ORQ_API_KEY" in message, "ORQ_API_KEY" in actions.summary) == ("error", True, True)
    assert actions.outputs == {"exit-code": "1"}


def test_a_broken_file_is_annotated_at_its_line(actions: Actions) -> None:
    actions.world.write("Default/broken", "prompt:\n  model: openai/gpt-4o\n  temprature: 1\n  messages: []\n")
    ran = actions.run()
    assert ran.code == 1
    ((name, properties, message),) = commands(ran.out)
    assert (name, properties["line"]) == ("error", "3")
    assert properties["file"].endswith("Default/broken.yaml")
    assert "temperature" in message
    assert actions.outputs == {"exit-code": "1"}


def test_a_comment_never_tells_of_an_older_commit(actions: Actions) -> None:
    actions.run()
    actions.world.write("Default/broken", "prompt:\n  model: openai/gpt-4o\n  temprature: 1\n  messages: []\n")
    ran = actions.run()
    assert ran.err == "1 problem in the prompt files; the comment is up to date\n"
    ((_, body),) = actions.comments
    assert body.startswith("<!-- promptsync plan default -->\n### promptsync: this could not be planned\n")
    assert "Default/broken.yaml:3" in body
    assert "Default/broken.yaml:3" in actions.summary


def test_a_conflict_fails_and_drift_only_if_asked(actions: Actions) -> None:
    world = actions.world
    assert world.apply().code == 0
    world.edit(KEY, temperature=0.9)
    assert actions.run().code == 0
    assert actions.run("--fail-on-drift").code == 3
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.1))
    ran = actions.run()
    assert ran.code == 3
    assert commands(ran.out)[0][0] == "error"
    assert actions.outputs["exit-code"] == "3"


def test_a_token_that_may_not_comment_fails_nothing(actions: Actions) -> None:
    actions.github.denied.add("comments")
    ran = actions.run()
    assert ran.code == 0
    assert [name for name, _, _ in commands(ran.out)] == ["notice", "warning"]
    assert TOKEN not in ran.out + ran.err


def test_a_plan_too_long_for_a_comment_is_whole_on_the_page(actions: Actions) -> None:
    text = "\n".join(f"Rule {number}: {'word ' * 12}" for number in range(1_200))
    data = current()
    data["prompt"]["messages"][0]["content"] = text
    actions.world.write("Default/long", data)
    assert actions.run().code == 0
    ((_, body),) = actions.comments
    assert len(body) <= 65_536
    assert "**1 prompt of 2 did not fit here" in body
    assert "/acme/shop/actions/runs/42" in body
    page = (actions.folder / "promptsync" / "default.html").read_text()
    assert all(f"Rule {number}: word" in page for number in range(1_200))


def test_outside_of_a_workflow_it_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_REPOSITORY", "GITHUB_SHA", "GITHUB_RUN_ID", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    ran = world.run("github check")
    assert ran.code == 1
    assert "GITHUB_REPOSITORY is not what a runner of GitHub Actions sets" in ran.err


def test_drift_opens_one_issue_changes_it_and_closes_it(actions: Actions) -> None:
    world, github = actions.world, actions.github
    assert world.apply().code == 0
    ran = actions.run(verb="drift", event="schedule")
    assert (ran.code, ran.out, ran.err, github.issues) == (0, "", "no drift (target default)\n", [])
    assert actions.summary == "### promptsync: no drift (target default)\n"

    world.edit(KEY, temperature=0.9)
    ran = actions.run(verb="drift", event="schedule")
    assert (ran.code, ran.err) == (0, "1 prompt drifted (target default); the issue was opened\n")
    assert [name for name, _, _ in commands(ran.out)] == ["warning"]
    (issue,) = github.issues
    assert issue.title == "promptsync: 1 prompt of the target default changed in orq.ai"
    assert "prompt.temperature" in issue.body
    assert actions.outputs["drift"] == "1"
    assert actions.run(verb="drift", event="schedule").err == "1 prompt drifted (target default)\n"
    world.edit(KEY, temperature=0.8)
    assert actions.run("--fail-on-drift", verb="drift", event="schedule").code == 3
    assert "0.8" in issue.body

    assert world.run("pull").code == 0
    assert actions.run(verb="drift", event="schedule").err == "no drift (target default); the issue was closed\n"
    assert (issue.state, [one.body for one in github.comments]) == ("closed", ["Nothing differs any more."])
