"""Pictures: files of every scan that can be read, and a sentence for every other."""

from __future__ import annotations

import numpy as np
import pytest

from deskull import Volume, formats
from deskull.report.batch.entries import Entry
from deskull.report.batch.pictures import LARGEST_PAGE, LARGEST_STRIP, draw_all
from tests.report.batch.conftest import make_object


@pytest.fixture(scope="module")
def entry(results):
    return Entry("oblique.nii.gz", results.parent / "scans" / "oblique.nii.gz", results / "oblique_brainmask.nii.gz")


def draw(entry, folder):
    ((number, drawn),) = draw_all([entry], folder, 1, viewer=False)
    assert number == 1
    return drawn


def test_strip_and_slices_are_small_files(entry, tmp_path):
    drawn = draw(entry, tmp_path)
    assert drawn.problem == ""
    sizes = {path.name: sum(file.stat().st_size for file in path.iterdir()) for path in tmp_path.iterdir()}
    assert sizes["strips"] <= LARGEST_STRIP
    assert sizes["slices"] <= LARGEST_PAGE


def test_panels_name_the_planes_and_positions_within_the_mask(entry, tmp_path):
    panels = draw(entry, tmp_path).panels
    assert [panel.plane for panel in panels] == ["sagittal", "coronal", "axial"]
    assert all(len(panel.positions) == 5 and list(panel.positions) == sorted(panel.positions) for panel in panels)


def test_volume_is_that_of_the_mask(entry, tmp_path):
    _, mask = make_object("oblique")
    assert draw(entry, tmp_path).volume_ml == pytest.approx(mask.data.sum() * 8 / 1000, rel=1e-3)


def test_scans_are_drawn_in_several_processes(entry, tmp_path):
    drawn = dict(draw_all([entry, entry, entry], tmp_path, 2, viewer=True))
    assert sorted(drawn) == [1, 2, 3]
    assert sorted(path.name for path in (tmp_path / "volumes").iterdir()) == ["00001.js", "00002.js", "00003.js"]


def test_scan_that_was_not_found_keeps_the_volume(entry, tmp_path):
    drawn = draw(Entry(entry.name, None, entry.mask), tmp_path)
    assert drawn.panels == ()
    assert drawn.volume_ml is not None
    assert "the scan was not found; give --scans FOLDER" in drawn.problem


def test_mask_that_has_gone_is_named(tmp_path):
    drawn = draw(Entry("a.nii.gz", None, None, {"mask": "gone.nii.gz"}), tmp_path)
    assert drawn.problem == "a.nii.gz: its mask was not found; strip the scan again."


def test_scan_that_was_never_stripped_has_no_problem_of_its_own(tmp_path):
    assert draw(Entry("a.nii.gz", None, None, {"error": "a: is damaged."}), tmp_path).problem == ""


def test_damaged_mask_is_named_without_its_folder(entry, tmp_path):
    mask = tmp_path / "a_brainmask.nii.gz"
    mask.write_bytes(b"no mask")
    drawn = draw(Entry("a.nii.gz", entry.scan, mask), tmp_path / "report")
    assert drawn.volume_ml is None
    assert drawn.problem.startswith("a_brainmask.nii.gz: ")


def test_mask_on_another_grid_is_a_problem(entry, tmp_path):
    mask = tmp_path / "a_brainmask.nii.gz"
    formats.write(Volume(np.ones((40, 40, 40), np.uint8), np.diag([4.0, 4, 4, 1])), mask)
    drawn = draw(Entry("a.nii.gz", entry.scan, mask), tmp_path / "report")
    assert drawn.panels == ()
    assert drawn.problem
