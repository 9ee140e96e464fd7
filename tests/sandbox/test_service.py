from __future__ import annotations

import ast
import copy
from pathlib import Path
from typing import Any

import pytest

import promptsync.sandbox
from promptsync.sandbox import Behaviour, Sandbox
from promptsync.sandbox.errors import NotFound


def test_it_shares_no_code_with_the_rest() -> None:
    folder = Path(promptsync.sandbox.__file__).parent
    for source in folder.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith("promptsync") or name.startswith("promptsync.sandbox"), source


def test_a_colleague_edits(opened: Any, current: dict[str, Any]) -> None:
    sandbox, client = opened()
    created = client.post("/v2/prompts", json=current).json()
    edited = sandbox.ui_edit(created["_id"], {"display_name": "New", "prompt": {"seed": 7, "temperature": None}})
    assert edited["display_name"] == "New"
    assert edited["updated_by_id"] == sandbox.behaviour.user_id
    assert edited["prompt"]["seed"] == 7
    assert "temperature" not in edited["prompt"]
    assert edited["prompt"]["messages"] == current["prompt"]["messages"]
    assert edited["prompt"]["version"] != created["prompt"]["version"]
    assert sandbox.prompts() == [edited]
    again = client.patch(f"/v2/prompts/{created['_id']}", json={"display_name": "Newer"}).json()
    assert again["updated_by_id"] is None


def test_an_edit_without_effect_makes_a_version_too(opened: Any, current: dict[str, Any]) -> None:
    sandbox, client = opened()
    prompt_id = client.post("/v2/prompts", json=current).json()["_id"]
    sandbox.ui_edit(prompt_id, {})
    assert len(client.get(f"/v2/prompts/{prompt_id}/versions").json()["data"]) == 2


def test_a_colleague_moves_replaces_creates_and_deletes(opened: Any) -> None:
    sandbox, _ = opened()
    made = sandbox.ui_create({"display_name": "Theirs"})
    assert made["created_by_id"] == sandbox.behaviour.user_id
    sandbox.ui_edit(made["_id"], {"path": "Elsewhere", "prompt": {"seed": 1}}, replace_block=True)
    assert sandbox.path_of(made["_id"]) == "Elsewhere"
    assert sandbox.record(made["_id"]).block == {"seed": 1}
    sandbox.ui_delete(made["_id"])
    assert sandbox.prompts() == []
    for call in (sandbox.ui_delete, sandbox.path_of, lambda it: sandbox.ui_edit(it, {})):
        with pytest.raises(NotFound):
            call(made["_id"])


def test_many_at_once(current: dict[str, Any]) -> None:
    with Sandbox() as sandbox:
        ids = sandbox.create_many({**current, "display_name": str(number)} for number in range(600))
        assert [each["_id"] for each in sandbox.prompts()] == ids[::-1]


def test_a_behaviour_can_be_replaced_and_what_is_kept_is_answered_anew(opened: Any, current: dict[str, Any]) -> None:
    sandbox, client = opened()
    prompt_id = client.post("/v2/prompts", json=current).json()["_id"]
    sandbox.behaviour = Behaviour(dialect="classic")
    entity = client.get(f"/v2/prompts/{prompt_id}").json()
    assert "prompt" not in entity
    assert entity["prompt_config"]["model"] == "gpt-4o"
    sandbox.behaviour = Behaviour(owner="another")
    assert client.get("/v2/prompts").json()["data"][0]["owner"] == "another"


def test_the_rewriter_has_the_last_word_on_every_entity(opened: Any, current: dict[str, Any]) -> None:
    def shouting(entity: dict[str, Any]) -> dict[str, Any]:
        changed = copy.deepcopy(entity)
        changed["prompt"]["messages"][0]["content"] = "HA"
        return changed

    _, client = opened(rewriter=shouting)
    created = client.post("/v2/prompts", json=current).json()
    url = f"/v2/prompts/{created['_id']}"
    answers = [created, client.get(url).json(), client.get("/v2/prompts").json()["data"][0]]
    answers += [client.patch(url, json={}).json(), client.get(f"{url}/versions").json()["data"][0]]
    assert [each["prompt"]["messages"][0]["content"] for each in answers] == ["HA"] * 5


def test_reset(opened: Any, current: dict[str, Any]) -> None:
    sandbox, client = opened(max_page=50)
    client.post("/v2/prompts", json=current)
    sandbox.behaviour = Behaviour()
    sandbox.reset()
    assert (sandbox.prompts(), list(sandbox.requests), sandbox.behaviour) == ([], [], Behaviour(max_page=50))


def test_a_file_keeps_prompts(tmp_path: Path, current: dict[str, Any]) -> None:
    with Sandbox(tmp_path / "s.db") as first:
        made = first.ui_create(current)
    with Sandbox(tmp_path / "s.db") as second:
        assert second.prompts() == [made]
