"""Reading DICOM series: folders as archives and scanners write them, and what is refused or left out of them."""

from __future__ import annotations

import shutil
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from deskull import formats
from deskull.errors import DicomWarning, GeometryWarning, InputError, SeriesWarning
from deskull.formats.dicom.archive import opened
from deskull.formats.dicom.reading import _b_values
from deskull.options import ReadOptions
from tests.formats.dicom.synthetic import CT, SAGITTAL, Recipe, image, pixels, write, write_diffusion, write_series

REAL = ("siemens_t1_sagittal.zip", "siemens_xa30_enhanced_t1")


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def world_of(volume, value):
    """World coordinates (RAS) of the voxel that holds a value."""
    (place,) = np.argwhere(volume.data == value)
    return volume.affine[:3] @ [*place, 1]


def world_of_pixel(recipe, index, row, column):
    """World coordinates (RAS) of a pixel by the DICOM standard (PS3.3 C.7.6.2.1.1), with pixels of 2 mm."""
    along_row, along_column = np.reshape(recipe.orientation, (2, 3))
    lps = recipe.origin + index * recipe.step() + 2.0 * column * along_row + 2.0 * row * along_column
    return lps * [-1, -1, 1]


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(orientation=SAGITTAL),
        Recipe(orientation=(0.8, 0.6, 0, -0.6, 0.8, 0)),
        Recipe(spacing=-6.0),
        Recipe(sop_class=CT, tilt=1.6),
        Recipe(sop_class=CT, tilt=-1.6),
        Recipe(sop_class=CT, tilt=1.6, spacing=-6.0),
    ],
    ids=["axial", "sagittal", "oblique", "descending", "tilted", "tilted other way", "tilted and descending"],
)
@pytest.mark.filterwarnings("ignore::deskull.errors.GeometryWarning")
def test_every_pixel_lies_where_its_slice_states(recipe, tmp_path):
    write_series(tmp_path / "series", recipe)
    volume = formats.read(tmp_path / "series")
    for index, row, column in ((0, 0, 0), (5, 3, 14), (11, 15, 2)):
        found = world_of(volume, pixels(recipe, index)[row, column])
        np.testing.assert_allclose(found, world_of_pixel(recipe, index, row, column), atol=1e-3)


def test_tilted_slices_are_reported_with_their_angle(tmp_path):
    write_series(tmp_path / "series", Recipe(sop_class=CT, tilt=1.6))
    with pytest.warns(GeometryWarning, match=r"stacked at an angle of 14\.9 degrees"):
        volume = formats.read(tmp_path / "series")
    assert volume.shape == (16, 16, 12)


def test_affine_of_a_tilted_series_is_in_the_sform_of_results(tmp_path):
    write_series(tmp_path / "series", Recipe(sop_class=CT, tilt=1.6))
    with pytest.warns(GeometryWarning):
        volume = formats.read(tmp_path / "series")
    formats.write(volume, tmp_path / "out.nii.gz")
    np.testing.assert_allclose(formats.read(tmp_path / "out.nii.gz").affine, volume.affine, atol=1e-5)


def names_of(name, preamble=True, implicit=False):
    """Writer of the default series under other names or without the preamble."""

    def make(folder):
        recipe = Recipe()
        for index in range(recipe.slices):
            write(image(recipe, index), folder / name.format(index), preamble=preamble, implicit=implicit)

    return make


@pytest.mark.parametrize(
    "make",
    [
        names_of("{:03d}.img"),
        names_of("{:03d}.dicom"),
        names_of("MR.1.2.840.{}"),
        names_of("IM{:04d}"),
        names_of("{:03d}.IMA"),
        names_of("{:03d}.dcm", preamble=False),
        names_of("{:03d}.dcm", preamble=False, implicit=True),
        names_of("{:03d}.img", preamble=False),
        names_of("{:03d}.out", preamble=False, implicit=True),
    ],
)
def test_files_are_dicom_by_content_whatever_their_names(make, folder, tmp_path):
    make(tmp_path / "other")
    np.testing.assert_array_equal(formats.read(tmp_path / "other").data, formats.read(folder).data)


