"""Previews by the whole command line: what a branch changes, made for a time beside what is live."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.apply.journal import Journal
from promptsync.model.canonical import source_hash
from promptsync.model.prompt import Prompt
from promptsync.plan.changes import Intent
from promptsync.sandbox import Fault
from tests.e2e.checkout import Checkout
from tests.e2e.world import KEY, World, current, wait_for

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "Default/greeting"
SHARED = "Default/shared"


@pytest.fixture
def live(world: World) -> World:
    """Three prompts are live."""
    for key in (KEY, OTHER, SHARED):
        world.write(key, current(f"Live {key}."))
    assert world.apply().code == 0
    return world


def preview(world: World, name: str = "pr-1", *arguments: str) -> dict[str, Any]:
    """Makes a preview; gives its prompts by key."""
    ran = world.run("preview apply", "--name", name, "--format", "json", *arguments)
    assert ran.code == 0, ran.err
    (told,) = ran.json
    prompts: dict[str, Any] = told["prompts"]
    return prompts


def delete(world: World, name: str = "pr-1") -> None:
    ran = world.run("preview delete", "--name", name)
    assert ran.code == 0, ran.err


def text(world: World, id: str) -> str:
    held = next(prompt for prompt in world.sandbox.prompts() if prompt["_id"] == id)
    return str(held["prompt"]["messages"][0]["content"])


def ids(world: World) -> set[str]:
    return {prompt["_id"] for prompt in world.sandbox.prompts()}


def test_a_preview_is_of_what_is_changed_alone_and_is_called_by_ids_of_its_own(live: World) -> None:
    before, lock = ids(live), live.lock_path.read_bytes()
    live.write(KEY, current("Changed."))
    made = preview(live)
    assert list(made) == [KEY]
    assert ids(live) == before | {made[KEY]["id"]}
    assert text(live, made[KEY]["id"]) == "Changed."
    assert text(live, live.id(KEY)) == f"Live {KEY}."
    assert live.sandbox.path_of(made[KEY]["id"]) == "Preview/pr-1/Default"
    assert made[KEY]["display_name"] == "refund"
    assert live.lock_path.read_bytes() == lock
    delete(live)
    assert ids(live) == before
    assert live.lock_path.read_bytes() == lock
    assert not (live.root / ".promptsync/previews/pr-1.lock.json").exists()


def test_where_nothing_is_changed_that_is_said(live: World) -> None:
    before = ids(live)
    ran = live.run("preview apply", "--name", "pr-1")
    assert ran.code == 0
    assert "nothing is changed, so no prompt belongs to the preview pr-1" in ran.err
    assert ids(live) == before


def test_an_application_is_given_the_ids_of_the_preview_and_for_the_rest_what_is_live(live: World) -> None:
    before = live.run("ids").json
    live.change(KEY, lambda data: data["prompt"].update(temperature=0.9))
    preview(live)
    given = live.run("ids", "--preview", "pr-1").json
    assert given.keys() == before.keys()
    assert [key for key in before if given[key] != before[key]] == [KEY]
    assert live.run("ids").json == before
    told = live.run("ids", "--preview", "pr-1", "--format", "env").out
    assert told.startswith("# Ids of the target default, preview pr-1, made by")
    assert given[KEY] in told
    assert "there is no preview pr-2" in live.run("ids", "--preview", "pr-2").err
    assert live.run("ids", "--preview", "../x").code == 64


def test_a_second_push_brings_it_up_to_date_and_what_it_drops_is_deleted(live: World) -> None:
    before = ids(live)
    live.write(KEY, current("Changed."))
    live.write(OTHER, current("Changed too."))
    first = preview(live)
    live.write(KEY, current("Changed again."))
    live.write(OTHER, current(f"Live {OTHER}."))
    second = preview(live)
    assert list(second) == [KEY]
    assert second[KEY]["id"] == first[KEY]["id"]
    assert text(live, second[KEY]["id"]) == "Changed again."
    assert ids(live) == before | {second[KEY]["id"]}
    live.write(KEY, current(f"Live {KEY}."))
    assert preview(live) == {}
    assert ids(live) == before
    assert live.run("preview list").out == "there is no preview\n"


def test_a_prompt_that_is_renamed_in_the_branch_keeps_the_id_of_its_preview(live: World) -> None:
    live.write(KEY, current("Changed."))
    first = preview(live)
    live.remove(KEY)
    live.write("Default/renamed", current("Changed."))
    assert preview(live)["Default/renamed"]["id"] == first[KEY]["id"]


def test_two_previews_of_the_same_prompt_do_not_meet(live: World) -> None:
    before = ids(live)
    live.write(KEY, current("Of the first."))
    first = preview(live, "pr-1")
    live.write(KEY, current("Of the second."))
    second = preview(live, "pr-2")
    assert first[KEY]["id"] != second[KEY]["id"]
    delete(live, "pr-1")
    assert ids(live) == before | {second[KEY]["id"]}
    assert text(live, second[KEY]["id"]) == "Of the second."
    delete(live, "pr-2")
    assert ids(live) == before


def test_the_previews_of_two_targets_may_have_one_name(live: World) -> None:
    (live.root / "promptsync.yaml").write_text("targets: {staging: {path_prefix: Staging}}\n", encoding="utf-8")
    live.write(KEY, current("Changed."))
    first = preview(live)
    staging = replace(live, target="staging")
    second = preview(staging)
    assert len(second) == 3
    delete(live)
    assert {one["id"] for one in second.values()} < ids(live)
    assert first[KEY]["id"] not in ids(live)


def test_an_apply_of_the_target_does_not_touch_a_preview_even_where_it_takes_over_by_name(live: World) -> None:
    """`exclusive` adopts an unmanaged prompt of the name: that of a preview is managed."""
    (live.root / "promptsync.yaml").write_text("targets: {default: {exclusive: true}}\n", encoding="utf-8")
    live.write("Default/new", current("New."))
    made = preview(live)
    assert live.apply().code == 0
    assert live.id("Default/new") != made["Default/new"]["id"]
    assert made["Default/new"]["id"] in ids(live)


def test_what_was_edited_or_deleted_in_the_preview_is_as_the_branch_says_again(live: World) -> None:
    live.write(KEY, current("Changed."))
    made = preview(live)
    live.sandbox.ui_edit(made[KEY]["id"], {"prompt": {"temperature": 0.9}})
    assert preview(live)[KEY]["id"] == made[KEY]["id"]
    held = next(prompt for prompt in live.sandbox.prompts() if prompt["_id"] == made[KEY]["id"])
    assert held["prompt"]["temperature"] == 0.2
    live.sandbox.ui_delete(made[KEY]["id"])
    assert text(live, preview(live)[KEY]["id"]) == "Changed."


def test_a_protected_prompt_has_a_preview_that_ends(live: World) -> None:
    before = ids(live)
    live.write(KEY, {"protected": True, **current("Changed.")})
    preview(live)
    delete(live)
    assert ids(live) == before


def test_what_a_preview_held_is_not_what_restore_brings_back(live: World) -> None:
    live.write(KEY, current("Changed."))
    preview(live)
    delete(live)
    assert not (live.root / ".promptsync/archive").exists()
    assert len(list((live.root / ".promptsync/previews/archive").iterdir())) == 1


def test_since_a_ref_git_says_what_is_changed_and_the_live_prompts_are_not_read(live: World) -> None:
    checkout = Checkout.init(live.root.parent)
    checkout.commit("live")
    checkout.git("switch", "--quiet", "--create", "topic")
    live.write(KEY, current("Changed."))
    checkout.commit("change one")
    checkout.git("switch", "--quiet", "main")
    live.write(OTHER, current("Moved on."))
    checkout.commit("main moves on")
    checkout.git("switch", "--quiet", "topic")
    assert list(preview(live, "pr-1", "--since", "main")) == [KEY]


def test_a_text_that_several_share_is_a_change_of_each(live: World) -> None:
    messages = [{"role": "system", "content_file": "policy.md"}]
    for key in (KEY, OTHER):
        live.write(key, {"prompt": {"model": "openai/gpt-4o", "messages": messages}})
    (live.root / "Default/policy.md").write_text("Be kind.", encoding="utf-8")
    Checkout.init(live.root.parent).commit("shared")
    (live.root / "Default/policy.md").write_text("Be brief.", encoding="utf-8")
    assert sorted(preview(live, "pr-1", "--since", "HEAD")) == sorted([KEY, OTHER])


@pytest.mark.parametrize("ref", ["no-such", "--all", "HEAD:prompts", "a\nb", ""])
def test_a_ref_that_names_no_commit_is_told(live: World, ref: str) -> None:
    Checkout.init(live.root.parent).commit("live")
    ran = live.run("preview apply", "--name", "pr-1", f"--since={ref}")
    assert ran.code == 64
    assert "in this clone" in ran.err
    assert live.run("preview list").out == "there is no preview\n"


def test_an_old_commit_cannot_lay_a_file_elsewhere(live: World, tmp_path: Path) -> None:
    """A link in the tree of a commit leads out, and another entry would be written through it."""
    checkout = Checkout.init(live.root.parent)
    outside = tmp_path / "outside"
    outside.mkdir()
    (live.root / "Default/link").symlink_to(outside)
    (live.root / "Default/out.yaml").symlink_to("/etc/hostname")
    checkout.commit("links")
    (live.root / "Default/link").unlink()
    (live.root / "Default/out.yaml").unlink()
    checkout.commit("no links")
    ran = live.run("preview apply", "--name", "pr-1", "--since", "HEAD~1")
    assert ran.code == 1
    assert "Default/out.yaml" in ran.err
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("name", ["", "PR-1", "../x", "a/b", "a.b", "-x", "x" * 65, "a b", "a\n"])
def test_a_name_is_plain(live: World, name: str) -> None:
    for verb in ("apply", "delete", "list"):
        assert live.run(f"preview {verb}", f"--name={name}").code == 64


def test_an_old_preview_is_swept_and_a_young_one_is_not(live: World) -> None:
    before = ids(live)
    live.write(KEY, current("Changed."))
    preview(live, "old")
    time.sleep(0.01)
    then = datetime.now(UTC).isoformat()
    young = preview(live, "young")
    assert live.run("preview sweep", "--older-than", "7d").out == "no preview is that old\n"
    ran = live.run("preview sweep", "--older-than", then)
    assert ran.code == 0
    assert ran.out.endswith("1 preview swept\n")
    assert ids(live) == before | {young[KEY]["id"]}
    assert [one["preview"] for one in live.run("preview list", "--format", "json").json] == ["young"]


def test_one_preview_that_cannot_be_swept_keeps_no_other_from_it(live: World) -> None:
    before = ids(live)
    live.write(KEY, current("Changed."))
    preview(live, "a-other")
    preview(live, "b-old")
    path = live.root / ".promptsync/previews/a-other.lock.json"
    lock = json.loads(path.read_text(encoding="utf-8"))
    kept = lock["prompts"][KEY]["id"]
    path.write_text(json.dumps({**lock, "workspace": {"owner": "another"}}), encoding="utf-8")
    ran = live.run("preview sweep", "--older-than", "2199-01-01")
    assert (ran.code, "belongs to the workspace another" in ran.err) == (1, True)
    assert ids(live) == before | {kept}


def test_a_preview_whose_prompts_are_all_gone_is_told_and_can_be_forgotten(live: World) -> None:
    for key in (KEY, OTHER, SHARED):
        live.write(key, current(f"Changed {key}."))
    for one in preview(live).values():
        live.sandbox.ui_delete(one["id"])
    ran = live.run("preview delete", "--name", "pr-1")
    assert ran.code == 1
    assert "promptsync preview delete --forget --name pr-1" in ran.err
    assert live.run("preview delete", "--forget", "--name", "pr-1").code == 0
    assert live.run("preview list").out == "there is no preview\n"


def test_a_preview_may_have_a_key_of_its_own(live: World, monkeypatch: pytest.MonkeyPatch) -> None:
    config = "preview: {path_prefix: Try/Out, api_key_env: ORQ_PREVIEW_KEY}\n"
    (live.root / "promptsync.yaml").write_text(config, encoding="utf-8")
    Checkout.init(live.root.parent).commit("live")
    live.write(KEY, current("Changed."))
    ran = live.run("preview apply", "--name", "pr-1")
    assert ran.code == 1
    assert "ORQ_PREVIEW_KEY is not set" in ran.err
    monkeypatch.setenv("ORQ_PREVIEW_KEY", "key-for-previews")
    monkeypatch.delenv("ORQ_API_KEY")
    made = preview(live, "pr-1", "--since", "HEAD")
    assert live.sandbox.path_of(made[KEY]["id"]) == "Try/Out/pr-1/Default"
    delete(live)


def test_a_policy_of_the_target_is_no_complaint_about_a_preview(live: World) -> None:
    (live.root / "promptsync.yaml").write_text('policies: {overwrite: ["Default/greet*"]}\n', encoding="utf-8")
    live.write(KEY, current("Changed."))
    ran = live.run("preview apply", "--name", "pr-1")
    assert (ran.code, ran.err) == (0, "")


def test_a_broken_lockfile_of_a_preview_stops_everything_that_could_take_its_prompts(live: World) -> None:
    live.write(KEY, current("Changed."))
    preview(live)
    (live.root / ".promptsync/previews/pr-1.lock.json").write_text("{", encoding="utf-8")
    for command in ("apply --yes", "preview apply --name pr-2", "preview list", "preview sweep --older-than 7d"):
        assert live.run(command).code == 1


def died(world: World, words: str) -> None:
    """A run that made the preview was killed: it was about to create one prompt, and no one knows whether it did."""
    (world.root / ".promptsync").mkdir(mode=0o700, exist_ok=True)
    journal = Journal(world.root / ".promptsync/journal.preview.pr-1.jsonl")
    asked = Prompt("refund", None, {}, "prompt", current(words)["prompt"])
    intent = Intent(KEY, "refund", "Preview/pr-1/Default", source_hash(asked), time.time() - 90, asked=asked)
    journal.begin_create("create", intent)
    journal.close()


def test_what_another_preview_made_at_the_same_time_is_not_taken_for_ours(live: World) -> None:
    """Two runners, neither of which sees the other's lockfile: the same name at the same time, other words."""
    live.write(KEY, current("Of the first."))
    died(live, "Of the first.")
    elsewhere = live.add_unmanaged("refund", current("Of the second."), "Preview/pr-2/Default")
    before = ids(live)
    made = preview(live)
    assert made[KEY]["id"] != elsewhere
    delete(live)
    assert ids(live) == before
    assert text(live, elsewhere) == "Of the second."


