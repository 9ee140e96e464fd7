"""A folder with 30 changes of all kinds, a service that holds what they rest on, and what must be true in the end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import yaml

from promptsync.apply.journal import Journal
from promptsync.model.canonical import source_hash
from promptsync.model.prompt import Prompt
from promptsync.plan.changes import Intent
from promptsync.sandbox import Behaviour, Sandbox, serve
from tests.e2e.world import current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
OVERWRITE = "Default/Again/**"
LAG = 0.05
"""Seconds that a list lags behind, where it does; waiting in the driver is fifty times shorter."""


def prompt(text: str, **about: Any) -> dict[str, Any]:
    return {**about, **current(text)}


def before() -> dict[str, dict[str, Any]]:
    """The files that were applied some time ago."""
    files = {f"Default/Keep/keep-{n}": prompt(f"Keep {n}") for n in range(6)}
    files |= {f"Default/Edit/edit-{n}": prompt(f"Edit {n}", description=f"Number {n}") for n in range(6)}
    files |= {f"Default/Edit/twin-{n}": prompt(f"Twin {n}", display_name="Twin") for n in range(2)}
    files |= {f"Default/Old/named-{n}": prompt(f"Named {n}", display_name=f"Named {n}") for n in range(2)}
    files |= {f"Default/Old/stem-{n}": prompt(f"Stem {n}") for n in range(2)}
    files |= {"Default/Old/both": prompt("Both", display_name="Both")}
    files |= {f"Default/Gone/gone-{n}": prompt(f"Gone {n}") for n in range(4)}
    files |= {f"Default/Again/again-{n}": prompt(f"Again {n}") for n in range(2)}
    files |= {"Default/Edit/agreed": prompt("Agreed at first"), "Default/Gone/forgotten": prompt("Forgotten")}
    return files


def after() -> dict[str, dict[str, Any]]:
    """The files as they are now: what the service must hold in the end."""
    files = {key: data for key, data in before().items() if "/Keep/" in key or "/Again/" in key}
    files |= {f"Default/Edit/edit-{n}": prompt(f"Edited {n}") for n in range(3)}
    files |= {f"Default/Edit/edit-{n}": prompt(f"Edit {n}", description="New") for n in range(3, 5)}
    files |= {"Default/Edit/edit-5": prompt("Edit 5", description="Number 5", display_name="Five")}
    files |= {f"Default/Edit/twin-{n}": prompt(f"Twin {n} edited", display_name="Twin") for n in range(2)}
    files |= {f"Default/New/named-{n}": prompt(f"Named {n}", display_name=f"Named {n}") for n in range(2)}
    files |= {f"Default/New/other-{n}": prompt(f"Stem {n}") for n in range(2)}
    files |= {"Default/New/both": prompt("Both, edited", display_name="Both")}
    files |= {"Default/Edit/agreed": prompt("Agreed in the end")}
    files |= {f"Default/Fresh/fresh-{n}": prompt(f"Fresh {n}") for n in range(3)}
    files |= {f"Default/Fresh/same-{n}": prompt(f"Same {n}", display_name="Same") for n in range(3)}
    files |= {f"Default/Fresh/copy-{n}": prompt("Copy", display_name="Copy") for n in range(2)}
    files |= {"Default/Lost/alike": prompt("Alike"), "Default/Lost/since": prompt("Edited since")}
    return files | {"Default/Lost/renamed": prompt("Renamed")}


LOST = {
    "Default/Lost/alike": prompt("Alike"),
    "Default/Lost/since": prompt("Since"),
    "Default/Lost/old": prompt("Renamed"),
}
"""What a run that died made and did not record; the last is of a file that was renamed since."""

APPLY = ["apply", "--yes", "--prune", "--overwrite", OVERWRITE, "--max-deletes", "4"]


@dataclass
class Driver:
    """The process that runs and kills."""

    process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.crash.driver"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def run(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@dataclass
class Ran:
    code: int
    out: str
    names: list[str]


@dataclass
class World:
    """A copy of the prepared state, with its service running."""

    root: Path
    sandbox: Sandbox
    url: str
    driver: Driver

    def run(self, *args: str, point: int = 0) -> Ran:
        order = {
            "args": [*args[0].split(), "--dir", str(self.root), *args[1:]],
            "env": {"ORQ_API_KEY": "key-for-tests", "ORQ_BASE_URL": self.url, "HOME": str(self.root.parent)},
            "out": str(self.root.parent / "out.txt"),
            "point": point,
        }
        told = self.driver.run(order)
        return Ran(told["code"], told["out"], told["names"])

    @property
    def lock(self) -> dict[str, Any]:
        text = (self.root / "promptsync.lock.json").read_text(encoding="utf-8")
        entries: dict[str, Any] = json.loads(text)["prompts"]
        return entries

    def write(self, files: dict[str, dict[str, Any]]) -> None:
        for path in self.root.rglob("*.yaml"):
            path.unlink()
        for key, data in files.items():
            path = self.root / f"{key}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


@contextmanager
def opened(folder: Path, driver: Driver, behaviour: Behaviour | None = None) -> Iterator[World]:
    """The world in `folder`, which holds `prompts` and the service's database."""
    with Sandbox(folder / "service.sqlite", behaviour=behaviour) as sandbox, serve(sandbox) as server:
        yield World(folder / "prompts", sandbox, server.url, driver)


