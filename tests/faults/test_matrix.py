"""Each fault, at each kind of write, at the first, a middle and the last one, in both dialects.

A sample of them; all with PROMPTSYNC_FAULTS=all.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.faults.matrix import Case, cases, check, leaks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.world import World

ALL = list(cases())
CASES = ALL if os.environ.get("PROMPTSYNC_FAULTS") == "all" else ALL[::13]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_was_done_is_recorded_and_the_next_run_does_the_rest(
    world_of: Callable[[str], World], tmp_path: Path, case: Case
) -> None:
    told = check(world_of(case.dialect), case)
    assert not leaks(tmp_path, told)
