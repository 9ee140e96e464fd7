"""A prompt as it is with its defaults and overrides: each value behind the place where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.output.cells import pad
from promptsync.output.cells import width as cells
from promptsync.output.escape import terminal
from promptsync.output.excerpt import one_line
from promptsync.output.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptsync.files.layers import Stated
    from promptsync.output.layout import Layout

_WIDEST = 48
_MARGIN = "    "


def render_resolved(values: Sequence[Stated], layout: Layout) -> str:
    """`file:line  field: value` for each, a text of several lines below its field; without a final newline."""
    places = [terminal(f"{value.file}:{value.line}" if value.line else value.file) for value in values]
    column = min(max(map(cells, places), default=0), _WIDEST)
    return "\n".join(
        line for place, value in zip(places, values, strict=True) for line in _value(pad(place, column), value, layout)
    )


def _value(place: str, stated: Stated, layout: Layout) -> Iterator[str]:
    head = f"{layout.style('dim', place)}  {layout.style('bold', terminal(stated.field) + ':')}"
    value = mask(stated.value)
    if not isinstance(value, str) or "\n" not in value:
        yield f"{head} {one_line(value)}"
        return
    yield f"{head} |"
    for line in value.split("\n"):
        yield f"{_MARGIN}{terminal(line, tabs=True)}".rstrip()
