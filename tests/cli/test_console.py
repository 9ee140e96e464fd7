"""What is told beside the result: whole lines, no sign of life for short waits, none at all in a pipe."""

from __future__ import annotations

import io
import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from promptsync.cli import console
from promptsync.service.calls import Exchange


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
