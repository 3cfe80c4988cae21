"""Resuming: results of other settings are neither kept as if they were right nor mixed with new ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deskull import formats
from deskull.batch.outputs import quality_path
from deskull.batch.resuming import requested, sidecar_path
from deskull.batch.stripping import strip_task
from deskull.batch.tasks import Task
from deskull.options import StripOptions
from deskull.quality.files import read_provenance
from deskull.quality.verdict import Quality, Verdict

BOTH = StripOptions(threads=1, model="small", border=0.0)
MASK_ONLY = replace(BOTH, outputs=("brainmask",))
RESUME = replace(BOTH, resume=True)


@pytest.fixture
def task(folder, tmp_path):
    return Task(folder / "s0.nii.gz", tmp_path / "out")


def write_sidecar(task, options, path=None, *, icv=False):
    fields = {"GeneratedBy": [requested(options, icv=icv).generated_by()]}
    (path or sidecar_path(task.mask)).write_text(json.dumps(fields))


def contents(task):
    return {path.name: path.read_bytes() for path in task.folder.iterdir()}


def test_missing_results_are_added_to_a_mask_of_the_same_settings(task):
    first = strip_task(task, MASK_ONLY)
    before = task.mask.read_bytes()
    record = strip_task(task, RESUME)
    assert (record.status, record.volume_ml) == ("done", first.volume_ml)
    assert task.mask.read_bytes() == before
    inside = formats.read(record.files["brain"]).data != 0
    assert not inside[formats.read(task.mask).data == 0].any()


def test_nothing_is_added_to_a_mask_of_other_settings_of_which_nothing_tells(task):
    strip_task(task, MASK_ONLY)
    before = contents(task)
    record = strip_task(task, replace(RESUME, border=5.0))
    assert record.status == "refused"
    assert f"{task.mask}: is not the mask that these settings give" in record.error
    assert contents(task) == before


def test_results_that_are_added_fit_a_mask_that_another_processor_rounded_differently(task):
    strip_task(task, MASK_ONLY)
    mask = formats.read(task.mask)
    data = mask.data.copy()
    data[tuple(np.argwhere(data)[0])] = 0
    formats.write(mask.with_data(data), task.mask, overwrite=True)
    record = strip_task(task, RESUME)
    assert record.volume_ml == pytest.approx(data.sum() * mask.voxel_ml)
    assert not (formats.read(record.files["brain"]).data[data == 0]).any()


def test_results_without_a_mask_are_refused(task):
    strip_task(task, BOTH)
    task.mask.unlink()
    assert "exists without a mask that states its settings" in strip_task(task, RESUME).error


@pytest.mark.parametrize("place", ["sidecar", "table"])
def test_results_of_other_settings_are_refused_and_kept(task, place):
    strip_task(task, BOTH)
    if place == "sidecar":
        write_sidecar(task, BOTH)
    else:
        task = replace(task, recorded=requested(BOTH))
    before = contents(task)
    record = strip_task(task, replace(RESUME, border=5.0))
    assert record.status == "refused"
    assert "was made with border=0, not border=5; use overwrite=True to replace it" in record.error
    assert contents(task) == before


def test_results_of_the_same_settings_are_skipped_and_their_settings_told(task):
    strip_task(task, BOTH)
    record = strip_task(replace(task, recorded=requested(BOTH)), RESUME)
    assert (record.status, record.provenance) == ("skipped", requested(BOTH))


def test_results_that_are_skipped_keep_the_quality_that_the_table_tells(task):
    strip_task(task, BOTH)
    bad = Quality(Verdict.failed, ("Low agreement.",), predicted_dice=0.6)
    assert strip_task(replace(task, recorded_quality=bad), RESUME).quality == bad
    assert strip_task(task, RESUME).quality is None


def test_quality_beside_a_mask_that_is_kept_counts_before_the_table(task):
    first = strip_task(task, replace(BOTH, quality_file=True))
    record = strip_task(replace(task, recorded_quality=Quality(Verdict.failed)), replace(RESUME, quality_file=True))
    assert (record.status, record.quality) == ("skipped", first.quality)


def test_each_file_beside_a_mask_that_is_kept_is_read_once(task, monkeypatch):
    options = replace(BOTH, quality_file=True, sidecar=True)
    strip_task(task, options)
    read, opened = Path.open, []
    monkeypatch.setattr(Path, "open", lambda path, *args, **more: opened.append(path.name) or read(path, *args, **more))
    assert strip_task(task, replace(options, resume=True)).status == "skipped"
    beside = [name for name in opened if name.startswith("s0_")]
    assert sorted(beside) == ["s0_brainmask.json", "s0_quality.json"]


def test_results_of_which_nothing_tells_the_settings_are_kept_and_it_is_said(task):
    strip_task(task, BOTH)
    record = strip_task(task, replace(RESUME, border=5.0))
    assert (record.status, record.provenance) == ("skipped", None)


def test_resuming_with_overwrite_replaces_all_results_of_other_settings(task):
    small = strip_task(task, BOTH)
    record = strip_task(replace(task, recorded=requested(BOTH)), replace(RESUME, border=5.0, overwrite=True))
    assert record.status == "done"
    assert record.volume_ml > small.volume_ml
    assert formats.read(task.mask).data.sum() == np.count_nonzero(formats.read(record.files["brain"]).data)


def test_resuming_with_overwrite_skips_results_of_the_same_settings(task):
    strip_task(task, BOTH)
    again = strip_task(replace(task, recorded=requested(BOTH)), replace(RESUME, overwrite=True))
    assert again.status == "skipped"


def test_intracranial_mask_of_another_network_is_refused_and_kept(task):
    icv = replace(MASK_ONLY, outputs=("icvmask",), sidecar=True)
    strip_task(task, icv)
    write_sidecar(task, replace(icv, model="default"), task.folder / "s0_icvmask.json", icv=True)
    before = contents(task)
    record = strip_task(task, replace(icv, resume=True))
    assert record.status == "refused"
    assert f"{task.folder / 's0_icvmask.json'}: was made with " in record.error
    assert "model='default' (" in record.error
    assert contents(task) == before


def test_intracranial_mask_of_the_same_network_is_skipped(task):
    icv = replace(MASK_ONLY, outputs=("icvmask",), sidecar=True)
    strip_task(task, icv)
    assert strip_task(task, replace(icv, resume=True)).status == "skipped"


@pytest.mark.parametrize("is_asked_for", [True, False])
def test_quality_of_another_mask_is_refused_and_kept(task, is_asked_for):
    strip_task(task, MASK_ONLY)
    write_sidecar(task, replace(MASK_ONLY, border=5.0), quality_path(task.mask))
    before = contents(task)
    record = strip_task(task, replace(MASK_ONLY, resume=True, quality_file=is_asked_for))
    assert record.status == "refused"
    assert "s0_quality.json: was made with border=5, not border=0" in record.error
    assert contents(task) == before


def test_quality_of_another_mask_is_replaced_with_overwrite(task):
    strip_task(task, MASK_ONLY)
    write_sidecar(task, replace(MASK_ONLY, border=5.0), quality_path(task.mask))
    assert strip_task(task, replace(MASK_ONLY, resume=True, overwrite=True)).status == "done"
    assert read_provenance(quality_path(task.mask)).border == MASK_ONLY.border


def test_quality_of_the_mask_of_the_other_surface_does_not_count(task):
    strip_task(task, MASK_ONLY)
    write_sidecar(task, replace(MASK_ONLY, surface="intracranial"), quality_path(task.mask))
    assert strip_task(task, replace(MASK_ONLY, resume=True)).status == "skipped"
