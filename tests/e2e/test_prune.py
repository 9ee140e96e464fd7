"""Prune: what is deleted, what never is, and how it is brought back."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.files import disk as files
from promptsync.sandbox import Behaviour, Fault
from tests.e2e.world import KEY, World, current

if TYPE_CHECKING:
    from pathlib import Path


def agreed(world: World, count: int = 0) -> str:
    world.write(KEY, {"description": "Refunds", **current("Be kind to {{customer}}.")})
    world.write("Default/greeting", current("Hello."))
    for number in range(count):
        world.write(f"Default/p{number:02}", current(f"Prompt {number}."))
    assert world.apply().code == 0
    world.sandbox.requests.clear()
    return world.id(KEY)


def deletes(world: World) -> list[str]:
    return [request.path for request in world.sandbox.requests if request.method == "DELETE"]


def test_nothing_is_deleted_without_prune(world: World) -> None:
    agreed(world)
    world.remove(KEY)
    for arguments in ((), ("--overwrite", "**"), ("--max-deletes", "9"), ("--create-twins",)):
        assert (world.apply(*arguments).code, world.writes) == (0, [])


@pytest.mark.parametrize(("removed", "refused"), [(3, False), (4, True)])
def test_the_share_that_may_be_deleted(world: World, removed: int, refused: bool) -> None:
    agreed(world, count=8)
    for number in range(removed):
        world.remove(f"Default/p{number:02}")
    applied = world.apply("--prune")
    assert (applied.code, len(deletes(world))) == ((1, 0) if refused else (0, 3))
    if refused:
        assert "--max-deletes 4" in applied.err
        assert (world.apply("--prune", "--max-deletes", "4").code, len(deletes(world))) == (0, 4)
    assert world.plan().code == 0


@pytest.mark.parametrize("how", ["its file", "its folder", "the file with the line taken out first"])
def test_protection_is_held_in_the_lock(world: World, how: str) -> None:
    agreed(world)
    world.write("Kept/safe", {"protected": True, **current("Safe.")})
    assert world.apply().code == 0
    id_ = world.id("Kept/safe")
    world.sandbox.requests.clear()
    if how == "the file with the line taken out first":
        # Only an apply takes the protection away, and there it is reviewed.
        world.change("Kept/safe", lambda data: data.pop("protected"))
    world.remove("Kept/safe")
    if how == "its folder":
        (world.root / "Kept").rmdir()
    for arguments in (("--prune",), ("--prune", "--overwrite", "**"), ("--prune", "--max-deletes", "9")):
        assert (world.apply(*arguments).code, deletes(world)) == (0, [])
    assert world.id("Kept/safe") == id_


def test_protection_that_an_apply_took_away_is_gone(world: World) -> None:
    agreed(world)
    world.write("Kept/safe", {"protected": True, **current("Safe.")})
    world.apply()
    world.change("Kept/safe", lambda data: data.pop("protected"))
    assert world.apply().code == 0
    world.remove("Kept/safe")
    assert world.apply("--prune").code == 0
    assert world.names() == ["greeting", "refund"]


@pytest.mark.parametrize("chosen", [False, True])
def test_the_content_is_archived_before_the_delete_and_can_be_brought_back(
    world: World, chosen: bool, tmp_path: Path
) -> None:
    id_ = agreed(world)
    # What the service holds counts, what only it has included.
    held = world.held(KEY)
    world.remove(KEY)
    folder = tmp_path / "kept" if chosen else world.root / ".promptsync/archive"
    arguments = ("--archive", str(folder)) if chosen else ()
    world.sandbox.faults.add(Fault("status", status=403, method="DELETE"))
    assert world.apply("--prune", *arguments).code == 4
    # The delete failed, and the content was kept already.
    (kept,) = folder.rglob("*.json")
    assert json.loads(kept.read_text()) == {"key": KEY, "prompt": held}
    assert world.apply("--prune", *arguments).code == 0
    assert id_ not in {prompt["_id"] for prompt in world.sandbox.prompts()}

    restored = world.run("restore", KEY, *arguments)
    assert restored.code == 0
    assert "under a new id" in restored.out
    assert world.actions() == {KEY: "create"}
    assert (world.apply().code, world.plan().code) == (0, 0)
    assert world.id(KEY) != id_
    now = world.held(KEY)
    assert (now["description"], now["prompt"]["messages"]) == (held["description"], held["prompt"]["messages"])


def test_restore_of_what_is_not_archived_or_still_there_says_so(world: World) -> None:
    agreed(world)
    ran = world.run("restore", KEY)
    assert (ran.code, "is there already" in ran.err) == (64, True)
    ran = world.run("restore", "Default/none")
    assert (ran.code, "nothing is archived of `Default/none`" in ran.err) == (1, True)


def test_an_archive_that_cannot_be_written_keeps_the_prompt(world: World, tmp_path: Path) -> None:
    agreed(world)
    world.remove(KEY)
    full = tmp_path / "file" / "archive"
    (tmp_path / "file").write_text("", encoding="utf-8")
    ran = world.apply("--prune", "--archive", str(full))
    assert (ran.code in (1, 4), deletes(world)) == (True, [])
    assert "refund" in world.names()


@pytest.mark.parametrize("gone", ["before the read", "while deleting"])
def test_deleting_what_is_gone_is_success(world: World, gone: str) -> None:
    id_ = agreed(world)
    world.remove(KEY)
    if gone == "before the read":
        delete = world.sandbox.store.get
        seen = [0]

        def get(prompt_id: str) -> Any:
            seen[0] += 1
            if prompt_id == id_ and seen[0] > 2:
                world.sandbox.store.delete(id_)
            return delete(prompt_id)

        world.sandbox.store.get = get  # type: ignore[method-assign]
    else:
        world.sandbox.faults.add(Fault("status", status=404, method="DELETE", when="after"))
    applied = world.apply("--prune")
    assert applied.code == 0, applied.out
    assert (list(world.lock["prompts"]), world.names()) == (["Default/greeting"], ["greeting"])
    assert world.plan().code == 0


def assert_refused(world: World, code: int = 1) -> None:
    lock = world.lock_path.read_bytes() if world.lock_path.exists() else None
    names = world.names()
    for arguments in (("--prune",), ("--prune", "--max-deletes", "99", "--overwrite", "**")):
        applied = world.apply(*arguments)
        assert applied.code == code, applied.err
        assert applied.err.startswith("error: ") or "error: " in applied.err
    assert (world.writes, world.names()) == ([], names)
    assert lock == (world.lock_path.read_bytes() if world.lock_path.exists() else None)


def test_a_root_that_is_missing(world: World) -> None:
    agreed(world)
    moved = world.root.rename(world.root.parent / "away")
    for command in ("plan", "drift", "pull", "check"):
        assert world.run(command).code == 1
    assert world.apply("--prune").code == 1
    assert world.writes == []
    moved.rename(world.root) if not world.root.exists() else None


def test_a_root_without_files(world: World) -> None:
    agreed(world)
    for key in (KEY, "Default/greeting"):
        world.remove(key)
    assert_refused(world)


def test_a_folder_that_cannot_be_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    agreed(world)
    world.write("Closed/one", current("One."))
    world.apply()
    world.sandbox.requests.clear()
    scandir = os.scandir

    def closed(path: Any) -> Any:
        if str(path).endswith("Closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    # As root every folder can be read, so the refusal is played.
    monkeypatch.setattr(files.os, "scandir", closed)
    assert_refused(world)


def test_a_file_that_cannot_be_parsed(world: World) -> None:
    agreed(world)
    world.write(KEY, "prompt: [\n")
    world.remove("Default/greeting")
    assert_refused(world)


@pytest.mark.parametrize("behaviour", [Behaviour(max_page=10)])
@pytest.mark.parametrize("fault", ["403", "401"])
def test_a_page_of_the_list_that_cannot_be_read(world: World, fault: str) -> None:
    agreed(world, count=40)
    world.remove(KEY)
    world.write("Default/new", current("New."))
    # The first pages can be read, and one behind them not.
    world.sandbox.faults.add(Fault.parse(f"{fault}:method=GET,path=/v2/prompts,skip=3,times=always"))
    lock = world.lock_path.read_bytes()
    applied = world.apply("--prune")
    assert (applied.code, world.writes, world.lock_path.read_bytes()) == (1, [], lock)
    assert "error: " in applied.err


@pytest.mark.parametrize("fault", ["403", "401"])
def test_a_prompt_that_cannot_be_read(world: World, fault: str) -> None:
    id_ = agreed(world)
    world.remove(KEY)
    world.sandbox.faults.add(Fault.parse(f"{fault}:method=GET,path=/v2/prompts/{id_},times=always"))
    applied = world.apply("--prune")
    assert (applied.code, world.writes) == (1, [])
