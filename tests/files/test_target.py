from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promptsync.files.target import check_state, open_target, prepare_state, preview_of
from promptsync.model.errors import ConfigError, PromptsyncError, UsageError
from tests.e2e.checkout import Checkout
from tests.systems import needs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promptsync.files.target import Target


@pytest.mark.parametrize(
    ("name", "lockfile"),
    [
        ("default", "promptsync.lock.json"),
        ("staging", "promptsync.staging.lock.json"),
        ("sandbox", ".promptsync/promptsync.sandbox.lock.json"),
    ],
)
def test_each_target_has_its_own_lockfile_and_journal(tmp_path: Path, name: str, lockfile: str) -> None:
    (tmp_path / "promptsync.yaml").write_text("targets: {staging: {path_prefix: Staging/}}\n", encoding="utf-8")
    target = open_target(tmp_path, name, environ={})
    assert target.lock_path == tmp_path / lockfile
    assert target.journal_path == tmp_path / f".promptsync/journal.{name}.jsonl"


@pytest.mark.parametrize("name", ["default", "staging"])
def test_where_the_lockfile_lives_on_a_branch_what_is_not_there_yet_is_kept_out_of_git(
    tmp_path: Path, name: str
) -> None:
    text = "targets: {staging: {path_prefix: Staging/}}\nlock: {branch: promptsync/state}\n"
    (tmp_path / "promptsync.yaml").write_text(text, encoding="utf-8")
    target = open_target(tmp_path, name, environ={})
    assert target.lock_path == tmp_path / f".promptsync/unpushed.{name}.json"
    assert target.lock_name == f"{target.lock_file} of the branch promptsync/state"
    sandbox = open_target(tmp_path, "sandbox", environ={})
    assert (sandbox.lock_branch, sandbox.lock_path.name) == (None, "promptsync.sandbox.lock.json")


@pytest.mark.parametrize(
    ("target", "name", "lockfile", "branch"),
    [
        ("default", "preview.pr-1", ".promptsync/previews/pr-1.lock.json", "promptsync.preview.pr-1.lock.json"),
        ("staging", "staging.preview.pr-1", ".promptsync/previews/staging.pr-1.lock.json", None),
        ("sandbox", "sandbox.preview.pr-1", ".promptsync/previews/sandbox.pr-1.lock.json", None),
    ],
)
def test_a_preview_has_its_own_lockfile_journal_and_archive_out_of_the_tree(
    tmp_path: Path, target: str, name: str, lockfile: str, branch: str | None
) -> None:
    (tmp_path / "promptsync.yaml").write_text("targets: {staging: {path_prefix: Staging}}\n", encoding="utf-8")
    preview = preview_of(open_target(tmp_path, target, environ={}), "pr-1")
    assert preview.name == name
    assert preview.lock_path == tmp_path / lockfile
    assert preview.journal_path == tmp_path / f".promptsync/journal.{name}.jsonl"
    assert preview.archive_folder == tmp_path / ".promptsync/previews/archive"
    assert branch in (None, preview.lock_file)


@pytest.mark.parametrize("name", ["", "PR-1", "a.b", "a/b", "..", "-a", "a b", "a\n", "ä", "x" * 65])
def test_a_preview_has_a_name_that_is_one_name_on_every_disk(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="small letters, digits"):
        preview_of(open_target(tmp_path, "default", environ={}), name)


def test_the_state_stays_out_of_git(tmp_path: Path) -> None:
    target = open_target(tmp_path, "default", environ={})
    prepare_state(target)
    assert (target.state_folder / ".gitignore").read_text() == "*\n"
    (target.state_folder / ".gitignore").write_text("# mine\n")
    prepare_state(target)
    assert (target.state_folder / ".gitignore").read_text() == "# mine\n"


@needs("modes of files")
def test_the_state_is_this_users_alone(tmp_path: Path) -> None:
    target = open_target(tmp_path / "new" / "prompts", "default", environ={})
    check_state(target)
    assert not target.root.exists()
    before = os.umask(0)
    try:
        prepare_state(target)
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.state_folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    target = open_target(tmp_path, "default", environ={})
    target.state_folder.write_text("in the way")
    with pytest.raises(PromptsyncError, match=r"\.promptsync is no folder"):
        prepare_state(target)
    with pytest.raises(PromptsyncError, match=r"\.promptsync is no folder"):
        check_state(target)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PromptsyncError, match=r"file/prompts/\.promptsync cannot be made: Not a directory"):
        prepare_state(replace(target, root=tmp_path / "file" / "prompts"))


