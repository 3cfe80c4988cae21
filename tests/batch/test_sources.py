"""Sources: which scans are meant by files, folders, patterns and tables, and where their results go."""

from __future__ import annotations

import os
import shutil

import pytest

from deskull import InputError, UsageError
from deskull.batch.sources import plan
from deskull.batch.tasks import Task
from deskull.errors import DeskullWarning, DicomWarning


@pytest.fixture
def tree(tmp_path):
    """Two subjects of two scans; results, a text file and an Analyze pair beside them."""
    names = ("sub-1/a.nii.gz", "sub-1/b.mgz", "sub-2/a.nii.gz", "sub-2/c.hdr", "sub-2/c.img")
    touch(tmp_path / "in", *names, "sub-1/a_brain.nii.gz", "sub-1/a_brainmask.nii.gz", "sub-2/note.txt")
    return tmp_path / "in"


@pytest.fixture
def study(tmp_path):
    """A folder of three series of DICOM slices: a localizer of number 1 and two scans of number 3."""
    pytest.importorskip("pydicom", reason="needs pydicom (deskull[dicom])")
    from tests.formats.dicom.synthetic import Recipe, write_series

    series = (("scout", 1, "1.2.1"), ("T1", 3, "1.2.2"), ("FLAIR", 3, "1.2.3"))
    for name, number, uid in series:
        recipe = Recipe(number=number, description=name, uid=uid, slices=2)
        write_series(tmp_path / "study" / name, recipe)
    (tmp_path / "study" / "scout" / "slice000.dcm").rename(tmp_path / "study" / "I0")
    return tmp_path / "study"


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def scans(found, root):
    return [task.scan.relative_to(root).as_posix() for task in found.tasks]


ALL = ["sub-1/a.nii.gz", "sub-1/b.mgz", "sub-2/a.nii.gz", "sub-2/c.hdr"]


def test_folder_is_mirrored(tree, tmp_path):
    found = plan([tree], tmp_path / "out")
    assert scans(found, tree) == ALL
    folders = [task.folder.relative_to(tmp_path / "out").as_posix() for task in found.tasks]
    assert folders == ["sub-1", "sub-1", "sub-2", "sub-2"]
    assert found.tasks[0].mask == tmp_path / "out" / "sub-1" / "a_brainmask.nii.gz"


def test_results_are_written_beside_the_scans_by_default(tree):
    assert all(task.folder == task.scan.parent for task in plan([tree]).tasks)


def test_folder_of_results_beneath_a_source_is_left_out(tree):
    touch(tree, "out/x.nii.gz")
    assert scans(plan([tree], tree / "out"), tree) == ALL


def test_results_of_scans_that_are_there_are_not_counted_as_skipped(tree):
    assert plan([tree]).skipped == []


def test_image_named_like_a_result_is_skipped_and_counted(tree):
    touch(tree, "sub-1/x_brain.nii.gz", "sub-1/x_brainmask.nii.gz")
    found = plan([tree])
    assert scans(found, tree) == ALL
    assert sorted(found.skipped) == [tree / "sub-1" / "x_brain.nii.gz", tree / "sub-1" / "x_brainmask.nii.gz"]


def test_pattern_skips_and_counts_images_named_like_results(tree):
    touch(tree, "sub-1/x_brain.nii.gz")
    found = plan([tree / "sub-1" / "*.nii.gz"])
    assert scans(found, tree) == ["sub-1/a.nii.gz"]
    assert found.skipped == [tree / "sub-1" / "x_brain.nii.gz"]


def test_folder_of_images_named_like_results_alone_is_refused(tmp_path):
    touch(tmp_path, "x_brain.nii.gz")
    with pytest.raises(UsageError, match=r"named like results \(x_brain.nii.gz\)"):
        plan([tmp_path])


def test_image_named_like_a_result_is_stripped_if_it_is_named(tmp_path):
    touch(tmp_path, "x_brain.nii.gz")
    assert plan([tmp_path / "x_brain.nii.gz"]).tasks == [Task(tmp_path / "x_brain.nii.gz", tmp_path)]


@pytest.mark.parametrize("pattern", ["", "*"])
def test_one_of_two_files_of_the_same_name_is_stripped_with_a_warning(tmp_path, pattern):
    touch(tmp_path, "T1.nii", "T1.nii.gz", "T2.nii")
    with pytest.warns(DeskullWarning, match=r"T1.nii: has the same name as T1.nii.gz, which is stripped instead"):
        found = plan([tmp_path / pattern])
    assert scans(found, tmp_path) == ["T1.nii.gz", "T2.nii"]


