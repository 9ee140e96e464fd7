"""An import of any answer loses nothing: the first edit changes that alone on the service, or the prompt was left out.

The service of the first test holds two blocks of which each may say what the other cannot; a write of one makes the
other anew of it, as today's service does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from promptsync.apply.sender import patch_over
from promptsync.commands import import_ as importing
from promptsync.files.emit import emit
from promptsync.files.loader import Source, load_one
from promptsync.files.yaml.editor import edit
from promptsync.files.yaml.edits import Edit
from promptsync.model.canonical import canonical_block, is_same_json
from promptsync.model.dialects import DERIVED_MODEL_TYPES
from promptsync.model.errors import PromptsyncError
from promptsync.model.prompt import CLASSIC, CURRENT, DIALECTS
from promptsync.plan.base import own_fields
from promptsync.sandbox import Behaviour
from promptsync.sandbox.changes import patched
from promptsync.sandbox.entity import Record, render
from promptsync.service.answers import read_prompt
from tests.embedded import here
from tests.strategies import blocks, few, json_values, metadata, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import Dialect, Json, PromptFile

NEW = "What this prompt is for.\n"

UNKNOWN = st.dictionaries(names.map("new{}".format), json_values, max_size=2)
MORE: dict[Dialect, list[tuple[str, Any]]] = {
    CURRENT: [
        ("temperature", 0.123), ("stop", ["END"]), ("cache", {"type": "exact_match"}), ("max_completion_tokens", 77),
        ("fallbacks", [{"model": "openai/gpt-4o-mini"}]), ("model", "azure/other"), ("seed", 2**60 + 1),
        ("messages", [{"role": "user", "content": "One more"}]), ("engine", {"deep": [None, 1]}),
    ],
    CLASSIC: [
        ("model_type", "image"), ("integration_id", "i-1"), ("stream", True), ("provider", "elsewhere"),
        ("model_parameters", {"numImages": 2, "quality": "hd"}), ("model_parameters", {"temperature": 0.123}),
        ("messages", [{"role": "developer", "content": "Another"}]), ("motor", {"deep": [None, 1]}),
    ],
}  # fmt: skip


@dataclass
class Service:
    """One prompt, as it is answered, and what a PATCH makes of it."""

    answer: Json
    behaviour: Behaviour

    def update(self, body: Json) -> None:
        written = next(name for name in DIALECTS if name in body)
        block = {name: value for name, value in self.answer[written].items() if name != "version"}
        fields = {name: self.answer[name] for name in ("display_name", "description", "metadata")}
        record = Record("01J0", "v2", 0, 0, "D", written, block, fields)
        self.answer = render(patched(record, body, self.behaviour), self.behaviour, "retrieved")

    def said(self) -> Json:
        """What its two blocks say, without defaults and the ids of version and model; a chat model is one word."""
        said = {one: canonical_block(one, self.answer[one]) for one in DIALECTS}
        for block in said.values():
            for name in ("version", "model_db_id"):
                block.pop(name, None)
        classic = said[CLASSIC]
        if classic.get("model_type") in DERIVED_MODEL_TYPES:
            del classic["model_type"]
        if classic.get("stream") is False:
            del classic["stream"]
        if "model" in classic and "provider" in classic:
            classic["model"] = f"{classic['provider']}/{classic['model']}"
            if said[CURRENT].get("model") == classic["model"].partition("/")[2]:
                said[CURRENT]["model"] = classic["model"]
        return said


@st.composite
def services(draw: Any, *, contradicting: bool) -> Service:
    """Answers of both blocks: the one derived from the other, and then perhaps with more in one of them."""
    kept = draw(st.sampled_from(DIALECTS))
    block = {**draw(UNKNOWN), **draw(blocks(kept))}
    for message in block["messages"]:
        # What only the classic block knows would be told in both, and no one could know which of them is kept.
        if kept == CURRENT:
            message.update(draw(UNKNOWN))
        for call in message.get("tool_calls", ()):
            call.pop("index", None)
    behaviour = Behaviour(
        dialect="both",
        patch=draw(st.sampled_from(["merge", "replace"])),  # A deep merge takes nulls out of a schema that is sent.
        rewriting=draw(st.sampled_from(["documents", "none"])),
    )
    fields = {"display_name": "refund", "description": draw(st.sampled_from([None, "Old"])), "metadata": draw(metadata)}
    answer = render(Record("01J0", "v1", 0, 0, "D", kept, block, fields), behaviour, "retrieved")
    for dialect in draw(few(st.sampled_from(DIALECTS), least=1)) if contradicting else ():
        name, value = draw(st.sampled_from(MORE[dialect]))
        held = answer[dialect].get(name)
        both = {**held, **value} if isinstance(held, dict) and isinstance(value, dict) else value
        answer[dialect] = {**answer[dialect], name: held + value if name == "messages" else both}
    return Service(answer, behaviour)


def described(text: str, key: str, allow_fields: tuple[str, ...]) -> PromptFile:
    """The file with another description and nothing else changed."""
    changed = edit(text, [Edit(("description",), "set", NEW)]).text
    file, problems = load_one(Source(key, key, changed.encode()), lambda *_: "", allow_fields=allow_fields)
    assert file is not None, problems
    return file


def import_and_edit(service: Service) -> bool:
    """Whether the prompt could be imported; then its description is edited in the file and applied."""
    remote = read_prompt(service.answer)
    try:
        emitted = emit(remote, stem="refund", max_bytes=1 << 20)
    except PromptsyncError as error:
        if not error.message.startswith("the prompt “refund” (01J0) cannot be said in a file: "):
            raise
        return False
    added = own_fields(emitted.file, remote, emitted.dialect)
    file = described(emitted.text, "refund", emitted.allow_fields)
    patch = patch_over(file.prompt, remote, None, added)
    assert patch.cleared == {}
    before = service.said()
    service.update(patch.body)
    after = service.said()
    assert service.answer["description"] == NEW
    assert after[emitted.dialect] == before[emitted.dialect]
    assert is_kept(before, after)
    return True


def is_kept(before: Any, after: Any) -> bool:
    """Whether all that was said still is. The block that is derived may now tell what only the other one told."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(name in after and is_kept(value, after[name]) for name, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(is_kept, before, after))
    return is_same_json(before, after)


