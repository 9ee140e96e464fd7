"""Each rule has a page that shows what it finds and what it does not; what the pages show is tried here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptsync.files.loader import Source, load_one
from promptsync.lint.rules import RULES, level_of, run

if TYPE_CHECKING:
    from promptsync.model.prompt import PromptFile

PAGES = Path(__file__).parents[2] / "docs/rules"


def loaded(text: str, key: str = "Default/a") -> PromptFile:
    file, problems = load_one(Source(key, f"{key}.yaml", text.encode()), lambda *_: "")
    assert file is not None, problems
    return file


def found(*texts: str) -> list[str]:
    """The names of the rules that find something, those of the loader among them."""
    names = []
    files = {}
    for number, text in enumerate(texts):
        key = f"Default/{number}"
        files[key], problems = load_one(Source(key, f"{key}.yaml", text.encode()), lambda *_: "")
        names += [problem.rule for problem in problems]
    assert None not in files.values()
    return [*names, *(rule.name for _, rule, _ in run(files, {}))]


def example(name: str, title: str) -> str | None:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    block = re.search(rf"## {title}\n\n```yaml\n(.*?)```", page, re.DOTALL)
    return block[1] if block else None


def test_each_rule_has_a_page_and_each_page_a_rule() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_page_says_what_the_rule_is_and_its_examples_are_true(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    wrong, right = example(name, "Wrong"), example(name, "Right")
    title = RULES[name].title

    assert page.startswith(f"# {name}\n\n{title[0].upper()}{title[1:]}. Level: {RULES[name].level}.\n")
    if name != "near-twin":
        assert wrong is not None
        assert right is not None
        assert found(wrong) == [name]
        assert found(right) == []


def test_a_rule_that_is_off_is_not_asked() -> None:
    wrong = example("empty-message", "Wrong")
    assert wrong is not None

    assert list(run({"Default/a": loaded(wrong)}, {"empty-message": "off"})) == []
    assert level_of(RULES["empty-message"], {"empty-message": "error"}) == "error"


def test_no_false_alarm_on_what_is_shipped() -> None:
    root = PAGES.parents[1] / "prompts"
    files = {
        key: loaded(path.read_text("utf-8"), key)
        for path in root.rglob("*.yaml")
        if "content_file" not in path.read_text("utf-8")
        for key in [path.relative_to(root).with_suffix("").as_posix()]
    }

    assert list(run(files, {})) == []
