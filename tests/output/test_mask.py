from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.output.mask import mask

CONTENT = b"\x89PNG" + bytes(100)
URL = "data:image/png;base64," + b64encode(CONTENT).decode()
TOLD = f"[image/png, 104 bytes, sha256:{sha256(CONTENT).hexdigest()[:12]}]"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (URL, TOLD),
        (URL.replace("data:", "DATA:"), TOLD),
        (f"see ![logo]({URL}) here", f"see ![logo]({TOLD}) here"),
        ({"image_url": {"url": URL, "detail": "low"}}, {"image_url": {"url": TOLD, "detail": "low"}}),
        ([[URL], 1, None, True], [[TOLD], 1, None, True]),
        ({URL: 1}, {TOLD: 1}),
        ("data:;base64,QQ==", "[text/plain, 1 byte, sha256:559aead08264]"),
        ("data:text/html,<p>hi</p>", f"[text/html, 9 bytes, sha256:{sha256(b'<p>hi</p>').hexdigest()[:12]}]"),
        ("Here is the data: a, b", "Here is the data: a, b"),
        ("data:, as they say", "data:, as they say"),
        ("data:image/png is a type", "data:image/png is a type"),
    ],
)
def test_data_urls_are_told_and_not_shown(value: Any, shown: Any) -> None:
    assert mask(value) == shown


def test_base64_in_lines_is_one_data_url() -> None:
    encoded = b64encode(CONTENT).decode()
    wrapped = "data:image/png;base64," + encoded[:76] + "\n" + encoded[76:]

    assert encoded[80:90] not in mask(wrapped)
    assert encoded[80:90] not in mask(f"a picture: {wrapped}")


def test_other_bytes_are_another_hash_even_where_they_decode_alike() -> None:
    assert mask("data:a/b;base64,QQ==") != mask("data:a/b;base64,QR==")


def test_nesting_has_an_end() -> None:
    value: Any = URL
    for _ in range(50_000):
        value = [value]

    assert "nested too deeply" in str(mask(value))


@settings(deadline=None)
@given(st.binary(min_size=30), st.text(), st.text())
def test_no_payload_is_ever_shown(content: bytes, before: str, after: str) -> None:
    payload = b64encode(content).decode()

    assert payload not in mask({"x": [f"{before} data:application/pdf;base64,{payload} {after}"]})["x"][0].replace(
        after, ""
    )


@settings(deadline=None)
@given(st.text())
def test_other_text_stays(text: str) -> None:
    assert mask(text.replace("data:", "")) == text.replace("data:", "") or "data:" in text.lower()
