"""Pull: what someone edited in the web page comes into the files, and nothing else of them changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from promptsync.sandbox import Behaviour, Fault
from tests.e2e.world import KEY, World, classic, current

CORPUS = Path(__file__).parents[1] / "corpus" / "yaml"

COMMENTED = """\
# The refund assistant. Ask Ann before you change it.
display_name: 'Refund assistant'  # as support calls it
prompt:
    model: "openai/gpt-4o"
    temperature: 0.20   # cold
    messages:
    -   role: system
        # the policy
        content: |
            You answer briefly.

            You are kind.

            You sign as {{agent}}.
    -   {role: user, content: '{{question}}'}
# the end
"""
SYSTEM = "You answer briefly.\n\nYou are kind.\n\nYou sign as {{agent}}.\n"


def agreed(world: World, text: str = COMMENTED) -> str:
    world.write(KEY, text)
    assert world.apply().code == 0
    return world.id(KEY)


def text(world: World, key: str = KEY) -> str:
    return (world.root / f"{key}.yaml").read_bytes().decode()


def test_an_edit_there_comes_into_the_file_and_nothing_else_changes(world: World) -> None:
    agreed(world)
    world.edit(temperature=0.9)
    world.sandbox.requests.clear()
    pulled = world.run("pull")
    assert pulled.code == 0, pulled.out + pulled.err
    assert text(world) == COMMENTED.replace("0.20 ", "0.9 ")
    assert "prompt.temperature: 0.2 → 0.9" in pulled.out
    assert pulled.out.endswith("1 file changed, 0 to decide.\n")
    assert world.writes == []
    assert world.plan().out.endswith("\n\nNo changes. 1 prompt is as its file says.\n")
    assert (world.apply().code, world.writes) == (0, [])


def test_lines_of_one_text_merge(world: World) -> None:
    agreed(world)
    world.edit_text(SYSTEM.replace("briefly", "at length"))
    world.write(KEY, COMMENTED.replace("sign as {{agent}}", "never sign"))
    assert world.actions() == {KEY: "conflict"}
    assert world.run("pull").code == 0
    assert text(world) == COMMENTED.replace("sign as {{agent}}", "never sign").replace("briefly", "at length")
    # What is still different is the file's own change.
    (change,) = world.plan_json()["changes"]
    assert (change["action"], [item["field"] for item in change["diff"]]) == ("update", ["prompt.messages[0].content"])
    assert world.apply().code == 0
    assert world.held(KEY)["prompt"]["messages"][0]["content"] == SYSTEM.replace("briefly", "at length").replace(
        "sign as {{agent}}", "never sign"
    )
    assert world.plan().code == 0


def test_fields_of_both_sides_merge(world: World) -> None:
    agreed(world)
    world.edit(top_p=0.5, temperature=None)
    world.sandbox.ui_edit(world.id(KEY), {"description": "Refunds: all of them", "display_name": "Refunds"})
    world.write(KEY, COMMENTED.replace("openai/gpt-4o", "openai/gpt-4o-mini"))
    assert world.run("pull").code == 0
    said = world.read(KEY)
    assert (said["display_name"], said["description"]) == ("Refunds", "Refunds: all of them")
    assert (said["prompt"]["model"], said["prompt"]["top_p"]) == ("openai/gpt-4o-mini", 0.5)
    assert "temperature" not in said["prompt"]
    for comment in ("# The refund assistant.", "# as support calls it", "# the policy", "# the end"):
        assert comment in text(world)
    assert [item["field"] for item in world.plan_json()["changes"][0]["diff"]] == ["prompt.model"]
    assert (world.apply().code, world.plan().code) == (0, 0)


def test_messages_put_in_and_taken_out_there_come(world: World) -> None:
    agreed(world)
    held = world.held(KEY)["prompt"]["messages"]
    new = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello\n- there"}]
    world.sandbox.ui_edit(world.id(KEY), {"prompt": {"messages": [held[0], *new]}})
    assert world.run("pull").code == 0
    assert [message["content"] for message in world.read(KEY)["prompt"]["messages"]] == [SYSTEM, "Hi", "Hello\n- there"]
    assert "# the policy" in text(world)
    assert world.plan().code == 0


def test_both_sides_that_say_the_same_need_no_edit(world: World) -> None:
    agreed(world)
    world.edit(temperature=0.9)
    world.write(KEY, COMMENTED.replace("0.20", "0.9"))
    before = text(world)
    assert (world.run("pull").code, text(world)) == (0, before)
    assert (world.apply().code, world.plan().code) == (0, 0)


def test_nothing_changed_there_pulls_nothing(world: World) -> None:
    agreed(world)
    world.write(KEY, COMMENTED.replace("0.20", "0.7"))
    before, lock = text(world), world.lock_path.read_bytes()
    pulled = world.run("pull")
    assert (pulled.code, pulled.out) == (0, "nothing was changed on the service\n")
    assert (text(world), world.lock_path.read_bytes()) == (before, lock)


def test_keys_choose_what_is_pulled(world: World) -> None:
    for name in ("a", "b"):
        world.write(f"Default/{name}", current(name))
    world.apply()
    for name in ("a", "b"):
        world.edit(f"Default/{name}", temperature=0.9)
    assert world.run("pull", "Default/a").code == 0
    assert world.read("Default/a")["prompt"]["temperature"] == 0.9
    assert world.actions() == {"Default/b": "drift"}
    wrong = world.run("pull", "Default/bb")
    assert (wrong.code, "did you mean `Default/b`?" in wrong.err) == (64, True)


def conflicting(world: World) -> None:
    """The temperature differs on both sides, and the text has a line of each that does not overlap."""
    agreed(world)
    world.edit(temperature=0.9)
    world.edit_text(SYSTEM.replace("briefly", "at length"))
    world.write(KEY, COMMENTED.replace("0.20", "0.7").replace("sign as {{agent}}", "never sign"))


def test_a_conflict_is_left_in_the_file_and_shown_with_both_sides(world: World) -> None:
    conflicting(world)
    pulled = world.run("pull")
    assert pulled.code == 3
    # The rest is merged; what both changed is untouched.
    mine = COMMENTED.replace("0.20", "0.7").replace("sign as {{agent}}", "never sign")
    assert text(world) == mine.replace("briefly", "at length")
    assert "conflict: prompt.temperature, service → file" in pulled.out
    assert "prompt.temperature: 0.9 → 0.7" in pulled.out
    assert f"`promptsync pull {KEY} --ours` keeps the file's side, `--theirs` takes the service's" in pulled.out
    assert pulled.out.endswith("1 file changed, 1 to decide.\n")
    # It is open until it is decided.
    assert world.run("pull").code == 3
    assert world.actions() == {KEY: "conflict"}
    assert world.apply().code == 3


@pytest.mark.parametrize(("side", "value"), [("--ours", 0.7), ("--theirs", 0.9)])
def test_a_conflict_is_decided(world: World, side: str, value: float) -> None:
    conflicting(world)
    pulled = world.run("pull", side)
    assert pulled.code == 0
    assert ("kept as in the file: prompt.temperature, service → file" in pulled.out) == (side == "--ours")
    said = world.read(KEY)["prompt"]
    assert said["temperature"] == value
    assert said["messages"][0]["content"] == SYSTEM.replace("briefly", "at length").replace(
        "sign as {{agent}}", "never sign"
    )
    (change,) = world.plan_json()["changes"]
    fields = {item["field"] for item in change["diff"]}
    assert (change["action"], "prompt.temperature" in fields) == ("update", side == "--ours")
    assert (world.apply().code, world.plan().code) == (0, 0)
    assert world.held(KEY)["prompt"]["temperature"] == value


def test_a_conflict_within_one_line_shows_both_lines(world: World) -> None:
    agreed(world)
    world.edit_text(SYSTEM.replace("kind", "fair"))
    mine = COMMENTED.replace("kind", "strict")
    world.write(KEY, mine)
    pulled = world.run("pull")
    assert (pulled.code, text(world)) == (3, mine)
    assert "You are fair." in pulled.out
    assert "You are strict." in pulled.out


def test_one_open_conflict_keeps_no_other_file_from_its_edits(world: World) -> None:
    conflicting(world)
    world.write("Default/other", current())
    world.apply("--only", "Default/other")
    world.edit("Default/other", temperature=0.9)
    assert world.run("pull").code == 3
    assert world.read("Default/other")["prompt"]["temperature"] == 0.9
    assert world.actions() == {KEY: "conflict"}


@pytest.mark.parametrize(
    "fault", ["404:path=*/versions*,times=always", "400:path=*/versions/*,times=always"], ids=["gone", "no-such-route"]
)
def test_a_version_that_the_service_no_longer_has(world: World, fault: str) -> None:
    agreed(world)
    world.edit(temperature=0.9)
    world.sandbox.faults.add(Fault.parse(fault))
    pulled = world.run("pull")
    if fault.startswith("400"):
        # One version cannot be read, but the list of them can.
        assert (pulled.code, world.read(KEY)["prompt"]["temperature"]) == (0, 0.9)
        return
    assert (pulled.code, text(world)) == (3, COMMENTED)
    assert "the service no longer has the locked version: file and service are compared alone" in pulled.out
    assert "conflict: prompt.temperature, service → file" in pulled.out
    assert world.run("pull", "--theirs").code == 0
    assert text(world) == COMMENTED.replace("0.20 ", "0.9 ")
    assert world.plan().code == 0


@pytest.mark.parametrize("behaviour", [Behaviour(dialect="classic"), Behaviour(dialect="classic", patch="replace")])
@pytest.mark.parametrize("make", [current, classic])
def test_a_classic_service_is_pulled_from(world: World, make: Any) -> None:
    world.write(KEY, make())
    world.apply()
    world.edit(temperature=0.9, topP=0.5)
    world.edit_text("You answer at length.")
    pulled = world.run("pull")
    assert pulled.code == 0, pulled.out
    expected = make("You answer at length.")
    parameters = expected["prompt"] if make is current else expected["prompt_config"]["model_parameters"]
    parameters |= {"temperature": 0.9, "top_p" if make is current else "topP": 0.5}
    assert world.read(KEY) == expected
    assert world.plan().code == 0
    assert (world.apply().code, world.plan().code) == (0, 0)


def test_a_classic_file_is_pulled_from_todays_service(world: World) -> None:
    world.write(KEY, classic())
    world.apply()
    world.edit(temperature=0.9, top_p=0.5)
    assert world.run("pull").code == 0
    assert world.read(KEY) == classic(temperature=0.9, topP=0.5)
    assert world.plan().code == 0


def test_what_the_files_dialect_cannot_say_is_told(world: World) -> None:
    world.write(KEY, classic())
    world.apply()
    world.edit(modalities=["text"])
    before = text(world)
    pulled = world.run("pull")
    assert (pulled.code, text(world)) == (3, before)
    assert "`prompt_config` has no place for prompt.modalities, which the service holds" in pulled.out


def test_a_field_that_this_tool_does_not_know_is_told_and_the_rest_is_pulled(world: World) -> None:
    agreed(world)
    world.write("Default/other", current())
    world.apply()
    world.edit("Default/other", temperature=0.9)
    world.edit(reranker={"top": 3})
    pulled = world.run("pull")
    assert (pulled.code, text(world)) == (3, COMMENTED)
    assert "prompt.reranker" in pulled.out
    assert "allow_fields" in pulled.out
    assert world.read("Default/other")["prompt"]["temperature"] == 0.9
    world.write("promptsync", "allow_fields: [prompt.reranker]\n")
    assert world.run("pull").code == 0
    assert world.read(KEY)["prompt"]["reranker"] == {"top": 3}
    assert world.plan().code == 0


INCLUDING = """\
prompt:
  model: openai/gpt-4o
  messages:
    - role: system
      content_file: system.md  # beside
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("One.\n\nTwo.\n", "One.\n\nTwo and a half.\n"),
        ("One.\n\nTwo.", "One.\n\nTwo and a half."),
        ("\ufeffOne.\r\n\r\nTwo.\r\n", "\ufeffOne.\r\n\r\nTwo and a half.\r\n"),
    ],
    ids=["lf", "no-final-newline", "bom-crlf"],
)
def test_a_text_beside_the_file_is_edited_there(world: World, before: str, after: str) -> None:
    world.write(KEY, INCLUDING)
    (world.root / "Default/system.md").write_bytes(before.encode())
    assert world.apply().code == 0
    world.edit_text("One.\n\nTwo and a half.")
    assert world.run("pull").code == 0
    assert text(world) == INCLUDING
    assert (world.root / "Default/system.md").read_bytes() == after.encode()
    assert world.plan().code == 0


