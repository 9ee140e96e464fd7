"""The lockfile: which prompt on the service is which file, and what both said when they last agreed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from promptsync.model.canonical import CANONICAL, HASHED_BY, IN_ORDER, Form, remote_hash, source_hash
from promptsync.model.errors import LockfileError
from promptsync.model.prompt import CURRENT, DIALECTS, ID, VERSION, Dialect, Json
from promptsync.model.shell import command, typed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptsync.model.prompt import PromptFile, RemotePrompt

LOCK_VERSION = 1

_ENTRY_KEYS = {"id", "version", "path", "display_name", "dialect", "source", "remote", "added", "protected"}
_LOCK_KEYS = {"lock_version", "canonical", "workspace", "prompts"}


class BrokenLockfileError(LockfileError):
    """A lockfile that is damaged, or holds an open merge: in contrast to one that is newer, it must be mended."""


@dataclass(frozen=True, slots=True)
class LockEntry:
    """One prompt: its id, and what was agreed when it was last written or adopted.

    `path` is the path last sent, prefix included; None if it was never sent, empty if no one knows whether it was.
    `source` is the hash of what the file asked for, `remote` of what the service held after that, both `sha256:…`.
    `added` are the fields of the service's own. `extra` keeps keys that a later version of the format may add.
    """

    id: str
    version: str | None
    path: str | None
    display_name: str
    dialect: Dialect
    source: str
    remote: str
    added: tuple[str, ...] = ()
    protected: bool = False
    extra: Json = field(default_factory=dict)

    def as_json(self) -> Json:
        """The entry as it stands in the file."""
        data: Json = {
            **self.extra,
            "id": self.id,
            "version": self.version,
            "path": self.path,
            "display_name": self.display_name,
            "dialect": self.dialect,
            "source": self.source,
            "remote": self.remote,
            "added": sorted(self.added),
        }
        if self.protected:
            data["protected"] = True
        return data

    def under_other_key(self) -> LockEntry:
        """The entry once its key has changed: a path that was never sent stands for any, but no longer then."""
        return replace(self, path="") if self.path is None else self


@dataclass(frozen=True, slots=True)
class Lockfile:
    """All entries by key. `owner` names the workspace that the ids belong to, None until an answer told it.

    `canonical` is the version of the newest rules that hashes are by; those of `HASHED_BY` may stand side by side.
    """

    prompts: dict[str, LockEntry] = field(default_factory=dict)
    owner: str | None = None
    canonical: int = CANONICAL
    extra: Json = field(default_factory=dict)

    def ids(self) -> frozenset[str]:
        """The ids of all entries."""
        return frozenset(entry.id for entry in self.prompts.values())

    @property
    def is_comparable(self) -> bool:
        """Whether the hashes are by rules that are still known."""
        return self.canonical in HASHED_BY

    def with_prompts(self, prompts: dict[str, LockEntry]) -> Lockfile:
        """The same lockfile with other entries, some of them hashed by today's rules."""
        return replace(self, prompts=prompts, canonical=CANONICAL)

    def with_found(self, prompts: dict[str, LockEntry]) -> Lockfile:
        """Likewise, with entries that were found elsewhere, and the rest as it is: of unknown rules, it stays so."""
        return self.with_prompts(prompts) if self.is_comparable else replace(self, prompts=prompts)


def entry_for(
    file: PromptFile,
    remote: RemotePrompt,
    dialect: Dialect,
    path: str | None,
    added: Iterable[str],
    form: Form = IN_ORDER,
) -> LockEntry:
    """The entry that says: `file` was asked for, and `remote` is what the service holds of it in `dialect`.

    `form` is `WITHOUT_ORDER` for a service whose answer to our write did not keep the order of keys.
    """
    return LockEntry(
        id=remote.id,
        version=remote.version(dialect),
        path=path,
        display_name=remote.display_name,
        dialect=dialect,
        source=source_hash(file.prompt),
        remote=remote_hash(remote, dialect, file.prompt, form),
        added=tuple(sorted(set(added))),
        protected=file.protected,
    )


def entry_without_file(remote: RemotePrompt, path: str | None, source: str, *, protected: bool) -> LockEntry:
    """The entry of a prompt that was made for a file which is gone: `source` is the hash of what was asked for."""
    dialect = remote.dialect(CURRENT)
    return LockEntry(
        id=remote.id,
        version=remote.version(dialect),
        path=path,
        display_name=remote.display_name,
        dialect=dialect,
        source=source,
        remote=remote_hash(remote, dialect),
        protected=protected,
    )


