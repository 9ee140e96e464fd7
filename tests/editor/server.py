"""Speaks to yaml-language-server as an editor does: the Language Server Protocol over stdin and stdout."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptsync.model.json_schema import FOLDER_URL

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
SETTINGS = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}


def schema_at(url: str) -> str:
    """What an editor would get from there, once this is released."""
    assert url.startswith(f"{FOLDER_URL}/"), url
    return (ROOT / "docs/schema" / url.removeprefix(f"{FOLDER_URL}/")).read_text(encoding="utf-8")


class LanguageServer:
    """A server that is running. Schemas that it asks for are those of this checkout."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._numbers = itertools.count(1)
        self._notes: deque[dict[str, Any]] = deque()
        self._call("initialize", processId=None, rootUri=None, capabilities={"workspace": {"configuration": True}})
        self._tell("initialized")
        self._tell("yaml/registerContentRequest")
        self._tell("workspace/didChangeConfiguration", settings={"yaml": SETTINGS})

    def close(self) -> None:
        self._call("shutdown")
        self._tell("exit")
        self._process.communicate(timeout=30)

    def diagnostics(self, name: str, text: str) -> list[str]:
        """What is wrong with a file: `line: message`, lines from 1."""
        uri = self._open(name, text)
        while True:
            note = self._notes.popleft() if self._notes else self._read(lambda message: "method" in message)
            if note["method"] == "textDocument/publishDiagnostics" and note["params"]["uri"] == uri:
                found = note["params"]["diagnostics"]
                return [f"{each['range']['start']['line'] + 1}: {each['message']}" for each in found]

    def completions(self, text: str) -> list[str]:
        """What may stand at the mark `‸` of a prompt file."""
        return [item["label"] for item in self._at_mark("completion", text)["items"]]

    def hover(self, text: str) -> str:
        """What is told of what stands at the mark `‸` of a prompt file."""
        told: str = self._at_mark("hover", text)["contents"]["value"]
        return told

    def _at_mark(self, what: str, text: str) -> Any:
        before, _, after = text.partition("‸")
        uri = self._open("hello.yaml", before + after)
        line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
        return self._call(
            f"textDocument/{what}", textDocument={"uri": uri}, position={"line": line, "character": column}
        )

    def _open(self, name: str, text: str) -> str:
        uri = f"file:///{next(self._numbers)}/{name}"
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", textDocument=document)
        return uri

    def _call(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        answer = self._read(lambda message: message.get("id") == number and "method" not in message)
        assert "error" not in answer, answer
        return answer["result"]

    def _tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self._process.stdin.flush()

    def _read(self, is_meant: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message that is meant; requests that come before it are answered, and notes are kept."""
        assert self._process.stdout is not None
        while True:
            length = 0
            while line := self._process.stdout.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name == b"Content-Length" else length
            message: dict[str, Any] = json.loads(self._process.stdout.read(length))
            if "method" in message and "id" in message:
                self._send({"id": message["id"], "result": self._answer(message["method"], message["params"])})
            elif is_meant(message):
                return message
            elif "method" in message:
                self._notes.append(message)

    def _answer(self, method: str, params: Any) -> Any:
        if method == "vscode/content":
            (url,) = params
            return schema_at(url)
        if method == "workspace/configuration":
            return [SETTINGS if item["section"] == "yaml" else {} for item in params["items"]]
        return None
