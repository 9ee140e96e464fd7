"""The prompt files as a commit has them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from promptsync.files.commits import commits_of, fork_point, has_commit, load_commit, unpacked
from promptsync.files.target import Target, open_target
from promptsync.model.errors import LoadError, PromptsyncError, UsageError
from tests.e2e.checkout import Checkout

if TYPE_CHECKING:
    from pathlib import Path

FILE = "prompt: {model: openai/gpt-4o, messages: [{role: system, content: %s}]}\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    made = Checkout.init(tmp_path)
    (tmp_path / "prompts/Default").mkdir(parents=True)
    (tmp_path / "prompts/Default/a.yaml").write_text(FILE % "First.", encoding="utf-8")
    made.commit("first")
    return made


def target(checkout: Checkout, name: str = "default") -> Target:
    return open_target(checkout.path / "prompts", name, environ={"HOME": str(checkout.path / "home")})


def contents(checkout: Checkout, commit: str, name: str = "default") -> dict[str, str]:
    files = load_commit(target(checkout, name), commit).files
    return {key: file.prompt.block["messages"][0]["content"] for key, file in files.items()}


def test_files_are_those_of_the_commit_and_told_at_their_places(checkout: Checkout) -> None:
    (checkout.path / "prompts/Default/a.yaml").write_text(FILE % "Second.", encoding="utf-8")
    (checkout.path / "prompts/Default/b.yaml").write_text(FILE % "New.", encoding="utf-8")
    assert contents(checkout, "HEAD") == {"Default/a": "First."}
    second = checkout.commit("second")
    assert contents(checkout, second) == {"Default/a": "Second.", "Default/b": "New."}
    file = load_commit(target(checkout), "HEAD").files["Default/a"]
    assert file.file == str(checkout.path / "prompts/Default/a.yaml")
    assert not (checkout.path / "home").exists()


def test_a_commit_without_prompts_has_none(checkout: Checkout) -> None:
    (checkout.path / "prompts/Default/a.yaml").unlink()
    checkout.commit("empty")
    assert contents(checkout, "HEAD") == {}


def test_what_is_wrong_in_a_commit_is_told_at_its_place(checkout: Checkout) -> None:
    (checkout.path / "prompts/Default/a.yaml").write_text("promt: {}\n", encoding="utf-8")
    checkout.commit("broken")
    with pytest.raises(LoadError) as caught:
        load_commit(target(checkout), "HEAD")
    assert caught.value.problems[0].file == str(checkout.path / "prompts/Default/a.yaml")


def test_the_configuration_is_that_of_the_commit_if_it_can_be_used(checkout: Checkout) -> None:
    config = checkout.path / "prompts/promptsync.yaml"
    (checkout.path / "prompts/Default/a.yaml").write_text("prompt: {new: 1, messages: []}\n", encoding="utf-8")
    config.write_text("allow_fields: [prompt.new]\n", encoding="utf-8")
    commit = checkout.commit("let through")
    config.write_text("targets: {staging: {path_prefix: S}}\n", encoding="utf-8")
    assert list(load_commit(target(checkout), commit).files) == ["Default/a"]
    assert list(load_commit(target(checkout, "staging"), commit).files) == ["Default/a"]


def test_no_name_and_no_link_of_a_commit_leads_out(checkout: Checkout, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    blob = checkout.git("hash-object", "-w", "prompts/Default/a.yaml").strip()
    link = tmp_path / "link"
    link.write_text(str(outside), encoding="utf-8")
    to = checkout.git("hash-object", "-w", str(link)).strip()
    tree = make_tree(checkout, f"100644 blob {blob}\tinner.yaml")
    # On a disk that knows no case, the second is written through the first.
    tree = make_tree(checkout, f"120000 blob {to}\tdefault", f"040000 tree {tree}\tDefault")
    tree = make_tree(checkout, f"040000 tree {tree}\tprompts")
    commit = checkout.git("commit-tree", tree, "-m", "odd").strip()
    with unpacked(checkout.path / "prompts", commit, max_bytes=1000) as folder:
        assert (folder / "Default/inner.yaml").is_file()
        assert (folder / "default").is_symlink()
    assert list(outside.iterdir()) == []
    assert not folder.exists()


def make_tree(checkout: Checkout, *entries: str) -> str:
    listed = "".join(f"{entry}\n" for entry in entries)
    command = ["git", "-C", str(checkout.path), "mktree"]
    return subprocess.run(command, input=listed, capture_output=True, text=True, check=True).stdout.strip()


def test_what_no_prompt_file_can_be_is_left_where_it_is(checkout: Checkout) -> None:
    (checkout.path / "prompts/weights.bin").write_bytes(b"x" * 1001)
    commit = checkout.commit("large")
    with unpacked(checkout.path / "prompts", commit, max_bytes=1000) as folder:
        assert [path.name for path in folder.iterdir()] == ["Default"]


def test_what_a_branch_has_of_its_own_begins_where_it_left(checkout: Checkout) -> None:
    first = checkout.git("rev-parse", "HEAD").strip()
    checkout.git("switch", "--quiet", "--create", "topic")
    (checkout.path / "other").write_text("x", encoding="utf-8")
    topic = checkout.commit("topic")
    checkout.git("switch", "--quiet", "main")
    (checkout.path / "prompts/Default/a.yaml").write_text(FILE % "Second.", encoding="utf-8")
    second = checkout.commit("second")
    root = checkout.path / "prompts"
    assert fork_point(root, "topic") == first
    assert commits_of(root, 10) == [second, first]
    assert has_commit(root, topic)
    assert not has_commit(root, "f" * 40)


@pytest.mark.parametrize("ref", ["no-such", "--all", "-h", "HEAD:prompts", "", "a b", "a\n"])
def test_what_names_no_commit_is_told(checkout: Checkout, ref: str) -> None:
    with pytest.raises(UsageError, match="in this clone"):
        fork_point(checkout.path / "prompts", ref)


def test_without_a_repository_there_are_no_commits(tmp_path: Path) -> None:
    with pytest.raises(PromptsyncError, match="in no git repository"):
        fork_point(tmp_path, "HEAD")
