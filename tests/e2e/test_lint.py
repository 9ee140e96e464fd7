"""The rules on the command line: validate, check, and the plan's word on variables."""

from __future__ import annotations

import pytest

from tests.e2e.world import KEY, World, current

ODD = "prompt:\n  model: gpt-4o\n  messages:\n    - role: user\n      content: '{{question}}'\n"


def configured(world: World, text: str) -> None:
    world.root.mkdir(exist_ok=True)
    (world.root / "promptsync.yaml").write_text(text, "utf-8")


def test_validate_tells_the_rule_and_passes_on_a_warning(world: World) -> None:
    path = world.write(KEY, ODD)

    done = world.run("validate")

    assert (done.code, done.out) == (0, "1 prompt file is valid\n")
    assert done.err.splitlines()[0] == f"{path}:2:10: warning: the model `gpt-4o` has no provider [model-provider]"


def test_an_error_of_a_rule_fails_validate_and_check(world: World) -> None:
    world.write(KEY, ODD)
    configured(world, "lint: {rules: {model-provider: error}}\n")

    for command in ("validate", "check", "check --offline"):
        done = world.run(command)
        assert (done.code, done.out) == (1, "")
        assert "error: the model `gpt-4o` has no provider [model-provider]" in done.err
    assert world.run("plan").code == 0


def test_check_warns_of_what_the_rules_find_and_passes(world: World) -> None:
    world.write(KEY, ODD.replace("'{{question}}'", "Issue #3"))
    world.write("Default/other", ODD)

    told = world.run("check").err
    only = world.run("check", "--only", KEY).err

    assert told.count("[model-provider]") == 2
    assert told.count("[cut-text]") == 1
    assert only.count("[model-provider]") == 1


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_a_report_is_the_whole_of_stdout_and_fails_as_the_text_does(world: World, form: str) -> None:
    world.write(KEY, ODD)

    assert world.run("validate", "--format", form).code == 0
    world.write(KEY, "promt: 1\n")
    done = world.run("validate", "--format", form)

    assert (done.code, done.err) == (1, "")
    assert "unknown key `promt`" in done.out


def test_a_rule_is_explained(world: World) -> None:
    configured(world, "")

    assert world.run("validate", "--explain", "secret").out.startswith("# secret\n")
    done = world.run("validate", "--explain", "secrets")
    assert (done.code, done.err.splitlines()[-1]) == (64, "help: did you mean `secret`?")


def test_a_variable_that_an_update_takes_out_is_told_in_the_plan(world: World) -> None:
    world.write(KEY, current("Answer {{question}} for {{name}}"))
    world.apply()

    world.write(KEY, current("Answer {{question}}"))

    assert "it no longer has {{name}}: look at the applications" in world.plan().out
    assert world.apply().code == 0
