"""What the rules find, by the configuration: levels, exceptions, comments; at the lines of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.commands.lint import explain
from promptsync.commands.validate import validate
from promptsync.files.target import open_target
from promptsync.model.errors import LoadError, UsageError
from promptsync.model.prompt import Problem

if TYPE_CHECKING:
    from pathlib import Path

PROMPT = "prompt:\n  model: gpt-4o\n  messages:\n    - role: user\n      content: Issue #3\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "prompts/Default").mkdir(parents=True)
    (tmp_path / "prompts/Default/a.yaml").write_text(PROMPT, "utf-8")
    return tmp_path / "prompts"


def problems(root: Path, configuration: str = "", *only: str) -> list[Problem]:
    (root / "promptsync.yaml").write_text(configuration, "utf-8")
    return list(validate(open_target(root, "default", environ={}), only).problems)


def found(root: Path, configuration: str = "", *only: str) -> list[tuple[str | None, str]]:
    return [(problem.rule, problem.severity) for problem in problems(root, configuration, *only)]


def test_a_finding_is_told_at_its_line(root: Path) -> None:
    first, second = problems(root)

    assert first == Problem(
        f"{root}/Default/a.yaml", 2, 10, "the model `gpt-4o` has no provider", "write it as in `openai/gpt-4o`",
        "  model: gpt-4o", "warning", "model-provider",
    )  # fmt: skip
    assert (second.rule, second.line, second.severity) == ("cut-text", 5, "warning")


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ("lint: {rules: {model-provider: error}}", [("model-provider", "error"), ("cut-text", "warning")]),
        ("lint:\n  rules:\n    model-provider: off\n    cut-text: error\n", [("cut-text", "error")]),
        ('lint: {rules: {model-provider: "off", cut-text: off}}', []),
        ("lint: {exceptions: {'Default/**': [model-provider]}}", [("cut-text", "warning")]),
        ("lint: {exceptions: {Default/a: [cut-text]}}", [("model-provider", "warning")]),
        ("lint: {exceptions: {Other/*: [cut-text]}}", [("model-provider", "warning"), ("cut-text", "warning")]),
    ],
)
def test_the_configuration_says_how_much_a_rule_counts(
    root: Path, configuration: str, expected: list[tuple[str, str]]
) -> None:
    assert found(root, configuration) == expected


def test_a_comment_on_the_line_leaves_a_rule_out(root: Path) -> None:
    text = PROMPT.replace("model: gpt-4o", "model: gpt-4o  # lint: ignore model-provider")
    (root / "Default/a.yaml").write_text(text, "utf-8")

    assert found(root) == [("cut-text", "warning")]


WITHOUT_MODEL = PROMPT.replace("  model: gpt-4o\n", "")


@pytest.mark.parametrize(
    ("defaults", "own", "is_told"),
    [
        ("prompt:\n  model: gpt-4o\n", WITHOUT_MODEL, True),
        ("prompt:\n  model: gpt-4o  # lint: ignore model-provider\n", WITHOUT_MODEL, False),
        ("# lint: ignore model-provider\n\nprompt:\n  model: gpt-4o\n", WITHOUT_MODEL, False),
        ("prompt:\n  model: gpt-4o  # lint: ignore secret\n", WITHOUT_MODEL, True),
        ("# lint: ignore model-provider\nprompt:\n  temperature: 1\n", PROMPT, True),
    ],
)
def test_a_comment_in_the_defaults_leaves_a_rule_out_for_what_they_give(
    root: Path, defaults: str, own: str, is_told: bool
) -> None:
    (root / "_defaults.yaml").write_text(defaults, "utf-8")
    (root / "Default/a.yaml").write_text(own, "utf-8")

    assert ("model-provider" in [rule for rule, _ in found(root)]) is is_told


def test_a_rule_that_there_is_not_is_an_error(root: Path) -> None:
    (problem, *_) = (one for one in problems(root, "lint: {rules: {model-provder: off}}") if one.severity == "error")

    assert (problem.message, problem.hint) == (
        "lint: there is no rule `model-provder`",
        "did you mean `model-provider`?",
    )


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ("lint: {rules: {secret: loud}}", "the level of a rule is one of error, warning, off"),
        ("lint: {rules: [secret]}", "`lint.rules` must be a mapping"),
        ("lint: {exceptions: {'**': secret}}", "`lint.exceptions.**` must be a list of texts"),
        ("lint: {levels: {}}", "unknown key `levels`; known are exceptions, rules"),
        ("policies: {create_twins: off}", "off is the boolean false to some YAML readers and text to others"),
    ],
)
def test_a_mistake_in_the_configuration_is_told(root: Path, configuration: str, message: str) -> None:
    with pytest.raises(LoadError) as caught:
        problems(root, configuration)

    assert message in [problem.message for problem in caught.value.problems]


def test_only_what_is_asked_for_is_told(root: Path) -> None:
    (root / "Default/b.yaml").write_text(PROMPT, "utf-8")

    assert {problem.file for problem in problems(root, "", "Default/b")} == {f"{root}/Default/b.yaml"}


def test_no_line_with_a_secret_is_shown(root: Path) -> None:
    secret = "AKIA" + "IOSFODNN7EXAMPLE"
    (root / "Default/a.yaml").write_text(PROMPT.replace("Issue #3", f"Use {secret} and {{{{x}} now"), "utf-8")

    assert {"secret", "variable-syntax"} <= {rule for rule, _ in found(root)}
    assert secret not in repr(problems(root))


def test_a_rule_is_explained_by_its_page() -> None:
    assert explain("json-mode").startswith("# json-mode\n")
    with pytest.raises(UsageError, match="there is no rule `json`"):
        explain("json")
