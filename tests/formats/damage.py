"""Damage to files that hypothesis makes up, for the tests of several formats."""

from __future__ import annotations

from hypothesis import strategies as st

from deskull import InputError, formats


def damage_header(path, size, data):
    """Change one to four of the first bytes of a file."""
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, size - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)


def is_read_or_refused_in_a_sentence(path):
    """Whether a file gives real numbers, or an error that is the reader's own rather than a library's."""
    try:
        volume = formats.read(path)
    except InputError as error:
        return "damaged or not what its name says" not in str(error)
    return volume.data.dtype.kind in "iuf"
