"""Branches of another repository, by git: what is read and written there, and what never happens on the way."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from promptsync.files import remote as module
from promptsync.files.remote import KEPT, Remote
from promptsync.model.errors import BranchError, DeniedError, MovedError
from tests.e2e.checkout import Checkout
from tests.systems import needs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STATE = "promptsync/state"


@pytest.fixture
def there(tmp_path: Path) -> Checkout:
    """The repository on the other side, bare."""
    folder = tmp_path / "there.git"
    folder.mkdir()
    made = Checkout(folder)
    made.git("init", "--quiet", "--bare", "--initial-branch=main")
    return made


@pytest.fixture
def here(tmp_path: Path, there: Checkout) -> Checkout:
    """A checkout of it with a file, pushed."""
    (tmp_path / "here").mkdir()
    made = Checkout.init(tmp_path / "here")
    made.git("remote", "add", "origin", there.path.as_uri())
    (made.path / "a.txt").write_text("one\n", encoding="utf-8")
    made.commit("first")
    made.git("push", "--quiet", "origin", "main")
    return made


@pytest.fixture
def remote(here: Checkout) -> Remote:
    return Remote(here.path)


def tip(checkout: Checkout, branch: str = "main") -> str:
    return checkout.git("rev-parse", branch).strip()


def hook(there: Checkout, name: str, text: str) -> None:
    path = there.path / "hooks" / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def test_a_branch_is_read_as_it_is_there_now(tmp_path: Path, there: Checkout, remote: Remote) -> None:
    other = Checkout(tmp_path / "other")
    Checkout(tmp_path).git("clone", "--quiet", there.path.as_uri(), str(other.path))
    other.configure()
    (other.path / "b c.txt").write_bytes(b"\xff\x00\r\n")
    second = other.commit("second")
    other.git("push", "--quiet", "origin", "main")
    assert remote.tip("main") == second
    assert remote.names(second) == [".gitignore", "a.txt", "b c.txt"]
    assert (remote.read("b c.txt", second), remote.read("none", second)) == (b"\xff\x00\r\n", None)
    assert remote.tip("none") is None


def test_of_names_that_end_alike_only_the_branch_itself_counts(there: Checkout, remote: Remote) -> None:
    there.git("update-ref", "refs/heads/x/refs/heads/none", "main")
    there.git("tag", "tagged", "main")
    assert (remote.tip("none"), remote.tip("tagged")) == (None, None)


@pytest.mark.parametrize("branch", ["", "a b", "a..b", "-x/", "a:b", "*", "a\nb", "x.lock", "@{u}", "\x1b[31m"])
def test_what_can_be_no_branch_is_asked_of_no_one(remote: Remote, branch: str) -> None:
    with pytest.raises(BranchError, match="cannot be the name of a branch"):
        remote.tip(branch)


def test_a_commit_leaves_working_tree_index_and_branches_of_the_user_alone(here: Checkout, remote: Remote) -> None:
    (here.path / "a.txt").write_text("edited\n", encoding="utf-8")
    (here.path / "b.txt").write_text("staged\n", encoding="utf-8")
    here.git("add", "b.txt")
    before, status = tip(here), here.git("status", "--porcelain")
    made = remote.commit("main", before, {"lock.json": b"\xffbytes\r\n"}, "Record", "Why: this")
    assert (here.git("status", "--porcelain"), tip(here)) == (status, before)
    assert remote.tip("main") == made
    assert remote.names(made) == [".gitignore", "a.txt", "lock.json"]
    assert remote.read("lock.json", made) == b"\xffbytes\r\n"
    assert here.git("log", "-1", "--format=%an %P %B", made).strip() == f"A {before} Record\n\nWhy: this"


def test_a_branch_is_begun_where_there_is_none_and_never_taken_over(here: Checkout, remote: Remote) -> None:
    made = remote.commit(STATE, None, {"prompts/lock.json": b"{}\n"}, "Record")
    assert (remote.names(made), here.git("log", "-1", "--format=%P", made).strip()) == (["prompts/lock.json"], "")
    with pytest.raises(MovedError):
        remote.commit(STATE, None, {"prompts/lock.json": b"[]\n"}, "Record")
    with pytest.raises(MovedError):
        remote.commit("main", made, {"lock.json": b""}, "Record")
    assert remote.tip(STATE) == made


def test_of_two_on_one_tip_the_second_is_told(here: Checkout, remote: Remote) -> None:
    before = tip(here)
    first = remote.commit("main", before, {"one": b""}, "One")
    with pytest.raises(MovedError, match="the branch main of origin moved meanwhile"):
        remote.commit("main", before, {"two": b""}, "Two")
    assert remote.tip("main") == first


def test_a_file_can_be_taken_away(here: Checkout, remote: Remote) -> None:
    made = remote.commit("main", tip(here), {"a.txt": None, "b.txt": b""}, "Move")
    assert remote.names(made) == [".gitignore", "b.txt"]


def test_the_files_in_which_a_commit_differs_from_one_that_it_builds_on(here: Checkout, remote: Remote) -> None:
    tip = remote.tip("main")
    made = remote.commit("main", tip, {"b.txt": b"2\n", "c/d.txt": b"3\n"}, "more")
    assert remote.changed(tip or "", made) == ["b.txt", "c/d.txt"]
    assert remote.changed(made, made) == []


def test_a_branch_that_takes_no_commit_is_told_with_what_the_host_says(
    here: Checkout, there: Checkout, remote: Remote
) -> None:
    hook(there, "pre-receive", "echo 'GH006: Protected branch update failed for refs/heads/main.' >&2; exit 1")
    with pytest.raises(DeniedError) as caught:
        remote.commit("main", tip(here), {"one": b""}, "One")
    assert caught.value.message == (
        "origin takes no commit of ours on main: remote rejected (pre-receive hook declined) "
        "(GH006: Protected branch update failed for refs/heads/main.)"
    )


def test_a_proposal_is_one_commit_ahead_and_tells_what_the_host_said(
    here: Checkout, there: Checkout, remote: Remote
) -> None:
    hook(there, "post-receive", "echo 'To create a merge request, visit:'; echo '  https://git.example/new?x=1  '")
    first = remote.propose("waits", "main", tip(here), {"one": b""}, "One")
    assert first.url == "https://git.example/new?x=1"
    onto = remote.commit("main", tip(here), {"n": b""}, "More")
    second = remote.propose("waits", "main", onto, {"two": b""}, "Two")
    assert there.git("rev-parse", "waits", "waits^").split() == [second.commit, onto]
    assert remote.merge_base(first.commit, second.commit) == tip(here)


def test_gitlab_is_asked_for_a_merge_request(here: Checkout, there: Checkout) -> None:
    there.git("config", "receive.advertisePushOptions", "true")
    told = there.path / "told"
    hook(there, "pre-receive", f'env | grep ^GIT_PUSH_OPTION_[0-9] | sort > "{told}"')
    asking = Remote(here.path, asks=True)
    asking.propose("waits", "main", tip(here), {"one": b""}, "One")
    assert [line.partition("=")[2] for line in told.read_text().splitlines()] == [
        "merge_request.create",
        "merge_request.target=main",
        "merge_request.remove_source_branch",
    ]
    asking.commit("main", tip(here), {"one": b""}, "One")
    assert told.read_text() == "GIT_PUSH_OPTION_0=ci.skip\n"


def test_a_shallow_clone_reads_and_writes_and_stays_as_shallow(tmp_path: Path, here: Checkout, there: Checkout) -> None:
    (here.path / "a.txt").write_text("two\n", encoding="utf-8")
    here.commit("second")
    here.git("push", "--quiet", "origin", "main")
    state = Remote(here.path)
    onto = None
    for number in range(3):
        onto = state.commit(STATE, onto, {"lock.json": b"%d" % number}, "Record")
    shallow = Checkout(tmp_path / "shallow")
    Checkout(tmp_path).git("clone", "--quiet", "--depth=1", there.path.as_uri(), str(shallow.path))
    shallow.configure()
    shallow.git("checkout", "--quiet", "--detach")
    remote = Remote(shallow.path, state_branch=STATE)
    assert remote.tip(STATE) == onto
    assert shallow.git("rev-list", "--count", f"{KEPT}{STATE}").strip() == "1"
    made = remote.commit(STATE, onto, {"lock.json": b"new"}, "Record")
    assert there.git("rev-list", "--count", STATE).strip() == "4"
    assert remote.read("lock.json", made) == b"new"
    main = remote.tip("main")
    remote.commit("main", main, {"n": b""}, "Record")
    assert shallow.git("rev-list", "--count", "HEAD").strip() == "1"


def test_a_full_clone_does_not_become_shallow(here: Checkout) -> None:
    made = Remote(here.path).commit(STATE, None, {"lock.json": b""}, "Record")
    remote = Remote(here.path, state_branch=STATE)
    here.git("update-ref", "-d", f"{KEPT}{STATE}")
    assert remote.tip(STATE) == made
    assert here.git("rev-parse", "--is-shallow-repository") == "false\n"


def test_a_clone_without_blobs_gets_the_one_that_is_read(tmp_path: Path, here: Checkout, there: Checkout) -> None:
    there.git("config", "uploadpack.allowFilter", "true")
    there.git("config", "uploadpack.allowAnySHA1InWant", "true")
    partial = Checkout(tmp_path / "partial")
    words = ("clone", "--quiet", "--filter=blob:none", "--no-checkout", there.path.as_uri(), str(partial.path))
    Checkout(tmp_path).git(*words)
    remote = Remote(partial.path)
    assert remote.read("a.txt", remote.tip("main") or "") == b"one\n"


def test_who_commits_is_whom_git_is_told_else_whom_the_ci_names(
    here: Checkout, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    def author() -> str:
        made = remote.commit("main", remote.tip("main"), {"n": os.urandom(4)}, "Record")
        return here.git("log", "-1", "--format=%an <%ae>, %cn", made).strip()

    here.git("config", "--unset", "user.email")
    here.git("config", "--unset", "user.name")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    assert author() == "promptsync <promptsync@localhost>, promptsync"
    monkeypatch.setenv("GITLAB_USER_EMAIL", "mona@example.com")
    monkeypatch.setenv("GITLAB_USER_NAME", "Mona\nL")
    assert author() == "MonaL <mona@example.com>, MonaL"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert author().startswith("github-actions[bot] <41898282+")


@needs("programs that are scripts")
def test_nothing_of_the_checkout_or_its_configuration_is_run(here: Checkout, remote: Remote, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for name in ("pre-push", "pre-commit", "commit-msg", "reference-transaction", "post-checkout", "post-index-change"):
        path = here.path / ".git/hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\necho {name} >> {ran}\n", encoding="utf-8")
        path.chmod(0o755)
    here.git("config", "core.fsmonitor", f"touch {ran}; false")
    here.git("config", "filter.x.clean", f"touch {ran}; cat")
    (here.path / ".gitattributes").write_text("* filter=x\n", encoding="utf-8")
    before = remote.tip("main")
    ran.unlink(missing_ok=True)
    remote.commit("main", before, {"n": b""}, "Record")
    assert not ran.exists()


@needs("programs that are scripts")
def test_no_key_of_ours_reaches_what_git_runs(here: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "told"
    script = tmp_path / "ssh"
    script.write_text(f'#!/bin/sh\nenv > "{told}"; exit 1\n', encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    monkeypatch.setenv("ORQ_API_KEY", "key-of-ours")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    with pytest.raises(BranchError):
        Remote(here.path, "git@git.example:shop.git").tip("main")
    said = told.read_text()
    assert "SSH_AUTH_SOCK=/agent" in said
    assert "key-of-ours" not in said
    assert "/elsewhere" not in said
    assert "GIT_TERMINAL_PROMPT=0" in said


@needs("programs that are scripts")
def test_ssh_asks_for_nothing(here: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "told"
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin/ssh"
    script.write_text(f'#!/bin/sh\necho "$@" >> "{told}"; exit 255\n', encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.delenv("GIT_SSH_COMMAND", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(BranchError):
        Remote(here.path, "ssh://git@git.example/shop.git").tip("main")
    assert "-o BatchMode=yes" in told.read_text()


SECRET = "s3cr3t-t0ken"


@pytest.mark.parametrize(
    "url", [f"http://oauth2:{SECRET}@127.0.0.1:9/shop.git", f"http://{SECRET}@localhost:9/a@b.git"]
)
def test_a_password_in_a_url_is_in_no_message(here: Checkout, url: str) -> None:
    here.git("remote", "add", "other", url)
    for name in (url, "other"):
        with pytest.raises(BranchError) as caught:
            Remote(here.path, name).tip("main")
        assert SECRET not in f"{caught.value.message} {caught.value.hint}"
        assert "could not be reached" in caught.value.message


@pytest.mark.parametrize(
    ("remote", "words"),
    [
        ("", "the remote's name cannot be used"),
        ("--upload-pack=touch x", "the remote's name cannot be used"),
        ("a\nb", "the remote's name cannot be used"),
        ("upstream", "this checkout has no remote “upstream”"),
        ("ext::sh -c 'touch ran'", "this checkout has no remote"),
        ("http://git.example/shop.git", "http://git.example/shop.git would be reached in clear text"),
        (f"http://u:{SECRET}@git.example/shop.git", "^http://git.example/shop.git would be reached in clear text"),
        ("git://git.example/shop.git", r"could not be reached \(transport 'git' not allowed\)"),
        ("ftp://git.example/shop.git", r"could not be reached \(transport 'ftp' not allowed\)"),
        ("file:///none", "could not be reached"),
    ],
)
def test_a_remote_that_cannot_be_used_is_told(here: Checkout, remote: str, words: str) -> None:
    with pytest.raises(BranchError, match=words):
        Remote(here.path, remote).tip("main")


@needs("programs that are scripts")
@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("ssh: connect to host git.example port 22: Connection timed out", BranchError),
        ("git@git.example: Permission denied (publickey).", DeniedError),
        ("ERROR: The key you are authenticating with has been marked as read only.", DeniedError),
    ],
)
def test_what_ssh_says_is_told(
    here: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, kind: type[BranchError]
) -> None:
    words = tmp_path / "words"
    words.write_text(f"{said}\nfatal: Could not read from remote repository.\n", encoding="utf-8")
    script = tmp_path / "ssh"
    script.write_text(f'#!/bin/sh\ncat "{words}" >&2; exit 255\n', encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    with pytest.raises(BranchError, match=re.escape(re.sub("^(ssh|ERROR): ", "", said))) as caught:
        Remote(here.path, "git@git.example:shop.git").tip("main")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("status", "kind"), [(401, DeniedError), (403, DeniedError), (404, BranchError), (500, BranchError)]
)
def test_what_a_host_answers_over_http_is_told(here: Checkout, status: int, kind: type[BranchError]) -> None:
    def answer(_: object, start: Callable[..., object]) -> list[bytes]:
        start(f"{status} Told", [("WWW-Authenticate", 'Basic realm="git"')] if status == 401 else [])
        return [b""]

    server = make_server("127.0.0.1", 0, answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with pytest.raises(BranchError, match="could not be reached") as caught:
            Remote(here.path, f"http://127.0.0.1:{server.server_port}/shop.git").tip("main")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert type(caught.value) is kind


def test_a_folder_of_the_checkout_is_no_remote(here: Checkout, tmp_path: Path) -> None:
    """A pull request may bring a bare repository along, and its hooks would run."""
    evil = here.path / "origin"
    evil.mkdir()
    Checkout(evil).git("init", "--quiet", "--bare")
    here.git("remote", "remove", "origin")
    with pytest.raises(BranchError, match="this checkout has no remote “origin”"):
        Remote(here.path)
    (tmp_path / "link").symlink_to(evil)
    for url in (str(evil), evil.as_uri(), str(tmp_path / "link")):
        with pytest.raises(BranchError, match="is a folder of this checkout"):
            Remote(here.path, url)


def test_where_there_is_no_checkout_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(BranchError, match="is in no git repository"):
        Remote(tmp_path / "plain")


def test_a_host_that_does_not_answer_is_given_up(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("git", 120)

    monkeypatch.setattr(module.Repository, "away", hang)
    with pytest.raises(BranchError, match="origin did not answer in time"):
        remote.tip("main")


@pytest.mark.parametrize("commit", ["--all", "HEAD", "", "a" * 39])
def test_what_is_no_id_is_given_to_no_command(remote: Remote, commit: str) -> None:
    for ask in (lambda: remote.names(commit), lambda: remote.read("a.txt", commit)):
        with pytest.raises(BranchError, match="is none"):
            ask()


def test_a_file_that_is_too_large_is_not_read(here: Checkout, remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STATE_BYTES", 3)
    with pytest.raises(BranchError, match=r"a\.txt of [0-9a-f]{10} is larger than 3 bytes"):
        remote.read("a.txt", tip(here))


@pytest.mark.parametrize(
    ("url", "elsewhere", "windows"),
    [
        ("https://github.com/o/r", None, None),
        ("git@github.com:o/r.git", None, None),
        ("host:C:/repo", None, None),
        ("../there", "../there", "../there"),
        ("/srv/there", "/srv/there", "/srv/there"),
        ("file:///srv/there", "/srv/there", "/srv/there"),
        ("C:/work/repo", None, "C:/work/repo"),
        ("c:\\work\\repo", None, "c:\\work\\repo"),
        ("file:///C:/work/repo", "/C:/work/repo", "C:/work/repo"),
    ],
)
def test_which_urls_are_folders(url: str, elsewhere: str | None, windows: str | None) -> None:
    assert module.folder_of(url, has_drives=False) == elsewhere
    assert module.folder_of(url, has_drives=True) == windows
