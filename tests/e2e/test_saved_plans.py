"""Saved plans: carried out as they were reviewed, or refused before anything is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.output.formats import FORMATS
from promptsync.sandbox import Sandbox, serve
from tests.e2e.world import KEY, World, current

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def saved(world: World, *arguments: str) -> Path:
    """A saved plan that updates `refund` and creates `greeting`; the next to last thing that happened to the world."""
    out = world.root.parent / "plan.json"
    world.write(KEY, current())
    assert world.apply().code == 0
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.7))
    world.write("Default/greeting", current("Greet the customer."))
    planned = world.plan("--out", str(out), *arguments)
    assert planned.code == 2
    assert planned.err == f"saved; carry it out with: promptsync apply {out}\n"
    world.sandbox.requests.clear()
    return out


def test_what_was_reviewed_is_carried_out_and_nothing_else(world: World) -> None:
    plan = saved(world)
    world.write("Default/late", current("Written after the review."))

    applied = world.apply(str(plan))
    assert (applied.code, applied.out.splitlines()[-1]) == (0, "Applied: 1 created, 1 updated.")
    assert world.names() == ["greeting", "refund"]
    assert world.held(KEY)["prompt"]["temperature"] == 0.7
    assert world.actions() == {"Default/late": "create"}


def edit_file(world: World) -> None:
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.8))


def edit_service(world: World) -> None:
    world.edit(temperature=0.9)


def edit_lock(world: World) -> None:
    lock = world.lock
    lock["prompts"][KEY]["remote"] = "sha256:" + "0" * 64
    world.lock_path.write_text(json.dumps(lock))


def lose_lock(world: World) -> None:
    world.lock_path.unlink()


def delete_there(world: World) -> None:
    world.sandbox.ui_delete(world.id(KEY))


def take_the_name(world: World) -> None:
    world.sandbox.ui_create({"display_name": "greeting", "prompt": {"messages": []}})


def remove_file(world: World) -> None:
    world.remove("Default/greeting")


@pytest.mark.parametrize(
    ("move", "moved"),
    [
        (edit_file, KEY),
        (edit_service, KEY),
        (edit_lock, KEY),
        (lose_lock, KEY),
        (delete_there, KEY),
        (take_the_name, "Default/greeting"),
        (remove_file, "Default/greeting"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_world_that_moved_refuses_it(world: World, move: Callable[[World], None], moved: str) -> None:
    plan = saved(world)
    move(world)
    before = world.lock_path.read_bytes() if world.lock_path.exists() else None

    applied = world.apply(str(plan))
    assert (applied.code, applied.out) == (5, "")
    assert applied.err == (
        f"error: the plan is stale: the file, the lock or the service has moved for {moved}\n"
        "help: nothing was written; make a new plan and review it\n"
    )
    assert world.writes == []
    assert (world.lock_path.read_bytes() if world.lock_path.exists() else None) == before


def test_it_is_carried_out_once(world: World) -> None:
    plan = saved(world)
    assert world.apply(str(plan)).code == 0
    world.sandbox.requests.clear()
    again = world.apply(str(plan))
    assert (again.code, world.writes) == (5, [])
    assert "the plan is stale" in again.err


def test_another_target_refuses_it(world: World) -> None:
    (world.root / "promptsync.yaml").write_text(f"targets:\n  staging: {{base_url: '{world.url}'}}\n")
    plan = saved(world)
    world.target = "staging"
    applied = world.apply(str(plan))
    assert (applied.code, world.writes) == (5, [])
    assert "the plan was made for the target “default” at " in applied.err
    assert "not for “staging” at " in applied.err


def test_another_host_refuses_it(world: World) -> None:
    plan = saved(world)
    with Sandbox() as other, serve(other) as server:
        applied = world.apply(str(plan), "--base-url", server.url)
        assert (applied.code, other.prompts()) == (5, [])
    assert "the plan was made for the target “default” at " in applied.err


@pytest.mark.parametrize(
    "option",
    [["--prune"], ["--max-deletes", "9"], ["--overwrite", "**"], ["--create-twins"], ["--only", KEY]],
    ids=lambda each: each[0],
)
def test_it_carries_its_own_options(world: World, option: list[str]) -> None:
    plan = saved(world)
    applied = world.apply(str(plan), *option)
    assert (applied.code, world.writes) == (64, [])
    assert applied.err == (
        "error: a saved plan carries its own --prune, --max-deletes, --overwrite, --create-twins and --only\n"
    )


def test_an_overwrite_is_part_of_what_was_reviewed(world: World) -> None:
    plan = world.root.parent / "plan.json"
    world.write(KEY, current())
    world.write("Default/other", current())
    world.apply()
    for key in (KEY, "Default/other"):
        world.change(key, lambda data: data["prompt"].update(temperature=0.7))
        world.edit(key, temperature=0.9)
    assert world.plan("--overwrite", KEY, "--out", str(plan)).code == 3

    applied = world.apply(str(plan))
    assert applied.code == 3
    assert [world.held(key)["prompt"]["temperature"] for key in (KEY, "Default/other")] == [0.7, 0.9]


def test_only_what_was_chosen_is_part_of_it(world: World) -> None:
    plan = saved(world, "--only", KEY)
    applied = world.apply(str(plan))
    assert (applied.code, world.names()) == (0, ["refund"])


def tampered(world: World, change: Callable[[Any], None]) -> Path:
    plan = saved(world)
    data = json.loads(plan.read_text())
    change(data)
    plan.write_text(json.dumps(data))
    return plan


def spoil(name: str, value: Any) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        data[name] = value

    return change


def forge_digest(data: Any) -> None:
    data["changes"][0]["digest"] = "sha256:" + "0" * 64


def forge_action(data: Any) -> None:
    data["changes"][0]["action"] = "delete"


def forge_key(data: Any) -> None:
    data["changes"][0]["key"] = "Default/other"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (forge_digest, 5, "the plan is stale"),
        (forge_action, 5, "the plan is stale"),
        (forge_key, 5, "the plan is stale"),
        (spoil("target", "production"), 5, "the plan was made for the target “production”"),
        (spoil("format_version", 99), 1, "is a plan of format 99, and this promptsync knows 1"),
        (spoil("changes", {}), 1, "`changes` is no list"),
        (spoil("options", {"prune": True}), 1, "`options` lacks"),
    ],
    ids=["digest", "action", "key", "target", "format", "changes", "options"],
)
def test_a_plan_that_someone_tampered_with_is_refused(
    world: World, change: Callable[[Any], None], code: int, words: str
) -> None:
    applied = world.apply(str(tampered(world, change)))
    assert (applied.code, world.writes) == (code, [])
    assert words in applied.err


def forge_diff(data: Any) -> None:
    data["changes"][1]["diff"][0]["after"] = 0.2


def forge_name(data: Any) -> None:
    data["changes"][0]["display_name"] = "a harmless name"


def drop_field(data: Any) -> None:
    data["changes"][1]["diff"].clear()


def hide_warning(data: Any) -> None:
    data["changes"][1]["warnings"].append("reviewed by security")


def forge_summary(data: Any) -> None:
    data["summary"].update(create=0)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (forge_diff, "changes[1].diff[0].after"),
        (forge_name, "changes[0].display_name"),
        (drop_field, "changes[1].diff"),
        (hide_warning, "changes[1].warnings"),
        (forge_summary, "summary.create"),
        (spoil("digest", "sha256:" + "0" * 64), "digest"),
        (spoil("note", "approved"), "note"),
    ],
    ids=["diff", "name", "no-field", "warning", "summary", "digest", "more"],
)
def test_a_plan_whose_words_were_rewritten_is_refused_and_told_where(
    world: World, change: Callable[[Any], None], place: str
) -> None:
    """What people approved is what they saw: all of it is compared, not what decides alone."""
    plan = tampered(world, change)
    applied = world.apply(str(plan))
    assert (applied.code, applied.out, world.writes) == (1, "", [])
    assert applied.err == (
        f"error: {plan} is not what `plan --out` writes of these changes: `{place}` is something else\n"
        "help: nothing was written; it was edited since, or another promptsync made it: "
        "make it again with `promptsync plan --out FILE`\n"
    )


def test_a_plan_without_a_host_is_none(world: World) -> None:
    plan = saved(world)
    data = json.loads(plan.read_text())
    plan.write_text(json.dumps({**data, "host": None}))
    applied = world.apply(str(plan))
    assert (applied.code, "`host` is no text" in applied.err, world.writes) == (1, True, [])


def test_a_plan_laid_out_anew_is_the_same_plan(world: World) -> None:
    plan = saved(world)
    plan.write_text(json.dumps(json.loads(plan.read_text()), sort_keys=True))
    assert world.apply(str(plan)).code == 0


def test_a_plan_with_drift_and_conflicts_tells_their_sides_again(world: World) -> None:
    world.write("Default/drifted", current("Drifts."))
    world.write("Default/disputed", current("Disputed."))
    assert world.apply().code == 0
    for key in ("Default/drifted", "Default/disputed"):
        world.edit(key, temperature=0.9)
    world.change("Default/disputed", lambda data: data["prompt"].update(temperature=0.1))
    plan = world.root.parent / "plan.json"
    assert world.plan("--out", str(plan)).code == 3
    assert "on the service since version" in plan.read_text()
    applied = world.apply(str(plan))
    assert (applied.code, applied.err) == (3, "")


def test_it_carries_how_many_it_may_delete(world: World) -> None:
    for number in range(11):
        world.write(f"Default/p{number:02}", current(f"Prompt {number}."))
    assert world.apply().code == 0
    for number in range(5):
        world.remove(f"Default/p{number:02}")
    out = world.root.parent / "plan.json"
    refused = world.plan("--prune", "--out", str(out))
    assert (refused.code, out.exists()) == (1, False)
    assert "Plan: 5 to delete" in refused.out
    assert refused.err == (
        "error: the plan deletes 5 of 11 locked prompts, more than 30 %\n"
        "help: if that is meant, say so with --max-deletes 5\n"
    )
    assert world.plan("--prune", "--offline").code == 1
    assert world.plan("--prune", "--max-deletes", "4").code == 1
    assert world.plan("--prune", "--max-deletes", "5", "--out", str(out)).code == 2
    assert json.loads(out.read_text())["options"]["max_deletes"] == 5
    assert (world.apply(str(out)).code, len(world.names())) == (0, 6)


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff", "{}", "null"])
def test_what_is_no_plan_is_refused(world: World, text: str) -> None:
    plan = saved(world)
    plan.write_bytes(text.encode("latin-1"))
    applied = world.apply(str(plan))
    assert (applied.code, applied.out, world.writes) == (1, "", [])
    assert applied.err.startswith(f"error: {plan}")


def test_the_json_that_plan_prints_is_no_saved_plan(world: World) -> None:
    plan = saved(world)
    plan.write_text(world.run("plan", "--format", "json").out)
    applied = world.apply(str(plan))
    assert (applied.code, world.writes) == (1, [])
    assert "lacks `options`, as what `--format json` prints does" in applied.err


def test_neither_the_plan_nor_its_file_holds_the_key(world: World) -> None:
    plan = saved(world)
    assert "key-for-tests" not in plan.read_text()


def test_an_offline_plan_cannot_be_saved(world: World) -> None:
    world.write(KEY, current())
    planned = world.plan("--offline", "--out", str(world.root.parent / "plan.json"))
    assert (planned.code, planned.out) == (64, "")


@pytest.mark.parametrize("form", FORMATS)
def test_show_tells_it_as_plan_did_in_every_format(world: World, form: str) -> None:
    for name in ("drifted", "disputed", "renamed", "gone", "late"):
        world.write(f"Default/{name}", current(f"The text of {name}.", temperature=0.3))
    assert world.apply().code == 0
    for key in ("Default/drifted", "Default/disputed"):
        world.edit(key, temperature=0.9)
    world.change("Default/disputed", lambda data: data["prompt"].update(temperature=0.1))
    world.change("Default/late", lambda data: data["prompt"]["messages"][0].update(content="One.\nTwo.\n"))
    (world.root / "Default/renamed.yaml").rename(world.root / "Default/moved.yml")
    world.remove("Default/gone")
    world.write("Default/new", current("Greet."))
    out = world.root.parent / "plan.json"
    planned = world.run("plan", "--prune", "--out", str(out), "--format", form)
    for key in ("Default/late", "Default/new"):
        world.remove(key)
    world.sandbox.requests.clear()
    shown = world.run("show", str(out), "--format", form)
    assert (shown.code, shown.out) == (0, planned.out)
    assert not world.sandbox.requests
    assert shown.err.startswith("a saved plan: Target “default” (")
    assert shown.err.endswith(f"Made with `--prune`\ncarry it out with: promptsync apply {out}\n")


def test_show_needs_neither_files_nor_key_nor_service(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = saved(world)
    world.root = world.root.parent / "elsewhere"
    monkeypatch.delenv("ORQ_API_KEY")
    shown = world.run("show", str(plan))
    assert shown.code == 0
    assert "Plan: 1 to create, 1 to update; 0 unchanged." in shown.out


@pytest.mark.parametrize("change", [forge_diff, forge_name, forge_summary, spoil("note", "approved")])
def test_show_tells_of_a_plan_that_was_rewritten_what_can_be_known(world: World, change: Callable[[Any], None]) -> None:
    """What a value was, only an apply can tell; that it is not what `plan` writes is refused."""
    plan = saved(world)
    data = json.loads(plan.read_text())
    change(data)
    plan.write_text(json.dumps(data))
    shown = world.run("show", str(plan))
    if change in (forge_diff, forge_name):
        assert shown.code == 0
    else:
        assert (shown.code, shown.out) == (1, "")
        assert "is not what `plan --out` writes of these changes" in shown.err


def test_show_of_no_plan_says_so(world: World) -> None:
    plan = saved(world)
    missing = world.run("show", str(plan.with_name("none.json")))
    assert (missing.code, missing.err) == (64, f"error: there is no plan {plan.with_name('none.json')}\n")
    plan.write_text(world.run("plan", "--format", "json").out)
    assert (world.run("show", str(plan)).code, world.run("show", str(plan), "--format", "pdf").code) == (1, 64)
