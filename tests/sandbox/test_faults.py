from __future__ import annotations

import pytest

from promptsync.sandbox import ConfigurationError, Fault, Faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("503", Fault("status", status=503)),
        (
            "429:retry-after=1,method=POST,times=3",
            Fault("status", status=429, headers={"retry-after": "1"}, method="POST", times=3),
        ),
        (
            '429:retry-after="Wed, 21 Oct 2026 07:28:00 GMT",skip=2',
            Fault("status", status=429, headers={"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, skip=2),
        ),
        ("reset:when=after,method=POST", Fault("reset", when="after", method="POST")),
        ("slow:seconds=0.2,path=/v2/prompts,times=always", Fault("slow", seconds=0.2, path="/v2/prompts", times=None)),
        (
            "500:body=oops,header-x-request-id=7",
            Fault("status", status=500, body="oops", headers={"x-request-id": "7"}),
        ),
        ("html", Fault("html")),
    ],
)
def test_parse(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    "text", ["", "nonsense", "999", "429:when", "429:when=later", "429:times=0", "429:times=x", "slow:color=red"]
)
def test_parse_refuses(text: str) -> None:
    with pytest.raises(ConfigurationError):
        Fault.parse(text)


@pytest.mark.parametrize(
    "value",
    [7, {}, {"kind": "status", "status": "500"}, {"kind": "slow", "seconds": "1"}, {"kind": "status", "skip": -1},
     {"kind": "status", "colour": 1}, {"kind": "status", "headers": {"a": "b\r\nc: d"}}, {"kind": "status", "body": 1}],
)  # fmt: skip
def test_from_json_refuses(value: object) -> None:
    with pytest.raises(ConfigurationError):
        Fault.from_json(value)


def test_json_there_and_back() -> None:
    fault = Fault("status", status=429, headers={"retry-after": "1"}, times=None)
    assert Fault.from_json(fault.as_json()) == fault
    assert Fault.from_json("429:retry-after=1,times=always") == fault


def test_a_fault_meets_its_requests_and_is_gone() -> None:
    faults = Faults()
    fault = Fault("drop", method="POST", path="/v2/prompts", skip=1, times=2)
    faults.add(fault)
    met = [faults.take(*request) for request in [
        ("GET", "/v2/prompts"), ("POST", "/v2/prompts/1"), ("POST", "/v2/prompts"), ("POST", "/v2/prompts"),
    ]]  # fmt: skip
    assert met == [None, None, None, fault]
    assert faults.pending() == [fault]
    assert faults.take("POST", "/v2/prompts") is fault
    assert faults.pending() == []
    assert faults.take("POST", "/v2/prompts") is None


def test_globs_cross_slashes_and_clear_takes_all_away() -> None:
    faults = Faults()
    faults.add(Fault("drop", path="/v2/*", times=None))
    assert faults.take("DELETE", "/v2/prompts/1/versions") is not None
    faults.clear()
    assert faults.take("DELETE", "/v2/prompts/1/versions") is None
