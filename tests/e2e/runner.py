"""A stand-in for GitHub's runners: follows the steps of a workflow's jobs, each in a clone, in real processes.

What a step runs is run as it stands in the workflow. Of the actions, checkout is a clone, the two for artefacts copy
files, and setting up Python is done already.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.e2e.checkout import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

GH = """#!/bin/sh
case "$1 $2" in "auth setup-git") ;; *) exit 1 ;; esac
"""
PROMPTSYNC = f"""#!/bin/sh
PYTHONPATH='{REPOSITORY}' exec '{sys.executable}' -m promptsync "$@"
"""


@dataclass
class Hub:
    """A repository at `remote`, and the artefacts of the run that is under way."""

    folder: Path
    remote: Path = field(init=False)
    artefacts: Path = field(init=False)

    def __post_init__(self) -> None:
        self.remote, self.artefacts = self.folder / "remote.git", self.folder / "artefacts"
        (self.folder / "bin").mkdir(parents=True)
        for name, text in (("gh", GH), ("promptsync", PROMPTSYNC)):
            (self.folder / "bin" / name).write_text(text, encoding="utf-8")
            (self.folder / "bin" / name).chmod(0o755)

    def jobs(self, workflow: Path, name: str) -> list[Job]:
        """The jobs that a workflow has under this name, one for each part of its matrix."""
        content = yaml.safe_load(workflow.read_text(encoding="utf-8"))
        job = content["jobs"][name]
        parts = job.get("strategy", {}).get("matrix", {}).get("include", [{}])
        return [Job(self, job["steps"], {**content.get("env", {}), **job.get("env", {})}, part) for part in parts]


@dataclass
class Job:
    """One job: `ended` are the exit codes of its steps that ran a command, by their names."""

    hub: Hub
    steps: list[dict[str, Any]]
    env: dict[str, str]
    matrix: dict[str, str]
    ended: dict[str, int] = field(default_factory=dict)
    said: str = ""

    def __post_init__(self) -> None:
        place = self.hub.folder / "runners" / str(len(list(self.hub.folder.glob("runners/*"))))
        place.mkdir(parents=True)
        self.clone, self.temp = place / "clone", place / "temp"
        self.todo = self._follow()

    @property
    def failed(self) -> bool:
        return any(self.ended.values())

    def start(self) -> subprocess.Popen[str]:
        """Follows the steps up to the first that has the key, and starts that: `exec` makes it promptsync itself."""
        return next(self.todo)

    def finish(self) -> None:
        """Follows the steps to the end."""
        for _ in self.todo:
            pass

    def _follow(self) -> Iterator[subprocess.Popen[str]]:
        for step in self.steps:
            if not self._is_due(step.get("if", "success()")):
                continue
            if "uses" in step:
                self._use(step["uses"].partition("@")[0], step.get("with", {}))
            elif step["run"] != "python -m pip install -q .":
                process = self._begin(step)
                if "ORQ_API_KEY" in step.get("env", {}):
                    yield process
                out, _ = process.communicate(timeout=60)
                self.said += out
                self.ended[step.get("name", "")] = process.returncode

    def _is_due(self, condition: str) -> bool:
        left_open = bool(list(self.clone.glob("prompts/.promptsync/journal.*")))
        return {
            "success()": not self.failed,
            "always()": True,
            "always() && steps.apply.outcome != 'skipped'": "Apply" in self.ended,
            "failure() && hashFiles('prompts/.promptsync/journal.*') != ''": self.failed and left_open,
            "env.FROM_FORK == 'false'": not self.failed,
            "env.FROM_FORK != 'false'": False,
        }[condition]

    def _begin(self, step: dict[str, Any]) -> subprocess.Popen[str]:
        kept = {name: os.environ[name] for name in os.environ if name.startswith(("ORQ_", "GIT_", "HOME"))}
        given = {name: self._filled(str(value)) for name, value in {**self.env, **step.get("env", {})}.items()}
        path = f"{self.hub.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.Popen(
            ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.clone,
            env={**kept, **given, "PATH": path, "RUNNER_TEMP": str(self.temp)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _use(self, action: str, given: dict[str, Any]) -> None:
        match action:
            case "actions/checkout":
                command = ["git", "clone", "--quiet", "--branch", given.get("ref", "main"), str(self.hub.remote)]
                subprocess.run([*command, str(self.clone)], check=True)
            case "actions/upload-artifact":
                self._upload(self._filled(given["name"]), given["path"].split())
            case "actions/download-artifact":
                for found in self.hub.artefacts.glob(given["pattern"]):
                    shutil.copytree(found, Path(self._filled(given["path"])) / found.name)

    def _upload(self, name: str, paths: list[str]) -> None:
        """As the action does: below the deepest folder that all the paths share."""
        top = os.path.commonpath([Path(path).parent for path in paths])
        for pattern in paths:
            for found in self.clone.glob(pattern):
                target = self.hub.artefacts / name / found.relative_to(self.clone / top)
                target.parent.mkdir(parents=True, exist_ok=True)
                if found.is_dir():
                    shutil.copytree(found, target, dirs_exist_ok=True)
                else:
                    shutil.copyfile(found, target)

    def _filled(self, text: str) -> str:
        known = {
            **{f"matrix.{name}": value for name, value in self.matrix.items()},
            "runner.temp": str(self.temp),
            "github.token": "token",
            "secrets.ORQ_API_KEY": os.environ["ORQ_API_KEY"],
            "github.event.pull_request.head.repo.full_name != github.repository": "false",
        }
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda found: known[found[1]], text)
