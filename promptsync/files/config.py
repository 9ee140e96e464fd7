"""`promptsync.yaml` and the environment: which service, under which path, by which rules.

A pull request can edit the file, so nothing in it can send a key to a new place.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlsplit

from promptsync.files.complaints import shape_problem, without_keys
from promptsync.files.layers import Override, layer_of
from promptsync.files.preview import PreviewSettings
from promptsync.files.yaml.edits import field_of
from promptsync.model.errors import ConfigError, LoadError
from promptsync.model.globs import is_held
from promptsync.model.prompt import Json, Level, Problem
from promptsync.model.secrets import SHORTEST, holds_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptsync.files.layers import Layer
    from promptsync.files.yaml.reader import Document

DEFAULT_TARGET = "default"
SANDBOX_TARGET = "sandbox"
_BUILT_IN = {DEFAULT_TARGET, SANDBOX_TARGET}
DEFAULT_BASE_URL = "https://api.orq.ai"
DEFAULT_KEY_NAME = "ORQ_API_KEY"
BASE_URL_NAME = "ORQ_BASE_URL"
DEFAULT_MAX_FILE_BYTES = 1 << 20

_URL_IN_A_FILE = re.compile(
    r"(https://([a-z0-9-]+\.)*orq\.ai|https?://(localhost|127\.0\.0\.1|\[::1\]))(:[0-9]{1,5})?/?",
    re.IGNORECASE | re.ASCII,
)
"""Host and port, and nothing that two readers of a URL could take for two hosts."""
_TARGET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
"""What every git and every host takes for a branch, and no command line for an option."""
_OF_PEOPLE = {"head", "main", "master"}
_KEY_NAME = re.compile(r"ORQ_[A-Z0-9_]+")
_CONTENT_FILES = re.compile(r"over ([1-9][0-9]{0,5}) lines?")
_TOP = {"targets", "policies", "allow_fields", "lock", "max_file_bytes", "content_files", "lint", "preview"}
_LOCK = {"branch"}
_PREVIEW = {"path_prefix", "target", "api_key_env"}
_TARGET = {"base_url", "api_key_env", "path_prefix", "exclusive", "only", "except", "overrides"}
_OVERRIDE = {"match", "set"}
_POLICIES = {"overwrite", "create_twins"}
_LINT = {"rules", "exceptions"}
_LEVELS = get_args(Level)


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """A place to apply to. `api_key_env` is None where no key is needed, `base_url` where the service is embedded.

    `preview` is the name of the preview that is made there, empty for a target of its own. `only` and `excepted` are
    globs over keys that say what it holds; `overrides` win over the files, later ones over earlier ones.
    """

    name: str
    base_url: str | None = DEFAULT_BASE_URL
    api_key_env: str | None = DEFAULT_KEY_NAME
    path_prefix: str = ""
    exclusive: bool = False
    preview: str = ""
    only: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()

    @property
    def is_embedded(self) -> bool:
        """Whether the service runs in this process."""
        return self.base_url is None

    def holds(self, key: str) -> bool:
        """Whether the file of a key is one of this target's."""
        return is_held(key, self.only, self.excepted)


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of a root. `overwrite` are globs over keys.

    `lock_branch` is the branch that the lockfiles live on; None where they lie in the tree.
    `levels` are those of rules by name, `exceptions` the rules that do not count, by a glob over keys. `max_lines` is
    how many lines a text may have before it gets a file of its own; None for any number.
    """

    targets: dict[str, TargetSettings] = field(default_factory=dict)
    overwrite: tuple[str, ...] = ()
    create_twins: bool = False
    allow_fields: tuple[str, ...] = ()
    max_file_bytes: int = DEFAULT_MAX_FILE_BYTES
    lock_branch: str | None = None
    preview: PreviewSettings = field(default_factory=PreviewSettings)
    max_lines: int | None = None
    levels: dict[str, Level] = field(default_factory=dict)
    exceptions: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def api_keys(self, environ: Mapping[str, str]) -> frozenset[str]:
        """The keys of all targets that `environ` holds; what is too short for one is left out."""
        names = {DEFAULT_KEY_NAME, *(target.api_key_env or "" for target in self.targets.values())}
        names.add(self.preview.api_key_env or "")
        keys = {environ.get(name, "").strip() for name in names}
        return frozenset(key for key in keys if len(key) >= SHORTEST)

    def target(self, name: str) -> TargetSettings:
        """The target of that name. Raises ConfigError where there is none."""
        if name in self.targets:
            return self.targets[name]
        if name == DEFAULT_TARGET:
            return TargetSettings(DEFAULT_TARGET)
        if name == SANDBOX_TARGET:
            return TargetSettings(SANDBOX_TARGET, base_url=None, api_key_env=None)
        known = sorted({*self.targets, DEFAULT_TARGET, SANDBOX_TARGET})
        near = difflib.get_close_matches(name, known, 1)
        raise ConfigError(
            f"there is no target “{name}”; the targets are {', '.join(known)}",
            hint=f"did you mean --target {near[0]}?" if near else "add it to `targets` in promptsync.yaml",
        )

    def preview_of(self, target: TargetSettings, name: str) -> TargetSettings:
        """The preview `name` of a target: the same prompts, in a place of their own.

        No one can say that the place is ours alone: other previews make prompts of the same names there.
        Raises ConfigError where previews are made on a target that there is not.
        """
        place = self.target(self.preview.target) if self.preview.target else target
        key_name = None if place.is_embedded else self.preview.api_key_env or place.api_key_env
        return replace(
            target,
            name=f"{_of_target(target.name)}preview.{name}",
            base_url=place.base_url,
            api_key_env=key_name,
            path_prefix=f"{self.preview.path_prefix}/{name}",
            exclusive=False,
            preview=name,
        )


def parse_config(data: bytes, file: str) -> Config:
    """The configuration in `data`. Raises LoadError with every complaint and its place."""
    from promptsync.files.yaml.reader import decode, read

    text, complaints = decode(data)
    document = read(text)
    # `off` is false to some YAML readers, and means the same to all where the level of a rule is told.
    off = _places_of_off(document)
    complaints = [*complaints, *(item for item in document.complaints if (item.line, item.column) not in off)]
    if complaints:
        raise LoadError([Problem(file, item.line, item.column, item.message, item.hint) for item in complaints])
    checker = _Checker(file, document)
    config = checker.config(document.data if document.data is not None else {})
    if checker.problems:
        raise LoadError(sorted(checker.problems, key=lambda problem: (problem.line, problem.column)))
    return config


def _places_of_off(document: Document) -> set[tuple[int, int]]:
    lint = document.data.get("lint") if isinstance(document.data, dict) else None
    rules = lint.get("rules") if isinstance(lint, dict) else None
    levels = rules.items() if isinstance(rules, dict) else ()
    return {document.place(("lint", "rules", name)) for name, level in levels if level == "off"}


class _Checker:
    def __init__(self, file: str, document: Document) -> None:
        self._file = file
        self._document = document
        self._allow_fields: tuple[str, ...] = ()
        self.problems: list[Problem] = []

    def config(self, data: Any) -> Config:
        top = self._mapping(data, (), _TOP)
        policies = self._mapping(top.get("policies", {}), ("policies",), _POLICIES)
        lint = self._mapping(top.get("lint", {}), ("lint",), _LINT)
        targets = top.get("targets", {})
        if not isinstance(targets, dict):
            self._complain(("targets",), "`targets` must be a mapping of names to targets")
            targets = {}
        limit = top.get("max_file_bytes", DEFAULT_MAX_FILE_BYTES)
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
            self._complain(("max_file_bytes",), "`max_file_bytes` must be a number of bytes, 1 or more")
        self._allow_fields = self._let_through(top)
        return Config(
            targets={str(name): self._target(str(name), value) for name, value in targets.items()},
            overwrite=self._texts(policies, ("policies", "overwrite")),
            create_twins=self._flag(policies, ("policies", "create_twins")),
            allow_fields=self._allow_fields,
            max_file_bytes=limit if isinstance(limit, int) else DEFAULT_MAX_FILE_BYTES,
            lock_branch=self._lock_branch(top),
            preview=self._preview(top.get("preview", {}), {str(name) for name in targets}),
            max_lines=self._max_lines(top.get("content_files")),
            levels=self._levels(lint),
            exceptions=self._exceptions(lint),
        )

    def _preview(self, value: Any, targets: set[str]) -> PreviewSettings:
        place = ("preview",)
        data = self._mapping(value, place, _PREVIEW)
        target, prefix = data.get("target"), data.get("path_prefix", PreviewSettings().path_prefix)
        if target is not None and (not isinstance(target, str) or target not in {*targets, *_BUILT_IN}):
            self._complain((*place, "target"), "`preview.target` must be the name of a target", "list it in `targets`")
            target = None
        if prefix in ("", "/"):
            self._complain((*place, "path_prefix"), "`path_prefix` must name a folder for previews", "as in `Preview`")
        prefix = self._prefix(prefix, (*place, "path_prefix"))
        return PreviewSettings(prefix, target, self._key_name(data, place))

    def _key_name(self, data: Json, place: tuple[str, ...]) -> str | None:
        name = data.get("api_key_env")
        if name is None or (isinstance(name, str) and _KEY_NAME.fullmatch(name)):
            return name
        self._complain((*place, "api_key_env"), "`api_key_env` must name a variable that begins with ORQ_")
        return None

    def _lock_branch(self, top: Json) -> str | None:
        place = ("lock", "branch")
        if "lock" not in top:
            return None
        data = self._mapping(top["lock"], ("lock",), _LOCK)
        branch = data.get("branch")
        problem = why_no_lock_branch(branch) if data is top["lock"] else None
        if problem is not None:
            self._complain(place, f"`lock.branch` {problem}", "name a branch of its own, as in `promptsync/state`")
        return branch if problem is None else None

    def _target(self, name: str, value: Any) -> TargetSettings:
        place = ("targets", name)
        if not _TARGET_NAME.fullmatch(name):
            self._complain(place, f"“{name}” cannot name a target: use letters, digits, - and _")
        data = self._mapping({} if value is None else value, place, _TARGET)
        base_url, key_name = data.get("base_url"), data.get("api_key_env")
        if name == SANDBOX_TARGET:
            for field_name in ("base_url", "api_key_env"):
                if field_name in data:
                    self._complain((*place, field_name), f"the built-in target `sandbox` has no `{field_name}`")
            base_url = key_name = None
        elif base_url is not None and name == DEFAULT_TARGET:
            self._complain(
                (*place, "base_url"),
                "the target `default` has no `base_url` here, since a pull request can edit this file",
                f"give another host by {BASE_URL_NAME} or --base-url, or list it as a target of another name",
            )
        elif base_url is not None and not _may_be_in_a_file(base_url):
            self._complain(
                (*place, "base_url"),
                "`base_url` may only be https://….orq.ai or loopback here, since a pull request can edit this file",
                f"give another host by {BASE_URL_NAME} or --base-url",
            )
        if key_name is not None:
            key_name = self._key_name(data, place)
        embedded = name == SANDBOX_TARGET
        return TargetSettings(
            name=name,
            base_url=base_url if isinstance(base_url, str) else (None if embedded else DEFAULT_BASE_URL),
            api_key_env=key_name if isinstance(key_name, str) else (None if embedded else DEFAULT_KEY_NAME),
            path_prefix=self._prefix(data.get("path_prefix", ""), (*place, "path_prefix")),
            exclusive=self._flag(data, (*place, "exclusive")),
            only=self._texts(data, (*place, "only")),
            excepted=self._texts(data, (*place, "except")),
            overrides=tuple(self._overrides(data.get("overrides", []), (*place, "overrides"))),
        )

    def _overrides(self, listed: Any, place: tuple[str, ...]) -> Iterator[Override]:
        if not isinstance(listed, list):
            self._complain(place, f"`{'.'.join(place)}` must be a list", "as in `- {match: 'Default/**', set: {…}}`")
            return
        for index, item in enumerate(listed):
            here: tuple[str | int, ...] = (*place, index)
            data = self._mapping(item, here, _OVERRIDE)
            match, said = data.get("match"), data.get("set")
            if not isinstance(match, str) or not match:
                self._complain((*here, "match"), "`match` must be a glob over keys, as in `Default/Support/**`")
            elif not isinstance(said, dict) or not said:
                self._complain((*here, "set"), "`set` must be a mapping as in a prompt file, without messages")
            else:
                yield Override(match, self._layer(said, (*here, "set")))

    def _layer(self, said: Json, place: tuple[str | int, ...]) -> Layer:
        from promptsync.model.schema import check_shared  # It takes a while, and few targets override anything.

        found = (
            shape_problem(self._file, self._document, shape, place)
            for shape in check_shared(said, allow_fields=self._allow_fields)
        )
        # What is only told is told of the prompts that it reaches.
        self.problems += without_keys([problem for problem in found if problem.severity == "error"], ())
        return layer_of(self._file, said, self._document, place)

    def _prefix(self, value: Any, place: tuple[str, ...]) -> str:
        if not isinstance(value, str):
            self._complain(place, "`path_prefix` must be text")
            return ""
        prefix = value.removesuffix("/")
        if prefix and not all(_may_be_a_folder(part) for part in prefix.split("/")):
            self._complain(
                place,
                "`path_prefix` must be a path of folders: no `/` at its beginning, no empty part, `.`, `..`, "
                "backslash or control character",
                "write it as in `Staging/EU`",
            )
        return prefix

    def _levels(self, lint: Json) -> dict[str, Level]:
        levels = self._any_mapping(lint, ("lint", "rules"))
        for name, level in levels.items():
            if level not in _LEVELS:
                self._complain(("lint", "rules", name), f"the level of a rule is one of {', '.join(_LEVELS)}")
        return levels

    def _exceptions(self, lint: Json) -> dict[str, tuple[str, ...]]:
        exceptions = self._any_mapping(lint, ("lint", "exceptions"))
        return {glob: self._texts(exceptions, ("lint", "exceptions", glob)) for glob in exceptions}

    def _any_mapping(self, data: Json, place: tuple[str, ...]) -> Json:
        """A mapping whose keys are the user's."""
        value = data.get(place[-1], {})
        if not isinstance(value, dict):
            self._complain(place, f"`{'.'.join(place)}` must be a mapping")
            return {}
        return value

    def _max_lines(self, value: Any) -> int | None:
        found = _CONTENT_FILES.fullmatch(value) if isinstance(value, str) else None
        if value is not None and found is None:
            self._complain(("content_files",), "`content_files` must tell a number of lines", "write `over 40 lines`")
        return int(found[1]) if found else None

    def _let_through(self, top: Json) -> tuple[str, ...]:
        names = self._texts(top, ("allow_fields",))
        for index, name in enumerate(names):
            # The shapes take a while to import, and few configurations let anything through.
            from promptsync.model.schema import why_reserved

            reserved = why_reserved(name)
            if reserved is not None:
                self._complain(("allow_fields", index), f"`{name}` cannot be let through: {reserved}", "take it out")
        return names

    def _mapping(self, value: Any, place: tuple[str | int, ...], known: set[str]) -> Json:
        if not isinstance(value, dict):
            self._complain(place, f"`{field_of(place) or 'promptsync.yaml'}` must be a mapping")
            return {}
        for name in value.keys() - known:
            near = difflib.get_close_matches(name, known, 1)
            self._complain(
                (*place, name),
                f"unknown key `{name}`; known are {', '.join(sorted(known))}",
                f"did you mean `{near[0]}`?" if near else None,
                key=True,
            )
        return value

    def _texts(self, data: Json, place: tuple[str, ...]) -> tuple[str, ...]:
        value = data.get(place[-1], [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._complain(place, f"`{'.'.join(place)}` must be a list of texts")
            return ()
        return tuple(value)

    def _flag(self, data: Json, place: tuple[str, ...]) -> bool:
        value = data.get(place[-1], False)
        if not isinstance(value, bool):
            self._complain(place, f"`{'.'.join(place)}` must be true or false")
        return value is True

    def _complain(
        self, place: Iterable[str | int], message: str, hint: str | None = None, *, key: bool = False
    ) -> None:
        line, column = self._document.place(tuple(place), key=key)
        snippet: str | None = self._document.text.split("\n")[line - 1]
        if snippet and holds_key(snippet):
            snippet = None
        self.problems.append(Problem(self._file, line, column, message, hint, snippet))


def why_no_lock_branch(name: object) -> str | None:
    """Why lockfiles cannot live on a branch of this name, as the end of a sentence; None where they can."""
    if not isinstance(name, str) or not name:
        return "must be the name of a branch"
    if name.lower() in _OF_PEOPLE:
        return f"cannot be {name}: the branch holds lockfiles and nothing else"
    parts = name.split("/")
    if not _BRANCH.fullmatch(name) or ".." in name or parts[0] == "refs" or len(name) > 200:
        return "must be the plain name of a branch: letters, digits, `.`, `_` and `-`, in parts joined by `/`"
    if any(part.endswith((".", ".lock")) for part in parts):
        return "has a part that ends as git allows of no branch"
    return None


def _of_target(name: str) -> str:
    """What stands before the names of what is a target's, of the default one nothing."""
    return "" if name == DEFAULT_TARGET else f"{name}."


def _may_be_in_a_file(url: Any) -> bool:
    if not isinstance(url, str) or not _URL_IN_A_FILE.fullmatch(url):
        return False
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True


def _may_be_a_folder(name: str) -> bool:
    """Whether a part of a path can be a folder's name on the service, as a folder of prompt files can."""
    if name.strip() in ("", ".", "..") or "\\" in name:
        return False
    return not any(char in "\u2028\u2029" or unicodedata.category(char) in ("Cc", "Cs") for char in name)
