from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands.locked import TREE
from tests.embedded import applied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.embedded import Here


@pytest.fixture
def world() -> Iterator[Here]:
    with applied(TREE) as made:
        yield made
