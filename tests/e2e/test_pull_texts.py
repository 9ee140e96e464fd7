"""Texts of every kind through the commands: imported, edited by a word in the web page, and pulled."""

from __future__ import annotations

from promptsync.commands import import_ as importing
from promptsync.commands import pull as pulling
from promptsync.sandbox import Behaviour
from tests.embedded import here
from tests.texts import IN_NO_BLOCK, KINDS, changed, file_of, texts


def test_a_pull_of_one_word_changes_one_line_of_each_file() -> None:
    held = {f"{kind} {number}": pair for kind in KINDS for number, pair in enumerate(texts(kind, 3))}
    with here(Behaviour(rewriting="none")) as world:
        ids = {}
        for name, (text, _) in held.items():
            made = world.sandbox.ui_create({"display_name": name, "path": "D", "metadata": {}, **file_of(text)})
            ids[name] = str(made["_id"])
        done = importing.import_prompts(world.target, None, "Default")
        assert (len(done.keys), done.left_out) == (len(held), {})
        paths = {name: world.root / f"Default/{name}.yaml" for name in held}
        before = {name: path.read_text("utf-8") for name, path in paths.items()}
        for name, (_, other) in held.items():
            assert ("content: |" in before[name]) == (name.rpartition(" ")[0] not in IN_NO_BLOCK)
            world.sandbox.ui_edit(ids[name], file_of(other))
        assert [pulled.problem for pulled in pulling.pull(world.target) if pulled.is_open] == []
        assert {name: changed(before[name], path.read_text("utf-8")) for name, path in paths.items()} == dict.fromkeys(
            held, 1
        )
        assert (world.pending(), world.apply()) == ([], 0)
        for name, (_, other) in held.items():
            assert world.sandbox.record(ids[name]).block["messages"][0]["content"] == other
