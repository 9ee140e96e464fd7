"""Edits of a prompt file and of the texts beside it, so that nothing else in them changes: all of them, or none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from promptsync.files.disk import include_reader, read_bytes, write_atomic
from promptsync.files.loader import Source, load_one
from promptsync.files.safe import LINK, real
from promptsync.files.yaml.editor import EditError, edit
from promptsync.files.yaml.edits import apply
from promptsync.files.yaml.reader import read
from promptsync.merge.layers import edits_over
from promptsync.merge.prompts import document
from promptsync.model.canonical import canonical_block
from promptsync.model.compare import SET_BY_SERVICE, differences, drop, expand, is_part, remote_content
from promptsync.model.dialects import translate
from promptsync.model.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promptsync.commands.results import Pulled
    from promptsync.files.layers import Layers
    from promptsync.files.target import Target
    from promptsync.files.yaml.edits import Edit
    from promptsync.model.compare import FieldDiff
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import Prompt, PromptFile, RemotePrompt


def content_for(file: PromptFile, remote: RemotePrompt, entry: LockEntry) -> Prompt:
    """What the service holds, in the file's dialect. Raises DialectError where that cannot be said there."""
    held = remote_content(remote, remote.dialect(entry.dialect), file.prompt)
    if held.dialect != file.prompt.dialect:
        block = canonical_block(held.dialect, held.block)
        for name in {*entry.added, *SET_BY_SERVICE}:
            drop({held.dialect: block}, name)
        held = replace(held, block=block)
    return translate(held, file.prompt.dialect)


def no_place(file: PromptFile, fields: Iterable[str]) -> str:
    """The sentence for what cannot be said in the file."""
    return f"`{file.prompt.dialect}` has no place for {', '.join(fields)}, which the service holds"


@dataclass(frozen=True, slots=True)
class Rewriter:
    """Edits files of a target. `files` are all that it has: an edit of one prompt must not change another.

    `layers` are what they stand in; no edit changes a default, since that would change other prompts.
    Where there is `kept`, what would be written is put there by its path, and the disk stays as it is.
    """

    target: Target
    files: Mapping[str, PromptFile]
    layers: Layers
    kept: dict[Path, bytes] | None = None

    def edit(
        self, file: PromptFile, pulled: Pulled, unlike: Callable[[PromptFile], Iterable[FieldDiff]] = lambda _: ()
    ) -> Pulled:
        """Makes the edits of `pulled` in the file, and in the texts beside it; tells what that changed.

        Where one of them cannot be made, or would leave no valid prompt file, or one that says something else than was
        meant, nothing is written and it says why. `unlike` tells what else a file must not say otherwise.
        """
        if not pulled.edits:
            return pulled
        overridden = _overridden(file, pulled.edits)
        if overridden:
            return replace(pulled, edits=(), problem=overridden)
        path = Path(file.file)
        try:
            raw = _text(path)
            names = _included(raw)
            _refuse_links([path, *(self._beside(file.key, name) for name in names)])
            texts = {name: _text(self._beside(file.key, name)) for name in names}
            edits = self._edits(file, raw, pulled.edits)
            edited = edit(raw, edits, texts=texts, shared=self._shared(file, names))
        except EditError as error:
            return replace(
                pulled, edits=(), problem=f"the file cannot be edited so that nothing else changes: {error.message}"
            )
        try:
            after = self._load(file, edited.text, edited.texts)
        except LoadError as error:
            why = "; ".join(f"{item.message} ({item.hint})" if item.hint else item.message for item in error.problems)
            return replace(pulled, edits=(), problem=f"with the service's side it would be no valid prompt file: {why}")
        wrong = [item.field for item in (*differences(after.prompt, _meant(file.prompt, pulled.edits)), *unlike(after))]
        if wrong:
            why = f"read again, it would not say what the service holds: {', '.join(dict.fromkeys(wrong))}"
            return replace(pulled, edits=(), problem=why)
        for name, text in edited.texts.items():
            self._write(self._beside(file.key, name), text)
        if edited.text != raw:
            self._write(path, edited.text)
        return replace(pulled, fields=tuple(expand(differences(after.prompt, file.prompt))))

    def read_again(self, file: PromptFile) -> PromptFile:
        """The file as it is now, with all edits. Raises LoadError where it is no valid prompt file."""
        kept = self.kept or {}
        raw = kept.get(Path(file.file))
        text = raw.decode() if raw is not None else _text(Path(file.file))
        beside = {name: self._beside(file.key, name) for name in _included(text)}
        return self._load(file, text, {name: kept[path].decode() for name, path in beside.items() if path in kept})

    def _edits(self, file: PromptFile, raw: str, edits: Iterable[Edit]) -> Iterable[Edit]:
        """What the edits of a prompt are in its own file."""
        own = _data(raw)
        far = self.layers.far(file.key, own)
        return edits_over(edits, own, far, apply(document(file.prompt), edits)) if far else edits

    def _write(self, path: Path, text: str) -> None:
        if self.kept is None:
            write_atomic(path, text.encode(), root=self.target.root)
        else:
            self.kept[path] = text.encode()

    def _load(self, file: PromptFile, text: str, texts: Mapping[str, str]) -> PromptFile:
        """The file with that text, and those texts beside it."""
        reader = include_reader(self.target.root, max_bytes=self.target.config.max_file_bytes)

        def include(file: str, name: str) -> str:
            if name not in texts:
                return reader(file, name)
            return texts[name].removeprefix("\ufeff").replace("\r\n", "\n").removesuffix("\n")

        source = Source(file.key, file.file, text.encode(), self.layers.of(file.key))
        loaded, problems = load_one(
            source, include, allow_fields=self.target.config.allow_fields, api_keys=self.target.api_keys
        )
        if loaded is None:
            raise LoadError(problems)
        return loaded

    def _beside(self, key: str, name: str) -> Path:
        return self.target.root.joinpath(_place(key, name))

    def _shared(self, file: PromptFile, names: Iterable[str]) -> set[str]:
        """Those of `names` that other prompts include, too."""
        others = {
            _place(other.key, name) for other in self.files.values() if other.key != file.key for name in other.includes
        }
        return {name for name in names if _place(file.key, name) in others}