def prepare(folder: Path, driver: Driver) -> None:
    """Makes the state that every crash begins with: applied once, edited since, and with a journal of a dead run."""
    (folder / "prompts").mkdir(parents=True)
    with opened(folder, driver) as world:
        world.sandbox.ui_create({"display_name": "Stranger", "path": "Default", **prompt("Not ours")})
        world.write(before())
        first = world.run("apply", "--yes")
        assert first.code == 0, first.out
        lock = world.lock
        for key in ("Default/Again/again-0", "Default/Again/again-1", "Default/Gone/forgotten"):
            world.sandbox.ui_delete(lock[key]["id"])
        agreed = {"prompt": {"messages": prompt("Agreed in the end")["prompt"]["messages"]}}
        world.sandbox.ui_edit(lock["Default/Edit/agreed"]["id"], agreed)
        journal = Journal(world.root / ".promptsync" / "journal.default.jsonl")
        for key, data in LOST.items():
            name, path = key.rpartition("/")[2], key.rpartition("/")[0]
            asked = Prompt(name, None, {}, "prompt", data["prompt"])
            journal.begin_create("create", Intent(key, name, path, source_hash(asked), time.time()))
            world.sandbox.create({"display_name": name, "path": path, "metadata": {}, **data})
        journal.close()
        world.write(after())


def copied(folder: Path, to: Path) -> Path:
    if to.exists():
        shutil.rmtree(to)
    shutil.copytree(folder, to)
    return to


def check(world: World, first: dict[str, Any]) -> list[str]:
    """What is not as it must be after the last run; empty if all is well. `first` is the lock before everything."""
    wrong: list[str] = []
    wanted, lock = after(), world.lock
    held = {entry["_id"]: entry for entry in world.sandbox.prompts()}
    if lock.keys() != wanted.keys():
        wrong.append(f"keys: {sorted(lock.keys() ^ wanted.keys())}")
    ids = [entry["id"] for entry in lock.values()]
    if len(held) != len(wanted) + 1 or len(set(ids)) != len(ids):
        wrong.append(f"{len(held)} prompts for {len(wanted)} files and an unmanaged one: {sorted(_names(held))}")
    for key, entry in lock.items():
        there = held.get(entry["id"])
        name = wanted.get(key, {}).get("display_name", key.rpartition("/")[2])
        if there is None or there["display_name"] != name:
            wrong.append(f"{key}: {entry['id']} is {there and there['display_name']}")
        elif world.sandbox.path_of(entry["id"]) != key.rpartition("/")[0]:
            wrong.append(f"{key}: the path is {world.sandbox.path_of(entry['id'])}")
    kept = {key: key for key in first if key in wanted and "/Again/" not in key}
    kept |= {f"Default/Old/{name}": f"Default/New/{name}" for name in ("named-0", "named-1", "both")}
    kept |= {f"Default/Old/stem-{n}": f"Default/New/other-{n}" for n in range(2)}
    wrong += [f"{old}: the id is lost" for old, new in kept.items() if lock.get(new, {}).get("id") != first[old]["id"]]
    open_ = Journal(world.root / ".promptsync" / "journal.default.jsonl").recover()
    # The create of a file that was renamed since is remembered until no list can lag so long.
    if open_.entries or open_.writes or {intent.key for intent in open_.creates} - {"Default/Lost/old"}:
        wrong.append(f"the journal is left: {open_}")
    left = [*world.root.glob(".promptsync.lock*"), *world.root.glob(".promptsync/.*.jsonl.*")]
    wrong += [f"{path.name} is left" for path in left]
    archived = list((world.root / ".promptsync" / "archive").glob("*.json"))
    wrong += [f"{len(archived)} archived"] if len(archived) != 4 else []
    return wrong


def _names(held: dict[str, Any]) -> list[str]:
    return [entry["display_name"] for entry in held.values()]


def survives(
    folder: Path,
    to: Path,
    driver: Driver,
    point: int,
    behaviour: Behaviour,
    *extra: str,
    judge: Callable[[World, dict[str, Any]], list[str]] = check,
) -> list[str] | None:
    """Kills an apply at `point`, runs it again, and gives what is wrong then; None if it never came to that point."""
    with opened(copied(folder, to), driver, behaviour) as world:
        first = world.lock
        killed = world.run(*APPLY, *extra, point=point)
        if killed.code != -9:
            return None if killed.code == 0 else [f"exit {killed.code}: {killed.out}"]
        again = world.run(*APPLY)
        if again.code != 0:
            return [f"exit {again.code} of the second run: {again.out}"]
        wrong = judge(world, first)
        plan = world.run("plan", "--detailed-exitcode")
        return wrong + ([f"the plan is not empty: {plan.out}"] if plan.code != 0 else [])
