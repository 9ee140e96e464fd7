from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.files.target import open_target
from promptsync.files.tree import load_tree
from promptsync.model.errors import LoadError

if TYPE_CHECKING:
    from pathlib import Path

PROMPT = "prompt: {messages: [{role: user, content: Hi}]}\n"


def test_a_file_directly_under_the_root_needs_a_prefix(tmp_path: Path) -> None:
    (tmp_path / "Default").mkdir()
    for name in ("Default/refund", "top"):
        (tmp_path / f"{name}.yaml").write_text(PROMPT, encoding="utf-8")
    (tmp_path / "promptsync.yaml").write_text("targets: {staging: {path_prefix: Staging/}}\n", encoding="utf-8")
    with pytest.raises(LoadError) as caught:
        load_tree(open_target(tmp_path, "default", environ={}))
    assert "a prompt directly under the root has no path on the service" in caught.value.problems[0].message
    assert sorted(load_tree(open_target(tmp_path, "staging", environ={})).files) == ["Default/refund", "top"]


def test_a_file_that_holds_a_key_of_the_service_is_refused_and_the_key_is_not_told(tmp_path: Path) -> None:
    """What was read before the key was set is looked at anew."""
    key = "a-key-of-the-older-form"
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default/refund.yaml").write_text(PROMPT.replace("Hi", f"'Use {key}'"), encoding="utf-8")
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    for _ in range(2):
        assert list(load_tree(open_target(tmp_path, "default", environ=environ)).files) == ["Default/refund"]
    with pytest.raises(LoadError) as caught:
        load_tree(open_target(tmp_path, "default", environ={**environ, "ORQ_API_KEY": key}))
    (problem,) = caught.value.problems
    assert problem.place == f"{tmp_path}/Default/refund.yaml:1:43"
    assert key not in repr(problem)
