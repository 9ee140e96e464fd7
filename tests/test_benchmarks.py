"""What the benchmarks name is there: they are run by hand, and rooms move."""

from __future__ import annotations

from importlib import import_module
from operator import attrgetter
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES
from benchmarks.phases import FIRST_TIME_ONLY, PHASES
from benchmarks.table import Table, promise_table


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


def test_all_promises_stand_in_one_table() -> None:
    plan, pull = Table("Plan"), Table("Pull")
    plan.judge("requests", 6, 8)
    plan.judge("times faster", 7.5, 8, least=True)
    pull.judge("times drift", 2, 2)
    pull.notes.append("no promise")

    told = """\
## Promises

| promise            | measured |   promised |        |
|--------------------|---------:|-----------:|-------:|
| Plan: requests     |     6.00 |  at most 8 |   kept |
| Plan: times faster |     7.50 | at least 8 | BROKEN |
| Pull: times drift  |     2.00 |  at most 2 |   kept |
"""
    assert promise_table([plan, pull]) == told
