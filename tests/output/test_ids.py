"""The ids of prompts as application code in each language, whatever a key may hold."""

from __future__ import annotations

import ast
import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.errors import PromptsyncError
from promptsync.output.escape import rendered
from promptsync.output.ids import FORMATS, constant, render_ids
from tests.systems import needs

IDS = {"Default/Support/refund": "01J1", "Default/greeting-für-alle": "01J2"}
HOSTILE = {
    "*/ evil(); /*": "01A",
    '"""\nimport os': "01B",
    "# -*- coding: utf-7 -*-": "01C",
    "$(touch pwned)`touch pwned`\ntouch pwned": "01D",
    "a\u2028evil()": "01E",
    "\ud800 half": "01F",
    "##[error] x": "01G",
    "\u202eright to left": "01H",
}

EXPECTED = {
    "json": """\
{
  "Default/Support/refund": "01J1",
  "Default/greeting-f\\u00fcr-alle": "01J2"
}""",
    "env": """\
# Ids of the target staging, made by `promptsync ids --format env`: do not edit.
# Default/Support/refund
PROMPT_DEFAULT_SUPPORT_REFUND=01J1
# Default/greeting-für-alle
PROMPT_DEFAULT_GREETING_FUR_ALLE=01J2""",
    "python": """\
# Ids of the target staging, made by `promptsync ids --format python`: do not edit.

from typing import Final

# Default/Support/refund
DEFAULT_SUPPORT_REFUND: Final = "01J1"
# Default/greeting-für-alle
DEFAULT_GREETING_FUR_ALLE: Final = "01J2\"""",
    "typescript": """\
// Ids of the target staging, made by `promptsync ids --format typescript`: do not edit.

/** Default/Support/refund */
export const DEFAULT_SUPPORT_REFUND = "01J1";
/** Default/greeting-für-alle */
export const DEFAULT_GREETING_FUR_ALLE = "01J2";""",
}


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_has_a_name_and_an_id_for_each_key(form: str) -> None:
    assert render_ids(IDS, form, "staging") == EXPECTED[form]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("Default/Support/refund", "DEFAULT_SUPPORT_REFUND"),
        ("Default/order-status (v2)", "DEFAULT_ORDER_STATUS_V2"),
        ("Default/__init__", "DEFAULT_INIT"),
        ("2024/class", "_2024_CLASS"),
        ("None", "NONE"),
        ("Café/Straße", "CAFE_STRASSE"),
        ("Default/日本", "DEFAULT_U65E5U672C"),
        ("\u0430", "U0410"),  # a Cyrillic letter that looks like a Latin one
        ("- / -", "_"),
    ],
)
def test_a_name_is_made_of_the_letters_and_numbers_of_the_key(key: str, name: str) -> None:
    assert constant(key) == name


def test_two_keys_that_would_have_one_name_are_told() -> None:
    ids = {"Default/a-b": "01J1", "Default/a_b": "01J2"}
    with pytest.raises(PromptsyncError) as caught:
        render_ids(ids, "python", "default")

    assert caught.value.message == "`Default/a-b` and `Default/a_b` would both be DEFAULT_A_B"
    assert caught.value.hint == "rename one of the two, or take --format json, which has the keys themselves"
    assert json.loads(render_ids(ids, "json", "default")) == ids


@pytest.mark.parametrize("form", FORMATS)
def test_without_a_prompt_it_is_a_file_all_the_same(form: str) -> None:
    text = render_ids({}, form, "default")
    assert text.splitlines()[-1] in ("{}", "export {};") or text.startswith("# Ids of the target default")
    assert "Final" not in text


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_to_a_file_is_what_is_shown(form: str) -> None:
    text = render_ids(HOSTILE, form, "default")
    assert rendered(text, color=False) == text
    text.encode()


def test_a_key_cannot_leave_the_comment_that_tells_it() -> None:
    lines = render_ids(HOSTILE, "typescript", "default").splitlines()[2:]
    assert len(lines) == 2 * len(HOSTILE)
    for comment, code in zip(lines[::2], lines[1::2], strict=True):
        assert (comment[:4], comment[-3:], comment.count("*/")) == ("/** ", " */", 1)
        assert code.startswith("export const ")


@needs("sh")
def test_a_shell_reads_of_hostile_keys_the_ids_alone() -> None:
    script = render_ids(HOSTILE, "env", "default")
    ran = subprocess.run(["sh", "-euc", f"{script}\nset | grep ^PROMPT_"], capture_output=True, text=True, check=True)

    assert sorted(line.partition("=")[2].strip("'") for line in ran.stdout.splitlines()) == sorted(HOSTILE.values())
    assert ran.stderr == ""


KEYS = st.dictionaries(
    st.text(max_size=12) | st.sampled_from(sorted(HOSTILE)), st.from_regex(r"[A-Za-z0-9_-]{1,30}", fullmatch=True)
)


@given(KEYS)
def test_python_reads_the_ids_of_any_keys(ids: dict[str, str]) -> None:
    try:
        text = render_ids(ids, "python", "default")
    except PromptsyncError:
        return
    tree = ast.parse(text.encode())

    assigned = {node.target.id: node.value.value for node in tree.body if isinstance(node, ast.AnnAssign)}  # type: ignore[attr-defined]
    assert assigned == {constant(key): id for key, id in ids.items()}
    assert len(tree.body) == len(ids) + bool(ids)
