"""What stands in other files than a prompt's own: `_defaults.yaml` of its folders, and what a target overrides.

Pure: what is read is handed in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from promptsync.files.complaints import A_KEY, REVOKE, read_document, shape_problem, without_keys
from promptsync.files.keys import CONFIG_NAMES
from promptsync.files.yaml.edits import field_of
from promptsync.model.globs import matches
from promptsync.model.layers import MISSING, Loc, for_file, leaves, merged, resolved, value_at
from promptsync.model.prompt import Json, Origin, Problem
from promptsync.model.secrets import holds_key, texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from promptsync.files.loader import Source
    from promptsync.files.yaml.reader import Document
    from promptsync.model.prompt import OriginKind
    from promptsync.model.schema import ShapeProblem

DEFAULTS_NAME = "_defaults.yaml"


@dataclass(frozen=True, slots=True)
class Layer:
    """Values for many prompts: `data`, which stands at `loc` of a document.

    `file` is the path to show in messages, `place` the same under the root. `digest` is the hash of all that is told.
    """

    file: str
    place: str
    data: Json
    document: Document = field(repr=False, compare=False)
    digest: str
    loc: Loc = ()

    @property
    def is_override(self) -> bool:
        """Whether it lies over the files, as a part of the configuration, and not under them."""
        return bool(self.loc)


class Override(NamedTuple):
    """What a target says of the prompts whose keys match the glob, whatever their files say."""

    match: str
    layer: Layer


class Layers:
    """The layers of every file: `defaults` by folder (a place under the root; the root is empty), and `overrides`."""

    def __init__(self, defaults: Mapping[str, Layer], overrides: Sequence[Override] = ()) -> None:
        self._defaults = defaults
        self._overrides = overrides

    @property
    def keys(self) -> set[str]:
        """The places of the defaults' files without the ending."""
        return {layer.place.removesuffix(".yaml") for layer in self._defaults.values()}

    def of(self, key: str) -> tuple[Layer, ...]:
        """Those of the prompt `key`, as `Source.layers` holds them."""
        if not (self._defaults or self._overrides):
            return ()
        return (*self._of_folders(key), *(one.layer for one in self._overrides if matches(key, (one.match,))))

    def far(self, key: str, own: Json) -> Json:
        """What the defaults say together for the file of `key`, nulls included, whose own data is `own`."""
        said: Json = {}
        for layer in self._of_folders(key):
            said = merged(said, for_file(layer.data, own))
        return said

    def _of_folders(self, key: str) -> Iterator[Layer]:
        parts = key.split("/")[:-1] if self._defaults else ()
        places = ("/".join(parts[:depth]) for depth in range(len(parts) + 1))
        return (self._defaults[place] for place in places if place in self._defaults)


class Stack:
    """One prompt file with what lies under and over it. `data` is what they say together."""

    def __init__(self, file: str, document: Document, layers: Sequence[Layer]) -> None:
        self._own = Layer(file, "", document.data, document, "")
        self._layers = layers if isinstance(document.data, dict) else ()
        self._order = [self._own]
        self.data: Any = document.data
        if self._layers:
            under = [layer for layer in layers if not layer.is_override]
            self._order = [*under, self._own, *(layer for layer in layers if layer.is_override)]
            self.data = resolved([layer.data for layer in self._order], document.data)

    def home(self, loc: Loc) -> Layer:
        """The layer that gives the value at `loc`, or of what is nearest around it; of a mapping the file itself."""
        for length in range(len(loc), 0, -1):
            giving = [layer for layer in self._order if value_at(layer.data, loc[:length]) is not MISSING]
            if giving:
                is_own = any(layer is self._own for layer in giving) and isinstance(
                    value_at(self.data, loc[:length]), dict
                )
                return self._own if is_own else giving[-1]
        return self._own

    def problem(self, shape: ShapeProblem) -> Problem:
        """A complaint at the place where the value stands."""
        layer = self.home(shape.loc)
        return shape_problem(layer.file, layer.document, shape, layer.loc)

    def place(self, loc: Loc) -> tuple[str, int]:
        """The file, as messages show it, and the line in which the value at `loc` stands."""
        layer = self.home(loc)
        return layer.file, layer.document.place((*layer.loc, *loc))[0]

    def origins(self) -> Iterator[Origin]:
        """Each value that does not stand in the file itself."""
        for layer in self._layers:
            for loc in leaves(for_file(layer.data, self._own.data)):
                if value_at(self.data, loc) is not MISSING and self.home(loc) is layer:
                    kind: OriginKind = "override" if layer.is_override else "default"
                    yield Origin(field_of(loc), layer.place, self.place(loc)[1], kind)


class Stated(NamedTuple):
    """A value of a prompt, the file that says it, as messages show it, and the line; 0 is the file as a whole."""

    field: str
    value: Any
    file: str
    line: int


def every_value(value: Any, loc: Loc = ()) -> Iterator[tuple[Loc, Any]]:
    """Each value with its place, down to texts, numbers, lists of these, and what is empty."""
    parts: Any = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        parts = enumerate(value)
    if not parts:
        yield loc, value
    for step, inner in parts:
        yield from every_value(inner, (*loc, step))


def layer_of(file: str, data: Json, document: Document, loc: Loc) -> Layer:
    """What stands at `loc` of the configuration `file` as a layer over prompt files."""
    digest = hashlib.sha256(f"{file}\0{loc}\0{document.text}".encode()).hexdigest()
    return Layer(file, CONFIG_NAMES[0], data, document, digest, loc)


def keys_in(overrides: Sequence[Override], api_keys: Collection[str]) -> list[Problem]:
    """Where API keys stand in what a target overrides."""
    return [
        Problem(one.layer.file, *one.layer.document.place((*one.layer.loc, *loc)), A_KEY, REVOKE)
        for one in overrides
        for loc, text in texts(one.layer.data)
        if holds_key(text, api_keys)
    ]


def read_defaults(
    sources: Collection[Source], allow_fields: Collection[str], api_keys: Collection[str]
) -> tuple[dict[str, Layer], list[Problem]]:
    """The defaults by folder, from the sources of `_defaults.yaml` files, and what is wrong with them."""
    found: dict[str, Layer] = {}
    problems: list[Problem] = []
    for source in sources:
        layer, wrong = _read(source, allow_fields, api_keys)
        problems += without_keys(wrong, api_keys)
        if layer is not None:
            found[source.key.rpartition("/")[0]] = layer
    return found, problems


def _read(
    source: Source, allow_fields: Collection[str], api_keys: Collection[str]
) -> tuple[Layer | None, list[Problem]]:
    from promptsync.model.schema import check_shared

    document, problems = read_document(source.file, source.data, api_keys)
    if document is None:
        return None, problems
    data = {} if document.data is None else document.data
    problems += [shape_problem(source.file, document, shape) for shape in check_shared(data, allow_fields=allow_fields)]
    folder = source.key.rpartition("/")[0]
    place = f"{folder}/{DEFAULTS_NAME}" if folder else DEFAULTS_NAME
    digest = hashlib.sha256(source.file.encode() + b"\0" + source.data).hexdigest()
    return (Layer(source.file, place, data, document, digest) if isinstance(data, dict) else None), problems
