"""Running again: the same mask from the same files, and a refusal of others."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from deskull import InputError, OutputError, StripOptions, UsageError, Volume, formats
from deskull.batch.rerunning import compare_masks, rerun
from deskull.batch.stripping import strip_task
from deskull.batch.tasks import Task


@pytest.fixture
def sidecar(tmp_path, tiny_head, toy_model):
    """The sidecar of a mask in a folder beside that of its scan."""
    (tmp_path / "raw").mkdir()
    scan = tmp_path / "raw" / "s.nii.gz"
    formats.write(tiny_head, scan)
    options = StripOptions(model=str(toy_model), threads=1, outputs=("brainmask", "brain"), border=1.0, sidecar=True)
    record = strip_task(Task(scan, tmp_path / "out"), options)
    assert record.status == "done", record.error
    return tmp_path / "out" / "s_brainmask.json"


def change(sidecar, **entries):
    """Change entries of GeneratedBy in a sidecar."""
    fields = json.loads(sidecar.read_text())
    made = fields["GeneratedBy"][0]
    for name, value in entries.items():
        made[name] = made[name] | value if isinstance(value, dict) else value
    sidecar.write_text(json.dumps(fields))


def test_mask_of_the_same_files_is_identical(sidecar, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    outcome = rerun(sidecar)
    assert outcome.comparison.is_identical
    assert outcome.comparison.dice == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_results_are_kept_where_the_user_says(sidecar, tmp_path):
    rerun(sidecar, tmp_path / "again")
    names = sorted(path.name for path in (tmp_path / "again").iterdir())
    assert names == ["s_brain.nii.gz", "s_brainmask.json", "s_brainmask.nii.gz"]
    again = tmp_path / "again" / "s_brainmask.nii.gz"
    assert again.read_bytes() == sidecar.with_name("s_brainmask.nii.gz").read_bytes()


def test_existing_results_are_not_replaced(sidecar):
    with pytest.raises(OutputError, match="exists already; choose another folder"):
        rerun(sidecar, sidecar.parent)


def test_mask_that_was_changed_since_differs(sidecar):
    path = sidecar.with_name("s_brainmask.nii.gz")
    mask = formats.read(path)
    data = mask.data.copy()
    data[tuple(np.argwhere(data)[0])] = 0
    formats.write(mask.with_data(data), path, overwrite=True)
    compared = rerun(sidecar).comparison
    assert compared.n_different == 1
    assert compared.volume_ml_now - compared.volume_ml == pytest.approx(mask.voxel_ml)
    assert 0.99 < compared.dice < 1


def test_changed_scan_is_not_taken(sidecar, tmp_path):
    with (tmp_path / "raw" / "s.nii.gz").open("ab") as file:
        file.write(b"x")
    with pytest.raises(InputError, match="was not found with the size and SHA-256 that it states; name the scan"):
        rerun(sidecar)


def test_scan_that_was_moved_is_named(sidecar, tmp_path):
    moved = (tmp_path / "raw" / "s.nii.gz").rename(tmp_path / "moved.nii.gz")
    assert rerun(sidecar, scan=moved).comparison.is_identical


def test_other_scan_that_is_named_is_refused(sidecar, tmp_path, head):
    formats.write(head, tmp_path / "other.nii.gz")
    with pytest.raises(InputError, match=r"other\.nii\.gz: is not the scan"):
        rerun(sidecar, scan=tmp_path / "other.nii.gz")


def test_other_network_is_refused(sidecar):
    change(sidecar, Parameters={"sha256": "0" * 64})
    with pytest.raises(UsageError, match="no network here has it"):
        rerun(sidecar)
    with pytest.raises(UsageError, match="but small has another"):
        rerun(sidecar, model="small")


def test_network_that_was_moved_is_named(sidecar, toy_model, tmp_path):
    for path in (toy_model, toy_model.with_suffix(".json")):
        shutil.copy(path, tmp_path)
    change(sidecar, Options={"model": "no/such.onnx"})
    assert rerun(sidecar, model=str(tmp_path / "toy.onnx")).comparison.is_identical


def test_other_version_is_a_warning(sidecar):
    change(sidecar, Version="0.0.1")
    with pytest.warns(UserWarning, match=r"was made by deskull 0\.0\.1, and this is"):
        assert rerun(sidecar).comparison.is_identical


def test_protections_of_the_reader_are_not_the_sidecar_s(sidecar, tmp_path):
    change(
        sidecar, Options={"allow_outside_data": True, "max_archive_gb": 1e9, "overwrite": True, "keep_identity": True}
    )
    now = rerun(sidecar, tmp_path / "again").now.options
    assert (now.allow_outside_data, now.max_archive_gb) == (False, StripOptions().max_archive_gb)
    assert not now.overwrite
    assert not now.keep_identity


def test_other_data_behind_a_header_are_refused(sidecar):
    change(sidecar, Input={"others": [{"name": "s.bval", "bytes": 1, "sha256": "0" * 64}]})
    with pytest.raises(InputError, match=r"the files that belong to it are others than before \(s\.bval\)"):
        rerun(sidecar)


def test_b_values_of_a_folder_above_are_found(tmp_path, tiny_head, toy_model):
    (tmp_path / "raw" / "dwi").mkdir(parents=True)
    scan, values = tmp_path / "raw" / "dwi" / "s.nii.gz", tmp_path / "raw" / "all.bval"
    series = np.stack([tiny_head.data, tiny_head.data // 2], axis=-1)
    formats.write(Volume(series, tiny_head.affine), scan)
    values.write_text("0 1000\n")
    options = StripOptions(model=str(toy_model), threads=1, sidecar=True)
    record = strip_task(Task(scan, tmp_path / "out", b_values=values), options)
    assert record.status == "done", record.error
    assert rerun(tmp_path / "out" / "s_brainmask.json").comparison.is_identical


def mask(data):
    return Volume(np.asarray(data, np.uint8), np.diag([10.0, 10.0, 10.0, 1.0]), name="mask")


def test_masks_are_compared_voxel_by_voxel():
    first, second = np.zeros((2, 4, 4, 4))
    first[:2], second[1:3] = 1, 1
    compared = compare_masks(mask(first), mask(second))
    assert (compared.n_voxels, compared.n_different, compared.dice) == (64, 32, 0.5)
    assert (compared.volume_ml, compared.volume_ml_now) == pytest.approx((32, 32))


def test_empty_masks_are_identical():
    assert compare_masks(mask(np.zeros((4, 4, 4))), mask(np.zeros((4, 4, 4)))).is_identical


@pytest.mark.parametrize("shape", [(4, 4, 5), (4, 4, 4, 2)])
def test_masks_of_other_grids_are_refused(shape):
    with pytest.raises(InputError):
        compare_masks(mask(np.zeros((4, 4, 4))), mask(np.zeros(shape)))


def test_scan_beside_the_sidecar_is_found(sidecar, tmp_path):
    (tmp_path / "raw" / "s.nii.gz").rename(sidecar.parent / "s.nii.gz")
    assert rerun(sidecar).comparison.is_identical
