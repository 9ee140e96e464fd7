"""What of an import no one sees over HTTP: progress, twins that an earlier run wrote, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promptsync.commands import import_ as importing
from promptsync.model.errors import LockfileError, PlanError, UsageError
from promptsync.sandbox import Behaviour
from tests.embedded import Here, here

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = {"messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def world() -> Iterator[Here]:
    with here(Behaviour()) as made:
        yield made


def there(world: Here, name: str, **block: Any) -> str:
    made = world.sandbox.ui_create({"display_name": name, "path": "D", "prompt": {**BLOCK, **block}})
    return str(made["_id"])


def files(world: Here) -> list[str]:
    return sorted(path.name for path in world.root.rglob("*.yaml"))


def test_progress_is_told(world: Here) -> None:
    for name in ("a", "b"):
        there(world, name)
    totals: list[int] = []
    keys: list[str] = []
    done = importing.import_prompts(world.target, None, "Default", on_start=totals.append, on_prompt=keys.append)
    assert (totals, sorted(keys)) == ([2], ["Default/a", "Default/b"])
    assert (sorted(done.keys), done.left_out, done.allow_fields) == (["Default/a", "Default/b"], {}, ())


def test_nothing_to_import_writes_nothing(world: Here) -> None:
    assert importing.import_prompts(world.target, None, "Default").keys == {}
    assert (files(world), world.target.lock_path.exists()) == ([], False)


def test_newest_first(world: Here) -> None:
    ids = [there(world, name) for name in ("a", "b", "c")]
    assert [prompt.id for prompt in importing.unmanaged(world.target)] == ids[::-1]


@pytest.mark.parametrize("folder", ["", "/abs", "a//b", "../up", "a/../b", ".hidden", "a/_skipped", "a\\b"])
def test_a_folder_whose_files_would_not_be_found_again_is_refused(world: Here, folder: str) -> None:
    there(world, "a")
    with pytest.raises(UsageError, match="is no folder for prompts"):
        importing.import_prompts(world.target, None, folder)
    assert files(world) == []


def test_files_that_say_what_an_import_would_write_are_taken_as_its_own(world: Here) -> None:
    """The files of an import whose journal was lost, say: three twins and one that was edited since."""
    ids = [there(world, "twin") for _ in range(3)]
    odd = there(world, "odd")
    importing.import_prompts(world.target, None, "Default")
    world.target.lock_path.unlink()
    edited = world.root / "Default/odd.yaml"
    edited.write_text(edited.read_text() + "# mine\n", encoding="utf-8")
    done = importing.import_prompts(world.target, None, "Default")
    assert done.keys.keys() == {"Default/twin", "Default/twin-2", "Default/twin-3", "Default/odd-2"}
    assert sorted(done.keys.values()) == sorted([*ids, odd])
    assert edited.read_text().endswith("# mine\n")


def test_a_configuration_that_would_not_be_read_again_is_not_written(world: Here) -> None:
    there(world, "a", engine="v2")
    config = world.root / "promptsync.yaml"
    config.write_text("--- # nothing\n...\n", encoding="utf-8")
    try:
        importing.import_prompts(world.target, None, "Default")
    except Exception:
        assert config.read_text() == "--- # nothing\n...\n"
        assert files(world) == ["promptsync.yaml"]
    else:
        assert "prompt.engine" in config.read_text()


def test_the_wrong_place_is_refused(world: Here) -> None:
    for name in ("a", "b", "c"):
        there(world, name)
    importing.import_prompts(world.target, None, "Default")
    for prompt in world.sandbox.prompts():
        world.sandbox.ui_delete(prompt["_id"])
    there(world, "d")
    with pytest.raises(PlanError, match="wrong key"):
        importing.import_prompts(world.target, None, "Default")
    world.sandbox.behaviour = Behaviour(owner="another")
    with pytest.raises(LockfileError, match="another"):
        importing.unmanaged(world.target)
    assert len(files(world)) == 3
