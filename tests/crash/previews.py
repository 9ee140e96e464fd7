"""A preview that is made, changed and deleted, each of them killed at some point and run again.

Beside it there are the live prompts of the same names, and another preview of them, made on another machine: its
lockfile is not here, and it says something else.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from tests.crash.world import World, copied, opened, prompt

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.sandbox import Behaviour
    from tests.crash.world import Driver

NAME = ("--name", "pr-1")
COMMANDS = {
    "made": ("preview apply", *NAME),
    "changed": ("preview apply", *NAME),
    "deleted": ("preview delete", *NAME),
}
"""What is killed. All but the first begin with a preview that is there."""
KEYS = [f"Default/Live/live-{n}" for n in range(4)]
LOCK = ".promptsync/previews/pr-1.lock.json"


def live() -> dict[str, dict[str, Any]]:
    return {key: prompt(f"Live {key}") for key in KEYS}


def first() -> dict[str, dict[str, Any]]:
    """The files as the branch has them at first."""
    changed = {key: prompt(f"First {key}") for key in KEYS[:2]}
    return live() | changed | {"Default/New/new": prompt("First new"), "Default/New/copy": prompt("First new")}


def then() -> dict[str, dict[str, Any]]:
    """The files as a later push has them: one edited, one as it is live again, one gone, one new."""
    later = {KEYS[0]: prompt(f"Then {KEYS[0]}"), KEYS[1]: live()[KEYS[1]], KEYS[2]: prompt(f"Then {KEYS[2]}")}
    return {key: data for key, data in (first() | later).items() if key != "Default/New/copy"}


def wanted(what: str) -> dict[str, dict[str, Any]]:
    """The prompts that the preview must hold in the end."""
    files = {"made": first(), "changed": then(), "deleted": {}}[what]
    return {key: data for key, data in files.items() if data != live().get(key)}


def prepare(folder: Path, driver: Driver, what: str) -> None:
    (folder / "prompts").mkdir(parents=True)
    with opened(folder, driver) as world:
        world.write(live())
        assert world.run("apply", "--yes").code == 0
        world.write(first())
        for key in (KEYS[0], "Default/New/new"):
            other = {"display_name": key.rpartition("/")[2], "path": "Preview/pr-2/Default", **prompt("Of another")}
            world.sandbox.create({"metadata": {}, **other})
        if what != "made":
            made = world.run("preview apply", *NAME)
            assert made.code == 0, made.out
        if what == "changed":
            world.write(then())
    shutil.copy(folder / "prompts/promptsync.lock.json", folder / "live.lock.json")


def points(folder: Path, to: Path, driver: Driver, behaviour: Behaviour, what: str) -> list[str]:
    """The points that a whole run passes."""
    with opened(copied(folder, to), driver, behaviour) as world:
        whole = world.run(*COMMANDS[what])
        assert whole.code == 0, whole.out
        assert check(world, what) == []
    return whole.names


def survives(folder: Path, to: Path, driver: Driver, point: int, behaviour: Behaviour, what: str) -> list[str]:
    """Kills the command at `point`, if it comes to that, runs it again, and gives what is wrong then."""
    with opened(copied(folder, to), driver, behaviour) as world:
        held = {entry["_id"] for entry in world.sandbox.prompts()}
        killed = world.run(*COMMANDS[what], point=point)
        if killed.code != -9:
            return [] if killed.code == 0 else [f"exit {killed.code}: {killed.out}"]
        again = world.run(*COMMANDS[what])
        if again.code != 0:
            return [f"exit {again.code} of the second run: {again.out}"]
        wrong = check(world, what)
        ended = world.run("preview delete", *NAME)
        left = {entry["_id"] for entry in world.sandbox.prompts()} - held
        return wrong + ([f"exit {ended.code} of the end, {len(left)} are left"] if ended.code or left else [])


def check(world: World, what: str) -> list[str]:
    """What is not as it must be; empty if all is well."""
    wrong = []
    path, expected = world.root / LOCK, wanted(what)
    entries = json.loads(path.read_text(encoding="utf-8"))["prompts"] if path.exists() else {}
    held = {entry["_id"]: entry for entry in world.sandbox.prompts()}
    others = len(live()) + 2
    if entries.keys() != expected.keys():
        wrong.append(f"the preview has {sorted(entries)}")
    if len(held) != others + len(expected):
        wrong.append(f"the service holds {len(held)} prompts, not {others + len(expected)}")
    for key, entry in entries.items():
        there = held.get(entry["id"], {})
        if there.get("prompt", {}).get("messages") != expected.get(key, {}).get("prompt", {}).get("messages"):
            wrong.append(f"{key} ({entry['id']}) says {there}")
    if (world.root / "promptsync.lock.json").read_bytes() != (world.root.parent / "live.lock.json").read_bytes():
        wrong.append("the lockfile of what is live was touched")
    if (world.root / ".promptsync/journal.preview.pr-1.jsonl").exists():
        wrong.append("the journal is left")
    return wrong
