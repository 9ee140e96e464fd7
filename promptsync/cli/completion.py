"""completion: the script by which a shell asks what may come next."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, ShellComplete, get_completion_class

from promptsync.cli import console
from promptsync.model.errors import ExitCode

VARIABLE = "_PROMPTSYNC_COMPLETE"
"""By this click knows that it is asked what may come next; the name follows from that of the program."""


class _Bash(BashComplete):
    """What click makes for bash, and quotes: bash puts a word into the line as it is, and keys come with a checkout.

    A file that is called `$(…)` would be run by whoever presses TAB and Enter.
    """

    source_template = r"""%(complete_func)s() {
    local type value quoted
    COMPREPLY=()
    while IFS=, read -r type value; do
        case "$type" in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) printf -v quoted '%%q' "$value" && COMPREPLY+=("$quoted") ;;
        esac
    done < <(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD="$COMP_CWORD" %(complete_var)s=bash_complete "$1" 2>/dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the script that completes commands, options, keys and targets in a shell."""
    kind: type[ShellComplete] | None = _Bash if shell == "bash" else get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click knows each of them
    console.show(kind(click.Command("promptsync"), {}, "promptsync", VARIABLE).source().rstrip("\n"))
    return ExitCode.DONE
