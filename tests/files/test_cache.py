"""What was read before is known again, and never trusted over the bytes, the texts or the rules of reading."""

from __future__ import annotations

import json
import os
import stat
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import assume, given

from promptsync.files import cache as module
from promptsync.files import loader
from promptsync.files.cache import FileCache, cache_path
from promptsync.files.loader import IncludeError, Loaded, Source, load
from promptsync.files.target import open_target
from promptsync.files.tree import load_tree
from promptsync.files.yaml.reader import read as read_yaml
from promptsync.model import canonical
from promptsync.model.canonical import source_hash
from promptsync.model.errors import LoadError
from promptsync.model.prompt import Prompt, PromptFile
from tests.factories import file
from tests.strategies import documents, json_values
from tests.systems import needs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

TEXT = b"""
prompt:
  model: openai/gpt-4o
  messages:
    - {role: system, content_file: rules.md}
    - {role: user, content: "{{question}}"}
"""
SOURCE = Source("Default/refund", "prompts/Default/refund.yaml", TEXT)
ODD = Source("Default/odd", "prompts/Default/odd.yaml", TEXT.replace(b"model:", b"verbosity: loud\n  model:"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "files.cache"


def rules(key: str, name: str) -> str:
    return "Be brief."


def read(
    path: Path | None,
    *sources: Source,
    include: Callable[[str, str], str] = rules,
    allow_fields: Collection[str] = (),
) -> tuple[Loaded, list[str]]:
    """What is loaded, and the keys of the files that had to be parsed."""
    cache = FileCache(path, include, allow_fields)
    parsed: list[str] = []
    put = cache.put

    def spy(source: Source, *what: Any) -> None:
        parsed.append(source.key)
        put(source, *what)

    cache.put = spy  # type: ignore[method-assign]
    loaded = load(sources or (SOURCE,), cache.include, allow_fields=allow_fields, known=cache)
    cache.save()
    return loaded, parsed


def test_the_second_run_parses_nothing_and_says_the_same(path: Path) -> None:
    first, parsed = read(path, ODD, SOURCE)
    assert parsed == [ODD.key, SOURCE.key]
    assert read(path, ODD, SOURCE) == (first, [])
    assert [warning.message for warning in first.warnings] == [
        "`verbosity` is 'loud', which is in no list of the service that is known here"
    ]


def test_what_a_file_asks_for_is_not_hashed_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = source_hash(read(path)[0].files[SOURCE.key].prompt)
    monkeypatch.setattr(canonical, "canonical", None)
    assert source_hash(read(path)[0].files[SOURCE.key].prompt) == hashed


@given(documents())
def test_what_is_known_is_what_was_parsed(document: dict[str, Any]) -> None:
    source = Source("Default/refund", "refund.yaml", yaml.safe_dump(document).encode())
    read, problems = loader.load_one(source, rules)
    assume(read is not None)  # a word such as Y, which PyYAML writes without quotes
    entry = module._Entry("", {}, read, problems)  # type: ignore[arg-type]
    line = module._kept(entry)
    assert line is not None
    assert repr(module._entry(line)) == repr(entry)


@given(json_values)
def test_whatever_a_block_holds_comes_back(value: Any) -> None:
    prompt = Prompt("refund", None, {}, "prompt", {"messages": [], "x": value}, {"top": value})
    entry = module._Entry("", {}, PromptFile("a", "a.yaml", prompt, includes=("b.md",)), [])
    assert repr(module._entry(module._kept(entry) or b"")) == repr(entry)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1: a", id="a number as a key"),
        pytest.param("? [a]\n: b", id="a list as a key"),
        pytest.param("a: .nan", id="nan"),
        pytest.param("a: .inf", id="infinity"),
        pytest.param("a: !!binary YQ==", id="bytes"),
        pytest.param("a: 2026-11-27", id="a date"),
        pytest.param(f"a: 1{5000 * chr(48)}", id="a number too long"),
        pytest.param('a: "\\ud83d"', id="half a character"),
        pytest.param('a: "\\ud83d\\ude00"', id="two halves of a character"),
        pytest.param("a: 0x1F\nb: 0o17\nc: 1_000\nd: -0.0\ne: 1e400", id="numbers"),
        pytest.param("~: a\ntrue: b", id="words as keys"),
    ],
)
def test_the_reader_makes_nothing_of_yaml_that_json_would_not_give_back(text: str) -> None:
    document = read_yaml(text)
    assert document.fatal or document.complaints or repr(json.loads(json.dumps(document.data))) == repr(document.data)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"a", id="bytes"),
        pytest.param(10**5000, id="a number too long"),
    ],
)
def test_what_json_cannot_hold_is_not_kept(value: Any) -> None:
    whole = file(content={"messages": [], "x": value})
    assert module._kept(module._Entry("", {}, whole, [])) is None


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(replace(SOURCE, data=TEXT.replace(b"gpt-4o", b"gpt-4o-mini")), id="other bytes"),
        pytest.param(replace(SOURCE, file="elsewhere/refund.yaml"), id="another place"),
    ],
)
def test_another_file_is_parsed(path: Path, source: Source) -> None:
    read(path)
    assert read(path, source) == (load([source], rules), [SOURCE.key])
    assert read(path, source)[1] == []


