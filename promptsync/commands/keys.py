"""What a person means who writes a key or a glob: a file, an entry of the lockfile, or a place for a new one."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from promptsync.files.keys import (
    FIND_A_HOME,
    HOMELESS,
    Where,
    fault,
    new_place,
    readings,
    with_slashes,
    without_ending,
)
from promptsync.files.target import CONFIG_NAME
from promptsync.model.errors import UsageError
from promptsync.model.globs import EVERYTHING, is_glob, matches
from promptsync.model.prompt import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from promptsync.files.target import Target
    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import PromptFile
    from promptsync.plan.changes import PlanOptions


def known_key(target: Target, typed: str, known: Collection[str]) -> str | None:
    """The one of the keys `known` that a person means; None if there is none."""
    return next((key for key in readings(typed, _where(target, typed)) if key in known), None)


def file_of(target: Target, files: Mapping[str, PromptFile], typed: str) -> PromptFile:
    """The file that is meant. Raises UsageError where there is none."""
    key = known_key(target, typed, files)
    if key is None:
        raise UsageError(
            f"there is no prompt file `{typed}`", hint=_left_out(target, typed) or did_you_mean(target, typed, files)
        )
    return files[key]


def locked_key(target: Target, lock: Lockfile, typed: str) -> str:
    """The key in the lockfile that is meant. Raises UsageError where there is none."""
    key = known_key(target, typed, lock.prompts)
    if key is None:
        raise UsageError(f"there is no `{typed}` in {target.lock_name}", hint=did_you_mean(target, typed, lock.prompts))
    return key


def locked_entry(target: Target, lock: Lockfile, typed: str) -> LockEntry:
    """The entry of the key that is meant. Raises UsageError where there is none."""
    return lock.prompts[locked_key(target, lock, typed)]


def new_key(target: Target, typed: str) -> str:
    """The key of a file that is not there yet. Raises UsageError where none can be at that place."""
    place = new_place(typed, _where(target, typed))
    if place is None:
        raise UsageError(f"`{typed}` is outside of {target.root}", hint="name a place inside, as Default/refund")
    key = without_ending(place)
    why = fault(key)
    if why is not None:
        raise UsageError(
            f"`{typed}` cannot be a key: {why}", hint="name a file's place under the root, as Default/refund"
        )
    if "/" not in key and not target.settings.path_prefix:
        raise UsageError(f"`{typed}` cannot be a key: {HOMELESS}", hint=FIND_A_HOME)
    if not target.settings.holds(key):
        raise UsageError(f"`{key}` cannot be a key of the target “{target.name}”", hint=_left_out(target, key))
    return key


def folder_of(target: Target, typed: str, option: str) -> str:
    """The folder under the root that is meant, whether it is there or not. Raises UsageError where it can be none."""
    text = with_slashes(typed).rstrip("/")
    place = new_place(text, _where(target, text))
    if place is None or fault(place, is_file=False) is not None:
        raise UsageError(
            f"{option} {typed} is no folder for prompts", hint="name one inside the root, as Default/Support"
        )
    return place


def with_keys(target: Target, options: PlanOptions, known: Collection[str]) -> tuple[PlanOptions, tuple[Problem, ...]]:
    """The options with what the command line and the configuration name as the keys or globs that are meant.

    `known` are the keys of files and lock entries. What matches none of them is told: raises UsageError for a plain key
    of the command line, gives a warning else.
    """
    warnings: list[Problem] = []
    only = [_chosen(target, "--only", typed, known, warnings) for typed in options.only]
    overwrite = [_chosen(target, "--overwrite", typed, known, warnings) for typed in options.overwrite]
    place = f"{(target.root / CONFIG_NAME).as_posix()}: policies.overwrite"
    for typed in target.config.overwrite:
        # The configuration means the same wherever a command is run.
        meant = _matching(readings(typed, replace(_where(target, typed), typed=())), known)
        overwrite.append(meant or _told(place, typed, known, warnings))
    create_twins = options.create_twins or target.config.create_twins
    options = replace(options, only=tuple(only), overwrite=tuple(overwrite), create_twins=create_twins)
    return options, tuple(warnings)


def did_you_mean(target: Target, typed: str, known: Collection[str]) -> str | None:
    """The question after what is probably meant, as the hint of an error."""
    near = _nearest(readings(typed, _where(target, typed)), known)
    return f"did you mean `{near}`?" if near else None


def _left_out(target: Target, typed: str) -> str | None:
    """That a target does not hold what is meant."""
    meant = readings(typed, _where(target, typed))[-1]
    if target.settings.holds(meant):
        return None
    return f"`only` and `except` of `targets.{target.name}` in {CONFIG_NAME} leave it out"


def _chosen(target: Target, option: str, typed: str, known: Collection[str], warnings: list[Problem]) -> str:
    meant = _matching(readings(typed, _where(target, typed)), known)
    if meant is None and not is_glob(typed):
        raise UsageError(
            f"{option}: there is neither a prompt file nor a locked prompt `{typed}`",
            hint=did_you_mean(target, typed, known),
        )
    return meant or _told(option, typed, known, warnings)


def _matching(meant: list[str], known: Collection[str]) -> str | None:
    """The first of some keys or globs that matches something; what stands for all of them is no slip, even of none."""
    if EVERYTHING in meant:
        return EVERYTHING
    return next((glob for glob in meant if glob in known or any(matches(key, (glob,)) for key in known)), None)


def _told(place: str, typed: str, known: Collection[str], warnings: list[Problem]) -> str:
    """What was typed, and a word on it: it matches nothing."""
    folders = {f"{folder}/**" for key in known for folder in _folders(key)}
    near = _nearest([typed], folders if is_glob(typed) else known)
    hint = f"did you mean `{near}`?" if near else None
    message = f"`{typed}` matches neither a prompt file nor a locked prompt"
    warnings.append(Problem(place, 0, 0, message, hint, severity="warning"))
    return typed


def _folders(key: str) -> Iterable[str]:
    parts = key.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def _nearest(meant: list[str], known: Collection[str]) -> str | None:
    """What is like one of `meant`: but for case, else by its letters, else the only one whose last part it is."""
    folded = {key.casefold(): key for key in sorted(known)}
    for text in meant:
        found = [folded[text.casefold()]] if text.casefold() in folded else get_close_matches(text, known, 1)
        if found:
            return found[0]
    ends = [key for key in known if key.rpartition("/")[2].casefold() in {text.casefold() for text in meant}]
    return ends[0] if len(ends) == 1 else None


def _where(target: Target, typed: str) -> Where:
    """Where root and working folder are on this machine."""
    root, path = os.path.abspath(target.root), os.path.abspath(typed)  # noqa: PTH100 - `..` stays as it is written
    real = os.path.realpath(root)
    here = os.path.realpath(".")
    spelled = (path, os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)))  # noqa: PTH118, PTH119, PTH120
    return Where(
        tuple(unicodedata.normalize("NFC", with_slashes(each)) for each in (root, real)),
        tuple(unicodedata.normalize("NFC", with_slashes(each)) for each in spelled),
        is_inside=Path(here).is_relative_to(real),
    )
