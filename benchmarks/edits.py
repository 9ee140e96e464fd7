"""What edits and a new layout of one file cost: work that grows with the file, and not with its square."""

from __future__ import annotations

import resource
import time
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from benchmarks.measure import BenchmarkError, Run, interleaved, peak_of
from benchmarks.table import Table
from promptsync.files.yaml.editor import edit
from promptsync.files.yaml.edits import Edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.options import Options

T = TypeVar("T")

_LINES = 6


def edits(options: Options) -> list[Table]:
    """A word in each of 400 messages of one file, beside 100; a line of 16,000 keys laid out anew, beside 4,000."""
    return [
        _beside_a_fourth("A word in each message of one file is edited", "messages", _edit, 400, options),
        _beside_a_fourth("A file of one line is laid out anew", "keys", _lay_out, 16_000, options),
    ]


def _beside_a_fourth(title: str, noun: str, work: Callable[[int], Run], most: int, options: Options) -> Table:
    few, many = options.scaled(most // 4), options.scaled(most)
    table = Table(title)
    runs = interleaved([partial(work, few), partial(work, many)], options.runs)
    for count, run in zip((few, many), runs, strict=True):
        table.add(f"{count:,} {noun}", run, base=count == few)
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
    # Late, so that this process stays small: the peak of a child counts what its parent had when it began.
    from promptsync.files.formatter import Rules, format_file
    from promptsync.files.loader import Source

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
