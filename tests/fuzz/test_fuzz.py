"""A sample of the fuzzing; all of it is `python -m tests.fuzz`."""

from __future__ import annotations

import pytest

from tests.fuzz.kinds import KINDS
from tests.fuzz.run import Kind, fuzz


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_nothing_unforeseen_happens(kind: Kind) -> None:
    assert list(fuzz(kind, kind.count // 250)) == []
