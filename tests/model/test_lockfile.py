from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.canonical import IN_ORDER, WITHOUT_ORDER
from promptsync.model.errors import LockfileError
from promptsync.model.lockfile import LockEntry, Lockfile, dump, entry_for, parse
from promptsync.model.prompt import CLASSIC, CURRENT, DIALECTS
from tests.factories import block, classic, entry, file, held, remote, with_schema

NAME = "promptsync.lock.json"
HASH = "sha256:00"

GOLDEN = """{
  "canonical": 2,
  "lock_version": 1,
  "prompts": {
    "Default/A": {
      "added": [],
      "dialect": "prompt_config",
      "display_name": "Ä \\" \u2028",
      "id": "02",
      "path": null,
      "protected": true,
      "remote": "sha256:00",
      "source": "sha256:00",
      "version": null
    },
    "Default/Support/refund": {
      "added": [
        "metadata.language",
        "prompt.top_k"
      ],
      "dialect": "prompt",
      "display_name": "Refund assistant",
      "id": "01J",
      "path": "Default/Support",
      "remote": "sha256:00",
      "source": "sha256:00",
      "version": "05wlf2wpw1z83cxz"
    }
  },
  "workspace": {
    "owner": "ws"
  }
}
"""


def refund(**changes: Any) -> LockEntry:
    values = {
        "id": "01J", "version": "05wlf2wpw1z83cxz", "path": "Default/Support", "display_name": "Refund assistant",
        "dialect": CURRENT, "source": HASH, "remote": HASH, "added": ("prompt.top_k", "metadata.language"),
    }  # fmt: skip
    return LockEntry(**{**values, **changes})


def test_the_bytes_of_a_lockfile() -> None:
    other = LockEntry("02", None, None, 'Ä " \u2028', CLASSIC, HASH, HASH, protected=True)
    lock = Lockfile({"Default/Support/refund": refund(), "Default/A": other}, "ws")
    assert dump(lock).decode() == GOLDEN


def test_what_is_read_is_what_was_written() -> None:
    read = parse(GOLDEN.encode(), NAME)
    assert dump(read).decode() == GOLDEN
    assert read.owner == "ws"
    assert read.ids() == {"01J", "02"}
    assert read.prompts["Default/A"].protected is True
    assert read.prompts["Default/Support/refund"].added == ("metadata.language", "prompt.top_k")


def test_a_byte_order_mark_is_fine() -> None:
    assert parse(b"\xef\xbb\xbf" + GOLDEN.encode(), NAME) == parse(GOLDEN.encode(), NAME)


_TEXT = st.text(st.characters(), max_size=6)
_ENTRY = st.builds(
    LockEntry,
    id=st.text(st.sampled_from("aZ9_-"), max_size=6),
    version=st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=6),
    path=st.none() | _TEXT,
    display_name=_TEXT,
    dialect=st.sampled_from(DIALECTS),
    source=st.just(HASH),
    remote=st.just(HASH),
    added=st.lists(_TEXT, max_size=3).map(lambda names: tuple(sorted(names))),
    protected=st.booleans(),
    extra=st.dictionaries(st.sampled_from(["later", "much_later"]), st.integers() | _TEXT, max_size=2),
)


