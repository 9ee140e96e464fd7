"""Texts of every kind that prompts are made of, for tests of how they are written and edited: the same in every run."""

from __future__ import annotations

import json
import random
import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = (  # noqa: SIM905 - read as text
    "the refund policy never promises a date {{agent}} {{order.id}} 100% 'quoted' \"double\" a:b c: d #tag # no - yes "
    "😀 👩\u200d🚀 שלום مرحبا 日本 \\n null 12:30 https://x.y/z 0x1F ~ [x] {y} *z &a !b |c >d"
).split(" ")
CODE = ["```python", "def f(x):", "    return x  # y", "", "```"]
MARKS = ["---", "...", "--- # x", "%YAML 1.2", "- a", "? b", ": c", "<<: *x", "key: |2-", "@at `tick`"]
JSON = json.dumps({"a": [1, {"b": None}], "c": 'd: "e"'}, indent=2).split("\n")

Lines = list[str]


def insert(more: Lines) -> Callable[[random.Random, Lines], Lines]:
    return lambda rng, lines: [*lines[: (at := rng.randrange(len(lines)))], *more, *lines[at:]]


def end_of_one(more: str) -> Callable[[random.Random, Lines], Lines]:
    """Text at the end of one line."""

    def change(rng: random.Random, lines: Lines) -> Lines:
        at = rng.randrange(len(lines))
        return [*lines[:at], lines[at] + more, *lines[at + 1 :]]

    return change


KINDS: dict[str, Callable[[random.Random, Lines], Lines]] = {
    "plain": lambda _, lines: lines,
    "blanks at line ends": lambda rng, lines: [line + rng.choice(["  ", " ", "", "\t"]) for line in lines],
    "tabs": lambda rng, lines: ["\t" * rng.randint(0, 2) + line.replace(" ", "\t", 1) for line in lines],
    "blanks first": lambda rng, lines: ["   " + lines[0], *("  " * rng.randint(0, 3) + line for line in lines[1:])],
    "only blanks": lambda rng, lines: [*(" " * rng.randint(0, 4) for _ in lines), "x y"],
    "code": insert(CODE),
    "marks": insert(MARKS),
    "json": insert(JSON),
    "percent first": lambda _, lines: [f"%{lines[0]}", *lines[1:]],
    "a long line": lambda rng, lines: [*lines, " ".join(rng.choice(WORDS) for _ in range(800))],
    "crlf": lambda _, lines: [f"{line}\r" for line in lines],
    "a lone cr": end_of_one("\rback"),
    "nel": end_of_one("\x85next"),
    "line separator": end_of_one("\u2028next"),
    "bell": end_of_one("\x07"),
    "turned around": end_of_one("\u202eabc\u202c"),
    "mark inside": end_of_one("\ufeff"),
}
IN_NO_BLOCK = {"crlf", "a lone cr", "nel", "line separator", "bell", "turned around", "mark inside"}
TEXTS_OF_A_KIND = 30


def texts(kind: str, count: int = TEXTS_OF_A_KIND) -> list[tuple[str, str]]:
    """Texts, each with another one of which a single word is different."""
    rng = random.Random(f"texts of {kind}")
    found = []
    for _ in range(count):
        lines = [" ".join(rng.choices(WORDS, k=rng.randint(1, 9))) if rng.random() < 0.8 else "" for _ in range(20)]
        lines = KINDS[kind](rng, [f"{rng.choice(WORDS)} first", *lines[: rng.randint(1, 20)]])
        ends = "" if kind == "crlf" else "\n" * rng.choice([0, 0, 1, 1, 2, 7])
        text = "\n".join(lines) + ends
        words = [match for match in re.finditer(r"[^\s\x07\u202a-\u202e\ufeff]+", text) if match[0].isascii()]
        word = rng.choice(words)
        found.append((text, f"{text[: word.start()]}CHANGED{text[word.end() :]}"))
    return found


def file_of(text: str) -> dict[str, Any]:
    messages = [{"role": "system", "content": text}, {"role": "user", "content": "{{question}}"}]
    return {"prompt": {"model": "openai/gpt-4o", "messages": messages}}


def changed(before: str, after: str) -> int:
    """Lines that differ, as git counts them."""
    one, other = before.split("\n"), after.split("\n")
    codes = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return sum(max(code[2] - code[1], code[4] - code[3]) for code in codes if code[0] != "equal")
