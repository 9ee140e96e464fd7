"""What is told beside the result: whole lines, no sign of life for short waits, none at all in a pipe."""

from __future__ import annotations

import ast
import io
import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

import promptsync
from promptsync.cli import console
from promptsync.service.calls import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """The terminal that stderr is from now on. Not a fixture: pytest sets its own stderr when the test begins."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return stream


def exchange(fault: str = "", number: int = 1, retry_in: float | None = None) -> Exchange:
    return Exchange("GET", f"/v2/prompts/{number}", 200, 0.0514, 1, fault, retry_in)


def test_each_request_is_a_whole_line_whichever_threads_tell_of_theirs(capsys: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: console.show_exchange(exchange(number=number)), range(500)))
    lines = capsys.readouterr().err.splitlines()
    assert sorted(lines) == sorted(f"GET /v2/prompts/{number} 200 51 ms" for number in range(500))


def test_waiting_is_told_once_in_a_while(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    waits = console.Waits(lambda: now[0])
    for moment in (0.0, 1.0, console.QUIET, console.QUIET + 1):
        now[0] = moment
        waits(exchange("rate limited", retry_in=2.0))
        waits(exchange())
    assert capsys.readouterr().err == "waiting for the service: rate limited; next attempt in 2.0 s\n" * 2


def test_a_short_wait_shows_nothing_and_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    before = threading.enumerate()
    with console.waiting("Reading"):
        pass
    assert terminal.getvalue() == ""
    assert threading.enumerate() == before


def test_a_long_wait_shows_a_spinner_and_takes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    monkeypatch.setattr(console, "SOON", 0.0)
    shown = threading.Event()
    real = Terminal.write
    monkeypatch.setattr(Terminal, "write", lambda self, text: (shown.set(), real(self, text))[1])
    with console.waiting("Reading"):
        assert shown.wait(20)
    assert "Reading" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[2K"), "the line is empty again"


def test_a_bar_counts_what_all_threads_do_and_is_gone_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    with console.progress("Applying", 200) as advance, ThreadPoolExecutor(8) as pool:
        list(pool.map(advance, range(200)))
    shown = terminal.getvalue()
    assert re.search(r"Applying .* 200/200 +\d+\.\d/s +0:0\d", shown)
    assert shown.endswith("\x1b[?25h\n\x1b[A\r\x1b[2K"), "the cursor is back, and the line empty"


def test_a_bar_is_gone_also_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    with pytest.raises(ZeroDivisionError), console.progress("Applying", 2):
        _ = 1 // 0
    assert terminal.getvalue().endswith("\r\x1b[2K")


def test_there_is_no_bar_for_a_single_step(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    with console.progress("Applying", 1) as advance:
        advance(None)
    assert terminal.getvalue() == ""


def test_a_line_takes_the_place_of_what_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    with console.progress("Applying", 2):
        console.show_exchange(exchange())
    assert "\r\x1b[2KGET /v2/prompts/1 200 51 ms\n" in terminal.getvalue()


@pytest.mark.parametrize("how", ["pipe", "dumb"])
def test_in_a_pipe_nothing_is_shown(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    monkeypatch.setattr(console, "SOON", 0.0)
    if how == "pipe":
        monkeypatch.setattr(Terminal, "isatty", lambda _: False)
    else:
        monkeypatch.setenv("TERM", "dumb")
    with console.waiting("Reading"), console.progress("Applying", 100) as advance:
        advance(None)
    assert terminal.getvalue() == ""


@pytest.mark.parametrize(
    ("environ", "is_terminal", "color"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    environ: dict[str, str], is_terminal: bool, color: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert console.has_color(Terminal() if is_terminal else io.StringIO()) is color


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_what_no_one_reads_is_dropped_and_so_is_talk_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as gone, Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", gone)
        monkeypatch.setattr(sys, "stderr", full)
        console.let_readers_leave()
        for stream in (sys.stdout, sys.stderr):
            print("word", file=stream, flush=True)
        assert (sys.stdout.fileno(), sys.stderr.fileno()) == (gone.fileno(), full.fileno())


HOSTILE = "a\x1b[2Jb\u202ec\n::error::d\n##[group]e\r\u2800\ue000"
HARMLESS = "a\\x1b[2Jb\\u202ec\\n::error::d\\n##\\x5bgroup]e\\r\\u2800\\ue000"


def test_a_sentence_is_one_line_that_acts_on_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    console.say(HOSTILE)
    console.tell(HOSTILE)
    console.show_exchange(Exchange("GET", HOSTILE, 200, 0.05, 1, HOSTILE, None))
    console.Waits()(exchange(HOSTILE, retry_in=1.0))

    out, err = capsys.readouterr()
    assert out == f"{HARMLESS}\n"
    assert err.splitlines() == [
        HARMLESS,
        f"GET {HARMLESS} 200 50 ms  {HARMLESS}",
        f"waiting for the service: {HARMLESS}; next attempt in 1.0 s",
    ]


def test_what_a_renderer_forgot_to_escape_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    for show in (console.show, console.show_talk):
        show(f"\x1b[31mred\x1b[0m\n{HOSTILE}")
    shown = "\\x1b[31mred\\x1b[0m\na\\x1b[2Jb\\u202ec\n:\\x3aerror::d\n##\\x5bgroup]e\\r\\u2800\\ue000\n"
    assert capsys.readouterr() == (shown, shown)


def test_colours_pass_where_there_are_some(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    console.show_talk("\x1b[31mred\x1b[0m \x1b[8mhidden")
    assert terminal.getvalue() == "\x1b[31mred\x1b[0m \\x1b[8mhidden\n"


def test_titles_act_on_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    monkeypatch.setattr(console, "SOON", 0.0)
    with console.progress(HOSTILE, 2), console.waiting(HOSTILE):
        pass
    assert "\u202e" not in terminal.getvalue()
    assert "\x1b[2J" not in terminal.getvalue()


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("yes\n", True),
        ("y\n", True),
        (" YES \n", True),
        ("no\n", False),
        ("n\n", False),
        ("\n", False),
        ("sure\nyes\n", True),
    ],
)
def test_a_question_takes_yes(
    typed: str, answer: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert console.ask(f"Really {HOSTILE}?") is answer
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"Really {HARMLESS}? [yes/no]: ")


def test_a_question_that_no_one_hears_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(click.Abort):
        console.ask("Really?")


WRITERS = {"echo", "secho", "confirm", "prompt", "progressbar", "echo_via_pager", "pause", "clear", "get_text_stream"}
FIXED = {"promptsync/__main__.py", "promptsync/cli/console.py"}
"""What writes a version, and the one way out."""


def ways_out(tree: ast.AST) -> Iterator[ast.AST]:
    """Where text leaves the process; a stream that is only asked, or a fixed text, is none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "print":
            yield node
        if isinstance(node, ast.Attribute):
            on = ast.unparse(node.value)
            is_stream = on.removesuffix(".buffer") in ("sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__")
            if (on == "click" and node.attr in WRITERS) or (is_stream and node.attr in ("write", "writelines")):
                yield node
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.write":
            file, text = node.args
            if "fileno" in ast.unparse(file) and not isinstance(text, ast.Constant):
                yield node


