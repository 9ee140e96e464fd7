"""What may lie where a file is expected: each is refused at once, in a sentence, and nothing behind it is touched."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptsync.files import safe
from promptsync.files.safe import TooLarge, Unfit, check_own, leads_out, mode_of, open_regular, read_regular
from promptsync.model.errors import PromptsyncError
from tests.systems import needs

if TYPE_CHECKING:
    from collections.abc import Callable

LINK = "is a symbolic link, which is not followed"
ODD = "is no regular file"


def make_link(path: Path) -> None:
    (path.parent / "elsewhere").write_bytes(b"precious")
    path.symlink_to(path.parent / "elsewhere")


def make_dangling(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as end:
        here = Path.cwd()
        os.chdir(path.parent)  # the path of a socket is short
        try:
            end.bind(path.name)
        finally:
            os.chdir(here)


ANYTHING = [
    pytest.param(make_link, LINK, id="link"),
    pytest.param(make_dangling, LINK, id="dangling link"),
    pytest.param(make_loop, LINK, id="loop"),
    pytest.param(lambda path: path.symlink_to(os.devnull), LINK, id="link to a device"),
    pytest.param(lambda path: os.mkfifo(path), ODD, id="pipe", marks=needs("named pipes")),
    pytest.param(make_socket, ODD, id="socket", marks=needs("sockets among its files")),
]
NO_FOLDER = pytest.mark.parametrize(("make", "message"), ANYTHING)
NO_FILE = pytest.mark.parametrize(("make", "message"), [*ANYTHING, pytest.param(Path.mkdir, ODD, id="folder")])


@NO_FILE
def test_what_is_no_file_is_not_read(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    make(tmp_path / "x")
    with pytest.raises(Unfit, match=message):
        read_regular(tmp_path / "x", 100)
    with pytest.raises(Unfit, match=message):
        mode_of(tmp_path / "x")


@NO_FILE
def test_what_is_no_file_is_not_written(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    make(tmp_path / "x")
    before = sorted(tmp_path.iterdir())
    with pytest.raises((Unfit, IsADirectoryError)):
        open_regular(tmp_path / "x", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    assert sorted(tmp_path.iterdir()) == before
    assert not (tmp_path / "elsewhere").exists() or (tmp_path / "elsewhere").read_bytes() == b"precious"


@needs("/dev")
def test_a_device_is_not_read() -> None:
    with pytest.raises(Unfit, match=ODD):
        read_regular("/dev/zero", 100)


def test_a_file_is_read_to_its_bound(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    assert read_regular(tmp_path / "x", 5) == b"12345"
    with pytest.raises(TooLarge, match="is larger than 4 bytes"):
        read_regular(tmp_path / "x", 4)
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "y", 4)


@needs("descriptors that programs inherit")
def test_a_file_is_not_handed_to_other_programs(tmp_path: Path) -> None:
    descriptor = open_regular(tmp_path / "x", os.O_RDWR | os.O_CREAT)
    try:
        assert not os.get_inheritable(descriptor)
        assert stat.S_IMODE(os.fstat(descriptor).st_mode) == 0o600
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("name", "out"),
    [
        ("a.yaml", False),
        ("Default/a.yaml", False),
        ("Default/new/folder/a.yaml", False),
        ("within/a.yaml", False),
        ("without/a.yaml", True),
        ("without/new/a.yaml", True),
        ("loop/a.yaml", False),
        ("../a.yaml", True),
        ("Default/../../a.yaml", True),
    ],
)
def test_a_folder_that_is_elsewhere_leads_out(tmp_path: Path, name: str, *, out: bool) -> None:
    root = tmp_path / "linked"
    (tmp_path / "root" / "Default").mkdir(parents=True)
    root.symlink_to("root")  # that is the user's own choice
    (root / "within").symlink_to("Default")
    (root / "without").symlink_to(tmp_path)
    (root / "loop").symlink_to("loop")
    assert leads_out(root, root / name) is out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / ".promptsync"
    made.mkdir(mode=0o700)
    (made / "archive").mkdir()
    (made / "journal").write_bytes(b"")
    return made


def test_a_folder_of_ones_own_is_fine(folder: Path) -> None:
    check_own(folder)


@needs("modes of files")
@pytest.mark.parametrize(("mode", "after"), [(0o777, 0o700), (0o770, 0o700), (0o702, 0o700), (0o755, 0o755)])
def test_a_folder_that_others_may_write_into_is_closed_to_them(folder: Path, mode: int, after: int) -> None:
    folder.chmod(mode)
    check_own(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == after


@needs("owners by number")
def test_a_folder_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.chmod(0o777)
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    with pytest.raises(PromptsyncError, match=r"\.promptsync belongs to another user"):
        check_own(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777


@needs("owners by number")
def test_what_another_user_left_in_it_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.stat

    def told(path: str, **options: object) -> os.stat_result:
        values = list(real(path, **options))  # type: ignore[call-overload]
        values[stat.ST_UID] = 12_345
        return os.stat_result(values)

    monkeypatch.setattr(safe.os, "stat", told)
    with pytest.raises(PromptsyncError, match=r"\.promptsync/archive belongs to another user"):
        check_own(folder)


@NO_FOLDER
def test_a_folder_in_whose_place_something_else_is_is_refused(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    make(tmp_path / "x")
    with pytest.raises(PromptsyncError, match=f"x {LINK if message == LINK else 'is no folder'}"):
        check_own(tmp_path / "x")


@NO_FOLDER
def test_a_folder_that_holds_something_else_is_refused(
    folder: Path, make: Callable[[Path], object], message: str
) -> None:
    make(folder / "x")
    with pytest.raises(PromptsyncError, match=f"x {LINK if message == LINK else 'is neither a file nor a folder'}"):
        check_own(folder)


def test_a_link_to_a_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(PromptsyncError) as caught:
        check_own(tmp_path / "link")
    assert caught.value.message == f"{tmp_path / 'link'} {LINK}"
    assert caught.value.hint == "what is kept there must be promptsync's own: look at it and remove it"
