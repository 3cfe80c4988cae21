"""Reading headers of DICOM files that nobody vouches for."""

from __future__ import annotations

import zlib

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate

from deskull.errors import InputError
from deskull.formats.dicom.headers import read_image, read_pixels
from tests.formats.dicom.synthetic import Recipe, image, pixels, write


@pytest.mark.parametrize(("preamble", "implicit"), [(True, False), (False, False), (False, True)])
def test_pixels_are_read_in_each_encoding(preamble, implicit, tmp_path):
    path = write(image(Recipe(), 3), tmp_path / "a.dcm", preamble=preamble, implicit=implicit)
    np.testing.assert_array_equal(read_pixels(read_image(path)), [pixels(Recipe(), 3)])


@pytest.mark.parametrize("kept", [-1, -100, -512, -530, 400])
def test_truncated_file_is_not_complete(kept, tmp_path):
    path = write(image(Recipe(), 0), tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes()[:kept])
    assert not read_image(path).complete


@pytest.mark.parametrize(("name", "value"), [("Rows", 17), ("Rows", 14), ("Columns", 99), ("NumberOfFrames", 1000000)])
def test_file_whose_header_states_another_number_of_pixels_is_not_complete(name, value, tmp_path):
    made = image(Recipe(), 0)
    setattr(made, name, value)
    assert not read_image(write(made, tmp_path / "a.dcm")).complete


def test_bytes_after_the_pixels_do_not_matter(tmp_path):
    path = write(image(Recipe(), 0), tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes() + b"\xfc\xff\xfc\xffOB\0\0\x02\0\0\0xx")
    assert read_image(path).complete


@pytest.mark.parametrize(("cut", "complete"), [(0, True), (4, False), (60, False)])
def test_compressed_pixels_are_complete_if_their_sequence_ends(cut, complete, tmp_path):
    made = image(Recipe(), 0)
    made.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.90"
    made.PixelData = encapsulate([b"x" * 100])
    made["PixelData"].is_undefined_length = True
    path = write(made, tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes()[: -cut or None])
    assert read_image(path).complete is complete
    assert read_pixels(read_image(path)) is None


def test_pixels_of_single_bits_are_refused(tmp_path):
    made = image(Recipe(), 0)
    made.BitsAllocated = 1
    with pytest.raises(ValueError, match="not of 1, 2, 4 or 8 bytes"):
        read_image(write(made, tmp_path / "a.dcm"))


def test_deflated_file_is_refused_before_it_is_inflated(tmp_path):
    path = write(image(Recipe(), 0), tmp_path / "a.dcm")
    meta = pydicom.dcmread(path).file_meta
    meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    bomb = zlib.compressobj(wbits=-15)
    with path.open("wb") as file:
        file.write(bytes(128) + b"DICM")
        pydicom.filewriter.write_file_meta_info(file, meta)
        file.write(bomb.compress(bytes(10_000_000)) + bomb.flush())
    with pytest.raises(InputError, match="is compressed as a whole"):
        read_image(path)