def test_two_files_of_the_same_name_are_refused_if_both_are_named(tmp_path):
    with pytest.raises(UsageError, match="would both be written"):
        plan([tmp_path / "T1.nii", tmp_path / "T1.nii.gz"])


def test_hidden_folders_are_left_out(tree):
    touch(tree, ".git/annex/KEY.nii.gz", "sub-1/.hidden.nii.gz")
    assert scans(plan([tree]), tree) == ALL


def test_link_is_listed_even_if_its_file_is_missing(tree):
    (tree / "sub-2" / "lost.nii.gz").symlink_to(tree / "gone")  # reading the scan reports it
    assert scans(plan([tree]), tree) == [*ALL, "sub-2/lost.nii.gz"]


def test_pattern_matches_files(tree, tmp_path):
    assert scans(plan([tree / "*" / "a*.nii.gz"], tmp_path), tree) == ["sub-1/a.nii.gz", "sub-2/a.nii.gz"]


def test_pattern_without_a_match_is_refused(tree):
    with pytest.raises(UsageError, match="matches no file"):
        plan([tree / "*.mha"])


def test_scans_of_the_same_name_are_mirrored(tree, tmp_path):
    found = plan([tree / "sub-1" / "a.nii.gz", tree / "sub-2" / "a.nii.gz", tree / "sub-1" / "b.mgz"], tmp_path)
    assert [task.folder for task in found.tasks] == [tmp_path / "sub-1", tmp_path / "sub-2", tmp_path]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may list any folder")
def test_folder_that_may_not_be_listed_is_left_out_with_a_warning(tree):
    (tree / "sub-1").chmod(0)
    with pytest.warns(DeskullWarning, match="cannot be listed"):
        assert scans(plan([tree]), tree) == ALL[2:]
    (tree / "sub-1").chmod(0o700)


def test_scan_given_twice_is_refused(tree, tmp_path):
    with pytest.raises(UsageError, match="is named twice"):
        plan([tree / "sub-1" / "a.nii.gz"] * 2, tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", b"scan,raw volume\nsub-1/a.nii.gz,30\nsub-2/c.hdr,\n"),
        ("t.csv", b"\xef\xbb\xbfscan,age\r\nsub-1/a.nii.gz,30\r\nsub-2/c.hdr,\r\n"),
        ("t.tsv", b"scan\tage\nsub-1/a.nii.gz\t30\nsub-2/c.hdr\t\n"),
        ("t.txt", b"# mine\nsub-1/a.nii.gz\n\nsub-2/c.hdr"),
        ("t.txt", b"\xef\xbb\xbfsub-1/a.nii.gz\r\nsub-2/c.hdr\r\n"),
    ],
    ids=["plain", "byte-order mark", "tabs", "text", "text with a byte-order mark"],
)
def test_table_is_read_however_it_was_written(tree, tmp_path, name, content):
    (tree / name).write_bytes(content)
    assert scans(plan([tree / name], tmp_path), tree) == ["sub-1/a.nii.gz", "sub-2/c.hdr"]


def test_table_of_a_data_set_with_a_byte_order_mark_is_recognised(tree, tmp_path):
    (tree / "d.csv").write_bytes(b"\xef\xbb\xbfcase,subject,raw,mask\r\na,1,sub-1/a.nii.gz,m.nii\r\n")
    assert scans(plan([tree / "d.csv"], tmp_path), tree) == ["sub-1/a.nii.gz"]


def test_table_without_the_column_is_refused(tree):
    (tree / "wrong.csv").write_text("file\nsub-1/a.nii.gz\n")
    with pytest.raises(InputError, match=r"wrong.csv: has no column .scan."):
        plan([tree / "wrong.csv"])


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (b"age;scan\n30;sub-1/a.nii.gz\n", "separate the values by commas"),
        ("scan,age\nsub-1/a.nii.gz,30\n".encode("utf-16"), "save it as CSV in UTF-8"),
    ],
)
def test_table_in_another_form_is_refused_with_a_remedy(tree, content, remedy):
    (tree / "t.csv").write_bytes(content)
    with pytest.raises(InputError, match=remedy):
        plan([tree / "t.csv"])


