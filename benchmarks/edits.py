"""What many edits of one file cost: work that grows with the file, and not with its square."""

from __future__ import annotations

import resource
import time
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.measure import BenchmarkError, Run, interleaved, peak_of
from benchmarks.table import Table
from promptsync.files.yaml.editor import edit
from promptsync.files.yaml.edits import Edit

if TYPE_CHECKING:
    from benchmarks.options import Options

_LINES = 6


def edits(options: Options) -> list[Table]:
    """A word in each of 400 messages of one file, beside 100."""
    few, many = options.scaled(100), options.scaled(400)
    table = Table("A word in each message of one file is edited")
    runs = interleaved([partial(_edit, few), partial(_edit, many)], options.runs)
    for count, run in zip((few, many), runs, strict=True):
        table.add(f"{count:,} messages", run, base=count == few)
    table.judge("times the time of a fourth", runs[1].seconds / runs[0].seconds, 6)
    return [table]


def _edit(count: int) -> Run:
    messages = [_text(number, "some") for number in range(count)]
    text = "prompt:\n  model: openai/gpt-4o\n  messages:\n"
    for message in messages:
        text += "    - role: user\n      content: |\n" + "".join(f"        {line}\n" for line in message.splitlines())
    asked = [Edit(("prompt", "messages", number, "content"), "set", _text(number, "other")) for number in range(count)]
    started, used = time.perf_counter(), time.process_time()
    edited = edit(text, asked)
    peak = peak_of(resource.getrusage(resource.RUSAGE_SELF))
    run = Run(time.perf_counter() - started, time.process_time() - used, peak)
    if edited.text.count("other words") != count:
        raise BenchmarkError("not every message was edited")
    return run


def _text(number: int, word: str) -> str:
    lines = [f"This is line {line} of the text {number}, with some words in it.\n" for line in range(_LINES)]
    lines[3] = lines[3].replace("some", word)
    return "".join(lines)
