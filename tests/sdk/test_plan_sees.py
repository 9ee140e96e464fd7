"""What an official SDK made, promptsync sees: it lists it, takes it over on request, and shows what differs."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.sandbox import Behaviour, Sandbox, serve
from tests.e2e.world import World, classic, current
from tests.sdk.test_sdk import installed

if TYPE_CHECKING:
    from pathlib import Path

CREATE = """
import json, sys
from orq_ai_sdk import Orq
with Orq(api_key="any", server_url=sys.argv[1]) as orq:
    made = orq.prompts.create(request=json.loads(sys.argv[2]))
    print(made.model_dump(mode="json", by_alias=True)["_id"])
"""


@pytest.mark.parametrize(
    ("generation", "dialect", "block", "parameter"),
    [
        ("4", "current", current()["prompt"], "prompt.temperature"),
        ("3", "classic", classic()["prompt_config"], "prompt_config.model_parameters.temperature"),
    ],
)
def test_a_prompt_of_an_sdk_is_listed_adopted_and_then_only_what_differs_is_shown(
    generation: str,
    dialect: Any,
    block: dict[str, Any],
    parameter: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    python = installed(f"PROMPTSYNC_SDK_{generation}_PYTHON")
    monkeypatch.setenv("ORQ_API_KEY", "key-for-tests")
    body = {"display_name": "refund", "path": "Default", parameter.split(".")[0]: block}
    with Sandbox(behaviour=Behaviour(dialect=dialect)) as sandbox, serve(sandbox) as server:
        monkeypatch.setenv("ORQ_BASE_URL", server.url)
        command = [python, "-c", CREATE, server.url, json.dumps(body)]
        made = subprocess.run(
            command, capture_output=True, text=True, timeout=120, env={"PATH": os.environ["PATH"]}, check=True
        )
        prompt_id = made.stdout.strip()
        world = World(tmp_path, sandbox, server.url, capsys)
        world.write("Default/refund", json.loads(json.dumps({parameter.split(".")[0]: block})))
        world.change("Default/refund", lambda data: _holder(data, parameter).update(temperature=0.9))

        planned = world.plan()
        assert planned.code == 3
        assert f"a prompt of this name is already there: {prompt_id} (differs in {parameter})" in planned.out

        adopted = world.run("adopt", "Default/refund", prompt_id)
        assert adopted.code == 0, adopted.err
        (change,) = world.plan_json()["changes"]
        assert (change["action"], change["id"]) == ("update", prompt_id)
        assert change["diff"] == [{"field": parameter, "op": "replace", "before": 0.2, "after": 0.9}]
        assert world.apply().code == 0
        assert (world.plan().code, world.names()) == (0, ["refund"])


def _holder(data: Any, parameter: str) -> Any:
    for name in parameter.split(".")[:-1]:
        data = data[name]
    return data
