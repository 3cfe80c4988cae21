"""``deskull report``, and ``--report`` of the commands that strip batches."""

from __future__ import annotations

import shutil

import pytest

from deskull.report.batch.writing import is_report


@pytest.fixture
def scans(scan):
    """Two scans and a file that is none, in one folder."""
    shutil.copy(scan, scan.with_name("sub-02_T1w.nii.gz"))
    scan.with_name("sub-03_T1w.nii.gz").write_bytes(b"no scan")
    return scan.parent


def test_report_of_a_folder_of_results_is_written_into_it(strip, deskull, scans, tmp_path):
    strip(scans, "-o", tmp_path / "out")
    done = deskull("report", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert str(tmp_path / "out" / "report" / "index.html") in done.output
    assert is_report(tmp_path / "out" / "report")


def test_earlier_report_asks_for_overwrite(strip, deskull, scans, tmp_path):
    strip(scans, "-o", tmp_path / "out")
    deskull("report", tmp_path / "out")
    done = deskull("report", tmp_path / "out")
    assert done.exit_code == 1
    assert "holds a report already; use --overwrite to replace it" in done.output
    assert deskull("report", tmp_path / "out", "--overwrite").exit_code == 0


def test_batch_with_a_failed_scan_ends_with_its_report_and_a_status_of_1(strip, scans, tmp_path):
    done = strip(scans, "-o", tmp_path / "out", "--report")
    assert done.exit_code == 1
    assert "sub-03_T1w.nii.gz" in (tmp_path / "out" / "report" / "data" / "rows.js").read_text()


def test_batch_that_is_resumed_replaces_its_report(strip, scans, tmp_path):
    strip(scans, "-o", tmp_path / "out", "--report")
    (scans / "sub-03_T1w.nii.gz").unlink()
    done = strip(scans, "-o", tmp_path / "out", "--report", "--resume")
    assert done.exit_code == 0, done.output


def test_report_that_may_not_be_replaced_is_refused_before_anything_is_stripped(strip, scans, tmp_path):
    (tmp_path / "out" / "report").mkdir(parents=True)
    (tmp_path / "out" / "report" / "notes.txt").write_text("mine")
    done = strip(scans, "-o", tmp_path / "out", "--report")
    assert done.exit_code == 1
    assert not list((tmp_path / "out").glob("*.nii.gz"))


def test_report_of_a_single_scan_is_refused(strip, scan):
    done = strip(scan, "--report")
    assert done.exit_code == 2
    assert "--report: needs a batch" in done.output


def test_folder_without_results_is_a_usage_error(deskull, tmp_path):
    assert deskull("report", tmp_path).exit_code == 2
