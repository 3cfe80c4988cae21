"""DICOM Segmentation: masks on the frames of their series, with and without the patient's identity."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import replace

import highdicom
import numpy as np
import pydicom
import pytest

from deskull import formats
from deskull.errors import InputError
from deskull.formats.dicom.archive import opened
from deskull.formats.dicom.geometry import read_frames
from deskull.formats.dicom.segmentation import write_seg
from deskull.formats.dicom.series import list_series
from deskull.options import ReadOptions
from tests.formats.dicom.synthetic import CT, PATIENT, SAGITTAL, Recipe, image, write, write_series
from tests.formats.dicom.test_reading import REAL


def random_mask(scan):
    return scan.with_data((np.random.default_rng(0).random(scan.shape) > 0.7).astype(np.uint8))


def read_back(path, scan):
    """The mask of a segmentation on the grid of a scan."""
    found = highdicom.seg.segread(path)
    frames = read_frames([found])
    planes = found.pixel_array.reshape(len(frames), found.Rows, found.Columns)
    back = np.zeros(scan.shape, np.uint8)
    for plane, frame in zip(planes, frames, strict=True):
        rows_columns = np.stack([*np.indices(plane.shape), np.ones(plane.shape)]).reshape(3, -1)
        places = np.linalg.inv(scan.affine) @ frame.affine @ rows_columns
        back[tuple(np.rint(places[:3]).astype(int))] = plane.ravel()
    return back


@pytest.mark.parametrize(
    "recipe",
    [Recipe(), Recipe(orientation=SAGITTAL), Recipe(spacing=-6.0), Recipe(sop_class=CT, tilt=1.6)],
    ids=["axial", "sagittal", "descending", "tilted"],
)
@pytest.mark.filterwarnings("ignore::deskull.errors.GeometryWarning")
def test_segmentation_holds_the_mask_voxel_for_voxel(recipe, tmp_path):
    write_series(tmp_path / "series", recipe)
    scan = formats.read(tmp_path / "series")
    mask = random_mask(scan)
    write_seg(mask, tmp_path / "series", tmp_path / "seg.dcm")
    np.testing.assert_array_equal(read_back(tmp_path / "seg.dcm", scan), mask.data)


@pytest.mark.parametrize("name", REAL)
def test_segmentation_of_a_real_series_holds_the_mask_voxel_for_voxel(name, data, tmp_path):
    scan = formats.read(data / "dicom" / name)
    mask = random_mask(scan)
    write_seg(mask, data / "dicom" / name, tmp_path / "seg.dcm")
    np.testing.assert_array_equal(read_back(tmp_path / "seg.dcm", scan), mask.data)


def test_segmentation_of_files_without_preamble_is_written(tmp_path):
    recipe = Recipe()
    for index in range(12):
        write(image(recipe, index), tmp_path / "series" / f"{index}.img", preamble=False, implicit=True)
    scan = formats.read(tmp_path / "series")
    write_seg(random_mask(scan), tmp_path / "series", tmp_path / "seg.dcm")
    np.testing.assert_array_equal(read_back(tmp_path / "seg.dcm", scan), random_mask(scan).data)


def test_segmentation_refers_to_the_slices_that_were_read_alone(folder, tmp_path):
    shutil.copy(folder / "slice003.dcm", folder / "copy.dcm")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scan = formats.read(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # reading has issued the warnings already
        write_seg(random_mask(scan), folder, tmp_path / "seg.dcm")
    np.testing.assert_array_equal(read_back(tmp_path / "seg.dcm", scan), random_mask(scan).data)


def test_segmentation_is_of_the_chosen_series(folder, tmp_path):
    write_series(folder, Recipe(number=7, slices=10), name="other{}.dcm")
    options = ReadOptions(series="7")
    scan = formats.read(folder, options)
    write_seg(random_mask(scan), folder, tmp_path / "seg.dcm", options)
    assert highdicom.seg.segread(tmp_path / "seg.dcm").SeriesNumber == 9007


def test_segmentation_holds_no_text_that_identifies_the_patient(folder, tmp_path):
    source = pydicom.dcmread(folder / "slice000.dcm")
    write_seg(random_mask(formats.read(folder)), folder, tmp_path / "seg.dcm")
    content = (tmp_path / "seg.dcm").read_bytes()
    names = ("PatientName", "PatientID", "PatientBirthDate", "StudyDate", "StudyInstanceUID", "SeriesInstanceUID")
    assert [name for name in (*names, "SOPInstanceUID") if str(source[name].value).encode() in content] == []


@pytest.mark.parametrize("name", REAL)
def test_segmentation_of_a_real_series_holds_no_text_of_its_header(name, data, tmp_path):
    with opened(data / "dicom" / name) as root:
        source = pydicom.dcmread(list_series(root)[0].files[0], stop_before_pixels=True)
    texts = ("PN", "LO", "SH", "UI", "DA", "TM", "DT", "LT", "ST", "UT", "AS")
    values = {str(element.value) for element in source.iterall() if element.VR in texts}
    identifying = {value for value in values if len(value) > 5 and not value.startswith("1.2.840.10008.")}
    assert len(identifying) > 20
    write_seg(random_mask(formats.read(data / "dicom" / name)), data / "dicom" / name, tmp_path / "seg.dcm")
    content = (tmp_path / "seg.dcm").read_bytes()
    assert [value for value in identifying if value.encode() in content] == []


def test_segmentation_keeps_the_patient_where_this_is_asked_for(folder, tmp_path):
    write_seg(random_mask(formats.read(folder)), folder, tmp_path / "seg.dcm", keep_identity=True)
    assert highdicom.seg.segread(tmp_path / "seg.dcm").PatientName == PATIENT


def test_mask_on_another_grid_is_refused(folder, tmp_path):
    mask = random_mask(formats.read(folder))
    affine = mask.affine.copy()
    affine[:3, 3] += 0.4 * mask.voxel_sizes
    with pytest.raises(InputError, match="does not lie on this series' own grid"):
        write_seg(replace(mask, affine=affine), folder, tmp_path / "seg.dcm")


def test_masks_of_several_frames_are_refused(folder, tmp_path):
    scan = formats.read(folder)
    with pytest.raises(InputError, match="use frame='mean'"):
        write_seg(scan.with_data(np.ones((*scan.shape, 2), np.uint8)), folder, tmp_path / "seg.dcm")


def test_series_that_lacks_what_the_standard_asks_for_is_refused_without_quoting_it(tmp_path):
    recipe = Recipe()
    for index in range(12):
        made = image(recipe, index)
        del made.FrameOfReferenceUID, made.SliceThickness
        write(made, tmp_path / "series" / f"{index}.dcm")
    scan = formats.read(tmp_path / "series")
    with pytest.raises(InputError, match="lacks what a DICOM segmentation needs") as caught:
        write_seg(random_mask(scan), tmp_path / "series", tmp_path / "seg.dcm", keep_identity=True)
    assert "Doe" not in str(caught.value)
