"""docs/recovery.md, followed: each command that it tells is run where it is told, and things are right again."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from promptsync.sandbox import Behaviour
from tests.e2e.checkout import REPOSITORY, Checkout
from tests.e2e.world import World, current

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = (REPOSITORY / "docs/recovery.md").read_text(encoding="utf-8")
REFUND, TRIAGE = "Default/Support/refund", "Default/Support/triage"
EMPTY = "No changes. 2 prompts are as the files say.\n"


def told(heading: str) -> list[list[str]]:
    """The commands of each console block under a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    assert blocks, heading
    return [[line.removeprefix("$ ") for line in block.splitlines()] for block in blocks]


@pytest.fixture
def checkout(world: World) -> Checkout:
    """Two prompts, applied and committed with the lockfile."""
    made = Checkout.init(world.root.parent)
    world.write(REFUND, current("Refund."))
    world.write(TRIAGE, current("Triage."))
    assert world.apply().code == 0
    made.commit("first")
    return made


def follow(world: World, commands: list[str], *, says: str = "", code: int = 0) -> str:
    """Runs the commands of a block; gives what they print. The last of them exits with `code`."""
    said = ""
    for number, command in enumerate(commands, start=1):
        words = shlex.split(command)
        if words[0] != "promptsync":
            subprocess.run(words, cwd=world.root.parent, check=True, capture_output=True)
            continue
        # Without a terminal there is no one to ask.
        yes = ["--yes"] if words[1] == "apply" or "--by-name" in words else []
        verb = 2 if words[1] in ("lock", "sandbox") else 1
        ran = world.run(" ".join(words[1 : 1 + verb]), *words[1 + verb :], *yes)
        assert ran.code == (code if number == len(commands) else 0), f"{command}\n{ran.out}{ran.err}"
        said += ran.out + ran.err
    assert says in said, said
    return said


def mended(world: World, count: int = 2) -> bool:
    planned = world.plan()
    assert (planned.code, planned.out) == (0, EMPTY), planned.out + planned.err
    return len(world.sandbox.prompts()) == count


def break_journal(world: World) -> None:
    """A run that made a prompt and changed one, and whose journal alone knew: then that is spoiled."""
    before = world.lock_path.read_bytes()
    world.write(TRIAGE, current("Changed."))
    world.write("Default/Support/new", current("New."))
    assert world.apply().code == 0
    world.lock_path.write_bytes(before)
    (world.root / ".promptsync/journal.default.jsonl").write_text("spoiled\n{}\n")


def test_the_journal_cannot_be_read(world: World, checkout: Checkout) -> None:
    break_journal(world)
    assert "this line of the journal cannot be read" in world.plan().err
    aside, adopt = told("The journal cannot be read")
    follow(world, aside, says="a prompt of this name is already there")
    follow(world, adopt)
    assert world.apply().code == 0
    assert world.plan().code == 0
    assert len(world.sandbox.prompts()) == 3


@pytest.mark.parametrize(
    ("choice", "temperature"),
    [
        (["promptsync pull Default/Support/refund --theirs"], 0.9),
        (["promptsync apply --overwrite Default/Support/refund"], 0.5),
    ],
)
def test_a_conflict(world: World, checkout: Checkout, choice: list[str], temperature: float) -> None:
    versions = [world.held(REFUND)["prompt"]["version"]]
    world.edit(REFUND, temperature=0.9)
    world.change(REFUND, lambda data: data["prompt"].update(temperature=0.5))
    (look, join, *decide), old = told("Both sides changed: a conflict")
    follow(world, [look], says="changed here and on the service")
    follow(world, [join], code=3)
    assert choice[0] in decide
    follow(world, choice)
    assert world.held(REFUND)["prompt"]["temperature"] == temperature
    assert mended(world)
    follow(world, [line.replace("05wlf2wpw1z83cxz", versions[0]) for line in old])
    assert world.read(REFUND)["prompt"]["temperature"] == 0.2


def test_a_deletion_by_mistake(world: World, checkout: Checkout) -> None:
    lost_file, pruned, deleted_there = told("A prompt was deleted by mistake")
    world.remove(REFUND)
    assert world.actions() == {REFUND: "orphan"}
    follow(world, lost_file)
    assert mended(world)
    world.remove(REFUND)
    assert world.apply("--prune").code == 0
    follow(world, pruned, says="1 created")
    assert mended(world)
    world.sandbox.ui_delete(world.id(REFUND))
    assert world.actions() == {REFUND: "conflict"}
    follow(world, deleted_there, says="1 recreated")
    assert mended(world)


def test_the_lockfile_is_lost(world: World, checkout: Checkout) -> None:
    in_git, never_committed, several = told("The lockfile is lost")
    world.write(TRIAGE, current("Since the last commit."))
    assert world.apply().code == 0
    world.lock_path.unlink()
    follow(world, in_git)
    assert world.apply().code == 0
    assert mended(world)
    ids = [world.id(REFUND), world.id(TRIAGE)]
    world.lock_path.unlink()
    assert world.apply().code == 3
    follow(world, never_committed, says=EMPTY)
    assert ids == [world.id(REFUND), world.id(TRIAGE)]
    twin = world.add_unmanaged("refund")
    world.lock_path.unlink()
    follow(world, never_committed, says="2 prompts of this name are already there")
    follow(world, [line.replace("01JXAMPLE0000000000000000", ids[0]) for line in several])
    assert ids == [world.id(REFUND), world.id(TRIAGE)]
    world.sandbox.ui_delete(twin)
    assert mended(world)


def other_owner(world: World) -> None:
    world.sandbox.behaviour = Behaviour(owner="another")


def all_deleted(world: World) -> None:
    for prompt in world.sandbox.prompts():
        world.sandbox.ui_delete(prompt["_id"])


@pytest.mark.parametrize(
    ("happens", "words"),
    [(other_owner, "and this key reaches another"), (all_deleted, "locked prompts are not on the service")],
)
def test_the_wrong_workspace(world: World, checkout: Checkout, happens: Callable[[World], None], words: str) -> None:
    for name in ("a", "b"):
        world.write(f"Default/{name}", current(name))
    assert world.apply().code == 0
    before = world.lock_path.read_bytes()
    happens(world)
    stopped = world.apply()
    assert stopped.code == 1
    assert words in stopped.err
    assert world.lock_path.read_bytes() == before
    if happens is all_deleted:
        look, forget = told("The wrong workspace")
        follow(world, look[:1], code=3)
        follow(world, look[1:])
        for name in ("a", "b"):
            assert world.run("lock forget", f"Default/{name}").code == 0
        follow(world, forget, says="4 created")
        assert world.plan().code == 0
