"""``deskull report``, and ``--report`` of the commands that strip batches."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from deskull import formats
from deskull.cli import app
from deskull.quality.drift.reading import write_reference
from deskull.report.batch.writing import is_report
from tests.quality.drift.examples import cohort, quality_of


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
    table = shutil.copytree(stripped / "out", tmp_path / "out") / "deskull.tsv"
    table.write_text(table.read_text().replace(str(stripped / "out"), str(tmp_path / "out")))


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


@pytest.mark.usefixtures("results")
def test_drift_section_is_on_the_page_if_it_is_asked_for(deskull, tmp_path):
    content, folder = cohort(2), tmp_path / "out"
    for row in range(2):
        (folder / f"sub-0{row + 1}_T1w_quality.json").write_text(json.dumps(quality_of(content, row)))
    write_reference(tmp_path / "good.tsv", cohort(60, seed=1))
    page = folder / "report" / "index.html"
    deskull("report", folder, "--jobs", 1)
    assert 'id="drift"' not in page.read_text()
    done = deskull("report", folder, "--reference", tmp_path / "good.tsv", "--jobs", 1, "--overwrite")
    assert done.exit_code == 0, done.output
    assert 'id="drift"' in page.read_text()
    assert "Too few to tell: 2 scans here" in page.read_text()


@pytest.mark.usefixtures("results")
def test_drift_without_quality_files_is_refused_before_anything_is_drawn(deskull, tmp_path):
    done = deskull("report", tmp_path / "out", "--reference", "default")
    assert done.exit_code == 1
    assert "holds no *_quality.json that can be used; strip the scans again with --resume and" in done.stderr
    assert not (tmp_path / "out" / "report").exists()


@pytest.mark.usefixtures("results")
def test_sidecars_without_a_section_on_drift_are_refused(deskull, tmp_path):
    done = deskull("report", tmp_path / "out", "--sidecars", tmp_path)
    assert done.exit_code == 2
    assert f"--sidecars {tmp_path}: is for the section on drift; add --reference or --by" in done.stderr


def test_folder_without_results_is_a_usage_error(deskull, tmp_path):
    assert deskull("report", tmp_path).exit_code == 2
