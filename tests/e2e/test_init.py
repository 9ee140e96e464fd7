"""init: from a repository, empty or lived in, to the first plan."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.checkout import Checkout
from tests.e2e.world import Ran, World, answers, current

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
WORKFLOWS = ("check", "apply", "drift")


@pytest.fixture
def fresh(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A new repository, in which someone stands. There is no folder of prompts yet."""
    world.root.rmdir()
    Checkout.init(world.root.parent)
    (world.root.parent / ".gitignore").unlink()
    monkeypatch.chdir(world.root.parent)
    return world


def init(world: World, *arguments: str) -> Ran:
    ran = world.run("init", "--yes", *arguments)
    assert ran.code == 0, ran.err
    return ran


def written(world: World) -> list[str]:
    top = world.root.parent
    found = (path.relative_to(top).as_posix() for path in top.rglob("*") if path.is_file())
    return sorted(path for path in found if not path.startswith(".git/"))


def test_three_commands_to_a_first_applied_prompt(fresh: World) -> None:
    fresh.target = "sandbox"
    ran = init(fresh)
    assert written(fresh) == [".gitattributes", ".gitignore", "prompts/Default/welcome.yaml", "prompts/promptsync.yaml"]
    plan, apply = (line.strip() for line in ran.err.splitlines()[-2:])
    assert plan.startswith("promptsync plan --target sandbox")
    assert apply.startswith("promptsync apply --target sandbox")
    assert fresh.plan().code == 2
    assert fresh.apply().code == 0
    assert fresh.plan().code == 0


def test_what_it_writes_is_valid_and_as_it_is_by_default(fresh: World) -> None:
    init(fresh)
    assert fresh.run("validate").out == "1 prompt file is valid\n"
    assert yaml.safe_load((fresh.root / "promptsync.yaml").read_text(encoding="utf-8")) is None


def test_run_again_it_says_that_all_is_there(fresh: World) -> None:
    init(fresh, "--github", "--pre-commit")
    before = {path: Path(path).read_bytes() for path in written(fresh)}
    again = init(fresh, "--github", "--pre-commit")
    assert {line.split()[0] for line in again.out.splitlines()} == {"there"}
    assert "all is there" in again.err
    assert {path: Path(path).read_bytes() for path in written(fresh)} == before


def test_nothing_that_is_there_is_overwritten(fresh: World) -> None:
    top = fresh.root.parent
    fresh.write("Default/ours", current())
    theirs = {
        "prompts/promptsync.yaml": "policies: {create_twins: true}\n",
        ".gitignore": "*.log",
        ".gitattributes": "*.png binary\n",
        ".pre-commit-config.yaml": "repos: []  # ours\n",
        ".github/workflows/promptsync-check.yml": "name: ours\n",
    }
    for name, text in theirs.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text, encoding="utf-8")
    ran = init(fresh, "--github", "--pre-commit")
    for name, text in theirs.items():
        assert (top / name).read_text(encoding="utf-8").startswith(text)
    assert (top / ".gitignore").read_text(encoding="utf-8") == "*.log\n.promptsync/\n"
    assert not (fresh.root / "Default/welcome.yaml").exists()
    assert "add to .pre-commit-config.yaml:" in ran.err
    assert "- id: promptsync-validate" in ran.err


def test_the_workflows_are_those_of_the_documentation(fresh: World) -> None:
    init(fresh, "--github")
    for name in WORKFLOWS:
        file = f"promptsync-{name}.yml"
        assert (fresh.root.parent / ".github/workflows" / file).read_text() == (EXAMPLES / file).read_text()


