from __future__ import annotations

import subprocess
import sys

import click
import pytest

from promptsync.cli import main as cli


def test_the_table_of_commands_says_what_each_says_of_itself() -> None:
    for name, (file, line) in cli.COMMANDS.items():
        command = cli.cli.commands[name]
        assert command.name == name
        assert command.get_short_help_str(200) == line
        assert command.callback is not None
        assert command.callback.__module__ == f"promptsync.cli.{file}"


def test_the_help_lists_the_commands_by_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    text = capsys.readouterr().out
    for task, commands in cli.TASKS.items():
        listed = text.partition(f"\n{task}:\n")[2].partition("\n\n")[0].splitlines()
        assert [line.split()[0] for line in listed if line[2] != " "] == list(commands)


def test_the_help_of_a_command_ends_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["history", "--help"]) == 0
    end = "Example:\n    promptsync history Default/Support/refund -n 5\n\n  A KEY is the place of a prompt file"
    assert end in capsys.readouterr().out
    assert cli.run(["plan", "--help"]) == 0
    assert "A KEY" not in capsys.readouterr().out
    assert cli.run(["lock", "push", "--help"]) == 0
    assert "promptsync lock push --branch main" in capsys.readouterr().out


def test_a_command_that_is_not_there_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["pla"]) == 64
    assert "No such command 'pla'." in capsys.readouterr().err
    assert cli.cli.get_command(click.Context(cli.cli), "pla") is None


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_no_command_is_imported_to_tell_of_them(arguments: list[str]) -> None:
    script = f"import sys; from promptsync.cli import main; main.run({arguments}); print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    ours = {name for name in ran.stderr.split() if name.startswith("promptsync.")}
    shown = {"promptsync.output", "promptsync.output.escape"}
    assert ours == {"promptsync.cli", "promptsync.cli.main", "promptsync.cli.console", *shown}
