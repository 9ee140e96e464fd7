"""What every test gets: no network but loopback, no key, no home folder, and the same examples on every run."""

from __future__ import annotations

import os
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("PROMPTSYNC_HYPOTHESIS", "steady"))


@pytest.fixture(autouse=True)
def _closed_world(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No variable of the machine reaches a test, and nothing of the machine's home folder is read."""
    # Not by `mktemp`, which looks through the folders of all tests before for the next free number.
    home = mkdtemp(prefix="home-", dir=tmp_path_factory.getbasetemp())
    for name in list(os.environ):
        if name.startswith(("ORQ_", "GIT_")) or name in (
            "PROMPTSYNC_DIR",
            "XDG_CACHE_HOME",
            "NO_COLOR",
            "FORCE_COLOR",
            "COLUMNS",
        ):
            monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
