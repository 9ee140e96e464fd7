from __future__ import annotations

import json
from typing import Any

from promptsync.output import plan_json as made
from promptsync.output.plan_json import dumps, saved_plan
from promptsync.output.shown import shown
from promptsync.plan.changes import ACTIONS, Plan, PlanOptions
from tests.output import examples
from tests.output.golden import same_as_golden


def plan_json(plan: Plan) -> dict[str, Any]:
    return made.plan_json(shown(plan))


def test_a_plan_with_every_kind_of_change() -> None:
    same_as_golden("plan.json", dumps(plan_json(examples.every_kind())).removesuffix("\n"))


def test_the_keys_stand_in_their_order() -> None:
    document = plan_json(examples.plan_of(examples.update()))

    assert list(document) == ["format_version", "target", "digest", "summary", "changes"]
    assert list(document["summary"]) == [*ACTIONS, "unchanged"]
    assert list(document["changes"][0]) == [
        "key", "action", "id", "path", "display_name", "digest", "diff", "warnings",
    ]  # fmt: skip
    assert list(document["changes"][0]["diff"][0]) == ["field", "op", "before", "after"]


def test_a_conflict_tells_its_reason_first_among_the_warnings() -> None:
    (change,) = plan_json(examples.plan_of(examples.conflict()))["changes"]

    assert change["warnings"][0] == "changed here and on the service"
    assert change["warnings"][1].startswith("`promptsync pull")


def test_a_data_url_is_told() -> None:
    text = dumps(plan_json(examples.plan_of(examples.pictures())))

    assert "base64" not in text
    assert "[image/png, 204 bytes, sha256:" in text


def test_the_text_is_ascii_and_what_it_was() -> None:
    plan = examples.plan_of(examples.create("Team/日本\u202e\x1b"))

    text = dumps(plan_json(plan))

    assert text.isascii()
    assert text.endswith("}\n")
    assert json.loads(text) == plan_json(plan)


def test_a_saved_plan_carries_its_options() -> None:
    plan = examples.plan_of(examples.create(), options=PlanOptions(prune=True, only=("Default/**",)))

    saved = saved_plan(plan, "api.orq.ai")

    assert saved["options"] == {
        "prune": True,
        "overwrite": [],
        "create_twins": False,
        "only": ["Default/**"],
        "max_deletes": None,
    }
    assert saved["host"] == "api.orq.ai"
    printed = plan_json(plan)
    assert {**saved, "changes": printed["changes"]}.items() >= printed.items()
    assert all(item.items() >= told.items() for item, told in zip(saved["changes"], printed["changes"], strict=True))


def test_a_saved_plan_carries_what_it_takes_to_show_it_again() -> None:
    saved = saved_plan(examples.plan_of(examples.move("Team/renamed"), examples.forget("Team/old")), "api.orq.ai")

    assert (saved["path_prefix"], saved["offline"]) == ("Staging", False)
    assert [(item["file"], item["old_key"], item["sides"]) for item in saved["changes"]] == [
        (None, None, None),
        ("Team/renamed.yaml", "Default/Support/dunning", None),
    ]
