"""Promote by the whole command line: three targets from one tree, where one gets what another one holds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.world import KEY, Ran, World, current

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "Default/greeting"
CONFIG = """
targets:
  staging: {path_prefix: Staging}
  production: {path_prefix: Production}
  partner: {path_prefix: Partner, api_key_env: ORQ_PARTNER_KEY}
"""


@pytest.fixture
def checkout(world: World, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """Two prompts are on staging, as the first commit has them."""
    monkeypatch.setenv("ORQ_PARTNER_KEY", "key-of-a-partner")
    made = Checkout.init(world.root.parent)
    (world.root / "promptsync.yaml").write_text(CONFIG, encoding="utf-8")
    world.write(KEY, current("First."))
    world.write(OTHER, current("Hello."))
    assert at(world, "staging").apply().code == 0
    made.commit("first")
    return made


def at(world: World, target: str) -> World:
    return replace(world, target=target)


def promote(world: World, *arguments: str) -> Ran:
    return world.run("promote", *arguments)


def texts(world: World, target: str) -> dict[str, str]:
    """What a target holds, by key."""
    lock = at(world, target).lock["prompts"]
    held = {prompt["_id"]: prompt for prompt in world.sandbox.prompts()}
    return {key: held[entry["id"]]["prompt"]["messages"][0]["content"] for key, entry in lock.items()}


def test_production_gets_what_staging_holds_and_not_what_the_files_say_since(world: World, checkout: Checkout) -> None:
    world.write(KEY, current("Second, not on staging."))
    world.write("Default/new", current("Nor this."))
    checkout.commit("second")
    planned = promote(world, "staging", "production", "--format", "json")
    assert planned.code == 0, planned.err
    assert {change["key"]: change["action"] for change in planned.json["changes"]} == {KEY: "create", OTHER: "create"}
    assert world.run("promote", "staging", "production", "--yes").code == 0
    assert texts(world, "production") == {KEY: "First.", OTHER: "Hello."}
    assert at(world, "production").lock["prompts"][KEY]["path"] == "Production/Default"
    again = promote(world, "staging", "production", "--format", "json")
    assert (again.json["changes"], again.json["summary"]["unchanged"]) == ([], 2)
    assert world.read(KEY)["prompt"]["messages"][0]["content"] == "Second, not on staging."


def test_what_is_not_committed_yet_is_found_in_the_working_tree(world: World, checkout: Checkout) -> None:
    world.write(KEY, current("Second."))
    assert at(world, "staging").apply().code == 0
    assert promote(world, "staging", "production", "--yes").code == 0
    assert texts(world, "production")[KEY] == "Second."


def test_each_prompt_is_of_the_commit_that_was_applied(world: World, checkout: Checkout) -> None:
    world.write(KEY, current("Second."))
    world.write(OTHER, current("Good day."))
    assert at(world, "staging").apply("--only", KEY).code == 0
    checkout.commit("second")
    world.write(KEY, current("Third."))
    checkout.commit("third")
    assert promote(world, "staging", "production", "--yes").code == 0
    assert texts(world, "production") == {KEY: "Second.", OTHER: "Hello."}


def test_the_key_of_another_project_is_that_of_its_target(
    world: World, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert promote(world, "staging", "production", "--yes").code == 0
    assert promote(world, "production", "partner", "--yes").code == 0
    assert texts(world, "partner") == texts(world, "staging")
    monkeypatch.delenv("ORQ_PARTNER_KEY")
    ran = promote(world, "production", "partner", "--yes")
    assert (ran.code, "ORQ_PARTNER_KEY is not set" in ran.err) == (1, True)


@pytest.mark.parametrize("how", ["edited", "deleted"])
def test_what_drifted_is_named_and_nothing_is_promoted(world: World, checkout: Checkout, how: str) -> None:
    staging = at(world, "staging")
    if how == "edited":
        staging.edit_text("Edited by hand.")
    else:
        world.sandbox.ui_delete(staging.id(KEY))
    before = len(world.sandbox.prompts())
    ran = promote(world, "staging", "production", "--yes")
    assert ran.code == 3
    assert f"“staging” does not hold what was applied to it: {KEY}" in ran.err
    assert "promptsync drift --target staging" in ran.err
    assert len(world.sandbox.prompts()) == before
    assert not at(world, "production").lock_path.exists()
    assert promote(world, "staging", "production", "--yes", "--only", OTHER).code == 0
    assert texts(world, "production") == {OTHER: "Hello."}


def test_a_prompt_whose_file_is_nowhere_is_named(world: World, checkout: Checkout) -> None:
    world.write(KEY, current("Never committed."))
    assert at(world, "staging").apply().code == 0
    world.write(KEY, current("Written over."))
    ran = promote(world, "staging", "production", "--yes")
    assert ran.code == 3
    assert f"no file in this history says what “staging” holds of {KEY}" in ran.err


def test_a_promotion_is_saved_reviewed_and_carried_out_as_it_was(
    world: World, checkout: Checkout, tmp_path: Path
) -> None:
    world.write(KEY, current("Second, not on staging."))
    plan = str(tmp_path / "plan.json")
    saved = promote(world, "staging", "production", "--only", KEY, "--out", plan)
    assert saved.code == 0
    assert f"promptsync promote staging production {plan} --yes" in saved.err
    assert world.run("show", plan).code == 0
    assert promote(world, "staging", "production", plan).code == 64
    assert promote(world, "staging", "production", plan, "--yes", "--only", OTHER).code == 64
    assert promote(world, "staging", "production", plan, "--yes").code == 0
    assert texts(world, "production") == {KEY: "First."}
    assert promote(world, "staging", "production", plan, "--yes").code == 5


def test_what_is_gone_from_the_one_is_an_orphan_of_the_other(world: World, checkout: Checkout) -> None:
    assert promote(world, "staging", "production", "--yes").code == 0
    world.remove(OTHER)
    assert at(world, "staging").apply("--prune").code == 0
    assert "orphan" in promote(world, "staging", "production").out
    assert promote(world, "staging", "production", "--prune", "--yes").code == 0
    assert texts(world, "production") == {KEY: "First."}


def test_a_renamed_prompt_keeps_its_id_on_the_other_target_too(world: World, checkout: Checkout) -> None:
    assert promote(world, "staging", "production", "--yes").code == 0
    id_ = at(world, "production").id(KEY)
    world.remove(KEY)
    world.write("Default/renamed", current("First."))
    assert at(world, "staging").apply().code == 0
    assert promote(world, "staging", "production", "--yes").code == 0
    assert at(world, "production").id("Default/renamed") == id_


def test_with_the_lockfile_on_a_branch_its_commits_tell_where_the_files_are(
    world: World, checkout: Checkout, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hub = Checkout(tmp_path_factory.mktemp("hub"))
    hub.git("init", "--quiet", "--bare", "--initial-branch=main")
    checkout.git("remote", "add", "origin", hub.path.as_uri())
    (world.root / "promptsync.staging.lock.json").unlink()
    (world.root / "promptsync.yaml").write_text(f"{CONFIG}lock: {{branch: promptsync/state}}\n", encoding="utf-8")
    world.write(KEY, current("Second."))
    checkout.commit("second")
    assert at(world, "staging").apply("--create-twins").code == 0
    world.write(KEY, current("Third."))
    checkout.commit("third")
    # Where the branch was rewritten, no history that HEAD builds on has the commit that was applied.
    checkout.git("switch", "--quiet", "--orphan", "anew")
    checkout.git("checkout", "--quiet", "main", "--", ".")
    checkout.commit("anew")
    # What the tree's lockfile held is no one's any more.
    assert promote(world, "staging", "production", "--yes", "--create-twins").code == 0
    lock = json.loads(hub.git("cat-file", "blob", "promptsync/state:prompts/promptsync.production.lock.json"))
    held = {prompt["_id"]: prompt for prompt in world.sandbox.prompts()}
    text: Any = held[lock["prompts"][KEY]["id"]]["prompt"]["messages"][0]["content"]
    assert text == "Second."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("staging", "staging"), "“staging” cannot be promoted to itself"),
        (("production", "staging"), "nothing was applied to “production”"),
        (("staging", "production", "--yes", "--out", "x.json"), "one at a time"),
        (("staging", "production", "--target", "staging"), "has no --target"),
        (("staging", "production", "none.json", "--yes"), "there is no plan none.json"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    world: World, checkout: Checkout, arguments: tuple[str, ...], said: str
) -> None:
    ran = promote(world, *arguments)
    assert (ran.code, said in ran.err) == (64, True), ran.err


def test_a_target_that_there_is_not_is_told(world: World, checkout: Checkout) -> None:
    ran = promote(world, "stagin", "production")
    assert (ran.code, "there is no target “stagin”" in ran.err) == (1, True)


def test_each_target_gets_what_it_says_of_its_prompts_over_defaults_of_then(world: World, checkout: Checkout) -> None:
    """Staging answers from a cheaper model, and the partner holds one of the prompts alone."""
    cheaper = "{path_prefix: Staging, overrides: [{match: '**', set: {prompt: {model: openai/gpt-4o-mini}}}]}"
    config = CONFIG.replace("{path_prefix: Staging}", cheaper).replace("Partner, ", f"Partner, only: [{KEY}], ")
    (world.root / "promptsync.yaml").write_text(config, encoding="utf-8")
    (world.root / "_defaults.yaml").write_text("prompt: {seed: 1}\n", encoding="utf-8")
    assert at(world, "staging").apply().code == 0
    checkout.commit("a cheaper model on staging, and a seed for all")
    (world.root / "_defaults.yaml").write_text("prompt: {seed: 2}\n", encoding="utf-8")
    for target in ("production", "partner"):
        assert promote(world, "staging", target, "--yes").code == 0
    held = {
        target: {key: at(world, target).held(key)["prompt"] for key in at(world, target).lock["prompts"]}
        for target in ("staging", "production", "partner")
    }
    assert {target: sorted(prompts) for target, prompts in held.items()} == {
        "staging": [OTHER, KEY],
        "production": [OTHER, KEY],
        "partner": [KEY],
    }
    assert [held[target][KEY]["model"] for target in held] == ["openai/gpt-4o-mini", "openai/gpt-4o", "openai/gpt-4o"]
    assert {prompt["seed"] for prompts in held.values() for prompt in prompts.values()} == {1}
