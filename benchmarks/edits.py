"""What edits and a new layout of one file cost: work that grows with the file, and not with its square."""

from __future__ import annotations

import resource
import time
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from benchmarks.measure import BenchmarkError, Run, interleaved, peak_of
from benchmarks.table import Table
from promptsync.files.formatter import Rules, format_file
from promptsync.files.loader import Source
from promptsync.files.yaml.editor import edit
from promptsync.files.yaml.edits import Edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.options import Options

T = TypeVar("T")

_LINES = 6


def edits(options: Options) -> list[Table]:
    """A word in each of 400 messages of one file, beside 100."""
    few, many = options.scaled(100), options.scaled(400)
    table = Table("A word in each message of one file is edited")
    runs = interleaved([partial(_edit, few), partial(_edit, many)], options.runs)
    for count, run in zip((few, many), runs, strict=True):
        table.add(f"{count:,} messages", run, base=count == few)
    table.judge("times the time of a fourth", runs[1].seconds / runs[0].seconds, 6)
    return [table, _layouts(options)]


def _layouts(options: Options) -> Table:
    """A file of one line, with as many keys as the reader takes, laid out anew."""
    few, many = options.scaled(4_000), options.scaled(16_000)
    table = Table("A file of one line is laid out anew")
    runs = interleaved([partial(_lay_out, few), partial(_lay_out, many)], options.runs)
    for count, run in zip((few, many), runs, strict=True):
        table.add(f"{count:,} keys", run, base=count == few)
    table.judge("times the time of a fourth", runs[1].seconds / runs[0].seconds, 6)
    return table


def _edit(count: int) -> Run:
    messages = [_text(number, "some") for number in range(count)]
    text = "prompt:\n  model: openai/gpt-4o\n  messages:\n"
    for message in messages:
        text += "    - role: user\n      content: |\n" + "".join(f"        {line}\n" for line in message.splitlines())
    asked = [Edit(("prompt", "messages", number, "content"), "set", _text(number, "other")) for number in range(count)]
    edited, run = _timed(partial(edit, text, asked))
    if edited.text.count("other words") != count:
        raise BenchmarkError("not every message was edited")
    return run


def _lay_out(count: int) -> Run:
    fields = ", ".join(f"p{number}: {{type: string}}" for number in range(count))
    schema = f"{{type: json_schema, json_schema: {{name: a, schema: {{{fields}}}}}}}"
    text = f"prompt: {{model: openai/gpt-4o, messages: [], response_format: {schema}}}\n"
    source = Source("Default/a", "Default/a.yaml", text.encode())
    (done, _), run = _timed(partial(format_file, source, lambda *_: "", Rules()))
    if done is None or done.problem is not None:
        raise BenchmarkError("the file was not laid out")
    return run


def _timed(work: Callable[[], T]) -> tuple[T, Run]:
    started, used = time.perf_counter(), time.process_time()
    done = work()
    return done, Run(
        time.perf_counter() - started, time.process_time() - used, peak_of(resource.getrusage(resource.RUSAGE_SELF))
    )


def _text(number: int, word: str) -> str:
    lines = [f"This is line {line} of the text {number}, with some words in it.\n" for line in range(_LINES)]
    lines[3] = lines[3].replace("some", word)
    return "".join(lines)
