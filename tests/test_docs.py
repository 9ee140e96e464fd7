"""README and docs: each command line is one that the tool takes, and what is marked as run gives what is printed there.

A page may say, in HTML comments that no reader sees:

    <!-- run -->, <!-- run: exit 2 -->        the console block that follows is run; its last command exits so
    <!-- sh: promptsync … -->                 run this first
    <!-- edit FILE: OLD => NEW -->            edit a file first

All of a page happens in one copy of the shipped prompts, on a terminal. In what is printed, `…` stands for anything.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import yaml

from promptsync.cli import main as cli
from promptsync.cli.examples import EXAMPLES
from promptsync.files.config import parse_config
from promptsync.model.errors import ExitCode
from tools import commands as commands_page

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RULE_ROW = re.compile(r"^\| \[`([\w-]+)`\]\(rules/\1\.md\) \| (\w+) \| (.+) \|$", re.MULTILINE)
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
STEP = re.compile(
    r"<!-- run(?:: exit (?P<code>\d+))? -->\n```console\n(?P<block>.*?)^```$"
    r"|<!-- sh: (?P<command>.+?) -->"
    r"|<!-- edit (?P<file>\S+): (?P<old>.+?) => (?P<new>.+?) -->",
    re.DOTALL | re.MULTILINE,
)


def blocks(page: Path, language: str) -> list[str]:
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, name, body in found if name == language]


def command_lines() -> list[str]:
    """Every call of promptsync in a console, bash or shell block."""
    typed = [line for page in PAGES for block in blocks(page, "console") for line in block.splitlines()]
    lines = [line.removeprefix("$ ") for line in typed if line.startswith("$ ")]
    for page in PAGES:
        for block in blocks(page, "bash"):
            lines += re.split(r"&&|\n", block.replace("\\\n", " "))
    return sorted({line.strip() for line in lines if re.match(r"\s*(\S*/)?promptsync\s", line)})


def tree() -> click.Group:
    return next(value for value in (cli.main, *vars(cli).values()) if isinstance(value, click.Group))


def commands(group: click.Group, name: str = "") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for own in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), own)
        assert command is not None
        if isinstance(command, click.Group):
            found |= commands(command, f"{name}{own} ")
        else:
            found[f"{name}{own}"] = command
    return found


@pytest.mark.parametrize("line", command_lines())
def test_every_command_line_is_one_that_the_tool_takes(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "prompts", tmp_path / "prompts")
    (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    command: click.Command = tree()
    arguments = shlex.split(line.partition(" > ")[0])[1:]
    context = command.make_context("promptsync", arguments)
    while isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        name, found, arguments = command.resolve_command(context, rest)
        assert found is not None
        command = found
        context = command.make_context(name, arguments, parent=context)


@dataclass
class Desk:
    """A folder with the shipped prompts, in which a page is followed."""

    folder: Path

    def run(self, command: str, *, code: int = 0) -> str:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("ORQ_", "PROMPTSYNC_"))}
        env |= {"HOME": str(self.folder), "NO_COLOR": "1", "COLUMNS": "100", "TERM": "dumb"}
        words = shlex.split(command)
        assert words[0] == "promptsync", f"only promptsync is run: {command}"
        terminal, end = os.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "promptsync", *words[1:]],
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=end,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            os.close(end)
            said = everything(terminal) + process.communicate(timeout=60)[1]
        assert process.returncode == code, f"{command} exited {process.returncode}\n{said}"
        return said

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (self.folder / file).write_text(text.replace(old, new), encoding="utf-8")

    def follow(self, block: str, code: int) -> None:
        steps = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        for number, step in enumerate(steps, start=1):
            command, _, printed = step.partition("\n")
            said = self.run(command, code=code if number == len(steps) else 0)
            assert re.fullmatch(pattern(printed), said.rstrip("\n")), f"{command} printed:\n{said}\nnot:\n{printed}"


def everything(terminal: int) -> str:
    """What is written to the other end of a terminal until it is closed."""
    found = b""
    with suppress(OSError), open(terminal, "rb", buffering=0) as stream:
        while data := stream.read(65_536):
            found += data
    return found.decode().replace("\r\n", "\n")


def pattern(printed: str) -> str:
    """The text as a regular expression, in which `…` is anything."""
    return "(?s:.*)".join(re.escape(part) for part in printed.rstrip("\n").split("…"))


@pytest.mark.parametrize("page", [page for page in PAGES if STEP.search(page.read_text())], ids=lambda page: page.name)
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "prompts", tmp_path / "prompts", ignore=shutil.ignore_patterns(".promptsync", "*.lock.json"))
    desk = Desk(tmp_path)
    for step in STEP.finditer(page.read_text(encoding="utf-8")):
        if step["block"] is not None:
            desk.follow(step["block"], int(step["code"] or 0))
        elif step["command"]:
            desk.run(step["command"])
        else:
            desk.edit(step["file"], step["old"], step["new"])


def test_the_readmes_two_commands_are_what_is_installed_and_what_ci_runs() -> None:
    try_it, test_it = [" ".join(block.split()) for block in blocks(ROOT / "README.md", "bash")[:2]]
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    clone, venv, install, run = test_it.replace("promptsync && cd promptsync", "promptsync; cd promptsync").split(
        " && "
    )

    assert clone == "git clone https://github.com/promptsync/promptsync; cd promptsync"
    assert venv in ci.replace(" --clear", "")
    assert f"\n{install}\n{run}\n" in ci
    assert try_it.endswith(
        ".venv/bin/pip install -q . && .venv/bin/promptsync plan --target sandbox"
        " && .venv/bin/promptsync apply --target sandbox --yes"
    )


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([\w-]+))?\)", page.read_text(encoding="utf-8"))
    for path, anchor in links:
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ["README.md", "docs/reference.md"])
def test_the_exit_codes_are_those_of_the_code(page: str) -> None:
    told = re.findall(r"^\| (\d+) \|", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)

    assert [int(code) for code in told] == [code.value for code in ExitCode]


def test_the_page_of_commands_is_made_from_the_commands() -> None:
    """`python -m tools.commands > docs/commands.md` writes it anew."""
    assert (ROOT / "docs/commands.md").read_text(encoding="utf-8") == commands_page.page()


def test_every_command_has_an_example_of_itself_and_every_option_says_what_it_is() -> None:
    found = commands(tree())
    options = [
        (name, option.opts)
        for name, command in found.items()
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden and not option.help
    ]

    assert {name: f"promptsync {name}" for name in found} == {
        name: line[: len(f"promptsync {name}")] for name, line in EXAMPLES.items()
    }
    assert options == []


def test_every_configuration_shown_is_one_that_is_taken() -> None:
    shown = [
        block for page in PAGES for block in blocks(page, "yaml") if re.match(r"(targets|policies|preview):", block)
    ]

    assert shown
    for block in shown:
        parse_config(block.encode(), "promptsync.yaml")


def test_the_readmes_prompt_is_a_valid_file(tmp_path: Path) -> None:
    (example,) = blocks(ROOT / "README.md", "yaml")
    folder = tmp_path / "prompts/Default/Support"
    folder.mkdir(parents=True)
    (folder / "refund.yaml").write_text(example, encoding="utf-8")
    (folder / "refund.system.md").write_text("Be kind.\n", encoding="utf-8")

    Desk(tmp_path).run("promptsync validate")

    shipped = yaml.safe_load((ROOT / "prompts/Default/Support/refund.yaml").read_text(encoding="utf-8"))
    assert yaml.safe_load(example)["display_name"] == shipped["display_name"]
