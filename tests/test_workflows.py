"""The workflows, held to GitHub's hardening guide, and the script that brings the lockfile back, in real git."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptsync.model.globs import matches

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "docs/examples"
WORKFLOWS = sorted([*(ROOT / ".github/workflows").glob("*.yml"), *EXAMPLES.glob("*.yml")])
SCRIPT = ROOT / ".github/scripts/lockfile.sh"
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
    assert [step["name"] for step in after] == ["Keep the lockfile and the journal", "Commit the lockfile"]
    assert {step["if"] for step in after} == {"always() && steps.apply.outcome != 'skipped'"}
    # .promptsync is hidden, and an artefact leaves hidden files out unless told.
    assert after[0]["with"]["include-hidden-files"] is True


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


# The script, against a bare repository that stands for GitHub, and a `gh` that keeps its pull requests in a file.

GH = """#!/usr/bin/env bash
set -eu
echo "$*" >> "$GH_STATE/calls"
case "$1 $2" in
  "pr list") cat "$GH_STATE/open" 2>/dev/null || true ;;
  "pr create")
    [ ! -e "$GH_STATE/refuse" ] || { echo "GitHub Actions is not permitted to create pull requests" >&2; exit 1; }
    echo "https://github.example/pull/7" | tee "$GH_STATE/open" ;;
  *) exit 1 ;;
esac
"""
PROTECTED = """#!/usr/bin/env bash
while read -r old new ref; do
  [ "$ref" != refs/heads/main ] || { echo "GH006: Protected branch update failed" >&2; exit 1; }
