"""Lockfiles that cannot be trusted stop every command, and are never overwritten."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.world import KEY, World, current

if TYPE_CHECKING:
    from collections.abc import Callable


def edited(change: Callable[[Any], object]) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        lock = json.loads(data)
        change(lock)
        return json.dumps(lock).encode()

    return edit


def with_conflict_markers(data: bytes) -> bytes:
    return b"<<<<<<< HEAD\n" + data + b"=======\n" + data + b">>>>>>> theirs\n"


def twice_the_same_key(data: bytes) -> bytes:
    entry = json.dumps(json.loads(data)["prompts"][KEY])
    return f'{{"lock_version": 1, "canonical": 1, "prompts": {{"{KEY}": {entry}, "{KEY}": {entry}}}}}'.encode()


REFUSALS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("conflict markers", with_conflict_markers, "holds the conflict markers of a git merge"),
    ("newer", edited(lambda lock: lock.update(lock_version=2)), "was written by a newer promptsync"),
    ("newer rules", edited(lambda lock: lock.update(canonical=99)), "was written by a newer promptsync"),
    ("other workspace", edited(lambda lock: lock.update(workspace={"owner": "W2"})), "belongs to the workspace W2"),
    ("empty", lambda data: b"", "cannot be used: line 1, column 1 is no JSON"),
    ("cut off", lambda data: data[:-40], "cannot be used: "),
    ("binary", lambda data: b"\xff\xfe\x00", "cannot be used: it is not UTF-8 text"),
    ("a list", lambda data: b"[]", "cannot be used: it holds no object"),
    ("deep", lambda data: b"[" * 100_000, "cannot be used: it is nested too deeply"),
    ("no prompts", edited(lambda lock: lock.pop("prompts")), "cannot be used: `prompts` is no object"),
    ("no id", edited(lambda lock: lock["prompts"][KEY].pop("id")), "has no text as its `id`"),
    ("one id twice", edited(lambda lock: lock["prompts"].update(other=lock["prompts"][KEY])), "have the same id"),
    ("one key twice", twice_the_same_key, f"the key `{KEY}` stands twice in one object"),
]


@pytest.mark.parametrize(
    ("spoil", "message"), [each[1:] for each in REFUSALS], ids=[each[0].replace(" ", "-") for each in REFUSALS]
)
def test_it_stops_every_command_and_stays_as_it_is(
    applied: World, spoil: Callable[[bytes], bytes], message: str
) -> None:
    spoiled = spoil(applied.lock_path.read_bytes())
    applied.lock_path.write_bytes(spoiled)
    commands = [
        applied.plan(),
        applied.apply("--overwrite", "**"),
        applied.run("check"),
        applied.run("adopt", KEY, applied.sandbox.prompts()[0]["_id"]),
    ]
    for ran in commands:
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith(f"error: {applied.lock_path} ")
        assert message in ran.err
        assert "\nhelp: " in ran.err
    assert applied.writes == []
    assert applied.lock_path.read_bytes() == spoiled


def test_one_of_another_target_that_cannot_be_read_would_hide_what_is_managed(applied: World) -> None:
    other = applied.root / "promptsync.staging.lock.json"
    other.write_text("{")
    ran = applied.apply()
    assert (ran.code, applied.writes) == (1, [])
    assert str(other) in ran.err


def test_what_another_target_manages_is_not_unmanaged(world: World) -> None:
    (world.root / "promptsync.yaml").write_text(
        f"targets:\n  staging: {{base_url: '{world.url}', path_prefix: Staging}}\npolicies: {{create_twins: true}}\n"
    )
    world.write(KEY, current())
    assert world.apply().code == 0
    world.target = "staging"
    assert world.apply().code == 0
    assert (world.names(), world.plan().code) == (["refund", "refund"], 0)
    assert world.sandbox.path_of(world.id(KEY)) == "Staging/Default"


def test_a_lost_one_makes_conflicts_and_no_twins(applied: World) -> None:
    applied.lock_path.unlink()
    ran = applied.apply()
    assert (ran.code, applied.writes, applied.names()) == (3, [], ["refund"])


def test_a_lost_one_heals_by_itself_where_no_one_else_makes_prompts(world: World) -> None:
    (world.root / "promptsync.yaml").write_text("targets:\n  default: {exclusive: true}\n")
    world.write(KEY, current())
    world.write("Default/greeting", current("Hello."))
    world.apply()
    before = world.lock
    world.lock_path.unlink()
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.7))
    assert world.actions() == {KEY: "adopt", "Default/greeting": "adopt"}
    assert world.apply().code == 0
    assert {key: entry["id"] for key, entry in world.lock["prompts"].items()} == {
        key: entry["id"] for key, entry in before["prompts"].items()
    }
    assert (world.plan().code, len(world.names())) == (0, 2)


def test_an_unchanged_run_does_not_touch_it(applied: World) -> None:
    applied.apply()
    before = (applied.lock_path.stat().st_mtime_ns, applied.lock_path.stat().st_ino)
    assert applied.apply().code == 0
    assert (applied.lock_path.stat().st_mtime_ns, applied.lock_path.stat().st_ino) == before