def test_all_that_is_said_goes_through_one_module() -> None:
    root = Path(promptsync.__file__).parent
    for path in root.rglob("*.py"):
        name = f"promptsync/{path.relative_to(root).as_posix()}"
        found = [] if name in FIXED else [ast.unparse(node) for node in ways_out(ast.parse(path.read_bytes()))]
        assert found == [], f"{name} writes past cli/console.py"


def test_a_way_past_it_is_found() -> None:
    for line in ("print(x)", "click.echo(x)", "sys.stderr.write(x)", "sys.stdout.buffer.write(x)", "click.confirm(x)"):
        assert list(ways_out(ast.parse(line))), line
    assert list(ways_out(ast.parse("os.write(sys.stderr.fileno(), x)")))
    assert not list(ways_out(ast.parse('os.write(sys.stderr.fileno(), b"x")')))
    assert not list(ways_out(ast.parse("sys.stdout.flush()")))


def test_on_windows_text_leaves_as_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252"))

    console.prepare()
    console.say("größe 日本")

    assert written.getvalue().decode() == "größe 日本\n"


def test_a_terminal_that_only_shows_escape_sequences_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    monkeypatch.setattr(console, "takes_escapes", lambda _: False)

    console.tell("word")
    with console.progress("Applying", 100):
        pass

    assert (console.has_color(terminal), terminal.getvalue()) == (False, "word\n")


@pytest.mark.skipif(not hasattr(os, "eventfd"), reason="nothing here answers EINVAL to a write")
def test_windows_tells_otherwise_that_a_reader_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    number = os.eventfd(0)
    output = console._Output(number, BrokenPipeError)
    try:
        with pytest.raises(OSError, match="Invalid argument"):
            output.write(b"word")
        monkeypatch.setattr(sys, "platform", "win32")
        assert output.write(b"word") == 4
    finally:
        os.close(number)


def test_a_console_of_windows_is_written_to_as_python_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    terminal = Terminal()
    assert console._replaced(terminal, OSError) is terminal
