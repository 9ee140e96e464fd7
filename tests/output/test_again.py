"""A saved plan is shown again as it was shown when it was made."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from promptsync.model.canonical import Ordered
from promptsync.model.compare import FieldDiff, all_fields
from promptsync.model.errors import PlanError
from promptsync.output.again import show_again
from promptsync.output.escape import terminal
from promptsync.output.formats import FOR_RUNNERS, FORMATS, render, render_shown
from promptsync.output.layout import Layout
from promptsync.output.plan_json import dumps, saved_plan
from promptsync.plan.changes import PlanOptions, Sides
from promptsync.plan.differ import plan_digest
from promptsync.plan.saved import parse_saved
from tests.output import examples
from tests.output.test_text import HOSTILE
from tests.strategies import prompts

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.model.prompt import Prompt
    from promptsync.plan.changes import Change, Plan

LAYOUTS = [Layout(), Layout(whole=True), Layout(color=True, width=60)]


def planned(*changes: Change, **others: Any) -> Plan:
    """A plan with the digest that is its own."""
    target = others.pop("target", "default")
    made = replace(examples.plan_of(*changes, **others), target=target)
    return replace(made, digest=plan_digest(made.target, made.changes))


def again(document: bytes) -> Any:
    return show_again(parse_saved(document, "plan.json"), "prompts")


def told(made: Plan) -> bytes:
    return dumps(saved_plan(made, "offline" if made.offline else made.host)).encode()


def same_in_every_format(made: Plan) -> None:
    shown = again(told(made))
    for form in FORMATS:
        for layout in LAYOUTS:
            assert render_shown(shown, layout, form) == render(made, layout, form)


def plain_create() -> Change:
    """A new prompt with all of its fields, as the differ makes it."""
    change = examples.create()
    return replace(change, diff=tuple(all_fields(change.file.prompt, "add")))


def every_kind() -> list[Change]:
    return [change for change in examples.every_kind().changes if change.action != "create"] + [plain_create()]


def test_every_kind_of_change() -> None:
    same_in_every_format(planned(*every_kind()))


def test_what_the_plan_was_made_with() -> None:
    options = PlanOptions(prune=True, only=("Default/**",), create_twins=True, max_deletes=3)
    same_in_every_format(planned(examples.update(), options=options, path_prefix=""))


def test_an_offline_plan_that_cannot_tell_which_fields() -> None:
    changes = [replace(examples.update(), diff=()), replace(examples.move(), remote=None), examples.orphan()]
    same_in_every_format(planned(*changes, offline=True, host=""))


def test_who_changed_what() -> None:
    here, there = (examples.replaced("prompt.temperature", before, 0.9) for before in (0.1, 0.5))
    sides = Sides("on the service since version 1: 2 newer versions", (here,), (there,))
    edited = replace(examples.drift(), sides=sides, warnings=(sides.since, "and more"))
    both = examples.drift(examples.conflict().key).edited
    disputed = replace(examples.conflict(), sides=sides, warnings=(sides.since,), both=both)
    same_in_every_format(planned(edited, disputed))


def test_the_order_of_keys_below_a_schema() -> None:
    before, after = Ordered(a=Ordered(x=1, y=2), b=[Ordered(q=1)]), Ordered(b=[Ordered(q=2)], a=Ordered(y=2, x=1))
    fields = ("prompt.response_format.json_schema.schema.properties", "prompt.tools[0].function.parameters")
    diff = tuple(examples.replaced(field, before, after) for field in fields)
    same_in_every_format(planned(replace(examples.update(), diff=diff)))


def test_a_file_in_another_unicode_form_than_its_key() -> None:
    change = examples.update("Default/caf\u00e9")
    same_in_every_format(planned(replace(change, file=replace(change.file, file="prompts/Default/cafe\u0301.yml"))))


@pytest.mark.parametrize("value", [float("nan"), 1e300, 2**70, "\ud800", "\u2028", [], {"a": [None]}])
def test_odd_values(value: Any) -> None:
    same_in_every_format(planned(replace(examples.update(), diff=(FieldDiff("prompt.x", "replace", value, 1),))))


def test_a_text_that_tells_of_data_within_data_is_as_it_was_shown() -> None:
    from base64 import b64encode

    url = "data:text/plain;base64," + b64encode(f"see {examples.PICTURE}".encode()).decode()
    same_in_every_format(planned(replace(examples.update(), diff=(FieldDiff("prompt.x", "add", None, url),))))


@settings(deadline=None, max_examples=60)
@given(prompts())
def test_the_facts_of_any_new_prompt(prompt: Prompt) -> None:
    create = examples.create()
    file = replace(create.file, prompt=prompt)
    made = planned(replace(create, display_name=prompt.display_name, file=file, diff=tuple(all_fields(prompt, "add"))))
    assert render_shown(again(told(made)), Layout()) == render(made, Layout())


@pytest.mark.parametrize("form", sorted(FORMATS.keys() - {"json"}))
@settings(deadline=None, max_examples=50)
@given(HOSTILE)
def test_no_place_or_option_in_the_file_acts_on_who_reads_it(form: str, text: str) -> None:
    options = PlanOptions(only=(text,), overwrite=(text,))
    made = planned(examples.update(), target=text, host=text, path_prefix=text, options=options)
    with suppress(PlanError):  # no text, or none that is Unicode
        shown = render_shown(again(told(made)), Layout(), form)
        quiet = shown.removeprefix("::").replace("\n::", "\n") if form in FOR_RUNNERS else shown
        assert terminal(quiet, newlines=True, tabs=True) == quiet


def spoiled(change: Callable[[Any], object]) -> bytes:
    document = json.loads(told(planned(*every_kind())))
    change(document)
    return json.dumps(document).encode()


def of(action: str, **values: Any) -> Callable[[Any], object]:
    """Sets values of the change of that kind."""
    return lambda document: next(item for item in document["changes"] if item["action"] == action).update(values)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (of("create", file=None), "file` is no text"),
        (of("create", file="Default/Support/other.yaml"), "file` is not the file of this key"),
        (of("create", file="Default/Support/greeting"), "file` is not the file of this key"),
        (of("update", id=None), "id` is no text"),
        (of("update", display_name=1), "display_name` is no text"),
        (of("update", path=1), "path` is no text"),
        (of("update", warnings="x"), "warnings` is no list of texts"),
        (of("update", diff=None), "diff` is no list"),
        (of("update", diff=[1]), "diff[0]` names no field"),
        (of("update", diff=[{"field": "x", "op": []}]), "diff[0].op` is none that is known"),
        (of("move", old_key=None), "old_key` is no text"),
        (of("conflict", warnings=["x"]), "warnings` lacks what the conflict is, and what to do"),
        (of("drift", sides=1), "sides` says not since when"),
        (of("drift", sides={"since": "x", "here": []}), "sides.there` is no list"),
        (lambda document: document.update(summary=[]), "summary.unchanged` is no number of prompts"),
    ],
)
def test_what_is_no_plan_is_told_by_its_place(change: Callable[[Any], object], what: str) -> None:
    with pytest.raises(PlanError) as caught:
        again(spoiled(change))
    assert caught.value.message.startswith("plan.json is no saved plan: `")
    assert caught.value.message.endswith(what)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (of("update", sides={"since": "x", "here": [], "there": []}), ".sides"),
        (of("update", old_key="a/b"), ".old_key"),
        (of("update", note="approved"), ".note"),
        (of("create", id="x"), ".id"),
        (of("delete", file="Default/Support/christmas.yaml"), ".file"),
        (lambda document: document["summary"].update(delete=0), "summary.delete"),
        (lambda document: document.update(digest="sha256:0"), "digest"),
    ],
)
def test_what_plan_does_not_write_is_not_shown(change: Callable[[Any], object], place: str) -> None:
    document = spoiled(change)
    with pytest.raises(PlanError) as caught:
        again(document)
    assert caught.value.message.startswith("plan.json is not what `plan --out` writes of these changes: `")
    assert caught.value.message.endswith(f"{place}` is something else")


def test_what_is_nested_deeply_is_read_or_refused() -> None:
    deep: Any = 1
    for _ in range(400):
        deep = {"a": deep}
    field = {"field": "prompt.json_schema.schema", "op": "add", "before": None, "after": deep}
    with pytest.raises(PlanError):
        again(spoiled(of("update", diff=[field], file=None)))
