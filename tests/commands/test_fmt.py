"""fmt writes what is not in the one layout, and nothing else; what it cannot lay out is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptsync.commands.fmt import fmt
from promptsync.files.target import Target, open_target
from promptsync.model.errors import PromptsyncError, UsageError

TIDY = "prompt:\n  model: openai/gpt-4o\n  messages:\n    - role: user\n      content: Hi\n"
UNTIDY = "prompt: {messages: [{role: user, content: Hi}], model: openai/gpt-4o}\n"
LINES = "".join(f"        line {number}\n" for number in range(3))
LONG = f"prompt:\n  model: openai/gpt-4o\n  messages:\n    - role: user\n      content: |\n{LINES}"


@pytest.fixture
def target(tmp_path: Path) -> Target:
    folder = tmp_path / "prompts/Default"
    folder.mkdir(parents=True)
    (folder / "tidy.yaml").write_text(TIDY, "utf-8")
    (folder / "untidy.yaml").write_text(UNTIDY, "utf-8")
    return open_target(tmp_path / "prompts", "default", environ={})


def configured(target: Target, text: str) -> Target:
    (target.root / "promptsync.yaml").write_text(text, "utf-8")
    return open_target(target.root, "default", environ={})


def text(target: Target, name: str) -> str:
    return (target.root / "Default" / name).read_text("utf-8")


def test_what_is_untidy_is_written_and_what_is_not_is_left_alone(target: Target) -> None:
    before = (target.root / "Default/tidy.yaml").stat()

    done = fmt(target)

    assert [Path(item.file).name for item in done.changed] == ["untidy.yaml"]
    assert (done.count, done.problems) == (2, ())
    assert text(target, "untidy.yaml") == TIDY
    assert (target.root / "Default/tidy.yaml").stat() == before
    assert fmt(target).changed == ()


def test_a_check_writes_nothing(target: Target) -> None:
    (item,) = fmt(target, write=False).changed

    assert (item.before, item.after) == (UNTIDY, TIDY)
    assert text(target, "untidy.yaml") == UNTIDY


def test_only_the_files_named_are_looked_at(target: Target) -> None:
    (target.root / "Default/bad.yaml").write_text("promt: 1\n", "utf-8")

    done = fmt(target, [str(target.root / "Default/tidy.yaml")])

    assert (done.count, done.changed, done.problems) == (1, (), ())
    assert text(target, "untidy.yaml") == UNTIDY


def test_a_name_that_is_no_prompt_file_stops_it(target: Target) -> None:
    with pytest.raises(UsageError, match="untity is no prompt file"):
        fmt(target, ["Default/untity"])

    assert text(target, "untidy.yaml") == UNTIDY


def test_a_file_that_is_no_valid_prompt_is_told_as_validate_does_and_others_are_written(target: Target) -> None:
    (target.root / "Default/bad.yaml").write_text("promt: 1\n", "utf-8")

    done = fmt(target)

    assert [problem.message for problem in done.errors] == [
        "the file has neither `prompt` nor `prompt_config`, expected one of them",
        "unknown key `promt`",
    ]
    assert text(target, "untidy.yaml") == TIDY
    assert text(target, "bad.yaml") == "promt: 1\n"


def test_a_link_is_left_and_told(target: Target) -> None:
    (target.root / "Default/_shared.yaml").write_text(UNTIDY, "utf-8")
    (target.root / "Default/link.yaml").symlink_to("_shared.yaml")

    done = fmt(target, ["Default/link"])

    assert [problem.message for problem in done.warnings] == ["it is left as it is: it is a symbolic link"]
    assert done.changed == ()
    assert (target.root / "Default/link.yaml").is_symlink()
    assert text(target, "_shared.yaml") == UNTIDY


def test_long_texts_move_beside_where_the_configuration_says_so(target: Target) -> None:
    (target.root / "Default/long.yaml").write_text(LONG, "utf-8")
    assert fmt(target, ["Default/long"]).changed == ()

    (item,) = fmt(configured(target, "content_files: over 2 lines\n"), ["Default/long"]).changed

    assert [Path(name).name for name in item.texts] == ["long.1.md"]
    assert text(target, "long.1.md") == "line 0\nline 1\nline 2\n\n"
    assert text(target, "long.yaml").endswith("content_file: long.1.md\n")


def test_a_text_beside_that_says_something_else_is_never_lost(target: Target) -> None:
    (target.root / "Default/long.yaml").write_text(LONG, "utf-8")
    (target.root / "Default/long.1.md").write_text("mine\n", "utf-8")

    done = fmt(configured(target, "content_files: over 2 lines\n"), ["Default/long"])

    (problem,) = done.warnings
    assert problem.message.startswith("a text of 3 lines stays in the file: ")
    assert problem.message.endswith("long.1.md is there already, and says something else")
    assert (text(target, "long.yaml"), text(target, "long.1.md")) == (LONG, "mine\n")


def test_a_link_beside_is_not_written_through(target: Target, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.md").write_text("mine\n", "utf-8")
    (target.root / "Default/long.yaml").write_text(LONG, "utf-8")
    (target.root / "Default/long.1.md").symlink_to(tmp_path / "elsewhere.md")

    done = fmt(configured(target, "content_files: over 2 lines\n"), ["Default/long"])

    assert len(done.warnings) == 1
    assert (tmp_path / "elsewhere.md").read_text("utf-8") == "mine\n"
    assert text(target, "long.yaml") == LONG


def test_an_empty_root_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PromptsyncError, match="there are no prompts yet"):
        fmt(open_target(tmp_path, "default", environ={}))
