"""A folder, a service and a colleague in the web page, for tests of the whole command line."""

from __future__ import annotations

import io
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from promptsync.cli import main as cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from promptsync.sandbox import Sandbox

KEY = "Default/refund"
"""The key of the one prompt where one is enough."""


@dataclass
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class World:
    """A folder of prompt files, and a service over HTTP with someone who edits in its web page."""

    root: Path
    sandbox: Sandbox
    url: str
    capsys: pytest.CaptureFixture[str]
    target: str = "default"
    extra: list[str] = field(default_factory=list)

    def run(self, command: str, *arguments: str) -> Ran:
        """Runs a command on this folder and service."""
        where = ["--dir", str(self.root), "--target", self.target]
        self.capsys.readouterr()
        code = cli.run([*command.split(), *where, *arguments, *self.extra])
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err
        return Ran(code, out, err)

    def apply(self, *arguments: str) -> Ran:
        return self.run("apply", "--yes", *arguments)

    def plan(self, *arguments: str) -> Ran:
        """The exit code is the detailed one."""
        return self.run("plan", "--detailed-exitcode", *arguments)

    def plan_json(self, *arguments: str) -> Any:
        return self.run("plan", "--format", "json", *arguments).json

    def actions(self, *arguments: str) -> dict[str, str]:
        return {change["key"]: change["action"] for change in self.plan_json(*arguments)["changes"]}

    def write(self, key: str, data: dict[str, Any] | str) -> Path:
        path = self.root / f"{key}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = data if isinstance(data, str) else yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
        path.write_text(text, encoding="utf-8")
        return path

    def read(self, key: str) -> Any:
        return yaml.safe_load((self.root / f"{key}.yaml").read_text(encoding="utf-8"))

    def change(self, key: str, edit: Callable[[Any], object]) -> None:
        data = self.read(key)
        edit(data)
        self.write(key, data)

    def remove(self, key: str) -> None:
        (self.root / f"{key}.yaml").unlink()

    @property
    def lock_path(self) -> Path:
        name = "promptsync.lock.json" if self.target == "default" else f"promptsync.{self.target}.lock.json"
        return self.root / name

    @property
    def lock(self) -> Any:
        return json.loads(self.lock_path.read_text(encoding="utf-8"))

    def id(self, key: str) -> str:
        return str(self.lock["prompts"][key]["id"])

    def names(self) -> list[str]:
        """The display names on the service, sorted."""
        return sorted(prompt["display_name"] for prompt in self.sandbox.prompts())

    @property
    def writes(self) -> list[tuple[str, str]]:
        """The requests that may have changed something, oldest first, as method and path."""
        return [(request.method, request.path) for request in self.sandbox.requests if request.method != "GET"]

    def sent(self, method: str) -> list[Any]:
        """The bodies of the requests with this method, oldest first."""
        return [request.body for request in self.sandbox.requests if request.method == method]

    def held(self, key: str) -> dict[str, Any]:
        """What the service holds of a locked prompt."""
        return next(prompt for prompt in self.sandbox.prompts() if prompt["_id"] == self.id(key))

    def edit(self, key: str = KEY, /, **values: Any) -> None:
        """A colleague changes parameters of a locked prompt in the web page."""
        held = self.held(key)
        self.sandbox.ui_edit(
            held["_id"], {"prompt": values} if "prompt" in held else {"prompt_config": {"model_parameters": values}}
        )

    def edit_text(self, text: str, key: str = KEY) -> None:
        """A colleague rewrites the first message in the web page."""
        held = self.held(key)
        name = "prompt" if "prompt" in held else "prompt_config"
        first, *rest = held[name]["messages"]
        self.sandbox.ui_edit(held["_id"], {name: {"messages": [{**first, "content": text}, *rest]}})

    def add_unmanaged(self, name: str = "refund", data: dict[str, Any] | None = None, path: str = "Elsewhere") -> str:
        """Someone makes a prompt in the web page; gives its id."""
        made = {"display_name": name, "path": path, **(data or current("Theirs."))}
        return str(self.sandbox.ui_create(made)["_id"])


def answers(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Someone at a terminal answers so to what is asked."""
    monkeypatch.setattr("sys.stdin", Keyboard("".join(f"{line}\n" for line in lines)))


class Keyboard(io.StringIO):
    """What someone types."""

    def isatty(self) -> bool:
        return True


def current(text: str = "You answer briefly.", **fields: Any) -> dict[str, Any]:
    """A prompt file in the current dialect."""
    messages = [{"role": "system", "content": text}, {"role": "user", "content": "{{question}}"}]
    return {"prompt": {"model": "openai/gpt-4o", "temperature": 0.2, "messages": messages, **fields}}


def classic(text: str = "You answer briefly.", **parameters: Any) -> dict[str, Any]:
    """A prompt file in the classic dialect."""
    return {
        "prompt_config": {
            "model": "openai/gpt-4o",
            "model_type": "chat",
            "provider": "openai",
            "model_parameters": {"temperature": 0.2, **parameters},
            "messages": [{"role": "system", "content": text}, {"role": "user", "content": "{{question}}"}],
        }
    }


def parameters(data: Any) -> Any:
    """Where the parameters of a file, or of what the service holds, stand."""
    return data["prompt"] if "prompt" in data else data["prompt_config"]["model_parameters"]


def wait_for(what: Callable[[], bool]) -> None:
    """Waits until it is so, for half a minute at most."""
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)