def one_missing(folder):
    write_series(folder, keep=[index for index in range(12) if index != 5])


def three_missing(folder):
    write_series(folder, keep=[index for index in range(12) if index not in (5, 6, 7)])


def every_third_missing(folder):
    write_series(folder, keep=[index for index in range(12) if index % 3 != 1])


def one_missing_of_descending(folder):
    write_series(folder, Recipe(spacing=-6.0), keep=[index for index in range(12) if index != 2])


def unevenly_spaced(folder):
    for index, height in enumerate(np.cumsum([0, 3, 3, 3, 4.5, 3, 4.5, 3, 3])):
        made = image(Recipe(uid="1.2.3"), index)
        made.ImagePositionPatient = [0, 0, float(height)]
        write(made, folder / f"{index}.dcm")


def truncated_in_the_middle(folder):
    truncate(write_series(folder)[4])


def all_truncated(folder):
    for path in write_series(folder):
        truncate(path)


def differing_slices_at_one_position(folder):
    recipe = Recipe()
    write_series(folder, recipe)
    other = image(recipe, 3)
    other.PixelData = image(recipe, 7).PixelData
    write(other, folder / "other.dcm")


def three_orientations(folder):
    uid = "1.2.3"
    for count, orientation in enumerate(((1, 0, 0, 0, 1, 0), SAGITTAL, (1, 0, 0, 0, 0, -1))):
        write_series(folder, Recipe(slices=3, orientation=orientation, uid=uid), name=f"{count}_{{}}.dcm")


def single_slice(folder):
    write_series(folder, keep=[4])


