"""Keys and globs as a person writes them, wherever the command is run; what matches nothing is told."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promptsync.commands.keys import file_of, folder_of, locked_key, with_keys
from promptsync.commands.results import Validated
from promptsync.commands.validate import validate
from promptsync.files.tree import load_tree
from promptsync.model.errors import UsageError
from promptsync.plan.changes import PlanOptions
from tests.commands.locked import FILE, KEY, OTHER, TREE

if TYPE_CHECKING:
    from promptsync.model.prompt import Problem
    from tests.embedded import Here

ACCENTED = "Größe/é"


def spellings(world: Here, key: str) -> list[str]:
    root = world.root
    return [key, f"{key}.yaml", f"{root.name}/{key}.yaml", f"{root}/{key}.yaml", unicodedata.normalize("NFD", key)]


@pytest.mark.parametrize("key", [KEY, ACCENTED])
@pytest.mark.parametrize("folder", ["..", ".", "Default"])
def test_a_file_is_found_from_everywhere(world: Here, monkeypatch: pytest.MonkeyPatch, key: str, folder: str) -> None:
    world.write({**TREE, ACCENTED: FILE})
    files = load_tree(world.target).files
    monkeypatch.chdir(world.root / folder)
    for typed in spellings(world, key):
        assert file_of(world.target, files, typed).key == key


def test_a_file_is_found_by_its_path_from_inside_the_root(world: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    files = load_tree(world.target).files
    monkeypatch.chdir(world.root / "Default")
    assert file_of(world.target, files, "refund.yaml").key == KEY
    assert locked_key(world.target, world.lock, "./refund.yaml") == KEY


def test_a_root_behind_a_link_is_the_same(world: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    link = world.root.parent / f"{world.root.name}-link"
    link.symlink_to(world.root)
    try:
        target = replace(world.target, root=link)
        monkeypatch.chdir(world.root)
        for typed in (f"{world.root}/{KEY}.yaml", f"{link}/{KEY}.yaml", "Default/refund.yaml"):
            assert locked_key(target, world.lock, typed) == KEY
    finally:
        link.unlink()


@pytest.mark.parametrize("typed", ["Default/refnd", "default/refund", "refund", "Default/refund.yaml.yaml"])
def test_an_unknown_key_asks_what_is_meant(world: Here, typed: str) -> None:
    for find in (
        lambda: file_of(world.target, load_tree(world.target).files, typed),
        lambda: locked_key(world.target, world.lock, typed),
    ):
        with pytest.raises(UsageError) as caught:
            find()
        assert caught.value.hint == f"did you mean `{KEY}`?"


@pytest.mark.parametrize(
    ("typed", "folder"),
    [
        ("Default", "Default"),
        ("Default/", "Default"),
        ("New/Deep", "New/Deep"),
        ("{name}/New", "New"),
        ("{root}/New/", "New"),
        ("Gro\u0308ße", "Größe"),
    ],
)
def test_a_folder_is_taken_likewise(world: Here, typed: str, folder: str) -> None:
    assert folder_of(world.target, typed.format(name=world.root.name, root=world.root), "--into") == folder


@pytest.mark.parametrize(
    "typed", ["", ".", "..", "../out", "/", "/tmp/x", "_x", "a/.b", "a//b", "a/../b", "a*", "a\nb"]
)
def test_what_is_no_folder(world: Here, typed: str) -> None:
    with pytest.raises(UsageError, match="is no folder for prompts"):
        folder_of(world.target, typed, "--into")


def chosen(world: Here, **options: tuple[str, ...]) -> tuple[PlanOptions, tuple[Problem, ...]]:
    return with_keys(world.target, PlanOptions(**options), [KEY, OTHER, "Default/Support/x", "Locked/only"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Default/*", "Default/*"),
        ("{name}/Default/*", "Default/*"),
        ("{root}/Default/**", "Default/**"),
        ("Default/*.yaml", "Default/*"),
        ("**/*.yaml", "**/*"),
        (KEY, KEY),
        (f"{KEY}.yaml", KEY),
        ("{name}/Locked/only.yaml", "Locked/only"),
    ],
)
def test_a_glob_is_taken_likewise(world: Here, typed: str, meant: str) -> None:
    typed = typed.format(name=world.root.name, root=world.root)
    options, warnings = chosen(world, only=(typed,), overwrite=(typed,))
    assert (options.only, options.overwrite, warnings) == ((meant,), (meant,), ())


def test_a_glob_that_matches_nothing_is_told(world: Here) -> None:
    options, warnings = chosen(world, only=("Defualt/**",), overwrite=("Default/Suport/**", "Default/*"))
    assert (options.only, options.overwrite) == (("Defualt/**",), ("Default/Suport/**", "Default/*"))
    assert [(one.file, one.message, one.hint, one.severity) for one in warnings] == [
        (
            "--only",
            "`Defualt/**` matches neither a prompt file nor a locked prompt",
            "did you mean `Default/**`?",
            "warning",
        ),
        (
            "--overwrite",
            "`Default/Suport/**` matches neither a prompt file nor a locked prompt",
            "did you mean `Default/Support/**`?",
            "warning",
        ),
    ]


@pytest.mark.parametrize("option", ["only", "overwrite"])
def test_a_plain_key_that_is_none_is_refused(world: Here, option: str) -> None:
    with pytest.raises(
        UsageError, match="there is neither a prompt file nor a locked prompt `Default/refnd`"
    ) as caught:
        chosen(world, **{option: ("Default/refnd",)})
    assert (caught.value.message[: len(option) + 2], caught.value.hint) == (f"--{option}", f"did you mean `{KEY}`?")


def test_a_policy_that_matches_nothing_any_more_is_told_and_stops_nothing(world: Here) -> None:
    config = replace(world.target.config, overwrite=(f"{world.root.name}/Default/*.yaml", "Gone/**", "Default/gone"))
    options, warnings = with_keys(replace(world.target, config=config), PlanOptions(), [KEY])
    assert options.overwrite == ("Default/*", "Gone/**", "Default/gone")
    assert [one.message.split("`")[1] for one in warnings] == ["Gone/**", "Default/gone"]
    assert warnings[0].file == f"{world.root / 'promptsync.yaml'}: policies.overwrite"


def test_validate_takes_files_as_a_person_writes_them(world: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    for typed in spellings(world, KEY):
        assert validate(world.target, [typed]) == Validated(1)
    assert validate(world.target, [KEY, f"{KEY}.yaml", OTHER]) == Validated(2)
    (world.root / f"{OTHER}.yaml").write_text("prompt: {temprature: 1}\n", encoding="utf-8")
    monkeypatch.chdir(world.root / "Default")
    assert validate(world.target, ["refund.yaml"]) == Validated(1)
    assert validate(world.target, ["other.yaml"]).errors
    with pytest.raises(UsageError) as caught:
        validate(world.target, [KEY, "Default/refnd.yaml"])
    assert caught.value.message == f"Default/refnd.yaml is no prompt file under {world.root}"
    assert caught.value.hint == f"did you mean `{KEY}`?"
