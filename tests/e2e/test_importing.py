"""Import: day one of a team whose prompts were made in the web page."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync.apply.journal import Journal
from promptsync.commands import newfile
from promptsync.model.json_schema import PROMPT_URL, modeline
from promptsync.sandbox import Behaviour
from tests.e2e.world import Ran, World, classic, current

LONG = "You answer briefly.\n\n- Be kind: always.\n- Sign as {{agent}}.\n"


def there(world: World, name: str, **body: Any) -> str:
    """Someone makes a prompt in the web page."""
    return world.add_unmanaged(name, body or current(LONG), "Somewhere/else")


def import_all(world: World, *arguments: str) -> Ran:
    return world.run("import", "--all", *arguments)


def files(world: World) -> list[str]:
    return sorted(path.relative_to(world.root).as_posix() for path in world.root.rglob("*.yaml"))


SERVICES = [
    pytest.param(Behaviour(dialect="current"), current, id="current"),
    pytest.param(Behaviour(dialect="classic"), classic, id="classic"),
    pytest.param(Behaviour(dialect="both", patch="replace"), classic, id="both"),
]


@pytest.mark.parametrize(("behaviour", "make"), SERVICES)
def test_an_import_and_then_a_plan_is_empty(world: World, make: Any) -> None:
    ids = {name: there(world, name, **make(LONG)) for name in ("refund", "Greeting für alle", "a/b: c?")}
    ids["described"] = there(
        world, "described", description="For: tests", metadata={"language": "Dutch", "use_cases": ["Agents"]}, **make()
    )
    world.sandbox.requests.clear()
    done = import_all(world)
    assert done.code == 0, done.err
    assert world.writes == []
    assert done.err.splitlines()[-2:] == [
        "4 imported, 0 left out",
        "next: `promptsync plan`, which is empty; then commit the new files and the lockfile",
    ]
    assert {entry["id"] for entry in world.lock["prompts"].values()} == set(ids.values())
    assert {entry["path"] for entry in world.lock["prompts"].values()} == {None}
    assert world.plan().out.endswith("No changes. 4 prompts are as the files say.\n")
    assert (world.apply().code, world.writes) == (0, [])


def test_a_later_edit_does_not_move_it(world: World) -> None:
    made = there(world, "refund")
    import_all(world, "--into", "Default/Support")
    world.change("Default/Support/refund", lambda data: data["prompt"].update(temperature=0.7))
    (change,) = world.plan_json()["changes"]
    assert [item["field"] for item in change["diff"]] == ["prompt.temperature"]
    assert world.apply().code == 0
    assert "path" not in world.sent("PATCH")[0]
    assert world.sandbox.path_of(made) == "Somewhere/else"
    assert world.plan().code == 0


@pytest.mark.parametrize("how", ["rename", "mv", "mv-after-pull"])
def test_a_new_key_moves_it(world: World, how: str) -> None:
    made = there(world, "refund")
    import_all(world)
    if how == "rename":
        (world.root / "New").mkdir()
        (world.root / "Default/refund.yaml").rename(world.root / "New/refund.yaml")
    else:
        assert world.run("mv", "Default/refund", "New/refund").code == 0
    if how == "mv-after-pull":
        world.sandbox.ui_edit(made, {"prompt": {"temperature": 0.9}})
        assert world.run("pull", "--theirs").code == 0
    assert world.apply().code == 0
    assert (world.sandbox.path_of(made), world.id("New/refund")) == ("New", made)
    assert world.plan().code == 0


def test_nothing_is_fabricated(world: World) -> None:
    there(world, "refund", prompt={"messages": [{"role": "user", "content": "Hi"}]}, metadata={})
    import_all(world)
    assert world.read("Default/refund") == {"prompt": {"messages": [{"role": "user", "content": "Hi"}]}}


def test_long_text_is_a_block_scalar(world: World) -> None:
    there(world, "refund")
    import_all(world)
    text = (world.root / "Default/refund.yaml").read_text(encoding="utf-8")
    assert "content: |\n" in text
    assert "        - Be kind: always.\n" in text


def test_the_list_shows_what_no_file_holds(world: World) -> None:
    world.write("Default/ours", current())
    world.apply()
    made = there(world, "refund")
    listed = world.run("import", "--list")
    lines = listed.out.splitlines()
    assert (listed.code, lines[0].split()) == (0, ["ID", "UPDATED", "MODEL", "NAME"])
    assert [line.split()[0] for line in lines[1:]] == [made]
    assert files(world) == ["Default/ours.yaml"]
    import_all(world)
    assert world.run("import", "--list").out == "every prompt on the service is in a lockfile\n"


def test_the_list_and_the_import_take_what_is_asked_for(world: World) -> None:
    for name in ("refund", "refund (old)", "order"):
        there(world, name)
    listed = world.run("import", "--list", "--name", "Refund*", "--model", "openai/*", "--updated-since", "1d")
    assert [line.split("  ")[-1] for line in listed.out.splitlines()[1:]] == ["refund (old)", "refund"]
    assert world.run("import", "--list", "--name", "nothing").out == "no such prompt\n"
    assert world.run("import", "--list", "--updated-since", "2999-01-01").out == "no such prompt\n"
    assert import_all(world, "--name", "order").code == 0
    assert files(world) == ["Default/order.yaml"]


def test_the_list_for_programs(world: World) -> None:
    made = there(world, "refund")
    (item,) = world.run("import", "--list", "--format", "json").json
    assert item["id"] == made
    assert (item["display_name"], item["model"], item["path"]) == ("refund", "openai/gpt-4o", None)


def tells_path(entity: dict[str, Any]) -> dict[str, Any]:
    return {**entity, "path": {"refund": "Default/Support", "order": "Shop: EU/.orders/"}.get(entity["display_name"])}


@pytest.mark.parametrize("behaviour", [Behaviour(rewriter=tells_path)], ids=["tells-paths"])
def test_where_the_service_tells_folders_files_go_into_the_same(world: World) -> None:
    for name in ("refund", "order", "homeless"):
        there(world, name)
    assert world.run("import", "--list", "--path", "Default/**").out.splitlines()[1].endswith("refund  Default/Support")
    assert import_all(world).code == 0
    assert files(world) == ["Default/Support/refund.yaml", "Default/homeless.yaml", "Shop- EU/orders/order.yaml"]
    assert world.plan().code == 0
    assert (world.apply().code, world.writes[3:]) == (0, [])


@pytest.mark.parametrize("behaviour", [Behaviour(rewriter=tells_path)], ids=["tells-paths"])
def test_a_folder_that_is_given_goes_before_the_services(world: World) -> None:
    there(world, "refund")
    assert import_all(world, "--into", "Mine").code == 0
    assert files(world) == ["Mine/refund.yaml"]


def test_a_check_may_fail_on_what_no_lockfile_holds(world: World) -> None:
    world.write("Default/ours", current())
    world.apply()
    assert world.run("check", "--fail-on-unmanaged").code == 0
    made = there(world, "refund")
    assert world.run("check").code == 0
    failed = world.run("check", "--fail-on-unmanaged")
    assert (failed.code, made in failed.err) == (3, True)
    assert "1 prompt on the service in no lockfile" in failed.err
    assert world.run("check", "--fail-on-unmanaged", "--offline").code == 64
    import_all(world)
    assert world.run("check", "--fail-on-unmanaged").code == 0


def test_one_by_its_id(world: World) -> None:
    first, second = there(world, "one"), there(world, "two")
    done = world.run("import", "--id", second, "--into", "Default/Imported")
    assert (done.code, done.out) == (0, f"Default/Imported/two  {second}\n")
    assert files(world) == ["Default/Imported/two.yaml"]
    for id_, words in ((second, "is tied to Default/Imported/two already"), ("01J0", "is not where this key reaches")):
        ran = world.run("import", "--id", id_)
        assert (ran.code, words in ran.err) == (64, True)
    assert import_all(world).code == 0
    assert world.id("Default/one") == first


REFUSED = [
    (),
    ("--all", "--list"),
    ("--all", "--id", "x"),
    ("--all", "--into", "../out"),
    ("--all", "--format", "json"),
    ("--id", "x", "--name", "refund"),
    ("--list", "--updated-since", "soon"),
    ("--list", "--updated-since", "999999d"),
    ("--list", "--path", "Default/**"),
]


@pytest.mark.parametrize("arguments", REFUSED)
def test_what_cannot_be_meant_is_refused(world: World, arguments: tuple[str, ...]) -> None:
    there(world, "refund")
    assert (world.run("import", *arguments).code, files(world)) == (64, [])


def test_names_become_unique_and_safe_files(world: World) -> None:
    names = ["Refund", "refund", "Refund", "CON", ".hidden", "_draft", "a/b", "..", "Ünï cödé 😀", "x" * 128]
    ids = {there(world, name): name for name in names}
    assert import_all(world).code == 0
    keys = {key: entry["id"] for key, entry in world.lock["prompts"].items()}
    assert len({key.casefold() for key in keys}) == len(names)
    # Each file bears the name of its prompt, by its own name or said in it.
    for key, id_ in keys.items():
        assert world.read(key).get("display_name", key.rpartition("/")[2]) == ids[id_]
    assert world.plan().code == 0


def test_a_file_that_is_there_is_never_overwritten(world: World) -> None:
    world.write("Default/refund", "# mine\n" + "prompt: {messages: [{role: user, content: Mine}]}\n")
    before = (world.root / "Default/refund.yaml").read_bytes()
    made = there(world, "refund")
    assert import_all(world).code == 0
    assert (world.root / "Default/refund.yaml").read_bytes() == before
    assert world.id("Default/refund-2") == made


UNKNOWN = {
    "prompt": {
        "model": "openai/gpt-4o",
        "engine": {"name": "v2", "flags": [1, None]},
        "messages": [{"role": "user", "content": "Hi", "weight": 3}],
    }
}


@pytest.mark.parametrize(
    "config",
    [
        None,
        "# Ours.\npolicies: {create_twins: true}  # for now\n",
        "# Nothing yet.\n",
        "allow_fields:\n  - prompt.old  # seldom\n# the end\n",
        "\ufeffpolicies:\r\n  create_twins: true\r\n",
    ],
    ids=["none", "others", "comment", "some", "bom-crlf"],
)
def test_unknown_fields_are_kept_and_let_through(world: World, config: str | None) -> None:
    if config is not None:
        (world.root / "promptsync.yaml").write_bytes(config.encode())
    there(world, "refund", **UNKNOWN)
    done = import_all(world)
    assert done.code == 0, done.err
    assert "promptsync.yaml lets through: prompt.engine, prompt.messages.weight" in done.err
    assert world.read("Default/refund")["prompt"]["engine"] == {"name": "v2", "flags": [1, None]}
    assert world.plan().code == 0
    told = (world.root / "promptsync.yaml").read_bytes().decode()
    for line in (config or "").splitlines():
        assert line in told
    # And they are sent as they are.
    world.change("Default/refund", lambda data: data["prompt"]["engine"].update(name="v3"))
    assert (world.apply().code, world.plan().code) == (0, 0)
    assert world.held("Default/refund")["prompt"]["engine"]["name"] == "v3"


def test_what_no_file_can_say_is_left_out_and_told(world: World) -> None:
    good = there(world, "good")
    blank = there(world, "  ")
    reading = there(world, "reading", prompt={"messages": [{"role": "user", "content_file": "/etc/passwd"}]})
    done = import_all(world)
    assert done.code == 4
    for id_, words in ((blank, "`display_name`"), (reading, "content_file")):
        (told,) = [line for line in done.err.splitlines() if line.startswith(f"{id_} was left out")]
        assert words in told
    assert "\n1 imported, 2 left out\n" in done.err
    assert [entry["id"] for entry in world.lock["prompts"].values()] == [good]
    assert world.plan().code == 0


@pytest.mark.parametrize("when", ["before the file", "between file and journal", "after the journal"])
def test_an_interrupted_import_can_go_on(world: World, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    ids = [there(world, name) for name in ("a", "b", "twin", "twin", "c")]
    count = [0]

    def cut(*_: Any, **__: Any) -> None:
        count[0] += 1
        if count[0] == 4:
            raise KeyboardInterrupt

    write, end = newfile.write_atomic, Journal.end_with

    def writing(*where: Any, **options: Any) -> None:
        if when == "before the file":
            cut()
        write(*where, **options)

    def noting(journal: Any, *arguments: Any) -> None:
        if when == "between file and journal":
            cut()
        end(journal, *arguments)
        if when == "after the journal":
            cut()

    with monkeypatch.context() as broken:
        broken.setattr(newfile, "write_atomic", writing)
        broken.setattr(Journal, "end_with", noting)
        assert import_all(world).code == 130
    assert import_all(world).code == 0
    assert sorted(entry["id"] for entry in world.lock["prompts"].values()) == sorted(ids)
    assert files(world) == [f"Default/{name}.yaml" for name in ("a", "b", "c", "twin-2", "twin")]
    assert world.plan().out.endswith("No changes. 5 prompts are as the files say.\n")


def test_into_a_root_that_is_not_there_yet(world: World) -> None:
    world.root = world.root / "new"
    there(world, "refund")
    assert import_all(world).code == 0
    assert world.plan().code == 0


def test_several_pages(world: World) -> None:
    names = [f"p{number:04}" for number in range(250)]
    world.sandbox.create_many({"display_name": name, "path": "D", **current(name)} for name in names)
    world.sandbox.requests.clear()
    done = import_all(world)
    assert (done.code, len(world.lock["prompts"])) == (0, 250)
    assert len(world.sandbox.requests) <= 4
    assert world.plan().out.endswith("No changes. 250 prompts are as the files say.\n")


def test_the_line_that_names_the_schema_for_editors_stays_and_says_nothing_to_the_service(world: World) -> None:
    there(world, "refund")
    assert import_all(world).code == 0
    assert world.run("mv", "Default/refund", "New/refund").code == 0
    world.edit("New/refund", temperature=0.9)
    assert world.run("pull").code == 0

    file = world.root / "New/refund.yaml"
    first, rest = file.read_text(encoding="utf-8").split("\n", 1)
    assert first == modeline(PROMPT_URL).strip()
    assert "0.9" in rest
    assert world.apply().code == 0
    file.write_text(rest, encoding="utf-8")
    assert world.plan("--detailed-exitcode").code == 0
