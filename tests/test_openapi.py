"""The service's OpenAPI document lies here once, trimmed, and trimming it again changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.openapi import ANSWERS, KEPT, REQUESTS, dump, trimmed

TEXT = KEPT.read_text(encoding="utf-8")
SHAPES: dict[str, Any] = json.loads(TEXT)["components"]["schemas"]


def whole() -> dict[str, Any]:
    """A document as it is published: the shapes stand in the paths, with prose and much else."""
    rest = {name: shape for name, shape in SHAPES.items() if name not in REQUESTS | ANSWERS.keys()}
    paths: dict[str, Any] = {"/v2/other": {"get": {"responses": {}}}}
    for name, (path, verb) in (REQUESTS | ANSWERS).items():
        content = {"content": {"application/json": {"schema": {"title": name, "description": "Prose", **SHAPES[name]}}}}
        body = {"requestBody": content} if name in REQUESTS else {"responses": {"200": content}}
        paths.setdefault(path, {})[verb] = {"summary": "Prose", **body}
    text_part = {**SHAPES["TextContentPartSchema"], "discriminator": {"propertyName": "type"}, "examples": ["x"]}
    schemas = {"Unrelated": {"type": "object"}, **rest, "TextContentPartSchema": text_part}
    return {
        "openapi": "3.1.0",
        "info": {"title": "orq.ai API", "version": "2.0"},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {}},
    }


def test_the_document_kept_comes_out_as_it_went_in() -> None:
    assert dump(trimmed(json.loads(TEXT))) == TEXT


def test_the_whole_document_becomes_the_one_that_is_kept() -> None:
    assert dump(trimmed(whole())) == TEXT


def test_a_field_may_bear_the_name_of_what_is_left_out() -> None:
    assert "description" in SHAPES["CreatePromptRequest"]["properties"]
    assert "Prose" not in TEXT


def test_every_shape_that_is_referred_to_is_there() -> None:
    referred = {part.split('"')[0] for part in TEXT.split('"#/components/schemas/')[1:]}
    assert referred <= SHAPES.keys()


@pytest.mark.parametrize("name", REQUESTS)
def test_a_classic_request_is_todays_in_the_other_dialect(name: str) -> None:
    today, classic = SHAPES[name], SHAPES[f"Classic{name}"]
    assert set(classic["properties"]) == set(today["properties"]) - {"prompt"} | {"prompt_config"}
    assert "prompt" not in classic.get("required", ())
    assert "enum" not in json.dumps(classic["properties"]["metadata"])


def test_the_words_of_a_classic_list_that_has_grown_are_open_and_others_are_not() -> None:
    fields = SHAPES["ClassicPromptConfig"]["properties"]
    assert "enum" not in fields["provider"]
    assert "enum" not in fields["model_parameters"]["properties"]["verbosity"]
    assert fields["model_parameters"]["properties"]["encoding_format"]["enum"] == ["float", "base64"]
    assert "developer" in fields["messages"]["items"]["properties"]["role"]["enum"]
