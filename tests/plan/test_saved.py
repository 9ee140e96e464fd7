from __future__ import annotations

import contextlib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.model.compare import FieldDiff
from promptsync.model.errors import ExitCode, PlanError
from promptsync.output.plan_json import dumps, plan_json, saved_plan
from promptsync.output.shown import shown
from promptsync.plan.changes import PlanOptions
from promptsync.plan.saved import SavedChange, SavedPlan, parse_saved, raise_if_rewritten
from tests.output import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAN = examples.plan_of(examples.create(), examples.update(), options=PlanOptions(overwrite=("Default/**",)))
SAVED = dumps(saved_plan(PLAN, "api.orq.ai")).encode()


def without(field: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(SAVED)
    del document[field]
    return document


def changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(SAVED), **fields}).encode()


def test_what_was_saved_is_read_back() -> None:
    assert parse_saved(SAVED, "plan.json") == SavedPlan(
        target="default",
        digest="sha256:" + "e" * 64,
        host="api.orq.ai",
        options=PlanOptions(overwrite=("Default/**",)),
        changes=(
            SavedChange("Default/Support/greeting", "create", "sha256:" + "c" * 64),
            SavedChange("Default/Support/refund", "update", "sha256:" + "c" * 64),
        ),
        path_prefix="Staging",
    )


