"""What is fuzzed: files, lockfiles, saved plans, journals, the service's answers, and mistakes whose place is known."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from promptsync.apply.journal import Journal
from promptsync.apply.payload import create_body
from promptsync.apply.recovery import recover_writes
from promptsync.files.loader import IncludeError, Source, load_one
from promptsync.model.canonical import source_hash
from promptsync.model.errors import LockfileError, PlanError, PromptsyncError
from promptsync.model.lockfile import dump, parse
from promptsync.output.again import show_again
from promptsync.output.formats import FORMATS, render, render_shown
from promptsync.output.layout import Layout
from promptsync.output.plan_json import dumps, saved_plan
from promptsync.plan.changes import Begun
from promptsync.plan.saved import parse_saved
from promptsync.service.client import Client
from tests.factories import block, classic, entry, file, held, intent, locked, plan
from tests.fuzz.mutate import mutated
from tests.fuzz.run import Kind

if TYPE_CHECKING:
    import random

SMALL = b"""\
# A comment.
display_name: Refund assistant
description: Answers questions about refunds
metadata:
  language: English
  use_cases: [Agents]
prompt:
  model: openai/gpt-4o
  temperature: 0.2
  max_tokens: 512
  stop: [END, "STOP"]
  messages:
    - role: system
      content: |
        You answer in two sentences.
        Never more: {{limit}}.
    - role: user
      content:
        - type: text
          text: "{{question}}"
"""
CLASSIC = b"""\
protected: true
prompt_config:
  model: openai/gpt-4o
  model_type: chat
  provider: openai
  model_parameters: &parameters
    temperature: 1
    maxTokens: 256
    topP: .7
    responseFormat: null
  messages:
  - role: system
    content: 'You are a helpful assistant'
  - {role: user, content: "A \\u00e9 b", }
"""
INCLUDING = b"""\
prompt:
  model: openai/gpt-4o
  messages:
    - role: system
      content_file: refund.system.md
    - role: user
      content: >-
        Folded
        text
