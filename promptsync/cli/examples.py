"""An example of each command, for its help and for the page of commands; read when one is asked for."""

from __future__ import annotations

import click

EXAMPLES = {
    "adopt": "promptsync adopt Default/Support/refund 01JXAMPLE0000000000000000",
    "apply": "promptsync apply --only 'Default/Support/**'",
    "check": "promptsync check --fail-on-drift",
    "completion": "promptsync completion bash",
    "doctor": "promptsync doctor --target staging",
    "drift": "promptsync drift",
    "fmt": "promptsync fmt --check",
    "github apply": "promptsync github apply --approval approved",
    "github check": "promptsync github check --prune",
    "github drift": "promptsync github drift --pull-request",
    "history": "promptsync history Default/Support/refund -n 5",
    "ids": "promptsync ids --format python --out app/prompt_ids.py",
    "import": "promptsync import --list --name 'Refund*' --updated-since 7d",
    "init": "promptsync init --github",
    "lock forget": "promptsync lock forget Default/Support/refund",
    "lock merge": "promptsync lock merge --theirs",
    "lock move-home": "promptsync lock move-home --branch promptsync/state",
    "lock push": "promptsync lock push --branch main",
    "lock show": "promptsync lock show",
    "lock take": "promptsync lock take",
    "lock unprotect": "promptsync lock unprotect Default/Support/refund",
    "lock verify": "promptsync lock verify",
    "log": "promptsync log Default/Support/refund",
    "mv": "promptsync mv Default/Support/refund Default/Billing/refund",
    "plan": "promptsync plan --out plan.json",
    "preview apply": "promptsync preview apply --name pr-123 --since origin/main",
    "preview delete": "promptsync preview delete --name pr-123",
    "preview list": "promptsync preview list --format json",
    "preview sweep": "promptsync preview sweep --older-than 7d",
    "promote": "promptsync promote staging default --out plan.json",
    "pull": "promptsync pull Default/Support/refund",
    "restore": "promptsync restore Default/Support/refund 05wlf2wpw1z83cxz",
    "sandbox reset": "promptsync sandbox reset",
    "sandbox serve": "promptsync sandbox serve --port 8700 --fault 503:times=2",
    "schema": "promptsync schema prompt",
    "show": "promptsync show plan.json --format markdown",
    "validate": "promptsync validate prompts/Default/Support/refund.yaml",
}

KEY = "A KEY is the place of a prompt file in the folder of the prompts, without its ending, as Default/Support/refund."

_KEYS = {"key", "keys", "old"}


def explain(name: str, command: click.Command) -> None:
    """Ends the help of a command, and of those in it, with an example, and with what a KEY is where it takes one."""
    if isinstance(command, click.Group):
        for own, inner in command.commands.items():
            explain(f"{name} {own}", inner)
        return
    parts = ["\b", "Example:", f"  {EXAMPLES[name]}"]
    if any(isinstance(parameter, click.Argument) and parameter.name in _KEYS for parameter in command.params):
        parts += ["", KEY]
    command.epilog = "\n".join(parts)