def test_a_text_that_two_prompts_share_is_not_changed_for_one(world: World) -> None:
    for name in ("refund", "greeting"):
        world.write(f"Default/{name}", INCLUDING)
    (world.root / "Default/system.md").write_text("One.\n\nTwo.\n")
    assert world.apply().code == 0
    world.edit_text("One.\n\nThree.")
    assert world.run("pull").code == 0
    assert (world.root / "Default/system.md").read_text() == "One.\n\nTwo.\n"
    assert text(world, "Default/greeting") == INCLUDING
    assert world.read(KEY)["prompt"]["messages"][0]["content"] == "One.\n\nThree."
    assert world.plan().code == 0


def test_line_ends_and_mark_of_the_file_stay(world: World) -> None:
    raw = ("\ufeff" + COMMENTED.replace("\n", "\r\n")).encode()
    (world.root / "Default").mkdir()
    (world.root / f"{KEY}.yaml").write_bytes(raw)
    assert world.apply().code == 0
    world.edit_text(SYSTEM.replace("briefly", "at length"))
    assert world.run("pull").code == 0
    assert (world.root / f"{KEY}.yaml").read_bytes() == raw.replace(b"briefly", b"at length")
    assert world.plan().code == 0


def test_a_file_that_was_moved_is_pulled_into_and_keeps_its_id(world: World) -> None:
    before = agreed(world)
    world.edit(temperature=0.9)
    (world.root / "New").mkdir()
    (world.root / f"{KEY}.yaml").rename(world.root / "New/refund.yaml")
    assert world.actions() == {"New/refund": "conflict"}
    pulled = world.run("pull")
    assert pulled.code == 0, pulled.out + pulled.err
    assert world.read("New/refund")["prompt"]["temperature"] == 0.9
    assert {key: entry["id"] for key, entry in world.lock["prompts"].items()} == {"New/refund": before}
    # What is still different is the place.
    (change,) = world.plan_json()["changes"]
    assert [item["field"] for item in change["diff"]] == ["path"]
    assert (world.apply().code, world.sandbox.path_of(before), world.plan().code) == (0, "New", 0)


