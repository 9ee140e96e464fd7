"""The words of a plan's warnings and conflicts about prompts that may be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.compare import file_differences

if TYPE_CHECKING:
    from promptsync.model.prompt import PromptFile, RemotePrompt

OVERWRITES = "this overwrites what was changed on the service since the last apply"

_MOST_PROMPTS = 10
_MOST_FIELDS = 3


def differing(file: PromptFile | None, prompts: list[RemotePrompt]) -> str:
    """The ids of `prompts`, each with what differs from the file."""
    listed = ", ".join(f"{prompt.id} ({_difference(file, prompt)})" for prompt in prompts[:_MOST_PROMPTS])
    return listed + _and_more(len(prompts) - _MOST_PROMPTS)


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
    return "differs in " + ", ".join(fields[:_MOST_FIELDS]) + _and_more(len(fields) - _MOST_FIELDS)


def _and_more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""
