"""secret: what has the form of a key."""

from __future__ import annotations

import pytest

from tests.lint.findings import in_text

SECRETS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "sk-proj-" + "aB3_" * 8 + "T3BlbkFJ" + "aB3_" * 8,
    "sk-ant-api03-" + "aB3_" * 15,
    "AIza" + "aB3_x" * 7,
    "xoxb-" + "1234567890" + "-abcdefabcdef1234",
    "-----BEGIN RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("value", SECRETS)
def test_a_key_is_told_and_not_shown(value: str) -> None:
    (finding,) = in_text("secret", f"Use {value} for it.")

    assert finding.is_secret
    assert value not in repr(finding)
    assert finding.at == 4


@pytest.mark.parametrize(
    "text", ["{{api_key}}", "sk-...", "AKIA", "ghp_xxx", "risk-ant-api", "-----BEGIN CERTIFICATE-----"]
)
def test_what_is_fine(text: str) -> None:
    assert in_text("secret", text) == []