def test_missing_table_is_refused(tree):
    with pytest.raises(InputError, match=r"none.txt: no such file"):
        plan([tree / "none.txt"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "case,subject,raw,mask\n"),
        ("a.csv", "scan,age\n"),
        ("a.csv", "scan,age\n,30\n"),
        ("a.txt", "# none\n\n"),
    ],
)
def test_table_without_scans_is_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=f"{name}: names no scan"):
        plan([tmp_path / name], tmp_path / "out")


def test_split_without_a_table_is_refused(tree):
    with pytest.raises(UsageError, match="split='train': needs a table"):
        plan([tree], split="train")


def test_empty_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no image"):
        plan([tmp_path])


def test_linked_folders_are_searched_once(tmp_path):
    touch(tmp_path, "store/sub-1/a.nii.gz", "in/sub-2/b.nii.gz")
    (tmp_path / "in" / "sub-1").symlink_to(tmp_path / "store" / "sub-1")
    (tmp_path / "store" / "sub-1" / "up").symlink_to(tmp_path / "in")  # a loop
    (tmp_path / "in" / "sub-2" / "all").symlink_to(tmp_path)
    assert scans(plan([tmp_path / "in"], tmp_path / "out"), tmp_path) == ["in/sub-1/a.nii.gz", "in/sub-2/b.nii.gz"]


def test_header_and_voxels_in_two_files_are_one_scan_whatever_their_case(tmp_path):
    touch(tmp_path, "a.hdr.gz", "a.img.gz", "B.HDR", "B.IMG", "c.hdr", "c.img", "d.img")
    assert scans(plan([tmp_path]), tmp_path) == ["B.HDR", "a.hdr.gz", "c.hdr", "d.img"]


def test_folder_of_dicom_files_is_one_scan(tmp_path):
    for name in ("disc/DICOMDIR", "disc/DICOM/S1/I1", "disc/DICOM/S1/more/I2", "disc/DICOM/S2/I1"):
        touch(tmp_path, name)
        (tmp_path / name).write_bytes(bytes(128) + b"DICM")
    found = plan([tmp_path / "disc"], tmp_path / "out")
    assert scans(found, tmp_path) == ["disc/DICOM/S1", "disc/DICOM/S2"]


def test_results_of_a_dicom_folder_are_not_counted_as_skipped(tmp_path):
    touch(tmp_path, "S1/I1", "S1_brainmask.nii.gz", "S1_series-3_brain.nii.gz")
    (tmp_path / "S1" / "I1").write_bytes(bytes(128) + b"DICM")
    found = plan([tmp_path])
    assert (scans(found, tmp_path), found.skipped) == (["S1"], [])


def test_every_series_that_can_be_a_scan_is_planned_with_a_name_of_its_own(study, tmp_path):
    with pytest.warns(DicomWarning, match=r"study: series 1 \(localizer\) is not stripped") as caught:
        found = plan([study], tmp_path / "out", series="all")
    assert len(caught) == 1
    assert [(task.series, task.mask.name) for task in found.tasks] == [
        ("#2", "study_series-3_brainmask.nii.gz"),
        ("#3", "study_series-3-2_brainmask.nii.gz"),
    ]


@pytest.mark.parametrize(
    ("series", "selector", "name"),
    [
        ("1", "1", "study_series-1_brainmask.nii.gz"),
        ("#3", "#3", "study_series-3-2_brainmask.nii.gz"),
        ("flair", "#3", "study_series-3-2_brainmask.nii.gz"),
        ("nothing", "nothing", "study_brainmask.nii.gz"),
    ],
    ids=["number", "position", "description", "unknown, which reading reports"],
)
def test_chosen_series_is_part_of_the_names_of_its_results(series, selector, name, study, tmp_path):
    (task,) = plan([study], tmp_path / "out", series=series).tasks
    assert (task.series, task.mask.name) == (selector, name)


def test_source_without_a_series_that_can_be_a_scan_is_refused(study, tmp_path):
    for name in ("T1", "FLAIR"):
        shutil.rmtree(study / name)
    with pytest.raises(UsageError, match="none of the series looks like a scan of a head"), pytest.warns(DicomWarning):
        plan([study], tmp_path / "out", series="all")


def test_folder_of_dicom_files_named_img_is_one_scan(study, tmp_path):
    for path in (study / "T1").iterdir():
        path.rename(path.with_suffix(".img"))
    found = plan([study / "T1"], tmp_path / "out")
    assert [task.scan for task in found.tasks] == [study / "T1"]
    assert found.tasks[0].is_dicom
