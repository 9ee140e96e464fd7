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


TRADES = {
    "a swap": {"Default/a": "Default/b", "Default/b": "Default/a"},
    "a swap of two folders": {"Default/One/x": "Default/Two/x", "Default/Two/x": "Default/One/x"},
    "a ring": {"Default/a": "Default/b", "Default/b": "Support/c", "Support/c": "Default/a"},
    "a chain": {"Default/b": "Support/c", "Default/a": "Default/b"},
    "a longer chain": {"Default/c": "Default/d", "Default/b": "Default/c", "Default/a": "Default/b"},
}


def trade(world: World, renames: dict[str, str]) -> None:
    texts = {new: (world.root / f"{old}.yaml").read_text() for old, new in renames.items()}
    for key in renames:
        world.remove(key)
    for key, text in texts.items():
        world.write(key, text)


@pytest.mark.parametrize("renames", TRADES.values(), ids=list(TRADES))
@pytest.mark.parametrize(
    ("behaviour", "make"), [(Behaviour(), current), (Behaviour(dialect="classic"), classic)], ids=["current", "classic"]
)
def test_the_ids_of_files_that_traded_places_follow_their_content(
    world: World, make: Any, renames: dict[str, str]
) -> None:
    ids = agreed(world, [*renames, KEY], make)
    trade(world, renames)
    assert world.actions("--offline") == world.actions() == dict.fromkeys(renames.values(), "move")
    assert world.apply("--prune").code == 0
    assert_ids_kept(world, ids)
    assert world.run("lock verify").code == 0


def test_what_traded_places_is_known_by_its_new_keys_everywhere(world: World) -> None:
    agreed(world, ["Default/a", "Default/b"])
    ids = {key: world.id(key) for key in ("Default/a", "Default/b")}
    trade(world, TRADES["a swap"])
    assert world.apply().code == 0
    assert {key: world.id(key) for key in ids} == {"Default/a": ids["Default/b"], "Default/b": ids["Default/a"]}
    world.edit("Default/a", temperature=0.9)
    drifted = world.run("drift")
    assert (drifted.code, "Default/a" in drifted.out, "Default/b" in drifted.out) == (3, True, False)
    assert world.run("pull", "Default/a").code == 0
    assert (world.read("Default/a")["prompt"]["temperature"], world.read("Default/b")["prompt"]["temperature"]) == (
        0.9,
        0.2,
    )
    assert ids["Default/b"] in world.run("history", "Default/a").out
    assert world.plan().code == 0


def test_what_traded_places_and_was_changed_on_the_service_is_a_conflict_that_pull_joins(world: World) -> None:
    ids = agreed(world, ["Default/a", "Default/b"])
    world.edit("Default/a", temperature=0.9)
    trade(world, TRADES["a swap"])
    assert world.actions() == {"Default/a": "move", "Default/b": "conflict"}
    assert world.apply().code == 3
    assert world.run("pull").code == 0
    assert world.read("Default/b")["prompt"]["temperature"] == 0.9
    assert world.apply().code == 0
    assert_ids_kept(world, ids)


def test_a_pull_before_the_apply_loses_no_id(world: World) -> None:
    ids = agreed(world, ["Default/a", "Default/b", "Default/c"])
    world.edit("Default/a", temperature=0.9)
    trade(world, TRADES["a longer chain"])
    assert world.run("pull", "Default/b").code == 0
    assert world.read("Default/b")["prompt"]["temperature"] == 0.9
    assert world.apply().code == 0
    assert_ids_kept(world, ids)


def test_a_part_of_a_trade_is_not_applied_alone(world: World) -> None:
    ids = agreed(world, ["Default/a", "Default/b", KEY])
    trade(world, TRADES["a swap"])
    before = world.lock_path.read_bytes()
    ran = world.apply("--only", "Default/a")
    assert (ran.code, world.writes) == (3, [])
    assert "this file was Default/b and traded places with files that --only leaves out" in ran.out
    assert (world.apply("--only", KEY).code, world.lock_path.read_bytes()) == (0, before)
    assert world.apply("--only", "Default/?").code == 0
    assert_ids_kept(world, ids)


def test_a_saved_plan_carries_out_a_trade(world: World) -> None:
    ids = agreed(world, ["Default/a", "Default/b"])
    trade(world, TRADES["a swap"])
    saved = str(world.root.parent / "plan.json")
    assert world.run("plan", "--out", saved).code == 0
    assert world.run("apply", saved, "--yes").code == 0
    assert_ids_kept(world, ids)


def test_a_file_that_took_the_place_of_another_is_told_with_the_way_to_keep_the_id(world: World) -> None:
    ids = agreed(world, ["Default/a", "Default/b"])
    lost, kept = world.id("Default/b"), world.id("Default/a")
    rename(world, "Default/a", "Default/b")
    planned = world.plan()
    assert world.actions() == {"Default/a": "orphan", "Default/b": "update"}
    assert "`promptsync lock forget Default/b` and then `promptsync mv Default/a Default/b`" in planned.out
    assert world.run("lock forget", "Default/b").code == 0
    assert world.run("mv", "Default/a", "Default/b").code == 0
    assert (world.apply().code, world.id("Default/b")) == (0, kept)
    assert lost in ids.values()
    assert world.plan().code == 0


def test_a_new_file_that_may_be_an_old_one_is_told_with_its_mv(world: World) -> None:
    agreed(world, [KEY])
    before = world.id(KEY)
    world.remove(KEY)
    world.write("Support/repay", current(f"I am {KEY}. And I smile."))
    planned = world.plan()
    assert world.actions() == {KEY: "orphan", "Support/repay": "create"}
    assert f"`promptsync mv {KEY} Support/repay` keeps its id {before}" in planned.out
    assert "promptsync mv" in world.plan("--offline").out
    assert world.run("mv", KEY, "Support/repay").code == 0
    assert (world.apply().code, world.id("Support/repay")) == (0, before)


def test_a_backup_of_a_file_that_is_edited_then_is_a_new_prompt(world: World) -> None:
    agreed(world, [KEY])
    before = world.id(KEY)
    world.write("Default/backup", world.read(KEY))
    world.write(KEY, current("Something else."))
    assert world.actions() == {KEY: "update", "Default/backup": "create"}
    assert (world.apply().code, world.id(KEY)) == (0, before)


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
