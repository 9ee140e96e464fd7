"""The workflows, held to GitHub's hardening guide."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptsync.model.globs import matches

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "docs/examples"
WORKFLOWS = sorted([*(ROOT / ".github/workflows").glob("*.yml"), *EXAMPLES.glob("promptsync-*.yml")])
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def read(name: str) -> dict[str, Any]:
    text = next(file for file in WORKFLOWS if file.name == name).read_text(encoding="utf-8")
    # `on` is a boolean to YAML 1.1.
    return {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("file", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda file: file.name)
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(file: Path) -> None:
    uses = [
        line.strip().removeprefix("- ") for line in file.read_text(encoding="utf-8").splitlines() if "uses: " in line
    ]

    assert uses
    assert [line for line in uses if not PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("file", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda file: file.name)
def test_no_script_has_an_expression_pasted_into_it(file: Path) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    all_steps = content["runs"]["steps"] if "runs" in content else steps(content)

    assert [step["run"] for step in all_steps if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_every_workflow_has_few_rights_and_an_end(file: Path) -> None:
    workflow = read(file.name)

    assert workflow["permissions"] in ({}, {"contents": "read"})
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())
    assert "pull_request_target" not in workflow["on"]
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_the_newest_sdk_is_looked_at_every_week() -> None:
    workflow = read("sdk.yml")

    assert set(workflow["on"]) == {"schedule", "workflow_dispatch"}
    assert [when["cron"].split()[2:4] for when in workflow["on"]["schedule"]] == [["*", "*"]]
    (judged,) = [step for step in steps(workflow) if "PROMPTSYNC_SDK_4_PYTHON" in step.get("env", {})]
    assert judged["run"] == "python -m pytest tests/sdk"
    installed = " ".join(step.get("run", "") for step in steps(workflow))
    assert f"{judged['env']['PROMPTSYNC_SDK_4_PYTHON']} -m pip install -q orq-ai-sdk\n" in installed


def test_the_secret_is_given_to_the_one_step_that_needs_it() -> None:
    for name in ("promptsync-check.yml", "promptsync-apply.yml"):
        workflow = read(name)
        holders = [step["run"] for step in steps(workflow) if "ORQ_API_KEY" in step.get("env", {})]

        assert len(holders) == 1
        assert "promptsync " in holders[0]
        assert str(workflow).count("secrets.") == 1


def test_a_forks_pull_request_is_checked_offline_and_without_the_secret() -> None:
    online, offline = [
        step for step in steps(read("promptsync-check.yml")) if "promptsync check" in step.get("run", "")
    ]

    assert online["if"] == "env.FROM_FORK == 'false'"
    assert online["run"] == "promptsync check"
    assert offline["if"] == "env.FROM_FORK != 'false'"
    assert offline["run"] == "promptsync check --offline"
    assert "env" not in offline


def test_applies_go_one_at_a_time_from_the_tip_of_main() -> None:
    workflow = read("promptsync-apply.yml")
    checkout = steps(workflow)[0]

    assert workflow["concurrency"] == {"group": "promptsync-apply", "cancel-in-progress": False}
    assert checkout["with"]["ref"] == "main"
    assert checkout["with"]["fetch-depth"] == 0
    assert workflow["jobs"]["apply"]["if"] == "github.ref == 'refs/heads/main'"


def test_the_lockfiles_own_commit_starts_no_apply() -> None:
    paths = read("promptsync-apply.yml")["on"]["push"]["paths"]

    assert paths == ["prompts/**", "!prompts/promptsync.lock.json", "!prompts/promptsync.*.lock.json"]


def test_whatever_the_apply_ends_with_its_lockfile_is_kept_and_its_exit_code_is_the_jobs() -> None:
    all_steps = steps(read("promptsync-apply.yml"))
    at = next(number for number, step in enumerate(all_steps) if step.get("id") == "apply")

    assert all_steps[at]["run"] == "exec promptsync apply --yes"
    assert "continue-on-error" not in all_steps[at]
    after = all_steps[at + 1 :]
    assert [step["name"] for step in after] == ["Keep the lockfile and the journal", "Bring the lockfile home"]
    assert {step["if"] for step in after} == {"always() && steps.apply.outcome != 'skipped'"}
    # .promptsync is hidden, and an artefact leaves hidden files out unless told.
    assert after[0]["with"]["include-hidden-files"] is True


def test_what_keeps_the_lockfile_from_coming_home_fails_the_job() -> None:
    """An exit code within a condition of the shell would be lost."""
    for name in ("promptsync-apply.yml", "promptsync-apply-parts.yml"):
        (home,) = [step["run"] for step in steps(read(name)) if step.get("name") == "Bring the lockfile home"]
        assert home.splitlines()[:2] == ["gh auth setup-git", "where=$(promptsync lock push)"]


def test_the_parts_are_applied_as_the_whole_is() -> None:
    """What is not about parts is word for word that of the workflows that they stand in for."""
    whole, parts = read("promptsync-apply.yml"), read("promptsync-apply-parts.yml")
    assert {name: whole[name] for name in ("on", "permissions", "concurrency")} == {
        name: parts[name] for name in ("on", "permissions", "concurrency")
    }
    part, join = parts["jobs"]["part"], parts["jobs"]["join"]
    assert part["if"] == whole["jobs"]["apply"]["if"]
    assert part["steps"][:4] == join["steps"][:4] == whole["jobs"]["apply"]["steps"][:4]
    assert part["strategy"]["fail-fast"] is False
    assert join["if"] == "always() && needs.part.result != 'skipped'"


def test_the_parts_that_are_checked_are_those_that_are_applied_and_hold_each_shipped_prompt_once() -> None:
    checked, applied = (
        read(f"promptsync-{verb}-parts.yml")["jobs"]["part"]["strategy"]["matrix"]["include"]
        for verb in ("check", "apply")
    )
    keys = [file.relative_to(ROOT / "prompts").with_suffix("").as_posix() for file in ROOT.glob("prompts/*/**/*.yaml")]
    globs = [glob for part in applied for glob in part["only"].split() if glob != "--only"]

    assert checked == applied
    assert keys
    assert [key for key in keys if sum(matches(key, [glob]) for glob in globs) != 1] == []


def test_the_secret_is_given_to_none_but_promptsync_in_the_parts() -> None:
    for name in ("promptsync-check-parts.yml", "promptsync-apply-parts.yml"):
        for step in steps(read(name)):
            called = re.search(r"promptsync (apply|plan|check(?! --offline))", step.get("run", "")) is not None
            assert ("ORQ_API_KEY" in step.get("env", {})) is called, step


def executable(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


# What others build on: the action and the pre-commit hook.


def test_the_action_hands_its_inputs_on_as_words_and_as_nothing_else(tmp_path: Path) -> None:
    step = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"][-1]
    (tmp_path / "promptsync/bin").mkdir(parents=True)
    executable(tmp_path / "promptsync/bin/promptsync", '#!/usr/bin/env bash\nprintf "%s\\n" "$@"\nexit 3\n')
    inputs = {
        "RUNNER_TEMP": str(tmp_path),
        "INPUT_COMMAND": "check",
        "INPUT_DIR": "my prompts",
        "INPUT_TARGET": "default; touch owned",
        "INPUT_ARGS": "--only Default/** \n $(touch owned) --fail-on-drift",
    }

    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env=inputs | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )

    assert done.stdout.splitlines() == [
        *("check", "--dir", "my prompts", "--target", "default; touch owned"),
        *("--only", "Default/**", "$(touch", "owned)", "--fail-on-drift"),
    ]
    assert done.returncode == 3
    assert not (tmp_path / "owned").exists()
    assert set(step["env"]) == {name for name in inputs if name.startswith("INPUT_")}


def test_the_pre_commit_hook_validates_the_whole_tree_at_once() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

    assert hook["id"] == "promptsync-validate"
    assert hook["entry"] == "promptsync validate"
    assert hook["pass_filenames"] is False
    assert re.search(hook["files"], "prompts/Default/Support/refund.system.md")
