"""docs/commands.md, from the commands themselves: `python -m tools.commands > docs/commands.md`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from promptsync.cli.examples import EXAMPLES
from promptsync.cli.main import TASKS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = """# Commands

What `promptsync COMMAND --help` says, on one page, made from the commands themselves. What they mean together is told
in the [reference](reference.md).
"""
SHARED = ("root", "target", "base_url")
"""The options that every command takes that works in a folder; they are told once."""


def page() -> str:
    """The page."""
    parts = [HEAD, *_shared()]
    for task, names in TASKS.items():
        parts.append(f"## {task}\n")
        for name in names:
            command = cli.commands[name]
            if isinstance(command, click.Group):
                for own, inner in sorted(command.commands.items()):
                    parts += _command(f"{name} {own}", inner)
            else:
                parts += _command(name, command)
    return "\n".join(parts)


def _shared() -> Iterator[str]:
    options = [option for option in cli.commands["plan"].params if _is_shared(option)]
    yield "Every command but `completion` takes these as well:\n"
    yield _table(options)


def _command(name: str, command: click.Command) -> Iterator[str]:
    """The section of one command."""
    context = click.Context(command, info_name=f"promptsync {name}")
    yield f"### {name}\n"
    yield f"`promptsync {name} {' '.join(command.collect_usage_pieces(context)[1:])}`".replace(" `", "`") + "\n"
    yield _prose(command.help or "")
    yield f"```console\n$ {EXAMPLES[name]}\n```\n"
    own = [one for one in command.params if isinstance(one, click.Option) and not _is_shared(one) and not one.hidden]
    if own:
        yield _table(own)


def _table(options: list[click.Option]) -> str:
    rows = [f"| {_names(option)} | {_meaning(option)} |" for option in options]
    return "\n".join(["| option | meaning |", "|---|---|", *rows, ""])


def _names(option: click.Option) -> str:
    names = sorted(option.opts, key=len, reverse=True)
    value = "" if option.is_flag else f" {_value(option)}"
    named = [f"`{name}{value}`" for name in names] + [f"`{name}`" for name in option.secondary_opts]
    return ", ".join(named)


def _value(option: click.Option) -> str:
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return r"\|".join(option.type.choices)
    return {"integer range": "N", "float range": "SECONDS", "file": "FILE", "directory": "FOLDER", "path": "PATH"}.get(
        option.type.name, (option.name or "").upper().replace("_", "-")
    )


def _meaning(option: click.Option) -> str:
    said = _prose(option.help or "").strip()
    default = option.default
    if option.show_default and default is not None and default is not False:
        told = next(iter(option.opts)) if default is True else str(default)
        said += f" By default `{told}`."
    return (said.strip() + (" May be given several times." if option.multiple else "")).replace("|", r"\|")


def _prose(text: str) -> str:
    """Help as Markdown: paragraphs stay, and lines are joined."""
    paragraphs = text.replace("\b", "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs) + "\n"


def _is_shared(parameter: click.Parameter) -> bool:
    return parameter.name in SHARED or "--quiet" in parameter.opts


if __name__ == "__main__":
    sys.stdout.write(page())
