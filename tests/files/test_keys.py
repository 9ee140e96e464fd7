"""What may be a key, and which keys a person may mean: by table, and compared with what the walk finds on disk."""

from __future__ import annotations

import ntpath
import sys
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.files.disk import look_around
from promptsync.files.keys import Where, clash, fault, new_place, readings
from tests.systems import needs

BESIDE = "/work"
"""A working folder beside the root; `/link` is another way to it."""


def where(typed: str, cwd: str = BESIDE) -> Where:
    path = typed if typed.startswith("/") else f"{cwd}/{typed}"
    return Where(("/link/prompts", "/work/prompts"), (path,), is_inside=f"{cwd}/".startswith("/work/prompts/"))


FAULTS = [
    ("", "it is empty"),
    ("Default/", "a part of it is empty"),
    ("/Default/a", "a part of it is empty"),
    ("Default//a", "a part of it is empty"),
    ("_a", "what begins with `_` is passed over"),
    (".a", "what begins with `.` is passed over"),
    ("Default/_x/a", "what begins with `_` is passed over"),
    ("Default/.a", "what begins with `.` is passed over"),
    ("a/../b", "`..` leads elsewhere"),
    ("a/./b", "`.` leads elsewhere"),
    ("..", "`..` leads elsewhere"),
    ("a\nb", "the control character U+000A in the name"),
    ("a/b\x1b[2J", "the control character U+001B in the name"),
    ("a\\b", "a backslash in the name"),
    ("Default/half \udcff", "the name is not UTF-8"),
    ("promptsync", "it is the configuration"),
    ("**", "a * in the name, which stands for other text in a glob"),
    ("Default/what?", "a ? in the name, which stands for other text in a glob"),
    ("Default/" + "é" * 126, "a name has at most 255 bytes"),
]
GOOD = ["a", "Default/a", "Default/promptsync", "a.yaml", "Größe/日本 語", "a[b]", "CON", "Default/" + "é" * 125]


@pytest.mark.parametrize(("key", "why"), FAULTS)
def test_what_can_be_no_key(key: str, why: str) -> None:
    assert fault(key) == why


@pytest.mark.parametrize("key", GOOD)
def test_what_can_be_one(key: str) -> None:
    assert fault(key) is None


@needs("files of such names")
@given(
    st.lists(
        st.text(st.sampled_from("aB._*?[\\é\n\u2028\x7f "), min_size=1, max_size=3).filter(lambda one: one not in "..")
        | st.sampled_from(["promptsync", "promptsync.yaml"]),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from([".yaml", ".yml"]),
)
def test_a_key_can_be_one_where_the_walk_finds_its_file(parts: list[str], ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = root.joinpath(*parts[:-1], parts[-1] + ending)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
        (root / "zz").mkdir(exist_ok=True)
        (root / "zz" / "other.yaml").write_text("", encoding="utf-8")
        key = unicodedata.normalize("NFC", "/".join(parts))
        found = look_around(root).keys()
        assert (key in found) == (fault(key) is None)


KEY = "Default/Support/refund"
MEANT = [
    (KEY, BESIDE),
    (f"{KEY}.yaml", BESIDE),
    (f"{KEY}.yml", BESIDE),
    (f"./{KEY}", BESIDE),
    (f"prompts/{KEY}.yaml", BESIDE),
    (f"prompts/{KEY}", BESIDE),
    (f"./prompts/{KEY}.yaml", BESIDE),
    (f"prompts/{KEY}.yaml", "/elsewhere"),
    (f"../prompts/{KEY}.yaml", "/work/src"),
    (f"/work/prompts/{KEY}.yaml", "/elsewhere"),
    (f"/link/prompts/{KEY}.yaml", "/elsewhere"),
    (f"/work/prompts/{KEY}", BESIDE),
    ("Support/refund.yaml", "/work/prompts/Default"),
    ("./refund", "/work/prompts/Default/Support"),
    ("../Support/refund.yaml", "/work/prompts/Default/Support"),
    (KEY, "/work/prompts/Default"),
    (f"prompts/{KEY}.yaml", "/work/prompts/Default"),
]


@pytest.mark.parametrize(("typed", "cwd"), MEANT)
def test_a_key_is_taken_as_a_person_writes_it(typed: str, cwd: str) -> None:
    assert KEY in readings(typed, where(typed, cwd))


@pytest.mark.parametrize(("typed", "cwd"), MEANT)
def test_a_new_place_is_meant_likewise(typed: str, cwd: str) -> None:
    assert new_place(typed, where(typed, cwd)) in (KEY, f"{KEY}.yaml", f"{KEY}.yml")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_any_unicode_form_is_the_same_key(form: str) -> None:
    typed = unicodedata.normalize(form, "Größe/é.yaml")
    assert unicodedata.normalize("NFC", "Größe/é") in readings(typed, where(typed))


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("../new", None),
        ("/tmp/new", None),
        ("/work/prompts", None),
        ("/work/prompts2/x", None),
        ("./new", "new"),
        ("a/../b", "a/../b"),
        ("prompts/../b", "../b"),
        ("Default/", "Default/"),
        ("", ""),
    ],
)
def test_what_leads_elsewhere_stays_what_it_is_or_is_outside(typed: str, place: str | None) -> None:
    assert new_place(typed, where(typed)) == place


def test_a_key_that_is_there_goes_before_a_path() -> None:
    assert readings("Default/a", where("Default/a", "/work/prompts/Default")) == ["Default/a", "Default/Default/a"]
    assert readings("a.yaml", where("a.yaml", "/work/prompts")) == ["a.yaml", "a"]


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("default/new", "Default/"),
        ("Default/Refund", "Default/refund"),
        ("Default/new", None),
        ("Default/refund", None),
        ("Default/REFUND/x", None),
        ("Other/refund", None),
    ],
)
def test_names_that_are_one_name_elsewhere_clash(key: str, other: str | None) -> None:
    assert clash(key, {"Default/refund", "Default/other"}) == other


def test_forms_of_unicode_clash() -> None:
    assert clash("A/Stra\u00dfe", {"A/STRASSE"}) == "A/STRASSE"


@pytest.mark.parametrize(
    "typed",
    [
        "Default\\Support\\refund",
        ".\\Default/Support\\refund.yaml",
        "prompts\\Default\\Support\\refund.yaml",
        "C:\\work\\prompts\\Default\\Support\\refund.yaml",
        "c:/work/prompts/Default/Support/refund",
    ],
)
def test_windows_may_write_a_key_as_its_paths(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    drive = typed[:1] if typed[1:2] == ":" else "C"
    path = ntpath.normpath(ntpath.join(f"{drive}:/work", typed)).replace("\\", "/")
    there = Where((f"{drive}:/work/prompts",), (path,))

    assert KEY in readings(typed, there)
    assert new_place(typed, there) in (KEY, f"{KEY}.yaml")


@pytest.mark.parametrize("typed", ["D:\\prompts\\new", "C:\\work\\prompts2\\new", "\\\\server\\share\\new"])
def test_another_drive_is_outside(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    there = Where(("C:/work/prompts",), (typed.replace("\\", "/"),))

    assert new_place(typed, there) is None
    assert all(fault(reading) for reading in readings(typed, there))


@needs("files of such names")
def test_what_windows_cannot_have_is_a_fault_there_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (fault("Default/a:b"), fault("CON/a")) == (None, None)
    monkeypatch.setattr(sys, "platform", "win32")
    assert (fault("Default/a:b"), fault("CON/a")) == (
        "a : in the name, which Windows keeps for itself",
        "the name of a device on Windows",
    )
