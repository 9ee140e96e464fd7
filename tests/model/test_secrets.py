from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.model.secrets import holds_key, may_hold_key, texts

SCOPED = "sk-orq-01jx-4f9a0Qm27LxTeR8dVbN3"


def token(**claims: Any) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "s1gnature" * 4])


@pytest.mark.parametrize(
    ("text", "is_key"),
    [
        ("sk-orq-01jx-4f9a0Qm27LxTeR8dVbN3", True),
        ("export ORQ_API_KEY=sk-orq-01jx-4f9a0Qm27LxTeR8dVbN3;", True),
        (token(iss="orq", workspace="w"), True),
        (f"Bearer {token(iss='https://my.orq.ai', sub='1')}, please", True),
        (token(workspaceId="w", product="Orq"), True),
        ("a key that is set", True),
        ("sk-orq-", False),
        ("sk-orq-<id>-<secret>", False),
        ("sk-orq-id-your-secret-key-goes-here", False),
        ("sk-orq-1234-xxxxxxxxxxxxxxxxxxxxxxxx", False),
        ("sk-orq-1234-0000111122223333", False),
        ("sk-proj-4f9a0Qm27LxTeR8dVbN34f9a0Qm27LxTeR8dVbN3", False),
        (token(iss="https://accounts.example", sub="1"), False),
        (token(iss="torque"), False),
        ("eyJhbGciOiJIUzI1NiJ9.eyJh.c2ln", False),
        ("eyJhbGciOiJIUzI1NiJ9.eyJ!!!!!!!!!!!.c2lnbmF0dXJlc2lnbmF0dXJl", False),
        (f"eyJhbGciOiJIUzI1NiJ9.eyJ{'a' * 10}.{'c' * 16}", False),
        ("", False),
        ("eyJ" * 300_000, False),
        ("sk-orq-aaaa-" * 80_000, False),
        ("sk-orq-" + "a" * 900_000, False),
    ],
)
def test_what_is_taken_for_a_key(text: str, is_key: bool) -> None:
    assert holds_key(text, ["a key that is set"]) == is_key


def test_every_text_and_name_is_looked_at() -> None:
    value = {"a": ["b", {"c": "d", "e": 1}], "f": None}
    assert list(texts(value)) == [
        (("a",), "a"),
        (("a", 0), "b"),
        (("a", 1, "c"), "c"),
        (("a", 1, "c"), "d"),
        (("a", 1, "e"), "e"),
        (("f",), "f"),
    ]


@pytest.mark.parametrize("style", [None, "'", '"', "|", ">"])
@pytest.mark.parametrize("width", [10, 1_000])
@settings(max_examples=20, deadline=None)
@given(around=st.text(max_size=20), name=st.booleans())
def test_a_key_that_a_file_says_is_not_missed_for_how_it_is_written(
    style: str | None, width: int, around: str, name: bool
) -> None:
    """However a text is folded and escaped: the quick look never says no where the thorough one says yes."""
    for key in (SCOPED, "it's-the-key-of-a-test-0"):
        said = f"{around}{key}{around}"
        document = {said: 1} if name else {"content": said}
        written = yaml.dump(document, default_style=style, width=width, allow_unicode=True)
        held = any(holds_key(text, [key]) for _, text in texts(yaml.safe_load(written)))
        assert may_hold_key(written, [key]) or not held