@pytest.fixture
def checked_out(tmp_path: Path) -> tuple[Target, Checkout]:
    """A target below the top of a repository, with state, none of which is tracked."""
    target = open_target(tmp_path / "prompts", "default", environ={})
    prepare_state(target)
    checkout = Checkout.init(tmp_path)
    (target.root / "Default").mkdir()
    (target.root / "Default/refund.yaml").write_text("prompt: {messages: []}\n")
    checkout.commit("first")
    return target, checkout


@pytest.mark.parametrize(
    "place",
    [
        "prompts/.promptsync",
        "prompts/.promptsync/journal.default.jsonl",
        "prompts/.promptsync/archive/a.json",
        "prompts/.PROMPTSYNC/journal.default.jsonl",
        "Prompts/.promptsync/journal.default.jsonl",
        "prompts/.prompt\u017fync/journal.default.jsonl",
    ],
)
def test_state_that_git_tracks_is_refused_in_any_spelling(checked_out: tuple[Target, Checkout], place: str) -> None:
    target, checkout = checked_out
    check_state(target)
    blob = checkout.git("hash-object", "-w", "prompts/Default/refund.yaml").strip()
    checkout.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{place}")
    with pytest.raises(PromptsyncError) as caught:
        check_state(target)
    shown = target.root / place.partition("/")[2]
    assert caught.value.message.startswith(f"git tracks {shown}, and what a checkout brings along")
    assert caught.value.hint is not None
    assert "`git rm -r --cached " in caught.value.hint
    checkout.git("rm", "--quiet", "-r", "--cached", place)
    check_state(target)


@pytest.mark.parametrize("place", ["prompts/.promptsync.yaml", "prompts/Default/.promptsync/a", ".promptsync/a"])
def test_what_only_looks_like_state_is_no_matter(checked_out: tuple[Target, Checkout], place: str) -> None:
    target, checkout = checked_out
    blob = checkout.git("hash-object", "-w", "prompts/Default/refund.yaml").strip()
    checkout.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{place}")
    check_state(target)


@needs("named pipes")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.symlink_to("/dev/zero"), "it is a symbolic link, which is not followed"),
        (os.mkfifo, "it is no regular file"),
        (lambda path: path.write_bytes(b"#" * (1 << 20) + b"\n"), "it is larger than 1,048,576 bytes"),
    ],
)
def test_a_configuration_that_is_no_file_of_sensible_size_is_refused(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    make(tmp_path / "promptsync.yaml")
    with pytest.raises(PromptsyncError, match=rf"promptsync\.yaml cannot be read: {message}"):
        open_target(tmp_path, "default", environ={})


def test_a_missing_key_is_told(tmp_path: Path) -> None:
    target = open_target(tmp_path, "default", environ={})
    with pytest.raises(ConfigError, match="ORQ_API_KEY is not set"):
        _ = target.connection


@pytest.mark.parametrize("both", [False, True])
def test_a_configuration_of_the_other_ending_is_not_passed_over(tmp_path: Path, both: bool) -> None:
    """Its targets and policies would be believed to hold."""
    (tmp_path / "promptsync.yml").write_text("targets: {staging: {}}\n", encoding="utf-8")
    if both:
        (tmp_path / "promptsync.yaml").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        open_target(tmp_path, "default", environ={})
    assert caught.value.message == f"{tmp_path}/promptsync.yml is not read: the configuration is promptsync.yaml"
    assert caught.value.hint == f"rename it to {tmp_path}/promptsync.yaml"


def test_the_keys_of_all_targets_are_known_and_none_that_any_text_holds(tmp_path: Path) -> None:
    (tmp_path / "promptsync.yaml").write_text("targets: {staging: {api_key_env: ORQ_STAGING_KEY}}\n", encoding="utf-8")
    environ = {"ORQ_API_KEY": " key-of-production-0\n", "ORQ_STAGING_KEY": "key", "ORQ_OTHER": "key-of-no-target-00"}
    target = open_target(tmp_path, "sandbox", environ=environ)
    assert target.api_keys == {"key-of-production-0"}
    assert "key-of-production-0" not in repr(target)