@given(
    st.dictionaries(_TEXT, _ENTRY, max_size=4),
    st.none() | _TEXT,
    st.dictionaries(st.just("later"), st.lists(st.integers())),
)
def test_any_lockfile_is_read_as_it_was_written(entries: dict[str, LockEntry], owner: str | None, extra: Any) -> None:
    numbered = {
        key: LockEntry(f"{number}{one.id}", *(getattr(one, name) for name in LockEntry.__slots__[1:]))
        for number, (key, one) in enumerate(entries.items())
    }
    lock = Lockfile(numbered, owner, extra=extra)
    data = dump(lock)
    plainly = json.dumps(json.loads(data), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert data == plainly.encode("utf-8", "backslashreplace")
    assert parse(data, NAME) == lock
    assert dump(parse(data, NAME)) == data
    assert dump(Lockfile(dict(reversed(numbered.items())), owner, extra=extra)) == data


@pytest.mark.parametrize("name", ["\ud800", "a\udc00", "\u2028<<<<<<< x", "\n<<<<<<< x", "\x00", ""])
def test_whatever_the_service_calls_a_prompt_can_be_written_and_read(name: str) -> None:
    lock = Lockfile({"k": refund(display_name=name)})
    assert parse(dump(lock), NAME).prompts["k"].display_name == name


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")))
def test_nonsense_is_a_lockfile_error(data: bytes) -> None:
    with pytest.raises(LockfileError):
        parse(data, NAME)


def broken(**changes: Any) -> bytes:
    """A lockfile with other fields at its top; None takes a field away."""
    document = {**json.loads(GOLDEN), **changes}
    return json.dumps({key: value for key, value in document.items() if value is not ...}).encode()


def broken_entry(**changes: Any) -> bytes:
    """A lockfile with one entry that has other fields."""
    one = {**refund().as_json(), **changes}
    return broken(prompts={"k": {key: value for key, value in one.items() if value is not ...}})


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "line 1, column 1 is no JSON"),
        (b"{", "line 1, column 2 is no JSON"),
        (GOLDEN[:200].encode(), "is no JSON"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        (b"[]", "it holds no object"),
        (b"null", "it holds no object"),
        (b'{"a": NaN}', "NaN is no JSON"),
        (b'{"a": 1, "a": 1}', "the key `a` stands twice in one object"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a": ' + b"1" * 5000 + b"}", "it holds a number that is too long"),
        (broken(lock_version=...), "it has no number as its `lock_version`"),
        (broken(lock_version="1"), "it has no number as its `lock_version`"),
        (broken(lock_version=True), "it has no number as its `lock_version`"),
        (broken(lock_version=1.0), "it has no number as its `lock_version`"),
        (broken(lock_version=0), "its `lock_version` is 0"),
        (broken(canonical=...), "it has no number as its `canonical`"),
        (broken(canonical=-1), "it has no number as its `canonical`"),
        (broken(prompts=...), "`prompts` is no object"),
        (broken(prompts=[]), "`prompts` is no object"),
        (broken(workspace=[]), "`workspace.owner` is no text"),
        (broken(workspace={"owner": 5}), "`workspace.owner` is no text"),
        (broken(prompts={"k": 5}), "`prompts.k` is no object"),
        (broken_entry(id=...), "`prompts.k` has no text as its `id`"),
        (broken_entry(id=""), "`prompts.k` has no text as its `id`"),
        (broken_entry(id=5), "`prompts.k` has no text as its `id`"),
        (broken_entry(id="../v2/keys"), "`prompts.k` has an `id` that can be none of the service"),
        (broken_entry(id="a?b"), "`prompts.k` has an `id` that can be none of the service"),
        (broken_entry(id="01J\n"), "`prompts.k` has an `id` that can be none of the service"),
        (broken_entry(id="01\u0408"), "`prompts.k` has an `id` that can be none of the service"),
        (broken_entry(id="a" * 129), "`prompts.k` has an `id` that can be none of the service"),
        (broken_entry(version="v\x1b[2J"), "`prompts.k` has a `version` that can be none of the service"),
        (broken_entry(version="v 1"), "`prompts.k` has a `version` that can be none of the service"),
        (broken_entry(version="v" * 129), "`prompts.k` has a `version` that can be none of the service"),
        (broken_entry(display_name=...), "`prompts.k` has no text as its `display_name`"),
        (broken_entry(source=None), "`prompts.k` has no text as its `source`"),
        (broken_entry(remote=[]), "`prompts.k` has no text as its `remote`"),
        (broken_entry(version=5), "`prompts.k` has no text as its `version`"),
        (broken_entry(path=5), "`prompts.k` has no text as its `path`"),
        (broken_entry(added="x"), "`prompts.k` has no list of fields as its `added`"),
        (broken_entry(added=[5]), "`prompts.k` has no list of fields as its `added`"),
        (broken_entry(dialect="x"), "`prompts.k` has no known `dialect`"),
        (broken_entry(dialect=[]), "`prompts.k` has no known `dialect`"),
        (broken_entry(protected=1), "`prompts.k` has neither true nor false as its `protected`"),
        (
            broken(prompts={"a": refund().as_json(), "b": refund().as_json()}),
            "`a` and `b` have the same id 01J",
        ),
    ],
)
def test_what_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(LockfileError) as caught:
        parse(data, NAME)
    assert says in caught.value.message
    assert caught.value.message.startswith(NAME)
    assert caught.value.hint == f"restore it from git, for example with `git checkout HEAD -- {NAME}`"


