"""A lockfile on a branch of its own, by the whole command line: read, brought home, kept where that fails, moved."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.commands import push as pushing
from promptsync.files.repository import Repository
from tests.e2e.checkout import Checkout
from tests.e2e.world import KEY, World, current

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promptsync.commands.results import Pushed
    from promptsync.files.target import Target

STATE = "promptsync/state"
PLACE = "prompts/promptsync.lock.json"
OTHER = "Default/greeting"
CONFIG = f"# how we deploy\nlock: {{branch: {STATE}}}  # not in the tree\n"


@pytest.fixture
def hub(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The repository that all machines push to."""
    made = Checkout(tmp_path_factory.mktemp("hub"))
    made.git("init", "--quiet", "--bare", "--initial-branch=main")
    made.configure()
    return made


@pytest.fixture
def checkout(world: World, hub: Checkout) -> Checkout:
    """A checkout of one prompt that was never applied."""
    made = Checkout.init(world.root.parent)
    made.git("remote", "add", "origin", hub.path.as_uri())
    world.write(KEY, current("First."))
    (world.root / "promptsync.yaml").write_text(CONFIG, encoding="utf-8")
    made.commit("first")
    made.git("push", "--quiet", "--set-upstream", "origin", "main")
    return made


@pytest.fixture
def machine(world: World, hub: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], World]:
    """Another machine: a fresh clone, with the same service."""

    def made() -> World:
        clone = Checkout(tmp_path_factory.mktemp("machine") / "clone")
        Checkout(clone.path.parent).git("clone", "--quiet", "--depth=1", hub.path.as_uri(), str(clone.path))
        clone.configure()
        return replace(world, root=clone.path / "prompts")

    return made


def lock(hub: Checkout, place: str = PLACE) -> Any:
    return json.loads(hub.git("cat-file", "blob", f"{STATE}:{place}"))


def keys(hub: Checkout) -> list[str]:
    return list(lock(hub)["prompts"])


def commits(hub: Checkout) -> int:
    return int(hub.git("rev-list", "--count", STATE))


class Offline:
    """No network: the repository that all push to is not to be found."""

    def __init__(self, hub: Checkout) -> None:
        self.path, self.away = hub.path, hub.path.with_name("away")

    def __enter__(self) -> None:
        self.path.rename(self.away)

    def __exit__(self, *_: object) -> None:
        self.away.rename(self.path)


def unpushed(world: World) -> Path:
    return world.root / ".promptsync/unpushed.default.json"


def test_an_apply_is_a_commit_on_the_branch_and_leaves_the_checkout_clean(
    world: World, checkout: Checkout, hub: Checkout
) -> None:
    ran = world.apply()
    assert (ran.code, ran.err) == (0, f"the lockfile is on the branch {STATE}, {hub.git('rev-parse', STATE)[:10]}\n")
    assert checkout.git("status", "--porcelain") == ""
    assert keys(hub) == [KEY]
    said = hub.git("log", "-1", "--format=%B", STATE)
    assert f"Promptsync-Target: default\nPromptsync-Commit: {checkout.git('rev-parse', 'HEAD')}" in said
    assert not unpushed(world).exists()
    assert (world.plan().code, world.apply().code, commits(hub)) == (0, 0, 1)


def test_all_commands_go_by_the_branch_on_any_machine(
    world: World, checkout: Checkout, hub: Checkout, machine: Callable[[], World]
) -> None:
    world.apply()
    id_ = lock(hub)["prompts"][KEY]["id"]
    there = machine()
    assert there.plan().code == 0
    assert there.run("check").code == there.run("drift").code == there.run("lock verify").code == 0
    assert id_ in there.run("lock show").out
    assert there.run("history", KEY).code == 0
    assert there.plan("--offline").code == 0
    world.sandbox.ui_edit(id_, {"prompt": {"temperature": 0.9}})
    assert there.run("drift").code == 3
    assert there.run("pull").code == 0
    assert there.read(KEY)["prompt"]["temperature"] == 0.9
    assert there.actions() == {KEY: "adopt"}
    assert there.apply().code == 0
    assert there.run("restore", KEY, lock(hub)["prompts"][KEY]["version"]).code == 0
    assert there.run("lock forget", KEY).code == 0
    assert keys(hub) == []
    assert there.run("adopt", KEY, id_).code == 0
    assert there.run("lock push").code == 0
    assert lock(hub)["prompts"][KEY]["id"] == id_
    assert there.run("lock forget", "Default/nothing").err.startswith(
        f"error: there is no `Default/nothing` in promptsync.lock.json of the branch {STATE}"
    )


