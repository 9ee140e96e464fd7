"""What an editor makes of the schemas: yaml-language-server completes, explains and checks the files of a tree.

Where it is, is told by the environment; `tests/sdk/install.py` installs it and prints that.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptsync.files.config_schema import CONFIG_URL
from promptsync.model.json_schema import PROMPT_URL, modeline
from tests.editor.server import ROOT, LanguageServer
from tests.sdk.test_sdk import installed

if TYPE_CHECKING:
    from collections.abc import Iterator

SHIPPED = sorted((ROOT / "prompts").glob("**/*.yaml"))
FIRST = modeline(PROMPT_URL)
MESSAGES = "  messages:\n    - {role: user, content: hello}\n"


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    folder = Path(installed("PROMPTSYNC_YAML_LANGUAGE_SERVER"))
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    command = folder / "node_modules/yaml-language-server/bin/yaml-language-server"
    running = LanguageServer([node, str(command), "--stdio"])
    yield running
    running.close()


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_there_is_nothing_wrong_with_a_prompt_that_is_shipped(server: LanguageServer, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith(FIRST)
    assert server.diagnostics(file.name, text) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"prompt:\n  temprature: 1\n{MESSAGES}", "3: Property temprature is not allowed."),
        (f"prompt:\n  temperature: 3\n{MESSAGES}", "3: Value is above the maximum of 2."),
        (f"prompt:\n{MESSAGES}{MESSAGES}", "5: Map keys must be unique"),
        (f"display_name: ' '\nprompt:\n{MESSAGES}", "2: It is blank."),
        ("prompt:\n  model: openai/gpt-4o\n", '2: Missing property "messages".'),
        (f"prompt:\n{MESSAGES}prompt_config:\n{MESSAGES}", "2: Matches multiple schemas when only one must validate."),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(server: LanguageServer, text: str, told: str) -> None:
    assert told in server.diagnostics("hello.yaml", FIRST + text)


def test_a_word_that_is_in_no_list_yet_is_nothing_wrong(server: LanguageServer) -> None:
    text = f"{FIRST}prompt:\n  reasoning_effort: gigantic\n  thinking: {{type: deeper, levels: 3}}\n{MESSAGES}"
    assert server.diagnostics("hello.yaml", text) == []


def test_parameters_are_completed_and_those_that_are_there_are_not(server: LanguageServer) -> None:
    offered = server.completions(f"{FIRST}prompt:\n  temperature: 1\n  ‸\n{MESSAGES}")
    assert {"model", "max_tokens", "top_p", "response_format"} <= set(offered)
    assert not {"temperature", "messages", "maxTokens"} & set(offered)


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("‸", "prompt_config"),
        ("prompt:\n  model: ‸\n", "openai/gpt-4o"),
        ("prompt:\n  reasoning_effort: ‸\n", "medium"),
        ("prompt:\n  messages:\n    - role: ‸\n", "assistant"),
        ("prompt:\n  messages:\n    - role: system\n      ‸\n", "content_file"),
        ("prompt_config:\n  provider: ‸\n", "anthropic"),
        ("metadata:\n  language: ‸\n", "Dutch"),
    ],
)
def test_words_are_completed(server: LanguageServer, text: str, offered: str) -> None:
    assert offered in server.completions(FIRST + text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prompt:\n  top‸_k: 1\n", "Limits the model to consider only the top k most likely tokens at each step."),
        ("prompt_config:\n  model_parameters:\n    numIm‸ages: 1\n", "Only supported on \\`image\\` models."),
        ("pro‸tected: true\n", "true keeps the prompt from being deleted"),
        ("prompt:\n  messages:\n    - role: user\n      content‸_file: a.md\n", "A file that holds the text"),
    ],
)
def test_a_field_is_explained(server: LanguageServer, text: str, told: str) -> None:
    assert told in server.hover(FIRST + text)


def test_the_configuration_is_completed_and_checked(server: LanguageServer) -> None:
    first = modeline(CONFIG_URL)
    wrong = "targets:\n  sandbox:\n    base_url: https://my.orq.ai\n  staging:\n    base_url: https://orq.example\n"

    assert server.diagnostics("promptsync.yaml", f"{first}# Nothing yet.\n") == []
    assert {"targets", "policies", "allow_fields", "max_file_bytes"} <= set(server.completions(f"{first}‸"))
    assert "api_key_env" in server.completions(f"{first}targets:\n  staging:\n    ‸\n")
    assert server.diagnostics("promptsync.yaml", first + wrong) == [
        "4: Property base_url is not allowed.",
        "6: It may only be https://….orq.ai or loopback here; see --base-url.",
    ]