@pytest.mark.parametrize(("field", "version"), [("lock_version", 2), ("canonical", 99)])
def test_a_newer_lockfile(field: str, version: int) -> None:
    with pytest.raises(LockfileError) as caught:
        parse(broken(**{field: version}), NAME)
    known = {"lock_version": 1, "canonical": 2}[field]
    assert caught.value.message == (
        f"{NAME} was written by a newer promptsync (`{field}` is {version}, known is {known})"
    )
    assert caught.value.hint == "upgrade promptsync"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", ">>>>>>> theirs"])
def test_a_lockfile_with_conflict_markers(marker: str, end: str) -> None:
    lines = GOLDEN.splitlines()
    with pytest.raises(LockfileError) as caught:
        parse(end.join([*lines[:3], marker, *lines[3:]]).encode(), NAME)
    assert caught.value.message == f"{NAME} holds the conflict markers of a git merge"


def test_what_a_later_tool_adds_to_the_file_is_kept() -> None:
    data = broken(later=[1], prompts={"k": {**refund().as_json(), "later": {"a": 1}}})
    again = json.loads(dump(parse(data, NAME)))
    assert again["later"] == [1]
    assert again["prompts"]["k"]["later"] == {"a": 1}


def test_an_entry_records_what_was_asked_and_what_is_held() -> None:
    asked = file(content=block(top_k=1), protected=True)
    made = entry_for(asked, held(asked, "id-9", version="v3"), CURRENT, "Team", ["b", "a", "b"])
    assert (made.id, made.version, made.path, made.display_name) == ("id-9", "v3", "Team", "refund")
    assert (made.added, made.protected, made.dialect) == (("a", "b"), True, CURRENT)
    assert made.source == made.remote
    there = remote(content=classic(), dialect=CLASSIC, name="other")
    assert entry_for(asked, there, CLASSIC, None, ()).remote != made.remote


def test_new_entries_are_hashed_by_todays_rules() -> None:
    assert Lockfile({}, "ws", canonical=0).with_prompts({"k": refund()}).canonical == 2


@pytest.mark.parametrize(("path", "moved"), [("Default", "Default"), (None, ""), ("", "")])
def test_a_path_that_was_never_sent_is_unknown_under_a_new_key(path: str | None, moved: str) -> None:
    asked = file()
    before = replace(entry(asked, held(asked)), path=path)
    assert before.under_other_key() == replace(before, path=moved)


@pytest.mark.parametrize(("before", "after"), [(0, 0), (1, 2), (2, 2)])
def test_entries_that_were_found_elsewhere_leave_unknown_rules_unknown(before: int, after: int) -> None:
    assert Lockfile({}, "ws", canonical=before).with_found({"k": refund()}).canonical == after


def test_an_answer_that_lost_the_order_of_keys_is_hashed_without_it() -> None:
    asked = file(content=with_schema({"n": {}, "a": {}}))
    one, other = (held(file(content=with_schema(names))) for names in ({"n": {}, "a": {}}, {"a": {}, "n": {}}))
    kept, lost = (
        [entry_for(asked, there, CURRENT, None, (), form).remote for there in (one, other)]
        for form in (IN_ORDER, WITHOUT_ORDER)
    )
    assert len({*kept, *lost}) == 3
    assert lost[0] == lost[1]