def test_two_machines_that_apply_side_by_side_both_come_home(
    world: World,
    checkout: Checkout,
    hub: Checkout,
    machine: Callable[[], World],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two = machine(), machine()
    two.write(OTHER, current("Hello."))
    push = pushing.bring_home

    def second(target: Target) -> Pushed:
        """The other machine is quicker: it reads, applies and pushes between this one's apply and push."""
        monkeypatch.setattr(pushing, "bring_home", push)
        assert two.apply("--only", OTHER).code == 0
        return push(target)

    monkeypatch.setattr(pushing, "bring_home", second)
    assert one.apply().code == 0
    assert (keys(hub), commits(hub)) == ([OTHER, KEY], 2)


def test_the_targets_of_a_root_know_of_each_other(world: World, checkout: Checkout, hub: Checkout) -> None:
    (world.root / "promptsync.yaml").write_text(CONFIG + "targets: {staging: {path_prefix: Staging}}\n")
    world.apply()
    staging = replace(world, target="staging", url=world.url)
    assert staging.apply("--create-twins").code == 0
    assert hub.git("ls-tree", "-r", "--name-only", STATE).split() == [PLACE, "prompts/promptsync.staging.lock.json"]
    ids = {one["prompts"][KEY]["id"] for one in (lock(hub), lock(hub, "prompts/promptsync.staging.lock.json"))}
    assert len(ids) == 2
    assert world.run("import", "--list").out == "every prompt on the service is in a lockfile\n"
    assert world.plan().code == staging.plan().code == 0


def test_the_sandbox_keeps_its_own(world: World, checkout: Checkout, hub: Checkout) -> None:
    sandbox = replace(world, target="sandbox")
    assert sandbox.apply().code == 0
    assert hub.try_git("rev-parse", STATE).returncode != 0
    assert (world.root / ".promptsync/promptsync.sandbox.lock.json").exists()
    assert sandbox.run("lock push").code == 64


def test_without_a_network_the_branch_as_last_seen_counts_and_that_is_said(
    world: World, checkout: Checkout, hub: Checkout, machine: Callable[[], World]
) -> None:
    world.apply()
    fresh = machine()
    with Offline(hub):
        ran = world.plan()
        assert (ran.code, "origin could not be reached" in ran.err) == (0, True)
        assert f"the lockfile is that of {STATE} as last seen here, " in ran.err
        ran = fresh.plan()
        assert (ran.code, ran.out) == (1, "")
        assert "origin could not be reached" in ran.err


def test_what_does_not_come_home_is_kept_told_and_brought_by_the_next_run(
    world: World, checkout: Checkout, hub: Checkout
) -> None:
    world.apply()
    world.write(OTHER, current("Hello."))
    with Offline(hub):
        ran = world.apply()
        assert ran.code == 6
        assert f"{unpushed(world)} holds what did not come home: origin could not be reached" in ran.err
        assert "`promptsync lock push`" in ran.err
        assert world.plan().code == 0
        assert world.run("lock push").code == 6
    assert world.plan().code == 0
    assert commits(hub) == 1
    assert world.run("lock push").code == 0
    assert (keys(hub), commits(hub), unpushed(world).exists()) == ([OTHER, KEY], 2, False)
    assert world.run("lock push").err == f"the branch {STATE} holds the lockfile already\n"


def test_where_nothing_was_recorded_no_file_is_said_to_hold_anything(world: World) -> None:
    Checkout.init(world.root.parent)
    ran = world.run("lock push", "--branch", "main", "--remote", "nowhere")
    assert (ran.code, ".promptsync" in ran.err) == (6, False)
    assert "error: no lockfile could be brought home: this checkout has no remote “nowhere”" in ran.err


def test_a_worse_end_keeps_its_exit_code_and_the_lockfile_that_stayed_is_told_all_the_same(
    world: World, checkout: Checkout, hub: Checkout
) -> None:
    world.apply()
    world.write(OTHER, current("Hello."))
    world.add_unmanaged("greeting")
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.7))
    with Offline(hub):
        ran = world.apply()
    assert ran.code == 3
    assert "holds what did not come home" in ran.err


def test_a_run_that_dies_before_the_push_is_made_good_by_the_next_on_that_machine(
    world: World, checkout: Checkout, hub: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pushing, "bring_home", die)
        assert world.apply().code == 130
    assert len(world.names()) == 1
    assert world.apply().code == 0
    assert (keys(hub), len(world.names())) == ([KEY], 1)


