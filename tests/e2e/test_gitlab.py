"""The example for GitLab CI: each job's own `script` in a shell, a bare repository, the sandbox and a small GitLab."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from promptsync.sandbox import Sandbox, serve
from tests.e2e.checkout import REPOSITORY, Checkout
from tests.e2e.world import KEY, World, current
from tests.gitlab.server import BOT, PROJECT, TOKEN, FakeGitLab, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXAMPLES = REPOSITORY / "docs/examples"
EXAMPLE = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text(encoding="utf-8"))
FIRST = "<!-- promptsync plan default -->"
NUMBER = 5
ON_A_MERGE_REQUEST = {"CI_MERGE_REQUEST_IID": str(NUMBER), "CI_MERGE_REQUEST_PROJECT_ID": str(PROJECT)}
URL = "https://gitlab.example/acme/shop/-/jobs/42"


@dataclass
class Ran:
    """How a job ended, and the folder it ran in."""

    code: int
    out: str
    folder: Path


@dataclass
class Pipelines:
    """A project on GitLab: someone works in `checkout`, and jobs run in clones of their own."""

    world: World
    checkout: Checkout
    gitlab: FakeGitLab
    api: str
    programs: Path
    sandbox_url: str
    count: int = 0

    def push(self, message: str = "Work", branch: str = "main") -> str:
        self.checkout.git("checkout", "-q", "-B", branch)
        commit = self.checkout.commit(message)
        self.checkout.git("push", "-q", "origin", branch)
        return commit

    def clone(self, commit: str) -> Path:
        """What a runner checks out: a commit, on no branch."""
        self.count += 1
        folder = self.programs.parent / f"job-{self.count}"
        subprocess.run(["git", "clone", "-q", str(self.gitlab.bare), str(folder)], check=True)
        subprocess.run(["git", "-C", str(folder), "checkout", "-q", "--detach", commit], check=True)
        shutil.copy(EXAMPLES / "gitlab_note.py", folder)
        return folder

    def run(self, job: str, commit: str, **env: str) -> Ran:
        """Runs a job's script as the shell of a runner does."""
        folder = self.clone(commit)
        script = "\n".join(["set -eo pipefail", *EXAMPLE[job]["script"]])
        given = {
            "CI_API_V4_URL": self.api,
            "CI_COMMIT_SHA": commit,
            "CI_DEFAULT_BRANCH": "main",
            "CI_JOB_URL": URL,
            "CI_PROJECT_ID": str(PROJECT),
            "GITLAB_CI": "true",
            "GITLAB_USER_EMAIL": "mona@example.com",
            "GITLAB_USER_LOGIN": "mona",
            "GITLAB_USER_NAME": "Mona",
            "HOME": os.environ["HOME"],
            "LANG": "C.UTF-8",
            "ORQ_API_KEY": "key-for-tests",
            "ORQ_BASE_URL": self.sandbox_url,
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "PROMPTSYNC_GITLAB_TOKEN": TOKEN,
            "PUSH_URL": str(self.gitlab.bare),
            **(ON_A_MERGE_REQUEST if "check" in job else {}),
            **env,
        }
        ran = subprocess.run(
            ["bash", "-c", script], cwd=folder, env=given, capture_output=True, text=True, check=False, timeout=120
        )
        said = ran.stdout + ran.stderr
        assert "Traceback" not in said
        assert TOKEN not in said
        return Ran(ran.returncode, said, folder)

    def applied(self) -> None:
        """What is on `main` is applied, and the checkout has its lockfile."""
        ran = self.run("promptsync-apply", self.push())
        assert ran.code == 0, ran.out
        self.checkout.git("pull", "-q", "origin", "main")

    def lock(self, branch: str = "main") -> Any:
        return json.loads(self.gitlab.git("show", f"{branch}:prompts/promptsync.lock.json"))["prompts"]

    @property
    def notes(self) -> list[tuple[int, str]]:
        return [(note.author, note.body) for note in self.gitlab.notes]


@pytest.fixture
def pipelines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Pipelines]:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, words in (("promptsync", '-m promptsync "$@"'), ("python3", '"$@"')):
        (programs / name).write_text(f'#!/bin/sh\nPYTHONPATH="{REPOSITORY}" exec "{sys.executable}" {words}\n')
        (programs / name).chmod(0o755)
    work = tmp_path / "work"
    (work / "prompts").mkdir(parents=True)
    checkout = Checkout.init(work)
    with serving(tmp_path) as (gitlab, api), Sandbox() as sandbox, serve(sandbox) as server:
        checkout.git("remote", "add", "origin", str(gitlab.bare))
        world = World(work / "prompts", sandbox, server.url, capsys)
        world.write(KEY, current())
        yield Pipelines(world, checkout, gitlab, api, programs, server.url)


def test_the_first_pipeline_of_a_merge_request_writes_one_note(pipelines: Pipelines) -> None:
    ran = pipelines.run("promptsync-check", pipelines.push(branch="topic"))
    assert ran.code == 0, ran.out
    assert "the note was written" in ran.out
    ((author, body),) = pipelines.notes
    assert author == BOT
    assert body.startswith(f"{FIRST}\n### Plan: 1 to create; 0 unchanged.\n")
    assert json.loads((ran.folder / "plan.json").read_text())["target"] == "default"
    assert pipelines.world.writes == []


