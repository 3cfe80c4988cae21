"""Drift: the section of a batch's report, from the quality files beside its masks."""

from __future__ import annotations

import json

import pytest

from deskull.batch.outputs import quality_path
from deskull.batch.records import Record, Status, records_table
from deskull.errors import InputError, UsageError
from deskull.quality.drift.reading import write_reference
from deskull.report.batch.drift import batch_drift
from tests.quality.drift.examples import cohort, quality_of


@pytest.fixture
def reference(tmp_path):
    """A reference of 60 scans."""
    write_reference(tmp_path / "good.tsv", cohort(60, seed=1))
    return str(tmp_path / "good.tsv")


@pytest.fixture
def batch(tmp_path):
    """The results of 30 scans that are noisier than the reference; a 31st failed, and has an earlier quality."""
    folder, content = tmp_path / "out", cohort(31, inputs=2.0)
    with records_table(folder / "deskull.tsv") as append:
        for row in range(31):
            mask = folder / f"sub-{row:02}_T1w_brainmask.nii.gz"
            mask.touch()
            quality_path(mask).write_text(json.dumps(quality_of(content, row)))
            status = Status.done if row < 30 else Status.failed
            append(Record(f"scans/sub-{row:02}_T1w.nii.gz", status, files={"brainmask": str(mask)}))
    return folder


def test_section_says_what_moved_in_the_scans_of_the_report(batch, reference):
    html = batch_drift(batch, reference).as_html()
    assert "30 scans of out against 60 scans of good.tsv" in html
    assert "New but handled: the scans differ" in html


def test_table_of_the_batch_may_take_the_place_of_its_folder(batch, reference):
    assert batch_drift(batch / "deskull.tsv", reference).as_html() == batch_drift(batch, reference).as_html()


def test_groups_are_told_by_sidecars(batch, tmp_path):
    for row in range(30):
        sidecar = {"Manufacturer": "GE" if row < 15 else "Siemens"}
        (tmp_path / f"sub-{row:02}_T1w.json").write_text(json.dumps(sidecar))
    html = batch_drift(batch, by="scanner", sidecars=tmp_path).as_html()
    assert "By scanner" in html
    assert "Siemens" in html


def test_masks_without_quality_files_are_counted(batch, reference):
    for row in range(2):
        (batch / f"sub-{row:02}_T1w_quality.json").unlink()
    html = batch_drift(batch, reference).as_html()
    assert "28 scans of out" in html
    assert "2 masks without measures are left out." in html


def test_batch_without_quality_files_is_refused_with_the_remedy(batch, reference):
    for path in batch.glob("*_quality.json"):
        path.unlink()
    with pytest.raises(
        InputError, match=r"out: holds no \*_quality.json .* again with resume=True and quality_file=True"
    ):
        batch_drift(batch, reference)


def test_unknown_reference_is_refused(batch):
    with pytest.raises(UsageError, match="nowhere"):
        batch_drift(batch, "nowhere")