@pytest.mark.parametrize("exclusive", [False, True])
def test_on_another_machine_nothing_is_made_twice(
    world: World,
    checkout: Checkout,
    hub: Checkout,
    machine: Callable[[], World],
    monkeypatch: pytest.MonkeyPatch,
    exclusive: bool,
) -> None:
    if exclusive:
        (world.root / "promptsync.yaml").write_text(CONFIG + "targets: {default: {exclusive: true}}\n")
        checkout.commit("exclusive")
        checkout.git("push", "--quiet")
    world.apply()
    world.write(OTHER, current("Hello."))
    with monkeypatch.context() as patched:
        patched.setattr(pushing, "bring_home", lambda *_: pytest.fail("dies here"))
        with pytest.raises(pytest.fail.Exception):
            world.apply()
    checkout.commit("more")
    checkout.git("push", "--quiet")
    there = machine()
    assert there.apply().code == (0 if exclusive else 3)
    assert len(world.names()) == 2
    assert keys(hub) == ([OTHER, KEY] if exclusive else [KEY])


def test_a_branch_that_takes_no_commit_is_told_with_what_the_host_says(
    world: World, checkout: Checkout, hub: Checkout
) -> None:
    hook = hub.path / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'Only \033[31mowners\033[0m may' >&2; exit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    ran = world.apply()
    assert ran.code == 6
    assert f"origin takes no commit of ours on {STATE}" in ran.err
    assert "\033[31mowners" not in ran.err
    assert len(world.names()) == 1


def test_a_branch_that_holds_anything_else_is_refused(world: World, checkout: Checkout, hub: Checkout) -> None:
    hub.git("branch", STATE, "main")
    ran = world.apply()
    assert ran.code == 1
    assert f"the branch {STATE} holds .gitignore, so it is no branch of lockfiles alone" in ran.err
    assert (world.names(), hub.git("rev-parse", STATE)) == ([], hub.git("rev-parse", "main"))


@pytest.mark.parametrize("poison", ["{", "<<<<<<< a\n", "\0", "[" * 100_000, '{"lock_version": 99, "canonical": 1}'])
def test_a_poisoned_lockfile_stops_every_command_and_is_left(
    world: World, checkout: Checkout, hub: Checkout, poison: str
) -> None:
    world.apply()
    blob = hub.path / "poison"
    blob.write_text(poison, encoding="utf-8")
    object_ = hub.git("hash-object", "-w", str(blob)).strip()
    hub.git("read-tree", "--empty")
    hub.git("update-index", "--add", "--cacheinfo", f"100644,{object_},{PLACE}")
    made = hub.git("commit-tree", hub.git("write-tree").strip(), "-p", STATE, "-m", "poison").strip()
    hub.git("update-ref", f"refs/heads/{STATE}", made)
    world.write(OTHER, current("Hello."))
    for command in ("plan", "check", "drift", "lock show", "pull"):
        ran = world.run(command)
        assert (ran.code, f"{PLACE} of the branch {STATE}" in ran.err) == (1, True)
    assert world.apply().code == 1
    assert (len(world.names()), hub.git("rev-parse", STATE).strip()) == (1, made)


def test_a_branch_that_is_gone_is_no_empty_lockfile(world: World, checkout: Checkout, hub: Checkout) -> None:
    world.apply()
    before = hub.git("rev-parse", STATE).strip()
    hub.git("update-ref", "-d", f"refs/heads/{STATE}")
    ran = world.apply()
    assert ran.code == 1
    assert f"there is no branch {STATE} any more" in ran.err
    assert f"`git push origin {before}:refs/heads/{STATE}` brings it back" in ran.err
    checkout.git("push", "--quiet", "origin", f"{before}:refs/heads/{STATE}")
    assert world.plan().code == 0


def test_a_lockfile_that_lies_in_the_tree_all_the_same_is_told(world: World, checkout: Checkout, hub: Checkout) -> None:
    world.apply()
    world.lock_path.write_text("{}", encoding="utf-8")
    ran = world.plan()
    assert ran.code == 0
    assert f"{world.lock_path} is not read: the lockfile lives on the branch {STATE}" in ran.err
    assert world.run("lock merge").code == 64


def test_outside_of_a_repository_that_is_told(world: World, checkout: Checkout) -> None:
    (checkout.path / ".git").rename(checkout.path / "not-git")
    ran = world.plan()
    assert (ran.code, "is in no git repository" in ran.err) == (1, True)


