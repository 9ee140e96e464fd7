"""The workflows, held to GitHub's hardening guide."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptsync.model.globs import matches

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "docs/examples"
WORKFLOWS = sorted([*(ROOT / ".github/workflows").glob("*.yml"), *EXAMPLES.glob("promptsync-*.yml")])
ACTIONS = [ROOT / "action.yml", *sorted((ROOT / ".github/actions").glob("*/action.yml"))]
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+\.\d+)?$")


def read(folder: Path, name: str) -> dict[str, Any]:
    text = (folder / name).read_text(encoding="utf-8")
    # `on` is a boolean to YAML 1.1.
    return {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=lambda file: file.name)
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(file: Path) -> None:
    uses = [
        line.strip().removeprefix("- ") for line in file.read_text(encoding="utf-8").splitlines() if "uses: " in line
    ]

    assert uses
    assert [line for line in uses if not PINNED.fullmatch(line) and not line.startswith("uses: ./")] == []


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=lambda file: file.name)
def test_no_script_has_an_expression_pasted_into_it(file: Path) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    all_steps = content["runs"]["steps"] if "runs" in content else steps(content)

    assert [step["run"] for step in all_steps if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_every_workflow_has_few_rights_and_an_end(file: Path) -> None:
    workflow = read(file.parent, file.name)

    assert workflow["permissions"] in ({}, {"contents": "read"})
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())
    assert "pull_request_target" not in workflow["on"]
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_the_newest_sdk_is_looked_at_every_week() -> None:
    workflow = read(ROOT / ".github/workflows", "sdk.yml")

    assert set(workflow["on"]) == {"schedule", "workflow_dispatch"}
    assert [when["cron"].split()[2:4] for when in workflow["on"]["schedule"]] == [["*", "*"]]
    (judged,) = [step for step in steps(workflow) if "PROMPTSYNC_SDK_4_PYTHON" in step.get("env", {})]
    assert judged["run"] == "python -m pytest tests/sdk"
    installed = " ".join(step.get("run", "") for step in steps(workflow))
    assert f"{judged['env']['PROMPTSYNC_SDK_4_PYTHON']} -m pip install -q orq-ai-sdk\n" in installed


@pytest.mark.parametrize("verb", ["check", "apply", "drift"])
def test_a_users_workflow_is_short_and_gives_one_key_to_one_step(verb: str) -> None:
    file = EXAMPLES / f"promptsync-{verb}.yml"
    workflow = read(EXAMPLES, file.name)
    (job,) = workflow["jobs"].values()
    checkout, action = job["steps"]

    assert len(file.read_text(encoding="utf-8").splitlines()) <= 25
    assert "paths" not in (workflow["on"].get("pull_request") or {})
    assert job["environment"] == ("promptsync-apply" if verb == "apply" else "promptsync-check")
    assert checkout["with"]["fetch-depth"] == 0
    assert action["with"] == {"command": verb}
    assert action["env"] == {"ORQ_API_KEY": "${{ secrets.ORQ_API_KEY }}"}
    assert str(workflow).count("secrets.") == 1


def test_the_workflow_of_previews_is_the_check_with_an_end_and_a_key_of_its_own() -> None:
    check, preview = read(EXAMPLES, "promptsync-check.yml"), read(EXAMPLES, "promptsync-preview.yml")
    (usual,), (job,) = check["jobs"].values(), preview["jobs"].values()

    assert "closed" in preview["on"]["pull_request"]["types"]
    assert preview["concurrency"] == {"group": check["concurrency"]["group"]}
    assert job["environment"] == usual["environment"]
    assert job["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert job["steps"][0] == usual["steps"][0]
    assert job["steps"][1]["with"] == {"command": "check", "preview": True}
    assert job["steps"][1]["env"] == {name: f"${{{{ secrets.{name} }}}}" for name in ("ORQ_API_KEY", "ORQ_PREVIEW_KEY")}


@pytest.mark.parametrize("verb", ["check", "apply", "drift"])
def test_our_own_workflow_is_the_users_without_a_key(verb: str) -> None:
    """Events, rights and order of runs are the same; the service is a sandbox."""
    name = f"promptsync-{verb}.yml"
    theirs, ours = read(EXAMPLES, name), read(ROOT / ".github/workflows", name)
    (their_job,), (our_job,) = theirs["jobs"].values(), ours["jobs"].values()

    assert set(theirs["on"]) <= set(ours["on"])
    assert (ours["permissions"], ours["concurrency"]) == (theirs["permissions"], theirs["concurrency"])
    assert our_job["permissions"] == their_job["permissions"]
    assert our_job["steps"][0] == their_job["steps"][0]
    assert [step["uses"] for step in our_job["steps"][1:]] == ["./.github/actions/sandbox", "./"]
    assert our_job["steps"][-1]["with"] == their_job["steps"][-1]["with"]
    assert our_job["env"]["ORQ_BASE_URL"] == "http://127.0.0.1:8700"
    assert "secrets." not in str(ours)


def test_applies_go_one_at_a_time_from_the_tip_of_main() -> None:
    for folder in (EXAMPLES, ROOT / ".github/workflows"):
        workflow = read(folder, "promptsync-apply.yml")

        assert workflow["concurrency"] == {"group": "promptsync-apply", "cancel-in-progress": False}
        assert steps(workflow)[0]["with"]["ref"] == "main"
        assert workflow["on"]["push"]["branches"] == ["main"]


def test_what_keeps_the_lockfile_from_coming_home_fails_the_job() -> None:
    """An exit code within a condition of the shell would be lost."""
    parts = steps(read(EXAMPLES, "promptsync-apply-parts.yml"))
    (home,) = [step["run"] for step in parts if step.get("name") == "Bring the lockfile home"]
    assert home.splitlines()[:2] == ["gh auth setup-git", "where=$(promptsync lock push)"]


def test_the_parts_are_applied_as_the_whole_is() -> None:
    whole, parts = read(EXAMPLES, "promptsync-apply.yml"), read(EXAMPLES, "promptsync-apply-parts.yml")
    part, join = parts["jobs"]["part"], parts["jobs"]["join"]
    assert parts["concurrency"] == whole["concurrency"]
    assert parts["on"]["push"]["branches"] == whole["on"]["push"]["branches"]
    assert part["if"] == "github.ref == 'refs/heads/main'"
    assert part["steps"][:4] == join["steps"][:4]
    assert part["steps"][0] == whole["jobs"]["apply"]["steps"][0]
    assert part["strategy"]["fail-fast"] is False
    assert join["if"] == "always() && needs.part.result != 'skipped'"


def test_the_parts_that_are_checked_are_those_that_are_applied_and_hold_each_shipped_prompt_once() -> None:
    checked, applied = (
        read(EXAMPLES, f"promptsync-{verb}-parts.yml")["jobs"]["part"]["strategy"]["matrix"]["include"]
        for verb in ("check", "apply")
    )
    keys = [file.relative_to(ROOT / "prompts").with_suffix("").as_posix() for file in ROOT.glob("prompts/*/**/*.yaml")]
    globs = [glob for part in applied for glob in part["only"].split() if glob != "--only"]

    assert checked == applied
    assert keys
    assert [key for key in keys if sum(matches(key, [glob]) for glob in globs) != 1] == []


def test_the_secret_is_given_to_none_but_promptsync_in_the_parts() -> None:
    for name in ("promptsync-check-parts.yml", "promptsync-apply-parts.yml"):
        for step in steps(read(EXAMPLES, name)):
            called = re.search(r"promptsync (apply|plan|check(?! --offline))", step.get("run", "")) is not None
            assert ("ORQ_API_KEY" in step.get("env", {})) is called, step


HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}


def run_hook(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """As pre-commit does: the words of the entry, without a shell, in the root of the repository."""
    command, *words = shlex.split(HOOKS[name]["entry"])
    assert command == "promptsync"
    return subprocess.run(
        [sys.executable, "-m", "promptsync", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", ["promptsync-validate", "promptsync-fmt"])
def test_a_pre_commit_hook_looks_at_the_whole_tree_whatever_was_changed(name: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "prompts", tmp_path / "prompts", ignore=shutil.ignore_patterns(".promptsync"))

    assert (HOOKS[name]["pass_filenames"], HOOKS[name]["always_run"]) == (False, True)
    assert HOOKS[name]["language"] == "python"
    assert run_hook(name, tmp_path).returncode == 0

    # A commit that only takes away the text that a file names.
    (tmp_path / "prompts/Default/Support/refund.system.md").unlink()
    done = run_hook(name, tmp_path)

    assert done.returncode == 1
    assert "prompts/Default/Support/refund.yaml" in done.stderr


def test_the_hook_that_lays_out_changes_files_by_which_pre_commit_fails(tmp_path: Path) -> None:
    folder = tmp_path / "prompts/Default"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text("prompt: {model: openai/gpt-4o, messages: []}\n", encoding="utf-8")

    done = run_hook("promptsync-fmt", tmp_path)

    assert (done.returncode, done.stdout) == (0, "prompts/Default/a.yaml\n")
    assert (folder / "a.yaml").read_text("utf-8") == "prompt:\n  model: openai/gpt-4o\n  messages: []\n"


def test_the_page_on_github_tells_every_input_and_output_of_the_action() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    text = (ROOT / "docs/github.md").read_text(encoding="utf-8").partition("## Inputs and outputs")[2]
    rows, _, outputs = text.partition("\nOutputs: ")
    told = dict(re.findall(r"^\| `([a-z-]+)` \|[^|]*\| ?([^|]*?) ?\|", rows, re.MULTILINE))

    assert list(told) == list(action["inputs"])
    for name, default in told.items():
        given = action["inputs"][name]["default"]
        assert default == (f"`{given}`" if given and "{" not in given else default.strip("`"))
    assert set(re.findall(r"`([a-z-]+)`", outputs.partition("\n\n")[0])) == set(action["outputs"])
