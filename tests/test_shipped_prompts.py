"""The prompts that are shipped: all of them are valid, and together they show what a file can say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptsync.files.disk import find_sources, include_reader
from promptsync.files.formatter import Formatted, Rules, format_file
from promptsync.files.loader import Loaded, load
from tests.documents import SENT

PROMPTS = Path(__file__).parent.parent / "prompts"
FILES = sorted(PROMPTS.glob("**/*.yaml"))


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def messages() -> list[dict[str, Any]]:
    return [message for file in FILES for block in blocks(file) for message in block["messages"]]


def blocks(file: Path) -> list[dict[str, Any]]:
    return [value for name, value in read(file).items() if name in ("prompt", "prompt_config")]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    sources, problems = find_sources(PROMPTS)
    return load(sources, include_reader(PROMPTS), problems=problems)


def test_all_are_valid_without_a_warning(loaded: Loaded) -> None:
    assert sorted(loaded.files) == [file.relative_to(PROMPTS).with_suffix("").as_posix() for file in FILES]
    assert len(loaded.files) >= 8
    assert loaded.warnings == ()


def test_all_are_in_the_one_layout() -> None:
    sources, _ = find_sources(PROMPTS)
    include = include_reader(PROMPTS)

    assert [
        source.key for source in sources if format_file(source, include, Rules())[0] != Formatted(source.data)
    ] == []


def test_the_guides_own_example_is_shipped_literally(loaded: Loaded) -> None:
    file = loaded.files["Default/Prompts/MyPrompt"]
    prompt = file.prompt
    asked = {
        "display_name": prompt.display_name,
        "description": prompt.description,
        "metadata": prompt.metadata,
        "path": file.folder,
        prompt.dialect: prompt.block,
    }
    written = read(PROMPTS / "Default/Prompts/MyPrompt.yaml") | {"path": "Default/Prompts"}

    # Compared as JSON text, so that 1 is not 1.0 and null is not left out.
    guide = json.dumps(SENT, sort_keys=True)
    assert json.dumps(asked, sort_keys=True) == guide
    assert json.dumps(written, sort_keys=True) == guide


def test_every_kind_of_prompt_is_shown() -> None:
    roles = {message["role"] for message in messages()}
    parts = {
        part["type"]
        for message in messages()
        if isinstance(message.get("content"), list)
        for part in message["content"]
    }

    assert {name for file in FILES for name in read(file) if name.startswith("prompt")} == {"prompt", "prompt_config"}
    assert {"system", "user", "assistant", "tool"} <= roles
    assert {"text", "image_url"} <= parts
    assert any("tool_calls" in message for message in messages())
    assert any("content_file" in message for message in messages())
    assert any(
        block.get("response_format", {}).get("type") == "json_schema" for file in FILES for block in blocks(file)
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_says_what_it_is_for_and_which_variables_it_wants(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    comment = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
    included = "".join(path.read_text(encoding="utf-8") for path in file.parent.glob(f"{file.stem}.*.md"))

    assert read(file)["description"]
    for variable in re.findall(r"\{\{(\w+)\}\}", text + included):
        assert variable in comment
