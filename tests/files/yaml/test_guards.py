"""Text that would go live by accident is refused at its place, or told."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promptsync.files.yaml.guards import left_by_git
from promptsync.files.yaml.reader import decode, read

MERGE = "<<<<<<< HEAD\nBe kind.\n=======\nBe brief.\n>>>>>>> topic\n"
DIFF3 = MERGE.replace("=======", "||||||| 1a2b3c4\nBe.\n=======")
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab\nsize 12345\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (MERGE, 1, "an open merge of git: <<<<<<< here, ======= on line 3, >>>>>>> on line 5"),
        (f"a\n\n{MERGE}b", 3, "an open merge of git: <<<<<<< here, ======= on line 5, >>>>>>> on line 7"),
        (DIFF3, 1, "an open merge of git: <<<<<<< here, ======= on line 5, >>>>>>> on line 7"),
        ("<<<<<<<\n=======\n>>>>>>>", 1, "an open merge of git: <<<<<<< here, ======= on line 2, >>>>>>> on line 3"),
        (POINTER, 1, "this is a git-lfs pointer, and not the file that it stands for"),
        (
            "version https://git-lfs.github.com/spec/v1\next-0-foo sha256:1\noid sha256:2\nsize 3\n",
            1,
            "this is a git-lfs pointer, and not the file that it stands for",
        ),
    ],
)
def test_what_git_left_is_refused_where_it_begins(text: str, line: int, message: str) -> None:
    complaint = left_by_git(text)
    assert complaint is not None
    assert (complaint.line, complaint.column, complaint.message) == (line, 1, message)
    assert complaint.hint
    # A YAML file is looked at before it is parsed.
    assert decode(text.replace("\n", "\r\n").encode()) == ("", [complaint])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Title\n=======\n",
        "======= \n>>>>>>> quoted\n<<<<<<< \n",
        MERGE.replace("<<<<<<<", "<<<<<<<<"),
        MERGE.replace("=======", "========"),
        MERGE.replace("<<<<<<<", "  <<<<<<<"),
        MERGE.replace(">>>>>>>", "> >>>>>>>"),
        MERGE.replace("<<<<<<< HEAD", "<<<<<<<HEAD"),
        "The first line of a pointer is\nversion https://git-lfs.github.com/spec/v1\noid sha256:1\n",
        "version https://git-lfs.github.com/spec/v1\nis its first line\n",
    ],
)
def test_what_only_looks_like_it_is_text(text: str) -> None:
    assert left_by_git(text) is None


def test_a_block_of_yaml_may_tell_of_a_merge() -> None:
    told = "".join(f"  {line}\n" for line in MERGE.splitlines())
    text, complaints = decode(f"content: |\n{told}".encode())
    assert complaints == []
    assert read(text).data == {"content": MERGE}


def warned(text: str) -> list[tuple[int, int, str]]:
    document = read(text)
    assert document.complaints == []
    return [(line, column, message) for line, column, message, _ in document.warnings]


@pytest.mark.parametrize(
    ("text", "place", "cut"),
    [
        ("content: Use issue #3", (1, 20), "#3"),
        ("- role: user\n  content: In #general\tsay hello  \n", (2, 15), "#general\tsay hello"),
        ("description: Rate # of stars", (1, 19), "# of stars"),
        ("display_name: The  #1 assistant", (1, 20), "#1 assistant"),
        ("text: two\n  lines #2", (2, 9), "#2"),
        ("text: naïve 🚀 #2", (1, 15), "#2"),
        ('"content": a #', (1, 14), "#"),
    ],
)
def test_a_plain_text_that_is_cut_is_told(text: str, place: tuple[int, int], cut: str) -> None:
    assert warned(text) == [(*place, f"`{cut}` is a comment to YAML, and no part of the text before it")]


def test_the_hint_is_the_whole_text_in_quotes() -> None:
    (warning,) = read("content: Use issue #3  \n").warnings
    comment = "or two blanks before and one behind the # of a comment"
    assert warning.hint == f'write "Use issue #3" for the whole text, {comment}'
    (warning,) = read(f"content: {'x' * 90} #{'3' * 90}\n").warnings
    assert warning.hint == f"put the whole text in quotes, {comment}"
    assert len(warning.message) < 140


@pytest.mark.parametrize(
    "text",
    [
        "content: Use issue  # three",
        "content: Use issue\t# three",
        "content: Use issue  #",
        "content: Use issue  ## three",
        "content: Use issue#3",
        "content: 'Use issue' #3",
        'content: "Use issue #3" # three',
        "content: |  # three\n  Use issue #3\n",
        "content: >- #three\n  Use issue #3\n",
        "content: # three\n  Use issue",
        "content: Use issue\n#3",
        "content: Use issue\n\n  # three",
        "content: null #3",
        "content: [a, b] #3",
        "temperature: 0.2 #low",
        "model: openai/gpt-4o #cheap",
        "language: English # behind",
    ],
)
def test_a_comment_is_a_comment(text: str) -> None:
    assert warned(text) == []


@given(st.text(st.sampled_from("ab #\t\n-:'\"|"), max_size=30))
def test_a_text_is_warned_of_only_where_yaml_cuts_it(value: str) -> None:
    text, complaints = decode(f"content: {value}".encode())
    document = read(text)
    if complaints or document.complaints or not document.warnings:
        return
    assert document.data == yaml.safe_load(text)
    for warning in document.warnings:
        line = text.split("\n")[warning.line - 1]
        assert line[warning.column - 1] == "#"
        assert line[warning.column - 2] in " \t"
