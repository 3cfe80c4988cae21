"""The static page in a browser that reaches nothing else: what it saves is what the command line writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import deskull
from deskull import formats
from deskull.web.static_site import build_site
from tests.pages import files_of_tests, find_browser, run_in_browser
from tests.web.served_scans import Case, differing, make_cases

SCAN = "siemens_xa30_T1_2mm.nii.gz"
DICOM = "siemens_t1_sagittal.zip"


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    """The folder of the page."""
    folder: Path = tmp_path_factory.mktemp("site") / "page"
    build_site(folder)
    return folder


@pytest.fixture(scope="module")
def marked(data, tmp_path_factory) -> Case:
    """An oblique scan, small, with voxels that are brighter than all others."""
    (case,) = make_cases(data, tmp_path_factory.mktemp("marked"), names=("oblique",))
    return case


@pytest.fixture(scope="module")
def saved(data, page, marked, tmp_path_factory) -> Path:
    """The folder of what the tests of the page have saved, after they passed."""
    browser = find_browser("app")  # the tests are driven by the packages of web/app
    results: Path = tmp_path_factory.mktemp("results")
    files = {"SITE": page, "SCAN": data / "unlabelled" / SCAN, "DICOM": data / "dicom" / DICOM, "RESULTS": results}
    settings = {**files, "MARKED": marked.file, "MARKS": len(marked.marks)}
    for tests in files_of_tests("site"):
        run_in_browser(tests, browser, {name: str(path) for name, path in settings.items()})
    return results


@pytest.fixture(scope="module")
def stripped(data) -> deskull.Result:
    """What the command line makes of the scan."""
    return deskull.strip(data / "unlabelled" / SCAN, model="small", quality="none")


def test_saved_mask_is_that_of_the_command_line(saved, stripped):
    assert_parity(formats.read(saved / SCAN.replace(".nii", "_brainmask.nii")), stripped.mask)


def test_saved_mask_of_a_dicom_series_is_that_of_the_command_line(saved, data):
    pytest.importorskip("dcm2niix")
    stripped = deskull.strip(data / "dicom" / DICOM, model="small", quality="none")
    assert_parity(formats.read(saved / DICOM.replace(".zip", "_brainmask.nii.gz")), stripped.mask)


def assert_parity(saved: deskull.Volume, expected: deskull.Volume) -> None:
    """Fail unless two masks are the same to within 0.05 % of Dice and 0.1 % of volume."""
    np.testing.assert_allclose(saved.affine, expected.affine, atol=1e-4)
    ours, theirs = saved.data > 0, expected.data > 0
    assert 2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()) >= 0.9995
    assert abs(ours.sum() / theirs.sum() - 1) <= 0.001


def test_saved_files_have_the_header_of_the_scan(saved, stripped, tmp_path):
    for name, volume in {"brainmask": stripped.mask, "brain": stripped.brain, "distance": stripped.distance}.items():
        path = tmp_path / f"{name}.nii.gz"
        formats.write(volume, path)
        theirs, ours = (formats.read(file).header for file in (path, saved / SCAN.replace(".nii", f"_{name}.nii")))
        assert ours.binaryblock == theirs.binaryblock


def test_saved_distance_is_that_of_the_command_line(saved, stripped):
    distance = formats.read(saved / SCAN.replace(".nii", "_distance.nii"))
    near = np.abs(stripped.distance.data) < 4
    assert np.abs(distance.data - stripped.distance.data)[near].mean() < 0.01


def test_edited_mask_differs_by_the_voxels_that_its_record_states(saved):
    mask, edited = (
        formats.read(saved / SCAN.replace(".nii", f"_{name}.nii")) for name in ("brainmask", "desc-edited_mask")
    )
    [edit] = json.loads((saved / SCAN.replace(".nii.gz", "_desc-edited_mask.json")).read_text())["Edits"]
    assert edit["Editor"] == "Łucja R."
    assert edit["RemovedVoxels"] == int((mask.data > edited.data).sum()) > 0
    assert edit["AddedVoxels"] == int((mask.data < edited.data).sum()) == 0


def test_default_network_judges_the_demo_as_the_command_line_does(saved, page):
    stripped = deskull.strip(page / "demo_head.nii.gz")
    assert_parity(formats.read(saved / "demo_head_brainmask.nii.gz"), stripped.mask)
    job = json.loads((saved / "demo_head_job.json").read_text())
    assert stripped.quality is not None
    assert job["quality"]["verdict"] == stripped.quality.verdict
    assert job["quality"]["predicted_dice"] == pytest.approx(stripped.quality.predicted_dice, abs=0.01)
    assert job["quality"]["reasons"] == list(stripped.quality.reasons)
    assert job["volume_ml"] == pytest.approx(stripped.volume_ml, rel=0.001)


def test_brush_changes_exactly_the_voxels_that_were_brushed(saved, marked):
    changed = differing(saved / "oblique_brainmask.nii.gz", saved / "oblique_desc-edited_mask.nii.gz")
    assert changed == set(marked.marks)