def test_another_text_is_taken_in(path: Path) -> None:
    read(path)
    loaded, parsed = read(path, include=lambda key, name: "Be long.")
    assert loaded.files[SOURCE.key].prompt.block["messages"][0]["content"] == "Be long."
    assert parsed == [SOURCE.key]
    assert read(path)[1] == [SOURCE.key], "only what the last run read is known"


def test_a_text_that_changes_while_it_is_read_is_read_again(path: Path) -> None:
    """What is kept is the text that was taken in, and not the one that came after it."""
    texts = iter(["Be brief.", "Be long."])
    read(path, include=lambda key, name: next(texts))
    assert read(path, include=lambda key, name: "Be long.")[1] == [SOURCE.key]


def test_a_text_that_is_gone_is_an_error_as_ever(path: Path) -> None:
    def gone(key: str, name: str) -> str:
        raise IncludeError("it is gone")

    read(path)
    with pytest.raises(LoadError, match="1 problem"):
        read(path, include=gone)


def test_other_fields_let_through_are_other_rules(path: Path) -> None:
    read(path)
    assert read(path, allow_fields=["prompt.new"])[1] == [SOURCE.key]
    assert read(path, allow_fields=["prompt.new"])[1] == []


@pytest.mark.parametrize("name", ["__version__", "_code"])
def test_another_version_or_other_code_is_other_rules(path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    read(path)
    monkeypatch.setattr(module, name, "0.0.0" if name == "__version__" else lambda: "other code")
    assert read(path)[1] == [SOURCE.key]
    assert read(path)[1] == []


@dataclass(frozen=True, slots=True)
class _WithTags(PromptFile):
    """A field that JSON gives back."""

    tags: list[str] = field(default_factory=lambda: ["new"])


@dataclass(frozen=True, slots=True)
class _WithPair(PromptFile):
    """A field that JSON gives back as something else."""

    pair: tuple[str, str] = ("a", "b")


@pytest.mark.parametrize(("kind", "is_known"), [(_WithTags, True), (_WithPair, False)])
def test_a_new_field_of_a_file_needs_no_thought(
    path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[PromptFile], *, is_known: bool
) -> None:
    read(path)
    for place in (module, loader):
        monkeypatch.setattr(place, "PromptFile", kind)
    first, parsed = read(path)
    assert parsed == [SOURCE.key]
    assert type(first.files[SOURCE.key]) is kind
    assert read(path) == (first, [] if is_known else [SOURCE.key])


def test_a_new_field_of_a_prompt_needs_no_thought(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, slots=True)
    class WithLevel(Prompt):
        level: int = 1

    read(path)
    for place in (module, loader):
        monkeypatch.setattr(place, "Prompt", WithLevel)
    first, parsed = read(path)
    assert parsed == [SOURCE.key]
    assert read(path) == (first, [])


def spoilt(data: bytes, what: str) -> bytes:
    rules_line, line = data.splitlines(keepends=True)
    entry = module._value(line)
    match what:
        case "another shape":
            return rules_line + module._line([*entry, 1])
        case "a file with fewer fields":
            return rules_line + module._line([*entry[:2], entry[2][:2], *entry[3:]])
        case "another kind":
            return rules_line + module._line({"a": 1})
        case "edited by hand":
            return data.replace(b"gpt-4o", b"gpt-5")
        case "nested without end":
            deep = b"[" * 100_000
            return rules_line + b"%08x %s\n" % (zlib.crc32(deep), deep)
    raise AssertionError(what)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: b"\n", id="a blank line"),
        pytest.param(lambda data: data[:-1], id="cut"),
        pytest.param(lambda data: data[:-20] + b"\n", id="cut within"),
        pytest.param(lambda data: data[9:], id="without a checksum"),
        pytest.param(lambda data: b"\x80\x05" + data, id="no text"),
        pytest.param(lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], id="a bit"),
        *(
            pytest.param(lambda data, what=what: spoilt(data, what), id=what)
            for what in (
                "another shape",
                "a file with fewer fields",
                "another kind",
                "edited by hand",
                "nested without end",
            )
        ),
    ],
)
def test_what_does_not_fit_is_forgotten(path: Path, spoil: Callable[[bytes], bytes]) -> None:
    first, _ = read(path)
    path.write_bytes(spoil(path.read_bytes()))
    assert read(path) == (first, [SOURCE.key])
    assert read(path) == (first, [])


@needs("owners by number")
def test_what_is_too_large_or_someone_elses_is_forgotten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(path)
    with monkeypatch.context() as patch:
        patch.setattr(module, "MOST", 10)
        assert read(path)[1] == [SOURCE.key]
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: 12_345)
        assert read(path)[1] == [SOURCE.key]
    assert read(path)[1] == []


