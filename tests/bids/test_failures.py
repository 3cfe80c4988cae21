"""Failures: which scans failed when they were last stripped, and why."""

from __future__ import annotations

import pytest

from deskull.batch.records import COLUMNS, Record, Status, records_table
from deskull.bids.failures import RECORDS, failed_scans
from deskull.errors import InputError


def record(out, scan, status=Status.failed, error="{scan}: is damaged; copy it again."):
    with records_table(out / RECORDS) as add:
        add(Record(scan, status, error=error.format(scan=scan) if status is Status.failed else ""))


@pytest.mark.parametrize("root", ["raw/", "/data/sub-01/raw/", "", "../raw/"])
def test_scan_is_named_by_its_path_beneath_the_dataset(tmp_path, root):
    record(tmp_path, f"{root}sub-01/anat/sub-01_T1w.nii.gz")
    assert failed_scans(tmp_path) == {"sub-01/anat/sub-01_T1w.nii.gz": "is damaged; copy it again."}


@pytest.mark.parametrize("status", [Status.done, Status.skipped, Status.refused])
def test_last_line_of_a_scan_counts(tmp_path, status):
    record(tmp_path, "sub-01/anat/sub-01_T1w.nii.gz")
    record(tmp_path, "sub-01/anat/sub-01_T1w.nii.gz", status)
    assert failed_scans(tmp_path) == {}


def test_nothing_failed_where_nothing_was_recorded(tmp_path):
    assert failed_scans(tmp_path) == {}


def test_heading_that_two_runs_wrote_at_once_is_no_scan(tmp_path):
    (tmp_path / RECORDS).write_text(2 * ("\t".join(COLUMNS) + "\n"))
    assert failed_scans(tmp_path) == {}


def test_control_characters_are_written_out(tmp_path):
    record(tmp_path, "sub-01/anat/sub-01_T1w.nii.gz", error="a\x1b[2J")
    assert failed_scans(tmp_path) == {"sub-01/anat/sub-01_T1w.nii.gz": r"a\x1b[2J"}


@pytest.mark.parametrize("content", ["other\ttable\n1\t2\n", "scan\tstatus\na\tfailed\n", "scan\n" + "a" * 200_000])
def test_table_that_is_damaged_is_refused(tmp_path, content):
    (tmp_path / RECORDS).write_text(content)
    with pytest.raises(InputError, match=r"deskull_scans\.tsv: is damaged .*; remove it and strip the scans again"):
        failed_scans(tmp_path)
