"""Data as YAML that a hurried person may have written: any order, quotes, brackets and indents, comments everywhere."""

from __future__ import annotations

import json
import random
from typing import Any

ODD = ["", " ", "  "]


class Scribbler:
    """Writes data in a way of its own each time, with comments that all differ; `comments` are those it wrote."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.comments: list[str] = []

    def file(self, data: dict[str, Any]) -> str:
        head = self.rng.choice(["", "\n", "---\n", "%YAML 1.1\n---\n", "# yaml-language-server: $schema=x\n"])
        if head.startswith("#"):
            self.comments.append(head.strip())
        if self.maybe(0.1):
            return head + self.flow(data) + self.behind() + "\n"
        lines = [*self.between(0), *self.mapping(data, 0), *self.between(0)]
        return head + "\n".join(lines) + self.rng.choice(["\n", "\n\n", "\n...\n"])

    def maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    def comment(self) -> str:
        word = self.rng.choice(["word", "a: b", "- c", 'quote " it', "#"])
        self.comments.append(f"# {len(self.comments)} {word}")
        return self.comments[-1]

    def behind(self) -> str:
        return f"{self.rng.choice([' ', '  ', '   '])}{self.comment()}" if self.maybe(0.15) else ""

    def between(self, column: int) -> list[str]:
        """Comments and empty lines before a member."""
        found = []
        while self.maybe(0.2):
            found.append(self.rng.choice(ODD) if self.maybe(0.5) else " " * column + self.comment())
        return found

    def mapping(self, value: dict[str, Any], column: int) -> list[str]:
        lines = []
        names = list(value)
        if self.maybe(0.3):
            self.rng.shuffle(names)
        for name in names:
            key = json.dumps(name) if self.maybe(0.1) else self.plain(name)
            lines += [*self.between(column), *self.member(f"{' ' * column}{key}:", value[name], column)]
        return lines

    def sequence(self, value: list[Any], column: int) -> list[str]:
        lines = []
        for item in value:
            lines += [*self.between(column), *self.item(" " * column + "-", item, column)]
        return lines

    def item(self, start: str, value: Any, column: int) -> list[str]:
        if isinstance(value, dict) and value and self.maybe(0.7):
            first, *rest = self.mapping(value, column + 2)
            while not first.strip() or first.lstrip().startswith("#"):
                if first.strip() and self.maybe(0.3):
                    return [f"{start} {first.strip()}", *rest]
                # What stands before the first key stands behind the dash, or is left out.
                if first.strip():
                    self.comments.remove(first.strip())
                first, *rest = rest
            return [start + first[column + 1 :], *rest]
        return self.member(start, value, column)

    def member(self, start: str, value: Any, column: int) -> list[str]:
        """A value behind its key or dash."""
        if isinstance(value, dict | list) and value and self.maybe(0.8):
            is_dash = start.endswith("-")
            step = self.rng.choice([2, 4]) if isinstance(value, dict) or is_dash else self.rng.choice([0, 2])
            inner = (self.mapping if isinstance(value, dict) else self.sequence)(value, column + step)
            return [start + self.behind(), *inner, *self.after(column + step, column)]
        if isinstance(value, str) and "\n" in value and value.isascii() and value.isprintable():
            return [start, value]
        if isinstance(value, str) and self.may_be_block(value) and self.maybe(0.7):
            return self.block(start, value, column)
        lines = self.flow(value).split("\n")
        lines[0] = f"{start} {lines[0]}"
        return [*lines[:-1], lines[-1] + self.behind()]

    def after(self, inner: int, outer: int) -> list[str]:
        """A comment that belongs to the collection above it."""
        return [" " * inner + self.comment()] if inner > outer and self.maybe(0.1) else []

    def may_be_block(self, value: str) -> bool:
        return bool(value.strip()) and all(char == "\n" or 31 < ord(char) < 127 for char in value)

    def block(self, start: str, value: str, column: int) -> list[str]:
        end = "-" if not value.endswith("\n") else "+" if value.endswith("\n\n") else self.rng.choice(["", "+"])
        lines = value.removesuffix("\n").split("\n")
        return [f"{start} |2{end}{self.behind()}", *(" " * (column + 2) + line if line else "" for line in lines)]

    def plain(self, text: str) -> str:
        return text if text.isascii() and text.replace("_", "a").isalpha() and len(text) > 4 else json.dumps(text)

    def flow(self, value: Any) -> str:
        """In brackets and braces, maybe over several lines with comments."""
        if isinstance(value, dict | list) and value and self.maybe(0.3):
            start, end = "{}" if isinstance(value, dict) else "[]"
            items = [f"{json.dumps(k)}: {self.flow(v)}" for k, v in value.items()] if start == "{" else [
                self.flow(v) for v in value
            ]  # fmt: skip
            lines = [line for item in items for line in [*self.between(60), f"{' ' * 60}{item},{self.behind()}"]]
            return "\n".join([start + self.behind(), *lines, *self.between(60), f"{' ' * 60}{end}"])
        if isinstance(value, str):
            return json.dumps(value, ensure_ascii=self.maybe(0.5) or not value.isprintable())
        if isinstance(value, float) and "e" in repr(value):
            return f"{value:.20f}"
        return json.dumps(value) if not isinstance(value, dict | list) else self.one_line(value)

    def one_line(self, value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{json.dumps(k)}: {self.one_line(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self.one_line, value)) + "]"
        return self.flow(value)
