"""The official SDKs judge the sandbox: all seven endpoints, each generation with the services of its time and later.

Where they are is told by the environment; `install.py` installs them and prints it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from promptsync.sandbox import Behaviour, Sandbox, serve
from tests.documents import SDK
from tests.serving import command_served

HERE = Path(__file__).parent


def installed(variable: str) -> str:
    place = os.environ.get(variable)
    if not place:
        pytest.skip(f"{variable} is not set: run tests/sdk/install.py and export what it prints")
    return place


def exercised(behaviour: Behaviour, *command: str) -> dict[str, Any]:
    """What an SDK understood of a service that behaves so; `URL` in the command stands for where that is."""
    with Sandbox(behaviour=behaviour) as sandbox, serve(sandbox) as server:
        run = subprocess.run(
            [server.url if word == "URL" else word for word in command],
            capture_output=True,
            text=True,
            timeout=120,
            env={"PATH": os.environ["PATH"]},
        )
        failed = [(each.method, each.path, each.body) for each in sandbox.requests if each.status not in (200, 404)]
        assert run.returncode == 0, f"{run.stderr}\n{failed}"
        seen: dict[str, Any] = json.loads(run.stdout)
        return seen


def python_sdk(generation: str, block: str, behaviour: Behaviour) -> dict[str, Any]:
    python = installed(f"PROMPTSYNC_SDK_{generation}_PYTHON")
    return exercised(behaviour, python, str(HERE / "exercise.py"), "URL", block)


def node_sdk(variable: str, block: str, behaviour: Behaviour) -> dict[str, Any]:
    folder = installed(variable)
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    return exercised(behaviour, node, str(HERE / "exercise.mjs"), folder, "URL", block)


def assert_life_of_a_prompt(seen: dict[str, Any], id_name: str = "_id", name: str = "display_name") -> None:
    created, updated = seen["created"], seen["updated"]
    assert seen["retrieved"][id_name] == created[id_name]
    assert updated[id_name] == created[id_name]
    assert (created[name], updated[name]) == ("MyPrompt", "Renamed")
    listed = [each[name] for each in seen["listed"]["data"]]
    assert listed == ["Other", "Renamed"]
    assert len(seen["versions"]["data"]) == 2
    assert seen["gone"]["status"] == 404
    assert seen["left"] == ["Other"]


@pytest.mark.parametrize("dialect", ["current", "both"])
def test_python_sdk_4(dialect: Any) -> None:
    seen = python_sdk("4", "prompt", Behaviour(dialect=dialect))
    assert_life_of_a_prompt(seen)
    prompt = seen["retrieved"]["prompt"]
    assert prompt["model"] == "openai/gpt-4o"
    assert prompt["thinking"] == {"type": "enabled", "budget_tokens": 1024}
    assert seen["version"]["_id"] == prompt["version"] == seen["version"]["prompt"]["version"]
    assert [each["display_name"] for each in seen["next_page"]["data"]] == ["Renamed"]
    # What was not sent stays: the sandbox merges unless told otherwise.
    assert seen["updated"]["prompt"]["temperature"] == 0.5
    assert seen["updated"]["prompt"]["messages"] == [{"role": "user", "content": "Hello!"}]


@pytest.mark.parametrize("dialect", ["classic", "both"])
def test_python_sdk_3(dialect: Any) -> None:
    seen = python_sdk("3", "prompt_config", Behaviour(dialect=dialect, max_page=50))
    assert_life_of_a_prompt(seen)
    assert seen["created"]["prompt_config"]["model"] == "openai/gpt-4o"
    config = seen["retrieved"]["prompt_config"]
    assert (config["model"], config["provider"], config["integration_id"]) == ("gpt-4o", "openai", None)
    assert config["model_parameters"]["responseFormat"] is None
    assert seen["version"]["_id"] == config["version"]


@pytest.mark.parametrize("dialect", ["current", "both"])
def test_node_sdk_4(dialect: Any) -> None:
    seen = node_sdk("PROMPTSYNC_SDK_NODE", "prompt", Behaviour(dialect=dialect))
    assert_life_of_a_prompt(seen, "id", "displayName")
    assert seen["version"]["id"] == seen["retrieved"]["prompt"]["version"]
    assert seen["retrieved"]["prompt"]["maxTokens"] == 256


@pytest.mark.parametrize("dialect", ["classic", "both"])
def test_node_sdk_3(dialect: Any) -> None:
    seen = node_sdk("PROMPTSYNC_SDK_NODE_3", "promptConfig", Behaviour(dialect=dialect))
    assert_life_of_a_prompt(seen, "id", "displayName")
    assert seen["retrieved"]["promptConfig"]["modelParameters"]["maxTokens"] == 256


@pytest.mark.parametrize(("generation", "block"), [("3", "prompt_config"), ("4", "prompt")])
def test_both_generations_work_with_the_default_server(generation: str, block: str, tmp_path: Path) -> None:
    python = installed(f"PROMPTSYNC_SDK_{generation}_PYTHON")
    with command_served(tmp_path / "prompts") as url:
        seen = answered(python, str(HERE / "exercise.py"), url, block)
    assert_life_of_a_prompt(seen)


def test_the_documents_own_python_call_works_with_the_default_server(tmp_path: Path) -> None:
    python = installed("PROMPTSYNC_SDK_3_PYTHON")
    # `null` is what the document prints.
    call = f"""
import sys
from orq_ai_sdk import Orq
null = None
with Orq(api_key="any", server_url=sys.argv[1]) as orq:
    res = orq.prompts.create(request={SDK})
    assert res is not None
    print(res.model_dump_json(by_alias=True))
"""
    with command_served(tmp_path / "prompts") as url:
        created = answered(python, "-c", call, url)
    assert created["prompt_config"]["model"] == "openai/gpt-4o"


def answered(*command: str) -> dict[str, Any]:
    """The JSON that a program of an SDK prints."""
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, env={"PATH": os.environ["PATH"]})
    assert run.returncode == 0, run.stderr
    said: dict[str, Any] = json.loads(run.stdout)
    return said


def test_an_sdk_of_the_other_generation_is_told_what_is_wrong() -> None:
    python = installed("PROMPTSYNC_SDK_3_PYTHON")
    with Sandbox() as sandbox, serve(sandbox) as server:
        run = subprocess.run(
            [python, str(HERE / "exercise.py"), server.url, "prompt_config"],
            capture_output=True,
            text=True,
            timeout=120,
            env={"PATH": os.environ["PATH"]},
        )
    assert run.returncode != 0
    assert "prompt: Required" in run.stderr
