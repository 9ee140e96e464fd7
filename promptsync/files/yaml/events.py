"""The one walk over what the YAML parser tells: keys, single values, beginnings and ends, in the order of the text.

Whoever wants something of a text (its data, its mistakes, its places) visits it with this. No constructor runs and no
tag makes an object: the parser's events are all there is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import yaml

if TYPE_CHECKING:
    from yaml.events import AliasEvent, DocumentStartEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML is built with it: ten times as fast."""

_HALF = re.compile(r"\\(?:u|U0000)[dD][89a-fA-F]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")

_SCALAR, _ALIAS, _DOCUMENT = yaml.ScalarEvent, yaml.AliasEvent, yaml.DocumentStartEvent
_MAPPING, _SEQUENCE = yaml.MappingStartEvent, yaml.SequenceStartEvent
_MAPPING_END, _SEQUENCE_END = yaml.MappingEndEvent, yaml.SequenceEndEvent


class Visitor(Protocol):
    """What is told of a text. A value follows its key; what stands between a start and its end is in it."""

    def document(self, event: DocumentStartEvent) -> None:
        """A document begins."""

    def key(self, event: ScalarEvent) -> None:
        """A key of the mapping that is open."""

    def scalar(self, event: ScalarEvent) -> None:
        """A single value."""

    def mapping(self, event: MappingStartEvent) -> None:
        """A mapping begins."""

    def sequence(self, event: SequenceStartEvent) -> None:
        """A list begins."""

    def end(self, event: Any) -> None:
        """The mapping or list that began last ends."""

    def alias(self, event: AliasEvent) -> None:
        """A value that stands elsewhere."""

    def complex_key(self, event: Any) -> NoReturn:
        """A mapping, list or alias stands where a key belongs. It ends the walk by raising."""


def walk(text: str, visitor: Visitor) -> None:
    """Tells `visitor` of each event of `text`. Raises what it raises, and yaml.YAMLError, ValueError or OverflowError.

    The last two are what PyYAML lets through of an escape or a directive beyond all bounds.

    JSON, which is YAML, says a character beyond U+FFFF as an escape for each of its halves. libyaml takes no half.
    """
    has_halves = _HALF.search(text) is not None
    get_event = (yaml.SafeLoader if has_halves else Loader)(text).get_event
    at_key = in_mapping = False
    outer: list[bool] = []
    while (event := get_event()) is not None:
        kind = type(event)
        if kind is _SCALAR:
            if has_halves:
                event.value = _PAIR.sub(_whole, event.value)
            if at_key:
                visitor.key(event)
                at_key = False
                continue
            visitor.scalar(event)
        elif kind is _MAPPING or kind is _SEQUENCE:
            if at_key:
                visitor.complex_key(event)
            outer.append(in_mapping)
            at_key = in_mapping = kind is _MAPPING
            (visitor.mapping if in_mapping else visitor.sequence)(event)
            continue
        elif kind is _MAPPING_END or kind is _SEQUENCE_END:
            in_mapping = outer.pop()
            visitor.end(event)
        elif kind is _ALIAS:
            if at_key:
                visitor.complex_key(event)
            visitor.alias(event)
        else:
            if kind is _DOCUMENT:
                visitor.document(event)
            continue
        at_key = in_mapping


def _whole(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")
