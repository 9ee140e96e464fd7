"""What docs/ids.md shows, run as it stands there: the ids of the lockfile in programs that call the service.

The one change is where the service is: the sandbox, and for the gateway a server that answers as it does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.output.ids import render_ids
from tests.output.test_ids import HOSTILE
from tests.sdk.test_sdk import installed
from tests.serving import REPOSITORY, command_served

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (REPOSITORY / "docs/ids.md").read_text(encoding="utf-8")
NAME = "Refund assistant"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[str]:
    """The URL of a service that has the shipped prompts, and in `tmp_path` what the page makes of their lockfile."""
    shutil.copytree(REPOSITORY / "prompts", tmp_path / "prompts", ignore=shutil.ignore_patterns(".promptsync"))
    with command_served(tmp_path / "empty") as url:
        environ = {**os.environ, "PYTHONPATH": str(REPOSITORY), "ORQ_API_KEY": "any", "ORQ_BASE_URL": url}
        commands = [
            "apply --yes",
            *(line.removeprefix("promptsync ") for line in re.findall(r"^\$ (.+--out.+)$", PAGE, re.M)),
        ]
        for command in commands:
            words = command.replace("--target staging ", "").split()
            subprocess.run(
                [sys.executable, "-m", "promptsync", *words], cwd=tmp_path, env=environ, check=True, timeout=60
            )
        yield url


def printed(command: list[str], folder: Path, **environ: str) -> str:
    environ |= {"PATH": os.environ["PATH"], "ORQ_API_KEY": "any"}
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, env=environ)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.strip()


def at(url: str, program: str) -> str:
    """A Python program that speaks to the service at `url`."""
    assert program.count("Orq(api_key=") == 1
    return program.replace("Orq(api_key=", f"Orq(server_url={url!r}, api_key=")


def test_python_retrieves_a_prompt_by_its_constant(service: str, tmp_path: Path) -> None:
    python = installed("PROMPTSYNC_SDK_4_PYTHON")
    program, _ = blocks("python")
    assert printed([python, "-c", at(service, program)], tmp_path) == NAME


def test_python_lets_the_gateway_fill_in_the_prompt(service: str, tmp_path: Path) -> None:
    python = installed("PROMPTSYNC_SDK_4_PYTHON")
    _, program = blocks("python")
    lock = json.loads((tmp_path / "prompts/promptsync.lock.json").read_text(encoding="utf-8"))
    with gateway() as (url, asked):
        assert printed([python, "-c", at(url, program)], tmp_path) == "Hello."

    id = lock["prompts"]["Default/Support/refund"]["id"]
    ((path, body),) = asked
    assert path.endswith("/chat/completions")
    assert body["orq"]["prompt"] == {"id": id, "version": "latest"}
    assert body["variables"] == {"customer_name": "Ada"}


@contextmanager
def gateway() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """A server that answers every request as the gateway does, its URL, and what it was asked."""
    asked: list[tuple[str, Any]] = []
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}
    answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [choice]}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, json.loads(body)))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def compiled(folder: Path) -> subprocess.CompletedProcess[str]:
    """What TypeScript says of the programs in a folder, in which it finds the SDK."""
    typescript = Path(installed("PROMPTSYNC_TYPESCRIPT"), "node_modules/typescript/bin/tsc")
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    options = ["--strict", "--module", "nodenext", "--target", "es2022", "--skipLibCheck"]
    files = sorted(str(path) for path in folder.glob("*.ts"))
    command = [node, str(typescript), *options, *files]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for programs in TypeScript."""
    (tmp_path / "node_modules").symlink_to(Path(installed("PROMPTSYNC_SDK_NODE"), "node_modules"))
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (tmp_path / "globals.d.ts").write_text("declare const process: { env: Record<string, string | undefined> };\n")
    return tmp_path


def test_typescript_retrieves_a_prompt_by_its_constant(service: str, programs: Path) -> None:
    (program,) = blocks("ts")
    (programs / "main.ts").write_text(program.replace("{ apiKey:", f'{{ serverURL: "{service}", apiKey:'), "utf-8")

    done = compiled(programs)
    assert done.returncode == 0, done.stdout
    assert printed(["node", "main.js"], programs) == NAME


def test_typescript_knows_the_ids_by_their_types(programs: Path) -> None:
    (programs / "prompt-ids.ts").write_text(render_ids(HOSTILE, "typescript", "default"), encoding="utf-8")
    (programs / "main.ts").write_text(
        'import { EVIL, GONE } from "./prompt-ids.js";\nconst id: "01B" = EVIL;\nconsole.log(id, GONE);\n', "utf-8"
    )

    wrong = [line.partition("error ")[2] for line in compiled(programs).stdout.splitlines() if "error" in line]
    assert len(wrong) == 2, wrong
    assert wrong[0].startswith("TS2305: Module '\"./prompt-ids.js\"' has no exported member 'GONE'")
    assert wrong[1].startswith("TS2322: Type '\"01A\"' is not assignable to type '\"01B\"'")


def test_a_shell_asks_for_a_prompt_by_its_variable(service: str, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    (script,) = blocks("sh")
    answer = printed(["sh", "-euc", script.replace("https://api.orq.ai", service)], tmp_path)
    assert json.loads(answer)["display_name"] == NAME
