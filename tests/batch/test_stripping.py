"""Stripping one scan of a batch: results are written completely or not at all, and failures become records."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from deskull import UsageError, formats
from deskull.batch import stripping
from deskull.batch.chosen_names import choose_names
from deskull.batch.stripping import check_options, load_stripper, process_failed, refusal, strip_task
from deskull.batch.tasks import Task
from deskull.models import load_model
from deskull.options import StripOptions
from deskull.quality.files import read_provenance, read_quality
from deskull.quality.verdict import Verdict
from deskull.system.processes import Failure

MASK_ONLY = StripOptions(outputs=("brainmask",), threads=1, model="small")
BOTH = StripOptions(threads=1, model="small")


@pytest.fixture
def task(folder, tmp_path):
    return Task(folder / "s0.nii.gz", tmp_path / "out")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_results_are_written_and_recorded(task):
    record = strip_task(task, BOTH)
    assert (record.status, record.error, record.model) == ("done", "", "small")
    assert 100 < record.volume_ml < 1000
    assert sorted(path.name for path in task.folder.iterdir()) == ["s0_brain.nii.gz", "s0_brainmask.nii.gz"]
    assert formats.read(record.files["brain"]).data.any()


def test_existing_results_are_refused_and_kept(task):
    strip_task(task, MASK_ONLY)
    before = contents(task.folder)
    record = strip_task(task, BOTH)
    assert record.status == "refused"
    assert record.error.startswith(f"{task.scan}: {task.mask}: exists already; use overwrite=True")
    assert contents(task.folder) == before


def test_existing_results_are_replaced_with_overwrite(task):
    task.folder.mkdir()
    task.mask.write_bytes(b"old")
    assert strip_task(task, replace(MASK_ONLY, overwrite=True)).status == "done"
    assert formats.read(task.mask).data.any()


def test_scan_with_all_results_is_skipped_when_resuming(task):
    task.folder.mkdir()
    task.mask.write_bytes(b"corrected by hand")
    assert strip_task(task, replace(MASK_ONLY, resume=True)).status == "skipped"
    assert task.mask.read_bytes() == b"corrected by hand"


def test_unexpected_error_of_a_library_becomes_a_record_that_names_the_log(task, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("out of\n luck")

    monkeypatch.setattr(stripping, "load_stripper", fail)
    record = strip_task(task, MASK_ONLY)
    assert record.status == "failed"
    assert record.error.startswith(f"{task.scan}: unexpected RuntimeError: this is a fault of deskull")
    assert "log file" in record.error


def test_last_rename_that_fails_leaves_no_result(task, monkeypatch):
    from deskull.system import atomic

    def refuse(partial: Path, path: Path, *, create=atomic._create) -> None:
        if path.name.endswith("_brain.nii.gz"):
            raise PermissionError(13, "Permission denied")
        create(partial, path)

    monkeypatch.setattr(atomic, "_create", refuse)
    record = strip_task(task, BOTH)
    assert f"{task.folder / 's0_brain.nii.gz'}: could not be written (Permission denied)" in record.error
    assert contents(task.folder) == {}


@pytest.mark.parametrize("overwrite", [True, False])
def test_second_run_that_writes_the_same_names_at_the_same_time_fails(task, monkeypatch, overwrite):
    """Another run finishes while this one is at work: its results are kept whole, and this one says so."""
    write_results = stripping.write_results

    def late(*args, **kwargs) -> None:
        write_results(*args, **kwargs)
        monkeypatch.setattr(stripping, "write_results", write_results)
        strip_task(task, replace(MASK_ONLY, overwrite=overwrite))

    monkeypatch.setattr(stripping, "write_results", late)
    record = strip_task(task, replace(BOTH, overwrite=overwrite))
    assert f"{task.mask}: another run wrote it at the same time" in record.error
    assert list(contents(task.folder)) == ["s0_brainmask.nii.gz"]


def test_folder_of_the_results_that_disappeared_is_a_failure(task):
    record = strip_task(task, MASK_ONLY, root=task.folder)
    assert (
        record.error
        == f"{task.scan}: {task.folder}: the folder of the results no longer exists; make it and try again."
    )
    assert not task.folder.exists()


def test_options_that_no_scan_can_be_stripped_with_are_refused():
    check_options(MASK_ONLY)
    for wrong in ({"border": 99.0}, {"model": "none-such"}):
        with pytest.raises(UsageError):
            check_options(replace(MASK_ONLY, **wrong))


def test_correction_of_the_bias_field_without_simpleitk_is_refused_before_a_scan_is_stripped(monkeypatch):
    monkeypatch.setattr(stripping, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="needs SimpleITK; pip install "):
        check_options(replace(BOTH, outputs=("brain_n4",)))


def test_scan_with_existing_results_is_refused_before_it_is_stripped(task):
    assert refusal(task, MASK_ONLY) is None
    task.folder.mkdir()
    task.mask.touch()
    record = refusal(task, MASK_ONLY)
    assert record is not None
    assert record.status == "refused"
    assert refusal(task, replace(MASK_ONLY, resume=True)) is None


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (Failure.crashed, "its process ended before it was done, perhaps for lack of memory; use fewer jobs."),
        (Failure.timed_out, "exceeded timeout=900; check the scan or allow more time."),
    ],
)
def test_process_that_failed_is_reported_with_the_scan(task, failure, message):
    record = process_failed(task, MASK_ONLY, failure, timeout=900.0, remedy="use fewer jobs")
    assert record.error == f"{task.scan}: {message}"


def test_network_is_loaded_once_and_again_when_its_file_has_changed(tmp_path):
    shipped = load_model("small").path
    path = tmp_path / "own.onnx"
    for suffix in (".onnx", ".json"):
        shutil.copy(shipped.with_suffix(suffix), path.with_suffix(suffix))
    first = load_stripper(str(path), 1, "onnxruntime", "cpu")
    assert load_stripper(str(path), 1, "onnxruntime", "cpu") is first
    os.utime(path, ns=(1, 1))
    assert load_stripper(str(path), 1, "onnxruntime", "cpu") is not first


def test_both_masks_and_volumes_come_from_one_run(task):
    record = strip_task(task, replace(MASK_ONLY, outputs=("brainmask", "icvmask")))
    brain, icv = (formats.read(record.files[kind]) for kind in ("brainmask", "icvmask"))
    assert Path(record.files["icvmask"]).name == "s0_icvmask.nii.gz"
    assert record.icv_ml == pytest.approx(icv.data.sum() * icv.voxel_ml)
    assert record.volume_ml == pytest.approx(brain.data.sum() * brain.voxel_ml)
    assert record.icv_ml > record.volume_ml


def test_intracranial_mask_is_the_same_from_a_run_of_its_own(task):
    both = strip_task(task, replace(MASK_ONLY, outputs=("brainmask", "icvmask")))
    before = Path(both.files["icvmask"]).read_bytes()
    alone = strip_task(task, replace(MASK_ONLY, surface="intracranial", overwrite=True))
    assert alone.files["brainmask"] == both.files["icvmask"]
    assert Path(both.files["icvmask"]).read_bytes() == before
    assert alone.volume_ml == both.icv_ml


def test_sidecar_states_source_settings_and_volumes(task):
    record = strip_task(task, replace(MASK_ONLY, outputs=("icvmask",), sidecar=True))
    fields = json.loads((task.folder / "s0_brainmask.json").read_text())
    assert (fields["Type"], fields["Sources"]) == ("Brain", ["s0.nii.gz"])
    assert fields["VolumeMl"] == pytest.approx(record.volume_ml, abs=0.01)
    assert fields["IntracranialVolumeMl"] == pytest.approx(record.icv_ml, abs=0.01)
    parameters = fields["GeneratedBy"][0]["Parameters"]
    assert (parameters["model"], parameters["border_mm"]) == ("small", load_model("small").default_border("brain"))


def test_intracranial_mask_has_a_sidecar_of_its_own(task):
    record = strip_task(task, replace(MASK_ONLY, outputs=("brainmask", "icvmask"), sidecar=True))
    fields = json.loads((task.folder / "s0_icvmask.json").read_text())
    assert (fields["Type"], fields["Sources"]) == ("ROI", ["s0.nii.gz"])
    assert fields["VolumeMl"] == pytest.approx(record.icv_ml, abs=0.01)
    parameters = fields["GeneratedBy"][0]["Parameters"]
    assert parameters["surface"] == "intracranial"
    assert parameters["border_mm"] == load_model("small").default_border("intracranial")


def test_sidecar_of_the_intracranial_mask_says_the_same_of_it_as_a_run_of_its_own(task):
    strip_task(task, replace(MASK_ONLY, outputs=("brainmask", "icvmask"), sidecar=True))
    both = json.loads((task.folder / "s0_icvmask.json").read_text())
    strip_task(task, replace(MASK_ONLY, surface="intracranial", sidecar=True, overwrite=True))
    alone = json.loads((task.folder / "s0_icvmask.json").read_text())
    made, made_alone = (fields.pop("GeneratedBy")[0]["Parameters"] for fields in (both, alone))
    assert made == made_alone
    assert alone == both


def test_sidecar_of_the_intracranial_mask_that_is_missing_is_added(task):
    settings = replace(MASK_ONLY, outputs=("brainmask", "icvmask"))
    strip_task(task, settings)
    assert not (task.folder / "s0_icvmask.json").exists()
    assert strip_task(task, replace(settings, sidecar=True, resume=True)).error == ""
    assert (task.folder / "s0_icvmask.json").exists()


def test_existing_sidecar_is_kept_true_when_results_are_replaced(task):
    strip_task(task, replace(MASK_ONLY, sidecar=True, border=0.0))
    strip_task(task, replace(MASK_ONLY, overwrite=True, border=3.0))
    fields = json.loads((task.folder / "s0_brainmask.json").read_text())
    assert fields["GeneratedBy"][0]["Parameters"]["border_mm"] == 3.0


def test_results_of_other_kinds_that_stay_when_a_mask_is_replaced_are_named(task):
    strip_task(task, BOTH)
    record = strip_task(task, replace(MASK_ONLY, overwrite=True, border=3.0))
    assert record.status == "done"
    assert "s0_brain.nii.gz from an earlier run stay as they are" in record.warnings[0]


def quality_file(task):
    return task.folder / "s0_quality.json"


def test_existing_quality_file_is_written_anew_when_the_mask_is_replaced(task):
    strip_task(task, replace(MASK_ONLY, quality_file=True, border=0.0))
    strip_task(task, replace(MASK_ONLY, overwrite=True, border=3.0))
    assert read_provenance(quality_file(task)).border == 3.0
    assert read_quality(quality_file(task)).verdict is Verdict.not_judged


def test_existing_quality_file_is_removed_when_the_new_mask_is_not_judged(task):
    strip_task(task, replace(MASK_ONLY, quality_file=True))
    strip_task(task, replace(MASK_ONLY, overwrite=True, quality="none"))
    assert list(contents(task.folder)) == ["s0_brainmask.nii.gz"]


def test_quality_file_of_another_tool_is_kept_when_the_mask_is_replaced(task):
    strip_task(task, MASK_ONLY)
    quality_file(task).write_text('{"quality": {"verdict": "pass"}}')
    strip_task(task, replace(MASK_ONLY, overwrite=True))
    assert quality_file(task).read_text() == '{"quality": {"verdict": "pass"}}'


def test_quality_file_of_the_brain_mask_is_kept_when_the_intracranial_mask_is_replaced(task):
    strip_task(task, replace(MASK_ONLY, quality_file=True))
    before = quality_file(task).read_bytes()
    strip_task(task, replace(MASK_ONLY, overwrite=True, surface="intracranial"))
    assert quality_file(task).read_bytes() == before


def test_distance_and_intracranial_mask_that_stay_when_a_mask_is_replaced_are_named(task):
    strip_task(task, replace(MASK_ONLY, outputs=("distance", "icvmask")))
    record = strip_task(task, replace(MASK_ONLY, overwrite=True, border=3.0))
    assert "s0_distance.nii.gz and s0_icvmask.nii.gz from an earlier run stay as they are" in record.warnings[0]


def test_new_intracranial_mask_is_no_older_result_of_itself(task):
    strip_task(task, replace(MASK_ONLY, surface="intracranial"))
    record = strip_task(task, replace(MASK_ONLY, surface="intracranial", overwrite=True))
    assert not any("earlier run" in warning for warning in record.warnings)


def named(task, options):
    """The task with a name for its brain."""
    (named,) = choose_names([task], task.folder / "b.nii.gz", None, options)
    return named


@pytest.mark.parametrize(
    ("surface", "older"),
    [
        ("brain", "b_distance.nii.gz and b_icvmask.nii.gz"),
        ("intracranial", "b_brainmask.nii.gz and b_distance.nii.gz"),
    ],
)
def test_older_results_beside_files_with_chosen_names_are_named(task, surface, older):
    first = replace(BOTH, outputs=("brain", "distance", "icvmask"))
    strip_task(named(task, first), first)
    again = replace(BOTH, surface=surface, overwrite=True)
    assert f"{older} from an earlier run stay" in strip_task(named(task, again), again).warnings[0]


def test_results_of_other_names_are_not_called_older(task):
    strip_task(task, BOTH)
    again = replace(MASK_ONLY, overwrite=True)
    (other,) = choose_names([task], None, task.folder / "m.nii.gz", again)
    assert not any("earlier run" in warning for warning in strip_task(other, again).warnings)