def test_the_lockfile_moves_to_a_branch_and_back_byte_for_byte(world: World, checkout: Checkout, hub: Checkout) -> None:
    config = world.root / "promptsync.yaml"
    config.write_text("# how we deploy\npolicies: {create_twins: true}\n", encoding="utf-8")
    world.apply()
    before, settings = world.lock_path.read_bytes(), config.read_bytes()
    checkout.commit("applied")
    checkout.git("push", "--quiet")
    ran = world.run("lock move-home", "--branch", STATE)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"the lockfile lives on the branch {STATE}; commit and push what changed for that:",
        f"git add --all -- {config} {world.lock_path}",
    ]
    assert config.read_text() == f"{settings.decode()}lock:\n  branch: {STATE}\n"
    assert checkout.git("status", "--porcelain").split() == ["D", PLACE, "M", "prompts/promptsync.yaml"]
    assert hub.git("cat-file", "blob", f"{STATE}:{PLACE}").encode() == before
    assert world.plan().code == 0
    checkout.commit("moved")
    ran = world.run("lock move-home", "--tree")
    assert ran.code == 0
    assert (world.lock_path.read_bytes(), config.read_bytes()) == (before, settings)
    assert world.plan().code == 0


def test_where_the_branch_is_the_only_setting_comments_stay(world: World, checkout: Checkout, hub: Checkout) -> None:
    world.apply()
    assert world.run("lock move-home", "--tree").code == 0
    assert (world.root / "promptsync.yaml").read_text() == "# how we deploy\n"
    assert world.plan().code == 0
    checkout.commit("back")
    assert world.run("lock move-home", "--branch", "promptsync/other").code == 1
    checkout.git("push", "--quiet")
    assert world.run("lock move-home", "--branch", "promptsync/other").code == 0
    assert world.plan().code == 0


def test_a_lockfile_that_is_not_settled_does_not_move(world: World, checkout: Checkout, hub: Checkout) -> None:
    def refused(words: str, *arguments: str, code: int = 1) -> None:
        ran = world.run("lock move-home", *arguments)
        assert (ran.code, words in ran.err) == (code, True), ran.err

    world.apply()
    refused("lives on the branch promptsync/state already", "--branch", STATE, code=64)
    refused("takes one of --branch and --tree", code=64)
    world.write(OTHER, current("Hello."))
    with Offline(hub):
        world.apply()
        refused("holds what is not on the branch promptsync/state", "--tree")
    world.run("lock push")
    assert world.run("lock move-home", "--tree").code == 0
    refused("lies in the tree already", "--tree", code=64)
    refused("is not as it was committed", "--branch", "promptsync/new")
    checkout.commit("back")
    refused("is another one on main", "--branch", "promptsync/new")
    checkout.git("push", "--quiet")
    refused("cannot be main", "--branch", "main", code=64)
    hub.git("branch", "feature", "main")
    refused("so it is no branch of lockfiles alone", "--branch", "feature")
    assert "lock:" not in (world.root / "promptsync.yaml").read_text()


