"""Targets and policies: where a key may go, what a prefix does, and what the configuration decides."""

from __future__ import annotations

import pytest

from tests.e2e.world import KEY, World, current


def configure(world: World, text: str) -> None:
    (world.root / "promptsync.yaml").write_text(text, encoding="utf-8")


def test_a_policy_overwrites_as_the_option_does(world: World) -> None:
    configure(world, 'policies:\n  overwrite: ["Default/Generated/**"]\n')
    for key in (KEY, "Default/Generated/faq"):
        world.write(key, current())
    world.apply()
    for key in (KEY, "Default/Generated/faq"):
        world.edit(key, temperature=0.9)
    assert world.actions() == {KEY: "drift", "Default/Generated/faq": "update"}
    assert world.apply().code == 0
    assert [world.held(key)["prompt"]["temperature"] for key in (KEY, "Default/Generated/faq")] == [0.9, 0.2]


def test_a_policy_creates_twins(world: World) -> None:
    configure(world, "policies: {create_twins: true}\n")
    world.sandbox.ui_create({"display_name": "refund", "path": "Default"})
    world.write(KEY, current())
    assert (world.apply().code, world.names(), world.plan().code) == (0, ["refund", "refund"], 0)


def test_a_prefix_stands_before_every_path_and_in_no_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(
        world,
        f"targets:\n  staging: {{base_url: '{world.url}', path_prefix: Staging, api_key_env: ORQ_STAGING_KEY}}\n",
    )
    monkeypatch.delenv("ORQ_BASE_URL")
    world.target = "staging"
    world.write(KEY, current())
    world.write("top", current("Directly under the root."))
    without = world.plan()
    assert without.code == 1
    assert "ORQ_STAGING_KEY is not set" in without.err
    monkeypatch.setenv("ORQ_STAGING_KEY", "another-key")
    assert world.apply().code == 0
    assert sorted(world.lock["prompts"]) == [KEY, "top"]
    assert {key: entry["path"] for key, entry in world.lock["prompts"].items()} == {
        KEY: "Staging/Default",
        "top": "Staging",
    }
    assert world.lock_path.name == "promptsync.staging.lock.json"
    assert world.plan().code == 0

    configure(world, (world.root / "promptsync.yaml").read_text().replace("prefix: Staging", "prefix: Test"))
    (change, _) = world.plan_json()["changes"]
    assert (change["action"], change["diff"]) == (
        "update",
        [{"field": "path", "op": "replace", "before": "Staging/Default", "after": "Test/Default"}],
    )
    assert (world.apply().code, world.sandbox.path_of(world.id(KEY)), world.plan().code) == (0, "Test/Default", 0)


def test_a_file_under_the_root_needs_a_prefix(world: World) -> None:
    path = world.write("top", current())
    planned = world.plan()
    assert (planned.code, planned.out) == (1, "")
    assert f"{path}: error: a prompt directly under the root has no path on the service" in planned.err


def test_a_saved_plan_does_not_survive_another_prefix(world: World) -> None:
    configure(world, "targets:\n  default: {path_prefix: One}\n")
    world.write(KEY, current())
    plan = world.root.parent / "plan.json"
    world.plan("--out", str(plan))
    configure(world, "targets:\n  default: {path_prefix: Two}\n")
    assert (world.apply(str(plan)).code, world.writes) == (5, [])


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "http://api.orq.ai",
        "https://orq.ai.evil.example",
        "https://evilorq.ai",
        "https://api.orq.ai@evil.example",
        "https://api.orq.ai\\\\@evil.example",
        "http://169.254.169.254",
        "https://evil.example/#.orq.ai",
        "https://evil.example?.orq.ai",
        "ftp://api.orq.ai",
        "//api.orq.ai",
        "",
    ],
)
@pytest.mark.parametrize("target", ["default", "staging"])
def test_a_configuration_cannot_send_the_key_to_a_new_place(world: World, url: str, target: str) -> None:
    configure(world, f'targets:\n  {target}: {{base_url: "{url}"}}\n')
    world.target = target
    world.write(KEY, current())
    ran = world.plan()
    assert (ran.code, ran.out) == (1, "")
    where = world.root / "promptsync.yaml"
    words = {
        "default": "the target `default` has no `base_url` here",
        "staging": "`base_url` may only be https://….orq.ai or loopback",
    }
    assert ran.err.startswith(f"{where}:2:{len(target) + 16}: error: {words[target]}")
    assert list(world.sandbox.requests) == []


def test_a_configuration_cannot_send_the_key_of_production_to_this_machine(world: World) -> None:
    """Someone else's process may listen there."""
    configure(world, f"targets:\n  default: {{base_url: '{world.url}'}}\n")
    world.write(KEY, current())
    ran = world.plan()
    assert (ran.code, list(world.sandbox.requests)) == (1, [])
    assert "the target `default` has no `base_url` here" in ran.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("allow_fields: [path]\n", "`path` cannot be let through: the folder of the file is the path"),
        ("targets: {default: {path_prefix: ../x}}\n", "`path_prefix` must be a path of folders"),
    ],
)
def test_a_configuration_cannot_send_a_prompt_where_no_plan_says(world: World, text: str, words: str) -> None:
    configure(world, text)
    world.write(KEY, {"path": "Elsewhere", **current()})
    ran = world.apply()
    assert (ran.code, list(world.sandbox.requests)) == (1, [])
    assert words in ran.err


