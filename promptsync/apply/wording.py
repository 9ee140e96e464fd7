"""What an answer says of a write, in a sentence for people: fields are named in the words of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.compare import FieldDiff, in_words_of, is_service_only, settled
from promptsync.model.naming import few

if TYPE_CHECKING:
    from promptsync.apply.payload import Verdict
    from promptsync.model.prompt import Dialect

_MOST_NAMED = 5


def rewritten(verdict: Verdict, dialect: Dialect) -> str:
    """What the service only writes differently; empty for nothing."""
    turned = settled(list(verdict.rewritten))
    values = [item for item in verdict.rewritten if item not in turned]
    told = []
    if values:
        how = "a final newline, line ends, the Unicode form or a number in 32 bits"
        told.append(f"the service writes {_named(values, dialect)} in its own way ({how})")
    if turned:
        told.append(f"the service does not keep the order of keys in {_named(turned, dialect)}")
    return ", and ".join(told)


def not_as_asked(verdict: Verdict, dialect: Dialect) -> str:
    """What is not as asked."""
    kept = [item for item in verdict.wrong if is_service_only(item)]
    other = [item for item in verdict.wrong if not is_service_only(item)]
    told = []
    if other:
        told.append(f"holds something else in {_named(other, dialect)}")
    if kept:
        told.append(f"keeps {_named(kept, dialect)}, which the file no longer has and the API does not clear")
    return f"the service took the write and {', and '.join(told)}"


def _named(items: list[FieldDiff], dialect: Dialect) -> str:
    names = list(dict.fromkeys(item.field for item in in_words_of(dialect, items)))
    return few(names, _MOST_NAMED)
