"""A place to measure in: a tree of prompts, a service in a process of its own, and what is locked of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import tree
from benchmarks.measure import Run, cpu_of, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REPOSITORY = Path(__file__).parent.parent
KEY = "benchmark"


@dataclass(frozen=True, slots=True)
class World:
    """`url` is the service, `prompts` the tree's root. `env` is what a process needs to find both."""

    folder: Path
    url: str
    server: int

    @property
    def prompts(self) -> Path:
        return self.folder / "prompts"

    @property
    def env(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
        return kept | {
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "PYTHONPATH": str(REPOSITORY),
            "ORQ_API_KEY": KEY,
            "ORQ_BASE_URL": self.url,
        }

    def behave(self, **switches: Any) -> None:
        """Change how the service behaves, such as `latency`."""
        self._control("behaviour", switches)

    def promptsync(self, *arguments: str, expected: int = 0) -> Run:
        """Run the command line. Gives the requests and the service's work too."""
        return self.measured([sys.executable, "-m", "promptsync", *arguments], expected)

    def measured(self, command: Sequence[str], expected: int = 0) -> Run:
        """Run a command that uses the service."""
        self._control("requests", {"clear": True})
        before = cpu_of(self.server)
        result = run(command, self.env, self.folder, expected)
        served = cpu_of(self.server) - before
        return replace(result, requests=self._control("requests")["total"], served=served)

    def plan(self, expected: int = 0) -> Run:
        """A plan that finds nothing to do, unless another exit code is `expected`."""
        return self.promptsync("plan", "--detailed-exitcode", expected=expected)

    def edit_all(self) -> None:
        """A colleague changes a parameter of every prompt in the lockfile. Nobody waits for that."""
        latency = self._control("behaviour")["latency"]
        self.behave(latency=0)
        lock = json.loads((self.prompts / "promptsync.lock.json").read_bytes())
        for entry in lock["prompts"].values():
            self._send("PATCH", f"/v2/prompts/{entry['id']}", {"prompt": {"temperature": 0.9}})
        self.behave(latency=latency)

    def forget_files(self) -> None:
        """Take away all that promptsync may have remembered, so that the next plan is a cold one."""
        for folder in (self.prompts / ".promptsync", self.folder / "cache"):
            shutil.rmtree(folder, ignore_errors=True)

    def reset(self) -> None:
        """An empty service, and a tree that was never applied."""
        behaviour = self._control("behaviour")
        self._control("reset", {})
        self.behave(**{name: behaviour[name] for name in ("latency", "max_page")})
        (self.prompts / "promptsync.lock.json").unlink(missing_ok=True)
        self.forget_files()

    def _control(self, name: str, body: Any = None) -> Any:
        return self._send("GET" if body is None else "POST", f"/_sandbox/{name}", body)

    def _send(self, method: str, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"},
            method=method,
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


@contextmanager
def world(count: int, *, latency: float, applied: bool = True, unmanaged: int = 0, size: int = 0) -> Iterator[World]:
    """A tree of `count` prompts, and a service that holds them if they were `applied`, with unmanaged ones in between.

    The prompts have texts of at least `size` characters. The service answers each request after `latency` seconds.
    """
    with tempfile.TemporaryDirectory(prefix="promptsync-benchmark-") as name:
        folder = Path(name)
        tree.write(folder / "prompts", count, size=size)
        database = folder / "service.sqlite"
        if applied:
            # In another process: this one stays small, since a child's peak counts what its parent had when it began.
            numbers = [str(count), str(unmanaged), str(size)]
            command = [sys.executable, "-m", "benchmarks.fill", str(folder / "prompts"), str(database), *numbers]
            subprocess.run(command, cwd=REPOSITORY, check=True)
        server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.serve", str(database)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        try:
            place = World(folder, server.stdout.readline().strip(), server.pid)
            place.behave(latency=latency)
            yield place
        finally:
            server.kill()
            server.wait()
            server.stdout.close()
