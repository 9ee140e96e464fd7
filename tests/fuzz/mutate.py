"""Spoils bytes: some at random, some with pieces that YAML and JSON readers stumble over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

PIECES = [
    *(b"\x00 \xff \xc3\x28 \xed\xa0\x80 \xef\xbb\xbf \xe2\x80\xa8 \xf0\x9f\x98\x80 \r \r\n \t \x7f \x85".split(b" ")),
    *(b"& * ! !!python/object:os.system !!binary !!set | > |2 >- @ ` % %YAML --- ... ? - : , [ ] { } # '".split()),
    *(b"<<: *a &a ~ null true yes on 0x1F 0o17 1_000 .inf .nan -0 1e400 1e-400 12:30:45 2026-01-01 =".split()),
    *(b'" \\ "\\ud800" "\\u0000" NaN Infinity -Infinity {"a":1,"a":2} [[[[[[[[ {"":{"":{"":'.split()),
    *(b"prompt: prompt_config: messages: content: content_file: display_name: model: protected: metadata:".split()),
    *(b"../../etc/passwd /etc/passwd id version sha256: <<<<<<< ======= >>>>>>> \x1b[31m".split()),
    b"a" * 300,
    b"[" * 120,
    b"{a: " * 60,
    b"9" * 400,
    b"\n",
    b"  ",
    b"\n  ",
]


def mutated(random_: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of `seeds`, spoiled in a few places."""
    data = bytearray(random_.choice(seeds))
    for _ in range(random_.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        random_.choice(WAYS)(random_, data, seeds)
    return bytes(data)


def _place(random_: random.Random, data: bytearray) -> int:
    return random_.randrange(len(data) + 1)


def _span(random_: random.Random, data: bytearray) -> tuple[int, int]:
    begin = _place(random_, data)
    return begin, min(len(data), begin + random_.choice((1, 2, 5, 20, 100)))


def _flip(random_: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    if data:
        data[random_.randrange(len(data))] ^= 1 << random_.randrange(8)


def _insert(random_: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    place = _place(random_, data)
    data[place:place] = random_.choice(PIECES)


def _replace(random_: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    begin, end = _span(random_, data)
    data[begin:end] = random_.choice(PIECES)


def _remove(random_: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    begin, end = _span(random_, data)
    del data[begin:end]


def _repeat(random_: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    begin, end = _span(random_, data)
    data[end:end] = data[begin:end] * random_.choice((1, 2, 10))


def _cut(random_: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    del data[_place(random_, data) :]


def _splice(random_: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    other = bytearray(random_.choice(seeds))
    begin, end = _span(random_, other)
    place = _place(random_, data)
    data[place:place] = other[begin:end]


def _lines(random_: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    """Lines that change places, or their indentation."""
    lines = bytes(data).split(b"\n")
    one, other = random_.randrange(len(lines)), random_.randrange(len(lines))
    lines[one], lines[other] = lines[other], random_.choice((lines[one], b"  " + lines[one], lines[one].lstrip()))
    data[:] = b"\n".join(lines)


WAYS: list[Callable[[random.Random, bytearray, Sequence[bytes]], None]] = [
    _flip,
    _insert,
    _insert,
    _replace,
    _remove,
    _repeat,
    _cut,
    _splice,
    _lines,
]
