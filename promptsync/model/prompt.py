"""The nouns: a prompt, the file that asks for it, and what the service holds of it.

The blocks stay plain JSON data, exactly as written or answered: what this tool does not know must survive it.
The shapes that the fields may take stand in `shapes.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Callable

Json: TypeAlias = dict[str, Any]
Dialect: TypeAlias = Literal["prompt", "prompt_config"]

CURRENT: Dialect = "prompt"
CLASSIC: Dialect = "prompt_config"
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

MAX_DISPLAY_NAME = 128
"""Characters; the `maxLength` of `display_name` in the service's OpenAPI document."""


def other_dialect(dialect: Dialect) -> Dialect:
    """The dialect that `dialect` is not."""
    return CLASSIC if dialect == CURRENT else CURRENT


@dataclass(frozen=True, slots=True)
class Problem:
    """A complaint about one place in one file.

    `line` and `column` count from 1; 0 stands for the file as a whole. `snippet` is the line complained about,
    without its end. `hint` is what to write instead.
    """

    file: str
    line: int
    column: int
    message: str
    hint: str | None = None
    snippet: str | None = None
    severity: Literal["error", "warning"] = "error"

    @property
    def place(self) -> str:
        """`file:line:column`, or the file alone."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Prompt:
    """What can be compared of a prompt: what a file asks for, or what the service holds in one dialect.

    `block` is the content of `prompt` or `prompt_config`. `extra` holds further top-level fields that the
    configuration lets through (`allow_fields`), unchanged.
    """

    display_name: str
    description: str | None
    metadata: Json
    dialect: Dialect
    block: Json
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PromptFile:
    """One prompt file, read and found valid.

    `key` is the file's place under the root without its ending (NFC, `/`). `file` is the path to show in messages.
    `named` tells whether the file gives a `display_name` of its own rather than by its stem. `includes` lists the
    `content_file` paths that were read, as the file names them. `hashed` is the hash of what the file asks for, where
    it is known from an earlier run.
    """

    key: str
    file: str
    prompt: Prompt
    named: bool = False
    protected: bool = False
    includes: tuple[str, ...] = ()
    hashed: str | None = field(default=None, compare=False, repr=False)

    @property
    def has_extra(self) -> bool:
        """Whether the file asks for further top-level fields."""
        return bool(self.prompt.extra)

    @property
    def folder(self) -> str:
        """The folders of the key, without the target's prefix; empty for a file directly under the root."""
        return self.key.rpartition("/")[0]

    @property
    def stem(self) -> str:
        """The last element of the key."""
        return self.key.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered of a prompt besides its id, name and owner; see RemotePrompt."""

    description: str | None
    metadata: Json
    blocks: dict[Dialect, Json]
    path: str | None = None
    created: str | None = None
    updated: str | None = None
    updated_by_id: str | None = None
    raw: Json = field(default_factory=dict, repr=False)


class RemotePrompt:
    """A prompt as the service answered it.

    `blocks` holds the blocks that were in the answer, each as answered, and `versions` the version id of each. `raw` is
    the whole entity. `path` is None unless the service tells it, which no declared response does. `hashes` keeps what
    was computed of the content, by dialect.

    Most prompts are as they were, which their hash tells. So where the answer can be decoded again, it is not kept:
    `decode` gives it when it is asked for, and `let_go` forgets it.
    """

    __slots__ = ("_answer", "_decode", "display_name", "hashes", "id", "owner", "versions")

    def __init__(
        self,
        id: str,
        display_name: str,
        description: str | None,
        metadata: Json,
        blocks: dict[Dialect, Json],
        owner: str | None = None,
        path: str | None = None,
        created: str | None = None,
        updated: str | None = None,
        updated_by_id: str | None = None,
        raw: Json | None = None,
        decode: Callable[[], Answer] | None = None,
    ) -> None:
        self.id = id
        self.display_name = display_name
        self.owner = owner
        self.versions: dict[Dialect, str | None] = {name: _version(block) for name, block in blocks.items()}
        self.hashes: dict[Dialect, str] = {}
        answer = Answer(description, metadata, blocks, path, created, updated, updated_by_id, raw or {})
        self._answer: Answer | None = answer
        self._decode = decode or (lambda: answer)

    @classmethod
    def remembered(
        cls,
        id: str,
        display_name: str,
        owner: str | None,
        versions: dict[Dialect, str | None],
        hashes: dict[Dialect, str],
        decode: Callable[[], Answer],
    ) -> RemotePrompt:
        """A prompt of which all but this is decoded when it is asked for."""
        prompt = cls.__new__(cls)
        prompt.id, prompt.display_name, prompt.owner = id, display_name, owner
        prompt.versions, prompt.hashes = versions, hashes
        prompt._answer, prompt._decode = None, decode
        return prompt

    def let_go(self) -> None:
        """Forgets what can be decoded again."""
        self._answer = None

    @property
    def answer(self) -> Answer:
        """What the service answered."""
        answer = self._answer
        if answer is None:
            answer = self._answer = self._decode()
        return answer

    @property
    def description(self) -> str | None:
        return self.answer.description

    @property
    def metadata(self) -> Json:
        return self.answer.metadata

    @property
    def blocks(self) -> dict[Dialect, Json]:
        return self.answer.blocks

    @property
    def path(self) -> str | None:
        return self.answer.path

    @property
    def created(self) -> str | None:
        return self.answer.created

    @property
    def updated(self) -> str | None:
        return self.answer.updated

    @property
    def updated_by_id(self) -> str | None:
        return self.answer.updated_by_id

    @property
    def raw(self) -> Json:
        return self.answer.raw

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RemotePrompt):
            return NotImplemented
        mine, theirs = ((one.id, one.display_name, one.owner, one.answer) for one in (self, other))
        return mine == theirs

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RemotePrompt({self.id!r}, {self.display_name!r}, {self.answer!r})"

    def version(self, dialect: Dialect | None = None) -> str | None:
        """The version id, which stands inside the block. Opaque; None if the answer has none."""
        if dialect is not None and dialect in self.versions:
            return self.versions[dialect]
        return next((version for version in self.versions.values() if version is not None), None)

    def dialect(self, preferred: Dialect) -> Dialect:
        """`preferred` if the answer has that block, else the one it has."""
        if preferred in self.versions or not self.versions:
            return preferred
        return next(iter(self.versions))

    def prompt(self, dialect: Dialect) -> Prompt:
        """The comparable part in `dialect`; the block is without its `version`, and empty if there is none."""
        block = {name: value for name, value in self.blocks.get(dialect, {}).items() if name != "version"}
        return Prompt(self.display_name, self.description, self.metadata, dialect, block)


def _version(block: Json) -> str | None:
    version = block.get("version")
    return version if isinstance(version, str) else None
