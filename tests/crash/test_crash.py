"""A sample of the kills; all of them are `python -m tests.crash.all`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash import previews, trades
from tests.crash.all import WAYS
from tests.crash.world import APPLY, Driver, copied, opened, prepare, survives

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POINTS = (11, 97, 160, 215, 251, 262, 330)
"""While things begin, in a create, an update, an adopt, a move, and in what comes after."""


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with Driver() as driver:
        yield driver


@pytest.fixture(scope="module")
def prepared(driver: Driver, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crash") / "prepared"
    prepare(folder, driver)
    return folder


@pytest.mark.parametrize("way", WAYS)
def test_there_are_hundreds_of_points(driver: Driver, prepared: Path, tmp_path: Path, way: str) -> None:
    behaviour, extra = WAYS[way]
    with opened(copied(prepared, tmp_path / "copy"), driver, behaviour) as world:
        whole = world.run(*APPLY, *extra)
    assert whole.code == 0, whole.out
    assert len(whole.names) > 350


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("way", list(WAYS)[::3])
def test_the_next_run_finishes_what_a_kill_left(
    driver: Driver, prepared: Path, tmp_path: Path, way: str, point: int
) -> None:
    behaviour, extra = WAYS[way]
    assert survives(prepared, tmp_path / "copy", driver, point, behaviour, *extra) == []


@pytest.fixture(scope="module")
def traded(driver: Driver, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crash") / "traded"
    trades.prepare(folder, driver)
    return folder


TRADING = (20, 30, 36, 45, 60, 80, 100)
"""While the keys are exchanged in the lockfile, in the first of the moves, and in later ones."""


@pytest.mark.parametrize("point", TRADING)
def test_the_next_run_finishes_a_trade_that_a_kill_left(
    driver: Driver, traded: Path, tmp_path: Path, point: int
) -> None:
    behaviour, extra = WAYS["one by one"]
    assert survives(traded, tmp_path / "copy", driver, point, behaviour, *extra, judge=trades.check) == []


@pytest.mark.parametrize("what", previews.COMMANDS)
@pytest.mark.parametrize("way", list(WAYS)[2:])
def test_a_preview_holds_exactly_what_it_must_after_a_kill_at_any_request(
    driver: Driver, tmp_path: Path, way: str, what: str
) -> None:
    behaviour, _ = WAYS[way]
    folder, copy = tmp_path / "prepared", tmp_path / "copy"
    previews.prepare(folder, driver, what)
    names = previews.points(folder, copy, driver, behaviour, what)
    writes = [n for n, name in enumerate(names, 1) if name.partition(" ")[2] in ("POST", "PATCH", "DELETE")]
    wrong = {n: previews.survives(folder, copy, driver, n, behaviour, what) for n in writes}
    assert {f"{n} {names[n - 1]}": told for n, told in wrong.items() if told} == {}
    assert len(writes) >= 9
