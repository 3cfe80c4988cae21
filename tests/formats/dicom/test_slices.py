"""Which images of a series form the scan: what the table of `test_reading` does not hold."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.errors import DicomWarning, InputError
from deskull.formats.dicom.geometry import read_frames
from deskull.formats.dicom.series import list_series
from deskull.formats.dicom.slices import select_images
from tests.formats.dicom.synthetic import Recipe, image, multi_frame, write, write_series


def select(folder):
    (series,) = list_series(folder)
    return select_images(series, folder)


def test_frames_of_a_multi_frame_image_lie_where_single_slices_do():
    recipe = Recipe()
    frames = read_frames([multi_frame(recipe, range(12))])
    singles = read_frames([image(recipe, index) for index in range(12)])
    for frame, single in zip(frames, singles, strict=True):
        np.testing.assert_allclose(frame.affine, single.affine, atol=1e-4)


def test_multi_frame_image_is_one_scan(tmp_path):
    write(multi_frame(Recipe(), range(12)), tmp_path / "a.dcm")
    stack = select(tmp_path)
    assert (len(stack.images), len(stack.frames)) == (1, 12)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda made: made.PerFrameFunctionalGroupsSequence.pop(),
            "states the positions of 11 frames",
        ),
        (lambda made: setattr(made, "PixelData", bytes(100)), "does not hold the pixels that its header states"),
        (lambda made: setattr(made, "NumberOfFrames", 1_000_000), "does not hold the pixels that its header states"),
    ],
    ids=["positions", "pixels", "frames"],
)
def test_multi_frame_image_that_contradicts_itself_is_refused(change, sentence, tmp_path):
    made = multi_frame(Recipe(), range(12))
    change(made)
    write(made, tmp_path / "a.dcm")
    with pytest.raises(InputError, match=sentence):
        select(tmp_path)


def test_missing_frames_of_a_multi_frame_image_are_named(tmp_path):
    write(multi_frame(Recipe(), [0, 1, 2, 3, 6, 7, 8, 9, 10, 11]), tmp_path / "a.dcm")
    with pytest.raises(InputError, match="slices 5 to 6 of 12 are missing"):
        select(tmp_path)


@pytest.mark.parametrize("name", ["ImagePositionPatient", "ImageOrientationPatient"])
def test_positions_that_are_no_numbers_of_a_place_are_refused(name, tmp_path):
    for index in range(12):
        made = image(Recipe(uid="1.2"), index)
        setattr(made, name, [1, 0])
        write(made, tmp_path / f"{index}.dcm")
    with pytest.raises(InputError, match="positions or orientations of its slices are damaged"):
        select(tmp_path)


def test_series_without_positions_is_read_with_a_warning(tmp_path):
    for index in range(12):
        made = image(Recipe(uid="1.2"), index)
        del made.ImagePositionPatient, made.ImageOrientationPatient
        write(made, tmp_path / f"{index}.dcm")
    with pytest.warns(DicomWarning, match="states no positions of its slices"):
        assert select(tmp_path).frames == ()


def test_thin_stack_is_reported(tmp_path):
    write_series(tmp_path, Recipe(slices=4))
    with pytest.warns(DicomWarning, match="its 4 slices cover only 18 mm; the series may be incomplete"):
        assert len(select(tmp_path).images) == 4


def test_slice_of_another_pixel_type_is_left_out(tmp_path):
    recipe = Recipe()
    write_series(tmp_path, recipe, keep=range(11))
    made = image(recipe, 11)
    made.BitsAllocated = made.BitsStored = 8
    made.PixelData = bytes(256)
    write(made, tmp_path / "other.dcm")
    with pytest.warns(DicomWarning, match="1 of 12 images left out"):
        assert len(select(tmp_path).images) == 11


def test_slices_of_as_many_orientations_as_images_are_refused(tmp_path):
    for index in range(60):
        angle = np.radians(3 * index)
        orientation = (np.cos(angle), np.sin(angle), 0, 0, 0, -1)
        write(image(Recipe(orientation=tuple(np.round(orientation, 6)), uid="1.2"), index), tmp_path / f"{index}.dcm")
    with pytest.raises(InputError, match="its 60 images have at least 50 orientations or matrices"):
        select(tmp_path)
