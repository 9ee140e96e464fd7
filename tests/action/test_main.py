"""The action's launcher: inputs become words, pip gets no key, and what it installs is what promptsync needs."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from action import main as launcher
from promptsync.plan.changes import Plan

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
DEFAULTS = {name: str(about.get("default", "")) for name, about in ACTION["inputs"].items()}
CANARY = "canary-canary-canary"


def environ(**inputs: str) -> dict[str, str]:
    """What action.yml hands to the launcher for these inputs."""
    given = DEFAULTS | {name.replace("_", "-"): value for name, value in inputs.items()}
    return {f"INPUT_{name.upper().replace('-', '_')}": value for name, value in given.items()}


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, ["github", "check", "--dir=prompts", "--target=default"]),
        (
            {"command": "check", "prune": "true", "max_deletes": "3", "fail_on_drift": "true", "comment": "false"},
            [
                *("github", "check", "--dir=prompts", "--target=default"),
                *("--prune", "--fail-on-drift", "--max-deletes=3", "--no-comment"),
            ],
        ),
        (
            {"command": "apply", "target": "staging", "approval": "approved"},
            ["github", "apply", "--dir=prompts", "--target=staging", "--approval=approved"],
        ),
        (
            {"command": "check", "preview": "true"},
            ["github", "check", "--dir=prompts", "--target=default", "--preview"],
        ),
        (
            {"command": "drift", "pull_request": "true"},
            ["github", "drift", "--dir=prompts", "--target=default", "--pull-request"],
        ),
    ],
)
def test_inputs_are_said_as_options_and_defaults_are_not(inputs: dict[str, str], words: list[str]) -> None:
    assert launcher.command_line(environ(**inputs)) == words


@pytest.mark.parametrize("value", ["my prompts", "--help", "a'b\"c", "$(touch owned)", "`id`; id", "%0A::error::", "-"])
def test_an_input_is_one_word_whatever_is_in_it(value: str) -> None:
    words = launcher.command_line(environ(dir=value, target=value, max_deletes=value, approval=value))

    assert words == [
        *("github", "check", f"--dir={value}", f"--target={value}", f"--max-deletes={value}", f"--approval={value}")
    ]


@pytest.mark.parametrize(
    ("inputs", "complaint"),
    [
        ({"command": "--help"}, "the input command is '--help': it must be check, apply or drift"),
        ({"command": ""}, "the input command is '': it must be check, apply or drift"),
        ({"command": "check\n::warning::x"}, r"the input command is 'check\n::warning::x': it must be"),
        ({"dir": "a\nb"}, r"the input dir is 'a\nb': it must be one line of plain text"),
        ({"target": "a\x1b[31m"}, r"the input target is 'a\x1b[31m': it must be one line of plain text"),
        ({"prune": "yes"}, "the input prune is 'yes': it must be true or false"),
        ({"comment": ""}, "the input comment is '': it must be true or false"),
        ({"prune": "%0A::x::"}, "the input prune is '%250A::x::': it must be true or false"),
    ],
)
def test_an_input_that_makes_no_sense_is_told_in_one_command(
    inputs: dict[str, str],
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for name, value in environ(**inputs).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))

    assert launcher.main(["run"]) == 64

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"::error title=promptsync::{complaint}")
    assert (tmp_path / "output").read_text() == "exit-code=64\n"


def test_pip_gets_the_way_to_its_index_and_no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    called: list[Any] = []

    def run(command: list[str], **options: Any) -> CompletedProcess[bytes]:
        called.append((command, options))
        return CompletedProcess(command, 7)

    for name in ("ORQ_API_KEY", "ORQ_STAGING_KEY", "GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "PIP_TARGET", "PYTHONPATH"):
        monkeypatch.setenv(name, CANARY)
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    monkeypatch.setattr(launcher.subprocess, "run", run)

    assert launcher.main(["install"]) == 7

    ((command, options),) = called
    assert command[:5] == [sys.executable, "-I", "-m", "pip", "install"]
    assert {"--require-hashes", "--only-binary=:all:"} <= set(command)
    assert options["cwd"] == tmp_path
    assert CANARY not in options["env"].values()
    assert options["env"]["PIP_INDEX_URL"] == "https://mirror.example/simple"


def test_pip_is_told_where_windows_keeps_things(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: dict[str, str] = {}

    def run(_: list[str], **options: Any) -> CompletedProcess[bytes]:
        given.update(options["env"])
        return CompletedProcess([], 0)

    wanted = ("SYSTEMROOT", "SYSTEMDRIVE", "PROGRAMDATA", "APPDATA", "LOCALAPPDATA", "PROCESSOR_ARCHITECTURE")
    for name in wanted:
        monkeypatch.setenv(name, f"the {name}")
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    monkeypatch.setattr(launcher.subprocess, "run", run)

    assert launcher.main(["install"]) == 0
    assert {name: given[name] for name in wanted} == {name: f"the {name}" for name in wanted}


def gathered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str = "prompts") -> dict[str, str]:
    """What is gathered of the checkout `tmp_path/work`, by name."""
    (tmp_path / "output").write_text("")
    for name, value in {
        "GITHUB_WORKSPACE": str(tmp_path / "work"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "INPUT_DIR": folder,
    }.items():
        monkeypatch.setenv(name, value)
    assert launcher.main(["gather"]) == 0
    told = (tmp_path / "output").read_text()
    state = tmp_path / "temp/promptsync-state"
    assert told == (f"state={state}\n" if state.is_dir() else "")
    return {path.relative_to(state).as_posix(): path.read_text() for path in state.rglob("*") if path.is_file()}


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_what_an_apply_leaves_behind_is_gathered_as_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["promptsync.lock.json", "promptsync.eu.lock.json", ".promptsync/journal.eu.jsonl"]
    names.append(".promptsync/archive/deleted/Default/refund.json")
    write(tmp_path / "work/prompts", *names, ".promptsync/sandbox.sqlite", "Default/refund.yaml")

    assert sorted(gathered(tmp_path, monkeypatch)) == sorted(names)


def test_nothing_is_gathered_where_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    assert gathered(tmp_path, monkeypatch) == {}


def test_no_link_is_gathered_wherever_it_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, secrets = tmp_path / "work/prompts", tmp_path / "secrets"
    write(secrets, "token", "journal.x", "deep/token")
    write(root, "Default/refund.yaml", "other/archive/token")
    (root / "promptsync.evil.lock.json").symlink_to(secrets / "token")
    (root / "promptsync.near.lock.json").symlink_to(root / "Default/refund.yaml")
    (root / "promptsync.gone.lock.json").symlink_to(root / "nowhere")
    (root / ".promptsync").symlink_to(secrets)
    assert gathered(tmp_path, monkeypatch) == {}

    (root / ".promptsync").unlink()
    (root / ".promptsync").mkdir()
    (root / ".promptsync/archive").symlink_to(secrets)
    assert gathered(tmp_path, monkeypatch) == {}


def pins() -> dict[str, str]:
    text = (ROOT / "action/requirements.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))


def test_what_is_installed_fits_what_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(line) for line in project["dependencies"]]

    assert [str(one) for one in wanted if one.name not in pins()] == []
    assert [str(one) for one in wanted if not one.specifier.contains(pins()[one.name])] == []


def test_each_package_has_a_version_and_hashes() -> None:
    text = (ROOT / "action/requirements.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).rstrip("\n"))

    assert len(blocks) == len(pins())
    one = r"[\w.-]+==[\w.]+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+"
    assert [block for block in blocks if not re.fullmatch(one, block)] == []


def test_every_input_reaches_the_launcher_and_every_count_is_an_output() -> None:
    (step,) = [step for step in ACTION["runs"]["steps"] if step.get("id") == "run"]
    handed_on = {value: name for name, value in step["env"].items()}

    assert {f"${{{{ inputs.{name} }}}}" for name in DEFAULTS} <= handed_on.keys()
    assert set(environ()) - set(step["env"]) == {"INPUT_GITHUB_TOKEN"}
    assert set(ACTION["outputs"]) == {
        "exit-code",
        "digest",
        "plan",
        "preview",
        "report",
        *Plan("default", (), "").summary,
    }
