"""sandbox: the embedded service over HTTP."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from promptsync.cli import common, console
from promptsync.commands.sandbox import reset_sandbox, seed_from_lock
from promptsync.files.target import check_state, open_target, prepare_state
from promptsync.model.errors import ExitCode, PromptsyncError
from promptsync.sandbox import Behaviour, Fault, Sandbox, SandboxError, run_forever

if TYPE_CHECKING:
    from promptsync.files.target import Target


@click.group()
def sandbox() -> None:
    """The embedded service, to try things on without key and network."""


@sandbox.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8700, show_default=True, help="The port; 0 takes a free one."
)
@click.option("--key", help="Accept this key alone; by default any.")
@click.option(
    "--dialect",
    type=click.Choice(["both", "current", "classic"]),
    default="both",
    show_default=True,
    help="The blocks that it takes.",
)
@click.option(
    "--foreign",
    type=click.Choice(["refuse", "ignore"]),
    default="refuse",
    show_default=True,
    help="What it does with the block that it does not take.",
)
@click.option(
    "--patch",
    type=click.Choice(["merge", "replace", "deep"]),
    default="merge",
    show_default=True,
    help="How an update treats the fields that it does not name.",
)
@click.option(
    "--version-on",
    type=click.Choice(["block", "any", "always"]),
    default="any",
    show_default=True,
    help="Which change makes a version.",
)
@click.option("--max-page", type=click.IntRange(1), default=200, show_default=True, help="The largest page of a list.")
@click.option(
    "--list-lag", type=click.FloatRange(0, 3600, max_open=True), default=0.0, help="How late a list shows a new prompt."
)
@click.option(
    "--update-lag",
    type=click.FloatRange(0, 3600, max_open=True),
    default=0.0,
    help="How long a list shows an updated prompt as it was.",
)
@click.option(
    "--latency", type=click.FloatRange(0, 3600, max_open=True), default=0.0, help="How long each request takes."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    help="A failure, such as 429:retry-after=1,method=POST,times=3.",
)
@click.option("--from-lock", is_flag=True, help="Begin with the lockfile's prompts, as their files say.")
@common.on_target
def serve(target: Target, port: int, faults: tuple[str, ...], from_lock: bool, **switches: Any) -> int:
    """Serve the embedded service on loopback, with a page to look at and edit prompts."""
    prepare_state(target)
    check_state(target)
    try:
        with Sandbox(target.sandbox_path, behaviour=Behaviour(**switches)) as service:
            for fault in faults:
                service.faults.add(Fault.parse(fault))
            for sentence in seed_from_lock(target, service) if from_lock else ():
                console.tell(sentence)
            run_forever(service, port=port, ready=_announce)
    except SandboxError as error:
        raise PromptsyncError(str(error), hint=error.hint) from None
    except OSError as error:
        raise PromptsyncError(f"port {port} cannot be served: {error.strerror}", hint="choose another --port") from None
    return ExitCode.DONE


@sandbox.command()
@common.on_target
def reset(target: Target) -> int:
    """Empty the embedded service, and forget what was applied to it."""
    reset_sandbox(open_target(target.root, "sandbox", environ=os.environ))
    console.say(f"the sandbox of {target.root} is empty")
    return ExitCode.DONE


def _announce(url: str) -> None:
    console.tell(f"serving the sandbox at {url} (stop with Ctrl+C)")
    console.tell(f"use it with: promptsync apply --target sandbox --base-url {url}")
