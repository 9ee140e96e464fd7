"""The corpus through the whole: one field is edited in the web page of each prompt, and the pull changes that alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promptsync.files.yaml.edits import Edit, apply, get
from promptsync.sandbox import Behaviour
from tests.yaml_cases import CORPUS, TEXTS, assert_elsewhere_untouched, data_of, expanded

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.world import World


def _block(data: Any) -> str:
    return "prompt" if "prompt" in data else "prompt_config"


def _parameters(data: Any) -> tuple[str, ...]:
    return ("prompt",) if "prompt" in data else ("prompt_config", "model_parameters")


def temperature(data: Any) -> Edit:
    return Edit((*_parameters(data), "temperature"), "set", 0.31)


def another_parameter(data: Any) -> Edit:
    return Edit((*_parameters(data), "frequency_penalty" if "prompt" in data else "frequencyPenalty"), "set", 1.5)


def name(data: Any) -> Edit:
    return Edit(("display_name",), "set", f"Renamed: {data['display_name']}'s #1")


def description(data: Any) -> Edit:
    return Edit(("description",), "set", "Newly\ndescribed: # all\n")


def language(data: Any) -> Edit:
    return Edit(("metadata", "language"), "set", "French")


def a_line(data: Any) -> Edit:
    """A line of the first text, in the middle of it."""
    path: tuple[str | int, ...] = (_block(data), "messages", 0, "content")
    if isinstance(get(data, path), list):
        path = (*path, 0, "text")
    lines = get(data, path).split("\n")
    middle = len(lines) // 2
    return Edit(path, "set", "\n".join([*lines[:middle], f"{lines[middle]} and more", *lines[middle + 1 :]]))


def a_message_more(data: Any) -> Edit:
    new = {"role": "assistant", "content": "Inserted: 'one'\n\n  two\n"}
    return Edit((_block(data), "messages", len(data[_block(data)]["messages"])), "insert", new)


def a_message_less(data: Any) -> Edit:
    return Edit((_block(data), "messages", len(data[_block(data)]["messages"]) - 1), "remove")


KINDS = [temperature, another_parameter, name, description, language, a_line, a_message_more, a_message_less]


def in_the_web_page(world: World, key: str, item: Edit) -> None:
    """Makes that edit on what the service keeps of a prompt."""
    record = world.sandbox.record(world.id(key))
    document = {"description": None, **record.fields, record.dialect: record.block}
    after = apply(document, [item])
    world.sandbox.ui_edit(
        record.id,
        {field: after[field] for field in ("display_name", "description", "metadata", record.dialect)},
        replace_block=True,
    )


@pytest.mark.parametrize("behaviour", [Behaviour(dialect="both")])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_one_field_changes_and_the_rest_stays(world: World, kind: Callable[[Any], Edit]) -> None:
    assert len(CORPUS) >= 30
    folder = world.root / "Default"
    folder.mkdir()
    raw = {file.stem: file.read_bytes() for file in CORPUS}
    for stem, data in raw.items():
        (folder / f"{stem}.yaml").write_bytes(data)
    for beside, text in TEXTS.items():
        (folder / beside).write_bytes(text.encode())
    applied = world.apply("--create-twins")
    assert applied.code == 0, applied.out + applied.err
    before = {stem: expanded(data_of(data.decode()), TEXTS) for stem, data in raw.items()}
    edits = {stem: kind(data) for stem, data in before.items()}
    for stem, item in edits.items():
        in_the_web_page(world, f"Default/{stem}", item)

    pulled = world.run("pull")

    assert pulled.code == 0, pulled.out
    texts = {beside: (folder / beside).read_bytes().decode() for beside in TEXTS}
    for stem, item in edits.items():
        now = (folder / f"{stem}.yaml").read_bytes().decode()
        said = expanded(data_of(now), texts)
        assert said == apply(before[stem], [item]), stem
        assert_elsewhere_untouched(raw[stem].decode(), now, item, before[stem])
    assert world.plan().code == 0
    assert (world.apply().code, [method for method, _ in world.writes if method != "POST"]) == (0, [])