"""
FILES = [SMALL, CLASSIC, INCLUDING]

A, B = file("Default/a", block(temperature=0.3)), file("Default/b", classic(), dialect="prompt_config")
LOCK = locked(
    ("Default/a", entry(A, held(A, "id-a"), added=("prompt.seed",))), ("Default/b", entry(B, held(B, "id-b")))
)
PLAN = plan([A, B], LOCK, [held(A, "id-a", content=block(temperature=0.9)), held(B, "id-b")], overwrite=("Default/**",))
PLANS = [dumps(saved_plan(PLAN, "https://api.orq.ai")).encode()]


def _include(key: str, name: str) -> str:
    if name != "refund.system.md":
        raise IncludeError("there is no such file")
    return "text"


def _names(error: PromptsyncError, name: str) -> None:
    assert name in error.message, error.message


def read_file(data: bytes) -> None:
    loaded, problems = load_one(Source("Default/refund", "refund.yaml", data), _include)
    errors = [problem for problem in problems if problem.severity == "error"]
    assert (loaded is None) == bool(errors), problems
    lines = data.count(b"\n") + data.count(b"\r") + data.count(b"\xe2\x80\xa8") + data.count(b"\x85") + 2
    for problem in problems:
        assert 0 <= problem.line <= lines, problem
        assert problem.message, problem
    if loaded is not None:
        source_hash(loaded.prompt)
        json.dumps(create_body(loaded.prompt, "Default"), allow_nan=False).encode()


def read_lock(data: bytes) -> None:
    try:
        lock = parse(data, "promptsync.lock.json")
    except LockfileError as error:
        _names(error, "promptsync.lock.json")
        return
    assert dump(parse(dump(lock), "again")) == dump(lock)


def read_plan(data: bytes) -> None:
    try:
        made = show_again(parse_saved(data, "plan.json"), "prompts")
    except PlanError as error:
        _names(error, "plan.json")
        return
    for form in FORMATS:
        render_shown(made, Layout(), form)


_FOLDER = Path(tempfile.mkdtemp(prefix="promptsync-fuzz-"))


def _journal() -> bytes:
    path = _FOLDER / "seed.jsonl"
    path.unlink(missing_ok=True)
    journal = Journal(path)
    journal.begin_create("create", intent("Default/a", "a"))
    journal.note_owner("ws")
    number = journal.begin_write(Begun("update", "Default/b", "id-b", 5.0, path="Default", asked=B.prompt))
    journal.end_with(number, "Default/c", LOCK.prompts["Default/a"], "Default/d")
    journal.begin_write(Begun("move", "Default/a", "id-a", 5.0, "New", "Default/old", A.prompt, True, {"prompt.n": 1}))
    journal.begin_write(Begun("delete", "Default/e", "id-e", 6.0))
    journal.close()
    return path.read_bytes()


JOURNALS = [_journal()]


def read_journal(data: bytes) -> None:
    path = _FOLDER / "journal.jsonl"
    path.write_bytes(data)
    journal = Journal(path)
    try:
        recovered = journal.recover()
    except PromptsyncError as error:
        assert path.read_bytes() == data
        _names(error, str(path))
        return
    lock = recovered.onto(LOCK)
    recover_writes(lock, {"id-a": held(A, "id-a"), "id-b": held(B, "id-b")}, recovered.writes)
    dump(lock)
    journal.compact()
    assert Journal(path).recover().creates == recovered.creates


def _answer(id_: str, **about: Any) -> dict[str, Any]:
    return {
        "_id": id_,
        "display_name": "a",
        "description": None,
        "metadata": {"language": "English", "use_cases": []},
        "owner": "ws",
        "created": "2026-01-01T00:00:00.000Z",
        "updated": "2026-01-01T00:00:00.000Z",
        "prompt": {**block(temperature=0.3), "version": "v1"},
        "prompt_config": {**classic(), "version": "v1"},
        **about,
    }


ANSWERS = [
    json.dumps(
        {"object": "list", "data": [_answer("id-a"), _answer("id-b", display_name="b")], "has_more": False}
    ).encode(),
    json.dumps(_answer("id-a"), indent=1).encode(),
]


def read_answer(data: bytes) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=data, headers={"content-type": "application/json"})

    with Client("http://127.0.0.1:1", "key", transport=httpx.MockTransport(respond), sleep=lambda _: None) as client:
        service = {}
        for read in (client.list_all, lambda: [client.get("id-a")]):
            try:
                service |= {one.id: one for one in read()}
            except PromptsyncError:
                continue
    made = plan([A, B, file("Default/c", name="a")], LOCK, service.values(), prune=True, overwrite=("Default/**",))
    for form in FORMATS:
        render(made, Layout(), form)
    dumps(saved_plan(made, "host")).encode()
    recover_writes(LOCK, service, [Begun("update", "Default/a", "id-a", 5.0, "Default", None, A.prompt)])


def make_mistake(random_: random.Random) -> bytes:
    """A prompt file with one mistake; its first line, a comment, says where that is and what is told of it."""
    lines = (SMALL if random_.random() < 0.6 else CLASSIC).decode().splitlines()
    mistake = random_.choice(MISTAKES)
    number, word, lines = mistake(random_, lines)
    return "\n".join([f"# {number + 2}|{word}", *lines, ""]).encode()


def _keys(lines: list[str], indents: tuple[int, ...] = (0, 2)) -> list[int]:
    """Lines with a plain key of the file, the block or the parameters."""
    found = []
    for number, line in enumerate(lines):
        name = line.strip().partition(":")[0]
        if ":" in line and name.replace("_", "").isalnum() and len(line) - len(line.lstrip()) in indents:
            found.append(number)
    return found


def _misspelt(random_: random.Random, lines: list[str]) -> tuple[int, str, list[str]]:
    number = random_.choice([n for n in _keys(lines) if len(lines[n].strip().partition(":")[0]) > 4])
    name = lines[number].strip().partition(":")[0]
    place = random_.randrange(1, len(name) - 1)
    wrong = random_.choice((name[:place] + name[place + 1 :], name[:place] + "x" + name[place:]))
    return number, wrong, [*lines[:number], lines[number].replace(name, wrong, 1), *lines[number + 1 :]]


def _doubled(random_: random.Random, lines: list[str]) -> tuple[int, str, list[str]]:
    number = random_.choice([n for n in _keys(lines) if not lines[n].endswith(":") and "&" not in lines[n]])
    name = lines[number].strip().partition(":")[0]
    return number + 1, name, [*lines[: number + 1], lines[number], *lines[number + 1 :]]


def _of_wrong_type(random_: random.Random, lines: list[str]) -> tuple[int, str, list[str]]:
    wanted = ("temperature:", "max_tokens:", "maxTokens:", "topP:", "display_name:", "description:", "model:")
    number = random_.choice([n for n in range(len(lines)) if lines[n].strip().startswith(wanted)])
    head = lines[number].partition(":")[0]
    value = random_.choice(("[1, 2]", "{a: b}"))
    return number, head.strip(), [*lines[:number], f"{head}: {value}", *lines[number + 1 :]]


def _tabbed(random_: random.Random, lines: list[str]) -> tuple[int, str, list[str]]:
    number = random_.choice(_keys(lines, (2,)))
    return number, "tab", [*lines[:number], "\t" + lines[number].lstrip(), *lines[number + 1 :]]


def _tagged(random_: random.Random, lines: list[str]) -> tuple[int, str, list[str]]:
    number = random_.choice([n for n in _keys(lines) if not lines[n].endswith(":") and "&" not in lines[n]])
    head, _, value = lines[number].partition(": ")
    return number, "!", [*lines[:number], f"{head}: !!python/name:os.{value.strip() or 'x'}", *lines[number + 1 :]]


MISTAKES = [_misspelt, _misspelt, _doubled, _of_wrong_type, _tabbed, _tagged]


def read_mistake(data: bytes) -> None:
    told, _, word = data.decode().splitlines()[0].removeprefix("# ").partition("|")
    loaded, problems = load_one(Source("Default/refund", "refund.yaml", data), _include)
    assert loaded is None, "it was taken"
    shown = [(problem.line, problem.message, problem.hint) for problem in problems if problem.severity == "error"]
    there = [text for line, *text in shown if line == int(told)]
    assert there, f"expected line {told} ({word}), got {shown}"
    if word not in ("tab", "!"):
        assert any(word in str(text) for text in there), f"expected {word}, got {shown}"


KINDS = [
    Kind("prompt files", 100_000, lambda random_: mutated(random_, FILES), read_file),
    Kind("mistakes in known places", 10_000, make_mistake, read_mistake),
    Kind("lockfiles", 10_000, lambda random_: mutated(random_, [dump(LOCK)]), read_lock),
    Kind("saved plans", 10_000, lambda random_: mutated(random_, PLANS), read_plan),
    Kind("journals", 10_000, lambda random_: mutated(random_, JOURNALS), read_journal),
    Kind("answers of the service", 10_000, lambda random_: mutated(random_, ANSWERS), read_answer),
]