def _overridden(file: PromptFile, edits: Iterable[Edit]) -> str | None:
    """Why the file has no say in one of the edits: an override of the target is over it."""
    fields = [edit.field for edit in edits]
    for origin in file.origins:
        is_meant = any(is_part(field, origin.field) or is_part(origin.field, field) for field in fields)
        if origin.kind == "override" and is_meant:
            return (
                f"`{origin.field}` is an override from {origin.place}:{origin.line}, which the file has no say in: "
                "change or remove it there"
            )
    return None


def _meant(prompt: Prompt, edits: Iterable[Edit]) -> Prompt:
    """What the file says with the edits made."""
    said = apply(document(prompt), edits)
    return replace(
        prompt,
        display_name=said.pop("display_name"),
        description=said.pop("description", None),
        metadata=said.pop("metadata", {}),
        block=said.pop(prompt.dialect),
        extra=said,
    )


def _text(path: Path) -> str:
    """The text of a file that was loaded, and so may be a link within the root."""
    return (read_bytes(real(path)) or b"").decode("utf-8")


def _refuse_links(paths: Iterable[Path]) -> None:
    """Raises EditError where one is a link: written through, it would change another file; replaced, be one no more."""
    for path in paths:
        if path.is_symlink():
            raise EditError(f"{path} {LINK}")


def _place(key: str, name: str) -> PurePosixPath:
    return PurePosixPath(key).parent / name


def _included(raw: str) -> list[str]:
    """The `content_file` names as the file writes them."""
    return sorted(set(_names(_data(raw))))


def _data(raw: str) -> Any:
    return read(raw.removeprefix("\ufeff").replace("\r\n", "\n")).data


def _names(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        named = value.get("content_file")
        yield from (named,) if isinstance(named, str) else named if isinstance(named, list) else ()
        for inner in value.values():
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)
