"""What stands in on Windows for what it has not: the module as it is made there, with its parts of Windows played."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.files import system as here
from tests.systems import needs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def locked() -> list[tuple[int, int, int]]:
    """The calls of `msvcrt.locking`."""
    return []


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, locked: list[tuple[int, int, int]]) -> Any:
    """The module as Windows makes it."""
    msvcrt = SimpleNamespace(LK_NBLCK=2, locking=lambda *given: locked.append(given))
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)  # type: ignore[arg-type]
    spec = importlib.util.spec_from_file_location("promptsync_on_windows", here.__file__)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        spec.loader.exec_module(made)
    for name in ("O_BINARY", "O_NOINHERIT"):
        monkeypatch.setattr(os, name, 0, raising=False)
    return made


def test_both_systems_are_asked_the_same(system: Any) -> None:
    def asked(module: Any) -> set[str]:
        return {name for name, value in vars(module).items() if callable(value) and not name.startswith("_")}

    assert asked(system) == asked(here)


def test_a_file_is_locked_by_its_first_byte_without_waiting(system: Any, locked: list[tuple[int, int, int]]) -> None:
    system.lock(7)
    assert locked == [(7, 2, 1)]


def test_a_file_that_another_run_holds_is_told_as_everywhere(system: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(system.msvcrt, "locking", refuse)
    with pytest.raises(BlockingIOError):
        system.lock(7)


@needs("flock")
def test_a_lock_ends_with_the_file(tmp_path: Path) -> None:
    first, second = (os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT) for _ in range(2))
    here.lock(first)
    with pytest.raises(BlockingIOError):
        here.lock(second)
    os.close(first)
    here.lock(second)
    os.close(second)


def test_a_link_is_not_opened(system: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    (tmp_path / "link").symlink_to(tmp_path / "file")

    os.close(system.open_itself(tmp_path / "file", os.O_RDONLY, 0))
    with pytest.raises(OSError, match="symbolic links"):
        system.open_itself(tmp_path / "link", os.O_RDONLY, 0)


@pytest.mark.parametrize(("refusals", "is_replaced"), [(0, True), (4, True), (5, False)])
def test_a_file_that_someone_looks_at_is_replaced_a_moment_later(
    system: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: int, *, is_replaced: bool
) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text("new")
    old.write_text("old")
    left, real = [None] * refusals, os.replace
    waited: list[float] = []

    def replace(source: Path, target: Path) -> None:
        if left:
            left.pop()
            raise PermissionError(13, "Access is denied")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(system.time, "sleep", waited.append)
    if is_replaced:
        system.replace(new, old)
    else:
        with pytest.raises(PermissionError):
            system.replace(new, old)

    assert old.read_text() == ("new" if is_replaced else "old")
    assert (len(waited), sum(waited) < 1) == (min(refusals, 4), True)


def test_no_process_is_sent_a_signal(system: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "kill", None)
    assert system.is_alive(1)


@needs("question that does no harm")
def test_a_process_that_is_gone_is_known_where_one_can_ask() -> None:
    assert here.is_alive(os.getpid())
    assert not here.is_alive(2**22 + 1)


@pytest.mark.parametrize("can", [True, False])
def test_a_terminal_is_asked_to_take_escape_sequences(
    system: Any, monkeypatch: pytest.MonkeyPatch, *, can: bool
) -> None:
    modes: list[int] = []

    def told(_: Any, mode: Any) -> int:
        mode._obj.value = 0x0003
        return 1

    def set_to(_: Any, mode: int) -> int:
        modes.append(mode)
        return int(can)

    kernel = SimpleNamespace(GetConsoleMode=told, SetConsoleMode=set_to)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    system.msvcrt.get_osfhandle = lambda descriptor: descriptor + 100

    assert system.takes_escapes(sys.__stderr__) is can
    assert modes == [0x0007]


def test_what_is_no_console_takes_none(system: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = SimpleNamespace(GetConsoleMode=lambda *_: 0)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    system.msvcrt.get_osfhandle = lambda descriptor: descriptor

    assert not system.takes_escapes(sys.__stderr__)
