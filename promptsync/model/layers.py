"""One prompt out of layers: what folders give by default, what its file says, what a target overrides. Nearer wins.

Mappings are merged; a list, a text or a number takes the place of what is farther; null takes it away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptsync.model.canonical import canonical_json
from promptsync.model.prompt import DIALECTS, Json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Loc = tuple[str | int, ...]

MISSING: Any = object()


class Whole(dict[str, Any]):
    """A mapping that replaces what is farther, since it was merged into something that is none."""


def merged(far: Any, near: Any) -> Any:
    """`near` over `far`; neither is changed. Associative and idempotent, whatever the two are.

    A null stays in it, so that it takes away what a farther layer says, too.
    """
    if not isinstance(near, dict) or isinstance(near, Whole):
        return near
    if not isinstance(far, dict):
        return Whole(near)
    joined = {**far, **{name: merged(far[name], value) if name in far else value for name, value in near.items()}}
    return Whole(joined) if isinstance(far, Whole) else joined


def resolved(layers: Sequence[Json], own: Json) -> Json:
    """The document that `layers`, the farthest first and `own` among them, make together.

    A block of a dialect that `own` does not have applies to other files. A null that takes something away is gone; one
    that is only the file's own word stays.
    """
    fitting = [for_file(layer, own) for layer in layers]
    found: Json = {}
    for layer in fitting:
        found = merged(found, layer)
    return _without_taken(found, own, fitting, keep=DIALECTS)


def for_file(layer: Json, own: Json) -> Json:
    """`layer` without the blocks of a dialect that the file `own` is not written in."""
    return {name: value for name, value in layer.items() if name not in DIALECTS or name in own}


def own_part(far: Json, wanted: Json) -> Json:
    """What a file has to say so that it says `wanted` over `far`, and nothing twice."""
    own: Json = {}
    for name, value in wanted.items():
        if name not in far:
            own[name] = value
        elif isinstance(value, dict) and isinstance(far[name], dict):
            inner = own_part(far[name], value)
            if inner or name in DIALECTS:
                own[name] = inner
        elif not same(value, far[name]):
            own[name] = value
    taken = {name: None for name, value in far.items() if value is not None and wanted.get(name) is None}
    return {**own, **taken}


def value_at(data: Any, loc: Loc) -> Any:
    """The value at `loc`, keys and indexes; MISSING where there is none."""
    for step in loc:
        fits = isinstance(data, dict) if isinstance(step, str) else isinstance(data, list)
        if not fits or not (step in data if isinstance(step, str) else step < len(data)):
            return MISSING
        data = data[step]
    return data


def leaves(data: Json, loc: Loc = ()) -> Iterator[Loc]:
    """Where the values stand that are taken or replaced as a whole: all but mappings with something in them."""
    for name, value in data.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*loc, name))
        else:
            yield (*loc, name)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same data, with 1, 1.0 and true kept apart and the order of keys left out."""
    return canonical_json(one) == canonical_json(other)


def _without_taken(found: Json, said: Any, layers: Sequence[Any], keep: Sequence[str] = ()) -> Json:
    kept: Json = {}
    own = said if isinstance(said, dict) else {}
    for name, value in found.items():
        at = [layer[name] for layer in layers if isinstance(layer, dict) and name in layer]
        if isinstance(value, dict):
            kept[name] = _without_taken(value, own.get(name), at)
        elif value is not None or name in keep or (name in own and all(one is None for one in at)):
            kept[name] = value
    return kept
