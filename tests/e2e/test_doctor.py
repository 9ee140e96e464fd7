"""doctor: what is set up and what is not, a line each; it changes nothing and shows no key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.sandbox import Behaviour, Fault
from tests.e2e.checkout import Checkout
from tests.e2e.world import KEY, Ran, World, current

if TYPE_CHECKING:
    from pathlib import Path

PROJECT_KEY = "sk-orq-ab12cd34-Zk3fLq9xT7vWm2Rb8NcY"


def look(world: World, *arguments: str) -> dict[str, tuple[str, str]]:
    """Level and sentence of each thing that was looked at; the last, where several have one name."""
    return {
        item["name"]: (item["level"], item["said"]) for item in world.run("doctor", "--format", "json", *arguments).json
    }


def line(ran: Ran, name: str) -> str:
    return next(line for line in ran.out.splitlines() if line[6:].startswith(f"{name} "))


def test_all_is_well(applied: World) -> None:
    ran = applied.run("doctor")
    assert (ran.code, ran.err) == (0, "")
    assert {line.split()[0] for line in ran.out.splitlines() if not line.startswith(" ")} == {"ok", "note"}
    assert line(ran, "git").startswith("note  git")
    assert line(ran, "files") == f"ok    files         1 in {applied.root}, all of them valid"
    assert line(ran, "prompts").endswith("1 of 1 locked prompts are there, and 0 others")
    assert applied.writes == []


def test_no_key_is_ever_shown(applied: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORQ_API_KEY", PROJECT_KEY)
    ran = applied.run("doctor", "--write")
    assert PROJECT_KEY not in ran.out + ran.err
    assert "ORQ_API_KEY holds a key of one project" in ran.out


def test_where_there_is_nothing_yet(world: World) -> None:
    ran = world.run("doctor", "--target", "sandbox")
    assert ran.code == 1
    assert line(ran, "files").startswith("fails files")
    assert line(ran, "lockfile").endswith("yet: the first apply makes it")
    assert "the embedded sandbox needs none" in line(ran, "key")


def test_a_configuration_that_cannot_be_read_ends_it(world: World) -> None:
    (world.root / "promptsync.yaml").write_text("tragets: {}\n", encoding="utf-8")
    found = look(world)
    assert list(found) == ["versions", "configuration"]
    assert found["configuration"][0] == "fails"


def test_broken_files_and_a_broken_lockfile_do_not(world: World) -> None:
    world.write(KEY, "prompt: [")
    world.lock_path.write_text("{", encoding="utf-8")
    found = look(world)
    assert (found["files"][0], found["lockfile"][0], found["host"][0]) == ("fails", "fails", "good")


def test_without_a_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORQ_API_KEY")
    world.write(KEY, current())
    ran = world.run("doctor")
    assert (ran.code, "ORQ_API_KEY is not set" in line(ran, "key")) == (1, True)
    assert "help: set ORQ_API_KEY" in ran.out


@pytest.mark.parametrize(("status", "name"), [(401, "key"), (403, "key"), (404, "host"), (400, "host")])
def test_a_service_that_refuses(applied: World, status: int, name: str) -> None:
    applied.sandbox.faults.add(Fault("status", status=status, times=None))
    assert look(applied)[name][0] == "fails"


def test_a_host_that_is_not_there(applied: World) -> None:
    assert look(applied, "--base-url", "http://127.0.0.1:1")["host"][0] == "fails"


def test_whether_the_key_may_write_is_tried_where_that_is_asked(applied: World) -> None:
    assert "was not tried" in look(applied)["key"][1]
    assert look(applied, "--write")["key"] == ("good", look(applied, "--write")["key"][1])
    applied.sandbox.faults.add(Fault("status", status=403, method="PATCH", times=None))
    level, said = look(applied, "--write")["key"]
    assert (level, said.endswith("may read only")) == ("note", True)
    assert applied.run("doctor", "--write").code == 0
    assert applied.plan().code == 2
    assert [item["display_name"] for item in applied.sandbox.prompts()] == ["refund"]


def test_a_prompt_that_is_gone(applied: World) -> None:
    applied.sandbox.ui_delete(applied.id(KEY))
    assert look(applied)["prompts"] == ("note", "0 of 1 locked prompts are there, and 0 others")


@pytest.mark.parametrize("behaviour", [Behaviour(owner="workspace-1")])
def test_the_key_of_another_workspace(applied: World) -> None:
    text = applied.lock_path.read_text(encoding="utf-8").replace("workspace-1", "workspace-2")
    applied.lock_path.write_text(text, encoding="utf-8")
    assert look(applied)["workspace"] == ("fails", "the lockfile is of workspace-2, and this key reaches workspace-1")


def test_certificates_that_are_not_there(applied: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    ran = applied.run("doctor")
    assert [line.split()[0] for line in ran.out.splitlines() if line[6:].startswith("certificates ")] == ["fails", "ok"]


def test_a_proxy_is_named_without_its_password(applied: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORQ_BASE_URL", "https://api.orq.invalid")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hush-hush@127.0.0.1:1")
    ran = applied.run("doctor")
    assert line(ran, "proxy").endswith("by way of 127.0.0.1:1")
    assert "hush-hush" not in ran.out + ran.err


def test_prompts_of_two_projects_by_the_key_of_one(applied: World, monkeypatch: pytest.MonkeyPatch) -> None:
    applied.write("Shop/order", current())
    monkeypatch.setenv("ORQ_API_KEY", PROJECT_KEY)
    level, said = look(applied)["project"]
    assert (level, said.startswith("this key is of one project, and the prompts are of 2")) == ("fails", True)
    for command in ("check", "plan"):
        assert "this key is of one project" in applied.run(command).err
    assert "this key is of one project" in applied.apply().err


def test_what_git_knows_of_the_lockfile(applied: World) -> None:
    checkout = Checkout.init(applied.root.parent)
    assert look(applied)["lock's home"][0] == "fails"
    checkout.commit("first")
    found = look(applied)
    assert found["lock's home"] == ("good", "in the tree, beside the prompts")
    assert found["merge driver"][0] == "note"
    applied.apply()
    assert look(applied)["lock's home"][0] == "note"


def test_the_branch_of_the_lockfile(applied: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    hub = Checkout(tmp_path_factory.mktemp("hubs") / "hub")
    checkout = Checkout.init(applied.root.parent)
    checkout.git("init", "--quiet", "--bare", str(hub.path))
    checkout.git("remote", "add", "origin", hub.path.as_uri())
    id_ = applied.id(KEY)
    applied.lock_path.unlink()
    (applied.root / "promptsync.yaml").write_text("lock: {branch: promptsync/state}\n", encoding="utf-8")
    checkout.commit("first")
    assert look(applied)["lock's home"] == ("good", "the branch promptsync/state, which the first apply begins")
    applied.run("adopt", KEY, id_)
    held = applied.root / ".promptsync/held.default.json"
    assert look(applied)["not home yet"] == ("note", f"{held} holds 1 prompt until the files are merged")
    assert applied.run("lock push", "--unmerged").code == 0
    tip = hub.git("rev-parse", "promptsync/state")[:10]
    found = look(applied)
    assert found["lock's home"] == ("good", f"the branch promptsync/state at {tip}, with 1 prompt")
    assert found["lockfile"] == ("good", "promptsync.lock.json of the branch promptsync/state holds 1 prompt")
    assert "not home yet" not in found
    hub.path.rename(hub.path.with_name("away"))
    applied.run("lock forget", KEY)
    found = look(applied)
    assert (found["lock's home"][0], "could not be reached" in found["lock's home"][1]) == ("fails", True)
    unpushed = applied.root / ".promptsync/unpushed.default.json"
    assert found["not home yet"] == ("note", f"{unpushed} holds what is not on the branch")
    unpushed.write_text("{", encoding="utf-8")
    applied.lock_path.write_text("{}", encoding="utf-8")
    found = look(applied)
    assert (found["not home yet"][0], found["lock in tree"][0]) == ("fails", "note")


def test_what_waits_for_a_branch_that_is_named_no_more(applied: World) -> None:
    Checkout.init(applied.root.parent).commit("first")
    left = applied.root / ".promptsync/unpushed.staging.json"
    left.write_text("{}", encoding="utf-8")
    assert look(applied)["left behind"] == ("note", f"{left} is not read: it waits for a branch of lockfiles")


def test_the_merge_driver(applied: World) -> None:
    checkout = Checkout.init(applied.root.parent)
    applied.run("init", "--yes")
    assert look(applied)["merge driver"] == (
        "note",
        ".gitattributes names promptsync, and git was not told what that is",
    )
    checkout.git("config", "merge.promptsync.driver", "promptsync lock merge %O %A %B")
    assert look(applied)["merge driver"] == ("good", "promptsync lock merge %O %A %B")


def test_a_shallow_clone(applied: World, tmp_path: Path) -> None:
    checkout = Checkout.init(applied.root.parent)
    checkout.commit("first")
    applied.apply()
    checkout.commit("second")
    clone = tmp_path / "clone"
    checkout.git("clone", "--quiet", "--depth=1", checkout.path.as_uri(), str(clone))
    applied.root = clone / applied.root.name
    assert look(applied)["history"][0] == "note"


def test_an_interrupted_run(applied: World) -> None:
    applied.sandbox.faults.add(Fault("drop", when="after", method="PATCH", times=None))
    applied.sandbox.faults.add(Fault("drop", method="GET", skip=2, times=None))
    applied.apply()
    applied.sandbox.faults.clear()
    assert look(applied)["last run"][0] == "note"
