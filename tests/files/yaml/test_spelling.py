"""Texts of every kind, written and then edited by a word: blocks stay blocks, and exactly that line changes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from promptsync.files.yaml.editor import edit
from promptsync.files.yaml.edits import Edit
from promptsync.files.yaml.reader import decode, read
from promptsync.files.yaml.writer import dump
from tests.texts import IN_NO_BLOCK, KINDS, TEXTS_OF_A_KIND, WORDS, changed, file_of, texts


def commented(file: str) -> str:
    """The file with comments around the text."""
    file = file.replace("prompt:\n", "# Ask Ann first.\nprompt: # ours\n", 1)
    return re.sub(r"\n( *)- role: user", r"\n\1# and then\n\1- role: user", file) + "# the end\n"


def pulled(before: str, text: str) -> str:
    """The file after a pull of another text."""
    after = edit(before, [Edit(("prompt", "messages", 0, "content"), "set", text)]).text
    plain, complaints = decode(after.encode())
    assert (complaints, read(plain).complaints, read(plain).data) == ([], [], file_of(text))
    return after


def test_there_are_five_hundred() -> None:
    assert len(KINDS) * TEXTS_OF_A_KIND >= 500


@pytest.mark.parametrize("kind", KINDS)
def test_a_written_text_and_a_pull_of_one_word(kind: str) -> None:
    for number, (text, other) in enumerate(texts(kind)):
        written = commented(dump(file_of(text)))
        assert yaml.safe_load(written) == file_of(text)
        assert ("content: |" in written) == (kind not in IN_NO_BLOCK)
        if number % 2:
            written = "\ufeff" + written.replace("\n", "\r\n")
        after = pulled(written, other)
        assert changed(written, after) == 1
        assert after.replace("CHANGED", "") != after
        assert (after.count("\r\n"), after.count("# ")) >= (written.count("\r\n"), written.count("# and then"))


class Dumper(yaml.SafeDumper):
    """Writes long texts in one style."""

    style: str | None = None


def represent(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=dumper.style if "\n" in value else None)


Dumper.add_representer(str, represent)


@pytest.mark.parametrize("style", ['"', "'", ">", "|", None])
@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_another_tool_wrote_keeps_its_spelling(kind: str, style: str | None) -> None:
    """In quotes over several lines, folded or not: line by line, and the quotes or the block stay."""
    Dumper.style = style
    for text, other in texts(kind, 5):
        written = commented(yaml.dump(file_of(text), Dumper=Dumper, allow_unicode=True, sort_keys=False))
        plain, complaints = decode(written.encode())
        if complaints or read(plain).data != file_of(text) or re.search(r"content: (['\"]).*\1\n", written):
            continue  # PyYAML writes what YAML readers take for different things, or it is all on one line.
        after = pulled(written, other)
        assert changed(written, after) == 1
        assert re.findall(r"content: .", after) == re.findall(r"content: .", written)


def test_blanks_on_empty_lines_of_a_block_stay() -> None:
    before = "a: |\n  one\n   \n  two\n  \n\n  three\n"
    for text, after in [
        ("one\n \n2\n\n\nthree\n", before.replace("two", "2")),
        ("one\n \ntwo\n\n\nthree\nfour\n", f"{before}  four\n"),
        ("0\none\n \ntwo\nthree\n", "a: |\n  0\n  one\n   \n  two\n  three\n"),
    ]:
        assert edit(before, [Edit(("a",), "set", text)]).text == after


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (
            'a: "one\\n\\\n  two\\n\\\n  three"\n', "one\ntwo\n  and\nthree",
            'a: "one\\n\\\n  two\\n\\\n  \\  and\\n\\\n  three"\n',
        ),
        ('a: "one\\n\\\n  two\\n\\\n  three"\n', "one\nthree", 'a: "one\\n\\\n  three"\n'),
        ('a: "one\\n\\\n  two"\n', "one\ntwo\nthree\n", 'a: "one\\n\\\n  two\\n\\\n  three\\n"\n'),
        ('a: "one\n\n  two three\n  four"\n', "one\ntwo 3 four", 'a: "one\n\n  two 3\n  four"\n'),
        ('a: "w\\u00f6rter\\n\\\n  two"\n', "wörter\n2", 'a: "w\\u00f6rter\\n\\\n  2"\n'),
        ('a: "x y\\n\\\n  \\ two w"\n', "x y\n w", 'a: "x y\\n\\\n  \\ w"\n'),
        ("a: 'it''s\n\n  two'\n", "it's\n2's", "a: 'it''s\n\n  2''s'\n"),
        ("a: one\n\n  two\n  three\n", "one\n2 three", "a: one\n\n  2\n  three\n"),
        ("a: >-\n  one\n  two\n\n    deeper  down\n\n  end\n", "one 2\n\n  deeper  down\n\nend", None),
    ],
)  # fmt: skip
def test_lines_come_and_go_in_a_text_of_many(before: str, text: str, after: str | None) -> None:
    assert edit(before, [Edit(("a",), "set", text)]).text == (after or before.replace("two", "2"))


def test_a_change_in_a_long_text_is_one_of_a_line() -> None:
    """One word of a long text, in each spelling: on lines of its own, and as one line."""
    lines = [f"{number} " + " ".join(WORDS[:12]) for number in range(800)]
    for style in ('"', "'", ">", "|"):
        for joint in ("\n", " "):
            Dumper.style = style
            text = joint.join(lines) + "\n"
            written = yaml.dump(file_of(text), Dumper=Dumper, allow_unicode=True, sort_keys=False)
            after = edit(
                written, [Edit(("prompt", "messages", 0, "content"), "set", text.replace("400 the", "400 one"))]
            ).text
            assert sum(map(str.__ne__, written.split("\n"), after.split("\n"))) == 1
