"""Inheritance: which files of the folders above a scan describe it, and in which order."""

from __future__ import annotations

import warnings

import pytest

from deskull.bids.inheritance import InheritedBValues, InheritedFiles, InheritedSidecars
from deskull.errors import DeskullWarning, SeriesWarning
from deskull.formats.b_values import FoundBValues
from tests.bids.conftest import SCANS, add_scan

DWI = "sub-01/ses-1/dwi/sub-01_ses-1_acq-fast_dwi"


def inherited(raw, scan):
    return [path.relative_to(raw).as_posix() for path in InheritedFiles(raw, ".json").of(raw / f"{scan}.nii.gz")]


def test_sidecars_of_the_whole_dataset_come_before_the_scans_own(raw):
    names = ("T1w.json", "acq-fast_T1w.json", "sub-01/ses-2/anat/sub-01_ses-2_acq-fast_T1w.json")
    for name in names:
        (raw / name).write_text("{}")
    assert inherited(raw, SCANS[3]) == list(names)


@pytest.mark.parametrize("name", ["T2w.json", "acq-fast_T1w.json", "sub-01/T1w.json", "sub-02/anat/sub-03_T1w.json"])
def test_sidecar_of_other_scans_is_not_inherited(raw, name):
    (raw / name).write_text("{}")
    assert inherited(raw, SCANS[4]) == []


def test_sidecar_above_the_dataset_is_not_inherited(raw, tmp_path):
    (tmp_path / "T1w.json").write_text("{}")
    assert inherited(raw, SCANS[4]) == []


@pytest.fixture
def linked(raw, tmp_path):
    """Two sidecars that links lead out of the dataset to, and one of its own that the same scan inherits."""
    (tmp_path / "secret.json").write_text('{"token": "abc"}')
    for name in ("T1w.json", "sub-02/sub-02_T1w.json"):
        (raw / name).symlink_to(tmp_path / "secret.json")
    (raw / f"{SCANS[4]}.json").write_text("{}")
    return raw


def test_sidecar_that_a_link_leads_to_outside_the_dataset_is_not_inherited(linked):
    with pytest.warns(DeskullWarning, match=r"T1w\.json: is a link that leads out of the dataset"):
        files = InheritedSidecars(linked).of(linked / f"{SCANS[4]}.nii.gz")
    assert files == [linked / f"{SCANS[4]}.json"]


def test_sidecars_outside_the_dataset_are_warned_of_once(linked):
    sidecars = InheritedSidecars(linked)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for scan in SCANS:
            sidecars.of(linked / f"{scan}.nii.gz")
    assert len(caught) == 1


def test_sidecar_in_a_folder_that_is_a_link_out_of_the_dataset_is_not_inherited(raw, tmp_path):
    (raw / "sub-02").rename(tmp_path / "sub-02")
    (raw / "sub-02").symlink_to(tmp_path / "sub-02")
    (tmp_path / f"{SCANS[4]}.json").write_text("{}")
    with pytest.warns(DeskullWarning, match="leads out of the dataset"):
        assert InheritedSidecars(raw).of(raw / f"{SCANS[4]}.nii.gz") == []


@pytest.mark.parametrize("through_link", [False, True])
def test_sidecar_whose_content_git_annex_keeps_is_inherited(raw, tmp_path, through_link):
    content = raw / ".git" / "annex" / "objects" / "x1" / "MD5E-s2--1.json"
    content.parent.mkdir(parents=True)
    content.write_text("{}")
    (raw / "sub-02" / "sub-02_T1w.json").symlink_to("../.git/annex/objects/x1/MD5E-s2--1.json")
    root = raw
    if through_link:
        root = tmp_path / "link"
        root.symlink_to(raw)
    files = InheritedSidecars(root).of(root / f"{SCANS[4]}.nii.gz")
    assert files == [root / "sub-02" / "sub-02_T1w.json"]


@pytest.fixture
def series(raw):
    """A diffusion series."""
    return add_scan(raw, DWI)


@pytest.mark.parametrize(
    "name", ["dwi.bval", "acq-fast_dwi.bval", "sub-01/sub-01_dwi.bval", "sub-01/ses-1/sub-01_ses-1_dwi.bval"]
)
def test_b_values_of_any_folder_above_are_inherited(raw, series, name):
    (raw / name).write_text("0 1000")
    assert InheritedBValues(raw).of(series) == FoundBValues(raw / name)


def test_b_values_nearest_to_the_series_count(raw, series):
    for name in ("dwi.bval", "acq-fast_dwi.bval", "sub-01/sub-01_dwi.bval"):
        (raw / name).write_text("0 1000")
        assert InheritedBValues(raw).of(series) == FoundBValues(raw / name)


@pytest.mark.parametrize("ending", [".bval", ".bvals"])
def test_series_with_b_values_of_its_own_inherits_none(raw, series, ending):
    (raw / "dwi.bval").write_text("0 1000")
    (raw / f"{DWI}{ending}").write_text("0 2000")
    assert InheritedBValues(raw).of(series) is None


@pytest.mark.parametrize("name", ["acq-slow_dwi.bval", "sbref.bval", "dwi.bvec", "../dwi.bval", "sub-02/dwi.bval"])
def test_b_values_of_other_series_are_not_inherited(raw, series, name):
    (raw / name).write_text("0 1000")
    assert InheritedBValues(raw).of(series) is None


def test_b_values_that_a_link_leads_to_outside_the_dataset_are_ignored_with_one_warning(raw, series, tmp_path):
    (tmp_path / "elsewhere.txt").write_text("0 1000")
    (raw / "dwi.bval").symlink_to(tmp_path / "elsewhere.txt")
    b_values = InheritedBValues(raw)
    with pytest.warns(SeriesWarning, match=r"dwi\.bval: is a link that leads out of the dataset"):
        assert b_values.of(series) is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert b_values.of(series) is None


def test_b_values_that_a_link_leads_to_within_the_dataset_are_inherited(raw, series):
    (raw / ".objects").mkdir()
    (raw / ".objects" / "1").write_text("0 1000")
    (raw / "dwi.bval").symlink_to(raw / ".objects" / "1")
    assert InheritedBValues(raw).of(series) == FoundBValues(raw / "dwi.bval")


def test_link_to_itself_is_left_to_the_reader(raw, series):
    (raw / "dwi.bval").symlink_to(raw / "dwi.bval")
    assert InheritedBValues(raw).of(series) == FoundBValues(raw / "dwi.bval")


def test_dataset_reached_through_a_link_has_its_own_b_values(raw, series, tmp_path):
    (raw / "dwi.bval").write_text("0 1000")
    (tmp_path / "link").symlink_to(raw)
    found = InheritedBValues(tmp_path / "link").of(tmp_path / "link" / f"{DWI}.nii.gz")
    assert found == FoundBValues(tmp_path / "link" / "dwi.bval")