def test_a_moved_file_with_an_open_conflict_leaves_the_lock_as_it_was(world: World) -> None:
    agreed(world)
    world.edit(temperature=0.9)
    lock = world.lock_path.read_bytes()
    (world.root / "New").mkdir()
    world.remove(KEY)
    world.write("New/refund", COMMENTED.replace("0.20", "0.7"))
    assert world.run("pull").code == 3
    assert world.lock_path.read_bytes() == lock


def test_a_name_changed_there_comes_into_a_file_that_has_none(world: World) -> None:
    world.write(KEY, current())
    world.apply()
    world.sandbox.ui_edit(world.id(KEY), {"display_name": "Refunds & co"})
    assert world.run("pull").code == 0
    assert world.read(KEY)["display_name"] == "Refunds & co"
    assert world.plan().code == 0


def test_an_interrupted_pull_can_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from promptsync.commands import state

    for name in ("a", "b"):
        world.write(f"Default/{name}", current(name))
    world.apply()
    for name in ("a", "b"):
        world.edit(f"Default/{name}", temperature=0.9)

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(state, "write_lock", cut)
        assert world.run("pull").code == 130
    assert world.run("pull").code == 0
    for name in ("a", "b"):
        assert world.read(f"Default/{name}")["prompt"]["temperature"] == 0.9
    assert world.plan().code == 0


def test_pull_never_writes_to_the_service(world: World) -> None:
    conflicting(world)
    world.sandbox.requests.clear()
    for arguments in ((), ("--ours",), ("--theirs",)):
        world.run("pull", *arguments)
    assert {request.method for request in world.sandbox.requests} == {"GET"}
