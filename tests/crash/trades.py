"""Files that trade places, in a swap, a ring and a chain: whatever is killed, each id follows its content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptsync.apply.journal import Journal
from tests.crash.world import opened, prompt

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crash.world import Driver, World

RENAMES = {
    "Default/One/left": "Default/Two/right",
    "Default/Two/right": "Default/One/left",
    "Default/a": "Default/b",
    "Default/b": "Default/c",
    "Default/c": "Default/a",
    "Default/first": "Default/second",
    "Default/second": "Support/third",
    "Default/named-1": "Default/named-2",
    "Default/named-2": "Default/named-1",
}
"""Two of one stem would be a swap of the path alone, and those that give their names one of the keys alone."""


def prepare(folder: Path, driver: Driver) -> None:
    """Makes the state that every crash begins with: applied once, and renamed since."""
    (folder / "prompts").mkdir(parents=True)
    with opened(folder, driver) as world:
        world.write({key: _said(key) for key in RENAMES})
        first = world.run("apply", "--yes")
        assert first.code == 0, first.out
        world.write({new: _said(old) for old, new in RENAMES.items()})


def check(world: World, first: dict[str, Any]) -> list[str]:
    """What is not as it must be after the last run; empty if all is well. `first` is the lock before everything."""
    wrong: list[str] = []
    lock = world.lock
    held = {entry["_id"]: entry for entry in world.sandbox.prompts()}
    wanted = {new: first.get(old, {}).get("id") for old, new in RENAMES.items()}
    got = {key: entry["id"] for key, entry in lock.items()}
    if got != wanted or held.keys() != set(wanted.values()):
        wrong.append(f"the ids are {got}, wanted {wanted}, held {sorted(held)}")
    for old, new in RENAMES.items():
        there = held.get(wanted[new], {})
        name = _said(old).get("display_name", new.rpartition("/")[2])
        said = there.get("prompt", {}).get("messages", [{}])[0].get("content")
        if (there.get("display_name"), said) != (name, f"I am {old}"):
            wrong.append(f"{new}: {there.get('display_name')} says {said}")
        elif world.sandbox.path_of(wanted[new]) != new.rpartition("/")[0]:
            wrong.append(f"{new}: the path is {world.sandbox.path_of(wanted[new])}")
    left = Journal(world.root / ".promptsync" / "journal.default.jsonl").recover()
    return wrong if left.is_empty else [*wrong, f"the journal is left: {left}"]


def _said(key: str) -> dict[str, Any]:
    name = {"display_name": key.rpartition("/")[2]} if "named" in key else {}
    return prompt(f"I am {key}", **name)
