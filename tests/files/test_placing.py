"""Where a place of a prompt's data stands in its files, and which rules a comment there leaves out."""

from __future__ import annotations

import pytest

from promptsync.files.loader import Source, load_one
from promptsync.files.placing import Placing

HEAD = "prompt:\n  model: openai/gpt-4o\n  messages:\n    - role: user\n"
CONTENT = ("prompt", "messages", 0, "content")
TEXT = "One.\n  Two\nThree"


def placing(text: str) -> Placing:
    data = text.encode()
    file, problems = load_one(Source("Default/a", "p/Default/a.yaml", data), lambda *_: TEXT)
    assert file is not None, problems
    return Placing(file, data)


@pytest.mark.parametrize(
    ("content", "text", "place"),
    [
        pytest.param("content: |-\n        One.\n          Two\n", "Two", (7, 11), id="in a block"),
        pytest.param("content: |2\n        One.\n        Two\n", "Two", (7, 9), id="in a block with an indicator"),
        pytest.param("content: |\n\n        One.\n\n        Two\n", "Two", (9, 9), id="with empty lines"),
        pytest.param("content: One Two\n", "Two", (5, 20), id="without quotes"),
        pytest.param("content: 'One Two'\n", "Two", (5, 21), id="in quotes"),
        pytest.param('content: "One\\u0020Two"\n', "Two", (5, 16), id="behind an escape: the text itself"),
        pytest.param("content: >-\n        One.\n        Two\n", "Two", (5, 16), id="folded: the text itself"),
    ],
)
def test_a_character_of_a_text(content: str, text: str, place: tuple[int, int]) -> None:
    found = placing(f"{HEAD}      {content}")
    said = found.file.prompt.block["messages"][0]["content"]

    assert found.place(CONTENT, said.index(text))[:3] == ("p/Default/a.yaml", *place)


def test_a_character_of_an_included_text_stands_in_its_own_file() -> None:
    found = placing(f"{HEAD}      content_file: a.md\n")

    assert found.place(CONTENT, TEXT.index("Two")) == ("p/Default/a.md", 2, 3, "  Two")
    assert found.place(CONTENT) == ("p/Default/a.yaml", 5, 21, "      content_file: a.md")


def test_what_is_not_there_stands_at_what_is_around_it() -> None:
    assert placing(f"{HEAD}      content: Hi\n").place(("prompt", "messages", 0, "name"))[1:3] == (4, 7)


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "      content: Hi  # lint: ignore some-rule, other\n",
        HEAD + "      # Why it is so. lint\n      # lint: ignore some-rule, other\n      content: Hi\n",
        HEAD + "      content: |  # lint: ignore some-rule,other\n        Hi\n",
        HEAD.replace("    - role", "    # lint: ignore some-rule, other\n    - role") + "      content: Hi\n",
        f"# lint: ignore some-rule, other\n\n{HEAD}      content: Hi\n",
        HEAD + "      content_file: a.md  # lint: ignore some-rule, other\n",
    ],
)
def test_a_comment_leaves_rules_out_where_it_belongs(text: str) -> None:
    assert list(placing(text).ignored(CONTENT)) == ["some-rule", "other"]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "      content: |\n        # lint: ignore some-rule\n",
        HEAD.replace("4o", "4o  # lint: ignore some-rule") + "      content: Hi\n",
        HEAD + "      content: Hi\n    # lint: ignore some-rule\n    - role: user\n      content: Hi\n",
        HEAD + "      content: Hi  # lint: some-rule\n",
    ],
)
def test_and_nowhere_else(text: str) -> None:
    assert list(placing(text).ignored(CONTENT)) == []
