from __future__ import annotations

from promptsync.files.layers import Stated
from promptsync.output.layout import Layout
from promptsync.output.resolved import render_resolved
from tests.output.examples import PICTURE

VALUES = [
    Stated("display_name", "a", "prompts/Default/a.yaml", 0),
    Stated("prompt.model", "openai/gpt-4o", "prompts/_defaults.yaml", 2),
    Stated("prompt.stop", ["x", "y"], "prompts/Default/a.yaml", 3),
    Stated("prompt.messages[0].content", "Be kind.\n\n::error::x\n\x1b[2Jy", "prompts/Default/a.md", 0),
    Stated("prompt.messages[1].content[0].image_url.url", PICTURE, "prompts/Default/a.yaml", 9),
]


def test_each_value_stands_behind_its_place() -> None:
    assert render_resolved(VALUES[:3], Layout()) == (
        'prompts/Default/a.yaml    display_name: "a"\n'
        'prompts/_defaults.yaml:2  prompt.model: "openai/gpt-4o"\n'
        'prompts/Default/a.yaml:3  prompt.stop: ["x", "y"]'
    )


def test_what_a_text_says_acts_on_no_terminal_and_no_runner() -> None:
    assert render_resolved(VALUES[3:4], Layout()) == (
        "prompts/Default/a.md  prompt.messages[0].content: |\n    Be kind.\n\n    :\\x3aerror::x\n    \\x1b[2Jy"
    )


def test_a_picture_is_told_by_type_size_and_hash() -> None:
    shown = render_resolved(VALUES[4:], Layout())
    assert "[image/png, 204 bytes, sha256:" in shown
    assert PICTURE not in shown
