from __future__ import annotations

from typing import Any

import pytest

from promptsync.sandbox import Behaviour, ConfigurationError

WRITINGS = "writing: expected kept or trimmed or closed or nfc or lf or single or sorted or all, not 'upper'"


def test_the_default_is_todays_service() -> None:
    assert Behaviour().as_json() == {
        "dialect": "current",
        "foreign": "refuse",
        "patch": "merge",
        "metadata_default": True,
        "max_page": 200,
        "version_on": "any",
        "list_lag": 0,
        "update_lag": 0,
        "latency": 0,
        "rewriting": "documents",
        "writing": "kept",
        "owner": "5a0d8c0e-1f5b-4d7e-9d64-0a5a9d3c1b01",
        "domain_id": "5a0d8c0e-1f5b-4d7e-9d64-0a5a9d3c1b02",
        "user_id": "5a0d8c0e-1f5b-4d7e-9d64-0a5a9d3c1b03",
    }


def test_the_key_is_never_told() -> None:
    assert "secret" not in str(Behaviour(key="secret").as_json())


@pytest.mark.parametrize(
    ("switches", "message"),
    [
        ({"dialect": "new"}, "dialect: expected current or classic or both, not 'new'"),
        ({"patch": None}, "patch: expected merge or replace or deep, not None"),
        ({"max_page": 0}, "max_page: expected a whole number from 1, not 0"),
        ({"max_page": True}, "max_page: expected a whole number from 1, not True"),
        ({"list_lag": -1}, "list_lag: expected seconds from 0 to 3600, not -1"),
        ({"update_lag": 3600}, "update_lag: expected seconds from 0 to 3600, not 3600"),
        ({"latency": "1"}, "latency: expected seconds from 0 to 3600, not '1'"),
        ({"metadata_default": 1}, "metadata_default: expected true or false, not 1"),
        ({"owner": 1}, "owner: expected text, not 1"),
        ({"writing": "upper"}, WRITINGS),
    ],
)
def test_what_is_no_choice_is_refused(switches: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        Behaviour(**switches)
    assert str(error.value) == message


def test_switches_from_outside() -> None:
    assert Behaviour(key="k").changed({"max_page": 50}) == Behaviour(key="k", max_page=50)
    for name in ("key", "rewriter", "nonsense"):
        with pytest.raises(ConfigurationError, match=f"{name}: no such switch"):
            Behaviour().changed({name: None})
