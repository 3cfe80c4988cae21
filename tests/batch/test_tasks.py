"""Tasks: results of different scans never have the same name."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull import UsageError
from deskull.batch.outputs import Sidecar
from deskull.batch.tasks import Task, check_outputs, drop_duplicates, shard, unique_outputs
from deskull.errors import DeskullWarning


def task(scan: str, folder: str = "out") -> Task:
    return Task(Path(scan), Path(folder))


def names(tasks) -> list[str]:
    return [found.scan.name for found in tasks]


def test_segmentation_and_converted_head_are_results_of_dicom_scans_alone():
    kinds = ("brainmask", "seg", "converted")
    assert list(task("a.nii.gz").result_files(kinds)) == ["brainmask"]
    files = task("a.dcm").result_files(kinds)
    assert [path.name for path in files.values()] == ["a_brainmask.nii.gz", "a_seg.dcm", "a_converted.nii.gz"]


def test_all_files_hold_every_kind_and_the_sidecars():
    plain = task("a.nii.gz")
    endings = ("brainmask", "brain", "distance", "brain_n4", "icvmask", "icv", "icv_distance", "icv_n4")
    assert [path.name for path in plain.all_files()] == [f"a_{ending}.nii.gz" for ending in endings]
    named = Task(Path("a.nii.gz"), Path(), {"brainmask": Path("m.nii.gz")}, {Path("m.json"): Sidecar({})})
    assert named.all_files() == [Path("m.nii.gz"), Path("m.json")]


def test_series_is_part_of_the_names():
    assert Task(Path("a.zip"), Path(), series="3", series_key="3").mask.name == "a_series-3_brainmask.nii.gz"


def test_scans_of_the_same_name_get_different_folders():
    tasks = unique_outputs([task("in/1/a.nii"), task("in/2/a.nii"), task("in/1/b.nii")], Path("out"))
    assert [found.folder for found in tasks] == [Path("out/1"), Path("out/2"), Path("out")]


def test_folders_are_kept_without_a_common_folder_of_results():
    tasks = [task("in/1/a.nii", "in/1"), task("in/2/a.nii", "in/2")]
    assert unique_outputs(tasks, None) == tasks


@pytest.mark.parametrize(
    ("scans", "kept"),
    [
        (["T1.nii", "T1.nii.gz"], ["T1.nii.gz"]),
        (["T1.nii.gz", "T2.nii", "T1.nii"], ["T1.nii.gz", "T2.nii"]),
        (["T1.img", "T1.nii"], ["T1.img"]),
        (["T1.nii", "T1.mgz"], ["T1.nii", "T1.mgz"]),  # results of other formats have other names
    ],
)
def test_one_of_the_files_with_the_same_result_is_kept(scans, kept):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert names(drop_duplicates([task(scan) for scan in scans])) == kept
    assert len(caught) == len(scans) - len(kept)


def test_scan_given_twice_is_refused():
    with pytest.raises(UsageError, match=r"is named twice; name it once"):
        check_outputs([task("a.nii"), task("a.nii")])


def test_result_that_would_replace_a_scan_is_refused():
    with pytest.raises(UsageError, match=r"a_brain.nii.gz: is one of the scans"):
        check_outputs([task("a.nii.gz", "."), task("a_brain.nii.gz", "elsewhere")])


@given(count=st.integers(0, 40), parts=st.integers(1, 9))
def test_every_task_is_in_one_shard(count, parts):
    tasks = [task(f"{n}.nii") for n in range(count)]
    found = [found for part in range(parts) for found in shard(tasks, f"{part + 1}/{parts}")]
    assert sorted(found, key=tasks.index) == tasks


@pytest.mark.parametrize("part", ["0/3", "4/3", "1", "a/b", "1/0", "-1/2"])
def test_malformed_shard_is_refused(part):
    with pytest.raises(UsageError, match="with i from 1 to n"):
        shard([], part)


def test_task_that_names_its_files_has_those_and_no_others():
    named = Task(Path("a.nii.gz"), Path("out"), {"brainmask": Path("m.nii.gz"), "brain": Path("b.nii.gz")})
    assert named.result_files(("brainmask",)) == {"brainmask": Path("m.nii.gz")}
    assert named.mask == Path("m.nii.gz")


@pytest.mark.parametrize(("name", "dicom"), [("a.zip", True), ("a.DCM", True), ("a", True), ("a.nii", False)])
def test_scan_is_dicom_by_its_suffix(name, dicom):
    assert task(name).is_dicom == dicom


def test_series_of_one_source_stay_in_one_folder():
    tasks = [Task(Path("in/a.zip"), Path("out"), series=key, series_key=key) for key in ("1", "2")]
    assert unique_outputs(tasks, Path("out")) == tasks


def test_files_of_the_same_name_in_different_folders_are_both_kept():
    tasks = [task("1/a.nii", "out/1"), task("2/a.nii.gz", "out/2")]
    assert drop_duplicates(tasks) == tasks


def test_file_that_is_left_out_is_named_with_the_one_that_is_stripped():
    with pytest.warns(DeskullWarning, match=r"^T1\.nii: has the same name as T1\.nii\.gz, which is stripped instead"):
        drop_duplicates([task("T1.nii"), task("T1.nii.gz")])