done
"""


@dataclass
class Hub:
    """A stand-in for GitHub: `remote` is the repository there, `runner` the clone that a workflow run works in."""

    folder: Path
    remote: Path = field(init=False)
    runner: Path = field(init=False)
    state: Path = field(init=False)

    def __post_init__(self) -> None:
        self.remote, self.state = self.folder / "remote.git", self.folder / "gh"
        self.state.mkdir()
        fake = self.folder / "bin/gh"
        fake.parent.mkdir()
        executable(fake, GH)
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.remote), cwd=self.folder)
        author = self.clone("author")
        write(author, "prompts/Default/a.yaml", "prompt: {}\n")
        write(author, "prompts/promptsync.lock.json", lock("a"))
        self.publish(author, "Start")
        self.runner = self.clone("runner")

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "A. Author",
            "GIT_AUTHOR_EMAIL": "author@example.com",
            "GIT_COMMITTER_NAME": "A. Author",
            "GIT_COMMITTER_EMAIL": "author@example.com",
            "GH_STATE": str(self.state),
            "RETRY_SECONDS": "0",
        }

    def git(self, *command: str, cwd: Path | None = None) -> str:
        return self.run("git", *command, cwd=cwd or self.remote).stdout

    def run(self, *command: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(command, cwd=cwd, env=self.env, capture_output=True, text=True, timeout=60)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def clone(self, name: str) -> Path:
        self.git("clone", "--quiet", str(self.remote), str(self.folder / name), cwd=self.folder)
        return self.folder / name

    def publish(self, clone: Path, message: str) -> None:
        self.git("add", "--all", cwd=clone)
        self.git("commit", "--quiet", "-m", message, cwd=clone)
        self.git("push", "--quiet", "origin", "HEAD:main", cwd=clone)

    def script(self, verb: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run("bash", str(SCRIPT), verb, cwd=self.runner, check=check)

    def protect_main(self) -> None:
        executable(self.remote / "hooks/pre-receive", PROTECTED)

    def file(self, branch: str, path: str = "prompts/promptsync.lock.json") -> str:
        return self.git("show", f"{branch}:{path}")

    def subjects(self, branch: str) -> list[str]:
        return self.git("log", "--no-merges", "--format=%s", branch).splitlines()

    @property
    def pull_requests_made(self) -> int:
        calls = self.state / "calls"
        return calls.read_text().count("pr create") if calls.exists() else 0


def executable(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def write(clone: Path, path: str, text: str) -> None:
    (clone / path).parent.mkdir(parents=True, exist_ok=True)
    (clone / path).write_text(text, encoding="utf-8")


def lock(*keys: str) -> str:
    """As a lockfile is laid out: a block of lines for each prompt, in order."""
    blocks = [f'  "{key}": {{\n    "id": "01{key}",\n    "path": "Default",\n    "version": "v1"\n  }}' for key in keys]
    return "{\n" + ",\n".join(blocks) + "\n}\n"


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    if shutil.which("git") is None or shutil.which("bash") is None:
        pytest.skip("needs git and bash")
    return Hub(tmp_path)


def test_a_changed_lockfile_is_pushed_to_main_and_nothing_else_is(hub: Hub) -> None:
    write(hub.runner, "prompts/promptsync.lock.json", lock("a", "b"))
    write(hub.runner, "prompts/promptsync.staging.lock.json", lock("a"))
    write(hub.runner, "prompts/.promptsync/journal", "not for git\n")
    write(hub.runner, "prompts/Default/a.yaml", "prompt: {changed: here}\n")

    hub.script("commit")

    assert hub.file("main") == lock("a", "b")
    changed = hub.git("show", "--name-only", "--format=%s%n%an", "main").split("\n")
    assert [line for line in changed if line] == [
        "Update the prompt lockfile [skip ci]",
        "github-actions[bot]",
        "prompts/promptsync.lock.json",
        "prompts/promptsync.staging.lock.json",
    ]
    assert hub.pull_requests_made == 0


def test_an_unchanged_lockfile_makes_no_commit(hub: Hub) -> None:
    assert "the lockfile is unchanged" in hub.script("commit").stdout
    assert hub.subjects("main") == ["Start"]


def test_the_first_lockfile_of_all_is_committed(hub: Hub) -> None:
    (hub.runner / "prompts/promptsync.lock.json").unlink()
    hub.publish(hub.runner, "Without a lockfile")
    write(hub.runner, "prompts/promptsync.lock.json", lock("a", "b"))

    hub.script("commit")

    assert hub.file("main") == lock("a", "b")


def test_a_push_that_lost_a_race_is_made_again_on_top(hub: Hub) -> None:
    write(hub.folder / "author", "prompts/Default/c.yaml", "prompt: {}\n")
    hub.publish(hub.folder / "author", "Another prompt")
    write(hub.runner, "prompts/promptsync.lock.json", lock("a", "b"))

    hub.script("commit")

    assert hub.subjects("main") == ["Update the prompt lockfile [skip ci]", "Another prompt", "Start"]
    assert hub.file("main") == lock("a", "b")


def test_a_protected_main_gets_a_pull_request(hub: Hub) -> None:
    hub.protect_main()
    write(hub.runner, "prompts/promptsync.lock.json", lock("a", "b"))

    said = hub.script("commit").stdout

    assert hub.file("main") == lock("a")
    assert hub.file("promptsync/lockfile") == lock("a", "b")
    # Required checks must run on it.
    assert hub.subjects("promptsync/lockfile") == ["Update the prompt lockfile", "Start"]
    assert "::notice title=promptsync::the lockfile waits in https://github.example/pull/7" in said
    assert hub.pull_requests_made == 1


def test_the_next_apply_starts_from_the_lockfile_that_waits_and_adds_to_its_pull_request(hub: Hub) -> None:
    hub.protect_main()
    write(hub.runner, "prompts/promptsync.lock.json", lock("a", "b"))
    hub.script("commit")
    hub.runner = hub.clone("second")

    hub.script("take")
    assert (hub.runner / "prompts/promptsync.lock.json").read_text() == lock("a", "b")
    write(hub.runner, "prompts/promptsync.lock.json", lock("a", "b", "c"))
    hub.script("commit")

    assert hub.file("promptsync/lockfile") == lock("a", "b", "c")
    assert hub.pull_requests_made == 1


def test_a_lock_branch_whose_pull_request_was_merged_counts_no_longer(hub: Hub) -> None:
    hub.protect_main()
    write(hub.runner, "prompts/promptsync.lock.json", lock("a", "b"))
    hub.script("commit")
    (hub.state / "open").unlink()
    hub.runner = hub.clone("second")

    hub.script("take")
    assert (hub.runner / "prompts/promptsync.lock.json").read_text() == lock("a")
    write(hub.runner, "prompts/promptsync.lock.json", lock("a", "z"))
    hub.script("commit")

    assert hub.file("promptsync/lockfile") == lock("a", "z")
    assert hub.pull_requests_made == 2


def test_a_lockfile_that_was_changed_on_main_meanwhile_is_proposed_rather_than_guessed(hub: Hub) -> None:
    write(hub.folder / "author", "prompts/promptsync.lock.json", lock("a", "by-hand"))
    hub.publish(hub.folder / "author", "Adopt by hand")
    write(hub.runner, "prompts/promptsync.lock.json", lock("a", "b"))

    said = hub.script("commit").stdout

    assert "::warning title=promptsync::the lockfile was changed on main meanwhile" in said
    assert hub.file("main") == lock("a", "by-hand")
    assert hub.file("promptsync/lockfile") == lock("a", "b")
    assert hub.pull_requests_made == 1


def test_a_waiting_lockfile_that_contradicts_main_stops_the_run_before_the_apply(hub: Hub) -> None:
    hub.protect_main()
    write(hub.runner, "prompts/promptsync.lock.json", lock("a", "b"))
    hub.script("commit")
    (hub.remote / "hooks/pre-receive").unlink()
    write(hub.folder / "author", "prompts/promptsync.lock.json", lock("a", "by-hand"))
    hub.publish(hub.folder / "author", "Adopt by hand")
    hub.runner = hub.clone("second")

    done = hub.script("take", check=False)

    assert done.returncode == 1
    assert "merge that pull request by hand first" in done.stderr
    assert hub.git("status", "--porcelain", cwd=hub.runner) == ""


def test_where_no_pull_request_may_be_opened_the_branch_is_there_and_the_job_fails(hub: Hub) -> None:
    hub.protect_main()
    (hub.state / "refuse").touch()
    write(hub.runner, "prompts/promptsync.lock.json", lock("a", "b"))

    done = hub.script("commit", check=False)

    assert done.returncode == 1
    assert "the lockfile is on the branch promptsync/lockfile" in done.stderr
    assert hub.file("promptsync/lockfile") == lock("a", "b")


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
