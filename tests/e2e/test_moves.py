"""Moves and adoption: a prompt that gets another name or place keeps its id, and nothing is deleted and made anew."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync.sandbox import Behaviour
from tests.e2e.world import KEY, World, answers, classic, current


def agreed(world: World, keys: list[str], make: Any = current) -> dict[str, str]:
    """Prompts with a text each; gives their ids by that text."""
    for key in keys:
        world.write(key, make(f"I am {key}."))
    assert world.apply().code == 0
    world.sandbox.requests.clear()
    return {f"I am {key}.": world.id(key) for key in keys}


def rename(world: World, old: str, new: str) -> None:
    target = world.root / f"{new}.yaml"
    target.parent.mkdir(parents=True, exist_ok=True)
    (world.root / f"{old}.yaml").rename(target)


def assert_ids_kept(world: World, ids: dict[str, str]) -> None:
    """Each prompt still has its id; nothing was made or deleted, and the paths are those of the files."""
    assert {method for method, _ in world.writes} <= {"PATCH"}
    for key, entry in world.lock["prompts"].items():
        data = world.read(key)
        block = data.get("prompt") or data["prompt_config"]
        assert entry["id"] == ids[block["messages"][0]["content"]], key
        assert world.sandbox.path_of(entry["id"]) == key.rpartition("/")[0]
    assert sorted(entry["id"] for entry in world.lock["prompts"].values()) == sorted(ids.values())
    assert world.plan().code == 0


RENAMES = {
    "another name": {"Default/refund": "Default/repay"},
    "another folder": {"Default/refund": "Support/Deep/refund"},
    "both": {"Default/refund": "Support/repay"},
    "case alone": {"Default/refund": "Default/Refund"},
    "case of a folder": {"Default/refund": "default/refund", "Default/other": "default/other"},
}


@pytest.mark.parametrize("renames", RENAMES.values(), ids=list(RENAMES))
@pytest.mark.parametrize(
    ("behaviour", "make"), [(Behaviour(), current), (Behaviour(dialect="classic"), classic)], ids=["current", "classic"]
)
def test_a_renamed_file_keeps_its_id(world: World, make: Any, renames: dict[str, str]) -> None:
    ids = agreed(world, ["Default/refund", "Default/other"], make)
    for old, new in renames.items():
        rename(world, old, new)
    assert set(world.actions().values()) <= {"move", "update"}
    assert world.apply("--prune").code == 0
    assert_ids_kept(world, ids)


def test_a_whole_folder_renamed_keeps_all_ids(world: World) -> None:
    keys = [f"Default/Old/{folder}/{name}" for folder in "ab" for name in ("one", "two", "three")]
    ids = agreed(world, [*keys, KEY])
    # Two that say the same are told apart by the end of their keys.
    for folder in "ab":
        world.write(f"Default/Old/{folder}/same", {"display_name": "Same", **current("Copy.")})
    assert world.apply().code == 0
    copies = {folder: world.id(f"Default/Old/{folder}/same") for folder in "ab"}
    world.sandbox.requests.clear()
    (world.root / "Default/Old").rename(world.root / "Default/New")
    assert set(world.actions().values()) == {"move"}
    assert world.apply("--prune").code == 0
    assert [method for method, _ in world.writes] == ["PATCH"] * 8
    assert {folder: world.id(f"Default/New/{folder}/same") for folder in "ab"} == copies
    for key in keys:
        assert world.id(key.replace("Old", "New")) == ids[f"I am {key}."]
    assert world.plan().code == 0


def test_renamed_and_edited_at_once_keeps_its_id(world: World) -> None:
    world.write(KEY, {"display_name": "Refund assistant", **current()})
    world.apply()
    before = world.id(KEY)
    rename(world, KEY, "Support/repay")
    world.change("Support/repay", lambda data: data["prompt"].update(temperature=0.7))
    assert world.actions() == {"Support/repay": "move"}
    assert world.apply("--prune").code == 0
    assert (world.id("Support/repay"), world.held("Support/repay")["prompt"]["temperature"]) == (before, 0.7)


def test_two_files_whose_contents_are_swapped_are_two_updates(world: World) -> None:
    agreed(world, ["Default/a", "Default/b"])
    ids = {key: world.id(key) for key in ("Default/a", "Default/b")}
    one, two = world.read("Default/a"), world.read("Default/b")
    world.write("Default/a", two)
    world.write("Default/b", one)
    assert world.actions() == {"Default/a": "update", "Default/b": "update"}
    assert world.apply().code == 0
    assert {key: world.id(key) for key in ids} == ids
    assert world.plan().code == 0


def test_mv_decides_where_it_is_not_clear(world: World) -> None:
    for name in ("a", "b"):
        world.write(f"Default/{name}", {"display_name": f"Name {name}", **current("Same.")})
    world.apply()
    before = {name: world.id(f"Default/{name}") for name in ("a", "b")}
    for name in ("a", "b"):
        world.remove(f"Default/{name}")
        world.write(f"Default/new-{name}", {"display_name": f"New {name}", **current("Same.")})
    assert world.plan("--prune").code == 3
    world.sandbox.requests.clear()
    assert (world.apply("--prune").code, world.writes) == (3, [])
    ran = world.run("mv", "Default/a", "Default/new-a")
    assert (ran.code, ran.out) == (0, f"Default/a is Default/new-a from now on, with the id {before['a']}\n")
    # With one decided, the other is clear.
    assert world.actions() == {"Default/new-a": "update", "Default/new-b": "move"}
    assert world.apply("--prune").code == 0
    assert {name: world.id(f"Default/new-{name}") for name in ("a", "b")} == before
    assert (world.plan().code, len(world.names())) == (0, 2)


def test_mv_renames_the_file_too(world: World) -> None:
    ids = agreed(world, [KEY])
    raw = "# a comment\n" + (world.root / f"{KEY}.yaml").read_text()
    world.write(KEY, raw)
    assert world.run("mv", KEY, "Support/repay").code == 0
    assert (world.root / "Support/repay.yaml").read_text() == raw
    assert world.writes == []
    assert world.apply().code == 0
    assert_ids_kept(world, ids)


def test_mv_that_changes_case_alone(world: World) -> None:
    ids = agreed(world, [KEY])
    assert world.run("mv", KEY, "Default/Refund").code == 0
    assert world.apply().code == 0
    assert_ids_kept(world, ids)


def test_mv_to_what_cannot_be_says_so(world: World) -> None:
    agreed(world, [KEY, "Default/other"])
    before = world.lock_path.read_bytes()
    for old, new, words in [
        ("Default/none", "Default/x", "there is no"),
        (KEY, "Default/other", "is tied to"),
        (KEY, "../outside", "outside of"),
    ]:
        ran = world.run("mv", old, new)
        assert (ran.code, words in ran.err) == (64, True), ran.err
    assert world.lock_path.read_bytes() == before
    assert (world.root / f"{KEY}.yaml").exists()
    assert world.plan().code == 0


def test_a_copy_of_a_file_is_a_new_prompt(world: World) -> None:
    ids = agreed(world, [KEY])
    world.write("Default/copy", world.read(KEY))
    assert world.actions() == {"Default/copy": "create"}
    assert world.apply().code == 0
    assert (world.id(KEY), len(world.names())) == (ids[f"I am {KEY}."], 2)


def test_adopt_keeps_the_id_and_the_place(world: World) -> None:
    there = world.add_unmanaged("refund")
    world.write(KEY, current())
    assert world.run("adopt", KEY, there).code == 0
    assert world.apply().code == 0
    assert (world.id(KEY), world.names(), world.sandbox.path_of(there)) == (there, ["refund"], "Elsewhere")
    assert world.plan().code == 0


def test_adopt_by_name_ties_many_at_once_and_shows_them_first(world: World) -> None:
    there = {name: world.add_unmanaged(name, current(f"I am {name}.")) for name in ("one", "two", "three")}
    twins = [world.add_unmanaged("twin"), world.add_unmanaged("twin")]
    for name in ("one", "two", "twin", "new"):
        world.write(f"Default/{name}", current(f"I am {name}."))
    world.write("Default/three", current("Mine.", top_p=0.5))
    world.sandbox.requests.clear()
    # Without a terminal nothing is tied before it was said.
    assert world.run("adopt", "--by-name").code == 64
    assert not world.lock_path.exists()
    ran = world.run("adopt", "--by-name", "--yes")
    assert (ran.code, world.writes) == (0, [])
    rows = {line.split()[0]: line.split()[1:] for line in ran.out.splitlines()[1:]}
    assert rows == {
        "Default/one": [there["one"], "nothing"],
        "Default/two": [there["two"], "nothing"],
        "Default/three": [there["three"], "prompt.messages[0].content,", "prompt.top_p"],
    }
    assert {key: entry["id"] for key, entry in world.lock["prompts"].items()} == {
        f"Default/{name}": id_ for name, id_ in there.items()
    }
    # What shares its name with several, or with none, is left to decide or to make.
    actions = world.actions()
    assert actions == {"Default/three": "update", "Default/twin": "conflict", "Default/new": "create"}
    assert world.apply().code == 3
    assert {prompt["_id"] for prompt in world.sandbox.prompts()} >= {*twins, *there.values()}
    assert len(world.names()) == 6


def test_adopt_by_name_that_is_declined_ties_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add_unmanaged("refund")
    world.write(KEY, current())
    answers(monkeypatch, "no")
    ran = world.run("adopt", "--by-name")
    assert "Tie 1 file to these prompts? They are of the target “default” (127.0.0.1:" in ran.err
    assert (ran.code, KEY in ran.out) == (0, True)
    assert not world.lock_path.exists()
