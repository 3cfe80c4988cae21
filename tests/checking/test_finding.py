"""Finding: what the arguments of a command line mean."""

from __future__ import annotations

import pytest

from deskull import InputError, UsageError
from deskull.checking.finding import find_pairs
from deskull.checking.pairs import Pair


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with a scan, a mask, a table and a folder of masks, as the working folder."""
    for name in ("a.nii", "a_mask.nii"):
        (tmp_path / name).touch()
    (tmp_path / "pairs.tsv").write_text("scan\tmask\na.nii\ta_mask.nii\n")
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "a.nii").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_files_are_a_pair(files):
    assert find_pairs(files / "a.nii", files / "a_mask.nii").pairs == (Pair(files / "a.nii", files / "a_mask.nii"),)


def test_table_alone_names_the_pairs(files):
    assert find_pairs(files / "pairs.tsv").pairs == (Pair(files / "a.nii", files / "a_mask.nii"),)


def test_folders_are_paired_by_name(files):
    (files / "pairs.tsv").unlink()
    assert find_pairs(files, files / "masks").pairs == (Pair(files / "a.nii", files / "masks" / "a.nii"),)


@pytest.mark.parametrize(
    ("scan", "mask", "error", "fault"),
    [
        ("a.nii", None, UsageError, "needs its mask as a second argument"),
        ("pairs.tsv", "a_mask.nii", UsageError, "names the masks itself; leave"),
        ("none.nii", "a_mask.nii", InputError, "none.nii: no such file or folder"),
        ("a.nii", "masks", InputError, "one is a folder and one is a file"),
        ("masks", "a_mask.nii", InputError, "one is a folder and one is a file"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(files, scan, mask, error, fault):
    with pytest.raises(error, match=fault):
        find_pairs(files / scan, mask and files / mask)
