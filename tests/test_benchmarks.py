"""What the benchmarks name is there: they are run by hand, and rooms move."""

from __future__ import annotations

from importlib import import_module
from operator import attrgetter
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES
from benchmarks.phases import FIRST_TIME_ONLY, PHASES


@pytest.mark.parametrize("place", [place for places in PHASES.values() for place in places])
def test_what_a_phase_wraps_is_there(place: str) -> None:
    module, _, path = place.partition(":")
    assert callable(attrgetter(path)(import_module(module)))


def test_what_is_read_the_first_time_only_is_among_the_phases() -> None:
    places = [place for places in PHASES.values() for place in places]
    assert all(any(place.startswith(room) for place in places) for room in FIRST_TIME_ONLY)


def test_the_readme_lists_every_benchmark() -> None:
    readme = Path(__file__).parent.parent / "benchmarks" / "README.md"
    text = readme.read_text(encoding="utf-8")
    assert [name for name in NAMES if f"| `{name}` |" not in text] == []