def test_another_push_changes_the_note_and_nothing_new_leaves_it(pipelines: Pipelines) -> None:
    commit = pipelines.push(branch="topic")
    pipelines.run("promptsync-check", commit)
    assert "the note was left as it is" in pipelines.run("promptsync-check", commit).out
    pipelines.world.write("Default/other", current())
    assert "the note was changed" in pipelines.run("promptsync-check", pipelines.push(branch="topic")).out
    ((_, body),) = pipelines.notes
    assert "### Plan: 2 to create" in body


def test_someone_else_s_marker_is_not_our_note(pipelines: Pipelines) -> None:
    for number in range(120):
        pipelines.gitlab.write(NUMBER, 1, f"{FIRST}\nplanted {number}")
    commit = pipelines.push(branch="topic")
    pipelines.run("promptsync-check", commit)
    pipelines.run("promptsync-check", commit)
    assert [author for author, _ in pipelines.notes] == [1] * 120 + [BOT]
    assert pipelines.notes[0][1] == f"{FIRST}\nplanted 0"


def test_no_line_of_a_note_is_a_quick_action(pipelines: Pipelines) -> None:
    pipelines.world.write(KEY, current("/merge\n/approve\n```\n/close\n"))
    pipelines.run("promptsync-check", pipelines.push(branch="topic"))
    ((_, body),) = pipelines.notes
    assert "/approve" in body
    assert [line for line in body.splitlines() if line.startswith("/")] == []


def test_a_plan_too_long_for_a_note_names_the_job(pipelines: Pipelines) -> None:
    for number in range(3):
        lines = "\n".join(f"Rule {line}: {'word ' * 20}" for line in range(4_000))
        pipelines.world.write(f"Default/long-{number}", current(lines))
    ran = pipelines.run("promptsync-check", pipelines.push(branch="topic"))
    assert ran.code == 0, ran.out
    ((_, body),) = pipelines.notes
    assert body.startswith(f"{FIRST}\n### Plan: 4 to create")
    assert body.endswith(f"It is too long for a note: see plan.md of {URL}")


def test_a_broken_file_fails_and_a_conflict_is_in_the_note_too(pipelines: Pipelines) -> None:
    pipelines.applied()
    pipelines.world.edit(KEY, temperature=0.9)
    pipelines.world.change(KEY, lambda data: data["prompt"].update(temperature=0.1))
    ran = pipelines.run("promptsync-check", pipelines.push(branch="topic"))
    assert ran.code == 3
    assert "1 conflict" in pipelines.notes[0][1]
    pipelines.world.write(KEY, "prompt:\n  temprature: 1\n")
    ran = pipelines.run("promptsync-check", pipelines.push(branch="topic"))
    assert ran.code == 1
    assert "did you mean" in ran.out
    assert "left as it is: there is no plan" in ran.out


def test_a_token_that_may_not_write_notes_is_told(pipelines: Pipelines) -> None:
    pipelines.gitlab.denied.add("POST")
    ran = pipelines.run("promptsync-check", pipelines.push(branch="topic"))
    assert ran.code == 1
    assert "the note could not be written: <HTTPError 403: 'FORBIDDEN'>" in ran.out


def test_a_fork_plans_offline_without_a_key(pipelines: Pipelines) -> None:
    ran = pipelines.run("promptsync-check-fork", pipelines.push(branch="topic"), ORQ_API_KEY="")
    assert ran.code == 0, ran.out
    assert "Offline" in ran.out
    assert list(pipelines.world.sandbox.requests) == []


def test_an_apply_brings_the_lockfile_home_without_another_pipeline(pipelines: Pipelines) -> None:
    commit = pipelines.push()
    ran = pipelines.run("promptsync-apply", commit)
    assert ran.code == 0, ran.out
    assert list(pipelines.lock()) == [KEY]
    message = pipelines.gitlab.git("log", "-1", "--format=%an%n%B", "main").splitlines()
    assert message[:2] == ["Mona", "Record what is live in orq.ai"]
    assert message[-4:] == [
        "Promptsync-Target: default",
        f"Promptsync-Commit: {commit}",
        f"Promptsync-Run: {URL}",
        "Promptsync-By: mona",
    ]
    assert pipelines.gitlab.push_options == ["refs/heads/main ci.skip"]
    assert pipelines.gitlab.git("diff", "--name-only", f"{commit}..main") == "prompts/promptsync.lock.json"
    pipelines.checkout.git("pull", "-q", "origin", "main")
    assert pipelines.run("promptsync-apply", pipelines.checkout.git("rev-parse", "HEAD").strip()).code == 0
    assert len(pipelines.gitlab.push_options) == 1


