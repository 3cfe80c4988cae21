"""Work lists: what is meant by folders, patterns and tables, and where results go."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull import InputError, UsageError
from deskull.batch.tasks import Task, plan, shard


@pytest.fixture
def tree(tmp_path):
    """Two subjects of two scans; a result, a note and an Analyze pair beside them."""
    names = ("sub-1/a.nii.gz", "sub-1/b.mgz", "sub-2/a.nii.gz", "sub-2/c.hdr", "sub-2/c.img")
    for name in (*names, "sub-1/a_brain.nii.gz", "sub-1/a_brainmask.nii.gz", "sub-2/note.txt"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path / "in"


def scans(tasks, root):
    return [task.scan.relative_to(root).as_posix() for task in tasks]


def test_a_folder_is_mirrored(tree, tmp_path):
    tasks = plan([tree], tmp_path / "out")
    assert scans(tasks, tree) == ["sub-1/a.nii.gz", "sub-1/b.mgz", "sub-2/a.nii.gz", "sub-2/c.hdr"]
    assert [task.folder for task in tasks] == [tmp_path / "out" / name for name in ("sub-1", "sub-1", "sub-2", "sub-2")]
    assert tasks[0].mask == tmp_path / "out" / "sub-1" / "a_brainmask.nii.gz"


def test_a_folder_of_results_beneath_is_left_out(tree):
    tasks = plan([tree], tree / "out")
    (tree / "out" / "x.nii.gz").parent.mkdir()
    (tree / "out" / "x.nii.gz").write_text("")
    assert plan([tree], tree / "out") == tasks
    assert all(task.folder == task.scan.parent for task in plan([tree]))


def test_hidden_folders_are_left_out_and_links_stay_links(tree, tmp_path):
    kept = tree / ".git" / "annex" / "KEY.nii.gz"
    kept.parent.mkdir(parents=True)
    kept.write_text("")
    (tree / "sub-2" / "a.nii.gz").unlink()
    (tree / "sub-2" / "a.nii.gz").symlink_to(kept)
    (tree / "sub-2" / "lost.nii.gz").symlink_to(tree / "gone")  # reading it will say so
    tasks = plan([tree], tmp_path / "out")
    assert scans(tasks, tree) == [
        "sub-1/a.nii.gz", "sub-1/b.mgz", "sub-2/a.nii.gz", "sub-2/c.hdr", "sub-2/lost.nii.gz",
    ]  # fmt: skip
    both = plan([tree / "sub-1" / "a.nii.gz", tree / "sub-2" / "a.nii.gz"], tmp_path / "out")
    assert [task.folder for task in both] == [tmp_path / "out" / "sub-1", tmp_path / "out" / "sub-2"]


def test_patterns_and_names(tree, tmp_path):
    assert scans(plan([tree / "*" / "a*.nii.gz"], tmp_path), tree) == ["sub-1/a.nii.gz", "sub-2/a.nii.gz"]
    with pytest.raises(UsageError, match="no file is named like this"):
        plan([tree / "*.mha"])
    assert plan([tree / "none.nii"]) == [Task(tree / "none.nii", tree)]


def test_scans_of_one_name_are_told_apart(tree, tmp_path):
    tasks = plan([tree / "sub-1" / "a.nii.gz", tree / "sub-2" / "a.nii.gz", tree / "sub-1" / "b.mgz"], tmp_path)
    assert [task.folder for task in tasks] == [tmp_path / "sub-1", tmp_path / "sub-2", tmp_path]
    twice = [tree / "sub-1" / "a.nii.gz"] * 2
    with pytest.raises(UsageError, match="would both write"):
        plan(twice, tmp_path)


def test_tables(tree, tmp_path):
    (tree / "list.csv").write_text("scan,raw volume\nsub-1/a.nii.gz,30\nsub-2/c.hdr,\n")  # no table of a data set
    (tree / "list.txt").write_text("# mine\nsub-1/b.mgz\n\n")
    assert scans(plan([tree / "list.csv", tree / "list.txt"], tmp_path), tree) == [
        "sub-1/a.nii.gz", "sub-2/c.hdr", "sub-1/b.mgz",
    ]  # fmt: skip
    (tree / "wrong.csv").write_text("file\nsub-1/a.nii.gz\n")
    with pytest.raises(InputError, match=r"wrong.csv: has no column scan"):
        plan([tree / "wrong.csv"])
    with pytest.raises(InputError, match=r"none.txt: cannot be read"):
        plan([tree / "none.txt"])
    with pytest.raises(UsageError, match="--split train: is of a table"):
        plan([tree], split="train")


def test_an_empty_folder_says_so(tmp_path):
    with pytest.raises(UsageError, match="holds no image"):
        plan([tmp_path])


@given(count=st.integers(0, 40), parts=st.integers(1, 9))
def test_shards_share_the_work_out(count, parts):
    tasks = [Task(Path(f"{n}.nii"), Path()) for n in range(count)]
    found = [task for part in range(parts) for task in shard(tasks, f"{part + 1}/{parts}")]
    assert sorted(found, key=tasks.index) == tasks


@pytest.mark.parametrize("part", ["0/3", "4/3", "1", "a/b", "1/0", "-1/2"])
def test_shards_that_are_none(part):
    with pytest.raises(UsageError, match="from 1 to n"):
        shard([], part)


def test_linked_folders_are_looked_into_once(tmp_path):
    for name in ("store/sub-1/a.nii.gz", "in/sub-2/b.nii.gz"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / "in" / "sub-1").symlink_to(tmp_path / "store" / "sub-1")
    (tmp_path / "store" / "sub-1" / "up").symlink_to(tmp_path / "in")  # a ring
    (tmp_path / "in" / "sub-2" / "all").symlink_to(tmp_path)
    found = [task.scan.relative_to(tmp_path).as_posix() for task in plan([tmp_path / "in"], tmp_path / "out")]
    assert found == ["in/sub-1/a.nii.gz", "in/sub-2/b.nii.gz"]


def test_halves_of_images_are_one_scan_whatever_their_case(tmp_path):
    for name in ("a.hdr.gz", "a.img.gz", "B.HDR", "B.IMG", "c.hdr", "c.img", "d.img"):
        (tmp_path / name).touch()
    assert [task.scan.name for task in plan([tmp_path])] == ["B.HDR", "a.hdr.gz", "c.hdr", "d.img"]


def test_a_disc_of_dicom_is_one_source(tmp_path):
    for name in ("disc/DICOMDIR", "disc/DICOM/S1/I1", "disc/DICOM/S1/more/I2", "disc/DICOM/S2/I1"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(128) + b"DICM")
    found = [task.scan.relative_to(tmp_path).as_posix() for task in plan([tmp_path / "disc"], tmp_path / "out")]
    assert found == ["disc/DICOM/S1", "disc/DICOM/S2"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "case,subject,raw,mask\n"),
        ("a.csv", "scan,age\n"),
        ("a.csv", "scan,age\n,30\n"),
        ("a.txt", "# none\n\n"),
    ],
)
def test_a_table_without_scans_says_so(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=f"{name}: names no scan"):
        plan([tmp_path / name], tmp_path / "out")
