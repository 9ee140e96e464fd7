"""Drift and conflict, told well: what changed here and there, since which version, when and by whom; and only read."""

from __future__ import annotations

import pytest

from promptsync.sandbox import Behaviour, Fault
from tests.e2e.world import KEY, World, classic, current

TEXT = "You answer briefly.\nYou are kind.\nYou sign as {{agent}}.\n"


def agreed(world: World) -> str:
    world.write(KEY, current(TEXT))
    world.write("Default/greeting", current("Hello."))
    assert world.apply().code == 0
    return world.id(KEY)


def test_nothing_changed_is_no_drift(world: World) -> None:
    agreed(world)
    ran = world.run("drift")
    assert (ran.code, ran.out) == (0, "No drift. The service holds what the lockfile says.\n")


def test_drift_only_reads(world: World) -> None:
    before = agreed(world)
    world.edit_text(TEXT.replace("briefly", "at length"))
    files = {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()}
    world.sandbox.requests.clear()
    assert world.run("drift").code == 3
    # At the socket there were only GETs, and no file changed.
    assert {request.method for request in world.sandbox.requests} == {"GET"}
    assert {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()} == files
    assert before in world.run("drift").out


def test_a_change_there_is_told_with_version_time_and_person(world: World) -> None:
    agreed(world)
    old = world.held(KEY)["prompt"]["version"]
    world.edit_text(TEXT.replace("kind", "strict"))
    world.edit_text(TEXT.replace("kind", "fair"))
    held = world.held(KEY)
    ran = world.run("drift")
    assert ran.code == 3
    since = f"on the service since version {old}: 2 newer versions, the last on {held['updated']} by "
    assert since + world.sandbox.behaviour.user_id in ran.out
    assert "changed on the service, the file is as it was" in ran.out
    lines = [line.strip() for line in ran.out.splitlines()]
    assert "- You are fair." in lines
    assert "+ You are kind." in lines
    assert "changed in the file:" not in lines
    assert f"`promptsync pull {KEY}` takes it into the file" in ran.out


def test_a_change_on_both_sides_is_told_with_both(world: World) -> None:
    agreed(world)
    world.edit_text(TEXT.replace("kind", "fair"))
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.7))
    for ran in (world.run("drift"), world.plan(), world.apply()):
        assert ran.code == 3
        assert "changed here and on the service" in ran.out
        here, there = ran.out.split("changed in the file:")[1].split("changed on the service:")
        assert "- You are fair." in there
        assert "prompt.temperature: 0.2 → 0.7" in here
        assert "You are" not in here
    assert ": 1 newer version on " in ran.out


def test_a_field_put_in_or_taken_out_there_is_told(world: World) -> None:
    agreed(world)
    world.sandbox.ui_edit(world.id(KEY), {"prompt": {"top_p": 0.5, "temperature": None}, "description": "Refunds"})
    out = world.run("drift").out
    assert "- prompt.top_p: 0.5" in out
    assert "+ prompt.temperature: 0.2" in out
    assert '- description: "Refunds"' in out


def test_a_prompt_deleted_there_is_drift(world: World) -> None:
    before = agreed(world)
    world.sandbox.ui_delete(before)
    ran = world.run("drift")
    assert (ran.code, "conflict" in ran.out, before in ran.out) == (3, True, True)


def test_a_change_here_alone_is_no_drift(world: World) -> None:
    agreed(world)
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.7))
    world.write("Default/new", current())
    assert world.run("drift").code == 0


def test_a_policy_that_overwrites_hides_no_drift(world: World) -> None:
    agreed(world)
    world.write("promptsync", 'policies:\n  overwrite: ["**"]\n')
    world.edit_text(TEXT.replace("kind", "fair"))
    assert world.actions() == {KEY: "update"}
    ran = world.run("drift")
    assert ran.code == 3
    assert "- You are fair." in ran.out


def test_check_warns_of_drift_and_fails_on_it_only_if_asked(world: World) -> None:
    agreed(world)
    world.edit_text(TEXT.replace("kind", "fair"))
    assert world.run("check").code == 0
    assert world.run("check", "--fail-on-drift").code == 3


@pytest.mark.parametrize("behaviour", [Behaviour(dialect="classic")])
@pytest.mark.parametrize("make", [current, classic])
def test_drift_is_told_in_the_words_of_the_file(world: World, make: object) -> None:
    world.write(KEY, make())  # type: ignore[operator]
    world.apply()
    world.edit(temperature=0.9, topP=0.5)
    ran = world.run("drift")
    assert ran.code == 3
    words = ("prompt.temperature", "prompt.top_p") if make is current else ("parameters.temperature", "parameters.topP")
    assert f"{words[0]}: 0.9 → 0.2" in ran.out
    assert f"{words[1]}: 0.5" in ran.out


@pytest.mark.parametrize("behaviour", [Behaviour(version_on="block")])
def test_a_change_without_a_new_version_is_told_so(world: World) -> None:
    agreed(world)
    record = world.sandbox.record(world.id(KEY))
    world.sandbox.update(record.id, {"description": "Someone's"})
    assert world.sandbox.record(record.id).version == record.version
    ran = world.run("drift")
    assert ran.code == 3
    assert "changed without a new version" in ran.out
    assert '- description: "Someone\'s"' in ran.out


@pytest.mark.parametrize("fault", ["404:path=*/versions*,times=always", "403:path=*/versions*,times=always"])
def test_a_service_that_tells_no_versions_still_tells_drift(world: World, fault: str) -> None:
    agreed(world)
    world.edit_text(TEXT.replace("kind", "fair"))
    world.sandbox.faults.add(Fault.parse(fault))
    ran = world.run("drift")
    assert ran.code == 3
    # What it holds now and what the file says is told all the same, as service → file.
    assert "You are fair." in ran.out
    assert "You are kind." in ran.out


def test_the_plan_as_json_tells_since_when(world: World) -> None:
    agreed(world)
    world.edit_text(TEXT.replace("kind", "fair"))
    (change,) = world.plan_json()["changes"]
    (warning,) = change["warnings"]
    assert warning.startswith("on the service since version ")
    assert warning.endswith(world.sandbox.behaviour.user_id)


def test_what_an_apply_would_overwrite_is_told(world: World) -> None:
    agreed(world)
    world.edit_text(TEXT.replace("kind", "fair"))
    for arguments in (("--overwrite", KEY), ("--overwrite", "**")):
        planned = world.plan(*arguments)
        assert planned.code == 2
        assert "warning: this overwrites what was changed on the service since the last apply" in planned.out
        assert "- You are fair." in planned.out
    world.remove(KEY)
    planned = world.plan("--overwrite", KEY, "--prune")
    assert (planned.code, world.actions("--overwrite", KEY, "--prune")) == (2, {KEY: "delete"})
    assert "this overwrites what was changed on the service" in planned.out
