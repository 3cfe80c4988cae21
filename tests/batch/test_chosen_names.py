"""Chosen names: the files of one scan are named after those that a user gives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deskull import UsageError
from deskull.batch.chosen_names import choose_names, is_file_name
from deskull.batch.tasks import Task, check_outputs
from deskull.options import OutputKind, StripOptions

BRAIN_AND_MASK = (OutputKind.brainmask, OutputKind.brain)


def chosen(
    file: str | None, mask: str | None = None, outputs=BRAIN_AND_MASK, scan: str = "in/a.mgz", surface: str = "brain"
) -> dict[str, str]:
    """Names of the files of a scan."""
    given = [Path(name) if name else None for name in (file, mask)]
    options = StripOptions(outputs=outputs, surface=surface)
    (task,) = choose_names([Task(Path(scan), Path("in"))], *given, options)
    return {str(kind): path.as_posix() for kind, path in task.result_files(outputs).items()}


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nii", "b/a.MGZ", "a.mha", "a.nrrd", "a.mnc"])
def test_name_of_an_image_is_a_file(name):
    assert is_file_name(Path(name))


@pytest.mark.parametrize("name", ["out", "out.d", "out/"])
def test_other_name_is_a_folder(name):
    assert not is_file_name(Path(name))


def test_existing_folder_is_a_folder_whatever_its_name(tmp_path):
    (tmp_path / "out.nii.gz").mkdir()
    assert not is_file_name(tmp_path / "out.nii.gz")


@pytest.mark.parametrize("stem", ["b", "b_brain"])
def test_mask_is_named_after_the_brain(stem):
    assert chosen(f"out/{stem}.nii.gz") == {"brain": f"out/{stem}.nii.gz", "brainmask": "out/b_brainmask.nii.gz"}


@pytest.mark.parametrize("stem", ["m", "b_brainmask", "b_brain"])
def test_file_is_the_mask_if_no_brain_is_written(stem):
    assert chosen(f"{stem}.nii.gz", outputs=(OutputKind.brainmask,)) == {"brainmask": f"{stem}.nii.gz"}


def test_every_result_has_the_ending_of_the_file():
    kinds = (*BRAIN_AND_MASK, OutputKind.distance, OutputKind.brain_n4)
    names = chosen("b.nii", outputs=kinds)
    assert sorted(names.values()) == ["b.nii", "b_brain_n4.nii", "b_brainmask.nii", "b_distance.nii"]


def test_segmentation_of_a_dicom_scan_is_a_dicom_file():
    kinds = (*BRAIN_AND_MASK, OutputKind.seg)
    assert chosen("b.nii.gz", outputs=kinds, scan="series.zip")["seg"] == "b_seg.dcm"
    assert "seg" not in chosen("b.nii.gz", outputs=kinds)


@pytest.mark.parametrize("stem", ["b", "b_icv"])
def test_intracranial_mask_is_named_after_the_brain(stem):
    files = chosen(f"{stem}.nii.gz", surface="intracranial")
    assert files == {"brain": f"{stem}.nii.gz", "brainmask": "b_icvmask.nii.gz"}


def test_mask_alone_is_named_and_the_brain_keeps_its_name():
    assert chosen(None, "m.nii.gz") == {"brain": "in/a_brain.mgz", "brainmask": "m.nii.gz"}


def test_both_files_are_named():
    assert chosen("b.mgz", "m.nii.gz") == {"brain": "b.mgz", "brainmask": "m.nii.gz"}


def test_tasks_are_unchanged_without_a_file():
    tasks = [Task(Path("a.nii"), Path("in"))]
    assert choose_names(tasks, None, None, StripOptions()) == tasks


def test_file_for_several_scans_is_refused():
    tasks = [Task(Path(name), Path()) for name in ("a.nii", "b.nii")]
    with pytest.raises(
        UsageError, match=r"^o.nii: is a file, but there are 2 scans; give a folder for their results.$"
    ):
        choose_names(tasks, Path("o.nii"), None, StripOptions())


@pytest.mark.parametrize("name", ["o.mnc", "o.dcm", "o.hdr", "o.zip", "o"])
def test_ending_that_is_not_written_is_refused(name):
    with pytest.raises(UsageError, match=rf"^{name}: nothing is written with this ending; use .nii.gz, .nii, "):
        choose_names([Task(Path("a.nii"), Path())], None, Path(name), StripOptions())


def named(scan: Path, **files: Path) -> list[Task]:
    return [Task(scan, scan.parent, files)]


@pytest.fixture
def scan(tmp_path) -> Path:
    (tmp_path / "a.nii").touch()
    return tmp_path / "a.nii"


def test_scan_is_never_replaced_whatever_path_leads_to_it(scan, tmp_path):
    (tmp_path / "folder").mkdir()
    os.link(scan, tmp_path / "hard.nii")
    (tmp_path / "soft.nii").symlink_to(scan)
    for other in (scan, tmp_path / "folder" / ".." / "a.nii", tmp_path / "hard.nii", tmp_path / "soft.nii"):
        with pytest.raises(UsageError, match="is one of the scans, and a result of"):
            check_outputs(named(scan, brain=other))


def test_file_that_a_scan_is_linked_to_is_not_replaced(scan, tmp_path):
    (tmp_path / "link.nii").symlink_to(scan)
    with pytest.raises(UsageError, match="is one of the scans"):
        check_outputs(named(tmp_path / "link.nii", brain=scan))


def test_one_file_for_two_results_is_refused(scan):
    with pytest.raises(UsageError, match=r"o.nii: is named for two results; give each a file of its own."):
        check_outputs(named(scan, brain=Path("o.nii"), brainmask=Path("o.nii")))


def test_other_names_pass(scan, tmp_path):
    check_outputs(named(scan, brain=tmp_path / "b.nii", brainmask=tmp_path / "m.nii"))


def other_names(file: str | None, mask: str | None, options: StripOptions) -> set[str]:
    """Names of the files that results of other kinds would have."""
    given = [Path(name) if name else None for name in (file, mask)]
    (task,) = choose_names([Task(Path("in/b_brain.nii.gz"), Path("in"))], *given, options)
    return {path.as_posix() for path in task.other_files}


def test_other_files_are_named_after_the_brain_and_of_each_surface():
    others = {"b_distance", "b_brain_n4", "b_brainmask", "b_icv_distance", "b_icv_n4"}
    found = other_names("out/b.nii.gz", None, StripOptions(surface="intracranial"))
    assert found == {f"out/{name}.nii.gz" for name in others}


def test_scan_is_no_other_file_of_itself():
    found = other_names("in/b_brainmask.nii.gz", None, StripOptions(outputs=("brainmask",)))
    assert "in/b_distance.nii.gz" in found
    assert "in/b_brain.nii.gz" not in found
