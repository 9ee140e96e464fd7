"""This repository's own workflows, followed on its own tree: a sandbox in the job holds what was applied last."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from promptsync.cli import main as cli
from promptsync.sandbox import Sandbox, serve
from tests.e2e.checkout import REPOSITORY, Checkout
from tests.e2e.test_action import propose
from tests.github.actions import INSTALL, Runners
from tests.github.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.github.actions import Job

WORKFLOWS = ".github/workflows"
REFUND = "prompts/Default/Support/refund.yaml"
LOCK = "prompts/promptsync.lock.json"
IGNORED = shutil.ignore_patterns("__pycache__", ".promptsync", "*.lock.json")


@pytest.fixture
def runners(tmp_path: Path) -> Iterator[Runners]:
    """This repository on the GitHub of the tests. The port of the sandbox is one that is free."""
    tree = tmp_path / "tree"
    for folder in (".github", "action", "promptsync", "prompts"):
        shutil.copytree(REPOSITORY / folder, tree / folder, ignore=IGNORED)
    shutil.copyfile(REPOSITORY / "action.yml", tree / "action.yml")
    port = free_port()
    for file in (tree / ".github").rglob("*.yml"):
        file.write_text(file.read_text(encoding="utf-8").replace("8700", port), encoding="utf-8")
    checkout = Checkout.init(tree)
    checkout.commit("All of it")
    with serving(tmp_path) as (github, api):
        checkout.git("push", "-q", str(github.git_folder), "HEAD:main")
        made = Runners(github, api, tmp_path / "actions")
        made.skipped = {INSTALL, "Install the sandbox"}
        yield made


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def workflow(runners: Runners, name: str) -> dict[str, Any]:
    text = runners.github.file("main", f"{WORKFLOWS}/promptsync-{name}.yml")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def last(job: Job) -> dict[str, str]:
    """The outputs of the action, without what is nought."""
    outputs = job.step("./").outputs
    return {name: value for name, value in outputs.items() if value not in ("", "0") and "/" not in value}


def counts(job: Job) -> dict[str, str]:
    return {name: value for name, value in last(job).items() if name != "digest"}


def commit_lock(runners: Runners, tmp_path: Path) -> None:
    """The prompts of main were applied once, and the lockfile has come home."""
    tree = tmp_path / "applied"
    subprocess.run(["git", "clone", "-q", str(runners.github.git_folder), str(tree)], check=True)
    with Sandbox() as sandbox, serve(sandbox) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORQ_API_KEY", "any")
        assert cli.run(["apply", "--yes", "--dir", str(tree / "prompts"), "--base-url", server.url]) == 0
    runners.github.commit("main", {LOCK: (tree / LOCK).read_bytes()}, "Update the prompt lockfile")


def warmer(runners: Runners) -> bytes:
    """The refund prompt with another temperature."""
    return runners.github.file("main", REFUND).replace(b"temperature: 0.3", b"temperature: 0.7")


def test_before_anything_was_applied_a_check_plans_to_create_all(runners: Runners) -> None:
    event = propose(runners, {REFUND: warmer(runners)})

    job = runners.run(workflow(runners, "check"), event)

    assert not job.failed, job.log
    assert counts(job) == {"create": "10"}


def test_a_check_tells_what_a_pull_request_changes_of_what_was_applied(runners: Runners, tmp_path: Path) -> None:
    commit_lock(runners, tmp_path)
    event = propose(runners, {REFUND: warmer(runners)})

    job = runners.run(workflow(runners, "check"), event)

    assert not job.failed, job.log
    assert counts(job) == {"update": "1", "unchanged": "9"}
    (comment,) = runners.github.comments
    assert "prompt.temperature" in comment.body


def test_there_is_no_drift_since_no_one_else_can_reach_the_sandbox(runners: Runners, tmp_path: Path) -> None:
    commit_lock(runners, tmp_path)

    job = runners.run(workflow(runners, "drift"), runners.on_branch("schedule"))

    assert not job.failed, job.log
    assert counts(job) == {"unchanged": "10"}
    assert runners.github.issues == []


def test_an_apply_brings_the_lockfile_home_and_the_next_check_starts_from_it(runners: Runners, tmp_path: Path) -> None:
    commit_lock(runners, tmp_path)
    before = json.loads(runners.github.file("main", LOCK))["prompts"]["Default/Support/refund"]
    merged = runners.github.tip("main") or ""
    runners.github.commit("main", {REFUND: warmer(runners)}, "Warmer")

    job = runners.run(workflow(runners, "apply"), runners.on_branch("push", before=merged))

    assert not job.failed, job.log
    after = json.loads(runners.github.file("main", LOCK))["prompts"]["Default/Support/refund"]
    assert (after["id"], after["version"] != before["version"]) == (before["id"], True)
    again = runners.run(workflow(runners, "apply"), runners.on_branch("workflow_dispatch"))
    assert counts(again) == {"unchanged": "10"}, again.log


def test_what_is_not_on_main_is_not_applied(runners: Runners) -> None:
    propose(runners, {REFUND: warmer(runners)})

    job = runners.run(workflow(runners, "apply"), runners.on_branch("workflow_dispatch", branch="topic"))

    assert job.steps == []
