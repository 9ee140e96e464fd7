"""Data URLs told by type, size and hash: a picture in a prompt is no text for people, and may be large or private.

What is text in them is shown, since a model reads it.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64decode, b64encode
from string import ascii_lowercase
from typing import Any
from urllib.parse import unquote_to_bytes

from promptsync.model.canonical import Ordered

MAX_DEPTH = 64
"""Levels of nesting that are shown; a loaded file is bounded anyway, a service's answer is not."""

_TYPE = r"[a-z0-9][\w.+-]{0,80}/[a-z0-9][\w.+-]{0,80}"
_PARAMETERS = r"(?:;[^;,\s\"'<>()]{1,100}){0,8}"
_BASE64 = r"[A-Za-z0-9+/_%-]*={0,2}(?:\r?\n[ \t]*[A-Za-z0-9+/_-]{40,}={0,2})*"
_WHOLE = re.compile(rf"data:((?:{_TYPE})?{_PARAMETERS}),(.*)", re.IGNORECASE | re.DOTALL | re.ASCII)
_WITHIN = re.compile(
    rf"data:((?:{_TYPE})?{_PARAMETERS});base64,({_BASE64})|data:({_TYPE}{_PARAMETERS}),([^\s\"'<>()]*)",
    re.IGNORECASE | re.ASCII,
)
_UNREADABLE = ["\ufffd", "\x7f", *(chr(code) for code in range(32) if chr(code) not in "\t\n\r")]
_ALPHABET = bytes.maketrans(b"-_", b"+/")
_ENCODED_WHOLE = re.compile(r"[A-Za-z0-9+/_%=\s-]*", re.ASCII)


def mask(value: Any) -> Any:
    """`value` with a short text such as `[image/png, 1234 bytes, sha256:0123456789ab]` in place of every data URL.

    Where the content is text it follows, and what can be read without decoding stays as it is. Looks into lists,
    objects and their names, and into the middle of texts. The hash is that of the decoded content, as `sha256sum`
    tells it for the file.
    """
    return _mask(value, MAX_DEPTH)


def mask_text(text: str) -> str:
    """`mask` for one text."""
    if "data:" not in text.lower():
        return text
    bare = text.strip()
    whole = _WHOLE.fullmatch(bare)
    if whole and _is_all_data(whole[1], whole[2]):
        return text.replace(bare, _told(bare, whole[1], whole[2]))
    return _WITHIN.sub(_told_within, text)


def _mask(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        return "[nested too deeply to be shown]"
    if isinstance(value, list):
        return [_mask(item, depth - 1) for item in value]
    masked = {mask_text(str(name)): _mask(item, depth - 1) for name, item in value.items()}
    return Ordered(masked) if isinstance(value, Ordered) else masked


def _is_all_data(header: str, payload: str) -> bool:
    """Whether nothing but data follows; `data:,` alone may well begin a sentence."""
    if header.lower().endswith(";base64"):
        return _ENCODED_WHOLE.fullmatch(payload) is not None
    return "/" in header and not any(character.isspace() for character in payload.strip())


def _told_within(found: re.Match[str]) -> str:
    if found[2] is not None:
        return _told(found[0], f"{found[1]};base64", found[2])
    return _told(found[0], found[3], found[4])


def _told(url: str, header: str, payload: str) -> str:
    """What is shown of a data URL: type, size and hash, behind them what a person can read in it, whatever its type.

    What hides nothing is shown as it is.
    """
    encoded = header.lower().endswith(";base64")
    content = _decoded(payload) if encoded else payload.encode("utf-8", "surrogatepass")
    read = _lenient(payload) if encoded else unquote_to_bytes(content)
    if (read == content and not encoded and is_text(content)) or (encoded and _is_words(payload)):
        return url
    media_type = header[: -len(";base64")] if encoded else header
    short_hash = hashlib.sha256(content).hexdigest()[:12]
    told = f"{media_type or 'text/plain'}, {len(content)} byte{'s' * (len(content) != 1)}, sha256:{short_hash}"
    return f"[{told}: {read.decode('utf-8', 'backslashreplace')}]" if read and is_text(read) else f"[{told}]"


def is_text(content: bytes) -> bool:
    """Whether a person can read this: nearly all of it is UTF-8 without controls. No picture or sound is."""
    text = content.decode("utf-8", "replace")
    return sum(map(text.count, _UNREADABLE)) <= len(text) // 8


def _is_words(payload: str) -> bool:
    """Whether this is a text in the letters of base64, and no encoding of anything: that has as many capitals."""
    return sum(map(payload.count, ascii_lowercase)) * 3 > len(payload) * 2


def _decoded(payload: str) -> bytes:
    """The content, if it is encoded in the usual way; else the text itself: another spelling is another hash."""
    try:
        content = b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        return payload.encode("utf-8", "surrogatepass")
    return content if b64encode(content).decode() == payload else payload.encode()


def _lenient(payload: str) -> bytes:
    """The content as whoever is not strict reads it: escaped, in another alphabet, in lines, without padding."""
    known = re.sub(rb"[^A-Za-z0-9+/]", b"", unquote_to_bytes(payload).translate(_ALPHABET))
    return b64decode(known[: len(known) - (len(known) % 4 == 1)] + b"==")
