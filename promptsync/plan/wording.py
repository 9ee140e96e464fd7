"""The words of a plan's warnings and conflicts about prompts that may be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.compare import file_differences
from promptsync.model.globs import is_glob
from promptsync.model.naming import few
from promptsync.model.shell import command, typed

if TYPE_CHECKING:
    from promptsync.model.prompt import PromptFile, RemotePrompt

OVERWRITES = "this overwrites what was changed on the service since the last apply"
GONE = "the file is gone"
OUTSIDE = "`only` and `except` of the target leave this key out"
NOT_PROVED = (
    "the lockfile names the service's version and not what the service holds of it: "
    "what differs may have been changed there"
)
UNPROTECTED = "the protection is taken away: once its file is gone, `--prune` deletes this prompt"

_MOST_PROMPTS = 10
_MOST_FIELDS = 3


def differing(file: PromptFile | None, prompts: list[RemotePrompt]) -> str:
    """The ids of `prompts`, each with what differs from the file."""
    listed = ", ".join(f"{prompt.id} ({_difference(file, prompt)})" for prompt in prompts[:_MOST_PROMPTS])
    return listed + _and_more(len(prompts) - _MOST_PROMPTS)


def protection_waits(*, protected: bool) -> str:
    """That a file's word on its protection is not recorded while something else is open."""
    what = "puts" if protected else "takes away"
    return f"the file {what} `protected: true`, which is recorded with the next write of this prompt"


def back_or_gone(key: str, gone: str = GONE) -> str:
    """What to do about a changed prompt without a file. A key that is a glob as well would name others, too."""
    if gone == OUTSIDE:
        return f"let the target hold it again, or let the prompt be with {command('lock forget', key)}"
    if is_glob(key):
        return f"bring the file back under another name, or let the prompt be with {command('lock forget', key)}"
    return f"bring the file back, or delete the prompt all the same with {typed('--prune', '--overwrite', key)}"


def stays(key: str, gone: str, *, protected: bool, kept: bool) -> str:
    """Why a prompt is not deleted whose file is `gone`, a clause."""
    why = "`--prune` would delete it"
    if protected:
        why = f"it is protected, and `--prune` deletes it only after {command('lock unprotect', key)}"
    elif kept:
        why = "a new file may be it"
    return f"{gone} and the prompt stays on the service: {why}"


def which_of(prompts: list[RemotePrompt]) -> str:
    """`this prompt`, or `any of 3 prompts`."""
    return "this prompt" if len(prompts) == 1 else f"any of {len(prompts)} prompts"


def already_there(number: int) -> str:
    """That so many prompts bear the name of a new file."""
    return (
        "a prompt of this name is already there" if number == 1 else f"{number} prompts of this name are already there"
    )


def _difference(file: PromptFile | None, prompt: RemotePrompt) -> str:
    if file is None:
        return "its file is gone"
    fields = [item.field for item in file_differences(file, prompt, prompt.dialect(file.prompt.dialect), None)]
    if not fields:
        return "says the same"
    return f"differs in {few(fields, _MOST_FIELDS)}"


def _and_more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""
