"""A stand-in for GitHub's runners: follows the jobs of a workflow, in real processes, on the GitHub of `server.py`.

What a step runs is run as it stands there, by bash; composite actions are followed likewise. Of the other actions,
checkout is a clone of the bare repository, setting up Python names the Python of the tests, and uploaded artefacts go
to the emulated GitHub.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.e2e.checkout import REPOSITORY as SOURCE
from tests.github.expressions import STATUS, evaluate, filled
from tests.github.server import REPOSITORY, TOKEN
from tests.github.test_runner import parsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.github.server import FakeGitHub, Pull

OURS = {"id": 1, "full_name": REPOSITORY}
INSTALL = "Install promptsync"
PROMPTSYNC = f"""#!/bin/sh
PYTHONPATH='{SOURCE}' exec '{sys.executable}' -m promptsync "$@"
"""


@dataclass(frozen=True)
class Event:
    """Why a workflow runs. `sha` is what is checked out, `head` what the run and its artefacts are said to be of."""

    name: str
    ref: str
    sha: str
    head: str
    payload: dict[str, Any] = field(default_factory=dict)
    actor: str = "mona"
    base: str = ""


@dataclass
class Step:
    """A step that was followed. `ended` is its exit code, None where nothing was run."""

    name: str
    outcome: str
    ended: int | None = None
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass
class Job:
    """A job that has ended: its steps, those of composite actions before the one that used the action."""

    steps: list[Step]
    workspace: Path
    temp: Path
    summary: str

    @property
    def failed(self) -> bool:
        return any(step.outcome == "failure" for step in self.steps)

    @property
    def log(self) -> str:
        return "".join(step.log for step in self.steps)

    def step(self, name: str) -> Step:
        """The step of that name."""
        (found,) = [step for step in self.steps if step.name == name]
        return found


@dataclass
class Runners:
    """Where workflows of the emulated GitHub run.

    `secrets` are those of the repository; a fork and Dependabot get none. The steps named in `skipped` are not run;
    the packages of the tests' own Python stand in for those that the action would install.
    """

    github: FakeGitHub
    api: str
    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=lambda: {INSTALL})
    python: str = sys.executable
    cancelled_when: Callable[[], bool] = lambda: False
    """Someone cancels the run once this is so, in whichever step it is."""

    def __post_init__(self) -> None:
        program = self.folder / "bin/promptsync"
        program.parent.mkdir(parents=True)
        program.write_text(PROMPTSYNC, encoding="utf-8")
        program.chmod(0o755)

    def pull_request(self, pull: Pull, *, head: dict[str, Any] | None = OURS, actor: str = "mona") -> Event:
        """A push to a pull request, which is checked out merged, as GitHub does."""
        clone = self.folder / "merging"
        shutil.rmtree(clone, ignore_errors=True)
        self._git("clone", "-q", "-b", pull.base, f"file://{self.github.git_folder}", str(clone), at=self.folder)
        self._git("merge", "-q", "--no-ff", "-m", "merge", pull.head, at=clone)
        self._git("push", "-q", "origin", f"HEAD:refs/pull/{pull.number}/merge", at=clone)
        about = {"number": pull.number, "head": {"sha": pull.head, "ref": pull.branch, "repo": head}}
        payload = {"pull_request": {**about, "base": {"ref": pull.base, "repo": OURS}}}
        sha = self._git("rev-parse", "HEAD", at=clone)
        return Event("pull_request", f"refs/pull/{pull.number}/merge", sha, pull.head, payload, actor, pull.base)

    def on_branch(self, name: str = "push", branch: str = "main", before: str = "", **payload: Any) -> Event:
        """An event on the tip of a branch: a push, a schedule, a manual start."""
        tip = self.github.tip(branch) or ""
        about = {"repository": {**OURS, "default_branch": "main"}, "before": before, "after": tip, **payload}
        return Event(name, f"refs/heads/{branch}", tip, tip, about)

    def run(self, workflow: dict[str, Any] | Path, event: Event) -> Job:
        """Runs the one job of a workflow, given as its file or its content; of one that is not due no step is there."""
        if isinstance(workflow, Path):
            workflow = yaml.safe_load(workflow.read_text(encoding="utf-8"))
        (job,) = workflow["jobs"].values()
        place = self.folder / "runners" / str(len(list(self.folder.glob("runners/*"))))
        return _Runner(self, event, place, {**workflow.get("env", {}), **job.get("env", {})}).run(job)

    def _git(self, *arguments: str, at: Path) -> str:
        who = dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "github")
        mail = dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "g@example.com")
        ran = subprocess.run(
            ["git", *arguments], cwd=at, env={**os.environ, **who, **mail}, capture_output=True, text=True, check=True
        )
        return ran.stdout.strip()


@dataclass
class _Scope:
    """What the expressions of a workflow, or of one composite action in it, can see."""

    env: dict[str, str]
    path: Path
    inputs: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, Any] = field(default_factory=dict)
    failed: bool = False


class _Runner:
    """One machine for one job."""

    def __init__(self, runners: Runners, event: Event, place: Path, env: dict[str, str]) -> None:
        self._runners, self._event, self._place, self._env = runners, event, place, env
        self.workspace, self.temp, self._files = place / "work", place / "temp", place / "files"
        for folder in (self.workspace, self.temp, self._files, place / "home"):
            folder.mkdir(parents=True)
        (self._files / "event.json").write_text(json.dumps(event.payload), encoding="utf-8")
        (self._files / "summary").touch()
        self._steps: list[Step] = []
        self._groups: list[int] = []
        self._exported: dict[str, str] = {}
        self._cancelled = False
        self._path = [str(runners.folder / "bin")]

    def run(self, job: dict[str, Any]) -> Job:
        scope = _Scope({}, self.workspace)
        scope.env = {name: self._filled(scope, value) for name, value in self._env.items()}
        try:
            if self._is_due(job.get("if", "success()"), scope):
                self._follow(job["steps"], scope)
        finally:
            for group in self._groups:
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
        return Job(self._steps, self.workspace, self.temp, (self._files / "summary").read_text(encoding="utf-8"))

    def _follow(self, steps: list[dict[str, Any]], scope: _Scope) -> None:
        for number, content in enumerate(steps):
            name = content.get("name") or content.get("uses", "").partition("@")[0] or content.get("id", str(number))
            step = Step(name, "skipped")
            if self._is_due(content.get("if", "success()"), scope):
                self._do(content, scope, step)
            self._steps.append(step)
            scope.failed = scope.failed or (step.outcome == "failure" and not content.get("continue-on-error"))
            scope.steps[content.get("id", "")] = {"outcome": step.outcome, "outputs": step.outputs}

    def _do(self, content: dict[str, Any], scope: _Scope, step: Step) -> None:
        step.outcome = "success"
        step.env = {**scope.env, **{k: self._filled(scope, v) for k, v in content.get("env", {}).items()}}
        if step.name in self._runners.skipped:
            return
        if "uses" in content:
            given = {name: self._filled(scope, value) for name, value in content.get("with", {}).items()}
            self._use(content["uses"].partition("@")[0], given, step)
        else:
            self._bash(content, scope, step)

    def _is_due(self, condition: str, scope: _Scope) -> bool:
        whole = condition if STATUS.search(condition) else f"success() && ({condition.strip('${} ')})"
        return bool(evaluate(whole, self._contexts(scope), self._functions(scope)))

    def _filled(self, scope: _Scope, value: Any) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        return filled(text, self._contexts(scope), self._functions(scope))

    def _functions(self, scope: _Scope) -> dict[str, Any]:
        return {
            "success": lambda: not scope.failed and not self._cancelled,
            "failure": lambda: scope.failed,
            "always": lambda: True,
            "cancelled": lambda: self._cancelled,
        }

    def _contexts(self, scope: _Scope) -> dict[str, Any]:
        event = self._event
        about = event.payload.get("pull_request", {})
        trusted = about.get("head", {}).get("repo", OURS) == OURS and event.actor != "dependabot[bot]"
        github = {
            "actor": event.actor,
            "base_ref": event.base,
            "event": event.payload,
            "event_name": event.name,
            "ref": event.ref,
            "ref_name": event.ref.removeprefix("refs/heads/").removeprefix("refs/pull/"),
            "repository": REPOSITORY,
            "run_id": "42",
            "sha": event.sha,
            "token": TOKEN,
            "workflow": "promptsync",
            "workspace": str(self.workspace),
        }
        return {
            "env": scope.env,
            "github": github,
            "inputs": scope.inputs,
            "runner": {"temp": str(self.temp), "os": "Linux"},
            "secrets": self._runners.secrets if trusted else {},
            "steps": scope.steps,
        }

    def _use(self, action: str, given: dict[str, str], step: Step) -> None:
        match action:
            case "actions/checkout":
                self._check_out(given)
            case "actions/setup-python":
                step.outputs["python-path"] = self._runners.python
            case "actions/upload-artifact":
                self._upload(given, step)
            case "promptsync/promptsync":
                self._composite(SOURCE, given, step)
            case _:
                assert action.startswith("./"), action
                self._composite(self.workspace / action, given, step)

    def _composite(self, path: Path, given: dict[str, str], step: Step) -> None:
        content = yaml.safe_load((path / "action.yml").read_text(encoding="utf-8"))
        unknown = given.keys() - content.get("inputs", {}).keys()
        assert not unknown, unknown
        scope = _Scope(dict(step.env), path)
        for name, about in content.get("inputs", {}).items():
            scope.inputs[name] = given.get(name, self._filled(scope, about.get("default", "")))
        self._follow(content["runs"]["steps"], scope)
        step.outcome = "failure" if scope.failed else "success"
        for name, about in content.get("outputs", {}).items():
            step.outputs[name] = self._filled(scope, about["value"])

    def _check_out(self, given: dict[str, str]) -> None:
        ref = given.get("ref") or self._event.ref
        shallow = [] if given.get("fetch-depth") == "0" else ["--depth=1"]
        url = f"file://{self._runners.github.git_folder}"
        for command in (["init", "-q"], ["remote", "add", "origin", url]):
            self._git(*command)
        branches = [] if shallow else ["+refs/heads/*:refs/remotes/origin/*"]
        self._git("fetch", "-q", *shallow, "origin", f"+{ref}:refs/remotes/checked-out", *branches)
        local = ["-B", given["ref"]] if given.get("ref") else ["--detach"]
        self._git("checkout", "-q", *local, "refs/remotes/checked-out")

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", "-C", str(self.workspace), *arguments], check=True, env=self._environment({}))

    def _upload(self, given: dict[str, str], step: Step) -> None:
        """As the action does: below the deepest folder that all the paths share, hidden files only if asked."""
        patterns = [self.workspace / line for line in given["path"].splitlines() if line]
        named = [found for pattern in patterns for found in Path("/").glob(str(pattern).lstrip("/"))]
        files = [file for one in named for file in ([one] if one.is_file() else one.rglob("*")) if file.is_file()]
        if given.get("include-hidden-files") != "true":
            files = [file for file in files if not file.name.startswith(".")]
        if not files:
            step.outcome = "failure" if given.get("if-no-files-found") == "error" else "success"
            return
        parts = patterns if len(patterns) == 1 and patterns[0].is_dir() else [path.parent for path in patterns]
        top = Path(os.path.commonpath(parts))
        data = {file.relative_to(top).as_posix(): file.read_bytes() for file in files}
        now, event = datetime.now(UTC).isoformat(), self._event
        self._runners.github.upload(given["name"], event.head, data, now, event=event.name)

    def _bash(self, content: dict[str, Any], scope: _Scope, step: Step) -> None:
        number = len(self._steps)
        script, log = self._files / f"script-{number}", self._files / f"log-{number}"
        script.write_text(content["run"], encoding="utf-8")
        handed_on = {name: self._files / f"{name}-{number}" for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")}
        for file in handed_on.values():
            file.touch()
        step.env |= {"GITHUB_ACTION_PATH": str(scope.path), **{name: str(file) for name, file in handed_on.items()}}
        folder = self._filled(scope, content.get("working-directory", str(self.workspace)))
        with log.open("wb") as stream:
            process = subprocess.Popen(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
                cwd=folder,
                env=self._environment(step.env),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._groups.append(process.pid)
            step.ended = self._wait(process)
        step.outcome = "failure" if step.ended else "success"
        step.log = log.read_text(encoding="utf-8", errors="replace")
        said = {name: file.read_text(encoding="utf-8") for name, file in handed_on.items()}
        step.outputs |= parsed(said["GITHUB_OUTPUT"])
        self._exported |= parsed(said["GITHUB_ENV"])
        self._path += said["GITHUB_PATH"].splitlines()

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        """The exit code. As on GitHub, cancelling interrupts the one process that the step at work began with."""
        ends = time.monotonic() + 300
        while process.poll() is None and time.monotonic() < ends:
            if not self._cancelled and self._runners.cancelled_when():
                process.send_signal(signal.SIGINT)
                self._cancelled = True
            time.sleep(0.01)
        return process.wait(timeout=0)

    def _environment(self, env: dict[str, str]) -> dict[str, str]:
        event, api = self._event, self._runners.api
        kept = {name: os.environ[name] for name in ("LANG", "GIT_CONFIG_GLOBAL") if name in os.environ}
        return {
            **kept,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": event.actor,
            "GITHUB_API_URL": api,
            "GITHUB_BASE_REF": event.base,
            "GITHUB_EVENT_NAME": event.name,
            "GITHUB_EVENT_PATH": str(self._files / "event.json"),
            "GITHUB_GRAPHQL_URL": f"{api}/graphql",
            "GITHUB_REF": event.ref,
            "GITHUB_REF_NAME": event.ref.removeprefix("refs/heads/"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "42",
            "GITHUB_SHA": event.sha,
            "GITHUB_STEP_SUMMARY": str(self._files / "summary"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "HOME": str(self._place / "home"),
            "PATH": os.pathsep.join([*reversed(self._path), os.environ["PATH"]]),
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.temp),
            **self._runners.env,
            **self._exported,
            **env,
        }
