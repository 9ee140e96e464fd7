"""Every way in which a request can go wrong, and what an apply that meets it must have done in the end."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from promptsync.sandbox import Fault
from tests.e2e.world import World, classic, current

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

METHODS = {"create": "POST", "update": "PATCH", "delete": "DELETE"}
PLACES = ("first", "middle", "last")
DIALECTS = ("current", "classic")
CANARY = "orq-canary-7f3e9a1c5b2d"

LOST = ("timeout:seconds=0.3", "reset", "drop", "cut", "garbage", "html", "500", "502", "503", "504")
"""Answers that leave open whether the write was carried out."""

LIMITS = (
    "429",
    "429:retry-after=2",
    "429:retry-after=0",
    '429:retry-after="Wed, 21 Oct 2015 07:28:00 GMT"',
    "429:retry-after=99999999999999999999",
    "429:retry-after=-7",
    "429:retry-after=soon",
    "429:header-X-RateLimit-Remaining=0,header-X-RateLimit-Reset=3",
    "503:retry-after=4",
)
REFUSALS = ("400", "403", "404", "409", "422")
SO_MANY = 3
"""Changes of each kind."""


@dataclass(frozen=True)
class Case:
    """One fault, and which request it meets."""

    fault: str
    when: str
    stays: bool
    action: str
    place: str
    dialect: str

    @property
    def id(self) -> str:
        kind = self.fault.replace(" ", "_")
        return f"{kind}-{self.when}-{'stays' if self.stays else 'passes'}-{self.action}-{self.place}-{self.dialect}"

    @property
    def status(self) -> str:
        return self.fault.partition(":")[0]

    def armed(self) -> Fault:
        fault = Fault.parse(self.fault)
        times = None if self.stays else 1
        skip = PLACES.index(self.place)
        return replace(fault, when=self.when, method=METHODS[self.action], skip=skip, times=times)  # type: ignore[arg-type]

    @property
    def expected(self) -> tuple[int, int, int]:
        """The exit code, how many changes failed, and how many were not attempted."""
        left = SO_MANY - PLACES.index(self.place)
        behind = {"create": 2 * SO_MANY, "update": SO_MANY, "delete": 0}[self.action]
        if self.status == "401":
            return 4, 1, left - 1 + behind
        if self.fault in REFUSALS:
            return 4, left if self.stays else 1, 0
        if not self.stays or self.when == "after":
            return 0, 0, 0
        if self.status == "429":
            return 4, 1, left - 1 + behind
        if self.action == "delete" and self.fault in ("cut", "garbage", "html"):
            return 0, 0, 0
        stopped = self.fault in LOST + LIMITS and left >= 3
        return 4, left, behind if stopped else 0


def cases() -> Iterator[Case]:
    for action, place, dialect in product(METHODS, PLACES, DIALECTS):
        for fault in LOST:
            # A 200 that says nothing after a delete that was not carried out is a lie that no one can see through.
            honest = not (action == "delete" and fault in ("cut", "garbage", "html"))
            for when, stays in product(("before", "after") if honest else ("after",), (False, True)):
                yield Case(fault, when, stays, action, place, dialect)
        for fault in LIMITS:
            yield Case(fault, "before", False, action, place, dialect)
        for fault in ("429", "429:retry-after=5", "429:retry-after=99999", "503:retry-after=4"):
            yield Case(fault, "before", True, action, place, dialect)
        for fault in (*REFUSALS, "401"):
            # That a prompt is gone is what a delete wants.
            if (action, fault) != ("delete", "404"):
                yield Case(fault, "before", False, action, place, dialect)
        for fault in ("400", "403"):
            yield Case(fault, "before", True, action, place, dialect)


def prepare(world: World, dialect: str) -> None:
    """Three of each kind of change: `a-` are to be created, `b-` updated, `c-` deleted."""
    make = current if dialect == "current" else classic
    for number in range(SO_MANY):
        world.write(f"Default/b-{number}", make(f"Update {number}"))
        world.write(f"Default/c-{number}", make(f"Delete {number}"))
    assert world.apply().code == 0
    for number in range(SO_MANY):
        world.write(f"Default/a-{number}", make(f"Create {number}"))
        world.write(f"Default/b-{number}", make(f"Updated {number}"))
        world.remove(f"Default/c-{number}")


def check(world: World, case: Case) -> str:
    """Applies while the fault is there and again without it. Gives all that was printed."""
    world.sandbox.faults.add(case.armed())
    first = world.apply("--prune", "--parallelism", "1", "-v", "--timeout", "60")
    code, failed, skipped = case.expected
    told = first.out + first.err
    assert first.code == code, told
    assert _number(first.out, "failed") == failed, told
    assert _number(first.out, "skipped") == skipped, told
    held = {prompt["_id"] for prompt in world.sandbox.prompts()}
    assert {entry["id"] for entry in world.lock["prompts"].values()} <= held or case.action == "delete", told

    world.sandbox.faults.clear()
    world.sandbox.requests.clear()
    second = world.apply("--prune", "--parallelism", "1", "-v")
    told += second.out + second.err
    assert second.code == 0, told
    # One that is held till its client is long gone is told late, without a status.
    written = [one for one in world.sandbox.requests if one.method != "GET" and one.status is not None]
    assert len(written) <= failed + skipped, [told, written]
    names = [f"{kind}-{number}" for kind in "ab" for number in range(SO_MANY)]
    assert world.names() == names, told
    assert world.lock["prompts"].keys() == {f"Default/{name}" for name in names}
    assert sorted(entry["id"] for entry in world.lock["prompts"].values()) == sorted(
        prompt["_id"] for prompt in world.sandbox.prompts()
    )
    third = world.plan("--prune", "--out", str(world.root.parent / "plan.json"))
    assert third.code == 0, third.out
    return told + third.out + third.err


def leaks(folder: Path, told: str) -> list[str]:
    """Where the key can be read."""
    found = [] if CANARY not in told else ["the output"]
    return found + [str(path) for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def copy_of(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    return to


def _number(out: str, word: str) -> int:
    last = out.strip().splitlines()[-1]
    words = last.replace(",", "").replace(";", "").replace(".", "").split()
    return int(words[words.index(word) - 1]) if word in words else 0
