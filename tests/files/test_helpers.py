"""Many files are parsed by several processes, and the same comes out as by one."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.commands import project
from promptsync.commands.project import Project
from promptsync.files import helpers as parsing
from promptsync.files.disk import include_reader, look_around
from promptsync.files.helpers import parse_together
from promptsync.files.loader import load, parser
from promptsync.files.packed import PackedFile
from promptsync.model.errors import LoadError

if TYPE_CHECKING:
    from promptsync.files.loader import Read, Source

COUNT = 90
LIMIT = 1 << 20


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with what a file may hold: texts of its own, warnings, mistakes, fields that are let through."""
    monkeypatch.setattr(parsing, "BATCH", 7)
    monkeypatch.setattr(parsing, "_processors", lambda: 3)
    folder = tmp_path / "prompts" / "Default"
    folder.mkdir(parents=True)
    (folder / "rules.md").write_text("Be brief.\n", encoding="utf-8")
    for number in range(COUNT):
        message = "content_file: rules.md" if number % 3 == 0 else f"content: 'Grüße {number} 😀'"
        text = f"prompt:\n  model: openai/gpt-4o\n  messages:\n    - {{role: system, {message}}}\n"
        if number % 5 == 0:
            text += "  new_thing: 1\n"
        (folder / f"p{number:02}.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "prompts"


def sources(root: Path) -> list[Source]:
    return list(look_around(root))


def alone(root: Path) -> list[Read]:
    return list(parser(include_reader(root, max_bytes=LIMIT), ["prompt.new_thing"])(sources(root)))


def together(root: Path) -> list[Read]:
    reads = parse_together(sources(root), root, LIMIT, ["prompt.new_thing"])
    return sorted(reads, key=lambda read: read[0].key)


def test_the_same_comes_out(root: Path) -> None:
    (root / "Default" / "p04.yaml").write_text("prompt: {tempratur: 1}\n", encoding="utf-8")
    (root / "Default" / "p06.yaml").write_text("prompt: [\n", encoding="utf-8")
    (root / "Default" / "p08.yaml").write_text("prompt: {messages: [{role: user, content_file: no.md}]}\n", "utf-8")
    reads = together(root)
    assert reads == alone(root)
    assert [read[0].key[-3:] for read in reads if read[1] is None] == ["p04", "p06", "p08"]


def test_others_do_most_of_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing done here, all that comes out was packed elsewhere."""
    monkeypatch.setattr(parsing, "_next", lambda todo: [])
    monkeypatch.setattr(parsing, "BATCH", 1_000)
    assert all(isinstance(file, PackedFile) for _, file, _ in together(root))


def test_one_processor_does_it_alone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "_processors", lambda: 1)
    monkeypatch.setattr(subprocess, "Popen", None)
    assert together(root) == alone(root)


@pytest.mark.parametrize("program", ["raise SystemExit(1)", "import sys; sys.stdout.buffer.write(b'x' * 9)", "1"])
def test_what_a_process_that_ends_leaves_is_done_here(
    root: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(parsing, "_PROGRAM", program)
    assert together(root) == alone(root)


def test_where_no_process_can_be_started_all_is_done_here(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert together(root) == alone(root)


def test_the_others_are_told_nothing_but_the_path(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORQ_API_KEY", "a-key-for-tests")
    started: list[dict[str, str]] = []
    real = subprocess.Popen

    def spy(*arguments: Any, **options: Any) -> Any:
        started.append(options["env"])
        return real(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", spy)
    monkeypatch.setattr(parsing, "_next", lambda todo: [])
    together(root)
    assert started
    assert all(set(env) <= {"PATH", "SYSTEMROOT"} for env in started)


def test_none_of_them_outlives_an_error_here(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processes: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def spy(*arguments: Any, **options: Any) -> Any:
        processes.append(real(*arguments, **options))
        return processes[-1]

    monkeypatch.setattr(subprocess, "Popen", spy)
    monkeypatch.setattr(parsing, "_next", lambda todo: [])
    reads = parse_together(sources(root), root, LIMIT, ["prompt.new_thing"])
    next(reads)
    reads.close()  # type: ignore[attr-defined]
    assert processes
    assert all(process.poll() is not None for process in processes)


@pytest.mark.parametrize("many", [1, COUNT, COUNT + 1, 10_000])
def test_a_project_loads_the_same_whoever_parses(root: Path, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(project, "MANY", many)
    (root / "promptsync.yaml").write_text("allow_fields: [prompt.new_thing]\n", encoding="utf-8")
    opened = Project.open(root, "default", environ={"HOME": str(root.parent)})
    first, again = opened.load(), opened.load()
    expected = load(sources(root), include_reader(root, max_bytes=LIMIT), allow_fields=["prompt.new_thing"])
    assert first == again == expected
    assert list(first.files) == sorted(first.files)


def test_all_complaints_come_in_order_whoever_parses(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "MANY", 1)
    for name in ("p80", "p03", "p41"):
        (root / "Default" / f"{name}.yaml").write_text("prompt: 1\n", encoding="utf-8")
    with pytest.raises(LoadError) as caught:
        Project.open(root, "default", environ={}).load()
    files = [problem.file for problem in caught.value.problems]
    assert files == sorted(files)
    assert {Path(file).stem for file in files} >= {"p03", "p41", "p80"}
