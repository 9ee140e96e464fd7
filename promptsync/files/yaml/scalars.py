"""What a plain scalar (one without quotes) means, where all YAML readers agree; and where they do not, why.

YAML 1.1 (PyYAML, Ruby, older Go) and YAML 1.2 (JavaScript, newer tools) read words like `no`, `012` or `1e3`
differently, and a prompt file is read by both. Such a word is `Ambiguous`: it has to be said in a way that cannot be
misread.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

_EXACT = 2**53
"""Beyond this, JavaScript and many JSON readers cannot tell neighbouring integers apart; a hint names none of them."""

_MOST_DIGITS = 310
"""What has more of them is beyond the largest float, and a number only to some."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A plain scalar that YAML readers take for different things; `hint` says what to write instead."""

    message: str
    hint: str


def quoted(text: str) -> str:
    """`text` in double quotes, as YAML and JSON both read it."""
    return json.dumps(text, ensure_ascii=False)


def resolve(text: str) -> Any:
    """The value of the plain scalar `text`: None, bool, int, float, the text itself, or `Ambiguous`."""
    if text[:1] in _NUMBER_STARTS and text:
        return _number(text)
    return _WORDS.get(text, text)


def _word(text: str, boolean: str) -> Ambiguous:
    return Ambiguous(
        f"{text} is the boolean {boolean} to some YAML readers and text to others",
        f"write {quoted(text)} for the text, or {boolean} for the boolean",
    )


def _forms(*words: str) -> list[str]:
    return [form for word in words for form in (word, word.capitalize(), word.upper())]


_NUMBER_STARTS = frozenset("0123456789+-.")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(["", "~", *_forms("null")]),
    **dict.fromkeys(_forms("true"), True),
    **dict.fromkeys(_forms("false"), False),
    **{word: _word(word, "true") for word in _forms("yes", "on", "y")},
    **{word: _word(word, "false") for word in _forms("no", "off", "n")},
    **{
        word: Ambiguous(f"{word} has a special meaning to some YAML readers", f"write {quoted(word)} for the text")
        for word in ("=", "<<")
    },
}

_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"(?:-?(?:0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?")
_ANY_NUMBER = re.compile(r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9_]*[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?")
_COMMAS = re.compile(r"[-+]?[0-9]+(?:[,_][0-9]+)+")
_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}(?:[,_][0-9]{3})+")
_BASED = re.compile(r"[-+]?0(?:[xX][0-9a-fA-F_]+|[oO][0-7_]+|[bB][01_]+)")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?)?"
)


def _number(text: str) -> Any:
    if _INT.fullmatch(text):
        fits = len(text) <= _MOST_DIGITS and math.isfinite(float(text))
        return int(text) if fits else _text_only(text, "a number too large to hold")
    if _FLOAT.fullmatch(text):
        value = float(text)
        return value if math.isfinite(value) else _text_only(text, "a number too large to hold")
    return _trap(text)


def _trap(text: str) -> Any:
    """What looks like a number to some reader; `text` itself if to none."""
    if _TIME.fullmatch(text):
        return _text_only(text, "a date to YAML 1.1 readers and text to others")
    if _SEXAGESIMAL.fullmatch(text):
        return _text_only(text, f"{_sexagesimal(text)} (base 60) to YAML 1.1 readers and text to others")
    if _SPECIAL.fullmatch(text):
        return _text_only(text, "no finite number, and JSON cannot carry it")
    if _BASED.fullmatch(text):
        return _either(text, "a number to some YAML readers and text to others", _based(text))
    if _COMMAS.fullmatch(text):
        return _either(text, "a number to some YAML readers and text to others", _with_commas(text))
    if _ANY_NUMBER.fullmatch(text):
        return _either(text, _why(text), _decimal(text.replace("_", "")), octal=_octal(text))
    return text


def _with_commas(text: str) -> str | None:
    """The number that was meant: commas part thousands, or one is the point; None where they make no number."""
    if "," not in text or _THOUSANDS.fullmatch(text):
        return _decimal(text.replace(",", "").replace("_", ""))
    return _decimal(text.replace(",", ".")) if text.count(",") == 1 and "_" not in text else None


def _why(text: str) -> str:
    digits = text.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits.isdigit():
        return "octal, decimal or text, depending on the YAML reader"
    return "a number to some YAML readers and text to others"


def _octal(text: str) -> str | None:
    digits = text.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits.isdigit() and not set(digits) & set("89") and len(digits) < 16:
        return str(int(text, 8))
    return None


def _decimal(text: str) -> str | None:
    """The plain decimal form of a number in any notation; None if it is not worth showing."""
    if len(text) > 24:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    if not math.isfinite(value) or abs(value) > _EXACT or 0 < abs(value) < 1e-15:
        return None
    if value == int(value) and "." not in text:
        return str(int(value))
    shown = repr(value)
    return f"{value:.20f}".rstrip("0") if "e" in shown else shown


def _based(text: str) -> str | None:
    digits = text.replace("_", "")
    if len(digits) > 18 or digits[-1] in "xXoObB":
        return None
    return str(int(digits, 0))


def _sexagesimal(text: str) -> str:
    total = 0.0
    for part in text.lstrip("+-").replace("_", "").split(":")[:8]:
        total = total * 60 + float(part[:15] or 0)
    return f"{'-' if text[0] == '-' else ''}{total:.15g}"


def _short(text: str) -> str:
    return quoted(text if len(text) <= 40 else f"{text[:20]}…")


def _text_only(text: str, what: str) -> Ambiguous:
    shown = text if len(text) <= 40 else f"{text[:20]}…"
    return Ambiguous(f"{shown} is {what}", f"write {_short(text)} for the text")


def _either(text: str, what: str, number: str | None, octal: str | None = None) -> Ambiguous:
    plain = _text_only(text, what)
    if number is None:
        return plain
    numbers = f"{number} for the number" if octal in (None, number) else f"{number} or {octal} for the number"
    return Ambiguous(plain.message, f"{plain.hint}, or {numbers}")