def test_a_key_of_the_service_in_a_prompt_file_is_refused_and_not_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORQ_API_KEY", "a-key-of-the-older-form")
    world.write(KEY, current("Use a-key-of-the-older-form."))
    for command in ("validate", "check", "check --offline", "apply --yes"):
        ran = world.run(command)
        assert (ran.code, "an API key of orq.ai stands here" in ran.err) == (1, True)
        assert "a-key-of-the-older-form" not in ran.out + ran.err
    assert list(world.sandbox.requests) == []


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "PATH", "orq_key", "ORQ_", "ORQ_KEY;X", "1"])
def test_a_configuration_cannot_send_another_secret(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "top-secret")
    configure(world, f"targets:\n  default: {{api_key_env: {name}}}\n")
    world.write(KEY, current())
    ran = world.plan()
    assert ran.code == 1
    assert "`api_key_env` must name a variable that begins with ORQ_" in ran.err
    assert list(world.sandbox.requests) == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://orq.example", "would send the key to orq.example in clear text"),
        ("https://user:pass@orq.example", "holds a user name or password"),
        ("orq.example", "is no URL of a service"),
        ("http://127.0.0.1:99999", "is no URL of a service"),
    ],
)
@pytest.mark.parametrize("how", ["--base-url", "ORQ_BASE_URL"])
def test_a_host_that_a_person_gives_is_looked_at_too(
    world: World, monkeypatch: pytest.MonkeyPatch, url: str, words: str, how: str
) -> None:
    world.write(KEY, current())
    if how == "ORQ_BASE_URL":
        monkeypatch.setenv(how, url)
        ran = world.plan()
    else:
        ran = world.plan(how, url)
    assert (ran.code, ran.out) == (1, "")
    assert f"error: {how} {words}" in ran.err
    assert "pass@" not in ran.err


def test_an_unknown_target_is_told_with_those_there_are(world: World) -> None:
    configure(world, "targets:\n  staging: {path_prefix: Staging}\n")
    world.write(KEY, current())
    world.target = "stagin"
    ran = world.plan()
    assert ran.code in (1, 64)
    assert "stagin" in ran.err
    assert "staging" in ran.err


def test_the_configuration_is_complained_about_with_places_all_at_once(world: World) -> None:
    configure(
        world,
        "targets:\n"
        "  staging: {path_prefx: Staging, exclusive: maybe}\n"
        "  a/b: {}\n"
        "policies:\n"
        "  overwrite: Default/**\n"
        "  create_twin: true\n"
        "max_file_bytes: 0\n",
    )
    world.write(KEY, current())
    ran = world.run("validate")
    where = world.root / "promptsync.yaml"
    assert (ran.code, ran.out) == (1, "")
    errors = [line for line in ran.err.splitlines() if line.startswith(str(where))]
    assert sorted(line.removeprefix(f"{where}:") for line in errors) == [
        "2:13: error: unknown key `path_prefx`; known are api_key_env, base_url, except, exclusive, only, overrides, "
        "path_prefix",
        "2:45: error: `targets.staging.exclusive` must be true or false",
        "3:8: error: “a/b” cannot name a target: use letters, digits, - and _",
        "5:14: error: `policies.overwrite` must be a list of texts",
        "6:3: error: unknown key `create_twin`; known are create_twins, overwrite",
        "7:17: error: `max_file_bytes` must be a number of bytes, 1 or more",
    ]
    assert "did you mean `path_prefix`?" in ran.err
    assert "did you mean `create_twins`?" in ran.err


def test_a_field_that_is_let_through_reaches_the_service_and_is_held_to_the_file(world: World) -> None:
    configure(world, "allow_fields: [prompt.new_thing, owner_team]\n")
    world.write(KEY, {"owner_team": "support", **current(new_thing={"level": 3})})
    assert world.apply().code == 0
    (sent,) = world.sent("POST")
    assert (sent["owner_team"], sent["prompt"]["new_thing"]) == ("support", {"level": 3})
    assert world.plan().code == 0

    world.change(KEY, lambda data: data["prompt"].update(new_thing={"level": 4}))
    world.change(KEY, lambda data: data.update(owner_team="sales"))
    planned = world.plan()
    assert planned.code == 2
    assert "prompt.new_thing.level: 3 → 4" in planned.out
    assert 'owner_team: "support" → "sales"' in planned.out
    assert (world.apply().code, world.plan().code) == (0, 0)

    world.edit(new_thing={"level": 5})
    assert world.actions() == {KEY: "drift"}


def test_a_field_that_is_not_let_through_is_refused(world: World) -> None:
    configure(world, "allow_fields: [prompt.new_thing]\n")
    world.write(KEY, current(other_thing=1))
    ran = world.plan()
    assert ran.code == 1
    assert "unknown key `other_thing`" in ran.err


def test_a_larger_file_is_allowed_by_the_configuration(world: World) -> None:
    world.write(KEY, current("x" * (1 << 20)))
    assert "error: the file is larger than 1,048,576 bytes" in world.run("validate").err
    configure(world, "max_file_bytes: 2097152\n")
    assert world.run("validate").code == 0
