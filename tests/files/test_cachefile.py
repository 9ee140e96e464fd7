"""What is remembered is read again by the same user and version alone."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from promptsync.files.cachefile import Remembered, user_secret

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"s" * 32
KNOWN = {"a": (1, [b"x", None, True, {"ä": 1.5}])}


def test_many_entries_are_written_part_by_part(tmp_path: Path) -> None:
    many = {str(number): number for number in range(1_234)}
    Remembered(tmp_path / "some.cache", SECRET).write(many)
    assert list(Remembered(tmp_path / "some.cache", SECRET).read().items()) == list(many.items())
    Remembered(tmp_path / "some.cache", SECRET).write({})
    assert Remembered(tmp_path / "some.cache", SECRET).read() == {}


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    Remembered(tmp_path / "some.cache", SECRET, ["b", "a"]).write(KNOWN)
    assert Remembered(tmp_path / "some.cache", SECRET, ["a", "b"]).read() == KNOWN
    assert [path.name for path in tmp_path.iterdir()] == ["some.cache"]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: data[:-1], id="cut"),
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: b"x" * 32 + data[32:], id="signed by someone else"),
        pytest.param(lambda data: data[:-1] + bytes([data[-1] ^ 1]), id="a bit"),
    ],
)
def test_what_is_not_signed_is_passed_over(tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "some.cache"
    Remembered(path, SECRET).write(KNOWN)
    path.write_bytes(spoil(path.read_bytes()))
    assert Remembered(path, SECRET).read() == {}


def test_other_settings_and_other_secrets_know_nothing(tmp_path: Path) -> None:
    path = tmp_path / "some.cache"
    Remembered(path, SECRET).write(KNOWN)
    assert Remembered(path, SECRET, ["prompt.new"]).read() == {}
    assert Remembered(path, b"t" * 32).read() == {}
    assert Remembered(tmp_path / "not there", SECRET).read() == {}


def test_without_a_secret_nothing_is_remembered(tmp_path: Path) -> None:
    nothing = Remembered(tmp_path / "some.cache", None)
    nothing.write(KNOWN)
    assert not nothing.is_possible
    assert nothing.read() == {}
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    Remembered(tmp_path / "not there" / "some.cache", SECRET).write(KNOWN)


def test_the_secret_is_made_once_and_for_this_user_alone(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    secret = user_secret(environ)
    assert secret == user_secret(environ)
    path = tmp_path / ".cache" / "promptsync" / "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert user_secret({}) is None
    path.write_bytes(b"short")
    assert user_secret(environ) is None
