"""Init: what a repository needs to begin with. Nothing that is there is overwritten."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, NamedTuple

from promptsync import __version__
from promptsync.commands.keys import folder_of
from promptsync.files.config_schema import CONFIG_URL
from promptsync.files.disk import find_sources, read_bytes, write_atomic
from promptsync.files.git import default_branch, repository_config
from promptsync.files.repository import Repository
from promptsync.files.target import CONFIG_NAME, STATE_FOLDER
from promptsync.model.errors import ConfigError
from promptsync.model.json_schema import PROMPT_URL, modeline
from promptsync.model.shell import typed

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.files.target import Target

STARTER = "welcome"
"""The name of the prompt to begin with."""

WORKFLOWS = ("check", "apply", "drift")

DRIVER = "promptsync lock merge %O %A %B"
"""What git runs to merge two lockfiles, once `merge.promptsync.driver` says so."""

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")


class Wanted(NamedTuple):
    """What is to be made: the project that the starter prompt is of (None: no starter), and for which tools besides."""

    project: str | None = "Default"
    github: bool = False
    pre_commit: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One file: what it holds afterwards, and what is done for that.

    "there" is left as it is, and holds what is needed; with "by hand" `text` is what someone has to add to it.
    """

    path: Path
    what: Literal["make", "add to", "there", "by hand"]
    text: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the file is to be written."""
        return self.what in ("make", "add to")


class Prepared(NamedTuple):
    """What an init would do under `top`, and the commands that switch on what lies in no file of the repository."""

    top: Path
    steps: tuple[Step, ...]
    commands: tuple[str, ...]


def prepare(target: Target, wanted: Wanted) -> Prepared:
    """What is to be written. Raises UsageError for a project that can be no folder, PromptsyncError for a bad file."""
    top, place = _place(target)
    words = _words(place, default_branch(existing(target.root.absolute())) or "main")
    steps = [_new(target.root / CONFIG_NAME, _edited("promptsync.yaml", CONFIG_URL, words))]
    if wanted.project is not None and not has_prompts(target):
        folder = folder_of(target, wanted.project, "--project")
        steps.append(_new(target.root / folder / f"{STARTER}.yaml", _edited("welcome.yaml", PROMPT_URL, words)))
    steps.append(_line(top / ".gitignore", f"{STATE_FOLDER}/"))
    locks = f"{place}/promptsync*.lock.json" if place != "." else "promptsync*.lock.json"
    steps.append(_line(top / ".gitattributes", f"{_pattern(locks)} merge=promptsync"))
    if wanted.pre_commit:
        steps.append(_pre_commit(top / ".pre-commit-config.yaml", words))
    if wanted.github:
        for name in WORKFLOWS:
            path = top / ".github" / "workflows" / f"promptsync-{name}.yml"
            steps.append(_new(path, _starter(f"{name}.yml", words)))
    is_on = repository_config(existing(target.root.absolute()), "merge.promptsync.driver") is not None
    return Prepared(top, tuple(steps), () if is_on else (typed("git", "config", "merge.promptsync.driver", DRIVER),))


def write(prepared: Prepared) -> None:
    """Writes what is to be made or added to. Raises PromptsyncError where a file cannot be."""
    for step in prepared.steps:
        if step.is_open:
            write_atomic(step.path, step.text.encode(), root=prepared.top)


def _place(target: Target) -> tuple[Path, str]:
    """The top of the repository, where there is none the folder around the prompts, and the root's place from there."""
    root = target.root.absolute()
    repository = Repository.of(existing(root))
    top = repository.top if repository is not None else root.parent
    try:
        return top, root.resolve().relative_to(top.resolve()).as_posix()
    except ValueError:
        raise ConfigError(f"{target.root} is outside of {top}", hint="name a folder in the repository") from None


def existing(folder: Path) -> Path:
    """The nearest folder that is there: the root may be to come."""
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def _words(place: str, branch: str) -> dict[str, str]:
    """The words that a starter file has between `@`."""
    inside = f"{place}/**" if place != "." else "**"
    return {
        "BRANCH": _scalar(branch),
        "DIR": _scalar(place),
        "DIR_INPUT": "" if place == "prompts" else f", dir: {_scalar(place)}",
        "PATHS": _scalar(inside, also="*"),
        "PLAIN_BRANCH": branch if _PLAIN.fullmatch(branch) else "main",
        "VERSION": __version__,
    }


def _scalar(text: str, also: str = "") -> str:
    """A text as YAML's flow style takes it: as it is where that is plain, else as JSON has it."""
    return text if _PLAIN.fullmatch("".join(char for char in text if char not in also)) else json.dumps(text)


def _pattern(path: str) -> str:
    """A path as .gitattributes takes it, in quotes where it has blanks. Its `*` mean what they mean there."""
    return json.dumps(path) if re.search(r"\s", path) else path


def _starter(name: str, words: dict[str, str]) -> str:
    text = (files("promptsync.commands.starter") / name).read_text(encoding="utf-8")
    return re.sub(r"@([A-Z_]+)@", lambda found: words[found[1]], text)


def _edited(name: str, url: str, words: dict[str, str]) -> str:
    """A starter file whose first line names the schema that editors complete and check it by."""
    return modeline(url) + _starter(name, words)


def has_prompts(target: Target) -> bool:
    """Whether the root holds any prompt file."""
    try:
        return bool(find_sources(target.root, max_bytes=target.config.max_file_bytes)[0])
    except ConfigError:
        return False


def _new(path: Path, text: str) -> Step:
    return Step(path, "there") if read_bytes(path) is not None else Step(path, "make", text)


def _line(path: Path, line: str) -> Step:
    """A line that a file has to have somewhere."""
    data = read_bytes(path)
    if data is None:
        return Step(path, "make", f"{line}\n")
    text = data.decode("utf-8", "surrogateescape")
    if line in (one.strip() for one in text.splitlines()):
        return Step(path, "there")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return Step(path, "by hand", f"{line}\n")
    return Step(path, "add to", text + ("" if text.endswith("\n") or not text else "\n") + f"{line}\n")


def _pre_commit(path: Path, words: dict[str, str]) -> Step:
    """A list of someone's own is not written into: where an entry goes in it is theirs to say."""
    data = read_bytes(path)
    text = _starter("pre-commit.yaml", words)
    if data is None:
        return Step(path, "make", text)
    if b"promptsync" in data:
        return Step(path, "there")
    return Step(path, "by hand", text.partition("\n")[2])
