"""What the newest official SDK knows of a prompt is known here, by the shapes of a file and by the sandbox.

Names the fields and words that are missing. A weekly workflow runs this with whatever SDK was released since.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.model.schema import adapter
from promptsync.sandbox.validation import document
from tests.sdk.test_sdk import installed

if TYPE_CHECKING:
    from collections.abc import Iterator

DUMP = Path(__file__).with_name("shapes.py")
# Not written in a file: its folder is the path, and the service makes the versions.
NOT_WRITTEN = ("path", "prompt.version", "prompt_config.version")

Json = dict[str, Any]
Places = dict[str, set[str]]
"""The fields of a shape, by dotted paths with the kinds of messages, parts and plugins, and the words they may hold."""


def places(schema: Json, whole: Json) -> Places:
    """The places of a JSON Schema; `whole` is the document that its references are to."""
    found: Places = {}
    for place, words in _walk(schema, whole, ""):
        found.setdefault(place, set()).update(words)
    return found


def _walk(schema: Any, whole: Json, place: str) -> Iterator[tuple[str, list[str]]]:
    if not isinstance(schema, dict):  # true or false: anything, or nothing
        return
    whole = schema if "$defs" in schema else whole
    if place:
        yield place, [word for word in _words(schema) if word is not None]
    for inner in _inside(schema, whole):
        yield from _walk(inner, whole, place)
    fields = schema.get("properties", {})
    # What tells one kind of message, part or plugin from another.
    tag = next((name for name in ("role", "type", "id") if name in fields), None)
    kinds = list(_all_words(fields[tag], whole)) if place and tag else []
    for here in [f"{place}({kind})." for kind in kinds if kind] or [f"{place}." if place else ""]:
        for name, inner in fields.items():
            yield from _walk(inner, whole, f"{here}{name}")


def _inside(schema: Json, whole: Json) -> Iterator[Json]:
    """The schemas of the same place: what is referred to, the alternatives, the items."""
    if "$ref" in schema:
        target: Any = whole
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        yield target
    for name in ("anyOf", "oneOf", "allOf"):
        yield from schema.get(name, ())
    if isinstance(schema.get("items"), dict):
        yield schema["items"]


def _words(schema: Json) -> list[Any]:
    return schema.get("enum", []) + ([schema["const"]] if "const" in schema else []) + schema.get("examples", [])


def _all_words(schema: Json, whole: Json) -> Iterator[Any]:
    yield from _words(schema)
    for inner in _inside(schema, whole):
        yield from _all_words(inner, whole)


def missing(theirs: Places, ours: Places) -> list[str]:
    """What they know and we do not: a field (and not what is in it), or a word of a field."""
    unknown = [place for place in theirs if place not in ours and not place.startswith(NOT_WRITTEN)]
    words = [f"{place}: {word}" for place in theirs if place in ours for word in sorted(theirs[place] - ours[place])]
    outermost = [place for place in unknown if not any(place.startswith((f"{up}.", f"{up}(")) for up in unknown)]
    return outermost + words


def dumped(generation: str) -> dict[str, Places]:
    """The places of what an SDK sends and gets."""
    python = installed(f"PROMPTSYNC_SDK_{generation}_PYTHON")
    environ = {"PATH": os.environ["PATH"]}
    run = subprocess.run([python, str(DUMP)], capture_output=True, text=True, timeout=120, env=environ)
    assert run.returncode == 0, run.stderr
    return {name: places(schema, schema) for name, schema in json.loads(run.stdout).items()}


FILE = places(adapter().json_schema(), {})
DOCUMENT = document()
SANDBOX = {
    call: places(DOCUMENT["components"]["schemas"][name], DOCUMENT)
    for call, name in {"create": "CreatePromptRequest", "update": "UpdatePromptRequest"}.items()
}


@pytest.mark.parametrize("request_", ["create", "update"])
@pytest.mark.parametrize("generation", ["3", "4"])
def test_what_an_sdk_sends_can_be_said_in_a_file(generation: str, request_: str) -> None:
    sent = dumped(generation)[request_]
    assert len(sent) > 60
    assert missing(sent, FILE) == []


def test_what_the_newest_sdk_gets_in_the_classic_dialect_can_be_said_in_a_file() -> None:
    answer = dumped("4")["answer"]
    got = {place: words for place, words in answer.items() if place.startswith("prompt_config")}
    assert len(got) > 60
    assert missing(got, FILE) == []


@pytest.mark.parametrize("call", ["create", "update"])
def test_what_the_newest_sdk_sends_the_sandbox_judges(call: str) -> None:
    assert missing(dumped("4")[call], SANDBOX[call]) == []


def test_what_is_missing_is_named_with_its_place() -> None:
    ours = {place: words - {"instant"} for place, words in FILE.items() if "extra_content" not in place}
    assert missing(FILE, ours) == [
        "prompt.messages(assistant).tool_calls(function).extra_content",
        "prompt.reasoning_effort: instant",
        "prompt_config.model_parameters.reasoningEffort: instant",
    ]
