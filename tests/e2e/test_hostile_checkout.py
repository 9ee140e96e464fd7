"""A checkout whose author wants the key, wants a program of theirs to run, or wants what lies elsewhere on the machine.

Each attack is a real one, with real git and real links, and comes with its siblings. Whatever is in the tree: no
program of it runs, the key is in no output, file or child's environment, and nothing outside is read or changed.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from promptsync.apply.journal import Journal
from promptsync.model.canonical import source_hash
from promptsync.model.prompt import Prompt
from promptsync.plan.changes import Intent
from tests.e2e.checkout import REPOSITORY, Checkout
from tests.e2e.world import KEY, Ran, World, current

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CANARY = "canary-canary-canary"
LOCK = "promptsync.lock.json"
SECRET = "secret: of the machine, which no message shows\n"


@dataclass
class Hostile:
    """A checkout with one prompt that was applied and committed, and a machine around it with something to lose.

    `ran` is what a program of the checkout would leave; `children` are the environments of all that was started.
    """

    world: World
    checkout: Checkout
    machine: Path

    @property
    def root(self) -> Path:
        return self.world.root

    @property
    def ran(self) -> Path:
        return self.machine / "ran"

    @property
    def program(self) -> Path:
        """What the checkout would like to have run."""
        path = self.checkout.path / "tools" / "program"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\nenv >> '{self.ran}'\nexit 1\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    @property
    def children(self) -> list[str]:
        path = self.machine / "children"
        return path.read_text(encoding="utf-8").split("--\n")[1:] if path.exists() else []

    def spy_on_git(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From now on, `children` tell how git was called and with which environment."""
        real = shutil.which("git")
        (self.machine / "bin").mkdir()
        spy = self.machine / "bin" / "git"
        log = self.machine / "children"
        spy.write_text(
            f"#!/bin/sh\n{{ echo --; echo \"$@\"; env; }} >> '{log}'\nexec '{real}' \"$@\"\n", encoding="utf-8"
        )
        spy.chmod(0o755)
        monkeypatch.setenv("PATH", f"{spy.parent}{os.pathsep}{os.environ['PATH']}")

    def turn_back(self) -> None:
        """The prompt is changed once more, applied, committed and reverted: git is asked for the later lock."""
        self.world.write(KEY, current("Second."))
        assert self.world.apply().code == 0
        self.checkout.commit("second")
        self.checkout.git("revert", "--no-edit", "HEAD")

    def run_everything(self) -> str:
        """Every kind of command; gives all that was printed."""
        plan = str(self.machine / "plan.json")
        commands = [
            *(["check"], ["check", "--offline"], ["plan", "--out", plan], ["plan", "-v"], ["drift"], ["validate"]),
            *(["lock show"], ["lock verify"], ["lock merge"], ["lock merge", str(self.root / LOCK)], ["history", KEY]),
            *(["import", "--list"], ["pull"], ["apply", "--yes", plan], ["apply", "--yes"], ["mv", KEY, "Default/new"]),
            *(["restore", "Default/none"], ["lock forget", "Default/new"]),
        ]
        return "".join(ran.out + ran.err for ran in (self.world.run(*command) for command in commands))

    def has_leaked(self, printed: str) -> list[str]:
        """Where the canary is; the files of the checkout and of the machine around it among that."""
        told = [("the output", printed), *(("a child", child) for child in self.children)]
        places = [name for name, text in told if CANARY in text]
        files = [path for path in self.machine.parent.rglob("*") if not path.is_symlink() and path.is_file()]
        return places + [str(path) for path in files if CANARY.encode() in path.read_bytes()]


