"""Mutations of compression: cut, damaged, lying and oversized streams, and streams of another kind."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
from benchmarks.fuzz.headers import damage_bytes
from benchmarks.fuzz.seeds import ENCODERS, Encoder, Seed

Rng = np.random.Generator

#: Bytes of zeros that a bomb expands to behind the image.
_BOMB_MIB = 3400


@cache
def _zeros(encoding: str) -> bytes:
    """A gzip member or bzip2 stream of 50 MiB of zeros; streams one after another are one stream."""
    return gzip.compress(bytes(50 << 20), 9, mtime=0) if encoding == "gzip" else bz2.compress(bytes(50 << 20))


def _zlib_bomb(prefix: bytes) -> bytes:
    """A zlib stream of some bytes and then 3.4 GB of zeros, with the right checksum."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(prefix) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # the same wherever it stands
    end = packer.flush()
    low, high = zlib.adler32(prefix) & 0xFFFF, zlib.adler32(prefix) >> 16
    high = (high + (_BOMB_MIB << 20) * low) % 65521
    return b"\x78\xda" + first + block * _BOMB_MIB + end + (high << 16 | low).to_bytes(4, "big")


def _cut(content: bytes, encoding: str, rng: Rng) -> bytes:
    packed = ENCODERS[encoding](content)
    return packed[: int(rng.integers(len(packed)))]


def _cut_in_footer(content: bytes, encoding: str, rng: Rng) -> bytes:
    return ENCODERS[encoding](content)[: -int(rng.integers(1, 9))]


def _damaged(content: bytes, encoding: str, rng: Rng) -> bytes:
    return damage_bytes(ENCODERS[encoding](content), rng)[0]


def _bad_checksum(content: bytes, encoding: str, rng: Rng) -> bytes:
    packed = bytearray(ENCODERS[encoding](content))
    packed[-int(rng.integers(1, 9))] ^= 1 << int(rng.integers(8))
    return bytes(packed)


def _bomb(content: bytes, encoding: str, rng: Rng) -> bytes:
    if encoding == "zlib":
        return _zlib_bomb(content)
    times = 2 if encoding == "bz2" else _BOMB_MIB // 50
    return ENCODERS[encoding](content) + _zeros(encoding) * times


def _bomb_in_place(content: bytes, encoding: str, rng: Rng) -> bytes:
    """Zeros instead of the image."""
    return _zlib_bomb(b"") if encoding == "zlib" else _zeros(encoding) * 5


def _members(content: bytes, encoding: str, rng: Rng) -> bytes:
    """Several streams one after another: legal for gzip and bzip2."""
    places = sorted(int(at) for at in rng.integers(0, len(content), int(rng.integers(1, 4))))
    ends = [*places, len(content)]
    return b"".join(ENCODERS[encoding](content[start:stop]) for start, stop in zip([0, *places], ends, strict=True))


def _other(content: bytes, encoding: str, rng: Rng) -> bytes:
    """Another kind of compression than the name says."""
    packers = [bytes, gzip.compress, zlib.compress, bz2.compress, lzma.compress]
    return bytes(packers[int(rng.integers(len(packers)))](content))


def _twice(content: bytes, encoding: str, rng: Rng) -> bytes:
    return ENCODERS[encoding](ENCODERS[encoding](content))


def _trailing(content: bytes, encoding: str, rng: Rng) -> bytes:
    """Something behind the stream: padding, rubbish or a second stream."""
    endings = (bytes(int(rng.integers(1, 2000))), rng.bytes(int(rng.integers(1, 2000))), b"\n",
               ENCODERS[encoding](rng.bytes(100)), rng.bytes(200_000))  # fmt: skip
    return ENCODERS[encoding](content) + endings[int(rng.integers(len(endings)))]


def _longer(content: bytes, encoding: str, rng: Rng) -> bytes:
    """A sound stream of too many bytes."""
    return ENCODERS[encoding](content + rng.bytes(int(2 ** rng.integers(0, 18))))


def _shorter(content: bytes, encoding: str, rng: Rng) -> bytes:
    """A sound stream of too few bytes."""
    return ENCODERS[encoding](content[: int(rng.integers(len(content)))])


def _stored(content: bytes, encoding: str, rng: Rng) -> bytes:
    """A legal stream of another compression level, or with a name in its header."""
    if encoding == "gzip":
        packer = zlib.compressobj(int(rng.integers(0, 10)), zlib.DEFLATED, 31)
        return packer.compress(content) + packer.flush()
    return zlib.compress(content, int(rng.integers(0, 10))) if encoding == "zlib" else bz2.compress(content, 1)


_Change = Callable[[bytes, str, Rng], bytes]
_CHANGES: tuple[_Change, ...] = (
    _cut, _cut_in_footer, _damaged, _damaged, _damaged, _bad_checksum, _bomb, _bomb_in_place, _members, _other, _twice,
    _trailing, _longer, _shorter, _stored,
)  # fmt: skip


def bomb_of(seed: Seed) -> Encoder:
    """An encoder that puts 3.4 GB of zeros in place of the voxels."""

    def encode(content: bytes) -> bytes:
        header = content[: -len(seed.body)] if seed.whole and seed.names[0] == seed.names[1] else b""
        if seed.whole and seed.names[0] != seed.names[1] and len(content) != len(seed.body):
            return ENCODERS[seed.encoding](content)  # the header of a pair
        if seed.encoding == "zlib":
            return _zlib_bomb(header)
        return (ENCODERS[seed.encoding](header) if header else b"") + _zeros(seed.encoding) * 68

    return encode


def damaged_encoder(encoding: str, rng: Rng) -> tuple[Encoder, str]:
    """Choose an encoder that compresses wrongly, and its name."""
    change = _CHANGES[int(rng.integers(len(_CHANGES)))]
    return lambda content: change(content, encoding, rng), change.__name__.strip("_").replace("_", " ")
