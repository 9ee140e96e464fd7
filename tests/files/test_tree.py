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
    (tmp_path / "promptsync.yaml").write_text("targets: {staging: {path_prefix: /Staging/}}\n", encoding="utf-8")
    with pytest.raises(LoadError) as caught:
        load_tree(open_target(tmp_path, "default", environ={}))
    assert "a prompt directly under the root has no path on the service" in caught.value.problems[0].message
    assert sorted(load_tree(open_target(tmp_path, "staging", environ={})).files) == ["Default/refund", "top"]
