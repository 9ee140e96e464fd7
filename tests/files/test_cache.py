"""What was read before is known again, and never trusted over the bytes, the texts, the settings or the rules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.files import cache as room
from promptsync.files import loader
from promptsync.files.cache import FileCache
from promptsync.files.loader import IncludeError, Loaded, Source, load
from promptsync.model.errors import LoadError
from promptsync.model.prompt import PromptFile
from tests.strategies import json_values

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(room, "user_cache_path", lambda _: tmp_path / "cache")
    return tmp_path / "cache"


def read(
    root: Path,
    source: Source = SOURCE,
    include: Callable[[str, str], str] = rules,
    allow_fields: tuple[str, ...] = (),
) -> tuple[Loaded, bool]:
    """What is loaded, and whether it was known."""
    cache = FileCache(root, allow_fields)
    known = False
    real = cache.get

    def get(*args: Any) -> Any:
        nonlocal known
        found = real(*args)
        known = found is not None
        return found

    cache.get = get  # type: ignore[method-assign]
    loaded = load([source], include, allow_fields=allow_fields, cache=cache)
    cache.save()
    return loaded, known


def test_the_second_run_reads_nothing_anew_and_says_the_same(tmp_path: Path) -> None:
    first, was_known = read(tmp_path)
    second, is_known = read(tmp_path)
    assert (was_known, is_known) == (False, True)
    assert second == first


def test_warnings_are_told_again(tmp_path: Path) -> None:
    source = Source(SOURCE.key, SOURCE.file, b"prompt: {model: newprovider/x, messages: [{role: user, content: Hi}]}")
    first, _ = read(tmp_path, source)
    second, is_known = read(tmp_path, source)
    assert is_known
    assert second.warnings == first.warnings


def test_other_bytes_texts_places_or_settings_are_read_anew(tmp_path: Path) -> None:
    read(tmp_path)
    changed = Source(SOURCE.key, SOURCE.file, TEXT.replace(b"gpt-4o", b"gpt-4o-mini"))
    assert read(tmp_path, changed)[0].files[SOURCE.key].prompt.block["model"] == "openai/gpt-4o-mini"
    other = read(tmp_path, include=lambda key, name: "Be long.")[0].files[SOURCE.key].prompt.block["messages"][0]
    assert other["content"] == "Be long."
    elsewhere = Source(SOURCE.key, "elsewhere/refund.yaml", TEXT)
    assert read(tmp_path, elsewhere)[0].files[SOURCE.key].file == "elsewhere/refund.yaml"
    read(tmp_path)
    assert not read(tmp_path, allow_fields=("prompt.new",))[1]


def test_each_root_has_a_cache_of_its_own(tmp_path: Path) -> None:
    read(tmp_path / "one")
    assert not read(tmp_path / "two")[1]


def test_a_text_that_is_gone_is_an_error_as_ever(tmp_path: Path) -> None:
    def gone(key: str, name: str) -> str:
        raise IncludeError("it is gone")

    read(tmp_path)
    with pytest.raises(LoadError, match="1 problem"):
        read(tmp_path, include=gone)


SPOILED = [
    b"",
    b"[]",
    b"{}",
    b"[[], []]",
    b"\xff",
    b"[" * 100_000,
    b"null",
]


@pytest.mark.parametrize("data", SPOILED, ids=lambda data: repr(data[:8]))
def test_what_is_no_cache_is_forgotten(tmp_path: Path, folder: Path, data: bytes) -> None:
    read(tmp_path)
    (path,) = folder.rglob("files.json")
    path.write_bytes(data)
    assert not read(tmp_path)[1]
    assert read(tmp_path)[1]


@given(st.data())
def test_an_entry_of_another_shape_is_forgotten(data: st.DataObject) -> None:
    entry = {
        "bytes": room._digest(TEXT), "texts": {"rules.md": room._text_digest("Be brief.")},
        "file": [SOURCE.key, SOURCE.file, False, False, ["rules.md"]],
        "prompt": ["refund", None, {}, "prompt", {}, {}], "problems": [],
    }  # fmt: skip
    assert room._restored(entry, SOURCE, rules) is not None
    spoiled = {**entry, data.draw(st.sampled_from(list(entry))): data.draw(json_values)}
    cache = FileCache.__new__(FileCache)
    cache._known, cache._now = {SOURCE.key: spoiled}, {}
    found = cache.get(SOURCE, rules)
    assert found is None or isinstance(found[0], PromptFile)


def test_a_new_field_of_a_file_forgets_what_was_kept_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(tmp_path)

    @dataclass(frozen=True, slots=True)
    class Frozen(PromptFile):
        frozen: bool = True

    for module in (room, loader):
        monkeypatch.setattr(module, "PromptFile", Frozen)
    monkeypatch.setattr(room, "_NAMES", (*room._NAMES, "frozen"))
    assert not read(tmp_path)[1]


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path, folder: Path) -> None:
    folder.write_text("no folder", encoding="utf-8")
    assert read(tmp_path) == (read(tmp_path)[0], False)


def test_what_another_user_left_is_passed_over(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(tmp_path)
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    assert not read(tmp_path)[1]


VALUES = rb"""
prompt: {messages: [{role: user, content: Hi}], a: 1.0, b: 1, c: true, f: null, g: 1.0e-7, h: "\u2028"}
"""


def test_values_come_back_as_they_were_of_the_same_kind(tmp_path: Path) -> None:
    names = tuple(f"prompt.{name}" for name in "abcfgh")
    source = Source(SOURCE.key, SOURCE.file, VALUES)
    first, _ = read(tmp_path, source, allow_fields=names)
    second, is_known = read(tmp_path, source, allow_fields=names)
    assert is_known
    assert json.dumps(second.files[SOURCE.key].prompt.block) == json.dumps(first.files[SOURCE.key].prompt.block)
    assert repr(second) == repr(first)
