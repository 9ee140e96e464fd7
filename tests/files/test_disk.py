"""Finding, reading and writing files, on a real disk."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.files import disk as files
from promptsync.files.disk import find_sources, include_reader, read_bytes, write_atomic
from promptsync.files.loader import IncludeError, load
from promptsync.model.errors import ConfigError, PromptsyncError
from tests.systems import needs

NFC, NFD = "caf\u00e9", "cafe\u0301"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "prompts"
    folder.mkdir()
    return folder


def put(root: Path, *names: str, content: bytes = b"x: y\n") -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def keys(root: Path) -> list[str]:
    sources, problems = find_sources(root)
    assert problems == []
    return [source.key for source in sources]


def said(root: Path) -> list[tuple[str, str]]:
    """The problems, with paths under the root."""
    return [(problem.file.removeprefix(f"{root}/"), problem.message) for problem in find_sources(root)[1]]


def test_prompt_files_are_found_and_sorted_by_key(root: Path) -> None:
    put(root, "b.yml", "Default/Support/refund.yaml", "Default/a.yaml", "Default/Support/v1.2.yaml", "Z.yaml")

    assert keys(root) == ["Default/Support/refund", "Default/Support/v1.2", "Default/a", "Z", "b"]


def test_a_source_has_its_bytes_and_the_path_as_the_user_gave_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "Default/a.yaml", content=b"\xff\r\n")
    monkeypatch.chdir(root.parent)

    (source,), _ = find_sources(Path("prompts"))
    assert (source.key, source.file, source.data) == ("Default/a", "prompts/Default/a.yaml", b"\xff\r\n")


def test_what_is_no_prompt_is_passed_over(root: Path) -> None:
    put(root, "a.yaml", "promptsync.yaml", "promptsync.yml", "promptsync.lock.json", "a.system.md", "README", "x.yaml~")
    put(root, ".hidden.yaml", "_draft.yaml", ".promptsync/x.yaml", "_parts/x.yaml", "Default/.x.yaml", "Default/_y.yml")
    put(root, "Default/promptsync.yaml")

    assert keys(root) == ["Default/promptsync", "a"]


def test_an_ending_in_capitals_is_told(root: Path) -> None:
    put(root, "a.yaml", "b.YAML")

    sources, problems = find_sources(root)
    assert [source.key for source in sources] == ["a"]
    assert [(problem.severity, problem.message) for problem in problems] == [
        ("warning", "not taken as a prompt: the ending .YAML is not in lower case")
    ]


@pytest.mark.parametrize("names", [[], ["promptsync.yaml", "_a.yaml", "notes.md", "empty/.x"]])
@pytest.mark.parametrize("lock", ["promptsync.lock.json", "promptsync.staging.lock.json"])
def test_a_root_that_was_emptied_is_an_error_and_no_mass_delete(root: Path, names: list[str], lock: str) -> None:
    put(root, *names, lock)

    with pytest.raises(ConfigError) as caught:
        find_sources(root)
    assert caught.value.message == (
        f"no prompt file in {root}, which has a lockfile; an empty root never means that everything is to be deleted"
    )
    assert caught.value.hint == "get the files back from git, or name the folder of the prompts with --dir"


@needs("sh")
@pytest.mark.parametrize(("names", "what"), [([], "does not exist"), (["notes.md"], "holds no prompt file")])
def test_where_nothing_was_begun_the_way_to_begin_works_as_it_stands(
    tmp_path: Path, names: list[str], what: str
) -> None:
    root = tmp_path / "my prompts"
    put(root, *names)

    with pytest.raises(ConfigError) as caught:
        find_sources(root)
    assert caught.value.message == f"there are no prompts yet: {root} {what}"
    assert caught.value.hint is not None
    command = caught.value.hint.split("`")[1]
    subprocess.run(["sh", "-c", command], check=True, cwd=tmp_path)
    sources, problems = find_sources(root)
    assert problems == []
    assert list(load(sources, include_reader(root)).files) == ["Default/hello"]


def test_a_root_that_is_no_folder_is_an_error(root: Path) -> None:
    put(root, "a.yaml")
    with pytest.raises(ConfigError, match="is not a folder"):
        find_sources(root / "a.yaml")


def test_a_root_with_nothing_but_problems_tells_of_them(root: Path) -> None:
    (root / "a.yaml").symlink_to("/etc/passwd")

    assert find_sources(root)[0] == []
    assert len(find_sources(root)[1]) == 1


def test_a_root_deeper_than_pythons_stack_is_walked(root: Path) -> None:
    depth = sys.getrecursionlimit() + 50
    put(root, "a.yaml")
    here = os.open(root, os.O_RDONLY)
    try:
        for _ in range(depth):
            os.mkdir("d", dir_fd=here)
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
    finally:
        os.close(here)
    try:
        assert keys(root) == ["a"]
    finally:
        # By hand: what removes pytest's folders may be recursive.
        os.removedirs(root.joinpath(*["d"] * depth))


def test_a_link_out_of_the_root_is_refused(root: Path, tmp_path: Path) -> None:
    put(tmp_path, "secret.yaml", "elsewhere/x.yaml")
    put(root, "ok.yaml")
    (root / "a.yaml").symlink_to(tmp_path / "secret.yaml")
    (root / "b.yaml").symlink_to("../secret.yaml")
    (root / "folder").symlink_to(tmp_path / "elsewhere")
    (root / "inside").symlink_to(root)
    (root / "unrelated.md").symlink_to(tmp_path / "secret.yaml")

    assert said(root) == [
        ("a.yaml", "the file is a symbolic link that leads out of the prompts folder"),
        ("b.yaml", "the file is a symbolic link that leads out of the prompts folder"),
        ("folder", "a symbolic link to a folder is not followed"),
        ("inside", "a symbolic link to a folder is not followed"),
    ]


def test_a_root_whose_name_another_folder_begins_with_is_no_way_out(root: Path, tmp_path: Path) -> None:
    put(tmp_path, "prompts-secret/x.yaml")
    put(root, "ok.yaml")
    (root / "a.yaml").symlink_to("../prompts-secret/x.yaml")

    assert [file for file, _ in said(root)] == ["a.yaml"]


def test_a_link_inside_the_root_is_followed(root: Path) -> None:
    put(root, "a.yaml", content=b"same")
    (root / "b.yaml").symlink_to("a.yaml")

    assert [(source.key, source.data) for source in find_sources(root)[0]] == [("a", b"same"), ("b", b"same")]


def test_a_root_that_is_itself_a_link_is_fine(root: Path, tmp_path: Path) -> None:
    put(root, "Default/a.yaml")
    (tmp_path / "link").symlink_to(root)

    assert keys(tmp_path / "link") == ["Default/a"]


def test_links_in_a_loop_and_to_nothing_are_refused(root: Path) -> None:
    put(root, "ok.yaml")
    (root / "a.yaml").symlink_to("b.yaml")
    (root / "b.yaml").symlink_to("a.yaml")
    (root / "c.yaml").symlink_to("nowhere")

    assert [file for file, _ in said(root)] == ["a.yaml", "b.yaml", "c.yaml"]
    assert all(message.startswith("the file cannot be read: ") for _, message in said(root))


@needs("named pipes")
def test_what_is_no_regular_file_is_refused_without_waiting_for_it(root: Path) -> None:
    put(root, "ok.yaml")
    os.mkfifo(root / "pipe.yaml")

    assert said(root) == [("pipe.yaml", "the file is no regular file")]


def test_a_folder_named_as_a_prompt_is_a_folder(root: Path) -> None:
    put(root, "a.yaml/b.yaml")
    assert keys(root) == ["a.yaml/b"]


def test_a_file_that_is_too_large_is_refused(root: Path) -> None:
    put(root, "a.yaml", content=b"x" * 101)
    put(root, "b.yaml", content=b"x" * 100)

    sources, problems = find_sources(root, max_bytes=100)
    assert [source.key for source in sources] == ["b"]
    assert [problem.message for problem in problems] == ["the file is larger than 100 bytes"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="who may read it is not told by a mode")
def test_what_cannot_be_read_is_told(root: Path) -> None:
    put(root, "a.yaml", "closed/b.yaml", "ok.yaml")
    (root / "a.yaml").chmod(0)
    (root / "closed").chmod(0)

    assert said(root) == [
        ("a.yaml", "the file cannot be read: permission denied"),
        ("closed", "the folder cannot be read: permission denied"),
    ]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.yaml", "A.yaml"], "the file a.yaml and the file A.yaml differ only in case"),
        (["a.yaml", "a.yml"], "the file a.yml and the file a.yaml differ only in the ending"),
        ([f"{NFC}.yaml", f"{NFD}.yaml"], f"the file {NFC}.yaml and the file {NFD}.yaml differ only in Unicode form"),
        (["x/Team/a.yaml", "x/team/b.yaml"], "the folder x/team and the folder x/Team differ only in case"),
        ([f"{NFC}/a.yaml", f"{NFD}/b.yaml"], f"the folder {NFC} and the folder {NFD} differ only in Unicode form"),
        (["SS.yaml", "ß.yaml"], "the file ß.yaml and the file SS.yaml differ only in case or Unicode form"),
    ],
)  # fmt: skip
def test_names_that_collide_are_refused(root: Path, names: list[str], message: str) -> None:
    put(root, *names, "ok.yaml")
    if len([name for name in root.rglob("*") if name.is_file()]) != len(names) + 1:
        pytest.skip("the file system takes them for one name")

    (problem,) = find_sources(root)[1]
    assert {problem.message, _swapped(problem.message)} & {message}
    assert problem.hint == "rename one of them"


def _swapped(message: str) -> str:
    """Which of the two is the second is a matter of order, and no matter."""
    start, _, rest = message.partition(" and the ")
    what, _, first = start.removeprefix("the ").partition(" ")
    second, _, how = rest.removeprefix(f"{what} ").partition(" differ ")
    return f"the {what} {second} and the {what} {first} differ {how}"


def test_folders_and_files_of_one_name_do_not_collide(root: Path) -> None:
    put(root, "Default/Support.yaml", "Default/Support/a.yaml", "default.yaml", "Other/a.yaml")
    assert keys(root) == ["Default/Support", "Default/Support/a", "Other/a", "default"]


@needs("files of such names")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        (b"a\nb.yaml", "the control character U+000A in the name"),
        (b"a\x1b[31m.yaml", "the control character U+001B in the name"),
        (b"a\\b.yaml", "a backslash in the name"),
        (b"caf\xe9.yaml", "the name is not UTF-8"),
        ("a\u2028b.yaml".encode(), "the control character U+2028 in the name"),
        (b"bad\x01/x.yaml", "the control character U+0001 in the name"),
        (b"**.yaml", "a * in the name, which stands for other text in a glob"),
        (b"Default/what?.yaml", "a ? in the name, which stands for other text in a glob"),
        (b"De*/x.yaml", "a * in the name, which stands for other text in a glob"),
    ],
)
def test_a_name_that_cannot_be_a_key_is_refused(root: Path, name: bytes, message: str) -> None:
    put(root, "ok.yaml")
    put(root, os.fsdecode(name))

    (problem,) = find_sources(root)[1]
    assert problem.message == message
    assert problem.hint in ("rename the file", "rename the folder")
    problem.file.encode()


def test_a_key_is_in_nfc(root: Path) -> None:
    put(root, f"{NFD}/{NFD}.yaml")
    assert keys(root) == [f"{NFC}/{NFC}"]


def test_a_content_file_is_read_beside_the_prompt_file(root: Path) -> None:
    put(root, "Default/Support/refund.system.md", content=b"\xef\xbb\xbfone\r\ntwo\n\n")
    put(root, "Default/Support/parts/a b.txt", content=b"part")
    include = include_reader(root)

    assert include("Default/Support/refund", "refund.system.md") == "one\ntwo\n"
    assert include("Default/Support/refund", "./parts/a b.txt") == "part"
    assert include("Default/Support/refund", "parts//a b.txt") == "part"


def test_a_content_file_is_found_in_any_unicode_form(root: Path) -> None:
    put(root, f"{NFD}/{NFD}.md", content=b"found")
    assert include_reader(root)(f"{NFC}/prompt", f"{NFC}.md") == "found"


@needs("named pipes")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/etc/passwd", "must be a relative path without `..`"),
        ("../../secret.md", "must be a relative path without `..`"),
        ("x/../a.md", "must be a relative path without `..`"),
        ("link.md", "is a symbolic link that leads out of the prompts folder"),
        ("out/secret.md", "is a symbolic link that leads out of the prompts folder"),
        ("missing.md", "cannot be read: no such file or directory"),
        ("folder", "is no regular file"),
        (".", "is no regular file"),
        ("a.md/x", "cannot be read: not a directory"),
        ("pipe.md", "is no regular file"),
        ("a\\b.md", "has a name that cannot be used"),
        ("a\0b", "has a name that cannot be used"),
        ("\udcff", "has a name that cannot be used"),
        ("", "has a name that cannot be used"),
        ("x" * 300, "cannot be read: file name too long"),
        ("loop.md", "cannot be read: it is a symbolic link that leads to itself"),
        ("big.md", "is larger than 50 bytes"),
        ("latin1.md", "is not UTF-8: byte 0xe9 in line 2"),
        ("binary.md", "is no text: it holds a NUL character"),
    ],
)
def test_a_content_file_that_must_not_be_read(root: Path, tmp_path: Path, name: str, message: str) -> None:
    put(tmp_path, "secret.md", "outside/secret.md", content=b"secret")
    put(root, "Default/a.md", "Default/folder/b.md")
    put(root, "Default/big.md", content=b"x" * 51)
    put(root, "Default/latin1.md", content=b"a\ncaf\xe9")
    put(root, "Default/binary.md", content=b"a\0b")
    (root / "Default/link.md").symlink_to(tmp_path / "secret.md")
    (root / "Default/out").symlink_to(tmp_path / "outside")
    (root / "Default/loop.md").symlink_to("loop.md")
    os.mkfifo(root / "Default/pipe.md")

    with pytest.raises(IncludeError) as caught:
        include_reader(root, max_bytes=50)("Default/prompt", name)
    assert caught.value.message.endswith(message)
    # It is in a content_file already.
    assert "move long texts" not in (caught.value.hint or "")
    if name == "big.md":
        assert caught.value.hint == "split it, or set max_file_bytes in promptsync.yaml"
    caught.value.message.encode()


@given(st.text(max_size=12) | st.lists(st.sampled_from(["..", ".", "/", "a", "", "~", "*"]), max_size=6).map("/".join))
def test_no_name_leads_out_or_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "escape"
    (folder / "root").mkdir(parents=True, exist_ok=True)
    (folder / "a").write_text("secret")

    try:
        text = include_reader(folder / "root")("prompt", name)
    except IncludeError:
        return
    assert text != "secret"


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.yaml"

    write_atomic(path, b"one")
    write_atomic(path, b"two")

    assert path.read_bytes() == b"two"
    assert [item.name for item in path.parent.iterdir()] == ["a.yaml"]


@needs("modes of files")
def test_the_mode_of_a_file_is_kept_and_a_new_one_follows_the_umask(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"")
    old.chmod(0o640)
    before = os.umask(0o027)
    try:
        write_atomic(old, b"x")
        write_atomic(new, b"x")
    finally:
        os.umask(before)

    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


def test_a_link_is_neither_written_through_nor_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"precious")
    link.symlink_to(target)

    with pytest.raises(PromptsyncError) as caught:
        write_atomic(link, b"new")

    assert caught.value.message == f"{link} cannot be written: it is a symbolic link, which is not followed"
    assert caught.value.hint == "put the file itself in its place"
    assert target.read_bytes() == b"precious"
    assert link.is_symlink()


@needs("named pipes")
def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PromptsyncError, match="pipe cannot be written: it is no regular file"):
        write_atomic(tmp_path / "pipe", b"new")
    assert (tmp_path / "pipe").is_fifo()


def test_nothing_is_written_outside_of_a_root(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "out").symlink_to(outside)
    for name in ("out/a.yaml", "out/new/a.yaml", "../a.yaml"):
        with pytest.raises(PromptsyncError, match=r"a\.yaml cannot be written: it is outside of .*root"):
            write_atomic(root / name, b"new", root=root)
    write_atomic(root / "Default/a.yaml", b"new", root=root)
    assert (sorted(outside.iterdir()), sorted(tmp_path.iterdir())) == ([], [outside, root])


def test_a_temporary_file_has_a_name_that_no_one_could_put_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where someone could all the same, it is not written to."""
    monkeypatch.setattr(files.secrets, "token_hex", lambda _: "guessed")
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (tmp_path / ".a.guessed.tmp").symlink_to(precious)
    with pytest.raises(PromptsyncError, match="cannot be written: file exists"):
        write_atomic(tmp_path / "a", b"new")
    assert precious.read_bytes() == b"precious"


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if call == "write":
        monkeypatch.setattr(files, "_write_synced", fail)
    else:
        monkeypatch.setattr(os, call, fail)

    with pytest.raises(PromptsyncError) as caught:
        write_atomic(path, b"new")
    assert caught.value.message == f"{path} cannot be written: no space left on device"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)

    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(PromptsyncError, match=r"file/x cannot be written: (not a directory|file exists)"):
        write_atomic(tmp_path / "file" / "x", b"")
    with pytest.raises(PromptsyncError, match="cannot be written: it is no regular file"):
        write_atomic(tmp_path, b"")


