"""Someone's first day, from an empty folder to ids in an application, with the commands that the README names."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from promptsync.cli import main as cli
from tests.e2e.checkout import Checkout

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository, in which someone stands."""
    Checkout.init(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    """Runs a command line as it is typed; the README names its verb."""
    verb = line.split()[0]
    assert re.search(rf"promptsync {verb}\b", README.read_text(encoding="utf-8")), verb
    capsys.readouterr()
    assert cli.run(line.split()) == code, capsys.readouterr().err
    return capsys.readouterr().out


def test_from_an_empty_folder_to_ids_and_into_a_second_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("init --yes", capsys)
    file = folder / "prompts/Default/welcome.yaml"
    mistaken = file.read_text(encoding="utf-8").replace("temperature: 0.3", "temperature: '0.5'")
    file.write_text(mistaken, encoding="utf-8")
    run("validate", capsys, code=1)
    file.write_text(mistaken.replace("'0.5'", "0.5"), encoding="utf-8")
    assert run("validate", capsys) == "1 prompt file is valid\n"
    run("fmt", capsys)
    assert run("fmt --check", capsys) == ""
    assert "+  create    Default/welcome" in run("plan --target sandbox", capsys)
    run("apply --target sandbox --yes", capsys)
    assert "No changes." in run("plan --target sandbox --detailed-exitcode", capsys)
    (held,) = json.loads(run("ids --target sandbox --format json", capsys)).values()

    # A second folder, of the same service: the sandbox lives in the state folder of the first.
    state = folder / "prompts/.promptsync"
    second = folder / "copy"
    (second / ".promptsync").mkdir(parents=True, mode=0o700)
    (second / ".promptsync/sandbox.sqlite").write_bytes((state / "sandbox.sqlite").read_bytes())
    run("import --all --target sandbox --dir copy", capsys)
    assert "No changes." in run("plan --target sandbox --dir copy --detailed-exitcode", capsys)
    (again,) = json.loads(run("ids --target sandbox --dir copy --format json", capsys)).values()
    assert again == held
    assert (second / "Default/welcome.yaml").read_text(encoding="utf-8") == file.read_text(encoding="utf-8").replace(
        "# A prompt of your own: this file's place under prompts is its key and its folder in orq.ai, its name what it "
        "is called.\n",
        "",
    )
