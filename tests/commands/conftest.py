from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.sandbox import Behaviour
from tests.commands.locked import TREE
from tests.embedded import here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.embedded import Here


@pytest.fixture
def world() -> Iterator[Here]:
    with here(Behaviour()) as made:
        made.write(TREE)
        assert made.apply() == 0
        yield made
