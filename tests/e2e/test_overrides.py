"""What a target says of its prompts whatever their files say, and which of them it holds at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.e2e.world import World

A, B = "Default/Support/a", "Default/b"
FILE = "prompt:\n  model: openai/gpt-4o\n  temperature: 0.2\n  messages:\n    - {role: user, content: hello}\n"
STAGING = """\
targets:
  staging:
    path_prefix: Staging
    overrides:
      - match: "Default/Support/**"
        set:
          prompt: {model: openai/gpt-4o-mini, temperature: null}
"""


def configure(world: World, text: str) -> None:
    (world.root / "promptsync.yaml").write_text(text, encoding="utf-8")


def held(world: World, key: str) -> Any:
    return world.held(key)["prompt"]


def resolved(world: World) -> list[str]:
    shown = world.run("validate", "--resolved", A).out.replace(f"{world.root}/", "")
    return [" ".join(line.split()) for line in shown.splitlines()]


@pytest.fixture
def staging(world: World) -> World:
    """Two prompts on the service, of the target `staging`."""
    configure(world, STAGING)
    for key in (A, B):
        world.write(key, FILE)
    world.target = "staging"
    assert world.apply().code == 0
    return world


def test_one_tree_goes_to_two_targets_and_each_gets_its_own(staging: World) -> None:
    assert held(staging, A)["model"] == "openai/gpt-4o-mini"
    assert held(staging, B)["model"] == "openai/gpt-4o"
    assert staging.plan().code == 0
    staging.target = "default"
    assert staging.apply("--create-twins").code == 0
    assert held(staging, A)["model"] == "openai/gpt-4o"
    assert staging.plan().code == 0


def test_a_change_of_an_override_shows_what_it_reaches_and_where_it_stands(staging: World) -> None:
    configure(staging, STAGING.replace("gpt-4o-mini", "gpt-4.1"))
    assert "override from promptsync.yaml:7: prompt.model" in staging.plan().out
    (change,) = staging.plan_json()["changes"]
    assert change["origins"] == [{"field": "prompt.model", "place": "promptsync.yaml", "line": 7, "kind": "override"}]


def test_every_value_of_a_prompt_and_where_it_stands(staging: World) -> None:
    said = resolved(staging)
    assert 'promptsync.yaml:7 prompt.model: "openai/gpt-4o-mini"' in said
    assert f'{A}.yaml:5 prompt.messages[0].role: "user"' in said
    assert not any("temperature" in line for line in said)


def test_a_later_override_wins(staging: World) -> None:
    configure(staging, STAGING + '      - match: "**/a"\n        set: {prompt: {model: openai/gpt-4.1}}\n')
    assert 'promptsync.yaml:9 prompt.model: "openai/gpt-4.1"' in resolved(staging)


def test_an_edit_of_what_the_target_overrides_is_not_pulled(staging: World) -> None:
    staging.edit(A, model="openai/gpt-4.1")
    ran = staging.run("pull")
    assert ran.code == 3
    assert (
        "`prompt.model` is an override from promptsync.yaml:7, which the file has no say in: change or remove it there"
        in ran.out + ran.err
    )
    assert (staging.root / f"{A}.yaml").read_text(encoding="utf-8") == FILE


def test_an_edit_of_something_else_comes_into_the_file(staging: World) -> None:
    staging.edit(A, seed=7)
    assert staging.run("pull").code == 0
    assert staging.read(A)["prompt"]["seed"] == 7
    assert staging.read(A)["prompt"]["model"] == "openai/gpt-4o"
    assert staging.plan().code == 0


@pytest.mark.parametrize(
    ("override", "place", "said"),
    [
        ("{match: '**', set: {promt: {}}}", "5:29", "unknown key `promt`"),
        ("{match: '**', set: {prompt: {messages: []}}}", "5:38", "`messages` cannot be shared"),
        ("{match: '**', set: {display_name: x}}", "5:29", "`display_name` cannot be shared"),
        ("{match: '**', set: {prompt: {temperature: 9}}}", "5:51", "`temperature` is 9, expected at most 2"),
        ("{match: 3, set: {prompt: {n: 1}}}", "5:17", "`match` must be a glob over keys"),
        ("{match: '**'}", "5:9", "`set` must be a mapping as in a prompt file"),
        ("{match: '**', set: {}}", "5:28", "`set` must be a mapping as in a prompt file"),
        ("{match: '**', sett: {prompt: {n: 1}}}", "5:23", "unknown key `sett`"),
        ("3", "5:9", "`targets.staging.overrides[0]` must be a mapping"),
    ],
)
def test_an_override_that_cannot_be_is_refused_where_it_stands(
    staging: World, override: str, place: str, said: str
) -> None:
    configure(staging, f"targets:\n  staging:\n    path_prefix: Staging\n    overrides:\n      - {override}\n")
    ran = staging.run("validate")
    assert ran.code == 1
    assert f"promptsync.yaml:{place}: error: {said}" in ran.err


def test_a_key_of_the_service_in_an_override_is_refused_and_not_told(
    staging: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORQ_API_KEY", "a-key-that-is-long-enough")
    configure(staging, STAGING.replace("openai/gpt-4o-mini", "a-key-that-is-long-enough"))
    ran = staging.run("plan")
    assert ran.code == 1
    assert "promptsync.yaml:7:27: error: an API key of orq.ai stands here" in ran.err
    assert "a-key-that" not in ran.out + ran.err


def test_an_override_that_makes_no_valid_prompt_is_told_where_it_stands(staging: World) -> None:
    staging.write(A, FILE.replace("temperature: 0.2", "thinking: {type: enabled, budget_tokens: 9}"))
    configure(staging, STAGING.replace("temperature: null", "thinking: {type: disabled}"))
    ran = staging.run("validate")
    assert f"{A}.yaml:3:" in ran.err
    assert "budget_tokens" in ran.err


def test_a_glob_that_matches_nothing_is_told(staging: World) -> None:
    configure(staging, STAGING.replace("Default/Support/**", "Default/Suport/**") + "    except: [nothing]\n")
    err = staging.run("validate").err
    assert "promptsync.yaml: targets.staging.overrides: warning: `Default/Suport/**` matches no prompt file" in err
    assert "promptsync.yaml: targets.staging.except: warning: `nothing` matches no prompt file" in err


def test_a_target_holds_only_what_it_says(world: World) -> None:
    configure(world, "targets:\n  default: {only: ['Default/**'], except: ['Default/Support/**']}\n")
    world.write(A, FILE)
    world.write(B, FILE)
    assert world.actions() == {B: "create"}
    assert world.apply().code == 0
    assert world.names() == ["b"]
    assert world.plan().code == 0


def test_what_a_target_holds_no_more_stays_and_is_told(staging: World) -> None:
    configure(staging, STAGING + "    except: ['Default/Support/**']\n")
    ran = staging.plan()
    assert ran.code == 0
    assert "`only` and `except` of the target leave this key out and the prompt stays on the service" in ran.out
    assert staging.apply().code == 0
    assert staging.names() == ["a", "b"]
    verified = staging.run("lock verify")
    assert f"{A}: locked, and `only` and `except` of the target leave this key out" in verified.out + verified.err


def test_a_prune_deletes_it_and_says_why(staging: World) -> None:
    configure(staging, STAGING + "    except: ['Default/Support/**']\n")
    out = staging.plan("--prune").out
    assert "its file is not of this target; the content is archived first" in out
    assert "warning: `only` and `except` of the target leave this key out" in out
    assert staging.apply("--prune").code == 0
    assert staging.names() == ["b"]


def test_what_a_target_holds_no_more_has_not_moved(staging: World) -> None:
    """A new file that says the same is a new prompt: the old one's file is where it was."""
    staging.write("EU/a", FILE)
    configure(staging, STAGING + "    only: ['EU/**', 'Default/b']\n")
    assert staging.actions("--create-twins") == {A: "orphan", "EU/a": "create"}


def test_a_target_that_holds_nothing_is_an_error_and_never_a_mass_delete(staging: World) -> None:
    configure(staging, STAGING + "    only: [Nothing/**]\n")
    ran = staging.apply("--prune")
    assert ran.code == 1
    assert "holds none of the 2 prompt files: `only` and `except` leave them all out" in ran.err
    assert staging.names() == ["a", "b"]


def test_no_command_makes_a_file_that_the_target_does_not_hold(staging: World) -> None:
    configure(staging, STAGING + "    except: ['Drafts/**']\n")
    moved = staging.run("mv", B, "Drafts/b")
    assert moved.code == 64
    assert "`only` and `except` of `targets.staging` in promptsync.yaml leave it out" in moved.err
    staging.add_unmanaged("c")
    assert "Drafts/c would not be of the target “staging”" in staging.run("import", "--all", "--into", "Drafts").err
    assert not (staging.root / "Drafts").exists()
