"""The order of keys that steers a model, and what a service only writes differently: from the file to the next plan."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from promptsync.commands.lock import lock_verify
from promptsync.commands.pull import pull
from promptsync.files.tree import load_tree
from promptsync.model.errors import ExitCode
from promptsync.sandbox import Behaviour
from tests.e2e.world import KEY, World, current
from tests.embedded import here

if TYPE_CHECKING:
    from promptsync.sandbox.behaviour import Dialect, Patch, Writing

PROPERTIES = "prompt.response_format.json_schema.schema.properties"
ASKED: dict[str, Any] = {"reason": {"type": "string"}, "answer": {"type": "number"}}
TURNED = {"answer": {"type": "number"}, "reason": {"type": "string"}}


def asks_for(properties: dict[str, Any], **fields: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties}
    asked = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    return current(response_format=asked, **fields)


def held_properties(world: World) -> list[str]:
    return list(world.held(KEY)["prompt"]["response_format"]["json_schema"]["schema"]["properties"])


def test_properties_that_change_places_are_an_update_that_shows_it(world: World) -> None:
    world.write(KEY, asks_for(ASKED))
    assert world.apply().code == 0
    world.write(KEY, asks_for(TURNED))

    (change,) = world.plan_json()["changes"]
    assert (change["action"], [item["field"] for item in change["diff"]]) == ("update", [PROPERTIES])
    assert [list(change["diff"][0][side]) for side in ("before", "after")] == [list(ASKED), list(TURNED)]
    planned = world.plan()
    assert planned.code == 2
    assert f"~ {PROPERTIES}:" in planned.out
    assert all(f'{sign}   "answer": {{' in planned.out for sign in "+-")

    assert world.apply().code == 0
    assert held_properties(world) == list(TURNED)
    assert world.plan().code == 0


def test_properties_that_change_places_do_not_go_live_unseen_with_another_change(world: World) -> None:
    world.write(KEY, asks_for(ASKED))
    world.apply()
    world.write(KEY, asks_for(TURNED, seed=1))
    assert [item["field"] for item in world.plan_json()["changes"][0]["diff"]] == [PROPERTIES, "prompt.seed"]


def test_a_saved_plan_does_not_carry_out_another_order(world: World) -> None:
    world.write(KEY, asks_for(ASKED))
    world.apply()
    out = world.root.parent / "plan.json"
    world.write(KEY, asks_for(ASKED, seed=1))
    assert world.plan("--out", str(out)).code == 2
    world.write(KEY, asks_for(TURNED, seed=1))
    world.sandbox.requests.clear()
    assert (world.apply(str(out)).code, world.writes) == (5, [])


def test_an_order_that_changed_there_is_drift_and_is_pulled_into_the_file(world: World) -> None:
    world.write(KEY, asks_for(ASKED))
    world.apply()
    turned = asks_for(TURNED)["prompt"]["response_format"]
    world.edit(response_format=turned)
    assert world.actions() == {KEY: "drift"}
    assert world.run("pull").code == 0
    file = world.read(KEY)["prompt"]["response_format"]["json_schema"]["schema"]["properties"]
    assert list(file) == list(TURNED)
    assert world.plan().code == 0


def test_an_imported_prompt_has_the_order_of_the_service(world: World) -> None:
    world.add_unmanaged("theirs", asks_for(TURNED))
    assert world.run("import --all").code == 0
    (file,) = world.root.rglob("theirs.yaml")
    said = yaml.safe_load(file.read_text())["prompt"]["response_format"]["json_schema"]["schema"]["properties"]
    assert list(said) == list(TURNED)
    assert world.plan().code == 0


LINES = "cafe\u0301 rules\r\nBe kind.\n"
DATA: dict[str, Any] = {
    "description": "Refunds\n",
    "metadata": {"use_cases": ["SQL", "Agents"]},
    "prompt": {
        "model": "openai/gpt-4o",
        "temperature": 0.7,
        "messages": [{"role": "user", "content": LINES}, {"role": "assistant", "content": "two\nlines"}],
        "response_format": asks_for(ASKED)["prompt"]["response_format"],
    },
}
WRITINGS: list[Any] = ["trimmed", "closed", "nfc", "lf", "single", "sorted", "all"]


def edited(**fields: Any) -> dict[str, Any]:
    data = copy.deepcopy(DATA)
    data["prompt"].update(fields)
    return data


@pytest.mark.parametrize("version_on", ["block", "always"])
@pytest.mark.parametrize("writing", WRITINGS)
def test_what_the_service_only_writes_differently_is_told_once(writing: Writing, version_on: Any) -> None:
    with here(Behaviour(writing=writing, version_on=version_on)) as tree:
        tree.write({KEY: DATA})
        assert tree.apply() == ExitCode.DONE
        ((key, status, note),) = tree.said
        assert (key, status) == (KEY, "done")
        assert "the service " in note
        assert tree.pending() == []
        lock = tree.lock
        assert (tree.apply(), tree.said, tree.lock) == (ExitCode.DONE, [], lock)
        assert lock_verify(tree.target) == []
        tree.write({KEY: {**DATA, "protected": True}})
        assert [fields for _, _, fields in tree.pending()] == [[("protected", "replace", False, True)]]
        assert (tree.apply(), tree.pending(), tree.lock.prompts[KEY].protected) == (ExitCode.DONE, [], True)
        assert tree.lock.prompts[KEY].remote == lock.prompts[KEY].remote


@pytest.mark.parametrize("writing", WRITINGS)
def test_an_edit_on_either_side_is_one_all_the_same(writing: Writing) -> None:
    with here(Behaviour(writing=writing)) as tree:
        tree.write({KEY: DATA})
        tree.apply()
        tree.write({KEY: edited(temperature=0.8)})
        ((action, _, fields),) = tree.pending()
        assert action == "update"
        assert "prompt.temperature" in [name for name, *_ in fields]
        assert tree.apply() == ExitCode.DONE
        assert tree.pending() == []

        messages = [{"role": "user", "content": LINES.replace("kind", "right")}, DATA["prompt"]["messages"][1]]
        tree.sandbox.ui_edit(tree.lock.prompts[KEY].id, {"prompt": {"messages": messages}})
        ((action, _, fields),) = tree.pending()
        assert action == "drift"
        assert "prompt.messages[0].content" in [name for name, *_ in fields]
        assert [one.problem or one.conflicts for one in pull(tree.target)] == [()]
        assert tree.pending() == []
        text = load_tree(tree.target).files[KEY].prompt.block["messages"][0]["content"]
        assert "Be right." in text


@pytest.mark.parametrize("writing", WRITINGS)
def test_a_file_of_another_writing_alone_is_sent_and_settles(writing: Writing) -> None:
    """The service may have learned to keep it since."""
    with here(Behaviour(writing=writing)) as tree:
        tree.write({KEY: DATA})
        tree.apply()
        tree.write({KEY: edited(messages=[{"role": "user", "content": f"{LINES}\n"}, DATA["prompt"]["messages"][1]])})
        ((action, *_),) = tree.pending()
        assert (action, tree.apply(), tree.pending()) == ("update", ExitCode.DONE, [])


def test_what_it_drops_or_replaces_is_not_converged_and_told_again() -> None:
    def louder(entity: dict[str, Any]) -> dict[str, Any]:
        entity = copy.deepcopy(entity)
        for message in entity["prompt"]["messages"]:
            message["content"] = message["content"].upper()
        return entity

    with here(Behaviour(writing="all", rewriter=louder)) as tree:
        tree.write({KEY: DATA})
        for _ in range(2):
            assert tree.apply() == ExitCode.PARTIAL
            ((_, status, told),) = tree.said
            assert (status, "prompt.messages[0].content" in told) == ("not converged", True)
            assert [(action, key) for action, key, _ in tree.pending()] == [("update", KEY)]


@pytest.mark.parametrize("patch", ["merge", "replace", "deep"])
def test_a_property_that_was_taken_out_is_cleared(patch: Patch) -> None:
    with here(Behaviour(patch=patch)) as tree:
        tree.write({KEY: asks_for(ASKED)})
        tree.apply()
        tree.write({KEY: asks_for({"answer": {"type": "number"}})})
        assert (tree.apply(), tree.pending()) == (ExitCode.DONE, [])
        assert tree.held() == tree.asked()


def parameters(**given: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Hi"}]
    return {"prompt_config": {"model": "gpt-4o", "provider": "openai", "model_parameters": given, "messages": messages}}


@pytest.mark.parametrize("left", [{"temperature": 0.5}, {}])
@pytest.mark.parametrize(("patch", "clears"), [("replace", True), ("deep", True), ("merge", False)])
def test_a_parameter_that_was_taken_out_is_cleared_or_told(patch: Patch, clears: bool, left: dict[str, Any]) -> None:
    with here(Behaviour(patch=patch, dialect="classic")) as tree:
        tree.write({KEY: parameters(temperature=0.5, topP=0.5)})
        tree.apply()
        tree.write({KEY: parameters(**left)})
        assert tree.apply() == (ExitCode.DONE if clears else ExitCode.PARTIAL)
        ((_, status, told),) = tree.said
        if clears:
            assert (status, tree.pending()) == ("done", [])
        else:
            field = "prompt_config.model_parameters" + (".topP" if left else "")
            assert told == (
                f"the service took the write and keeps {field}, which the file no longer has and the API does not clear"
            )
            assert [action for action, *_ in tree.pending()] == ["update"]


@pytest.mark.parametrize(("dialect", "data"), [("classic", current()), ("current", parameters(temperature=0.2))])
def test_what_is_not_converged_is_told_in_the_words_of_the_file(dialect: Dialect, data: dict[str, Any]) -> None:
    def warmer(entity: dict[str, Any]) -> dict[str, Any]:
        entity = copy.deepcopy(entity)
        for name in ("prompt", "prompt_config"):
            block = entity.get(name, {})
            block.get("model_parameters", block)["temperature"] = 1
        return entity

    own = "prompt.temperature" if "prompt" in data else "prompt_config.model_parameters.temperature"
    with here(Behaviour(dialect=dialect, rewriter=warmer)) as tree:
        tree.write({KEY: data})
        assert tree.apply() == ExitCode.PARTIAL
        assert tree.said[0][2].endswith(f"holds something else in {own}")
        ((_, _, fields),) = tree.pending()
        assert [name for name, *_ in fields] == [own]
