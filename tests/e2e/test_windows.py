"""A day's work as on Windows: really there, elsewhere in the play of `windows.py`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptsync.sandbox import Sandbox, serve
from tests.e2e.checkout import REPOSITORY, Checkout
from tests.e2e.world import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = ["-m", "promptsync"] if sys.platform == "win32" else [str(Path(__file__).with_name("windows.py"))]
PROMPT = "prompt: {model: openai/gpt-4o, messages: [{role: system, content: Be kind.}]}\r\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A repository with two prompts, whose files have the line ends of Windows."""
    (tmp_path / "here").mkdir()
    made = Checkout.init(tmp_path / "here")
    for name in ("hello", "refund"):
        write(made, f"prompts/Default/{name}.yaml", PROMPT)
    made.commit("two prompts")
    return made


def write(checkout: Checkout, path: str, text: str) -> None:
    (checkout.path / path).parent.mkdir(parents=True, exist_ok=True)
    (checkout.path / path).write_bytes(text.encode())


def started(checkout: Checkout, *words: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY), "LOCALAPPDATA": str(checkout.path.parent / "local")}
    return subprocess.Popen(
        [sys.executable, *PROGRAM, *words],
        cwd=checkout.path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def run(checkout: Checkout, *words: str, code: int = 0) -> str:
    """What it says, with the slashes of all systems."""
    process = started(checkout, *words)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, out + err
    return (out + err).replace("\\", "/")


def sandbox(checkout: Checkout, *words: str, code: int = 0) -> str:
    return run(checkout, *words, "--target", "sandbox", code=code)


def test_what_is_applied_is_known_and_the_next_plan_is_empty(checkout: Checkout) -> None:
    assert "Applied: 2 created." in sandbox(checkout, "apply", "--yes")
    assert "No changes. 2 prompts" in sandbox(checkout, "plan", "--detailed-exitcode")

    write(checkout, "prompts/Default/hello.yaml", PROMPT.replace("kind", "brief"))
    assert "1 to update" in sandbox(checkout, "plan", "--detailed-exitcode", code=2)
    assert "Applied: 1 updated." in sandbox(checkout, "apply", "--yes")
    assert "fit" in sandbox(checkout, "lock", "verify")


def test_a_key_is_taken_as_a_person_writes_it_there(checkout: Checkout) -> None:
    sandbox(checkout, "apply", "--yes")

    said = sandbox(checkout, "mv", "prompts\\Default\\hello.yaml", "Default\\Support\\hello")

    assert said.startswith("Default/hello is Default/Support/hello from now on")
    assert (checkout.path / "prompts/Default/Support/hello.yaml").is_file()
    assert "Default/Support/hello" in sandbox(checkout, "plan", "--only", "Default\\Support\\hello.yaml")


@pytest.mark.parametrize("key", ["Default/what:is", "Default/aux", "Default/CON.md", "Support./hello"])
def test_a_name_that_windows_cannot_have_is_refused_before_anything_is_touched(checkout: Checkout, key: str) -> None:
    said = sandbox(checkout, "mv", "Default/hello", key, code=64)

    assert f"`{key}` cannot be a key" in said
    assert (checkout.path / "prompts/Default/hello.yaml").is_file()


def test_a_place_is_told_with_slashes_as_editors_and_github_take_it(checkout: Checkout) -> None:
    write(checkout, "prompts/Default/wrong.yaml", "promt: {}\n")

    process = started(checkout, "validate")
    out, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "prompts/Default/wrong.yaml:1:1: error:" in out + err


def test_what_the_service_has_comes_into_files(checkout: Checkout) -> None:
    sandbox(checkout, "apply", "--yes")
    for path in checkout.path.glob("prompts/Default/*.yaml"):
        path.unlink()
    (checkout.path / "prompts/.promptsync/promptsync.sandbox.lock.json").unlink()

    sandbox(checkout, "import", "--all")

    assert sorted(path.name for path in checkout.path.glob("prompts/Default/*")) == ["hello.yaml", "refund.yaml"]
    assert "No changes. 2 prompts" in sandbox(checkout, "plan", "--detailed-exitcode")


@pytest.fixture
def shared(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkout]:
    """The same with a remote, and a service that others reach too."""
    remote = checkout.path.parent / "remote.git"
    checkout.git("init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    checkout.git("remote", "add", "origin", remote.as_uri())
    checkout.git("push", "--quiet", "--set-upstream", "origin", "main")
    monkeypatch.setenv("ORQ_API_KEY", "key-for-tests")
    with Sandbox() as service, serve(service) as server:
        monkeypatch.setenv("ORQ_BASE_URL", server.url)
        yield checkout


def test_the_lockfile_comes_home_by_git_and_is_known_with_other_line_ends(shared: Checkout) -> None:
    run(shared, "apply", "--yes")
    assert "the lockfile is on the branch main" in run(shared, "lock", "push")

    lock = shared.path / "prompts/promptsync.lock.json"
    data = lock.read_bytes()
    lock.unlink()
    shared.git("pull", "--quiet")
    lock.write_bytes(data.replace(b"\n", b"\r\n"))

    assert "No changes. 2 prompts" in run(shared, "plan", "--detailed-exitcode")
    assert "in the tree, beside the prompts" in run(shared, "doctor")
    assert "created    Default/hello" in run(shared, "log", "Default\\hello")


def test_the_lockfile_may_live_on_a_branch(shared: Checkout) -> None:
    run(shared, "apply", "--yes")
    run(shared, "lock", "push")
    (shared.path / "prompts/promptsync.lock.json").unlink()
    shared.git("pull", "--quiet")

    run(shared, "lock", "move-home", "--branch", "promptsync/state")

    write(shared, "prompts/Default/hello.yaml", PROMPT.replace("kind", "brief"))
    assert "the lockfile is on the branch promptsync/state" in run(shared, "apply", "--yes")
    assert "No changes. 2 prompts" in run(shared, "plan", "--detailed-exitcode")


def test_a_warning_on_the_configuration_names_it_with_slashes(checkout: Checkout) -> None:
    write(checkout, "prompts/promptsync.yaml", 'policies: {overwrite: ["Default/Gone/**"]}\n')
    process = started(checkout, "plan", "--target", "sandbox")
    _, err = process.communicate(timeout=60)
    assert "prompts/promptsync.yaml: policies.overwrite: warning:" in err


def test_one_run_is_at_work_at_a_time_and_a_dead_one_is_in_no_ones_way(checkout: Checkout) -> None:
    holder = checkout.path / "prompts/.promptsync/run.sandbox.holder"
    service = started(checkout, "sandbox", "serve", "--port", "0", "--latency", "30", "--target", "sandbox")
    assert service.stderr is not None
    url = service.stderr.readline().split(" at ")[1].split()[0]
    first = started(checkout, "apply", "--yes", "--target", "sandbox", "--base-url", url)
    try:
        wait_for(holder.exists)
        assert "is at work on the target “sandbox”" in sandbox(checkout, "apply", "--yes", code=1)
    finally:
        for process in (first, service):
            process.kill()
            process.communicate()
    assert "Applied: 2 created." in sandbox(checkout, "apply", "--yes")


def test_state_that_is_a_link_is_refused(checkout: Checkout) -> None:
    elsewhere, state = checkout.path.parent / "elsewhere", checkout.path / "prompts/.promptsync"
    elsewhere.mkdir()
    try:
        state.symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("this user may make no links")
    assert "is a symbolic link, which is not followed" in sandbox(checkout, "apply", "--yes", code=1)

    state.unlink()
    sandbox(checkout, "apply", "--yes")
    lock = state / "promptsync.sandbox.lock.json"
    (elsewhere / "lock").write_bytes(lock.read_bytes())
    lock.unlink()
    lock.symlink_to(elsewhere / "lock")
    assert "is a symbolic link, which is not followed" in sandbox(checkout, "plan", code=1)


def test_the_cache_lies_where_windows_keeps_what_can_be_lost(checkout: Checkout) -> None:
    run(checkout, "validate")
    assert len(list((checkout.path.parent / "local").glob("promptsync/*/files.cache"))) == 1


def test_text_in_all_scripts_leaves_as_utf_8(checkout: Checkout) -> None:
    write(checkout, "prompts/Default/größe 日本.yaml", PROMPT)
    assert "Default/größe 日本" in sandbox(checkout, "plan", "--format", "html")
