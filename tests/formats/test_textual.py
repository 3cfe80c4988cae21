"""Voxels as text: as many values as promised, each fit for its type, or a sentence."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deskull import InputError
from deskull.formats.compression import Stream
from deskull.formats.textual import read_decimal, read_hexadecimal

DTYPES = st.sampled_from([np.dtype(code) for code in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8")])


def decimal(text, dtype, count):
    return read_decimal(Stream(BytesIO(text), "scan.nrrd"), dtype, count, "scan.nrrd")


def hexadecimal(text, dtype, count):
    return read_hexadecimal(Stream(BytesIO(text), "scan.nrrd"), dtype, count, "scan.nrrd")


@given(values=DTYPES.flatmap(lambda dtype: arrays(dtype, st.integers(1, 30))))
def test_any_numbers_come_back_from_their_decimal_text(values):
    text = " \n".join(map(str, values.tolist())).encode()
    np.testing.assert_array_equal(decimal(text, values.dtype, values.size), values)


@given(values=DTYPES.flatmap(lambda dtype: arrays(dtype, st.integers(1, 30))))
def test_any_bytes_come_back_from_their_hexadecimal_text(values):
    text = values.tobytes().hex("\n", 7).encode()
    assert hexadecimal(text, values.dtype, values.size).tobytes() == values.tobytes()


@pytest.mark.parametrize(
    ("text", "fault"), [(b"1 2", "cut short"), (b"1 2 3 4", "more voxels"), (b"1 2 x", "not a num")]
)
def test_decimal_text_of_other_than_three_numbers_is_refused(text, fault):
    with pytest.raises(InputError, match=fault):
        decimal(text, np.int16, 3)


@pytest.mark.parametrize("text", [b"1 " * 5000, b" " * 100_000])
def test_text_far_longer_than_promised_is_refused(text):
    with pytest.raises(InputError, match="more voxels"):
        decimal(text, np.int16, 3)


@pytest.mark.parametrize(("text", "dtype"), [(b"300", "u1"), (b"-1", "u2"), (b"1.5", "i2"), (b"nan", "i4")])
def test_number_that_the_type_cannot_hold_is_refused(text, dtype):
    with pytest.raises(InputError, match=r"do not fit|not a number"):
        decimal(text, dtype, 1)


@pytest.mark.parametrize(
    ("text", "fault"), [(b"0a", "cut short"), (b"0a0b0c", "more voxels"), (b"0g00", "hexadecimal")]
)
def test_hexadecimal_text_of_other_than_two_bytes_is_refused(text, fault):
    with pytest.raises(InputError, match=fault):
        hexadecimal(text, "<i2", 1)
