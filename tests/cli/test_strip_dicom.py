"""``deskull strip`` on DICOM: series, segmentations, and what is not told of the patient."""

from __future__ import annotations

import json
import os
import zipfile

import numpy as np
import pytest

pytest.importorskip("highdicom", reason="needs highdicom (deskull[dicom])")
pytest.importorskip("dcm2niix", reason="needs dcm2niix (deskull[dicom])")

import pydicom

from deskull import formats
from deskull.volume import grid_mismatch
from tests.formats.dicom.synthetic import Recipe, image, write, write_diffusion, write_series


def names(folder):
    return sorted(os.listdir(folder))


@pytest.fixture
def head_series(tmp_path, tiny_head):
    """The tiny head as axial DICOM slices of 2 mm, after a localizer in the same folder."""
    folder = tmp_path / "study"
    data = np.asarray(tiny_head.values() / tiny_head.values().max() * 1000, np.int16)
    size = tiny_head.shape
    recipe = Recipe(slices=size[2], spacing=2.0, origin=(0.0, 0.0, 0.0), uid="1.2.7")
    for index in range(size[2]):
        made = image(recipe, index)
        made.Rows, made.Columns = size[1], size[0]
        made.PixelData = np.ascontiguousarray(data[..., index].T).tobytes()
        write(made, folder / f"slice{index:03d}")
    write_series(folder, Recipe(number=1, description="Doe scout", slices=3), name="scout{}")
    return folder


def test_only_scan_of_a_folder_is_stripped_and_the_localizer_is_reported_once(strip, head_series, tmp_path):
    done = strip(head_series, "-o", tmp_path / "out", "--mask-only")
    assert done.exit_code == 0, done.output
    assert names(tmp_path / "out") == ["study_brainmask.nii.gz"]
    assert done.stderr.count("series 1 (localizer) is not stripped") == 1


def test_series_all_skips_the_localizer_without_a_failure(strip, head_series, tmp_path):
    done = strip(head_series, "-o", tmp_path / "out", "--mask-only", "--series", "all")
    assert done.exit_code == 0, done.output
    assert names(tmp_path / "out") == ["study_series-3_brainmask.nii.gz"]
    assert done.stderr.count("series 1 (localizer) is not stripped") == 1


def test_quality_file_tells_the_scanner_but_not_the_patient(strip, head_series, tmp_path):
    for path in head_series.glob("slice*"):
        made = pydicom.dcmread(path)
        made.Manufacturer, made.PatientName, made.InstitutionName = "SIEMENS", "Doe", "Clinic"
        made.save_as(path)
    done = strip(head_series, "-o", tmp_path / "out", "--mask-only", "--quality-file")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "out" / "study_quality.json").read_text()
    assert json.loads(text)["quality"]["input"]["Manufacturer"] == "Siemens"
    assert not any(name in text for name in ("Doe", "Clinic"))


def test_segmentation_is_written_beside_the_mask(strip, head_series, tmp_path):
    done = strip(head_series, "-o", tmp_path / "out", "--mask-only", "--dicom-seg", "--series", "#2")
    assert done.exit_code == 0, done.output
    assert names(tmp_path / "out") == ["study_series-3_brainmask.nii.gz", "study_series-3_seg.dcm"]


def test_folder_with_results_in_it_can_be_stripped_again(strip, head_series):
    for options in ((), ("--overwrite",)):
        done = strip(head_series, "-o", head_series, "--dicom-seg", *options)
        assert done.exit_code == 0, done.output
    assert (head_series / "study_seg.dcm").exists()


def test_converted_head_is_written_on_the_grid_of_the_mask(strip, head_series, tmp_path):
    done = strip(head_series, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert names(tmp_path / "out") == [f"study_{kind}.nii.gz" for kind in ("brain", "brainmask", "converted")]
    head, brain, mask = (
        formats.read(tmp_path / "out" / f"study_{kind}.nii.gz") for kind in ("converted", "brain", "brainmask")
    )
    assert grid_mismatch(mask, head) == ""
    np.testing.assert_array_equal(brain.data, np.where(mask.data, head.data, 0))
    assert head.data[mask.data == 0].any()


def test_results_of_a_series_get_the_file_that_is_named(strip, head_series, tmp_path):
    done = strip(head_series, "-o", tmp_path / "out" / "t1.nii.gz")
    assert done.exit_code == 0, done.output
    assert names(tmp_path / "out") == ["t1.nii.gz", "t1_brainmask.nii.gz", "t1_converted.nii.gz"]


def test_results_and_messages_hold_nothing_of_the_patient(strip, head_series, tmp_path):
    done = strip(head_series, "-o", tmp_path / "out", "--dicom-seg", "--table", tmp_path / "table.tsv")
    assert done.exit_code == 0, done.output
    text = (done.output + done.stderr + (tmp_path / "table.tsv").read_text()).encode()
    headers = (formats.read(tmp_path / "out" / f"study_{kind}.nii.gz").header for kind in ("brain", "converted"))
    content = (
        text
        + b"".join(bytes(header.binaryblock) for header in headers)
        + (tmp_path / "out" / "study_seg.dcm").read_bytes()
    )
    assert [value for value in (b"Doe", b"Jane", b"4711-0815", b"19500203", b"20200102") if value in content] == []


def test_several_series_are_listed_with_the_option_that_chooses_one(strip, head_series, tmp_path):
    write_series(head_series, Recipe(number=9, description="FLAIR", slices=3), name="flair{}")
    done = strip(head_series, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert "holds 3 series; choose one with --series '#2'" in done.stderr
    assert "#3 number 9, 'FLAIR', 16x16" in done.stderr


def test_archive_beyond_the_limit_is_refused_naming_the_option(strip, head_series, tmp_path):
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        for path in head_series.iterdir():
            archive.write(path, path.name)
    done = strip(tmp_path / "study.zip", "-o", tmp_path / "out", "--max-archive-gb", "0.00001")
    assert done.exit_code == 1
    assert "more than --max-archive-gb 1e-05; raise this limit" in done.stderr


def test_mask_of_a_diffusion_series_is_made_from_its_frames_without_weighting(strip, tiny_head, tmp_path):
    volume = tiny_head.values() / tiny_head.values().max() * 1000
    write_diffusion(tmp_path / "dwi", [1000, 0, 1000, 0], volume)
    write_diffusion(tmp_path / "b0", [0], volume)
    facts = [json.loads(strip(tmp_path / name, "--mask-only", "--json").stdout) for name in ("dwi", "b0")]
    assert [one["averaged_frames"] for one in facts] == ["1, 3", None]
    masks = [formats.read(one["files"]["brainmask"]).data for one in facts]
    np.testing.assert_array_equal(*masks)