def test_git_is_run_in_the_repository_of_the_prompts_wherever_one_stands(
    world: World, checkout: Checkout, hub: Checkout, tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("GIT_DIR", os.fspath(elsewhere))
    monkeypatch.setenv("GIT_INDEX_FILE", os.fspath(elsewhere / "index"))
    assert world.apply().code == 0
    assert not (elsewhere / "index").exists()
    assert Repository.of(world.root) is not None


def test_a_lockfile_in_the_tree_is_pushed_to_the_branch_that_is_followed(
    world: World, checkout: Checkout, hub: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.root / "promptsync.yaml").unlink()
    world.apply()
    ran = world.run("lock push")
    assert (ran.code, ran.err) == (0, f"the lockfile is on the branch main, {hub.git('rev-parse', 'main')[:10]}\n")
    assert json.loads(hub.git("cat-file", "blob", f"main:{PLACE}")) == world.lock
    assert world.run("lock push").err == "the branch main holds the lockfile already\n"
    checkout.git("checkout", "--quiet", "--detach")
    assert world.run("lock push").code == 64
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CI_DEFAULT_BRANCH", "main")
    assert world.run("lock push").code == 0
    assert world.run("lock push", "--remote", "upstream").code == 6
    assert world.run("lock push", "--branch", "none").code == 64


def test_where_main_is_protected_it_waits_and_what_to_do_is_told(
    world: World, checkout: Checkout, hub: Checkout
) -> None:
    (world.root / "promptsync.yaml").unlink()
    hook = hub.path / "hooks/update"
    hook.write_text('#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo protected >&2; exit 1; }\n', encoding="utf-8")
    hook.chmod(0o755)
    world.apply()
    ran = world.run("lock push")
    assert ran.code == 0
    assert ran.err.splitlines() == [
        f"the lockfile waits on the branch promptsync/lockfile ({hub.git('rev-parse', 'promptsync/lockfile')[:10]}); "
        "merge it soon",
        "open a pull request from that branch",
    ]


def test_the_next_apply_takes_what_waits_to_be_merged(
    world: World, checkout: Checkout, hub: Checkout, machine: Callable[[], World]
) -> None:
    (world.root / "promptsync.yaml").unlink()
    checkout.commit("in the tree")
    checkout.git("push", "--quiet")
    world.apply()
    there = machine()
    checkout.git("push", "--quiet", "origin", "main:promptsync/lockfile")
    assert world.run("lock push", "--branch", "promptsync/lockfile").out == "promptsync/lockfile\n"
    assert there.run("lock take").out == "promptsync.lock.json has changed\n"
    assert there.lock == world.lock
    assert there.plan().code == 0
    assert there.run("lock take").out == ""
    assert there.run("lock take", "--remote", "upstream").code == 1


PREVIEW = "prompts/promptsync.preview.pr-1.lock.json"


def test_a_preview_that_one_machine_made_another_one_ends(
    world: World, checkout: Checkout, hub: Checkout, machine: Callable[[], World]
) -> None:
    world.apply()
    world.write(KEY, current("Changed."))
    made = world.run("preview apply", "--name", "pr-1", "--format", "json")
    assert made.code == 0
    assert keys(hub) == list(lock(hub, PREVIEW)["prompts"]) == [KEY]
    assert "Promptsync-Target: preview.pr-1" in hub.git("log", "-1", "--format=%B", STATE)
    assert checkout.git("status", "--porcelain") == " M prompts/Default/refund.yaml\n"
    there = machine()
    assert there.run("preview list", "--format", "json").json == made.json
    assert there.plan().code == 0
    assert there.run("preview delete", "--name", "pr-1").code == 0
    assert [prompt["_id"] for prompt in world.sandbox.prompts()] == [lock(hub)["prompts"][KEY]["id"]]
    assert hub.git("ls-tree", "-r", "--name-only", STATE).split() == [PLACE]
    assert world.run("preview list").out == "there is no preview\n"
    assert world.run("preview delete", "--name", "pr-1").code == 0


def test_two_machines_bring_two_previews_home_at_once(
    world: World, checkout: Checkout, hub: Checkout, machine: Callable[[], World]
) -> None:
    world.apply()
    there = machine()
    assert there.run("preview list").code == 0
    for one, name in ((world, "pr-1"), (there, "pr-2")):
        one.write(KEY, current(f"Of {name}."))
        assert one.run("preview apply", "--name", name).code == 0
    told = world.run("preview list", "--format", "json").json
    assert [one["preview"] for one in told] == ["pr-1", "pr-2"]
    assert len({one["prompts"][KEY]["id"] for one in told}) == 2


def test_a_preview_whose_lockfile_did_not_come_home_is_brought_there_by_the_next_run(
    world: World, checkout: Checkout, hub: Checkout
) -> None:
    world.apply()
    world.write(KEY, current("Changed."))
    with Offline(hub):
        ran = world.run("preview apply", "--name", "pr-1")
        assert ran.code == 6
        assert "run this again" in ran.err
        assert len(world.sandbox.prompts()) == 2
    assert world.run("preview apply", "--name", "pr-1").code == 0
    assert len(world.sandbox.prompts()) == 2
    assert list(lock(hub, PREVIEW)["prompts"]) == [KEY]


def test_while_there_are_previews_the_lockfiles_stay_where_they_are(world: World, checkout: Checkout) -> None:
    world.apply()
    world.write(KEY, current("Changed."))
    assert world.run("preview apply", "--name", "pr-1").code == 0
    ran = world.run("lock move-home", "--tree")
    assert ran.code == 1
    assert "the preview pr-1, whose lockfile would stay behind" in ran.err
    assert "promptsync preview delete --name pr-1 --target default" in ran.err
    assert world.run("preview delete", "--name", "pr-1").code == 0
    assert world.run("lock move-home", "--tree").code == 0
