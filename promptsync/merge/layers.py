"""Edits of a prompt as edits of its file, where folders give a part of it by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptsync.files.yaml.edits import Edit, Path
from promptsync.model.layers import MISSING, own_part, same, value_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptsync.model.prompt import Json


def edits_over(edits: Iterable[Edit], own: Json, far: Json, wanted: Json) -> list[Edit]:
    """What to do to the file `own`, so that over the defaults `far` it says `wanted`: the prompt with `edits` made.

    What is as the defaults say leaves the file, what is otherwise stands in it, and what is no more is null there.
    """
    kept: list[Edit] = []
    touched: dict[Path, None] = {}
    for edit in edits:
        place = _fields(edit.path)
        if value_at(far, place) is MISSING:
            kept.append(edit)
        else:
            touched[place] = None
    outer = [place for place in touched if not any(place[:length] in touched for length in range(len(place)))]
    return kept + [
        edit
        for place in outer
        for edit in _over(place, value_at(own, place), value_at(far, place), value_at(wanted, place))
    ]


def _fields(path: Path) -> Path:
    """The path up to the first list: the defaults give a list as a whole."""
    length = next((index for index, step in enumerate(path) if isinstance(step, int)), len(path))
    return path[:length]


def _over(path: Path, own: Any, far: Any, wanted: Any) -> Iterator[Edit]:
    if isinstance(wanted, dict) and isinstance(far, dict) and own is not MISSING and not isinstance(own, dict):
        part = own_part(far, wanted)
        yield Edit(path, "set", part) if part else Edit(path, "remove")
    elif isinstance(wanted, dict) and isinstance(far, dict):
        for name in [*wanted, *(name for name in far if name not in wanted)]:
            sides = (value_at(side, (name,)) for side in (own, far, wanted))
            yield from _over((*path, name), *sides)
    elif wanted in (MISSING, None) and far in (MISSING, None):
        if own not in (MISSING, None):
            yield Edit(path, "remove")
    elif wanted is MISSING or wanted is None:
        if own is not None:
            yield Edit(path, "set", None)
    elif far is not MISSING and same(wanted, far):
        if own is not MISSING:
            yield Edit(path, "remove")
    elif own is MISSING or not same(own, wanted):
        yield Edit(path, "set", wanted)