def test_an_apply_starts_from_the_tip_and_a_branch_that_moves_meanwhile_is_no_trouble(pipelines: Pipelines) -> None:
    old = pipelines.push()
    pipelines.world.write("Default/other", current())
    pipelines.push("Another")
    quicker = pipelines.checkout.path / "README.md"
    quicker.write_text("shop")
    moves = (
        f'\n[ "$1" = apply ] && git -C "{pipelines.checkout.path}" add README.md'
        f' && git -C "{pipelines.checkout.path}" commit -qm Quicker'
        f' && git -C "{pipelines.checkout.path}" push -q origin main\nexit $code\n'
    )
    program = pipelines.programs / "promptsync"
    program.write_text(program.read_text().replace(" exec", "") + "code=$?" + moves)
    ran = pipelines.run("promptsync-apply", old)
    assert ran.code == 0, ran.out
    assert sorted(pipelines.lock()) == ["Default/other", KEY]
    assert pipelines.gitlab.git("log", "--format=%s", "main").splitlines()[:2] == [
        "Record what is live in orq.ai",
        "Quicker",
    ]


def test_a_protected_branch_gets_a_merge_request(pipelines: Pipelines) -> None:
    commit = pipelines.push()
    pipelines.gitlab.protect()
    ran = pipelines.run("promptsync-apply", commit)
    assert ran.code == 0, ran.out
    assert "https://gitlab.example/acme/shop/-/merge_requests/9" in ran.out
    assert list(pipelines.lock("promptsync/lockfile")) == [KEY]
    assert pipelines.gitlab.push_options[-3:] == [
        "refs/heads/promptsync/lockfile merge_request.create",
        "refs/heads/promptsync/lockfile merge_request.target=main",
        "refs/heads/promptsync/lockfile merge_request.remove_source_branch",
    ]
    assert pipelines.gitlab.git("rev-parse", "main") == commit


def test_the_next_apply_takes_the_lockfile_that_waits(pipelines: Pipelines) -> None:
    pipelines.push()
    pipelines.gitlab.protect()
    pipelines.run("promptsync-apply", pipelines.gitlab.git("rev-parse", "main"))
    (pipelines.gitlab.bare / "protected").unlink()
    pipelines.world.write("Default/other", current())
    commit = pipelines.push()
    pipelines.gitlab.protect()
    ran = pipelines.run("promptsync-apply", commit)
    assert ran.code == 0, ran.out
    assert "Applied: 1 created." in ran.out
    assert sorted(pipelines.lock("promptsync/lockfile")) == ["Default/other", KEY]


def test_with_the_lockfile_on_a_branch_the_same_job_leaves_main_alone(pipelines: Pipelines) -> None:
    (pipelines.world.root / "promptsync.yaml").write_text("lock: {branch: promptsync/state}\n")
    commit = pipelines.push()
    pipelines.gitlab.protect()
    for _ in range(2):
        ran = pipelines.run("promptsync-apply", commit)
        assert ran.code == 0, ran.out
    assert list(pipelines.lock("promptsync/state")) == [KEY]
    assert pipelines.gitlab.git("rev-list", "--count", "promptsync/state") == "1"
    assert pipelines.gitlab.git("rev-parse", "main") == commit


def test_an_apply_that_failed_brings_home_what_it_did(pipelines: Pipelines) -> None:
    pipelines.applied()
    pipelines.world.edit(KEY, temperature=0.9)
    pipelines.world.change(KEY, lambda data: data["prompt"].update(temperature=0.1))
    pipelines.world.write("Default/other", current())
    ran = pipelines.run("promptsync-apply", pipelines.push())
    assert ran.code == 3
    assert sorted(pipelines.lock()) == ["Default/other", KEY]


def test_a_lockfile_that_cannot_come_home_fails_the_job(pipelines: Pipelines) -> None:
    ran = pipelines.run("promptsync-apply", pipelines.push(), PUSH_URL=str(pipelines.gitlab.bare.parent / "gone.git"))
    assert ran.code == 6
    assert (ran.folder / "prompts/promptsync.lock.json").exists()


def test_the_scheduled_pipeline_fails_on_drift_alone(pipelines: Pipelines) -> None:
    pipelines.applied()
    commit = pipelines.checkout.git("rev-parse", "HEAD").strip()
    assert pipelines.run("promptsync-drift", commit).code == 0
    pipelines.world.edit(KEY, temperature=0.9)
    ran = pipelines.run("promptsync-drift", commit)
    assert ran.code == 3
    assert "prompt.temperature" in ran.out


def test_each_job_has_a_rule_an_environment_where_it_has_a_key_and_one_apply_at_a_time() -> None:
    jobs = {name: job for name, job in EXAMPLE.items() if name.startswith("promptsync-")}
    assert all(job["rules"] and job["extends"] == ".promptsync" for job in jobs.values())
    assert {name: job.get("environment", {}).get("name") for name, job in jobs.items()} == {
        "promptsync-check": "promptsync-check",
        "promptsync-check-fork": None,
        "promptsync-apply": "promptsync-apply",
        "promptsync-drift": "promptsync-check",
    }
    assert jobs["promptsync-apply"]["resource_group"] == "promptsync"
    assert len((EXAMPLES / "gitlab_note.py").read_text().splitlines()) <= 60
