"""Apply: what it does, what it leaves to a person, and what it says of a service that holds something else."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from promptsync.sandbox import Behaviour
from tests.e2e.world import KEY, World, classic, current


def temperature(world: World, key: str) -> Any:
    return world.held(key)["prompt"].get("temperature")


def two_of_which_one_conflicts(world: World) -> None:
    """`refund` is edited here and there, `greeting` here alone, and `new` is new."""
    for key in (KEY, "Default/greeting"):
        world.write(key, current())
    assert world.apply().code == 0
    world.edit(temperature=0.9)
    for key in (KEY, "Default/greeting"):
        world.change(key, lambda data: data["prompt"].update(temperature=0.7))
    world.write("Default/new", current("Brand new."))
    world.sandbox.requests.clear()


def test_a_conflict_waits_while_the_rest_is_done(world: World) -> None:
    two_of_which_one_conflicts(world)
    applied = world.apply()
    assert applied.code == 3
    assert applied.out.splitlines()[-1] == "Applied: 1 created, 1 updated; 1 conflict."
    assert (temperature(world, KEY), temperature(world, "Default/greeting")) == (0.9, 0.7)
    assert "changed here and on the service" in applied.out
    assert world.actions() == {KEY: "conflict"}


def test_all_or_nothing_writes_nothing_while_a_conflict_is_open(world: World) -> None:
    two_of_which_one_conflicts(world)
    before = world.lock_path.read_bytes()
    applied = world.apply("--all-or-nothing")
    assert (applied.code, world.writes) == (3, [])
    assert world.lock_path.read_bytes() == before
    assert world.apply("--all-or-nothing", "--overwrite", KEY).code == 0
    assert temperature(world, KEY) == 0.7


def test_overwrite_decides_for_the_file_where_its_glob_fits(world: World) -> None:
    two_of_which_one_conflicts(world)
    assert world.apply("--overwrite", "Other/**").code == 3
    assert temperature(world, KEY) == 0.9
    assert world.apply("--overwrite", "Default/re*").code == 0
    assert (temperature(world, KEY), world.plan().code) == (0.7, 0)


def test_overwrite_takes_back_what_someone_put_in(world: World) -> None:
    world.write(KEY, current())
    world.apply()
    world.sandbox.ui_edit(world.id(KEY), {"prompt": {"top_p": 0.5}, "description": "Mine now"})
    assert world.actions() == {KEY: "drift"}
    assert world.apply("--overwrite", "**").code == 0
    assert (world.held(KEY)["prompt"].get("top_p"), world.held(KEY).get("description")) == (None, None)
    assert world.plan().code == 0


def test_drift_is_a_warning_and_is_left(world: World) -> None:
    world.write(KEY, current())
    world.apply()
    world.edit(temperature=0.9)
    world.sandbox.requests.clear()
    applied = world.apply()
    assert (applied.code, world.writes) == (0, [])
    assert applied.out.splitlines()[-1] == "Applied: nothing; 1 drifted."
    assert "changed on the service, left as it is" in applied.out


def test_only_limits_what_is_done(world: World) -> None:
    for name in ("a", "b"):
        world.write(f"Default/{name}", current())
        world.write(f"Other/{name}", current())
    applied = world.apply("--only", "Default/**")
    assert (applied.code, sorted(world.lock["prompts"])) == (0, ["Default/a", "Default/b"])
    assert world.actions() == {"Other/a": "create", "Other/b": "create"}


def put_another_value(entity: dict[str, Any]) -> dict[str, Any]:
    for block in (entity.get("prompt"), entity.get("prompt_config", {}).get("model_parameters")):
        if block and "temperature" in block:
            block["temperature"] = min(block["temperature"], 0.5)
    return entity


@pytest.mark.parametrize("behaviour", [Behaviour(rewriter=put_another_value)])
def test_a_service_that_holds_another_value_has_not_converged(world: World) -> None:
    world.write(KEY, current(temperature=0.9))
    applied = world.apply()
    assert applied.code == 4
    assert "the service took the write and holds something else in prompt.temperature" in applied.out
    assert applied.out.splitlines()[-1] == "Applied: 1 not converged."
    # The id is kept all the same, and the difference is shown until someone decides.
    assert world.lock["prompts"][KEY]["id"] == world.sandbox.prompts()[0]["_id"]
    planned = world.plan()
    assert (planned.code, world.actions()) == (2, {KEY: "update"})
    assert "prompt.temperature: 0.5 → 0.9" in planned.out
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.4))
    assert (world.apply().code, world.plan().code) == (0, 0)


def never_clears_the_thinking(entity: dict[str, Any]) -> dict[str, Any]:
    if "prompt" in entity:
        entity["prompt"]["thinking"] = {"type": "enabled", "budget_tokens": 1024}
    return entity


@pytest.mark.parametrize("behaviour", [Behaviour(rewriter=never_clears_the_thinking)])
def test_a_field_that_the_service_does_not_clear_has_not_converged(world: World) -> None:
    world.write(KEY, current(thinking={"type": "enabled", "budget_tokens": 1024}))
    assert world.apply().code == 0
    world.change(KEY, lambda data: data["prompt"].pop("thinking"))
    applied = world.apply()
    assert applied.code == 4
    assert "keeps prompt.thinking, which the file no longer has and the API does not clear" in applied.out
    assert world.plan().code == 2


def fills_in_a_default(entity: dict[str, Any]) -> dict[str, Any]:
    if "prompt" in entity:
        entity["prompt"].setdefault("top_p", 1)
    return entity


@pytest.mark.parametrize("behaviour", [Behaviour(rewriter=fills_in_a_default)])
def test_a_default_of_the_service_in_place_of_what_was_cleared_is_its_own(world: World) -> None:
    world.write(KEY, current(top_p=0.5))
    assert world.apply().code == 0
    world.change(KEY, lambda data: data["prompt"].pop("top_p"))
    assert world.apply().code == 0
    assert world.lock["prompts"][KEY]["added"] == ["prompt.top_p"]
    assert world.plan().code == 0


def test_deleted_there_is_a_conflict_and_overwritten_a_loud_recreate(world: World) -> None:
    for name in ("refund", "a", "b"):
        world.write(f"Default/{name}", current(name))
    world.apply()
    old = world.id(KEY)
    world.sandbox.ui_delete(old)
    assert world.apply().code == 3
    assert world.actions("--overwrite", KEY) == {KEY: "recreate"}

    applied = world.apply("--overwrite", KEY)
    assert applied.code == 0
    assert f"THE ID CHANGED: {old} → {world.id(KEY)}; give the new one to its callers" in applied.out
    assert world.id(KEY) != old
    assert world.plan().code == 0


def test_more_than_half_gone_is_the_wrong_place(world: World) -> None:
    for name in ("a", "b", "c"):
        world.write(f"Default/{name}", current(name))
    world.apply()
    for name in ("a", "b"):
        world.sandbox.ui_delete(world.id(f"Default/{name}"))
    before = world.lock_path.read_bytes()
    world.sandbox.requests.clear()
    for ran in (world.plan(), world.apply(), world.apply("--overwrite", "**")):
        assert ran.code == 1
        assert "2 of the 3 locked prompts are not on the service" in ran.err
    assert (world.writes, world.lock_path.read_bytes()) == ([], before)


def test_prune_deletes_what_has_no_file_and_keeps_its_content(world: World) -> None:
    world.write(KEY, current("Be kind to {{customer}}."))
    world.write("Default/greeting", current("Hello."))
    world.apply()
    gone = world.id(KEY)
    world.remove(KEY)

    planned = world.plan()
    assert (planned.code, world.actions()) == (0, {KEY: "orphan"})
    assert world.apply().code == 0
    assert "refund" in world.names()

    assert world.plan("--prune").code == 2
    applied = world.apply("--prune")
    assert (applied.code, world.names(), list(world.lock["prompts"])) == (0, ["greeting"], ["Default/greeting"])
    (kept,) = (world.root / ".promptsync/archive").rglob("*.json")
    assert "Be kind to {{customer}}." in kept.read_text(encoding="utf-8")
    assert gone in kept.read_text(encoding="utf-8")
    assert world.plan().code == 0


def test_a_protected_prompt_outlives_its_file(world: World) -> None:
    world.write(KEY, {"protected": True, **current()})
    world.write("Default/greeting", current("Hello."))
    world.apply()
    assert world.lock["prompts"][KEY]["protected"] is True
    world.remove(KEY)
    planned = world.plan("--prune")
    assert (planned.code, world.actions("--prune")) == (0, {KEY: "orphan"})
    assert "it is protected" in planned.out
    assert world.apply("--prune").code == 0
    assert "refund" in world.names()


def test_a_prompt_that_someone_changed_is_not_pruned(world: World) -> None:
    world.write(KEY, current())
    world.write("Default/greeting", current("Hello."))
    world.apply()
    world.edit(temperature=0.9)
    world.remove(KEY)
    assert world.apply("--prune").code == 3
    assert "refund" in world.names()
    assert world.apply("--prune", "--overwrite", KEY).code == 0
    assert world.names() == ["greeting"]


def test_pruning_much_of_the_lock_needs_its_number(world: World) -> None:
    for number in range(10):
        world.write(f"Default/p{number}", current(f"Prompt {number}."))
    world.apply()
    for number in range(4):
        world.remove(f"Default/p{number}")
    world.sandbox.requests.clear()
    applied = world.apply("--prune")
    assert (applied.code, world.writes) == (1, [])
    assert applied.err == (
        "error: the plan deletes 4 of 10 locked prompts, more than 30 %\n"
        "help: if that is meant, say so with --max-deletes 4\n"
    )
    assert world.apply("--prune", "--max-deletes", "3").code == 1
    assert world.apply("--prune", "--max-deletes", "4").code == 0
    assert len(world.names()) == 6


def test_gone_on_both_sides_is_forgotten(world: World) -> None:
    world.write(KEY, current())
    world.write("Default/greeting", current("Hello."))
    world.apply()
    world.sandbox.ui_delete(world.id(KEY))
    world.remove(KEY)
    assert world.actions() == {KEY: "forget"}
    assert world.apply().code == 0
    assert list(world.lock["prompts"]) == ["Default/greeting"]


def test_a_file_under_a_new_name_keeps_its_id(world: World) -> None:
    world.write("Default/Old/refund", current())
    world.write("Default/greeting", current("Hello."))
    world.apply()
    before = world.id("Default/Old/refund")
    (world.root / "Default/New").mkdir()
    (world.root / "Default/Old/refund.yaml").rename(world.root / "Default/New/refund.yaml")
    assert world.actions() == {"Default/New/refund": "move"}
    assert world.apply().code == 0
    assert world.id("Default/New/refund") == before
    assert world.sandbox.path_of(before) == "Default/New"
    assert (world.plan().code, len(world.names())) == (0, 2)


def test_a_prompt_of_our_name_that_is_not_ours_is_never_touched(world: World) -> None:
    theirs = world.add_unmanaged(path="Default")
    world.write(KEY, current())
    applied = world.apply()
    assert (applied.code, world.writes) == (3, [])
    assert f"{theirs} (differs in prompt.messages[0].content)" in applied.out
    assert f"`promptsync adopt {KEY} ID` takes one of them over" in applied.out

    assert world.apply("--create-twins").code == 0
    assert world.names() == ["refund", "refund"]
    assert world.id(KEY) != theirs
    assert (world.plan().code, world.sandbox.record(theirs).block) == (0, current("Theirs.")["prompt"])


def test_adopt_ties_a_file_to_a_prompt_and_then_shows_what_differs(world: World) -> None:
    theirs = world.add_unmanaged(path="Default")
    world.write(KEY, current())
    adopted = world.run("adopt", KEY, theirs)
    assert (adopted.code, world.writes) == (0, [])
    assert f"{KEY} is {theirs} from now on" in adopted.out
    (change,) = world.plan_json()["changes"]
    assert (change["action"], change["id"]) == ("update", theirs)
    assert [item["field"] for item in change["diff"]] == ["prompt.messages[0].content"]
    assert (world.apply().code, world.names(), world.plan().code) == (0, ["refund"], 0)


def test_adopting_what_is_not_there_or_taken_says_so(world: World) -> None:
    world.write(KEY, current())
    world.write("Default/greeting", current("Hello."))
    world.apply("--only", KEY)
    for arguments, code, words in [
        ((KEY, "01J00000000000000000000000"), 1, "there is no prompt 01J00000000000000000000000"),
        (("Default/refunt", "x"), 64, "did you mean `Default/refund`?"),
        (("Default/greeting", world.id(KEY)), 64, f"is tied to `{KEY}` already"),
    ]:
        ran = world.run("adopt", *arguments)
        assert (ran.code, ran.out) == (code, "")
        assert words in ran.err
    assert list(world.lock["prompts"]) == [KEY]


@pytest.mark.parametrize("parallelism", [1, 16])
def test_side_by_side_or_one_by_one_the_end_is_the_same(world: World, parallelism: int) -> None:
    busy: set[int] = set()
    most = [0]
    guard = threading.Lock()
    create = world.sandbox.create

    def watched(body: Any) -> Any:
        me = threading.get_ident()
        with guard:
            busy.add(me)
            most[0] = max(most[0], len(busy))
        world.sandbox.wait(0.02)
        try:
            return create(body)
        finally:
            with guard:
                busy.discard(me)

    world.sandbox.create = watched  # type: ignore[method-assign]
    for number in range(24):
        world.write(f"Default/p{number:02}", current(f"Prompt {number}."))
    assert world.apply("--parallelism", str(parallelism)).code == 0
    assert (len(world.lock["prompts"]), len(set(world.names()))) == (24, 24)
    assert most[0] == 1 if parallelism == 1 else most[0] > 1
    assert world.plan().code == 0


@pytest.mark.parametrize("behaviour", [Behaviour(dialect="classic")])
def test_what_has_no_place_in_the_other_dialect_fails_and_the_rest_is_done(world: World) -> None:
    world.write("Default/plain", current())
    world.write("Default/audio", current(modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"}))
    applied = world.apply()
    assert (applied.code, world.names()) == (4, ["plain"])
    assert "`prompt_config`, which has no place for prompt.audio, prompt.modalities" in applied.out.replace(
        "prompt.modalities, prompt.audio", "prompt.audio, prompt.modalities"
    )
    assert applied.out.splitlines()[-1] == "Applied: 1 created; 1 failed."


@pytest.mark.parametrize("behaviour", [Behaviour(dialect="current")])
def test_an_image_prompt_cannot_go_to_todays_service(world: World) -> None:
    world.write("Default/image", classic(numImages=2))
    applied = world.apply()
    assert (applied.code, world.names()) == (4, [])
    assert "`prompt`, which has no place for prompt_config.model_parameters.numImages" in applied.out


def adds_fields_of_its_own(entity: dict[str, Any]) -> dict[str, Any]:
    entity["prompt_config"].setdefault("model_parameters", {}).setdefault("temperature", 1)
    return entity


@pytest.mark.parametrize("behaviour", [Behaviour(dialect="both", rewriter=adds_fields_of_its_own)])
def test_a_new_name_alone_is_written_once_and_in_the_files_dialect(world: World) -> None:
    """The block stays as it was, and has fields of the service's own: that does not mean that it was ignored."""
    messages = [{"role": "user", "content": "Hello."}]
    world.write(KEY, {"display_name": "One", "prompt_config": {"model": "openai/gpt-4o", "messages": messages}})
    assert world.apply().code == 0
    world.change(KEY, lambda data: data.update(display_name="Two"))
    assert world.apply().code == 0
    assert [sorted(body) for body in world.sent("PATCH")] == [
        ["description", "display_name", "metadata", "path", "prompt_config"]
    ]
    assert world.plan().code == 0


@pytest.mark.parametrize("behaviour", [Behaviour(dialect="both", patch="merge")])
def test_a_field_that_cannot_be_cleared_is_not_tried_in_the_other_dialect(world: World) -> None:
    """The other dialect has no word for the model type of a completion: what it writes would take that away."""
    data = classic(topP=0.5)
    data["prompt_config"]["model_type"] = "completion"
    world.write(KEY, data)
    assert world.apply().code == 0
    world.change(KEY, lambda data: data["prompt_config"]["model_parameters"].pop("topP"))
    applied = world.apply()
    assert applied.code == 4
    assert "keeps prompt_config.model_parameters.topP, which the file no longer has" in applied.out
    # The second one asks for a nested null, which this service refuses.
    assert [sorted(body) for body in world.sent("PATCH")] == 2 * [
        ["description", "display_name", "metadata", "path", "prompt_config"]
    ]
    assert world.held(KEY)["prompt_config"]["model_type"] == "completion"
