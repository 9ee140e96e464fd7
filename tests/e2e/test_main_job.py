"""The main job: a tree of files becomes prompts on the service, and a second plan is empty."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from promptsync.sandbox import Behaviour
from tests.e2e.world import World, classic, current, parameters

if TYPE_CHECKING:
    from typing import Any

SERVICES = [
    pytest.param(Behaviour(dialect=dialect, patch=patch, foreign=foreign), id=f"{dialect}-{patch}-{foreign}")
    for dialect in ("current", "classic", "both")
    for patch in ("merge", "replace")
    for foreign in ("refuse", "ignore")
]
FILES = [pytest.param(current, id="file-current"), pytest.param(classic, id="file-classic")]

every_service = pytest.mark.parametrize("behaviour", SERVICES)
every_dialect = pytest.mark.parametrize("make", FILES)


@every_service
@every_dialect
def test_create_plan_edit_apply(world: World, make: Any) -> None:
    world.write("Default/Support/refund", make())
    world.write("Default/Support/greeting", make("Greet the customer."))

    applied = world.apply()
    assert (applied.code, world.names()) == (0, ["greeting", "refund"]), applied.out + applied.err
    assert world.plan().code == 0

    world.change("Default/Support/refund", lambda data: parameters(data).update(temperature=0.7))
    planned = world.plan()
    assert planned.code == 2
    assert "0.2 → 0.7" in planned.out

    before = world.id("Default/Support/refund")
    assert world.apply().code == 0
    assert world.id("Default/Support/refund") == before
    assert world.plan().code == 0
    assert parameters(world.held("Default/Support/refund"))["temperature"] == 0.7


@every_service
@every_dialect
def test_a_field_taken_out_of_the_file_is_cleared(world: World, make: Any) -> None:
    world.write("Default/refund", {"description": "Refunds", **make()})
    world.change("Default/refund", lambda data: parameters(data).update({_top_p(data): 0.5}))
    assert world.apply().code == 0

    def take_out(data: Any) -> None:
        del parameters(data)[_top_p(data)]
        del data["description"]

    world.change("Default/refund", take_out)
    planned = world.plan()
    assert planned.code == 2
    assert f"{_top_p(make())}: 0.5" in planned.out
    applied = world.apply()
    if (
        world.lock["prompts"]["Default/refund"]["dialect"] == "prompt_config"
        and world.sandbox.behaviour.patch == "merge"
    ):
        # Classic parameters may not be null, so a service that merges cannot clear one.
        assert (applied.code, "not converged" in applied.out) == (4, True)
        assert world.plan().code == 2
        return
    assert applied.code == 0, applied.out
    assert world.plan().code == 0
    held = world.held("Default/refund")
    assert parameters(held).get(_top_p(held)) is None
    assert held.get("description") is None


def _top_p(data: Any) -> str:
    return "top_p" if "prompt" in data else "topP"


@every_service
@every_dialect
def test_an_edit_on_the_service_is_drift_and_stays(world: World, make: Any) -> None:
    world.write("Default/refund", make())
    world.apply()
    world.edit("Default/refund", temperature=0.9)

    planned = world.plan()
    assert planned.code == 3
    assert world.actions() == {"Default/refund": "drift"}
    applied = world.apply()
    assert applied.code == 0
    assert parameters(world.held("Default/refund"))["temperature"] == 0.9

    world.change("Default/refund", lambda data: parameters(data).update(temperature=0.3))
    assert world.actions() == {"Default/refund": "conflict"}
    assert world.apply().code == 3
    assert parameters(world.held("Default/refund"))["temperature"] == 0.9

    assert world.apply("--overwrite", "Default/**").code == 0
    assert parameters(world.held("Default/refund"))["temperature"] == 0.3
    assert world.plan().code == 0


def test_the_lock_says_what_is_where(world: World) -> None:
    world.write("Default/Support/refund", {"display_name": "Refund assistant", **current()})
    world.apply()
    entry = world.lock["prompts"]["Default/Support/refund"]
    assert {name: entry[name] for name in ("path", "display_name", "dialect")} == {
        "path": "Default/Support",
        "display_name": "Refund assistant",
        "dialect": "prompt",
    }
    assert entry["id"] == world.sandbox.prompts()[0]["_id"]
    assert entry["version"] == world.sandbox.prompts()[0]["prompt"]["version"]
    assert world.lock["workspace"] == {"owner": world.sandbox.behaviour.owner}
    assert json.dumps(world.lock, indent=2, sort_keys=True, ensure_ascii=False) + "\n" == world.lock_path.read_text()
