"""A folder and a service in one process, without HTTP: fast, of any behaviour, and by any clock."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from promptsync.commands import apply as applying
from promptsync.commands import connect as connecting
from promptsync.commands import plan as planning
from promptsync.commands.state import read_lock
from promptsync.files.target import open_target
from promptsync.files.tree import load_tree
from promptsync.model.canonical import canonical
from promptsync.model.prompt import Prompt
from promptsync.plan.changes import PlanOptions
from promptsync.sandbox import App, Behaviour, Sandbox
from promptsync.service.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.files.target import Target
    from promptsync.model.errors import ExitCode
    from promptsync.model.lockfile import Lockfile

Tree = dict[str, dict[str, Any]]

_APPS: dict[str, Any] = {}
_PORTS = count(1)


@contextmanager
def served(sandbox: Sandbox, **options: Any) -> Iterator[str]:
    """The base URL at which commands of this process reach `sandbox`, with clients of these `options`."""
    url = f"http://127.0.0.1:{next(_PORTS)}"
    _APPS[url] = App(sandbox), options

    def client(base_url: str, key: str, **given: Any) -> Client:
        app, own = _APPS[base_url]
        return Client(base_url, key, app=app, **{**given, **own})

    with mock.patch.object(connecting, "Client", client):
        yield url


def target_at(root: Path, url: str) -> Target:
    """The target `default` of a root, whose service is at `url`."""
    return open_target(root, "default", environ={"ORQ_API_KEY": "key-for-tests", "ORQ_BASE_URL": url})


class Here:
    """A folder and a service for one example."""

    def __init__(self, root: Path, behaviour: Behaviour) -> None:
        self.root = root
        self.sandbox = Sandbox(behaviour=behaviour)
        self._stack = ExitStack()
        self.target = target_at(root, self._stack.enter_context(served(self.sandbox)))

    def close(self) -> None:
        self._stack.close()
        self.sandbox.close()

    @property
    def lock(self) -> Lockfile:
        """The lockfile as it is on disk."""
        return read_lock(self.target)

    def write(self, tree: Tree) -> None:
        for old in self.root.glob("[!.]*"):
            shutil.rmtree(old) if old.is_dir() else None
        for key, data in tree.items():
            path = self.root / f"{key}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            # JSON is YAML, and every text is quoted in it.
            path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")

    def apply(self, **options: Any) -> ExitCode:
        applied = applying.apply(self.target, PlanOptions(**options), parallelism=1)
        self.said = [(outcome.key, outcome.status, outcome.message) for outcome in applied.outcomes]
        return applied.exit_code

    def pending(self) -> list[Any]:
        """What a second plan would tell."""
        planned = planning.plan(self.target, PlanOptions()).plan
        return [
            (change.action, change.key, [(item.field, item.op, item.before, item.after) for item in change.diff])
            for change in planned.changes
        ]

    def held(self) -> dict[str, Any]:
        """What the service keeps of each locked prompt, in canonical form."""
        found = {}
        for key, entry in self.lock.prompts.items():
            record = self.sandbox.record(entry.id)
            fields = record.fields
            kept = Prompt(
                record.name, fields.get("description"), fields.get("metadata") or {}, record.dialect, record.block
            )
            found[key] = canonical(kept)
        return found

    def asked(self) -> dict[str, Any]:
        """What the files ask for, in canonical form."""
        return {key: canonical(file.prompt) for key, file in load_tree(self.target).files.items()}


@contextmanager
def here(behaviour: Behaviour) -> Iterator[Here]:
    folder = Path(tempfile.mkdtemp(prefix="tree"))
    world = Here(folder, behaviour)
    try:
        yield world
    finally:
        world.close()
        shutil.rmtree(folder)


@contextmanager
def applied(tree: Tree) -> Iterator[Here]:
    """The same where the files of `tree` were applied."""
    with here(Behaviour()) as world:
        world.write(tree)
        assert world.apply() == 0
        yield world
