"""What the service only writes differently: the same said in its own way, which is no change and no failure.

It may cut or add the final newline of a text, bring it into the Unicode form NFC, make LF of CRLF, and keep a number in
32 bits. The order of keys and of sets is `canonical.Form`'s.
"""

from __future__ import annotations

import struct
import unicodedata
from typing import Any

from promptsync.model.canonical import Ordered, is_turned


def same_writing(one: Any, other: Any) -> bool:
    """Whether two values are the same but for the service's way of writing. A word that differs always counts."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other or _plain(one) == _plain(other)
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys() or (isinstance(one, Ordered) and is_turned(one, other)):
            return False
        return all(same_writing(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_writing, one, other))
    if _is_number(one) and _is_number(other):
        return bool(one == other) or _in_32_bits(one) == other or one == _in_32_bits(other)
    return type(one) is type(other) and bool(one == other)


def as_written(value: Any, like: Any) -> Any:
    """What the service holds as a file would write it that has `like` there: a guess, for what it cannot be asked."""
    if isinstance(value, str) and isinstance(like, str):
        text = value.rstrip("\n") + like[len(like.rstrip("\n")) :]
        return text.replace("\n", "\r\n") if "\r\n" in like and "\r\n" not in text else text
    if isinstance(value, float) and same_writing(value, short := float(f"{value:.7g}")):
        return short
    return value


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").rstrip("\n"))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _in_32_bits(value: float) -> float | None:
    """The number that is left of `value` in 32 bits; None where it does not fit."""
    try:
        (single,) = struct.unpack("f", struct.pack("f", value))
    except (OverflowError, struct.error):
        return None
    return float(single)
