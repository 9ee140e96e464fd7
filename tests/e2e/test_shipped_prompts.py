"""The shipped prompts, as a newcomer applies them: in the embedded service, and over HTTP on services of every age."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from promptsync.cli import main as cli
from promptsync.sandbox import Behaviour
from promptsync.sandbox.validation import document
from tests.e2e.world import Ran, World

if TYPE_CHECKING:
    from collections.abc import Callable

SHIPPED = Path(__file__).parents[2] / "prompts"
KEYS = sorted(path.relative_to(SHIPPED).with_suffix("").as_posix() for path in SHIPPED.glob("[!.]*/**/*.yaml"))

# What the classic dialect has no place for, in the shipped prompts that use it.
ONLY_CURRENT = {
    "Default/Data/question-to-sql": "prompt.stop",
    "Default/Documents/summarise": "prompt.cache",
    "Default/Engineering/review-diff": "prompt.guardrails",
    "Default/Support/order-status": "prompt.tool_choice, prompt.parallel_tool_calls",
    "Default/Support/triage": "prompt.fallbacks, prompt.retry",
}


def copy_shipped(root: Path) -> None:
    shutil.copytree(SHIPPED, root, ignore=shutil.ignore_patterns(".promptsync", "*.lock.json"), dirs_exist_ok=True)


@pytest.fixture
def shipped(world: World) -> World:
    copy_shipped(world.root)
    return world


@pytest.fixture
def embedded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs commands on a copy of the shipped prompts and the embedded service: no key, no network."""
    root = tmp_path / "prompts"
    copy_shipped(root)

    def run(command: str, *arguments: str) -> Ran:
        capsys.readouterr()
        code = cli.run([command, "--dir", str(root), "--target", "sandbox", *arguments])
        return Ran(code, *capsys.readouterr())

    return run


def test_a_newcomer_applies_edits_and_applies_again(embedded: Callable[..., Ran], tmp_path: Path) -> None:
    applied = embedded("apply", "--yes")
    assert (applied.code, applied.err) == (0, "")
    assert applied.out.endswith(f"Applied: {len(KEYS)} created.\n")

    again = embedded("plan", "--detailed-exitcode")
    assert again.code == 0
    assert again.out.endswith(f"No changes. {len(KEYS)} prompts are as the files say.\n")

    file = tmp_path / "prompts/Default/Support/refund.yaml"
    file.write_text(file.read_text().replace("temperature: 0.3", "temperature: 0.5"))
    edited = embedded("plan", "--detailed-exitcode")
    assert edited.code == 2
    assert "~  update    Default/Support/refund" in edited.out
    assert "prompt.temperature: 0.3 → 0.5" in edited.out
    assert edited.out.endswith(f"Plan: 1 to update; {len(KEYS) - 1} unchanged.\n")

    assert embedded("apply", "--yes").out.endswith("Applied: 1 updated.\n")
    assert embedded("plan", "--detailed-exitcode").code == 0


def test_a_reset_forgets_what_was_applied(embedded: Callable[..., Ran], tmp_path: Path) -> None:
    embedded("apply", "--yes")
    assert cli.run(["sandbox", "reset", "--dir", str(tmp_path / "prompts")]) == 0
    assert embedded("plan").out.endswith(f"Plan: {len(KEYS)} to create; 0 unchanged.\n")


@pytest.mark.parametrize(
    "behaviour", [Behaviour(dialect="current"), Behaviour(dialect="both")], ids=lambda each: each.dialect
)
def test_all_arrive_at_todays_service_as_their_files_say(shipped: World) -> None:
    applied = shipped.apply()
    assert (applied.code, sorted(shipped.lock["prompts"])) == (0, KEYS), applied.out
    assert {key: shipped.sandbox.path_of(shipped.id(key)) for key in KEYS} == {
        key: key.rpartition("/")[0] for key in KEYS
    }
    assert shipped.plan().code == 0
    assert shipped.plan_json()["summary"]["unchanged"] == len(KEYS)


@pytest.mark.parametrize("behaviour", [Behaviour(dialect="classic")])
def test_a_classic_service_gets_what_it_can_hold_and_the_rest_says_why_not(shipped: World) -> None:
    applied = shipped.apply()
    assert applied.code == 4
    assert sorted(shipped.lock["prompts"]) == [key for key in KEYS if key not in ONLY_CURRENT]
    for key, fields in ONLY_CURRENT.items():
        assert f"failed         create    {key}" in applied.out
        assert f"the service takes only `prompt_config`, which has no place for {fields}" in applied.out
    assert shipped.actions() == dict.fromkeys(sorted(ONLY_CURRENT), "create")
    assert shipped.plan("--only", "Default/C*/**", "--only", "Default/Prompts/*").code == 0


@cache
def validator(shape: str) -> Draft202012Validator:
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{shape}", "components": document()["components"]},
    )


@pytest.mark.parametrize(
    ("behaviour", "block", "prefix"),
    [
        pytest.param(Behaviour(dialect="current"), "prompt", "", id="current"),
        pytest.param(Behaviour(dialect="classic"), "prompt_config", "Classic", id="classic"),
    ],
)
def test_every_request_is_valid_by_the_apis_own_schemas(shipped: World, block: str, prefix: str) -> None:
    shipped.apply()
    for key in shipped.lock["prompts"]:
        file = shipped.root / f"{key}.yaml"
        file.write_text(file.read_text().replace("description: ", "description: Newly, "))
    assert shipped.apply().code in (0, 4)

    created = [body for body in shipped.sent("POST") if block in body]
    updated = [body for body in shipped.sent("PATCH") if block in body]
    assert len(created) == len(updated) == len(shipped.lock["prompts"])
    for bodies, shape in ((created, "CreatePromptRequest"), (updated, "UpdatePromptRequest")):
        for body in bodies:
            assert [error.message for error in validator(f"{prefix}{shape}").iter_errors(body)] == []