def test_what_a_killed_run_made_is_taken_over(live: World) -> None:
    live.write(KEY, current("Of the first."))
    died(live, "Of the first.")
    lost = live.add_unmanaged("refund", current("Of the first."), "Preview/pr-1/Default")
    before = ids(live)
    assert preview(live)[KEY]["id"] == lost
    assert ids(live) == before


def test_what_a_killed_run_made_is_deleted_with_the_preview_whatever_the_file_says_now(live: World) -> None:
    before = ids(live)
    died(live, "Of the first.")
    live.add_unmanaged("refund", current("Of the first."), "Preview/pr-1/Default")
    assert [one["preview"] for one in live.run("preview list", "--format", "json").json] == ["pr-1"]
    delete(live)
    assert ids(live) == before


def test_a_preview_that_is_being_made_is_not_deleted_until_it_is_there(live: World) -> None:
    """Closed while its apply runs, on the same machine."""
    before = ids(live)
    for number in range(6):
        live.write(f"Default/new-{number}", current(f"New {number}."))
    live.sandbox.faults.add(Fault.parse("slow:seconds=0.3,method=POST,times=always"))
    command = [sys.executable, "-m", "promptsync", "preview", "apply", "--dir", str(live.root), "--name", "pr-1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        wait_for(lambda: len(ids(live)) > len(before))
        refused = live.run("preview delete", "--name", "pr-1")
        assert running.wait(30) == 0
    assert (refused.code, "is at work on the target “preview.pr-1”" in refused.err) == (1, True)
    assert len(ids(live)) == len(before) + 6
    delete(live)
    assert ids(live) == before


def test_a_run_that_is_stopped_leaves_a_preview_that_ends(live: World) -> None:
    """A runner that cancels a job interrupts it."""
    before = ids(live)
    for number in range(12):
        live.write(f"Default/new-{number}", current(f"New {number}."))
    live.sandbox.faults.add(Fault.parse("slow:seconds=0.3,method=POST,times=always"))
    command = [sys.executable, "-m", "promptsync", "preview", "apply", "--dir", str(live.root), "--name", "pr-1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        wait_for(lambda: len(ids(live)) > len(before))
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
    assert len(before) < len(ids(live)) < len(before) + 12
    delete(live)
    assert ids(live) == before


def test_the_records_are_plain(live: World) -> None:
    live.write(KEY, current("Changed."))
    preview(live)
    lock = json.loads((live.root / ".promptsync/previews/pr-1.lock.json").read_text(encoding="utf-8"))
    assert list(lock["prompts"]) == [KEY]
    assert lock["prompts"][KEY]["path"] == "Preview/pr-1/Default"
