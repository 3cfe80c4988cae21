"""DICOM: real series as folder, zip and multi-frame file; masks as DICOM SEG and back."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom", reason="needs pydicom (deskull[dicom])")
highdicom = pytest.importorskip("highdicom", reason="needs highdicom (deskull[dicom])")
dcm2niix = pytest.importorskip("dcm2niix", reason="needs dcm2niix (deskull[dicom])")

from typer.testing import CliRunner

from deskull import InputError, formats
from deskull.cli import app
from deskull.formats.dicom.reading import list_series, opened, read
from deskull.formats.dicom.segmentation import frames, write_seg

NAMES = ("siemens_t1_sagittal.zip", "siemens_xa30_enhanced_t1")


@pytest.fixture(params=NAMES)
def source(request, data):
    path = data / "dicom" / request.param
    if not path.exists():
        pytest.skip(f"needs {path}")
    return path


@pytest.fixture
def two_series(data, tmp_path):
    """A folder with both samples: series 3 and 5."""
    folder = tmp_path / "study"
    with zipfile.ZipFile(data / "dicom" / NAMES[0]) as archive:
        archive.extractall(folder)
    shutil.copytree(data / "dicom" / NAMES[1], folder / NAMES[1])
    return folder


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


def converted(source, folder):
    """What dcm2niix itself makes of a source."""
    with opened(source) as root:
        folder.mkdir()
        dcm2niix.main(["-z", "n", "-f", "plain", "-o", str(folder), str(root)], capture_output=True)
    return next(folder.glob("*.nii"))


def test_the_same_mask_as_from_dcm2niix(source, tmp_path):
    plain = converted(source, tmp_path / "nifti")
    ours, theirs = formats.read(source), formats.read(plain)
    np.testing.assert_array_equal(ours.data, theirs.data)
    np.testing.assert_array_equal(ours.affine, theirs.affine)
    done = run("strip", source, plain, "-o", tmp_path / "out", "--mask-only", "--jobs", 1)
    assert done.exit_code == 0, done.output
    masks = [formats.read(path) for path in sorted((tmp_path / "out").glob("*_brainmask.nii.gz"))]
    assert len(masks) == 2
    assert masks[0].data.any()
    np.testing.assert_array_equal(masks[0].data, masks[1].data)


def test_nothing_tells_who_it_is(source, tmp_path):
    with opened(source) as root:
        image = pydicom.dcmread(list_series(root)[0].files[0], stop_before_pixels=True)
    texts = ("PN", "LO", "SH", "UI", "DA", "TM", "DT", "LT", "ST", "UT", "AS")
    said = {str(element.value) for element in image.iterall() if element.VR in texts}
    known = {value for value in said if len(value) > 5 and not value.startswith("1.2.840.10008.")}
    assert len(known) > 20
    done = run("strip", source, "-o", tmp_path, "--dicom-seg", "--table", tmp_path / "table.tsv")
    assert done.exit_code == 0, done.output
    told = done.output + done.stderr + (tmp_path / "table.tsv").read_text()
    assert [value for value in known if value in told.replace(str(source), "")] == []
    header = bytes(formats.read(next(tmp_path.glob("*_brain.nii.gz"))).header.binaryblock)
    seg = next(tmp_path.glob("*_seg.dcm")).read_bytes()
    assert [value for value in known if value.encode() in header] == []
    assert [value for value in known if value.encode() in seg] == []


def test_a_folder_with_our_results_in_it_is_still_one_series(data, tmp_path):
    folder = tmp_path / "series"
    shutil.copytree(data / "dicom" / NAMES[1], folder)
    for options in ((), ("--overwrite",)):
        done = run("strip", folder, "-o", folder, "--dicom-seg", *options)
        assert done.exit_code == 0, done.output
    assert (folder / "series_seg.dcm").exists()


@pytest.mark.parametrize("keep", [False, True])
def test_a_segmentation_is_read_back_voxel_for_voxel(source, tmp_path, keep):
    scan = read(source)
    drawn = np.random.default_rng(0).random(scan.shape) > 0.7
    write_seg(scan.with_data(drawn.astype(np.uint8)), source, tmp_path / "seg.dcm", keep_identity=keep)
    found = highdicom.seg.segread(tmp_path / "seg.dcm")
    with opened(source) as root:
        images = [pydicom.dcmread(path, stop_before_pixels=True) for path in list_series(root)[0].files]
    assert (found.PatientID == images[0].PatientID) == keep
    back = np.zeros(scan.shape, np.uint8)
    for plane, affine in zip(*_planes(found), strict=True):
        places = (
            np.linalg.inv(scan.affine)
            @ affine
            @ np.stack([*np.indices(plane.shape), np.ones(plane.shape)]).reshape(3, -1)
        )
        back[tuple(np.rint(places[:3]).astype(int))] = plane.ravel()
    np.testing.assert_array_equal(back, drawn)


def _planes(segmentation):
    """Pixels of each stored frame, and its map to world mm."""
    maps = [affine for affine, _ in frames([segmentation])]
    return segmentation.pixel_array.reshape(len(maps), segmentation.Rows, segmentation.Columns), maps


def test_series_are_chosen(two_series, tmp_path):
    assert [one.number for one in list_series(two_series)] == [3, 5]
    archive = shutil.make_archive(str(tmp_path / "both"), "zip", two_series)
    with pytest.raises(InputError, match=r"holds 2 series \(3, 5\); choose one with --series N"):
        formats.read(archive)
    done = run("strip", archive, "-o", tmp_path / "all", "--series", "all", "--mask-only", "--jobs", 1)
    assert done.exit_code == 0, done.output
    made = sorted(path.name for path in (tmp_path / "all").glob("*.nii.gz"))
    assert made == ["both_series-3_brainmask.nii.gz", "both_series-5_brainmask.nii.gz"]
    wrong = run("strip", archive, "-o", tmp_path / "one", "--series", "7")
    assert wrong.exit_code == 1
    assert "0 series of number 7" in wrong.stderr
    assert run("strip", archive, "--series", "first").exit_code == 2


def test_folders_of_series_are_found_in_a_tree(two_series, tmp_path):
    done = run("strip", two_series, "-o", tmp_path / "out", "--mask-only", "--jobs", 1)
    assert done.exit_code == 0, done.output
    made = sorted(path.name for path in (tmp_path / "out").rglob("*.nii.gz"))
    assert made == ["siemens_t1_sagittal_brainmask.nii.gz", "siemens_xa30_enhanced_t1_brainmask.nii.gz"]


def test_what_is_no_dicom_says_so(tmp_path):
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("note.txt", "nothing here")
    (tmp_path / "bad.dcm").write_bytes(b"no image")
    for name, said in (("bad.zip", "cannot be unpacked"), ("empty.zip", "holds no DICOM images")):
        with pytest.raises(InputError, match=said):
            formats.read(tmp_path / name)
    with pytest.raises(InputError, match="holds no DICOM images"), pytest.warns(UserWarning, match="cannot be read"):
        formats.read(tmp_path / "bad.dcm")


def test_a_mask_of_another_grid_is_refused(source, tmp_path):
    scan = read(source)
    moved = scan.affine.copy()
    moved[:3, 3] += 0.4 * scan.voxel_sizes
    mask = replace(scan.with_data(np.ones(scan.shape, np.uint8)), affine=moved)
    with pytest.raises(InputError, match="does not lie on this series' own grid"):
        write_seg(mask, source, tmp_path / "s.dcm")


def test_what_cannot_be_read_of_a_source_is_counted_not_named(data, tmp_path):
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        for path in (data / "dicom" / NAMES[1]).rglob("*"):
            archive.write(path, path.name)
        archive.writestr("DOE^JANE/slice.dcm", b"no image")
    done = run("strip", tmp_path / "study.zip", "-o", tmp_path / "out", "--mask-only")
    assert done.exit_code == 0, done.output
    assert "study.zip: 1 files cannot be read and are left out" in done.stderr
    assert "JANE" not in done.output + done.stderr
