"""The pre-merge check reads each thing once: a tree of thousands of files is not loaded twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptsync.commands import check as checking
from promptsync.commands import plan as planning
from promptsync.files.tree import load_tree
from tests.embedded import applied

if TYPE_CHECKING:
    import pytest

FILE = {"prompt": {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "{{question}}"}]}}


def test_the_files_are_loaded_once_for_rules_and_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Any] = []

    def load(target: Any) -> Any:
        loaded.append(target)
        return load_tree(target)

    for module in (checking, planning):
        monkeypatch.setattr(module, "load_tree", load)
    with applied({"Default/a": FILE}) as world:
        planned = checking.check(world.target)
    assert (len(loaded), planned.plan.changes) == (1, ())