def test_a_long_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("é" * 125 + ".yaml")
    write_atomic(path, b"x")
    assert path.read_bytes() == b"x"


def test_a_file_is_read_or_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")

    assert read_bytes(tmp_path / "a") == b"x"
    assert read_bytes(tmp_path / "b") is None
    with pytest.raises(PromptsyncError, match="cannot be read: it is no regular file"):
        read_bytes(tmp_path)
    with pytest.raises(PromptsyncError, match="a cannot be read: it is larger than 0 bytes"):
        read_bytes(tmp_path / "a", max_bytes=0)
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(PromptsyncError, match="link cannot be read: it is a symbolic link, which is not followed"):
        read_bytes(tmp_path / "link")


@needs("files of such names")
@pytest.mark.parametrize("name", ["refund.md:hidden", "aux.md", "x/nul", "C:/refund.md", "refund.md."])
def test_a_content_file_that_windows_takes_for_something_else(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    put(root, f"Default/{name}", content=b"text")
    assert include_reader(root)("Default/prompt", name) == "text"

    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(IncludeError, match="has a name that no file has on this system"):
        include_reader(root)("Default/prompt", name)


def test_on_windows_the_first_step_needs_no_shell_that_writes_utf_8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ConfigError) as caught:
        find_sources(tmp_path / "it's")
    assert caught.value.hint is not None
    assert f"as in `promptsync init --dir '{tmp_path}/it''s'`, bring in" in caught.value.hint