def dump(lock: Lockfile) -> bytes:
    """The file's bytes: sorted JSON, two spaces, one final newline, no times.

    Half of a surrogate pair, which the service may answer in a name, is written as the escape that it came as.
    """
    data = {
        **lock.extra,
        "lock_version": LOCK_VERSION,
        "canonical": lock.canonical,
        "workspace": {"owner": lock.owner},
        "prompts": {key: entry.as_json() for key, entry in lock.prompts.items()},
    }
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def parse(data: bytes, name: str) -> Lockfile:
    """The lockfile in `data`; `name` is the path to show in messages.

    Raises LockfileError for whatever is not a whole lockfile of this version, BrokenLockfileError for what is of none:
    nothing is guessed or repaired.
    """
    document = _document(data, name)
    prompts = document.get("prompts")
    if not isinstance(prompts, dict):
        raise _broken(name, "`prompts` is no object")
    workspace = document.get("workspace", {})
    owner = workspace.get("owner") if isinstance(workspace, dict) else 0
    if owner is not None and not isinstance(owner, str):
        raise _broken(name, "`workspace.owner` is no text")
    entries = {key: parse_entry(value, f"`prompts.{key}`", name) for key, value in prompts.items()}
    _refuse_shared_ids(entries, name)
    extra = {key: value for key, value in document.items() if key not in _LOCK_KEYS}
    return Lockfile(entries, owner, document["canonical"], extra)


def parse_entry(value: Any, where: str, name: str) -> LockEntry:
    """The entry in `value`. Raises LockfileError, saying `where` in the file `name` something is wrong."""
    problem = _problem(value)
    if problem is not None:
        raise _broken(name, f"{where} {problem}")
    return LockEntry(
        value["id"],
        value.get("version"),
        value.get("path"),
        value["display_name"],
        value["dialect"],
        value["source"],
        value["remote"],
        tuple(value.get("added", ())),
        value.get("protected", False),
        {} if value.keys() <= _ENTRY_KEYS else {key: value[key] for key in value.keys() - _ENTRY_KEYS},
    )


def _problem(value: Any) -> str | None:
    """What is wrong with an entry, as the end of a sentence."""
    if not isinstance(value, dict):
        return "is no object"
    for name in ("id", "display_name", "source", "remote"):
        text = value.get(name)
        if not isinstance(text, str) or not (text or name == "display_name"):
            return f"has no text as its `{name}`"
    for name in ("version", "path"):
        text = value.get(name)
        if not (text is None or isinstance(text, str)):
            return f"has no text as its `{name}`"
    if not ID.fullmatch(value["id"]):
        return "has an `id` that can be none of the service: only letters, digits, - and _, at most 128"
    if value.get("version") is not None and not VERSION.fullmatch(value["version"]):
        return "has a `version` that can be none of the service: only visible ASCII, at most 128 characters"
    added = value.get("added", [])
    if not isinstance(added, list) or (added and not all(isinstance(item, str) for item in added)):
        return "has no list of fields as its `added`"
    if value.get("dialect") not in DIALECTS:
        return "has no known `dialect`"
    if not isinstance(value.get("protected", False), bool):
        return "has neither true nor false as its `protected`"
    return None


def _document(data: bytes, name: str) -> Json:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _broken(name, "it is not UTF-8 text") from None
    marked = "<<<<<<< " in text or ">>>>>>> " in text
    if marked and any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in text.split("\n")):
        raise BrokenLockfileError(
            f"{name} holds the conflict markers of a git merge",
            hint=f"mend it with {command('lock merge', name)}",
        )
    try:
        document = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _broken(name, f"line {error.lineno}, column {error.colno} is no JSON") from None
    except RecursionError:
        raise _broken(name, "it is nested too deeply") from None
    except _NotPlainJsonError as error:
        raise _broken(name, str(error)) from None
    except ValueError:
        # Python's limit on the digits of an integer.
        raise _broken(name, "it holds a number that is too long") from None
    if not isinstance(document, dict):
        raise _broken(name, "it holds no object")
    _check_versions(document, name)
    return document


def _check_versions(document: Json, name: str) -> None:
    for field_name, known in (("lock_version", LOCK_VERSION), ("canonical", CANONICAL)):
        version = document.get(field_name)
        if not isinstance(version, int) or isinstance(version, bool) or version < 0:
            raise _broken(name, f"it has no number as its `{field_name}`")
        if version > known:
            raise LockfileError(
                f"{name} was written by a newer promptsync (`{field_name}` is {version}, known is {known})",
                hint="upgrade promptsync",
            )
    if document["lock_version"] != LOCK_VERSION:
        raise _broken(name, f"its `lock_version` is {document['lock_version']}")


def _refuse_shared_ids(entries: dict[str, LockEntry], name: str) -> None:
    keys: dict[str, str] = {}
    for key, entry in entries.items():
        first = keys.setdefault(entry.id, key)
        if first != key:
            raise _broken(name, f"`{first}` and `{key}` have the same id {entry.id}")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    result = dict(pairs)
    if len(result) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise _NotPlainJsonError(f"the key `{twice}` stands twice in one object")
    return result


def _no_constant(constant: str) -> float:
    raise _NotPlainJsonError(f"{constant} is no JSON")


class _NotPlainJsonError(ValueError):
    pass


def _broken(name: str, what: str) -> BrokenLockfileError:
    return BrokenLockfileError(
        f"{name} cannot be used: {what}",
        hint=f"restore it from git, for example with {typed('git', 'checkout', 'HEAD', '--', name)}",
    )
