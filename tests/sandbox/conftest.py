from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from promptsync.sandbox import App, Behaviour, Sandbox

CURRENT: dict[str, Any] = {
    "display_name": "Refund",
    "path": "Default/Support",
    "prompt": {
        "model": "openai/gpt-4o",
        "temperature": 0.5,
        "messages": [{"role": "system", "content": "Be kind"}],
    },
}
CLASSIC: dict[str, Any] = {
    "display_name": "Refund",
    "path": "Default/Support",
    "prompt_config": {
        "model": "openai/gpt-4o",
        "provider": "openai",
        "model_type": "chat",
        "model_parameters": {"temperature": 0.5, "responseFormat": None},
        "messages": [{"role": "system", "content": "Be kind"}],
    },
}

Opener = Callable[..., tuple[Sandbox, httpx.Client]]


class Clock:
    """A clock that moves when it is told to, from 2026-01-01T00:00:00Z."""

    def __init__(self) -> None:
        self.now = 1767225600.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(clock: Clock) -> Iterator[Opener]:
    """Open a sandbox that behaves so, and a client of it within this process."""
    open_ones: list[Any] = []

    def open_one(**switches: Any) -> tuple[Sandbox, httpx.Client]:
        sandbox = Sandbox(behaviour=Behaviour(**switches), clock=clock)
        client = httpx.Client(
            transport=httpx.WSGITransport(App(sandbox)),
            base_url="http://localhost",
            headers={"Authorization": "Bearer any"},
        )
        open_ones.extend([client, sandbox])
        return sandbox, client

    yield open_one
    for each in open_ones:
        each.close()


@pytest.fixture
def current() -> dict[str, Any]:
    return copy.deepcopy(CURRENT)


@pytest.fixture
def classic() -> dict[str, Any]:
    return copy.deepcopy(CLASSIC)
