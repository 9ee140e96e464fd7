"""A real git repository around a folder of prompts, for tests of what git does to files and lock."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Checkout:
    """A repository with the branch `main`, checked out at `path`."""

    path: Path

    @classmethod
    def init(cls, path: Path) -> Checkout:
        made = cls(path)
        made.git("init", "--quiet", "--initial-branch=main")
        made.configure()
        (path / ".gitignore").write_text(".promptsync/\n", encoding="utf-8")
        return made

    def configure(self) -> None:
        for name, value in (("user.name", "A"), ("user.email", "a@example.com"), ("core.autocrlf", "false")):
            self.git("config", name, value)

    def git(self, *arguments: str) -> str:
        """Runs git; it must succeed."""
        ran = self.try_git(*arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def try_git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "PYTHONPATH": str(REPOSITORY), "GIT_EDITOR": "true", "GIT_TERMINAL_PROMPT": "0"}
        return subprocess.run(
            ["git", "-C", str(self.path), *arguments], capture_output=True, text=True, check=False, env=environ
        )

    def commit(self, message: str) -> str:
        """Commits all that changed; gives the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def use_merge_driver(self) -> None:
        """Sets up `promptsync lock merge` as the documents tell."""
        driver = f"{sys.executable} -m promptsync lock merge %O %A %B"
        self.git("config", "merge.promptsync.name", "joins promptsync lockfiles")
        self.git("config", "merge.promptsync.driver", driver)
        (self.path / ".gitattributes").write_text("promptsync*.lock.json merge=promptsync\n", encoding="utf-8")
