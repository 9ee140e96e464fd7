"""The action as a workflow uses it: its own steps, followed on the GitHub and the service of the tests."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import venv
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.e2e.checkout import REPOSITORY
from tests.e2e.world import KEY, World, current
from tests.github.actions import INSTALL, Runners
from tests.github.server import BOT, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.github.actions import Event

CHECKOUT = {"uses": "actions/checkout@v6", "with": {"fetch-depth": 0, "persist-credentials": False}}
ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text(encoding="utf-8"))
CANARY = "canary-canary-canary"


@pytest.fixture
def runners(world: World, tmp_path: Path) -> Iterator[Runners]:
    """A repository whose main branch has no prompt yet, runners for it, and a key as its secret."""
    with serving(tmp_path) as (github, api):
        github.commit("main", {"README.md": b"shop"}, "first")
        made = Runners(github, api, tmp_path / "actions", {"ORQ_API_KEY": CANARY})
        made.env["ORQ_BASE_URL"] = world.url
        yield made


def propose(runners: Runners, files: dict[str, Any], branch: str = "topic") -> Event:
    """Someone pushes files to a branch, with a pull request for it."""
    github = runners.github
    if github.tip(branch) is None:
        github.git("update-ref", f"refs/heads/{branch}", "main")
    github.commit(branch, {path: data if isinstance(data, bytes) else dump(data) for path, data in files.items()}, "x")
    pull = next((one for one in github.pulls if one.branch == branch), None) or github.pull(branch)
    pull.head = github.tip(branch) or ""
    return runners.pull_request(pull)


def dump(data: Any) -> bytes:
    return yaml.safe_dump(data, sort_keys=False).encode()


def workflow(*before: dict[str, Any], key: str = "${{ secrets.ORQ_API_KEY }}", **inputs: Any) -> dict[str, Any]:
    """A workflow that checks out, and uses the action with these inputs."""
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    uses = {"name": "promptsync", "uses": "promptsync/promptsync@v0", "with": given, "env": {"ORQ_API_KEY": key}}
    return {"jobs": {"job": {"steps": [CHECKOUT, *before, uses]}}}


def artefacts(runners: Runners) -> dict[str, list[str]]:
    """The names of the files of each artefact."""
    return {
        one.name: zipfile.ZipFile(io.BytesIO(one.data)).namelist()
        for one in sorted(runners.github.artefacts, key=lambda one: one.name)
    }


def test_a_pull_request_is_told_its_plan_and_later_steps_its_counts(runners: Runners, world: World) -> None:
    event = propose(runners, {f"prompts/{KEY}.yaml": current()})

    job = runners.run(workflow(command="check"), event)

    assert not job.failed, job.log
    ((author, body),) = [(one.author, one.body) for one in runners.github.comments]
    assert author == BOT
    assert "### Plan: 1 to create; 0 unchanged." in body
    assert "### Plan: 1 to create" in job.summary
    outputs = job.step("promptsync").outputs
    assert {name: outputs[name] for name in ("exit-code", "create", "update", "orphan", "unchanged")} == {
        "exit-code": "0",
        "create": "1",
        "update": "0",
        "orphan": "0",
        "unchanged": "0",
    }
    assert outputs.keys() == ACTION["outputs"].keys()
    assert outputs["report"].endswith("/default.html")
    assert artefacts(runners) == {
        "promptsync-plan-default": ["default.json"],
        "promptsync-report-default": ["default.html"],
    }
    plan, _ = sorted(runners.github.artefacts, key=lambda one: one.name)
    assert plan.commit == event.head
    saved = json.loads(zipfile.ZipFile(io.BytesIO(plan.data)).read("default.json"))
    assert saved["digest"] == outputs["digest"]
    assert world.writes == []


def test_the_step_ends_as_promptsync_does_and_what_it_made_is_kept(runners: Runners, world: World) -> None:
    world.write(KEY, current())
    assert world.apply().code == 0
    world.edit(KEY, temperature=0.9)
    changed = current("Ours.")
    changed["prompt"]["temperature"] = 0.1
    event = propose(
        runners, {f"prompts/{KEY}.yaml": changed, "prompts/promptsync.lock.json": world.lock_path.read_bytes()}
    )

    job = runners.run(workflow(command="check"), event)

    assert job.step("Run promptsync").ended == 3
    assert job.step("promptsync").outcome == "failure"
    assert job.step("promptsync").outputs["exit-code"] == "3"
    assert job.step("promptsync").outputs["conflict"] == "1"
    assert list(artefacts(runners)) == ["promptsync-plan-default", "promptsync-report-default"]


def test_a_key_that_is_missing_fails_with_its_exit_code(runners: Runners) -> None:
    event = propose(runners, {f"prompts/{KEY}.yaml": current()})

    job = runners.run(workflow(command="check", key=""), event)

    assert job.step("promptsync").outputs["exit-code"] == "1"
    assert "ORQ_API_KEY" in job.log
    assert artefacts(runners) == {}


def test_a_fork_is_planned_offline_without_the_secret(runners: Runners, world: World) -> None:
    propose(runners, {f"prompts/{KEY}.yaml": current()})
    (pull,) = runners.github.pulls
    event = runners.pull_request(pull, head={"id": 2, "full_name": "mallory/shop"})

    job = runners.run(workflow(command="check"), event)

    assert not job.failed, job.log
    assert "Planned offline" in job.summary
    assert "ORQ_API_KEY" not in {name for name, value in job.step("Run promptsync").env.items() if value}
    assert list(world.sandbox.requests) == []


def test_a_merge_queue_is_checked_and_its_plan_is_in_the_summary(runners: Runners) -> None:
    propose(runners, {f"prompts/{KEY}.yaml": current()}, branch="gh-readonly-queue/main/pr-101")
    group = {"base_sha": runners.github.tip("main"), "head_sha": runners.github.tip("gh-readonly-queue/main/pr-101")}
    event = runners.on_branch("merge_group", "gh-readonly-queue/main/pr-101", merge_group=group)

    job = runners.run(workflow(command="check"), event)

    assert not job.failed, job.log
    assert "### Plan: 1 to create" in job.summary
    assert runners.github.comments == []


def test_drift_is_an_issue(runners: Runners, world: World) -> None:
    world.write(KEY, current())
    assert world.apply().code == 0
    files = {"prompts/promptsync.lock.json": world.lock_path.read_bytes(), f"prompts/{KEY}.yaml": dump(world.read(KEY))}
    runners.github.commit("main", files, "applied")
    world.edit(KEY, temperature=0.9)

    job = runners.run(workflow(command="drift", fail_on_drift=True), runners.on_branch("schedule"))

    assert job.step("promptsync").outputs["exit-code"] == "3", job.log
    assert job.step("promptsync").outputs["drift"] == "1"
    assert len(runners.github.issues) == 1


def merge(runners: Runners) -> Event:
    """Someone merges the pull request; gives the push that this is."""
    before = runners.github.tip("main") or ""
    runners.github.merge(runners.github.pulls[0])
    return runners.on_branch("push", before=before)


def test_what_a_check_has_shown_is_applied_once_it_is_merged(runners: Runners, world: World) -> None:
    runners.run(workflow(command="check"), propose(runners, {f"prompts/{KEY}.yaml": current()}))

    job = runners.run(workflow(command="apply", approval="approved"), merge(runners))

    assert not job.failed, job.log
    assert job.step("promptsync").outputs["create"] == "1"
    home = json.loads(runners.github.file("main", "prompts/promptsync.lock.json"))["prompts"]
    assert [one["_id"] for one in world.sandbox.prompts()] == [home[KEY]["id"]]
    (comment,) = runners.github.comments
    assert "Applied by [run 42]" in comment.body
    assert artefacts(runners)["promptsync-state-default"] == ["promptsync.lock.json"]


def test_the_workflows_to_copy_carry_a_prompt_from_pull_request_to_drift(runners: Runners, world: World) -> None:
    check, apply, drift = (REPOSITORY / f"docs/examples/promptsync-{verb}.yml" for verb in ("check", "apply", "drift"))

    assert not runners.run(check, propose(runners, {f"prompts/{KEY}.yaml": current()})).failed
    applied = runners.run(apply, merge(runners))
    assert not applied.failed, applied.log
    (comment,) = runners.github.comments
    assert "Applied by [run 42]" in comment.body

    home = json.loads(runners.github.file("main", "prompts/promptsync.lock.json"))["prompts"]
    world.sandbox.ui_edit(home[KEY]["id"], {"prompt": {"temperature": 0.9}})
    watched = runners.run(drift, runners.on_branch("schedule"))
    assert not watched.failed, watched.log
    assert [issue.state for issue in runners.github.issues] == ["open"]


def test_what_no_check_has_shown_is_not_applied(runners: Runners, world: World) -> None:
    propose(runners, {f"prompts/{KEY}.yaml": current()})

    job = runners.run(workflow(command="apply", approval="approved"), merge(runners))

    assert job.step("promptsync").outputs["exit-code"] == "5", job.log
    assert world.sandbox.prompts() == []


def test_a_lockfile_that_did_not_come_home_is_kept_with_the_run(runners: Runners, world: World) -> None:
    propose(runners, {f"prompts/{KEY}.yaml": current()})
    event = merge(runners)
    runners.github.denied |= {"createCommitOnBranch", "refs", "pulls", "commits", "trees"}

    job = runners.run(workflow(command="apply"), event)

    assert job.step("promptsync").outputs["exit-code"] == "6", job.log
    (kept,) = [one for one in runners.github.artefacts if one.name == "promptsync-state-default"]
    lock = json.loads(zipfile.ZipFile(io.BytesIO(kept.data)).read("promptsync.lock.json"))
    assert [one["_id"] for one in world.sandbox.prompts()] == [lock["prompts"][KEY]["id"]]


def test_a_run_that_is_cancelled_ends_in_good_order(runners: Runners, world: World) -> None:
    propose(runners, {f"prompts/Default/{number}.yaml": current() for number in range(40)})
    event = merge(runners)
    world.sandbox.behaviour = replace(world.sandbox.behaviour, latency=0.2)
    runners.cancelled_when = lambda: len(world.sandbox.prompts()) > 3

    job = runners.run(workflow(command="apply"), event)

    assert job.step("promptsync").outputs["exit-code"] == "130", job.log
    home = json.loads(runners.github.file("main", "prompts/promptsync.lock.json"))["prompts"]
    assert {entry["id"] for entry in home.values()} == {one["_id"] for one in world.sandbox.prompts()}
    assert 3 < len(home) < 40
    assert "promptsync-state-default" in artefacts(runners)


@pytest.mark.parametrize(
    "folder", ["my prompts", "--help", "a'b\"c", "$(touch owned)", "`touch owned`", "a;touch owned"]
)
def test_a_folder_may_be_called_anything_and_is_found(runners: Runners, folder: str) -> None:
    event = propose(runners, {f"{folder}/{KEY}.yaml": current()})

    job = runners.run(workflow(command="check", dir=folder), event)

    assert job.step("promptsync").outputs["create"] == "1", job.log
    assert list(job.workspace.rglob("owned")) + list(job.temp.rglob("owned")) == []


@pytest.mark.parametrize("name", ["target", "max-deletes", "approval", "prune", "dir", "command"])
def test_an_input_that_no_one_can_mean_is_wrong_usage_and_starts_nothing(runners: Runners, name: str) -> None:
    event = propose(runners, {f"prompts/{KEY}.yaml": current()})
    inputs: dict[str, Any] = {"command": "check", name: "x\n::warning::$(touch owned)\nexit-code=0"}

    job = runners.run(workflow(**inputs), event)

    assert job.step("promptsync").outputs["exit-code"] == "64"
    assert [line for line in job.log.splitlines() if line.startswith("::")] == [
        line for line in job.log.splitlines() if line.startswith(f"::error title=promptsync::the input {name} is ")
    ]
    assert list(job.workspace.rglob("owned")) + list(artefacts(runners)) == []


def spy(ran: Path) -> bytes:
    """Python that tells that it was run."""
    return f"import os\nopen({str(ran)!r}, 'a').write(__file__ + repr(dict(os.environ)))\n".encode()


def hostile(ran: Path) -> dict[str, bytes]:
    """Files by which a pull request would like to be run, of which `ran` would tell."""
    module, program = spy(ran), f"#!/bin/sh\nenv >> '{ran}'\n".encode()
    modules = ("sitecustomize", "usercustomize", "httpx", "click", "json", "encodings/__init__", "pip/__init__")
    programs = ("python", "python3", "git", "pip3", "bash", "env")
    return {
        "prompts/promptsync.yaml": b"policies: {}\n",
        **{f"{place}{name}.py": module for place in ("", "prompts/", "action/", "promptsync/") for name in modules},
        **{f"{place}{name}": program for place in ("", "bin/", ".venv/bin/") for name in programs},
        "promptsync/__init__.py": module,
        "promptsync/cli/main.py": module,
        "action/main.py": module,
        "action/requirements.txt": b"evil==1\n",
        "action.yml": b"runs: {using: composite, steps: [{shell: bash, run: exit 9}]}\n",
        "evil.pth": f"import os; open({str(ran)!r}, 'w')\n".encode(),
        "pip.conf": b"[global]\nindex-url = http://127.0.0.1:1/\n",
        "setup.py": module,
        "pyproject.toml": b"[build-system]\nrequires = ['evil']\n",
        "pyvenv.cfg": b"home = .\n",
        ".python-version": b"2.7\n",
        ".env": b"BASH_ENV=./git\n",
    }


PLANTED = {
    "name": "planted",
    "run": "chmod -R +x .; git config core.fsmonitor ./git; git config core.hooksPath .; git config core.pager ./git;"
    " git config alias.rev-parse '!./git'",
}


def test_nothing_of_a_pull_request_is_run_or_imported(runners: Runners, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    event = propose(runners, {f"prompts/{KEY}.yaml": current(), **hostile(ran)})

    job = runners.run(workflow(PLANTED, command="check"), event)

    assert job.step("promptsync").outputs.get("create") == "1", job.log
    assert not ran.exists(), ran.read_text()
    assert list(job.workspace.rglob("*.pyc")) == []


def test_the_key_is_in_the_environment_of_the_one_step_that_asks_the_service(runners: Runners) -> None:
    event = propose(runners, {f"prompts/{KEY}.yaml": current()})

    job = runners.run(workflow(command="check"), event)

    inside = [step for step in job.steps if step.name not in ("promptsync", "actions/checkout")]
    assert [step.name for step in inside if step.env.get("ORQ_API_KEY") == CANARY] == ["Run promptsync"]
    assert [step.name for step in inside if "GITHUB_TOKEN" in step.env] == ["Run promptsync"]
    assert CANARY not in job.log + job.summary
    files = [path for path in job.temp.parent.rglob("*") if path.is_file()]
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []


def has_index(folder: Path) -> bool:
    """Whether pip reaches a package index from here."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--retries", "0", "--timeout", "10"]
    return subprocess.run([*command, "-d", str(folder), "typing-extensions"], capture_output=True).returncode == 0


def test_what_it_installs_by_hash_is_all_that_it_needs(runners: Runners, tmp_path: Path) -> None:
    if not has_index(tmp_path / "probe"):
        pytest.skip("no package index is reached from here")
    venv.create(tmp_path / "bare", with_pip=True)
    bare = tmp_path / "bare/bin/python"
    told = tmp_path / "told"
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho \"$*\" >> '{told}'; env >> '{told}'\nexec '{bare}' \"$@\"\n", encoding="utf-8")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    runners.python, runners.skipped = str(python), set()
    runners.env |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    ran = tmp_path / "ran"
    event = propose(runners, {f"prompts/{KEY}.yaml": current(), **hostile(ran)})

    job = runners.run(workflow(PLANTED, command="check"), event)

    assert job.step(INSTALL).ended == 0, job.log
    assert not ran.exists(), ran.read_text()
    assert job.step("promptsync").outputs["create"] == "1", job.log
    assert (job.temp / "promptsync-packages/httpx").is_dir()
    installing, running = told.read_text().split("main.py run")
    assert (CANARY in installing, CANARY in running) == (False, True)
