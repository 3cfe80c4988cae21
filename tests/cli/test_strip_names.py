"""``deskull strip``: files that the user names, and command lines as other tools have them."""

from __future__ import annotations

import os

import numpy as np
import pytest

from deskull import formats
from deskull.volume import Volume, grid_mismatch


def names(folder):
    return sorted(os.listdir(folder)) if folder.exists() else []


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_file_name_is_that_of_the_brain_and_the_mask_lies_beside_it(strip, scan, out):
    done = strip(scan, "-o", out / "b.nii.gz")
    assert done.exit_code == 0, done.output
    assert names(out) == ["b.nii.gz", "b_brainmask.nii.gz"]
    brain, mask = formats.read(out / "b.nii.gz"), formats.read(out / "b_brainmask.nii.gz")
    np.testing.assert_array_equal(brain.data, np.where(mask.data, formats.read(scan).data, 0))


def test_file_name_is_that_of_the_mask_with_mask_only(strip, scan, out):
    assert strip(scan, "-o", out / "m.nii.gz", "--mask-only").exit_code == 0
    assert names(out) == ["m.nii.gz"]
    assert set(np.unique(formats.read(out / "m.nii.gz").data)) == {0, 1}


@pytest.mark.parametrize("option", ["-m", "--mask"])
def test_mask_gets_the_file_that_is_named(strip, scan, out, option):
    done = strip(scan, "-o", out / "b.nii.gz", option, out / "masks" / "m.nii.gz")
    assert done.exit_code == 0, done.output
    assert names(out) == ["b.nii.gz", "masks"]
    assert names(out / "masks") == ["m.nii.gz"]
    assert done.stdout.endswith(
        f"-> {out / 'masks' / 'm.nii.gz'}; not judged: Only masks of the network 'default' can be judged.\n"
    )


def test_existing_file_is_kept_without_overwrite(strip, scan, out):
    out.mkdir()
    (out / "b.nii.gz").write_bytes(b"precious")
    done = strip(scan, "-o", out / "b.nii.gz")
    assert done.exit_code == 1
    assert "--overwrite" in done.stderr
    assert names(out) == ["b.nii.gz"]
    assert (out / "b.nii.gz").read_bytes() == b"precious"


def test_scan_is_not_replaced_even_with_overwrite(strip, scan):
    before = scan.read_bytes()
    done = strip(scan, "-o", scan, "--overwrite")
    assert done.exit_code == 2
    assert "is one of the scans" in done.stderr
    assert scan.read_bytes() == before


def test_resume_finds_the_named_files(strip, scan, out):
    assert strip(scan, "-o", out / "b.nii.gz").exit_code == 0
    assert strip(scan, "-o", out / "b.nii.gz", "--resume").exit_code == 0


@pytest.mark.parametrize("suffix", formats.WRITABLE)
@pytest.mark.parametrize("scan_suffix", [".nii.gz", ".mgz", ".nrrd", ".mha"])
def test_results_in_another_format_than_the_scan_keep_its_voxels_and_geometry(
    strip, tmp_path, tiny_head, suffix, scan_suffix
):
    """The scan is oblique, with voxels of three sizes and another order of its axes."""
    turn = np.array([[0, 0.96, -0.28], [-0.8, 0.168, 0.576], [0.6, 0.224, 0.768]])
    affine = tiny_head.affine.copy()
    affine[:3, :3] = turn @ np.diag([4.0, 3.5, 4.5])
    scan = tmp_path / f"scan{scan_suffix}"
    formats.write(Volume(tiny_head.data, affine), scan)
    done = strip(scan, "-o", tmp_path / f"b{suffix}")
    assert done.exit_code == 0, done.output
    raw, brain, mask = (
        formats.read(path) for path in (scan, tmp_path / f"b{suffix}", tmp_path / f"b_brainmask{suffix}")
    )
    for written in (brain, mask):
        assert grid_mismatch(written, raw) == ""
        np.testing.assert_allclose(written.affine, raw.affine, atol=1e-3)
    np.testing.assert_array_equal(brain.values(), np.where(mask.data, raw.values(), 0))


def test_series_is_written_in_another_format(strip, tmp_path, tiny_head):
    series = Volume(np.stack([tiny_head.data, tiny_head.data // 2], axis=-1), tiny_head.affine)
    formats.write(series, tmp_path / "bold.mgz")
    done = strip(tmp_path / "bold.mgz", "-o", tmp_path / "b.nii.gz")
    assert done.exit_code == 0, done.output
    assert formats.read(tmp_path / "b.nii.gz").data.shape == series.data.shape


def test_file_name_for_several_scans_is_refused(strip, scan, out):
    other = scan.with_name("other.nii.gz")
    other.write_bytes(scan.read_bytes())
    for options in (("-o", out / "b.nii.gz"), ("-m", out / "m.nii.gz")):
        done = strip(scan, other, *options)
        assert done.exit_code == 2
        assert done.stderr.endswith(": is a file, but there are 2 scans; give a folder for their results.\n")
    assert names(out) == []


def test_ending_that_is_not_written_is_refused_before_any_work(strip, scan, out):
    done = strip(scan, "-o", out / "b.mnc")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {out / 'b.mnc'}: nothing is written with this ending; use .nii.gz")
    assert names(out) == []


def test_folder_that_is_named_like_an_image_is_a_folder(strip, scan, out):
    (out / "d.nii.gz").mkdir(parents=True)
    assert strip(scan, "-o", out / "d.nii.gz", "--mask-only").exit_code == 0
    assert names(out / "d.nii.gz") == [f"{scan.name[:-7]}_brainmask.nii.gz"]


@pytest.mark.parametrize("name", ["out.nii.gz", "results"])
def test_second_argument_that_does_not_exist_is_taken_for_the_output(strip, scan, tmp_path, name):
    done = strip(scan, tmp_path / name)
    assert done.exit_code == 2
    assert done.stderr == f"error: {tmp_path / name}: no such file; did you mean -o {tmp_path / name}?\n"
    assert names(scan.parent) == [scan.name]


def test_second_argument_that_exists_is_a_scan(strip, scan, out):
    other = scan.with_name("other.nii.gz")
    other.write_bytes(scan.read_bytes())
    assert strip(scan, other, "--mask-only", "--jobs", 1).exit_code == 0
    assert "other_brainmask.nii.gz" in names(scan.parent)


def test_missing_table_is_not_taken_for_the_output(strip, scan, tmp_path):
    done = strip(scan, tmp_path / "scans.csv")
    assert "did you mean" not in done.stderr


@pytest.mark.parametrize("ending", [".jpg", ".PNG", ".tif", ".webp"])
@pytest.mark.parametrize("option", ["-o", "-m"])
def test_name_of_a_picture_is_refused(strip, scan, out, option, ending):
    done = strip(scan, option, out / f"b{ending}")
    assert done.exit_code == 2
    fault = "ends like a picture; name a scan or a folder, or draw one with 'deskull show'."
    assert done.stderr == f"error: {out / f'b{ending}'}: {fault}\n"
    assert not out.exists()


def test_existing_folder_may_be_named_like_a_picture(strip, scan, out):
    (out / "b.png").mkdir(parents=True)
    assert strip(scan, "-o", out / "b.png", "--mask-only").exit_code == 0
    assert names(out / "b.png") == ["sub-01_T1w_brainmask.nii.gz"]
