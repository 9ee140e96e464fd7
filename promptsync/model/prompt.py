"""The nouns: a prompt, the file that asks for it, and what the service holds of it.

The blocks stay plain JSON data, exactly as written or answered: what this tool does not know must survive it.
The shapes that the fields may take stand in `schema.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

Json: TypeAlias = dict[str, Any]
Dialect: TypeAlias = Literal["prompt", "prompt_config"]

CURRENT: Dialect = "prompt"
CLASSIC: Dialect = "prompt_config"
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

MAX_DISPLAY_NAME = 128
"""Characters; the `maxLength` of `display_name` in the service's OpenAPI document."""

OriginKind: TypeAlias = Literal["default", "override", "text"]
Level: TypeAlias = Literal["error", "warning", "off"]
"""How much a rule counts."""
CUT_TEXT = "cut-text"
"""The rule by which a text is told that ` #` may have cut."""

MAX_FILES = 100
"""Files that one text may be joined from: a list of names is short, and what it names can be long."""

ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
"""What can be the id of a prompt: nothing that means something in a URL, a shell or a terminal."""
VERSION = re.compile(r"[!-~]{0,128}")
"""What can be the id of a version: visible ASCII."""


def other_dialect(dialect: Dialect) -> Dialect:
    """The dialect that `dialect` is not."""
    return CLASSIC if dialect == CURRENT else CURRENT


@dataclass(frozen=True, slots=True)
class Problem:
    """A complaint about one place in one file.

    `line` and `column` count from 1; 0 stands for the file as a whole. `snippet` is the line complained about,
    without its end. `hint` is what to write instead. `rule` names the rule of `lint` that found it, if one did.
    """

    file: str
    line: int
    column: int
    message: str
    hint: str | None = None
    snippet: str | None = None
    severity: Literal["error", "warning"] = "error"
    rule: str | None = None

    @property
    def place(self) -> str:
        """`file:line:column`, or the file alone."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Prompt:
    """What can be compared of a prompt: what a file asks for, or what the service holds in one dialect.

    `block` is the content of `prompt` or `prompt_config`. `extra` holds further top-level fields that the
    configuration lets through (`allow_fields`), unchanged. `hashes` keeps what was computed of all that, by the name of
    the form; see `canonical.source_hash`.
    """

    display_name: str
    description: str | None
    metadata: Json
    dialect: Dialect
    block: Json
    extra: Json = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)


class Origin(NamedTuple):
    """A field of a prompt that another file than its own gives: its path, that file's place under the root, the line.

    The line counts from 1. An override wins over the file, a default is there where the file says nothing, and a text
    is one that the file names and others name, too.
    """

    field: str
    place: str
    line: int
    kind: OriginKind = "default"


class Included(NamedTuple):
    """What an included file gives of a text: the text's field, the file's place under the root, from where to where.

    `start` and `end` are counted in characters.
    """

    field: str
    place: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PromptFile:
    """One prompt file, read and found valid.

    `key` is the file's place under the root without its ending (NFC, `/`). `file` is the path to show in messages.
    `named` tells whether the file gives a `display_name` of its own rather than by its stem. `includes` lists the
    `content_file` paths that were read, as the file names them. `origins` tells of each value that defaults of a folder
    or an override of the target give, `parts` of the texts that stand in included files. `variables` are those that it
    declares, None if it declares none at all.
    """

    key: str
    file: str
    prompt: Prompt
    named: bool = False
    protected: bool = False
    includes: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    parts: tuple[Included, ...] = ()
    variables: tuple[str, ...] | None = None

    @property
    def folder(self) -> str:
        """The folders of the key, without the target's prefix; empty for a file directly under the root."""
        return self.key.rpartition("/")[0]

    @property
    def stem(self) -> str:
        """The last element of the key."""
        return self.key.rpartition("/")[2]


@dataclass(slots=True)
class RemotePrompt:
    """A prompt as the service answered it.

    `blocks` holds the blocks that were in the answer, each as answered. `raw` is the whole entity. `path` is None
    unless the service tells it, which no declared response does. `hashes` keeps what was computed of the content, by
    dialect; see `canonical.remote_hash`.
    """

    id: str
    display_name: str
    description: str | None
    metadata: Json
    blocks: dict[Dialect, Json]
    owner: str | None = None
    path: str | None = None
    created: str | None = None
    updated: str | None = None
    updated_by_id: str | None = None
    raw: Json = field(default_factory=dict, repr=False)
    hashes: dict[Dialect, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def version(self, dialect: Dialect | None = None) -> str | None:
        """The version id, which stands inside the block. Opaque; None if the answer has none."""
        if dialect is not None and dialect in self.blocks:
            return _version(self.blocks[dialect])
        versions = map(_version, self.blocks.values())
        return next((version for version in versions if version is not None), None)

    def dialect(self, preferred: Dialect) -> Dialect:
        """`preferred` if the answer has that block, else the one it has."""
        if preferred in self.blocks or not self.blocks:
            return preferred
        return next(iter(self.blocks))

    def prompt(self, dialect: Dialect) -> Prompt:
        """The comparable part in `dialect`; the block is without its `version`, and empty if there is none."""
        block = {name: value for name, value in self.blocks.get(dialect, {}).items() if name != "version"}
        return Prompt(self.display_name, self.description, self.metadata, dialect, block)


def _version(block: Json) -> str | None:
    version = block.get("version")
    return version if isinstance(version, str) and VERSION.fullmatch(version) else None
