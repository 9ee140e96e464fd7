"""`_defaults.yaml` in a folder: merged under every file below it, nearest wins, null takes away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.world import World

A, B = "Default/Support/a", "Default/b"
FILE = "prompt:\n  messages:\n    - {role: user, content: hello}\n"
TOP = """\
prompt:
  model: openai/gpt-4o
  temperature: 0.2
metadata: {language: Dutch}
"""
NEAR = """\
# Support answers from a smaller model.
prompt:
  model: openai/gpt-4o-mini
"""


def defaults(world: World, text: str, folder: str = "") -> Path:
    path = world.root / folder / "_defaults.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def held(world: World, name: str) -> Any:
    return next(prompt for prompt in world.sandbox.prompts() if prompt["display_name"] == name)


@pytest.fixture
def two(world: World) -> World:
    """Two prompts, one of them below a nearer default, on the service as the files say."""
    defaults(world, TOP)
    defaults(world, NEAR, "Default/Support")
    for key in (A, B):
        world.write(key, FILE)
    assert world.apply().code == 0
    return world


def text(world: World, key: str) -> str:
    return (world.root / f"{key}.yaml").read_text(encoding="utf-8")


def test_the_nearest_default_is_what_the_service_gets(two: World) -> None:
    assert held(two, "b")["prompt"]["model"] == "openai/gpt-4o"
    assert held(two, "a")["prompt"] | {"model": "openai/gpt-4o-mini", "temperature": 0.2} == held(two, "a")["prompt"]
    assert held(two, "a")["metadata"]["language"] == "Dutch"
    assert two.plan().code == 0


def test_a_null_in_the_file_takes_a_default_away(two: World) -> None:
    two.write(A, "metadata: null\n" + FILE.replace("prompt:\n", "prompt:\n  temperature: null\n"))
    assert [(item["field"], item["op"]) for item in two.plan_json()["changes"][0]["diff"]] == [
        ("metadata.language", "remove"),
        ("prompt.temperature", "remove"),
    ]
    assert two.apply().code == 0
    assert two.plan().code == 0


def test_a_change_of_one_default_shows_every_prompt_that_it_reaches_and_where_it_stands(two: World) -> None:
    defaults(two, TOP.replace("0.2", "0.7"))
    shown = two.plan("--offline").out + two.plan().out
    assert f"_defaults.yaml reaches 2 prompts: {A}, {B}." in shown
    assert "default from _defaults.yaml:3: prompt.temperature" in shown
    (first, second) = two.plan_json()["changes"]
    assert (first["key"], second["key"]) == (A, B)
    where = {"field": "prompt.temperature", "place": "_defaults.yaml", "line": 3, "kind": "default"}
    assert first["origins"] == second["origins"] == [where]


def test_a_default_of_one_dialect_is_for_files_of_that_dialect(world: World) -> None:
    defaults(world, TOP + "prompt_config: {model: gpt-4, provider: openai}\n")
    world.write(A, FILE)
    world.write(B, FILE.replace("prompt:", "prompt_config:"))
    said = world.run("validate", "--resolved", B).out
    assert 'prompt_config.model: "gpt-4"' in said
    assert "prompt.model" not in said
    assert "prompt_config" not in world.run("validate", "--resolved", A).out


def test_every_value_of_a_prompt_and_where_it_stands(two: World) -> None:
    (two.root / "Default/Support/a.md").write_text("Hello,\nyou.\n", encoding="utf-8")
    two.write(A, FILE.replace("content: hello", "content_file: a.md"))
    shown = two.run("validate", "--resolved", A).out.replace(f"{two.root}/", "").splitlines()
    assert [" ".join(line.split()) for line in shown] == [
        'Default/Support/a.yaml display_name: "a"',
        '_defaults.yaml:4 metadata.language: "Dutch"',
        'Default/Support/_defaults.yaml:3 prompt.model: "openai/gpt-4o-mini"',
        "_defaults.yaml:3 prompt.temperature: 0.2",
        'Default/Support/a.yaml:3 prompt.messages[0].role: "user"',
        "Default/Support/a.md prompt.messages[0].content: |",
        "Hello,",
        "you.",
    ]


def test_a_mistake_in_a_default_is_told_once_and_where_it_stands(two: World) -> None:
    path = defaults(two, "prompt:\n  temprature: 1\n  messages: []\ndisplay_name: all\n")
    ran = two.run("validate")
    assert ran.code == 1
    assert ran.err.count(": error: ") == 3
    assert f"{path}:2:3: error: unknown key `temprature` in `prompt`" in ran.err
    assert f"{path}:3:3: error: `messages` cannot be shared: each prompt has messages of its own" in ran.err
    assert f"{path}:4:1: error: `display_name` cannot be shared: each prompt has a name of its own" in ran.err


def test_what_a_rule_finds_in_a_default_is_told_once_and_where_it_stands(two: World) -> None:
    path = defaults(two, TOP.replace("openai/gpt-4o", "gpt-4o"))
    (two.root / "Default/Support/_defaults.yaml").unlink()
    err = two.run("validate").err
    assert err.count(": warning: ") == 1
    assert f"{path}:2:1: warning: " in err


def test_what_only_together_is_wrong_is_told_where_the_value_stands(two: World) -> None:
    path = defaults(two, "prompt:\n  thinking: {budget_tokens: many}\n")
    two.write(A, FILE.replace("prompt:\n", "prompt:\n  thinking: {type: enabled}\n"))
    assert f"{path}:2:29: error: `budget_tokens` is text, expected a number" in two.run("validate").err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<<<<<<< ours\nprompt: {}\n=======\nprompt: {}\n>>>>>>> theirs\n", "_defaults.yaml:1:1: error: "),
        (b"prompt: {model: sk-orq-x}\n- 1\n", "_defaults.yaml:2:1: error: "),
        (b"prompt: {model: \xff}\n", "byte 0xff is not UTF-8"),
        (b"- 1\n", "this is a list, expected a mapping as in a prompt file"),
        (b"a: " + b"x" * (1 << 20), "_defaults.yaml: error: the file "),
        (b"prompt: {}\nprompt: {}\n", "_defaults.yaml:2:1: error: "),
    ],
)
def test_what_is_no_defaults_file_is_refused(two: World, content: bytes, said: str) -> None:
    (two.root / "_defaults.yaml").write_bytes(content)
    ran = two.run("plan")
    assert ran.code == 1
    assert said in ran.err


def test_a_key_of_the_service_in_a_default_is_refused_and_not_told(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORQ_API_KEY", "a-key-that-is-long-enough")
    defaults(two, "prompt:\n  prompt_cache_key: a-key-that-is-long-enough\n")
    ran = two.run("plan")
    assert "_defaults.yaml:2:21: error: an API key of orq.ai stands here" in ran.err
    assert "a-key-that" not in ran.out + ran.err


def test_no_link_leads_out_of_the_root(two: World, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("metadata: {language: German}\n", encoding="utf-8")
    (two.root / "Default/_defaults.yaml").symlink_to(tmp_path / "secret.yaml")
    assert "is a symbolic link that leads out of the prompts folder" in two.run("plan").err


@pytest.mark.parametrize("name", ["_defaults.yml", "_Defaults.yaml"])
def test_a_name_that_only_looks_like_it_is_refused(two: World, name: str) -> None:
    (two.root / name).write_text(TOP, encoding="utf-8")
    ran = two.run("validate")
    assert ran.code == 1
    assert "this is not read: the defaults of a folder stand in _defaults.yaml" in ran.err


def test_a_default_protects_what_lies_below(two: World) -> None:
    defaults(two, NEAR + "protected: true\n", "Default/Support")
    assert two.apply().code == 0
    assert two.lock["prompts"][A].get("protected") is True
    two.remove(A)
    assert two.apply("--prune").code == 0
    assert "a" in two.names()


def test_a_saved_plan_is_stale_when_a_default_that_it_rests_on_moved(two: World) -> None:
    defaults(two, TOP.replace("0.2", "0.7"))
    assert two.run("plan", "--out", str(two.root / "_plan.json")).code == 0
    defaults(two, TOP.replace("0.2", "0.9"))
    assert two.run("apply", "--yes", str(two.root / "_plan.json")).code == 5


def test_a_comment_above_a_default_makes_no_saved_plan_stale(two: World) -> None:
    defaults(two, TOP.replace("0.2", "0.7"))
    assert two.run("plan", "--out", str(two.root / "_plan.json")).code == 0
    shown = two.run("show", str(two.root / "_plan.json"))
    assert "default from _defaults.yaml:3: prompt.temperature" in shown.out
    defaults(two, "# colder\n" + TOP.replace("0.2", "0.7"))
    assert two.run("apply", "--yes", str(two.root / "_plan.json")).code == 0


def test_another_folder_has_other_defaults_and_the_plan_shows_it(two: World) -> None:
    assert two.run("mv", A, "Default/a").code == 0
    (change,) = two.plan_json()["changes"]
    assert (change["action"], change["id"]) == ("update", held(two, "a")["_id"])
    assert [item["field"] for item in change["diff"]] == ["path", "prompt.model"]
    assert two.apply().code == 0
    assert held(two, "a")["prompt"]["model"] == "openai/gpt-4o"


@pytest.mark.parametrize(
    ("there", "file"),
    [
        pytest.param({"temperature": 0.9}, FILE.replace("prompt:\n", "prompt:\n  temperature: 0.9\n"), id="another"),
        pytest.param(
            {"temperature": None}, FILE.replace("prompt:\n", "prompt:\n  temperature: null\n"), id="taken away"
        ),
        pytest.param({"seed": 7}, FILE.replace("prompt:\n", "prompt:\n  seed: 7\n"), id="of no default"),
    ],
)
def test_an_edit_there_comes_into_the_file_and_never_into_the_default(
    two: World, there: dict[str, Any], file: str
) -> None:
    two.edit(A, **there)
    assert two.run("pull").code == 0
    assert two.read(A) == yaml.safe_load(file)
    assert (two.root / "_defaults.yaml").read_text(encoding="utf-8") == TOP
    assert two.plan().code == 0


def test_what_is_as_the_default_again_leaves_the_file(two: World) -> None:
    two.write(A, FILE.replace("prompt:\n", "prompt:\n  temperature: 0.9\n"))
    assert two.apply().code == 0
    two.edit(A, temperature=0.2)
    assert two.run("pull").code == 0
    assert text(two, A) == FILE
    assert two.plan().code == 0


def test_one_element_of_a_list_of_the_defaults_brings_all_of_it_into_the_file(world: World) -> None:
    defaults(world, "prompt:\n  model: openai/gpt-4o\n  fallbacks:\n    - {model: a/one}\n    - {model: a/two}\n")
    world.write(A, FILE)
    assert world.apply().code == 0
    world.edit(A, fallbacks=[{"model": "a/one"}, {"model": "a/three"}])
    assert world.run("pull").code == 0
    assert world.read(A)["prompt"]["fallbacks"] == [{"model": "a/one"}, {"model": "a/three"}]
    assert world.plan().code == 0


def test_an_old_version_comes_back_over_the_defaults(two: World) -> None:
    before = two.lock["prompts"][A]["version"]
    defaults(two, TOP.replace("0.2", "0.7"))
    assert two.apply().code == 0
    assert two.run("restore", A, before).code == 0
    assert two.read(A)["prompt"]["temperature"] == 0.2


def test_an_import_says_nothing_that_the_defaults_say(two: World) -> None:
    messages = [{"role": "user", "content": "hi"}]
    two.add_unmanaged("c", {"prompt": {"model": "openai/gpt-4o", "messages": messages}})
    assert two.run("import", "--all", "--into", "Default").code == 0
    assert two.read("Default/c") == {
        "metadata": {"language": "English"},  # the service's own
        "prompt": {"temperature": None, "messages": messages},
    }
    assert two.plan().code == 0


def test_an_import_into_an_empty_tree_knows_its_defaults(world: World) -> None:
    defaults(world, TOP)
    world.add_unmanaged("c", {"prompt": {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "hi"}]}})
    assert world.run("import", "--all", "--into", "Default").code == 0
    assert "model" not in world.read("Default/c")["prompt"]
    assert world.plan().code == 0