@needs("modes of files")
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_what_others_could_have_written_is_forgotten(path: Path, mode: int) -> None:
    read(path)
    path.chmod(mode)
    assert read(path)[1] == [SOURCE.key]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read(path)[1] == []


@needs("modes of files")
def test_a_folder_that_others_may_write_into_is_closed_to_them(path: Path) -> None:
    read(path)
    path.parent.chmod(0o777)
    read(path, ODD)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_link_is_neither_read_nor_written_through(path: Path, tmp_path: Path, what: str) -> None:
    read(path)
    linked = path if what == "file" else path.parent
    linked.rename(tmp_path / "elsewhere")
    linked.symlink_to(tmp_path / "elsewhere")
    kept = tmp_path / "elsewhere" / ("" if what == "file" else path.name)
    before = kept.read_bytes()
    assert read(path, ODD, SOURCE)[1] == [ODD.key, SOURCE.key]
    assert kept.read_bytes() == before


def make_folder(path: Path) -> None:
    path.mkdir(parents=True)


def make_pipe(path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    path.parent.mkdir(parents=True)
    os.mkfifo(path)


def make_loop(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(path)


def make_file_of_the_folder(path: Path) -> None:
    path.parent.write_text("no folder")


@pytest.mark.parametrize("make", [make_folder, make_pipe, make_loop, make_file_of_the_folder])
def test_what_is_no_file_costs_time_alone(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    assert read(path) == (load([SOURCE], rules), [SOURCE.key])
    assert not list(path.parent.parent.rglob(".files*"))


def test_without_a_place_nothing_is_kept() -> None:
    assert read(None) == read(None) == (load([SOURCE], rules), [SOURCE.key])


@needs("modes of files")
def test_it_is_written_for_this_user_alone_and_whole(path: Path) -> None:
    read(path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [other.name for other in path.parent.iterdir()] == ["files.cache"]


def test_it_is_written_only_where_something_is_new(path: Path) -> None:
    read(path, ODD, SOURCE)
    written = path.stat().st_ino
    read(path, SOURCE, ODD)
    assert path.stat().st_ino == written
    read(path, SOURCE)
    assert path.stat().st_ino != written


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({"XDG_CACHE_HOME": "/x", "HOME": "/home/me"}, "linux", "/x/promptsync"),
        ({"HOME": "/home/me"}, "linux", "/home/me/.cache/promptsync"),
        ({"HOME": "/Users/me"}, "darwin", "/Users/me/Library/Caches/promptsync"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/Users/me"}, "darwin", "/x/promptsync"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/home/me"}, "linux", "/home/me/.cache/promptsync"),
        ({"XDG_CACHE_HOME": "", "HOME": "/home/me"}, "linux", "/home/me/.cache/promptsync"),
        ({"LOCALAPPDATA": "/me/AppData/Local", "HOME": "/home/me"}, "win32", "/me/AppData/Local/promptsync"),
        ({"XDG_CACHE_HOME": "/x", "LOCALAPPDATA": "/me/AppData/Local"}, "win32", "/x/promptsync"),
        ({"LOCALAPPDATA": "/me/AppData/Local", "HOME": "/home/me"}, "linux", "/home/me/.cache/promptsync"),
    ],
)
def test_it_lies_in_the_users_cache_folder(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], platform: str, expected: str
) -> None:
    monkeypatch.setattr(module.sys, "platform", platform)
    found = cache_path(Path("/work/prompts"), environ)
    assert found is not None
    assert (str(found.parents[1]), found.name) == (expected, "files.cache")
    assert found != cache_path(Path("/work/other"), environ)


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "here"}, {"XDG_CACHE_HOME": "here"}])
def test_without_a_home_there_is_no_place(environ: dict[str, str]) -> None:
    assert cache_path(Path("prompts"), environ) is None


def test_one_root_has_one_cache_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cache_path(Path("prompts"), {"HOME": "/h"}) == cache_path(tmp_path / "prompts", {"HOME": "/h"})


def test_a_tree_that_was_loaded_is_known_and_nothing_is_written_into_it(tmp_path: Path) -> None:
    root, home = tmp_path / "prompts", tmp_path / "home"
    (root / "Default").mkdir(parents=True)
    (root / "Default" / "a.yaml").write_text("prompt:\n  messages: []\n  new_thing: 1\n", "utf-8")
    (root / "promptsync.yaml").write_text("allow_fields: [prompt.new_thing]\n", "utf-8")
    before = sorted(root.rglob("*"))
    opened = open_target(root, "default", environ={"HOME": str(home)})
    first = load_tree(opened)
    path = cache_path(root, {"HOME": str(home)})
    assert path is not None
    written = path.stat().st_ino
    assert load_tree(opened) == first
    assert path.stat().st_ino == written
    assert sorted(root.rglob("*")) == before
