"""History and restore: the versions of a prompt, and an old one back into the file."""

from __future__ import annotations

import pytest

from promptsync.sandbox import Behaviour
from tests.e2e.world import KEY, World, classic, current

FILE = """\
# The refund assistant.
prompt:
  model: "openai/gpt-4o"  # the big one
  temperature: 0.2
  messages:
    - role: system
      content: |
        You answer briefly.
        You are kind.
"""


def with_a_past(world: World) -> list[str]:
    """A prompt that was made, edited in the web page, pulled and edited here; gives its versions, newest first."""
    world.write(KEY, FILE)
    assert world.apply().code == 0
    world.sandbox.ui_edit(world.id(KEY), {"prompt": {"temperature": 0.9}, "description": "Refunds"})
    assert world.run("pull").code == 0
    text = (world.root / f"{KEY}.yaml").read_text()
    world.write(KEY, text.replace("kind", "strict"))
    assert world.apply().code == 0
    records, _ = world.sandbox.store.versions(world.id(KEY), 50) or ([], False)
    return [record.version for record in records]


def test_history_tells_the_versions_newest_first(world: World) -> None:
    newest, edited, first = with_a_past(world)
    told = world.run("history", KEY)
    assert told.code == 0
    blocks = told.out.split("\n\n")
    assert blocks[0].splitlines()[0] == f"{KEY}  {world.id(KEY)}"
    assert [block.split()[0] for block in blocks[1:]] == [newest, edited, first]
    assert blocks[1].splitlines()[0].endswith("(in the lockfile)")
    assert ("- You are kind." in blocks[1], "+ You are strict." in blocks[1]) == (True, True)
    assert f"by {world.sandbox.behaviour.user_id}" in blocks[2].splitlines()[0]
    assert "prompt.temperature: 0.2 → 0.9" in blocks[2]
    assert '+ description: "Refunds"' in blocks[2]
    assert blocks[3].splitlines()[1] == "  the first version"


def test_history_marks_the_locked_version_and_bounds_the_rest(world: World) -> None:
    _, edited, _ = with_a_past(world)
    world.edit(temperature=1)
    blocks = world.run("history", KEY, "-n", "2").out.split("\n\n")[1:]
    assert len(blocks) == 2
    assert ["(in the lockfile)" in block for block in blocks] == [False, True]
    assert edited not in world.run("history", KEY, "-n", "2").out


def test_history_of_what_is_not_locked_says_so(world: World) -> None:
    with_a_past(world)
    ran = world.run("history", "Default/refunt")
    assert (ran.code, f"did you mean `{KEY}`?" in ran.err) == (64, True)


def test_restore_brings_a_version_into_the_file_and_apply_makes_it_live(world: World) -> None:
    _, _, first = with_a_past(world)
    before = world.id(KEY)
    world.sandbox.requests.clear()
    restored = world.run("restore", KEY, first)
    assert (restored.code, world.writes) == (0, [])
    # The file is as it was then, comments and all.
    assert (world.root / f"{KEY}.yaml").read_text() == FILE
    assert "prompt.temperature: 0.9 → 0.2" in restored.out
    assert world.actions() == {KEY: "update"}
    assert (world.apply().code, world.id(KEY), world.plan().code) == (0, before, 0)
    held = world.held(KEY)
    assert (held["prompt"]["temperature"], held.get("description")) == (0.2, None)
    assert held["prompt"]["messages"][0]["content"] == "You answer briefly.\nYou are kind.\n"


def test_restore_of_the_present_changes_nothing(world: World) -> None:
    newest, *_ = with_a_past(world)
    before = (world.root / f"{KEY}.yaml").read_bytes()
    ran = world.run("restore", KEY, newest)
    assert (ran.code, ran.out) == (0, "the file says that already\n")
    assert (world.root / f"{KEY}.yaml").read_bytes() == before


def test_restore_keeps_the_name_that_no_version_tells(world: World) -> None:
    world.write(KEY, FILE)
    world.apply()
    first = world.held(KEY)["prompt"]["version"]
    world.write(KEY, 'display_name: "Refunds"\n' + FILE.replace("0.2", "0.7"))
    assert world.apply().code == 0
    assert world.run("restore", KEY, first).code == 0
    assert world.read(KEY)["display_name"] == "Refunds"
    assert world.read(KEY)["prompt"]["temperature"] == 0.2


def test_restore_of_a_version_that_never_was_says_so(world: World) -> None:
    newest, *_ = with_a_past(world)
    for version, hint in ((newest[:-1] + "?", f"did you mean {newest}?"), ("nonsense", "promptsync history KEY")):
        ran = world.run("restore", KEY, version)
        assert (ran.code, f"the prompt has no version {version}" in ran.err, hint in ran.err) == (64, True, True)


@pytest.mark.parametrize("behaviour", [Behaviour(dialect="classic")])
@pytest.mark.parametrize("make", [current, classic])
def test_restore_on_a_classic_service(world: World, make: object) -> None:
    world.write(KEY, make("One."))  # type: ignore[operator]
    world.apply()
    first = world.held(KEY)["prompt_config"]["version"]
    before = world.read(KEY)
    world.write(KEY, make("Two."))  # type: ignore[operator]
    world.apply()
    assert world.run("restore", KEY, first).code == 0
    assert world.read(KEY) == before
    assert (world.apply().code, world.plan().code) == (0, 0)
    assert "One." in world.run("history", KEY).out
