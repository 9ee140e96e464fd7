"""What is deleted is kept, and found again by its key."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from promptsync.apply.archive import archive, find_archived
from promptsync.model.errors import PromptsyncError
from promptsync.model.prompt import RemotePrompt
from tests.systems import needs

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.model.prompt import Json


def held(text: str, **more: Json | None) -> RemotePrompt:
    block: Json = {"messages": [{"role": "user", "content": text}]}
    raw: Json = {"_id": "01J", "display_name": "refund", "metadata": {}, "prompt": block, **more}
    return RemotePrompt("01J", "refund", None, {}, {"prompt": block}, raw=raw)


def test_what_was_archived_last_is_found(tmp_path: Path) -> None:
    first = archive(tmp_path, "Default/refund", held("old"))
    os.utime(first, (1, 1))
    archive(tmp_path, "Default/other", held("other"))
    newest = RemotePrompt("01K", "refund", None, {}, {}, raw={**held("new").raw, "_id": "01K"})
    archive(tmp_path, "Default/refund", newest)
    found = find_archived(tmp_path, "Default/refund")
    assert (found.id, found.blocks["prompt"]["messages"][0]["content"]) == ("01K", "new")


def test_a_block_that_is_null_is_none(tmp_path: Path) -> None:
    archive(tmp_path, "Default/refund", held("text", prompt_config=None))
    assert list(find_archived(tmp_path, "Default/refund").blocks) == ["prompt"]


def test_a_key_is_no_path(tmp_path: Path) -> None:
    path = archive(tmp_path / "deleted", "../../Default/refund", held("text"))
    assert path.parent == tmp_path / "deleted"


def test_nothing_and_nonsense_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text('{"key": "Default/refund", "prompt": 7}')
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(PromptsyncError, match="nothing is archived of `Default/refund`"):
        find_archived(tmp_path, "Default/refund")


@needs("named pipes")
def test_what_is_no_file_was_not_archived_and_is_not_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    real = archive(tmp_path / "elsewhere", "Default/refund", held("theirs"))
    folder.mkdir()
    (folder / "link.json").symlink_to(real)
    (folder / "gone.json").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.json")
    (folder / "folder.json").mkdir()
    with pytest.raises(PromptsyncError, match="nothing is archived of `Default/refund`"):
        find_archived(folder, "Default/refund")
    archive(folder, "Default/refund", held("ours"))
    assert find_archived(folder, "Default/refund").blocks["prompt"]["messages"][0]["content"] == "ours"


def test_nothing_is_archived_through_a_link(tmp_path: Path) -> None:
    path = archive(tmp_path, "Default/refund", held("first"))
    (tmp_path / "precious").write_bytes(b"precious")
    path.unlink()
    path.symlink_to("precious")
    with pytest.raises(PromptsyncError, match="cannot be written: it is a symbolic link"):
        archive(tmp_path, "Default/refund", held("second"))
    assert (tmp_path / "precious").read_bytes() == b"precious"
