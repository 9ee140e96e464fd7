"""What goes where, how it looks, and that nothing in a prompt can act on the terminal or the CI that shows it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from promptsync import __version__
from promptsync.cli import main as cli
from promptsync.sandbox import Behaviour
from tests.e2e.goldens import same_as_golden
from tests.e2e.world import KEY, World, current

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J\r\u202eevil\u2066\n::set-output name=token::owned\n##[error]owned\n\x9b31mred\u200b\x00"
)
UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]")


def every_kind_of_change(world: World) -> None:
    """A create, an update, a move, drift, a conflict, an orphan and an unchanged prompt."""
    for name in ("same", "edited", "drifted", "torn", "orphaned"):
        world.write(f"Default/{name}", current(name))
    world.write("Default/Old/moved", {"display_name": "Moved", **current("moved")})
    assert world.apply().code == 0
    world.change("Default/edited", lambda data: data["prompt"].update(temperature=0.7, max_tokens=100))
    for name in ("drifted", "torn"):
        world.edit(f"Default/{name}", temperature=0.9)
    world.change("Default/torn", lambda data: data["prompt"].update(temperature=0.1))
    world.remove("Default/orphaned")
    (world.root / "Default/New").mkdir()
    (world.root / "Default/Old/moved.yaml").rename(world.root / "Default/New/moved.yaml")
    world.write("Default/created", current("created"))


def without_ids(world: World, text: str) -> str:
    for number, prompt in enumerate(sorted(world.sandbox.prompts(), key=lambda each: str(each["display_name"]))):
        text = text.replace(prompt["_id"], f"ID-{number:023}")
    text = re.sub(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "…", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:…", text)
    text = re.sub(r"version [0-9a-z]{16}", "version …", text)
    return re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", text)


def test_the_json_of_a_plan_is_the_shape_that_other_tools_rely_on(world: World) -> None:
    every_kind_of_change(world)
    ran = world.run("plan", "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    same_as_golden("plan.json", without_ids(world, ran.out))
    plan: Any = ran.json
    assert list(plan) == ["format_version", "target", "digest", "summary", "changes"]
    assert list(plan["summary"]) == [
        "create", "update", "move", "adopt", "recreate", "delete", "forget", "drift", "conflict", "orphan", "unchanged",
    ]  # fmt: skip
    for change in plan["changes"]:
        assert list(change) == ["key", "action", "id", "path", "display_name", "digest", "diff", "warnings"]
        for item in change["diff"]:
            assert list(item) == ["field", "op", "before", "after"]
            assert item["op"] in ("add", "remove", "replace")


def test_the_text_of_a_plan_and_of_its_apply(world: World) -> None:
    every_kind_of_change(world)
    same_as_golden("plan.txt", without_ids(world, world.run("plan").out))
    applied = world.apply()
    assert applied.code == 3
    same_as_golden("apply.txt", without_ids(world, applied.out))


def test_two_plans_of_the_same_world_are_the_same_bytes(world: World) -> None:
    every_kind_of_change(world)
    for form in ("text", "json"):
        assert world.run("plan", "--format", form).out == world.run("plan", "--format", form).out


def test_results_go_to_stdout_and_talk_to_stderr(world: World) -> None:
    world.write(KEY, "metadata: {language: Klingon}\nprompt:\n  model: m\n  messages: []\n")
    planned = world.run("plan", "--format", "json", "-v")
    assert planned.json["summary"]["create"] == 1
    assert ": warning: " in planned.err
    assert "GET /v2/prompts" in planned.err
    assert ": warning: " not in planned.out
    assert "key-for-tests" not in planned.err


def test_a_pipe_gets_no_colour_unless_it_asks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    every_kind_of_change(world)
    bad = world.root / "Default/bad.yaml"
    for command in ("plan", "check", "apply --yes"):
        ran = world.run(command)
        assert "\x1b" not in ran.out + ran.err
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in world.run("plan").out
    monkeypatch.setenv("NO_COLOR", "1")
    bad.write_text("prompt: 1\n")
    for command in ("plan", "validate"):
        ran = world.run(command)
        assert "\x1b" not in ran.out + ran.err


def test_nothing_in_a_prompt_reaches_the_output_raw(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    text = HOSTILE.replace("\x00", "")
    world.write(KEY, json.dumps({"display_name": f"refund {text}"[:100], "description": text, **current(text)}))
    world.write("Default/other", current("Hello."))
    ran = [world.plan("--format", form) for form in ("text", "json")]
    ran += [world.plan("-v", "--only", KEY), world.apply(), world.plan()]
    world.sandbox.ui_edit(
        world.id("Default/other"), {"description": HOSTILE, "prompt": {"model": HOSTILE, f"new{HOSTILE}": HOSTILE}}
    )
    ran += [world.plan(), world.plan("--format", "json"), world.run("check")]
    world.change("Default/other", lambda data: data["prompt"].update(temperature=0.9))
    ran += [world.plan(), world.apply(), world.apply("--overwrite", "**")]
    for each in ran:
        for stream in (each.out, each.err):
            assert UNSAFE.search(stream.replace("\r\n", "\n")) is None, repr(stream)
            assert not [line for line in stream.splitlines() if line.startswith(("::", "##["))], stream


def test_nothing_in_a_file_reaches_the_complaints_raw(world: World) -> None:
    path = world.write(KEY, "prompt:\n")
    path.write_bytes(f"prompt: {{::error::{HOSTILE}: 1}}\n".encode())
    world.write("Default/b", f'"{chr(0x202E)}evil": 1\nprompt: {{}}\n')
    world.write("Default/::warning::c", "prompt: {}\n")
    ran = world.run("validate")
    assert ran.code == 1
    assert UNSAFE.search(ran.err) is None, repr(ran.err)
    assert not [line for line in ran.err.splitlines() if line.startswith(("::", "##["))]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["plan", "--nonsense"],
        ["plan", "--format", "yaml"],
        ["apply", "--parallelism", "0"],
        ["apply", "--parallelism", "x"],
        ["adopt", "onlyone"],
        ["apply", "a", "b"],
        ["apply"],
        ["apply", "no-such-plan.json", "--yes"],
    ],
    ids=" ".join,
)
def test_a_wrong_use_is_64_with_a_word_on_it(world: World, arguments: list[str]) -> None:
    world.write(KEY, current())
    world.capsys.readouterr()
    code = cli.run([arguments[0], "--dir", str(world.root), *arguments[1:]])
    out, err = world.capsys.readouterr()
    assert (code, out) == (64, "")
    assert err
    assert "Traceback" not in err
    assert list(world.sandbox.requests) == []


def test_exit_codes_of_plan_and_check(world: World) -> None:
    world.write(KEY, current())
    assert (world.run("plan").code, world.plan().code, world.run("check").code) == (0, 2, 0)
    world.apply()
    assert (world.run("plan").code, world.plan().code, world.run("check").code) == (0, 0, 0)
    world.edit(temperature=0.9)
    assert (world.run("plan").code, world.plan().code, world.run("check").code) == (0, 3, 0)
    assert world.run("check", "--fail-on-drift").code == 3
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.5))
    assert (world.run("plan").code, world.plan().code, world.run("check").code) == (0, 3, 3)


@pytest.mark.parametrize("behaviour", [Behaviour(key="nobody has it")])
def test_offline_needs_neither_key_nor_service(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORQ_API_KEY")
    world.write(KEY, current())
    assert world.plan("--offline").code == 2
    assert world.run("check", "--offline").code == 0
    assert world.run("validate").code == 0
    assert list(world.sandbox.requests) == []


def test_as_a_module_with_its_version_and_help() -> None:
    def module(*arguments: str) -> subprocess.CompletedProcess[str]:
        root = Path(cli.__file__).parents[1]
        return subprocess.run(
            [sys.executable, "-m", "promptsync", *arguments], capture_output=True, text=True, cwd=root, timeout=60
        )

    version = module("--version")
    assert (version.returncode, version.stdout, version.stderr) == (0, f"promptsync {__version__}\n", "")
    shown = module("--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("Usage: promptsync [OPTIONS] COMMAND [ARGS]...")
    wrong = module("nonsense")
    assert (wrong.returncode, wrong.stdout) == (64, "")


def test_no_sentence_repeats_a_key_raw(world: World) -> None:
    key, other = f"Default/{HOSTILE}".replace("\x00", ""), "Default/other"
    world.write(other, current())
    assert world.apply().code == 0
    entry = world.lock["prompts"][other]
    sides = [world.root.parent / name for name in ("base.json", "ours.json", "theirs.json")]
    for number, path in enumerate(sides):
        held = {**entry, "id": f"id-{number}", "version": f"v{number}"}
        path.write_text(json.dumps({**world.lock, "prompts": {key: held}}))
    ran = [world.run("lock merge", *map(str, sides))]
    world.lock_path.write_text(json.dumps({**world.lock, "prompts": {other: entry, key: {**entry, "id": HOSTILE}}}))
    ran += [
        world.run("lock show"),
        world.run("mv", other, key),
        world.run("mv", key, other),
        world.run("adopt", key, "x"),
    ]
    ran += [world.run("history", key), world.run("pull", key), world.run("lock verify"), world.run("lock forget", key)]
    assert any("owned" in each.out + each.err for each in ran)
    for each in ran:
        for stream in (each.out, each.err):
            assert UNSAFE.search(stream) is None, repr(stream)
            assert not [line for line in stream.splitlines() if line.startswith("::") or "##[" in line], stream


def test_json_commands_no_runner_and_says_what_the_prompt_says(world: World) -> None:
    text = "##[error]owned\n##vso[task.setvariable]x\n::error::y"
    world.write(KEY, json.dumps(current(text)))
    ran = world.run("plan", "--format", "json")
    assert "##[" not in ran.out
    assert "##vso[" not in ran.out
    assert text in [item["after"] for item in ran.json["changes"][0]["diff"]]


def test_quiet_says_results_and_errors_alone(applied: World) -> None:
    applied.write("Default/shouting", current("Hi. # not a comment", unheard_of=1))
    assert "unheard_of" in applied.run("validate", "-q").err
    applied.remove("Default/shouting")
    loud, quiet = applied.run("import", "--all"), applied.run("import", "--all", "--quiet")
    assert (loud.err, quiet.err) == ("0 imported, 0 left out\n", "")
    assert applied.run("plan", "--quiet").out == applied.run("plan").out
    assert "error:" in applied.run("mv", "nothing", "Default/else", "-q").err
    assert applied.run("import", "--all").err == "0 imported, 0 left out\n"