@pytest.fixture
def hostile(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hostile:
    for name in ("ORQ_API_KEY", "ORQ_STAGING_KEY", "GH_TOKEN", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, CANARY)
    machine = tmp_path / "machine"
    machine.mkdir()
    (machine / "secret").write_text(SECRET, encoding="utf-8")
    top = tmp_path / "checkout"
    world.root = top / "prompts"
    world.root.mkdir(parents=True)
    made = Hostile(world, Checkout.init(top), machine)
    world.write(KEY, current("First."))
    assert world.apply().code == 0
    made.checkout.commit("first")
    return made


def bare_repository(hostile: Hostile, folder: Path, settings: dict[str, str]) -> None:
    """Makes `folder` a bare repository, too, which holds a lockfile in a commit that is signed."""
    made = Checkout(hostile.machine / "made")
    made.path.mkdir()
    made.git("init", "--quiet", "--initial-branch=main")
    made.configure()
    shutil.copy(hostile.root / LOCK, made.path / LOCK)
    made.git("add", LOCK)
    tree = made.git("write-tree").strip()
    who = "A <a@example.com> 1700000000 +0000"
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    raw = made.path / "commit"
    raw.write_text(f"tree {tree}\nauthor {who}\ncommitter {who}\n{signature}\n\nsigned\n", encoding="utf-8")
    made.git("update-ref", "refs/heads/main", made.git("hash-object", "-t", "commit", "-w", str(raw)).strip())
    for name, value in settings.items():
        made.git("config", name, value)
    made.git("config", "core.bare", "true")
    for name in ("HEAD", "config", "objects", "refs"):
        found = made.path / ".git" / name
        shutil.copytree(found, folder / name) if found.is_dir() else shutil.copy(found, folder / name)
    (folder / "refs" / "tags" / "kept").write_text("", encoding="utf-8")
    shutil.rmtree(made.path)


def programs(program: Path) -> dict[str, str]:
    """The settings of a repository by which git runs a program."""
    run = str(program)
    return {
        "log.showSignature": "true",
        "gpg.program": run,
        "core.fsmonitor": run,
        "core.pager": run,
        "pager.log": run,
        "diff.external": run,
        "core.hooksPath": str(program.parent),
        "core.sshCommand": run,
        "core.editor": run,
        "core.askPass": run,
        "credential.helper": f"!{run}",
        "filter.evil.smudge": run,
        "filter.evil.clean": run,
        "diff.evil.textconv": run,
        "diff.evil.command": run,
        "merge.evil.driver": run,
        "alias.ls-files": f"!{run}",
        "protocol.ext.allow": "always",
        "remote.origin.url": f"ext::{run}",
        "remote.origin.promisor": "true",
    }


class TestGit:
    """Git, run within what a pull request brings."""

    @pytest.mark.parametrize("place", ["prompts", "prompts/Default", "."])
    def test_a_folder_that_is_a_bare_repository_too_is_none(
        self, hostile: Hostile, place: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hostile.turn_back()
        bare_repository(hostile, hostile.checkout.path / place, programs(hostile.program))
        hostile.checkout.commit("a pull request")
        if place != ".":  # there, git itself finds `.git` first
            hostile.checkout.try_git("-C", place, "log", "--", LOCK)
            assert hostile.ran.exists(), "the attack is none"
            hostile.ran.unlink()
        hostile.spy_on_git(monkeypatch)
        printed = hostile.run_everything()
        assert not hostile.ran.exists()
        assert hostile.has_leaked(printed) == []
        assert any("rev-list" in child for child in hostile.children)
        assert "ls-files" in "".join(hostile.children)

    def test_what_the_repositorys_own_settings_name_is_not_run(
        self, hostile: Hostile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hostile.turn_back()
        attributes = "* filter=evil diff=evil merge=evil\n"
        (hostile.checkout.path / ".gitattributes").write_text(attributes, encoding="utf-8")
        hostile.checkout.commit("attributes")
        for hook in ("post-index-change", "post-checkout", "reference-transaction", "fsmonitor-watchman"):
            shutil.copy(hostile.program, hostile.program.with_name(hook))
        for name, value in programs(hostile.program).items():
            hostile.checkout.git("config", name, value)
        hostile.checkout.try_git("status")
        assert hostile.ran.exists(), "the attack is none"
        hostile.ran.unlink()
        hostile.spy_on_git(monkeypatch)
        printed = hostile.run_everything()
        assert not hostile.ran.exists()
        assert hostile.has_leaked(printed) == []
        assert any("rev-list" in child for child in hostile.children)

    def test_what_is_missing_of_a_partial_clone_is_not_fetched(
        self, hostile: Hostile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hostile.turn_back()
        for name, value in programs(hostile.program).items():
            hostile.checkout.git("config", name, value)
        hostile.checkout.git("config", "extensions.partialClone", "origin")
        objects = hostile.checkout.path / ".git" / "objects"
        blob = hostile.checkout.git("-c", "core.fsmonitor=", "rev-parse", f"HEAD~1:prompts/{LOCK}").strip()
        (objects / blob[:2] / blob[2:]).unlink()
        hostile.checkout.try_git("-c", "core.fsmonitor=", "cat-file", "blob", blob)
        assert hostile.ran.exists(), "the attack is none"
        hostile.ran.unlink()
        assert hostile.has_leaked(hostile.run_everything()) == []
        assert not hostile.ran.exists()

    def test_an_open_merge_is_read_from_the_repository_alone(
        self, hostile: Hostile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hostile.checkout.git("switch", "--quiet", "-c", "other")
        hostile.world.write("Default/b", current("B."))
        assert hostile.world.apply().code == 0
        hostile.checkout.commit("b")
        hostile.checkout.git("switch", "--quiet", "main")
        hostile.world.write("Default/c", current("C."))
        assert hostile.world.apply().code == 0
        bare_repository(hostile, hostile.root, programs(hostile.program))
        hostile.checkout.commit("c, and a pull request")
        assert hostile.checkout.try_git("merge", "other").returncode == 1
        hostile.spy_on_git(monkeypatch)
        assert hostile.world.run("lock merge").code == 0
        assert sorted(hostile.world.lock["prompts"]) == ["Default/b", "Default/c", KEY]
        assert any("cat-file" in child for child in hostile.children)
        assert not hostile.ran.exists()

    def test_variables_that_steer_git_do_not_reach_it(self, hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
        hostile.turn_back()
        for name, value in {
            "GIT_DIR": str(hostile.root),
            "GIT_WORK_TREE": "/",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "core.fsmonitor",
            "GIT_CONFIG_VALUE_0": str(hostile.program),
            "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={hostile.program}'",
            "GIT_EXTERNAL_DIFF": str(hostile.program),
            "GIT_PAGER": str(hostile.program),
            "GIT_SSH_COMMAND": str(hostile.program),
            "LD_PRELOAD": "",
        }.items():
            monkeypatch.setenv(name, value)
        hostile.spy_on_git(monkeypatch)
        assert hostile.world.actions() == {KEY: "update"}, "the repository is found all the same"
        named = {line.partition("=")[0] for child in hostile.children for line in child.splitlines()}
        assert not named & {"GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_COUNT", "GIT_EXTERNAL_DIFF", "LD_PRELOAD"}
        assert not hostile.ran.exists()

    def test_how_often_git_is_asked(self, hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
        hostile.spy_on_git(monkeypatch)
        hostile.world.run("validate")
        assert len(hostile.children) == 0
        hostile.world.plan()
        assert len(hostile.children) == 1
        shutil.rmtree(hostile.root / ".promptsync")
        hostile.world.plan()
        assert len(hostile.children) == 1


def link_to_secret(path: Path, secret: Path) -> None:
    path.symlink_to(secret)


def link_to_nothing(path: Path, secret: Path) -> None:
    path.symlink_to(secret.with_name("nothing"))


def link_to_zeros(path: Path, secret: Path) -> None:
    path.symlink_to("/dev/zero")


def pipe(path: Path, secret: Path) -> None:
    os.mkfifo(path)


def folder(path: Path, secret: Path) -> None:
    path.mkdir()


KINDS = [link_to_secret, link_to_nothing, link_to_zeros, pipe]
STATE = ["journal.default.jsonl", "run.default.lock", "run.default.holder", ".gitignore", "archive", "sandbox.sqlite"]
COMMANDS = [["plan"], ["check", "--offline"], ["apply", "--yes"], ["lock show"], ["pull"], ["mv", KEY, "Default/new"]]


def put(path: Path, kind: Callable[[Path, Path], object], secret: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    kind(path, secret)


def refused(hostile: Hostile, command: list[str], *names: str) -> Ran:
    """A command that ends at once in a sentence with one of `names`, and neither shows nor changes the machine."""
    before = len(hostile.world.writes)
    began = time.monotonic()
    ran = hostile.world.run(*command)
    assert time.monotonic() - began < 20
    assert ran.code == 1, ran
    assert ran.out == ""
    assert ran.err.startswith("error: ")
    assert len(ran.err.splitlines()) <= 2
    assert any(name in ran.err for name in names)
    assert "of the machine" not in ran.err
    assert hostile.machine.joinpath("secret").read_text(encoding="utf-8") == SECRET
    assert sorted(path.name for path in hostile.machine.iterdir()) == ["secret"]
    assert len(hostile.world.writes) == before
    return ran


class TestLinks:
    """Links, pipes, devices and folders in the place of what the tool keeps."""

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
    @pytest.mark.parametrize("name", STATE)
    def test_in_the_folder_of_the_state(
        self, hostile: Hostile, name: str, kind: Callable[[Path, Path], object]
    ) -> None:
        put(hostile.root / ".promptsync" / name, kind, hostile.machine / "secret")
        for command in COMMANDS:
            refused(hostile, command, name)

    def test_a_folder_in_the_place_of_a_journal(self, hostile: Hostile) -> None:
        put(hostile.root / ".promptsync" / "journal.default.jsonl", folder, hostile.machine / "secret")
        for command in COMMANDS:
            refused(hostile, command, "journal.default.jsonl")

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
    @pytest.mark.parametrize("name", [".promptsync", LOCK, "promptsync.yaml"])
    def test_in_the_root(self, hostile: Hostile, name: str, kind: Callable[[Path, Path], object]) -> None:
        put(hostile.root / name, kind, hostile.machine / "secret")
        for command in COMMANDS:
            refused(hostile, command, name)

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
    def test_in_the_place_of_another_lockfile(self, hostile: Hostile, kind: Callable[[Path, Path], object]) -> None:
        """Its ids say what is managed elsewhere."""
        put(hostile.root / "promptsync.staging.lock.json", kind, hostile.machine / "secret")
        for command in (["plan"], ["check", "--offline"], ["apply", "--yes"], ["import", "--list"]):
            refused(hostile, command, "promptsync.staging.lock.json")

    def test_a_state_that_is_a_folder_elsewhere(self, hostile: Hostile) -> None:
        """What an apply writes would come into a folder of the author's choice."""
        shutil.rmtree(hostile.root / ".promptsync")
        (hostile.root / ".promptsync").symlink_to(hostile.machine)
        for command in COMMANDS:
            refused(hostile, command, ".promptsync is a symbolic link")

    @pytest.mark.parametrize("name", ["promptsync.sandbox.lock.json", "sandbox.sqlite", "sandbox.sqlite-wal", "."])
    def test_of_the_sandbox(self, hostile: Hostile, name: str) -> None:
        hostile.world.target = "sandbox"
        path = hostile.root / ".promptsync" / name
        put(path, link_to_secret, hostile.machine / "secret")
        for command in (["plan"], ["apply", "--yes"], ["lock show"], ["sandbox reset"], ["sandbox serve"]):
            refused(hostile, command, path.name)

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
    def test_a_saved_plan(self, hostile: Hostile, kind: Callable[[Path, Path], object]) -> None:
        plan = hostile.checkout.path / "plan.json"
        kind(plan, hostile.machine / "secret")
        refused(hostile, ["apply", "--yes", str(plan)], "plan.json cannot be read")
        ran = hostile.world.run("plan", "--out", str(plan))
        assert ran.code == 1
        assert "plan.json cannot be written: it is" in ran.err
        assert sorted(path.name for path in hostile.machine.iterdir()) == ["secret"]

    def test_what_a_merge_joins(self, hostile: Hostile) -> None:
        ours, theirs = hostile.root / LOCK, hostile.checkout.path / "theirs.json"
        theirs.symlink_to(hostile.machine / "secret")
        refused(hostile, ["lock merge", str(ours), str(ours), str(theirs)], "theirs.json cannot be read")
        refused(hostile, ["lock merge", str(theirs)], "theirs.json cannot be read")


class TestFiles:
    """Prompt files that are written: they come from an archive or the service into the tree, and nowhere else."""

    @pytest.fixture
    def deleted(self, hostile: Hostile) -> Hostile:
        hostile.world.write("Default/other", current("Other."))
        hostile.world.remove(KEY)
        assert hostile.world.apply("--prune", "--max-deletes", "1").code == 0
        return hostile

    def test_a_key_that_leads_out_of_the_root(self, deleted: Hostile) -> None:
        (archived,) = (deleted.root / ".promptsync" / "archive").iterdir()
        held = json.loads(archived.read_text(encoding="utf-8"))
        (deleted.root / "_out").symlink_to(deleted.machine)
        for key in ("_out/refund", "_out/new/refund", "../refund"):
            archived.write_text(json.dumps({**held, "key": key}), encoding="utf-8")
            assert deleted.world.run("restore", key).code != 0
            assert sorted(path.name for path in deleted.machine.iterdir()) == ["secret"]
            assert not (deleted.checkout.path / "refund.yaml").exists()

    def test_an_import_into_a_folder_that_is_a_link(self, deleted: Hostile) -> None:
        deleted.world.add_unmanaged("payment")
        (deleted.root / "out").symlink_to(deleted.machine)
        assert deleted.world.run("import", "--all", "--into", "out").code == 1
        assert sorted(path.name for path in deleted.machine.iterdir()) == ["secret"]

    def test_a_file_that_is_a_link_to_be_made(self, deleted: Hostile) -> None:
        (deleted.root / f"{KEY}.yaml").symlink_to(deleted.machine / "new")
        ran = deleted.world.run("restore", KEY)
        assert ran.code == 1
        assert "refund.yaml cannot be written: it is a symbolic link" in ran.err
        assert not (deleted.machine / "new").exists()

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
    def test_an_archive_that_is_named(self, deleted: Hostile, kind: Callable[[Path, Path], object]) -> None:
        """The folder is the user's choice, and may be a link; what lies in it is not."""
        theirs = deleted.checkout.path / "deleted"
        shutil.copytree(deleted.root / ".promptsync" / "archive", theirs)
        kind(theirs / "a.json", deleted.machine / "secret")
        (deleted.checkout.path / "link").symlink_to("deleted")
        ran = deleted.world.run("restore", KEY, "--archive", str(deleted.checkout.path / "link"))
        assert (ran.code, deleted.world.read(KEY)["prompt"]["messages"][0]["content"]) == (0, "First.")


class TestTracked:
    """State that came with the checkout says nothing about what was done."""

    def test_a_journal_does_not_make_another_teams_prompt_ours(self, hostile: Hostile) -> None:
        theirs = hostile.world.add_unmanaged("payment")
        hostile.world.write("Default/payment", current("Mine."))
        hostile.checkout.commit("a new file")
        assert hostile.world.actions() == {"Default/payment": "conflict"}
        journal = Journal(hostile.root / ".promptsync" / "journal.default.jsonl")
        asked = Prompt("payment", None, {}, "prompt", current("Mine.")["prompt"])
        journal.begin_create("create", Intent("Default/payment", "payment", "Default", source_hash(asked), 1.0))
        journal.close()
        assert hostile.world.actions() == {"Default/payment": "adopt"}, "the attack is none"
        hostile.checkout.git("add", "--force", "prompts/.promptsync/journal.default.jsonl")
        hostile.checkout.commit("a pull request")
        for command in COMMANDS[:-1]:
            ran = refused(hostile, command, "git tracks ")
            assert "`git rm -r --cached " in ran.err
        (held,) = (prompt for prompt in hostile.world.sandbox.prompts() if prompt["_id"] == theirs)
        assert held["prompt"]["messages"][0]["content"] == "Theirs."
        hostile.checkout.git("rm", "--quiet", "-r", "prompts/.promptsync")
        assert hostile.world.actions() == {"Default/payment": "conflict"}

    @pytest.mark.parametrize("name", [".gitignore", "archive/a.json", "sandbox.sqlite", "promptsync.sandbox.lock.json"])
    def test_all_else_of_it(self, hostile: Hostile, name: str) -> None:
        path = hostile.root / ".promptsync" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("theirs", encoding="utf-8")
        hostile.checkout.git("add", "--force", str(path))
        hostile.checkout.commit("a pull request")
        for command in (["plan"], ["restore", KEY.replace("refund", "gone")], ["sandbox reset"], ["sandbox serve"]):
            refused(hostile, command, f"git tracks {path}")
        hostile.world.target = "sandbox"
        refused(hostile, ["plan"], f"git tracks {path}")
        assert path.read_text(encoding="utf-8") == "theirs"


class TestFolder:
    """The folder of the state is this user's alone."""

    def test_what_others_may_write_into_is_closed(self, hostile: Hostile) -> None:
        state = hostile.root / ".promptsync"
        assert stat.S_IMODE(state.stat().st_mode) == 0o700
        state.chmod(0o777)
        assert hostile.world.plan().code == 0
        assert stat.S_IMODE(state.stat().st_mode) == 0o700

    def test_what_another_user_owns_is_refused(self, hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 12_345)
        for command in COMMANDS:
            refused(hostile, command, ".promptsync belongs to another user")


def test_a_root_that_the_user_names_by_a_link_is_their_choice(hostile: Hostile) -> None:
    (hostile.machine.parent / "link").symlink_to(hostile.root)
    hostile.world.root = hostile.machine.parent / "link"
    hostile.turn_back()
    assert hostile.world.actions() == {KEY: "update"}
    assert hostile.world.apply().code == 0
    assert hostile.world.plan().code == 0


def test_a_prompt_file_that_is_a_link_is_read_and_not_written(hostile: Hostile) -> None:
    """Written through, another file would change, and replaced, it would be a link no more."""
    (hostile.root / "Default/same.yaml").symlink_to("refund.yaml")
    assert hostile.world.apply().code == 0
    hostile.world.edit("Default/same", temperature=0.9)
    before = (hostile.root / f"{KEY}.yaml").read_bytes()
    ran = hostile.world.run("pull")
    assert ran.code == 3
    assert "same.yaml is a symbolic link, which is not followed" in ran.out
    assert (hostile.root / f"{KEY}.yaml").read_bytes() == before
    assert (hostile.root / "Default/same.yaml").is_symlink()


def test_a_whole_run_in_processes_of_its_own_leaves_no_key_anywhere(
    hostile: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile.turn_back()
    bare_repository(hostile, hostile.root, programs(hostile.program))
    hostile.checkout.commit("a pull request")
    hostile.spy_on_git(monkeypatch)
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    printed = ""
    for command in (["check", "-v"], ["apply", "--yes"]):
        ran = subprocess.run(
            [sys.executable, "-m", "promptsync", *command],
            cwd=hostile.checkout.path,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        printed += ran.stdout + ran.stderr
        assert "Traceback" not in printed
    assert "Applied: 1 updated." in printed
    assert len(hostile.children) > 2
    assert not hostile.ran.exists()
    assert hostile.has_leaked(printed) == []
