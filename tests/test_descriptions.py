"""What the service's document says of the fields is taken from it for the shapes of a file."""

from __future__ import annotations

import json
from typing import Any

from promptsync.model.schema import adapter
from tools.descriptions import KEPT, descriptions

OURS: dict[str, Any] = {
    "properties": {"name": {"type": "string"}, "parts": {"items": {"anyOf": [{"$ref": "#/$defs/Text"}]}}},
    "$defs": {"Text": {"properties": {"type": {"const": "text"}, "text": {"type": "string"}, "new": {}}}},
}


def document(create: dict[str, Any], answer: dict[str, Any] | None = None) -> dict[str, Any]:
    create, answer = (
        {"content": {"application/json": {"schema": {"properties": fields}}}} for fields in (create, answer or {})
    )
    paths = {
        "/v2/prompts": {"post": {"requestBody": create}},
        "/v2/prompts/{id}": {"get": {"responses": {"200": answer}}},
    }
    image = {"properties": {"type": {"enum": ["image"]}, "text": {"description": "Of an image."}}}
    text = {"properties": {"type": {"enum": ["text"]}, "text": {"description": "The text. Learn more."}}}
    return {"paths": paths, "components": {"schemas": {"Image": image, "Text": text}}}


def test_a_field_is_described_by_that_of_the_same_kind() -> None:
    parts = {"items": {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Image", "Text")]}}
    assert descriptions(document({"parts": parts}), OURS) == {"Text": {"text": "The text."}}


def test_a_request_goes_before_an_answer() -> None:
    asked, answered = {"name": {"description": "Of a request."}}, {"name": {"description": "Of an answer."}}
    assert descriptions(document(asked, answered), OURS) == {"File": {"name": "Of a request."}}
    assert descriptions(document({}, answered), OURS) == {"File": {"name": "Of an answer."}}


def test_where_two_shapes_say_different_things_none_is_taken() -> None:
    parts = {"items": {"oneOf": [{"properties": {"text": {"description": words}}} for words in ("One.", "Another.")]}}
    assert descriptions(document({"parts": parts}), OURS) == {}


def test_what_is_kept_is_of_fields_that_there_are() -> None:
    schema = adapter().json_schema()
    fields = {"File": schema["properties"], **{name: each["properties"] for name, each in schema["$defs"].items()}}
    kept = json.loads(KEPT.read_text(encoding="utf-8"))

    assert len(kept) > 40
    assert [name for name, words in kept.items() if words.keys() - fields[name].keys()] == []
