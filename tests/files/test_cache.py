"""What was read before is known again, and never trusted over the bytes, the texts, the settings or the signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.files.cache import FileCache
from promptsync.files.cachefile import Remembered
from promptsync.files.loader import IncludeError, Loaded, Source, load
from promptsync.model.canonical import source_hash

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"s" * 32
TEXT = b"""
prompt:
  model: openai/gpt-4o
  messages:
    - {role: system, content_file: rules.md}
    - {role: user, content: "{{question}}"}
"""
SOURCE = Source("Default/refund", "prompts/Default/refund.yaml", TEXT)


def rules(key: str, name: str) -> str:
    return "Be brief."


def read(
    path: Path, source: Source = SOURCE, include=rules, secret: bytes | None = SECRET, **settings
) -> tuple[Loaded, bool]:  # type: ignore[no-untyped-def]
    """What is loaded, and whether anything had to be read anew."""
    wanted = []
    cache = FileCache(Remembered(path, secret, **settings))
    loaded = load([source], include, known=cache)
    cache.save(lambda: wanted.append("the folder"))
    return loaded, bool(wanted)


def test_the_second_run_reads_nothing_anew_and_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "files.cache"
    first, was_new = read(path)
    second, is_new = read(path)
    assert (was_new, is_new) == (True, False)
    assert second == first
    file = second.files["Default/refund"]
    assert file.hashed == source_hash(file.prompt)


def test_other_bytes_texts_places_or_settings_are_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "files.cache"
    read(path)
    changed = Source(SOURCE.key, SOURCE.file, TEXT.replace(b"gpt-4o", b"gpt-4o-mini"))
    assert read(path, changed)[0].files[SOURCE.key].prompt.block["model"] == "openai/gpt-4o-mini"
    other = read(path, include=lambda key, name: "Be long.")[0].files[SOURCE.key].prompt.block["messages"][0]
    assert other["content"] == "Be long."
    assert (
        read(path, Source(SOURCE.key, "elsewhere/refund.yaml", TEXT))[0].files[SOURCE.key].file
        == "elsewhere/refund.yaml"
    )
    read(path)
    assert read(path, settings=["prompt.new"])[1]


def test_a_text_that_is_gone_is_an_error_as_ever(tmp_path: Path) -> None:
    def gone(key: str, name: str) -> str:
        raise IncludeError("it is gone")

    path = tmp_path / "files.cache"
    read(path)
    with pytest.raises(Exception, match="1 problem"):
        read(path, include=gone)


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: b"", lambda data: b"x" * 32 + data[32:]])
def test_a_cache_that_someone_else_made_is_passed_over(tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "files.cache"
    read(path)
    path.write_bytes(spoil(path.read_bytes()))
    assert read(path)[1]
    assert read(path, secret=b"t" * 32)[1]


def test_without_a_secret_nothing_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "files.cache"
    assert read(path, secret=None) == (read(path, secret=None)[0], False)
    assert not path.exists()


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    assert read(tmp_path / "not there" / "files.cache")[1]