@settings(max_examples=120)
@given(services(contradicting=True))
def test_two_blocks_are_as_before_but_for_the_description_or_the_prompt_is_left_out(service: Service) -> None:
    event("imported" if import_and_edit(service) else "left out")


@settings(max_examples=60)
@given(services(contradicting=False))
def test_what_a_service_derives_keeps_no_prompt_out(service: Service) -> None:
    assert import_and_edit(service)


@pytest.fixture(params=["merge", "replace"])
def behaviour(request: pytest.FixtureRequest) -> Iterator[Behaviour]:
    return Behaviour(dialect="both", patch=request.param, rewriting="documents")


def test_through_the_commands(behaviour: Behaviour) -> None:
    """Many prompts of both dialects: import all, change each description, apply."""
    found: list[tuple[str, Json]] = []

    @settings(max_examples=40, database=None)
    @given(st.sampled_from(DIALECTS).flatmap(lambda one: st.tuples(st.just(one), blocks(one))))
    def collect(drawn: tuple[str, Json]) -> None:
        found.append(drawn)

    collect()
    with here(behaviour) as world:
        for number, (dialect, block) in enumerate(found):
            world.sandbox.ui_create({"display_name": f"p{number}", "path": "D", dialect: block})
        before = {entity["_id"]: Service(entity, behaviour).said() for entity in world.sandbox.prompts()}
        done = importing.import_prompts(world.target, None, "Default")
        assert (len(done.keys), done.left_out) == (len(found), {})
        for key in done.keys:
            path = world.root / f"{key}.yaml"
            path.write_text(edit(path.read_text("utf-8"), [Edit(("description",), "set", NEW)]).text, "utf-8")
        assert world.apply() == 0, world.said
        for entity in world.sandbox.prompts():
            assert entity["description"] == NEW
            assert is_kept(before[entity["_id"]], Service(entity, behaviour).said())
        assert world.pending() == []
