"""What of an import no one sees over HTTP: progress, twins that an earlier run wrote, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promptsync.commands import import_ as importing
from promptsync.commands.unmanaged import unmanaged
from promptsync.files.config import Config
from promptsync.model.errors import LoadError, LockfileError, PlanError, UsageError
from promptsync.model.prompt import Problem
from promptsync.sandbox import Behaviour
from tests.embedded import Here, here, target_at

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
    assert [prompt.id for prompt in unmanaged(world.target)] == ids[::-1]


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


ODD_NAMES = ["a: b", "#", "- x", "no", "", "it's", "two\nlines", "a.b", "*", "{x}", " y ", "日本"]


def test_fields_of_any_name_are_let_through(world: Here) -> None:
    """Each file loads with the configuration that the import leaves, and an apply changes nothing."""
    for number, name in enumerate(ODD_NAMES):
        there(world, f"p{number}", **{name: {name: [1]}})
    done = importing.import_prompts(world.target, None, "Default")
    assert (len(done.keys), done.left_out) == (len(ODD_NAMES), {})
    assert sorted(done.allow_fields) == sorted(f"prompt.{name}" for name in ODD_NAMES)
    world.target = target_at(world.root, world.target.connection.base_url or "")
    assert world.target.config.allow_fields == done.allow_fields
    assert (world.pending(), world.apply()) == ([], 0)


def test_fields_that_no_configuration_lets_through_leave_their_prompt_out(
    world: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    there(world, "good", fine=1)
    bad = there(world, "bad", odd=1)

    def parse_config(data: bytes, file: str) -> Config:
        if b"odd" in data:
            raise LoadError([Problem(file, 1, 1, "`odd` is not for you")])
        return Config()

    monkeypatch.setattr(importing, "parse_config", parse_config)
    done = importing.import_prompts(world.target, None, "Default")
    assert done.left_out == {bad: "`allow_fields` cannot let prompt.odd through: `odd` is not for you"}
    assert (list(done.keys), done.allow_fields) == (["Default/good"], ("prompt.fine",))


LONG = "A line of some length, and one more.\n" * 100


@pytest.fixture
def small(world: Here) -> Here:
    """Files hold 5,000 bytes at most, and the service a prompt of three texts that need more."""
    (world.root / "promptsync.yaml").write_text("max_file_bytes: 5000\n", encoding="utf-8")
    world.target = target_at(world.root, world.target.connection.base_url or "")
    there(world, "big: 1", messages=[{"role": "user", "content": LONG + number} for number in "123"])
    return world


def test_a_prompt_that_is_too_large_for_a_file_has_its_texts_beside_it(small: Here) -> None:
    done = importing.import_prompts(small.target, None, "Default")
    assert (list(done.keys), done.left_out) == (["Default/big- 1"], {})
    beside = sorted(path.name for path in (small.root / "Default").glob("*.md"))
    assert beside == ["big- 1.1.md", "big- 1.2.md", "big- 1.3.md"]
    assert (small.pending(), small.apply()) == ([], 0)


def test_a_text_that_would_take_the_place_of_another_leaves_its_prompt_out(small: Here) -> None:
    (small.root / "Default").mkdir()
    for number in (1, 2):
        (small.root / f"Default/big- 1.{number}.md").write_text("mine", encoding="utf-8")
    done = importing.import_prompts(small.target, None, "Default")
    assert (done.keys, files(small)) == ({}, ["promptsync.yaml"])
    assert [why.endswith(".md is there already, and says something else") for why in done.left_out.values()] == [True]


def test_an_interrupted_import_of_texts_beside_is_taken_up(small: Here) -> None:
    importing.import_prompts(small.target, None, "Default")
    small.target.lock_path.unlink()
    assert list(importing.import_prompts(small.target, None, "Default").keys) == ["Default/big- 1"]
    assert files(small) == ["big- 1.yaml", "promptsync.yaml"]


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
        unmanaged(world.target)
    assert len(files(world)) == 3