def test_the_workflows_say_another_folder_and_branch(fresh: World) -> None:
    subprocess.run(["git", "symbolic-ref", "HEAD", "refs/heads/trunk"], check=True)
    fresh.root = fresh.root.parent / "our tools" / "the prompts"
    init(fresh, "--github")
    for name in WORKFLOWS:
        text = (Path(".github/workflows") / f"promptsync-{name}.yml").read_text(encoding="utf-8")
        (job,) = yaml.safe_load(text)["jobs"].values()
        assert job["steps"][-1]["with"]["dir"] == "our tools/the prompts"
        assert "main" not in text
    apply = yaml.safe_load(Path(".github/workflows/promptsync-apply.yml").read_text(encoding="utf-8"))
    assert apply[True] == {"push": {"branches": ["trunk"], "paths": ["our tools/the prompts/**"]}}
    attributes = Path(".gitattributes").read_text(encoding="utf-8")
    assert attributes == '"our tools/the prompts/promptsync*.lock.json" merge=promptsync\n'
    (fresh.root / "promptsync.lock.json").write_text("{}", encoding="utf-8")
    said = subprocess.run(
        ["git", "check-attr", "merge", "our tools/the prompts/promptsync.lock.json"], check=True, capture_output=True
    )
    assert said.stdout.rstrip().endswith(b"merge: promptsync")


def test_outside_of_a_repository(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.root.rmdir()
    monkeypatch.chdir(world.root.parent)
    init(world)
    assert "prompts/Default/welcome.yaml" in written(world)


def test_the_prompts_of_the_service_in_place_of_a_first_one(fresh: World) -> None:
    fresh.add_unmanaged("refund")
    ran = init(fresh, "--from-service")
    assert {"prompts/Default/refund.yaml", "prompts/promptsync.lock.json"} < set(written(fresh))
    assert "prompts/Default/welcome.yaml" not in written(fresh)
    assert "1 imported, 0 left out" in ran.err
    assert fresh.plan().code == 0


def test_a_person_is_asked_and_shown(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "remote", "add", "origin", "git@github.com:us/prompts.git"], check=True)
    answers(monkeypatch, "Our shop", "yes", "no", "yes")
    ran = fresh.run("init")
    assert ran.code == 0
    assert "make     prompts/Our shop/welcome.yaml" in ran.out.replace(os.sep, "/")
    assert (fresh.root / "Our shop/welcome.yaml").exists()
    assert Path(".github/workflows/promptsync-drift.yml").exists()
    assert not Path(".pre-commit-config.yaml").exists()


def test_a_person_who_says_no_gets_nothing(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "", "no", "no")
    assert fresh.run("init").code == 0
    assert written(fresh) == []


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((), id="no terminal"),
        pytest.param(("--yes", "--project", "../out"), id="a project outside"),
        pytest.param(("--yes", "--project", "_drafts"), id="a folder that is passed over"),
        pytest.param(("--yes", "--project", "x", "--from-service"), id="a first prompt and those of the service"),
    ],
)
def test_what_cannot_be_meant_is_refused(fresh: World, arguments: tuple[str, ...]) -> None:
    assert fresh.run("init", *arguments).code == 64
    assert written(fresh) == []


def test_a_folder_that_leads_out_of_the_repository_is_not_written_through(
    fresh: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (fresh.root.parent / ".github").symlink_to(outside)
    assert fresh.run("init", "--yes", "--github").code == 1
    assert list(outside.rglob("*")) == []


def test_git_merges_two_lockfiles_once_it_is_told(fresh: World) -> None:
    init(fresh)
    checkout = Checkout(fresh.root.parent)
    checkout.git("config", "merge.promptsync.driver", f"{sys.executable} -m promptsync lock merge %O %A %B")
    assert "merge.promptsync.driver" not in init(fresh).err
    fresh.apply()
    checkout.commit("first")
    checkout.git("checkout", "--quiet", "-b", "other")
    fresh.write("Default/a", current("A."))
    fresh.apply()
    checkout.commit("a")
    checkout.git("checkout", "--quiet", "-")
    fresh.write("Default/b", current("B."))
    fresh.apply()
    checkout.commit("b")
    checkout.git("merge", "--quiet", "--no-edit", "other")
    assert set(json.loads(fresh.lock_path.read_text())["prompts"]) == {"Default/welcome", "Default/a", "Default/b"}
