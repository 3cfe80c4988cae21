"""``deskull report``, and ``--report`` of the commands that strip batches."""

from __future__ import annotations

import shutil

import pytest
from typer.testing import CliRunner

from deskull import formats
from deskull.cli import app
from deskull.report.batch.writing import is_report


@pytest.fixture
def scan(tmp_path, half_head):
    """A small scan, alone in a folder."""
    formats.write(half_head, tmp_path / "scans" / "sub-01_T1w.nii.gz")
    return tmp_path / "scans" / "sub-01_T1w.nii.gz"


@pytest.fixture
def scans(scan):
    """Two scans and a file that is none, in one folder."""
    return with_another_scan_and_none(scan)


def with_another_scan_and_none(scan):
    shutil.copy(scan, scan.with_name("sub-02_T1w.nii.gz"))
    scan.with_name("sub-03_T1w.nii.gz").write_bytes(b"no scan")
    return scan.parent


@pytest.fixture(scope="module")
def stripped(tmp_path_factory, half_head, toy_model):
    """A folder with the scans and the results of a batch of them."""
    folder = tmp_path_factory.mktemp("batch")
    formats.write(half_head, folder / "scans" / "sub-01_T1w.nii.gz")
    scans = with_another_scan_and_none(folder / "scans" / "sub-01_T1w.nii.gz")
    CliRunner().invoke(app, ["strip", str(scans), "-o", str(folder / "out"), "--model", str(toy_model)])
    return folder


@pytest.fixture
def results(stripped, tmp_path):
    """A copy of the results that a test may change."""
    shutil.copytree(stripped / "out", tmp_path / "out")


@pytest.mark.usefixtures("results")
def test_report_of_a_folder_of_results_is_written_into_it(deskull, tmp_path):
    done = deskull("report", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert str(tmp_path / "out" / "report" / "index.html") in done.output
    assert is_report(tmp_path / "out" / "report")


@pytest.mark.usefixtures("results")
def test_earlier_report_asks_for_overwrite(deskull, tmp_path):
    command = ("report", tmp_path / "out", "--jobs", 1)
    deskull(*command)
    done = deskull(*command)
    assert done.exit_code == 1
    assert "holds a report already; use --overwrite to replace it" in done.output
    assert deskull(*command, "--overwrite").exit_code == 0


def test_batch_with_a_failed_scan_ends_with_its_report_and_a_status_of_1(strip, scans, tmp_path):
    done = strip(scans, "-o", tmp_path / "out", "--report", "--jobs", 1)
    assert done.exit_code == 1
    assert "sub-03_T1w.nii.gz" in (tmp_path / "out" / "report" / "data" / "rows.js").read_text()


def test_batch_that_is_resumed_replaces_its_report(strip, scans, tmp_path):
    command = (scans, "-o", tmp_path / "out", "--report", "--jobs", 1)
    strip(*command)
    (scans / "sub-03_T1w.nii.gz").unlink()
    done = strip(*command, "--resume")
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