def nothing(folder):
    folder.mkdir()
    (folder / "scan.dcm").write_bytes(b"no image")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (one_missing, r"slice 6 of 12 is missing \(12 mm from one slice to the next instead of 6 mm\)"),
        (three_missing, r"slices 6 to 8 of 12 are missing \(24 mm from"),
        (every_third_missing, r"slices 2, 5, 8, 11 of 12 are missing"),
        (one_missing_of_descending, r"slice 3 of 12 is missing"),
        (unevenly_spaced, r"unevenly spaced \(3 to 4\.5 mm apart\)"),
        (truncated_in_the_middle, r"slice 5 of 12 is truncated"),
        (all_truncated, r"slices 1, 2, 3, 4, 5, 6 and 6 more of 12 are truncated"),
        (differing_slices_at_one_position, r"1 of its 12 slice positions holds slices that differ"),
        (three_orientations, r"its 9 images have 3 orientations or matrices, as those of a localizer"),
        (single_slice, r"holds only one slice of series 3; copy the series again"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_series_whose_slices_form_no_scan_is_refused(make, sentence, tmp_path):
    make(tmp_path / "series")
    with pytest.raises(InputError, match=sentence) as caught:
        formats.read(tmp_path / "series")
    assert str(caught.value).startswith(f"{tmp_path / 'series'}: ")


def last_slices_missing(folder):
    write_series(folder, keep=range(10))


def first_slice_truncated(folder):
    truncate(write_series(folder)[0])


def copied_file(folder):
    shutil.copy(write_series(folder)[3], folder / "copy.dcm")


def repeated_slice(folder):
    recipe = Recipe()
    write_series(folder, recipe)
    write(image(recipe, 3), folder / "again.dcm")


def repeated_series(folder):
    recipe = Recipe()
    write_series(folder, recipe)
    write_series(folder, recipe, name="again{}.dcm")


def localizer_of_the_same_uid(folder):
    recipe = Recipe()
    write_series(folder, recipe)
    scout = Recipe(uid=recipe.uid, orientation=SAGITTAL, size=32, slices=3)
    write_series(folder, scout, name="scout{}.dcm")


def larger_image_of_the_same_uid(folder):
    recipe = Recipe()
    write_series(folder, recipe)
    write_series(folder, Recipe(uid=recipe.uid, size=64, slices=1), name="chart{}.dcm")


def two_echoes(folder):
    recipe = Recipe()
    write_series(folder, recipe)
    for index in range(12):
        made = image(recipe, index)
        made.EchoTime, made.EchoNumbers = 9.0, 2
        made.PixelData = (pixels(recipe, index) + 1).tobytes()
        write(made, folder / f"echo{index}.dcm")


def first_slice_of_another_modality(folder):
    recipe = Recipe()
    write_series(folder, recipe)
    made = image(recipe, 0)
    made.Modality = "PR"
    write(made, sorted(folder.iterdir())[0])


def first_slice_cut_off_in_its_header(folder):
    write_series(folder, Recipe())
    first = sorted(folder.iterdir())[0]
    content = first.read_bytes()
    first.write_bytes(content[: content.index(b"\x08\x00\x16\x00") + 2])  # before the SOP class


def phase_images(folder):
    recipe = Recipe()
    write_series(folder, recipe)
    for index in range(12):
        made = image(recipe, index)
        made.ImageType = ["ORIGINAL", "PRIMARY", "P", "ND"]
        made.PixelData = (pixels(recipe, index) * 2).tobytes()
        write(made, folder / f"phase{index}.dcm")


@pytest.mark.parametrize(
    ("make", "shape", "warning"),
    [
        (last_slices_missing, (16, 16, 10), None),
        (first_slice_truncated, (16, 16, 11), "slice 1 of 12 is truncated or damaged and left out"),
        (first_slice_of_another_modality, (16, 16, 11), "1 file cannot be read and is left out"),
        (first_slice_cut_off_in_its_header, (16, 16, 11), "1 file cannot be read and is left out"),
        (copied_file, (16, 16, 12), "1 file is left out as a copy of another"),
        (repeated_slice, (16, 16, 12), "1 file is left out: the same pixels"),
        (repeated_series, (16, 16, 12), "12 files are left out: the same pixels"),
        (localizer_of_the_same_uid, (16, 16, 12), "3 of 15 images left out: they have another orientation, matrix or"),
        (larger_image_of_the_same_uid, (16, 16, 12), "1 of 13 images left out"),
        (two_echoes, (16, 16, 12), "holds 2 images of the same slices (echo 1, echo 2); only echo 1 is used"),
        (phase_images, (16, 16, 12), "holds 2 images of the same slices (magnitude, phase); only magnitude is used"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_scan_is_read_in_place_and_what_is_left_out_is_reported_once(make, shape, warning, tmp_path):
    make(tmp_path / "series")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        volume = formats.read(tmp_path / "series")
    assert volume.shape == shape
    first = 12 - shape[2] if make.__name__.startswith("first_slice") else 0
    centre = pixels(Recipe(), 6)[8, 8]
    np.testing.assert_allclose(world_of(volume, centre), world_of_pixel(Recipe(), 6, 8, 8), atol=1e-3)
    assert volume.affine[2, 3] == pytest.approx(-36.0 + 6.0 * first)
    messages = [str(one.message) for one in caught if issubclass(one.category, DicomWarning)]
    assert messages == [] if warning is None else [warning in message for message in messages] == [True]


def test_time_series_is_read_with_all_frames(tmp_path):
    recipe = Recipe()
    for time in range(3):
        for index in range(12):
            made = image(recipe, index)
            made.InstanceNumber, made.AcquisitionNumber = 12 * time + index + 1, time + 1
            made.AcquisitionTime = f"1015{time:02d}"
            made.PixelData = (pixels(recipe, index) + time).tobytes()
            write(made, tmp_path / "series" / f"{time}_{index}.dcm")
    assert formats.read(tmp_path / "series").data.shape == (16, 16, 12, 3)


def test_time_series_whose_last_frame_is_cut_off_is_refused(tmp_path):
    recipe = Recipe()
    for time, count in enumerate((12, 12, 12, 9)):
        for index in range(count):
            made = image(recipe, index)
            made.InstanceNumber, made.AcquisitionNumber = 12 * time + index + 1, time + 1
            made.PixelData = (pixels(recipe, index) + time).tobytes()
            write(made, tmp_path / "series" / f"{time}_{index}.dcm")
    with pytest.raises(InputError, match="3 of its slice positions hold fewer slices than the others"):
        formats.read(tmp_path / "series")


def test_single_file_of_a_series_says_to_give_the_folder(folder):
    with pytest.raises(InputError, match=r"slice005\.dcm: is one slice of a series; give the folder"):
        formats.read(folder / "slice005.dcm")


def test_img_file_beside_a_hdr_file_is_a_pair_and_not_dicom(folder):
    shutil.copy(folder / "slice005.dcm", folder / "a.img")
    (folder / "a.hdr").write_bytes(b"x" * 348)
    with pytest.raises(InputError, match="not a NIfTI image"):
        formats.read(folder / "a.img")


def test_damaged_file_in_a_folder_is_counted_and_not_named(folder):
    (folder / "DOE_JANE.dcm").write_bytes(b"no image")
    with pytest.warns(DicomWarning, match="1 file cannot be read and is left out") as caught:
        formats.read(folder)
    assert not [one for one in caught if "JANE" in str(one.message)]


def test_folder_without_dicom_images_is_refused(tmp_path):
    nothing(tmp_path / "series")
    with pytest.raises(InputError, match="is a folder, not an image"):
        formats.read(tmp_path / "series")


@pytest.mark.filterwarnings("ignore::deskull.errors.DicomWarning")
def test_file_that_is_named_like_dicom_and_is_not_is_refused(tmp_path):
    (tmp_path / "scan.dcm").write_bytes(b"no image")
    with pytest.raises(InputError, match="holds no DICOM images"):
        formats.read(tmp_path / "scan.dcm")


def test_header_of_a_volume_holds_no_text_of_the_series(folder):
    header = formats.read(folder).header
    assert [bytes(header[name].tobytes()).strip(b"\0") for name in ("descrip", "aux_file", "db_name")] == [b""] * 3


def test_chosen_series_is_read(folder):
    write_series(folder, Recipe(number=7, slices=10), name="other{}.dcm")
    assert formats.read(folder, ReadOptions(series="7")).shape == (16, 16, 10)


def test_messages_hold_no_temporary_path_and_no_text_of_the_patient(tmp_path):
    every_third_missing(tmp_path / "series")
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        for path in (tmp_path / "series").iterdir():
            archive.write(path, f"Doe^Jane/{path.name}")
    with pytest.raises(InputError) as caught:
        formats.read(tmp_path / "study.zip")
    message = str(caught.value).replace(str(tmp_path / "study.zip"), "")
    assert "/" not in message
    assert "Doe" not in message


@pytest.mark.parametrize("name", REAL)
def test_real_series_is_read_as_dcm2niix_converts_it(name, data, tmp_path):
    dcm2niix = pytest.importorskip("dcm2niix")
    source = data / "dicom" / name
    with opened(source) as root:
        dcm2niix.main(["-z", "n", "-f", "plain", "-o", str(tmp_path), str(root)], capture_output=True)
    expected, volume = formats.read(next(tmp_path.glob("*.nii"))), formats.read(source)
    np.testing.assert_array_equal(volume.data, expected.data)
    np.testing.assert_array_equal(volume.affine, expected.affine)


def test_b_values_of_a_diffusion_series_are_those_of_its_headers(tmp_path):
    write_diffusion(tmp_path / "dwi", [0, 1000, 0, 2000])
    volume = formats.read(tmp_path / "dwi")
    assert volume.data.shape == (16, 16, 12, 4)
    assert volume.b_values == (0, 1000, 0, 2000)


def test_b_values_that_do_not_fit_the_frames_are_ignored_with_a_warning(tmp_path):
    (tmp_path / "image.bval").write_text("0 1000")
    with pytest.warns(
        SeriesWarning, match=r"study: what dcm2niix states as its b-values holds 2 b-values for 3 frames"
    ):
        assert _b_values(tmp_path / "image.bval", 3, Path("study")) == ()


def test_series_without_b_values_has_none(folder):
    assert formats.read(folder).b_values == ()