def test_a_byte_order_mark_is_fine() -> None:
    assert parse_saved(b"\xef\xbb\xbf" + SAVED, "plan.json") == parse_saved(SAVED, "plan.json")


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values of a document, and of one more in each object and list."""
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for name, value in inner:
        yield (*path, name)
        yield from places(value, (*path, name))
    if isinstance(document, dict):
        yield (*path, "more")


@pytest.mark.parametrize("path", [path for path in places(json.loads(SAVED)) if path != ("summary", "unchanged")])
@pytest.mark.parametrize("value", ["rewritten", None, True, 1.0])
def test_whatever_was_rewritten_is_found_and_named(path: tuple[Any, ...], value: Any) -> None:
    document = json.loads(SAVED)
    holder = document
    for name in path[:-1]:
        holder = holder[name]
    if json.dumps(holder[path[-1]] if path[-1] != "more" else ..., default=str) == json.dumps(value):
        return
    holder[path[-1]] = value
    with pytest.raises(PlanError) as caught:
        raise_if_rewritten(replace(parse_saved(SAVED, "plan.json"), document=document), json.loads(SAVED))
    named = re.sub(r"\.(\d+)", r"[\1]", ".".join(map(str, path)))
    assert caught.value.message == (
        f"plan.json is not what `plan --out` writes of these changes: `{named}` is something else"
    )
    assert caught.value.exit_code == ExitCode.ERROR


def test_what_was_saved_is_what_is_written_of_it_again() -> None:
    raise_if_rewritten(parse_saved(SAVED, "plan.json"), saved_plan(PLAN, "api.orq.ai"))
    later = saved_plan(replace(PLAN, unchanged=99), "api.orq.ai")
    raise_if_rewritten(parse_saved(SAVED, "plan.json"), later)


def test_what_is_nested_beyond_all_bounds_is_something_else() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    document = {**json.loads(SAVED), "digest": deep}
    with pytest.raises(PlanError, match="`digest` is something else"):
        raise_if_rewritten(replace(parse_saved(SAVED, "plan.json"), document=document), json.loads(SAVED))


@pytest.mark.parametrize("value", [float("nan"), 1e300, 2**70, "\ud800", "\u2028"])
def test_odd_values_are_themselves_again(value: Any) -> None:
    diff = (FieldDiff("prompt.x", "replace", value, None),)
    made = examples.plan_of(replace(examples.update(), diff=diff))
    raise_if_rewritten(parse_saved(dumps(saved_plan(made, "h")).encode(), "plan.json"), saved_plan(made, "h"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "plan.json:1:1: the saved plan is not JSON: Expecting value"),
        (b'{\n  "a": }', "plan.json:2:8: the saved plan is not JSON: Expecting value"),
        (b"\xff", "plan.json is no saved plan: byte 1 is not UTF-8"),
        (b"[]", "plan.json is no saved plan: it holds no object"),
        (b"[" * 200_000, "plan.json is no saved plan: it is nested too deeply"),
        (b'{"a": ' + b"1" * 5_000 + b"}", "plan.json is no saved plan: it holds a number that is too long"),
        (b'{"target": "a", "target": "b"}', "plan.json is no saved plan: it has `target` twice in one object"),
        (b"{}", "plan.json is no saved plan: it has no number as its `format_version`"),
        (changed(format_version=True), "plan.json is no saved plan: it has no number as its `format_version`"),
        (changed(format_version=2), "plan.json is a plan of format 2, and this promptsync knows 1"),
        (
            dumps(plan_json(shown(PLAN))).encode(),
            "plan.json is no saved plan: it lacks `options`, as what `--format json` prints does",
        ),
        (changed(target=1), "plan.json is no saved plan: `target` is no text"),
        (changed(digest="\ud800"), "plan.json is no saved plan: `digest` is not Unicode text"),
        (changed(host=[]), "plan.json is no saved plan: `host` is no text"),
        (changed(host=None), "plan.json is no saved plan: `host` is no text"),
        (changed(path_prefix=None), "plan.json is no saved plan: `path_prefix` is no text"),
        (changed(offline="no"), "plan.json is no saved plan: `offline` is neither true nor false"),
        *(
            (
                changed(options={**PlanOptions().as_json(), "max_deletes": value}),
                "plan.json is no saved plan: `options.max_deletes` is neither a number nor null",
            )
            for value in (True, -1, 1.5, "3")
        ),
        (
            changed(options={name: value for name, value in PlanOptions().as_json().items() if name != "max_deletes"}),
            "plan.json is no saved plan: `options` lacks `max_deletes`",
        ),
        (changed(options=[]), "plan.json is no saved plan: `options` is no object"),
        (changed(options={}), "plan.json is no saved plan: `options` lacks `create_twins`"),
        (
            changed(options={**PlanOptions().as_json(), "force": True}),
            "plan.json is no saved plan: `options` has an unknown `force`",
        ),
        (
            changed(options={**PlanOptions().as_json(), "prune": 1}),
            "plan.json is no saved plan: `options.prune` is neither true nor false",
        ),
        (
            changed(options={**PlanOptions().as_json(), "only": "a"}),
            "plan.json is no saved plan: `options.only` is no list",
        ),
        (
            changed(options={**PlanOptions().as_json(), "only": [1]}),
            "plan.json is no saved plan: `options.only[0]` is no text",
        ),
        (json.dumps(without("changes")).encode(), "plan.json is no saved plan: `changes` is no list"),
        (changed(changes=[1]), "plan.json is no saved plan: `changes[0]` is no object"),
        (changed(changes=[{"action": []}]), "plan.json is no saved plan: `changes[0].action` is none that is known"),
        (changed(changes=[{"action": "create"}]), "plan.json is no saved plan: `changes[0].key` is no text"),
        (
            changed(changes=[{"action": "create", "key": "a", "digest": "b"}] * 2),
            "plan.json is no saved plan: `changes` tells the same change twice",
        ),
    ],
)
def test_what_is_no_saved_plan_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_saved(data, "plan.json")

    assert caught.value.message == message
    assert caught.value.hint
    assert caught.value.exit_code == ExitCode.ERROR


@settings(max_examples=400, deadline=None)
@given(
    st.integers(0, len(SAVED)),
    st.integers(0, 40),
    st.one_of(st.binary(max_size=20), st.sampled_from([b"[" * 99_999, b"null", b"1e999", b"NaN", b"{", b'"\\ud800"'])),
)
def test_mutated_bytes_are_read_or_refused(start: int, length: int, inserted: bytes) -> None:
    data = SAVED[:start] + inserted + SAVED[start + length :]
    with contextlib.suppress(PlanError):
        assert isinstance(parse_saved(data, "plan.json"), SavedPlan)


NAMES = st.sampled_from(["format_version", "target", "digest", "options", "changes", "key", "action"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(NAMES | st.text(), inner))


@settings(deadline=None)
@given(NAMES, ANY_JSON)
def test_any_value_in_a_field_is_read_or_refused(field: str, value: Any) -> None:
    with contextlib.suppress(PlanError):
        assert isinstance(parse_saved(changed(**{field: value}), "plan.json"), SavedPlan)
