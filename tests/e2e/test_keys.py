"""Keys and globs on the command line: taken as a person writes them, and what matches nothing is told."""

from __future__ import annotations

import unicodedata

import pytest

from tests.e2e.world import KEY, World, current

COMMANDS = {
    "pull": ["pull", "{}"],
    "history": ["history", "{}"],
    "restore": ["restore", "{}", "{version}"],
    "lock forget": ["lock forget", "{}"],
    "validate": ["validate", "{}"],
    "plan": ["plan", "--only", "{}"],
    "overwrite": ["plan", "--overwrite", "{}"],
    "check": ["check", "--only", "{}"],
    "apply": ["apply", "--yes", "--only", "{}"],
    "mv": ["mv", "{}", "Default/new"],
}


def ready(world: World, command: list[str], typed: str) -> list[str]:
    world.write(KEY, current())
    world.write("Default/other", current("Other."))
    assert world.apply().code == 0
    version = world.lock["prompts"][KEY]["version"]
    return [part.format(typed, version=version) for part in command]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
@pytest.mark.parametrize("typed", [f"{KEY}.yaml", f"prompts/{KEY}.yaml"])
def test_a_key_is_taken_as_a_person_writes_it(world: World, command: list[str], typed: str) -> None:
    ran = world.run(*ready(world, command, typed))
    assert ran.code == 0, ran.err
    assert "neither" not in ran.err


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_an_unknown_key_is_a_usage_error_that_asks_what_is_meant(world: World, command: list[str]) -> None:
    arguments = ready(world, command, "Default/refnd")
    before = world.lock_path.read_bytes()
    world.sandbox.requests.clear()
    ran = world.run(*arguments)
    assert (ran.code, world.writes) == (64, [])
    assert f"did you mean `{KEY}`?" in ran.err
    assert world.lock_path.read_bytes() == before


@pytest.mark.parametrize("command", ["plan", "check", "apply", "overwrite"])
def test_a_glob_that_matches_nothing_is_a_warning(world: World, command: str) -> None:
    ran = world.run(*ready(world, COMMANDS[command], "Defualt/**"))
    assert ran.code == 0
    option = "--overwrite" if command == "overwrite" else "--only"
    said = "`Defualt/**` matches neither a prompt file nor a locked prompt"
    assert ran.err == f"{option}: warning: {said}\n    help: did you mean `Default/**`?\n"


def test_a_locked_prompt_without_a_file_is_matched(world: World) -> None:
    arguments = ready(world, COMMANDS["plan"], f"{KEY}.yaml")
    world.remove(KEY)
    ran = world.run(*arguments)
    assert (ran.code, ran.err, KEY in ran.out) == (0, "", True)


def test_a_key_is_adopted_as_a_person_writes_it(world: World) -> None:
    there = world.add_unmanaged("refund")
    world.write(KEY, current())
    assert world.run("adopt", f"prompts/{KEY}.yaml", there).code == 0
    assert world.id(KEY) == there
    assert world.run("adopt", "Default/refnd", there).code == 64


def test_a_deleted_prompt_is_restored_by_its_path_and_nowhere_else(world: World) -> None:
    ready(world, [], "")
    world.remove(KEY)
    assert world.apply("--prune").code == 0
    ran = world.run("restore", "../../outside")
    assert (ran.code, "is outside of" in ran.err) == (64, True)
    assert world.run("restore", f"prompts/{KEY}.yaml").code == 0
    assert (world.root / f"{KEY}.yaml").exists()


def test_an_import_goes_where_a_person_names_it(world: World) -> None:
    world.write(KEY, current())
    world.add_unmanaged("faq")
    assert world.run("import", "--all", "--into", f"{world.root}/Default/Support/").code == 0
    assert "Default/Support/faq" in world.lock["prompts"]


def test_an_import_goes_into_a_folder_in_its_spelling_on_disk(world: World) -> None:
    decomposed, composed = (unicodedata.normalize(form, "Größe") for form in ("NFD", "NFC"))
    world.write(f"{decomposed}/old", current())
    world.add_unmanaged("faq")
    assert world.run("import", "--all", "--into", f"prompts/{composed}").code == 0
    assert (world.root / decomposed / "faq.yaml").exists()
    assert world.run("validate").code == 0


def test_a_file_whose_name_is_a_glob_is_refused(world: World) -> None:
    world.write("Default/**", current())
    ran = world.run("validate")
    assert ran.code == 1
    assert "a * in the name, which stands for other text in a glob" in ran.err


def test_a_key_in_the_lockfile_that_is_a_glob_names_no_other_in_a_hint(world: World) -> None:
    ready(world, [], "")
    text = world.lock_path.read_text(encoding="utf-8")
    world.edit(KEY, temperature=0.9)
    world.lock_path.write_text(text.replace(f'"{KEY}"', '"Default/**"'), encoding="utf-8")
    world.remove(KEY)
    ran = world.plan()
    assert ran.code == 3
    assert "--overwrite" not in ran.out
    assert "promptsync lock forget 'Default/**'" in ran.out
    assert world.run("lock forget", "Default/**").code == 0
    assert set(world.lock["prompts"]) == {"Default/other"}
