"""Entries: scans and masks from tables, also where they were moved, and from derivatives."""

from __future__ import annotations

import shutil

import pytest

from deskull import InputError, UsageError
from deskull.batch.records import COLUMNS
from deskull.report.batch.entries import find_entries, locate
from tests.report.batch.conftest import HOSTILE


def write_table(path, *rows):
    lines = ["\t".join(COLUMNS), *("\t".join(row.get(name, "") for name in COLUMNS) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


def test_folder_of_results_gives_the_scans_of_its_table(results):
    entries = {entry.name: entry for entry in find_entries(results)}
    assert list(entries) == [HOSTILE, "flipped.nii.gz", "oblique.nii.gz", "permuted.nii.gz"]
    assert entries["oblique.nii.gz"].mask == results / "oblique_brainmask.nii.gz"
    assert entries[HOSTILE].mask is None


def test_table_itself_gives_the_same(results):
    assert find_entries(results / "deskull.tsv") == find_entries(results)


def test_tables_of_shards_are_read_together(tmp_path):
    write_table(tmp_path / "deskull_1of2.tsv", {"scan": "a.nii.gz", "status": "done"})
    write_table(tmp_path / "deskull_2of2.tsv", {"scan": "b.nii.gz", "status": "done"})
    assert [entry.name for entry in find_entries(tmp_path)] == ["a.nii.gz", "b.nii.gz"]


def test_results_and_scans_that_were_moved_are_found(results, tmp_path):
    shutil.copytree(results, tmp_path / "moved")
    shutil.copytree(results.parent / "scans", tmp_path / "elsewhere")
    table = (results / "deskull.tsv").read_text().replace(str(results.parent), "/gone")
    (tmp_path / "moved" / "deskull.tsv").write_text(table)
    entries = {entry.name: entry for entry in find_entries(tmp_path / "moved", tmp_path / "elsewhere")}
    assert entries["oblique.nii.gz"].mask == tmp_path / "moved" / "oblique_brainmask.nii.gz"
    assert entries["oblique.nii.gz"].scan == tmp_path / "elsewhere" / "oblique.nii.gz"


def test_head_converted_from_dicom_is_shown_instead_of_its_folder(tmp_path):
    for name in ("series_brainmask.nii.gz", "series_converted.nii.gz"):
        (tmp_path / name).touch()
    mask = str(tmp_path / "series_brainmask.nii.gz")
    write_table(tmp_path / "deskull.tsv", {"scan": "series", "status": "done", "mask": mask})
    assert find_entries(tmp_path)[0].scan == tmp_path / "series_converted.nii.gz"


@pytest.mark.parametrize("text", ["", "a\0b", "../out/a.nii.gz", "gone/a.txt"])
def test_path_that_leads_nowhere_gives_nothing(tmp_path, text):
    (tmp_path / "a.nii.gz").touch()
    assert locate(text, tmp_path) is None


def test_folder_without_results_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no table of 'deskull strip'"):
        find_entries(tmp_path)


def test_other_table_is_refused(tmp_path):
    (tmp_path / "t.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match="is not a table of 'deskull strip'"):
        find_entries(tmp_path / "t.tsv")


def test_table_without_scans_is_refused(tmp_path):
    write_table(tmp_path / "deskull.tsv")
    with pytest.raises(UsageError, match="names no scan"):
        find_entries(tmp_path)


def test_missing_source_is_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        find_entries(tmp_path / "missing")
